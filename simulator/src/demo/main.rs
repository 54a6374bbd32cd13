//! The demo: shows on this machine what a CI would show. The real program drives a scripted build on the simulator.

mod arguments;
mod results;
mod scenarios;
mod screen;
mod step;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::Command;

fn main() -> ExitCode {
    let command = match arguments::read(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            writeln!(io::stderr(), "error: {error:#}\nhint: see `cargo demo --help`").ok();
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            writeln!(io::stderr(), "error: {error:#}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the run behaved as its scenario expects.
fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Help => writeln!(io::stdout(), "{}", arguments::usage())?,
        Command::List => scenarios::list(&mut io::stdout())?,
        Command::Show { ci, show, speed } => {
            let places = step::Places::find()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            return runtime.block_on(step::show(&places, ci, show, speed));
        }
    }
    Ok(true)
}

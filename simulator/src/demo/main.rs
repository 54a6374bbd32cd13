//! Shows on this machine what a CI would show: the real binary drives a scripted build on the
//! simulator.

mod arguments;
mod ci;
mod program;
mod scenarios;
mod screen;
mod step;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Command, USAGE};

fn main() -> ExitCode {
    let command = match arguments::read(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            writeln!(io::stderr(), "error: {error:#}\n\n{USAGE}").ok();
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
        Command::Help => writeln!(io::stdout(), "{USAGE}")?,
        Command::List => scenarios::list(&mut io::stdout())?,
        Command::Show { ci, show, speed } => {
            let program = program::build()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            return runtime.block_on(step::show(&program, ci, show, speed));
        }
    }
    Ok(true)
}

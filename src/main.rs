//! The doorstep: arguments, environment, stdout, signals.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use buildpixel_ci::cli::{self, Command};
use buildpixel_ci::config::Env;
use buildpixel_ci::follow::Timings;
use buildpixel_ci::{Host, diagnostics, error, run, signals};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (text, code) = match cli::command(&arguments) {
        Command::Print(text) => (text, error::ExitCode::Success),
        Command::Usage(text) => (text, error::ExitCode::Config),
        Command::Run => {
            let (env, timings, signals) = (Env::read(), Timings::default(), signals::listen()?);
            diagnostics::start(&env);
            let is_terminal = stdout().is_terminal();
            let host = Host { env, stdout: Box::new(stdout()), is_terminal, signals, timings };
            return Ok(run(host).await.number().into());
        }
    };
    stdout().write_all(text.as_bytes())?;
    Ok(code.number().into())
}

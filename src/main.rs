//! The doorstep: arguments, environment, stdout, signals.

use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::process::ExitCode;

use buildpixel_ci::cli::{self, Command};
use buildpixel_ci::config::Env;
use buildpixel_ci::follow::Timings;
use buildpixel_ci::{Host, diagnostics, error, run, signals, trigger};

fn main() -> anyhow::Result<ExitCode> {
    diagnostics::install_panic_hook();
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (text, code) = match cli::command(&arguments) {
        Command::Run => return step(Env::read()),
        Command::Print(text) => (text, error::ExitCode::Success),
        Command::Usage(text) => (text, error::ExitCode::Config),
    };
    match stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        // A reader that has gone has seen what it wanted.
        Ok(()) | Err(_) => Ok(code.number().into()),
    }
}

fn step(env: Env) -> anyhow::Result<ExitCode> {
    let diagnostics = diagnostics::start(&env);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        let (timings, signals) = (Timings::default(), signals::listen()?);
        let is_terminal = stdout().is_terminal();
        let (stdout, trigger) = (Box::new(stdout()), trigger::Timings::default());
        let host = Host { env, stdout, is_terminal, signals, timings, trigger };
        anyhow::Ok(run(host).await)
    })?;
    // A name lookup that hangs must not keep the process.
    runtime.shutdown_background();
    diagnostics.end();
    Ok(code.number().into())
}

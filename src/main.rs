//! The entry point: arguments, environment, stdout, signals.

use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::process::ExitCode;

use buildpixel_ci::cli::{self, Command};
use buildpixel_ci::config::Env;
use buildpixel_ci::follow::FollowDelays;
use buildpixel_ci::trigger::TriggerDelays;
use buildpixel_ci::{Host, diagnostics, error, refuse, run, signals};
use tokio::runtime::Builder;
use tokio::sync::mpsc;

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
        // A reader that has closed the pipe has seen enough.
        Ok(()) | Err(_) => Ok(code.number().into()),
    }
}

fn step(env: Env) -> anyhow::Result<ExitCode> {
    let diagnostics = diagnostics::start(&env);
    let (runtime, refused) = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => (runtime, None),
        // The error message, outputs and exit code need no network.
        Err(cause) => (Builder::new_current_thread().enable_time().build()?, Some(cause)),
    };
    let code = runtime.block_on(async {
        let (follow_delays, trigger_delays) = (FollowDelays::default(), TriggerDelays::default());
        let is_terminal = stdout().is_terminal();
        let stdout = Box::new(stdout());
        let host = |signals| Host {
            env,
            stdout,
            is_terminal,
            diagnostics: diagnostics.clone(),
            signals,
            follow_delays,
            trigger_delays,
        };
        match refused.map_or_else(signals::listen, Err) {
            Ok(signals) => run(host(signals)).await,
            Err(cause) => {
                let (_nobody, signals) = mpsc::channel(1);
                refuse(host(signals), cause).await
            }
        }
    });
    diagnostics.end();
    Ok(code.number().into())
}

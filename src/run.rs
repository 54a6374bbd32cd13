//! One step of a CI job, from the inputs to the exit code. Every source of news becomes one [`Input`](pump::Input),
//! which one function handles.

mod overrides;
mod pump;
mod running;
mod setup;
mod shutdown;
mod stages;
mod status_line;
mod timers;

use std::io;
use std::ops::ControlFlow;

use crate::error::ExitCode;
pub use setup::Host;
use stages::Step;

/// Runs one step of a CI job, from the inputs to the exit code. Says why on every way out, and
/// writes the outputs.
pub async fn run(host: Host) -> ExitCode {
    until_the_end(Step::start(host)).await
}

/// Ends a step that cannot run because the operating system does not give it what it needs: says so,
/// and writes the outputs. Needs a runtime with nothing but a clock.
pub async fn refuse(host: Host, cause: io::Error) -> ExitCode {
    until_the_end(Step::refused(host, cause)).await
}

async fn until_the_end(mut step: Step) -> ExitCode {
    loop {
        let input = step.next_input().await;
        if let ControlFlow::Break(code) = step.handle(input) {
            return code;
        }
    }
}

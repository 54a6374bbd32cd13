//! One step of a CI job, from the inputs to the exit code. Every source of events becomes one
//! [`Input`](pump::Input), which one function handles.

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

/// Runs one step of a CI job, from the inputs to the exit code. Reports the reason and writes the
/// outputs on every path.
pub async fn run(host: Host) -> ExitCode {
    until_the_end(Step::start(host)).await
}

/// Ends a step that the operating system refused a resource. Reports the reason and writes the
/// outputs. Needs a runtime with nothing but a clock.
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

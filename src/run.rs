//! One step of a CI job, from the inputs to the exit code. Every source of news becomes one [`Input`](pump::Input),
//! which one function handles.

mod pump;
mod running;
mod setup;
mod shutdown;
mod stages;
mod status_line;
mod timers;

use std::ops::ControlFlow;

use crate::error::ExitCode;
pub use setup::Host;
use stages::Step;

/// Runs one step of a CI job, from the inputs to the exit code. Says why on every way out, and
/// writes the outputs.
pub async fn run(host: Host) -> ExitCode {
    let mut step = Step::start(host);
    loop {
        let input = step.next_input().await;
        if let ControlFlow::Break(code) = step.handle(input) {
            return code;
        }
    }
}

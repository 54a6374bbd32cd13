//! How the step ends, and its exit code.

use std::time::Duration;

use crate::config::OnSuperseded;
use crate::error::{Error, ExitCode};

/// The decision of the step.
#[derive(Debug)]
pub enum Outcome {
    /// The build is complete.
    Success,
    /// The build failed.
    Failure,
    /// A newer build replaced it; `on-superseded` decides the result.
    Superseded(OnSuperseded),
    /// A timeout passed before the build ended.
    TimedOut {
        /// The time limit.
        after: Duration,
        /// True if it was still queued, so that `queue-timeout` ended it.
        queued: bool,
    },
    /// Nobody waits: `wait` is `false`.
    Detached,
    /// A signal ended the step.
    Interrupted(Signal),
    /// The error that ended the step.
    Failed(Box<Error>),
}

/// The signals that end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Int,
    /// SIGTERM.
    Term,
    /// SIGHUP: the terminal or the connection behind it has gone. Ends like SIGTERM.
    Hup,
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl Outcome {
    /// The exit code of the process.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Success | Self::Superseded(OnSuperseded::Pass) | Self::Detached => {
                ExitCode::Success
            }
            Self::Failure => ExitCode::BuildFailed,
            Self::Superseded(OnSuperseded::Fail) => ExitCode::Superseded,
            Self::TimedOut { .. } => ExitCode::TimedOut,
            Self::Interrupted(Signal::Int) => ExitCode::Sigint,
            Self::Interrupted(Signal::Term | Signal::Hup) => ExitCode::Sigterm,
            Self::Failed(error) => error.exit_code(),
        }
    }

    /// The word in the `result` output.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Superseded(_) => "superseded",
            Self::TimedOut { .. } => "timeout",
            Self::Detached => "detached",
            Self::Interrupted(_) => "interrupted",
            Self::Failed(_) => "error",
        }
    }
}

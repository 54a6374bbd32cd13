//! The errors that end a run, each with its exit code and one hint.

mod ambiguity;
mod details;

use std::io;

pub use crate::causes::one_line as chain;
use crate::config::Mistake;
use crate::model::Id;
use crate::net::NetError;
use crate::service::{ApiError, ApiErrorKind};
use crate::socket::SocketError;

pub use ambiguity::{Ambiguity, MAY_HAVE_STARTED};
use details::{details, lines};

/// The exit code of the process. The first digit is stable: 1x the build's result, 2x fix the
/// workflow, 3x no verdict, 4x a problem on the runner. Of 3x, only 30 is safe to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "`meaning` is the documentation, in one place")]
pub enum ExitCode {
    Success = 0,
    Internal = 1,
    BuildFailed = 10,
    Superseded = 11,
    TimedOut = 12,
    Config = 20,
    Refused = 21,
    Unavailable = 30,
    Lost = 31,
    Protocol = 32,
    Artifact = 40,
    Output = 41,
    Sigint = 130,
    Sigterm = 143,
}

impl ExitCode {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Success,
        Self::Internal,
        Self::BuildFailed,
        Self::Superseded,
        Self::TimedOut,
        Self::Config,
        Self::Refused,
        Self::Unavailable,
        Self::Lost,
        Self::Protocol,
        Self::Artifact,
        Self::Output,
        Self::Sigint,
        Self::Sigterm,
    ];

    /// The number for the operating system.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Internal => "internal",
            Self::BuildFailed => "build-failed",
            Self::Superseded => "superseded",
            Self::TimedOut => "timed-out",
            Self::Config => "config",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::Lost => "lost",
            Self::Protocol => "protocol",
            Self::Artifact => "artifact",
            Self::Output => "output",
            Self::Sigint => "SIGINT",
            Self::Sigterm => "SIGTERM",
        }
    }

    /// One sentence for the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => {
                "complete (or `wait: false`, or a superseded build under `on-superseded: pass`)"
            }
            Self::Internal => "a bug in this program",
            Self::BuildFailed => {
                "the build failed, or ended in a state that the API does not document"
            }
            Self::Superseded => "a newer build replaced it",
            Self::TimedOut => "our deadline passed; the build runs on",
            Self::Config => "an input is missing or invalid; nothing was triggered",
            Self::Refused => {
                "the API refused: token, permission, unknown project, setting or build, validation"
            }
            Self::Unavailable => {
                "API unreachable or failing before a build existed: safe to retry the job"
            }
            Self::Lost => {
                "a build exists, or may exist, but its verdict could not be learnt: re-attach with `build-id`"
            }
            Self::Protocol => "the API's answer could not be understood",
            Self::Artifact => "the build is complete, the download is not",
            Self::Output => "outputs, summary or log could not be written",
            Self::Sigint => "interrupted; the build runs on",
            Self::Sigterm => "terminated; the build runs on",
        }
    }
}

/// An error that ended the run before the build had a result. Its texts may come from the wire.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Invalid inputs.
    #[error("{}", listed(.0))]
    Config(Vec<Mistake>),
    /// Invalid proxies or certificates.
    #[error("cannot prepare the network")]
    Network(#[source] NetError),
    /// The operating system refused a resource.
    #[error("cannot run on this machine")]
    Machine(#[source] io::Error),
    /// No build was triggered: the request was not accepted.
    #[error("cannot trigger the build")]
    Trigger(#[source] ApiError),
    /// The answers were ambiguous, but the list shows clearly that no build was triggered.
    #[error("cannot trigger the build")]
    Untriggered {
        /// The last ambiguous answer.
        #[source]
        answer: ApiError,
        /// The error of a later request that was not accepted.
        refusal: Option<Box<ApiError>>,
        /// How many requests were ambiguous.
        requests: u32,
    },
    /// It is unknown whether a build was triggered.
    #[error("cannot tell whether a build was triggered")]
    Uncertain {
        /// The last ambiguous answer.
        #[source]
        answer: ApiError,
        /// The error of a later request that was not accepted.
        refusal: Option<Box<ApiError>>,
        /// Why looking for the build did not help.
        ambiguity: Ambiguity,
    },
    /// The build to attach to could not be read.
    #[error("cannot attach to the build")]
    Attach(#[source] ApiError),
    /// A build exists, but its result could not be read.
    #[error("cannot read the result of build {build}")]
    Lost {
        /// The build.
        build: Id,
        /// The last error.
        #[source]
        cause: ApiError,
    },
    /// A build exists, but the only allowed transport is unavailable.
    #[error("cannot follow build {build} live")]
    Stream {
        /// The build.
        build: Id,
        /// The last error.
        #[source]
        cause: SocketError,
    },
    /// A bug in this program.
    #[error("the task that follows the build has stopped")]
    Internal,
}

impl Error {
    /// A build that was followed, and the error that ended it.
    pub fn lost(build: &Id, cause: ApiError) -> Self {
        Self::Lost { build: build.clone(), cause }
    }

    /// The exit code for this error.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Network(_) => ExitCode::Config,
            // The job can safely run again, on this machine or another one.
            Self::Machine(_) => ExitCode::Unavailable,
            Self::Trigger(error) | Self::Attach(error) => code(error),
            Self::Untriggered { answer, refusal, .. } => code(refusal.as_deref().unwrap_or(answer)),
            Self::Stream { cause: SocketError::Refused { .. }, .. } => ExitCode::Refused,
            Self::Uncertain { .. } | Self::Lost { .. } | Self::Stream { .. } => ExitCode::Lost,
            Self::Internal => ExitCode::Internal,
        }
    }

    /// The failed action and its nearest cause: one line, unless several inputs are invalid.
    pub fn headline(&self) -> String {
        let Some(cause) = std::error::Error::source(self) else {
            return self.to_string();
        };
        let then = |refusal: &Option<Box<ApiError>>| match refusal {
            Some(refusal) => format!("; then {refusal}"),
            None => String::new(),
        };
        match self {
            Self::Untriggered { refusal, .. } => format!("{self}: {cause}{}", then(refusal)),
            Self::Uncertain { refusal, ambiguity, .. } => {
                format!("{self}: {cause}{}; {}", then(refusal), ambiguity.headline())
            }
            Self::Config(_)
            | Self::Network(_)
            | Self::Machine(_)
            | Self::Trigger(_)
            | Self::Attach(_)
            | Self::Lost { .. }
            | Self::Stream { .. }
            | Self::Internal => format!("{self}: {cause}"),
        }
    }

    /// The causes behind the headline, the nearest first: one line each.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::Trigger(error) | Self::Attach(error) | Self::Lost { cause: error, .. } => {
                details(error).collect()
            }
            Self::Untriggered { answer, refusal, requests } => {
                let listed = match requests {
                    1 => "one request got no clear answer, and BuildPixel lists no build of it"
                        .to_owned(),
                    _ => format!(
                        "{requests} requests got no clear answer, and BuildPixel lists no build of them"
                    ),
                };
                answers(answer, refusal.as_deref()).chain([listed]).collect()
            }
            Self::Uncertain { answer, refusal, ambiguity } => {
                answers(answer, refusal.as_deref()).chain(ambiguity.causes()).collect()
            }
            Self::Stream { cause, .. } => lines(cause).collect(),
            Self::Network(error) => lines(error).collect(),
            Self::Machine(error) => lines(error).collect(),
            Self::Config(_) | Self::Internal => Vec::new(),
        }
    }

    /// One hint.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(_) => Some("nothing was triggered".to_owned()),
            Self::Network(error) => Some(error.hint().to_owned()),
            Self::Machine(_) => Some(
                "nothing was triggered; raise the limits of this machine (open files, memory), or run the \
                 job on another machine"
                    .to_owned(),
            ),
            Self::Untriggered { refusal, .. } => {
                let then = match refusal {
                    Some(refusal) => refusal.hint(),
                    None => Some("run the job again later"),
                };
                let then = then.map_or_else(String::new, |then| format!("; {then}"));
                Some(format!("BuildPixel lists no build of this trigger{then}"))
            }
            Self::Uncertain { ambiguity, .. } => Some(ambiguity.hint()),
            Self::Trigger(error) | Self::Attach(error) => error.hint().map(str::to_owned),
            Self::Lost { build, cause } => Some(match cause.hint() {
                Some(hint) if cause.is_denial() => format!("{hint}; then {}", follow_again(build)),
                _ => format!("the build was not stopped; {}", follow_again(build)),
            }),
            Self::Stream { build, .. } => Some(format!("the build was not stopped; {}", follow_again(build))),
            Self::Internal => Some("this is a bug; please report it".to_owned()),
        }
    }
}

fn follow_again(build: &Id) -> String {
    format!("set `build-id: {build}` to follow the build again")
}

/// The exit code if there is no build.
fn code(error: &ApiError) -> ExitCode {
    match &error.kind {
        ApiErrorKind::Refused(_) if error.is_transient() => ExitCode::Unavailable,
        ApiErrorKind::Refused(_) => ExitCode::Refused,
        ApiErrorKind::Foreign(_) | ApiErrorKind::Blocked(_) | ApiErrorKind::Unreachable { .. } => {
            ExitCode::Unavailable
        }
        ApiErrorKind::Redirected { .. }
        | ApiErrorKind::Garbled { .. }
        | ApiErrorKind::TooLarge { .. } => ExitCode::Protocol,
    }
}

/// The causes of ambiguous triggers: one line each.
fn answers(answer: &ApiError, refusal: Option<&ApiError>) -> impl Iterator<Item = String> {
    // Both answers belong to the same kind of request.
    details(answer).chain(refusal.into_iter().flat_map(|refusal| lines(refusal)))
}

fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [only] => format!("cannot use an input: {only}"),
        all => format!("cannot use {} inputs:\n{}", all.len(), all.join("\n")),
    }
}

#[cfg(test)]
mod tests;

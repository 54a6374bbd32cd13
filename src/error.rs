//! What can end a run, each with its exit code and one hint.

use crate::config::Mistake;

/// Why the process ends, as a number. The tens are the contract: 1x the build's verdict, 2x mend the
/// workflow, 3x try again, 4x this machine.
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

    /// The number that the operating system gets.
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
            Self::BuildFailed => "the build failed",
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
                "a build exists but its verdict could not be learnt: re-attach with `build-id`"
            }
            Self::Protocol => "the API's answer could not be understood",
            Self::Artifact => "the build is complete, the download is not",
            Self::Output => "outputs, summary or log could not be written",
            Self::Sigint => "interrupted; the build runs on",
            Self::Sigterm => "terminated; the build runs on",
        }
    }
}

/// What ended a run before the build's own verdict could.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Inputs that cannot be used.
    #[error("{}", listed(.0))]
    Config(Vec<Mistake>),
}

impl Error {
    /// The exit code that it ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) => ExitCode::Config,
        }
    }

    /// What to do about it: one line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(_) => Some("nothing was triggered".to_owned()),
        }
    }
}

fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [only] => format!("cannot use the input {only}"),
        all => format!("cannot use {} inputs:\n{}", all.len(), all.join("\n")),
    }
}

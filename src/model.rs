//! The vocabulary that every other module speaks: what a build is, what it says, and what we made
//! of it. Imports nothing of this crate.

use std::fmt;
use std::time::{Duration, SystemTime};

pub use unreal_log::{
    BuildMachine, Clue, Owner, Phase, Progress, Rank, RemoteFile, RemotePath, RemoteProject,
    Severity, Source,
};

/// An identifier that BuildPixel gave out: a project, a build setting or a build.
///
/// Only URL-safe characters get in, so an id can stand in a URL path or a command as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    /// How long the documented ids are, in characters.
    pub const LENGTH: usize = 24;
    const MAX_LENGTH: usize = 128;

    /// Accepts `[A-Za-z0-9_-]{1,128}`. Documented ids have [`Id::LENGTH`] characters; what the API
    /// itself hands out is taken at any length, because losing a build over it would be worse.
    pub fn new(text: &str) -> Option<Self> {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        (fits && text.bytes().all(safe)).then(|| Self(text.to_owned()))
    }

    /// The id as the API spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The state of a build, in the API's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Queued.
    Pending,
    /// A machine works on it.
    Running,
    /// Ended well. Terminal.
    Complete,
    /// Ended badly. Terminal.
    Failed,
    /// Cancelled in favour of a newer build of the same target. Terminal.
    Superseded,
    /// A word this program does not know. It is shown, and the build goes on.
    Other(String),
    /// A word this program does not know, of a build that has ended. Terminal.
    OtherEnd(String),
}

impl Status {
    /// Reads the API's word.
    pub fn new(word: &str) -> Self {
        match word {
            "pending" => Self::Pending,
            "running" => Self::Running,
            "complete" => Self::Complete,
            "failed" => Self::Failed,
            "superseded" => Self::Superseded,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The status of a build that has an end time. An unknown status is then an end.
    #[must_use]
    pub fn at_end(self) -> Self {
        match self {
            Self::Other(word) => Self::OtherEnd(word),
            known => known,
        }
    }

    /// The API's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
            Self::Other(word) | Self::OtherEnd(word) => word,
        }
    }

    /// True if the build has ended; a terminal status is never left.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Complete | Self::Failed | Self::Superseded | Self::OtherEnd(_) => true,
            Self::Pending | Self::Running | Self::Other(_) => false,
        }
    }
}

/// The level that the service gives a log line. A hint only: Unreal's own grammar decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything that is neither of the others.
    Info,
    /// A warning.
    Warn,
    /// An error.
    Error,
}

/// The number of a build in this step, counted from 0 in the order in which they were listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildIndex(pub usize);

/// Something that this program says about its own work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `Info` for good news.
    pub level: Level,
    /// One line. It may hold text from the wire until the reporter has cleaned it.
    pub text: String,
}

impl Notice {
    /// A notice of this level.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into() }
    }

    /// A notice that needs no action.
    pub fn info(text: impl Into<String>) -> Self {
        Self::new(Level::Info, text)
    }

    /// A notice of something that is wrong, although the work goes on.
    pub fn warn(text: impl Into<String>) -> Self {
        Self::new(Level::Warn, text)
    }
}

/// One message of the build log as it came over the wire. Its text is hostile until `text` has seen it, and may hold
/// several lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogLine {
    /// When the build machine wrote it, if the service said so.
    pub timestamp: Option<SystemTime>,
    /// The service's hint.
    pub level: Level,
    /// The text.
    pub message: String,
}

/// A place in a file. Lines and columns count from 1; a column never stands without a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// Relative to the repository, with `/`; or, where it could not be mapped, as the log has it.
    pub file: String,
    /// True if `file` is known to be relative to the repository, so that a CI can link to it.
    pub in_repository: bool,
    /// First line.
    pub line: Option<u32>,
    /// First column.
    pub column: Option<u32>,
    /// Last line, if there are several.
    pub end_line: Option<u32>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// One distinct problem, however often the log repeats it: an [`unreal_log::LogFinding`] with safe texts and a place in
/// the checkout. All its texts are safe to print, except those in `remote`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// `C2065`, `-Wshadow`, `LogCook`, … where the tool names one.
    pub code: Option<String>,
    /// The message without place and code: the essence in the first line, then notes, the line of source, the object that
    /// refers to a symbol.
    pub message: String,
    /// The place, if the log names one.
    pub location: Option<Location>,
    /// The place in the words of the log, until it has been looked up in the checkout.
    pub remote: Option<Box<RemotePath>>,
    /// The phase it was reported in.
    pub phase: Option<Phase>,
    /// How likely it is the cause of all others in its phase.
    pub rank: Rank,
    /// The people who most likely have to fix it, if they are known.
    pub owner: Option<Owner>,
    /// One sentence on what to do about it, if it is a common failure.
    pub hint: Option<String>,
    /// How often the log says the same of something else: other files, symbols, assets.
    pub repeats: u32,
    /// Some of these others.
    pub also: Vec<String>,
}

impl Finding {
    /// True if it merely follows from another failure.
    pub fn is_follow_up(&self) -> bool {
        self.rank == Rank::FollowUp
    }
}

#[cfg(test)]
impl Finding {
    /// An error of which nothing but its message is known.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: None,
            message: message.into(),
            location: None,
            remote: None,
            phase: None,
            rank: Rank::Compile,
            owner: None,
            hint: None,
            repeats: 0,
            also: Vec::new(),
        }
    }
}

impl fmt::Display for Finding {
    /// One line: `Source/A.cpp:42: C2065: 'undefined': undeclared identifier (+4 more)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(self.message.lines().next().unwrap_or_default())?;
        match self.repeats {
            0 => Ok(()),
            more => write!(f, " (+{more} more)"),
        }
    }
}

/// The facts about a build that only the API knows. Texts are as received: hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The project that the build belongs to.
    pub project: Option<Id>,
    /// The build setting that it was made from.
    pub build_setting: Option<Id>,
    /// The last status that the API reported.
    pub status: Option<Status>,
    /// `Win64`, `Linux`, …
    pub platform: Option<String>,
    /// `Development`, `Shipping`, …
    pub build_type: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Commit hash.
    pub commit: Option<String>,
    /// Unreal Engine version.
    pub ue_version: Option<String>,
    /// The state of BuildPixel's automatic deployment of the build, in the API's words.
    pub deploy_status: Option<String>,
    /// When the build was queued.
    pub created_at: Option<SystemTime>,
    /// When it ended.
    pub finished_at: Option<SystemTime>,
    /// How long it ran.
    pub duration: Option<Duration>,
}

/// One thing that happened, ready to be shown and counted: an [`unreal_log::LogEvent`] with safe texts, a status of the
/// build, or a notice. All its texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The build's status changed.
    Status(Status),
    /// A phase began; the one before it, if still open, ended with it.
    PhaseStarted(Phase),
    /// A phase ended.
    PhaseEnded {
        /// The phase.
        phase: Phase,
        /// By the build machine's clock, if that is known.
        took: Option<Duration>,
        /// True if it came to its own end. A phase that failed never does.
        completed: bool,
    },
    /// A line of the build log: one line, without its line end.
    Line {
        /// The service's level.
        level: Level,
        /// The safe text.
        text: String,
    },
    /// Something is wrong that was not reported before.
    Finding(Finding),
    /// One action of the compile is done, such as a file or a link.
    Action {
        /// Its name.
        name: String,
        /// How long it took.
        took: Duration,
    },
    /// How far the cook is.
    Cooked {
        /// Packages that are done.
        done: u32,
        /// Packages in all, as far as is known by now.
        total: u32,
    },
    /// This program reports something about its own work: a lost connection, a gap in the log.
    Notice(Notice),
}

//! The updates that the session reports.

use crate::error::Error;
use crate::model::{BuildIndex, Facts, LogLine, Notice, Status};

/// One update.
#[derive(Debug)]
pub enum Update {
    /// About one build.
    Build(BuildEvent),
    /// About the session.
    Notice(Notice),
    /// All held-back lines were sent before this update.
    Released,
}

/// An event of one build.
#[derive(Debug)]
pub struct BuildEvent {
    /// The build.
    pub build: BuildIndex,
    /// The event itself.
    pub kind: BuildEventKind,
}

/// The kinds of events.
#[derive(Debug)]
pub enum BuildEventKind {
    /// The next line of its log.
    Line(LogLine),
    /// A line of its log that belongs before lines already printed.
    LateLine(LogLine),
    /// Its status changed.
    Status(Status),
    /// A notice about the connection to the build.
    Notice(Notice),
    /// The last event: the build's final facts, or why they are unknown.
    End(Box<Result<Facts, Error>>),
}

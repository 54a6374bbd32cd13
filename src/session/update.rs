//! What is learnt of the builds.

use crate::error::Error;
use crate::model::{BuildIndex, Facts, LogLine, Notice, Status};

/// Something that was learnt.
#[derive(Debug)]
pub enum Update {
    /// About one build.
    Build(BuildEvent),
    /// About the session.
    Notice(Notice),
    /// All lines that were held back are among the updates before this one.
    Released,
}

/// Something that was learnt about one build.
#[derive(Debug)]
pub struct BuildEvent {
    /// Which build.
    pub build: BuildIndex,
    /// What.
    pub kind: BuildEventKind,
}

/// What was learnt about a build.
#[derive(Debug)]
pub enum BuildEventKind {
    /// The next line of its log.
    Line(LogLine),
    /// A line of its log that belongs further up.
    LateLine(LogLine),
    /// Its status changed.
    Status(Status),
    /// A word about the following itself.
    Notice(Notice),
    /// The last event: the build's final facts, or why they could not be learnt.
    End(Box<Result<Facts, Error>>),
}

//! What the state of a build asks for.

use crate::error::Error;
use crate::model::{Facts, LogLine, Notice, Status};

/// What is to be done about a build, in this order.
pub type Effects = Vec<Effect>;

/// Something that is to be done about a build.
#[derive(Debug)]
pub enum Effect {
    /// Print the next line of the log.
    Line(LogLine),
    /// Print a line that belongs further up.
    LateLine(LogLine),
    /// Show that the status changed.
    Status(Status),
    /// Say something about the following itself.
    Notice(Notice),
    /// Join the build's room, or join it again.
    Join,
    /// Leave the build's room.
    Leave,
    /// Ask REST for the build.
    Ask,
    /// The last effect: the build's final facts, or why they could not be learnt.
    End(Box<Result<Facts, Error>>),
}

impl Effect {
    pub(super) fn info(text: impl Into<String>) -> Self {
        Self::Notice(Notice::info(text))
    }

    pub(super) fn warn(text: impl Into<String>) -> Self {
        Self::Notice(Notice::warn(text))
    }
}

//! The effects that a build's state machine returns.

use crate::error::Error;
use crate::model::{Facts, LogLine, Notice, Status};

/// The effects of one event, in this order.
pub type Effects = Vec<Effect>;

/// One action for the owner of the network or the output.
#[derive(Debug)]
pub enum Effect {
    /// Print the next line of the log.
    Line(LogLine),
    /// Print a line that belongs further up.
    LateLine(LogLine),
    /// Show that the status changed.
    Status(Status),
    /// Report something about the connection to the build.
    Notice(Notice),
    /// Join the build's room, or join it again.
    Join,
    /// Leave the build's room.
    Leave,
    /// Request a snapshot from REST.
    Poll,
    /// The last effect: the build's final facts, or why they are unknown.
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

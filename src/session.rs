//! The session with BuildPixel that all builds of a step share: one Socket.IO session with a room for
//! each build, and the questions to REST. One task owns both.

mod hub;
mod link;
mod queue;

use crate::api;
use crate::config::Transport;
use crate::error::Error;
use crate::event::{BuildIndex, Facts, LogLine, Notice, Status};
use crate::follow::Timings;
use crate::socket;

pub use hub::Hub;

/// What a session needs.
pub struct Setup {
    /// REST.
    pub client: api::Client,
    /// The live stream.
    pub socket: socket::Options,
    /// Which of the two to use.
    pub transport: Transport,
    /// Patience.
    pub timings: Timings,
}

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

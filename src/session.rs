//! The session with BuildPixel that all builds of a step share: one Socket.IO session with a room
//! for each build, and the snapshot requests to REST. One task owns both.

mod hub;
mod link;
mod queue;
mod update;

pub use hub::{Hub, HubOptions};
pub use update::{BuildEvent, BuildEventKind, Update};

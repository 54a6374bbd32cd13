//! The session with BuildPixel that all builds of a step share. One task owns the Socket.IO session
//! with a room for each build, and the snapshot requests to REST.

mod hub;
mod link;
mod queue;
mod update;

pub use hub::{Hub, HubOptions};
pub use update::{BuildEvent, BuildEventKind, Update};

//! Follows one build to its end. Merges the live stream with REST's snapshots, so that every line
//! comes out once and in order, and decides the final status. Pure: `session` owns the network and
//! the clock.

mod align;
mod build;
mod delays;
mod effect;
mod gap;
mod merge;
mod polling;
mod room;
mod status;
mod window;

pub use build::{Build, FollowOptions};
pub use delays::FollowDelays;
pub use effect::{Effect, Effects};
pub use window::View;

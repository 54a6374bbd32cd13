//! Follows one build to its end: what the live stream brings and what REST shows become every line once,
//! in order, and one verdict. Pure: `session` owns the network and the clock.

mod align;
mod build;
mod effect;
mod gap;
mod merge;
mod polling;
mod room;
mod status;
mod timings;
mod window;

pub use build::{Build, Setup};
pub use effect::{Effect, Effects};
pub use timings::Timings;
pub use window::View;

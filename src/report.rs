//! The facts of one build, counted from its events, and the outcome of the step. The files below
//! rank, retain, link and format them.

mod build;
pub mod format;
pub mod identity;
mod outcome;
mod outputs;
mod ranking;
mod retention;
mod source;
pub mod verdict;

pub use build::{BuildReport, PhaseRun};
pub use outcome::{Outcome, Signal};
pub use outputs::{BUILD_ID, OUTPUTS, Output, RESULT, variable_name};
pub use source::{SourceLinks, is_commit};
pub use verdict::Verdict;

#[cfg(test)]
mod tests;

//! The harness of tests of whole steps: a CI job with a service of its own, its step in this process or as a program, and
//! waiting for events.

mod fifo;
mod job;
mod journal;
mod program;
mod scenario;
mod stdout;
mod step;
mod wait;

#[cfg(unix)]
pub(crate) use fifo::Fifo;
pub(crate) use job::Job;
pub(crate) use journal::Journal;
pub(crate) use program::{Ended, Running, binary, scrubbed};
pub(crate) use scenario::{GO, ScenarioExt, endless, lines};
pub(crate) use step::{Ran, Step};
pub(crate) use wait::{LONG, eventually};

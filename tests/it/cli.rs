//! The real program as a CI starts it: arguments, a scrubbed environment, pipes and signals.

mod ci;
mod command_line;
mod demo;
mod dialects;
mod flood;
mod inputs;
#[cfg(target_os = "linux")]
mod limits;
mod pipes;
mod reports;
mod secrets;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;

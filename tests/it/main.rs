//! Whole runs: `run()` against the simulator, over real HTTP and real WebSockets.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod checkout;
mod clocks;
mod endings;
mod faults;
mod leaving;
mod lossy;
mod network;
mod patience;
mod refusals;
mod step;
mod stream;
mod terminal;
mod trigger;
mod verdicts;
mod wire;

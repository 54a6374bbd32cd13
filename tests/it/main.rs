//! Whole steps against the simulator: in this process (`run`), and as the program that a CI starts (`cli`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod cli;
mod harness;
mod run;
#[path = "../skipped/mod.rs"]
mod skipped;

//! Whole runs: `run()` against the simulator, over real HTTP and real WebSockets.

mod checkout;
mod clocks;
mod endings;
mod faults;
mod inputs;
mod leaving;
mod lookups;
mod lossy;
mod network;
mod patience;
mod refusals;
mod stream;
mod terminal;
mod trigger;
mod verdicts;
mod wire;

//! Whole runs: `run()` against the simulator, over real HTTP and real WebSockets.

mod endings;
mod refusals;
mod step;
mod stream;
mod verdicts;

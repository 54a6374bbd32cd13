//! Makes sense of a build log, one message at a time: pure, synchronous, without a clock.

pub mod text;

//! Drives BuildPixel cloud builds of Unreal Engine games from any CI.
pub mod event;
pub mod log;

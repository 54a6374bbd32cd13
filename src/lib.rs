//! Drives BuildPixel cloud builds of Unreal Engine games from any CI.

pub mod api;
pub mod config;
pub mod error;
pub mod event;
pub mod json;
pub mod log;
pub mod net;
pub mod outcome;
pub mod platform;
pub mod render;
pub mod report;
pub mod retry;
pub mod socket;
pub mod summary;

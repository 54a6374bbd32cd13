//! Drives BuildPixel cloud builds of Unreal Engine games from any CI: triggers a build, follows its log
//! live, and ends with its verdict.

pub mod causes;
pub mod checkout;
pub mod ci;
pub mod cli;
pub mod config;
pub mod diagnostics;
pub mod error;
pub mod export;
pub mod files;
pub mod follow;
pub mod json;
pub mod model;
pub mod net;
mod publish;
pub mod reader;
pub mod render;
pub mod report;
mod reporter;
pub mod retry;
mod run;
pub mod service;
pub mod session;
pub mod signals;
pub mod socket;
pub mod text;
pub mod threads;
pub mod trigger;
mod writer;

pub use run::{Host, refuse, run};

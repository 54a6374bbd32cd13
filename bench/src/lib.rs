//! Shared by both programs of this workspace.

pub mod process;

//! What both programs of this workspace share.

pub mod process;

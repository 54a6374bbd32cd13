//! Opens the files of the machine: reads are bounded and take regular files only, and report files are written below a
//! folder that was opened without following links.

pub mod folder;
#[cfg(debug_assertions)]
mod hang;
pub mod read;

//! Reads the Rust sources that other tests compare.

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below a folder.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// A source without its tests: modules in files of their own, or one module at the end.
pub(crate) fn product_code(source: &str) -> String {
    let mut code = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if !["#[cfg(test)]", "#[cfg(any(test, fuzzing))]"].contains(&line) {
            code.extend([line, "\n"]);
            continue;
        }
        match lines.next().unwrap() {
            "mod tests {" => break,
            file if file.ends_with(';') => {}
            // A function for tests only; the product goes on behind it.
            item => code.extend([item, "\n"]),
        }
    }
    code
}

//! A module may use only modules to its left in this list; `lib` and `main` may use all of them.

#![expect(clippy::string_slice, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [&str; 28] = [
    "event",
    "retry",
    "causes",
    "threads",
    "config",
    "json",
    "net",
    "log",
    "checkout",
    "api",
    "socket",
    "error",
    "follow",
    "session",
    "trigger",
    "outcome",
    "summary",
    "report",
    "platform",
    "render",
    "reporter",
    "cli",
    "diagnostics",
    "signals",
    "writer",
    "publish",
    "step",
    "lib",
];

#[test]
fn modules_use_only_what_is_to_their_left() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let own = layer_of(file.strip_prefix(&src).unwrap());
        if own == "main" || own == "lib" {
            continue;
        }
        let place = |layer: &str| LAYERS.iter().position(|known| *known == layer);
        let here = place(&own).unwrap_or_else(|| panic!("{own} is in no layer: {file:?}"));
        for used in crate_uses(&fs::read_to_string(&file).unwrap()) {
            let there = place(&used).unwrap_or_else(|| panic!("{used} is in no layer: {file:?}"));
            if there > here {
                wrong.push(format!("{} uses {used}", file.strip_prefix(&src).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_scan_sees_plain_grouped_and_inline_uses() {
    let source = "use crate::config::Env;\nuse crate::{api::Client, log::{self, text}};\n\
                  fn f() -> crate::event::Id { crate::retry::is_transient(1) }";
    assert_eq!(crate_uses(source), ["config", "api", "log", "event", "retry"]);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn layer_of(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of this crate that a source names, by `crate::module` or in `crate::{module, …}`.
fn crate_uses(source: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (_, rest) in
        source.match_indices("crate::").map(|(at, text)| source.split_at(at + text.len()))
    {
        match rest.strip_prefix('{') {
            None => used.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut at_start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if at_start && c.is_alphabetic() => {
                            used.push(word(&group[at..]));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    used
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

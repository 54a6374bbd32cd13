//! Writes headings, our own lines, findings and the verdict as plain text with optional colours, for a CI that has
//! no command for them.

use super::annotation::Annotation;
use crate::model::{Level, Severity};
use crate::report::Verdict;

const NAME: &str = "buildpixel-ci";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

pub(super) fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A heading.
pub(super) fn heading(title: &str, color: bool, out: &mut Vec<u8>) {
    put(out, &[&painted(&format!("== {title} =="), BOLD, color), "\n"]);
}

/// A line of our own, which begins with the program's name.
pub(super) fn own_line(level: Level, text: &str, color: bool, out: &mut Vec<u8>) {
    let word = match level {
        Level::Info => String::new(),
        Level::Warn => painted("warning:", YELLOW, color) + " ",
        Level::Error => painted("error:", RED, color) + " ",
    };
    put(out, &[&painted(&format!("{NAME}:"), CYAN, color), " ", &word, text, "\n"]);
}

/// An annotation; its first line begins with its severity. `place` is the place as it is to be shown.
pub(super) fn annotation(
    annotation: &Annotation<'_>,
    place: Option<String>,
    color: bool,
    out: &mut Vec<u8>,
) {
    let (word, paint) = match annotation.severity {
        Severity::Warning => ("warning:", YELLOW),
        Severity::Error => ("error:", RED),
    };
    let word = painted(word, paint, color);
    let place = place.map(|place| format!("{place}: "));
    let title = annotation.title.map(|title| format!("{title}: "));
    let message =
        format!("{}{}{}", place.unwrap_or_default(), title.unwrap_or_default(), annotation.message);
    put(out, &[&word, " ", &indented(&message), "\n"]);
}

/// Indents all lines but the first, so that readers of the log see where the message ends.
pub(super) fn indented(message: &str) -> String {
    message.trim_end_matches('\n').replace('\n', "\n  ")
}

/// The verdict: its headline, green if the step succeeds, then the rest indented.
pub(super) fn verdict(verdict: &Verdict, color: bool, out: &mut Vec<u8>) {
    let mut lines = verdict.lines();
    let headline = lines.next().unwrap_or_default();
    match verdict.level {
        Level::Info => own_line(verdict.level, &painted(&headline, GREEN, color), color, out),
        Level::Warn => own_line(verdict.level, &headline, color, out),
        Level::Error => put(out, &[&painted("error:", RED, color), " ", &headline, "\n"]),
    }
    for line in lines {
        put(out, &["  ", &line, "\n"]);
    }
}

fn painted(text: &str, paint: &str, color: bool) -> String {
    if color { format!("{paint}{text}{RESET}") } else { text.to_owned() }
}

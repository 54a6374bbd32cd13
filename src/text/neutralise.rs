//! Breaks CI commands in foreign text with one visible backslash. The rules are the same on every
//! platform, because another tool may read the log again.

use std::borrow::Cow;

use super::ansi::{self, ESC};
use super::style::Style;

/// The beginning of every marker of Travis.
pub(super) const TRAVIS: &str = "travis_";

/// The beginnings of GitHub's legacy commands, of Azure's and of TeamCity's, in any case.
const COMMANDS: [&[u8]; 3] = [b"##[", b"##vso", b"##teamcity"];

/// The line with a backslash in each part that looks like a command. Applying it twice changes
/// nothing more.
pub(super) fn neutralise(line: &str, style: Style) -> Cow<'_, str> {
    let mut breaks: Vec<usize> = double_colon(line).into_iter().collect();
    breaks.extend(hash_commands(line));
    if style.buildkite_headings {
        breaks.extend(heading(line));
    }
    if style.travis_folds {
        breaks.extend(travis_markers(line));
    }
    if breaks.is_empty() {
        return Cow::Borrowed(line);
    }
    breaks.sort_unstable();
    breaks.dedup();
    let mut safe = String::with_capacity(line.len() + breaks.len());
    let mut from = 0;
    for at in breaks {
        safe.push_str(line.get(from..at).unwrap_or_default());
        safe.push('\\');
        from = at;
    }
    safe.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(safe)
}

/// The printable ASCII characters with their places. Parsers may ignore all others (.NET ignores
/// zero-width, control and combining characters), so these never separate the parts of a command.
/// An SGR sequence counts as its ESC.
fn symbols(line: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut hidden_until = 0;
    line.bytes().enumerate().filter(move |&(at, byte)| {
        if at < hidden_until {
            return false;
        }
        if byte == ESC as u8 {
            let length = line.get(at..).and_then(ansi::sgr_length);
            hidden_until = at + length.unwrap_or_default();
        }
        byte == ESC as u8 || matches!(byte, 0x20..=0x7e)
    })
}

/// The same without SGR sequences, from the first non-blank on.
fn start(line: &str) -> impl Iterator<Item = (usize, u8)> {
    let shown = symbols(line).filter(|&(_, byte)| byte != ESC as u8);
    shown.skip_while(|&(_, byte)| byte == b' ')
}

/// `::` at the start of a line: GitHub's `::error::`.
fn double_colon(line: &str) -> Option<usize> {
    let mut start = start(line);
    let (first, b':') = start.next()? else { return None };
    let (_, b':') = start.next()? else { return None };
    Some(first)
}

/// `##[`, `##vso` and `##teamcity` anywhere: after the first of the two hashes.
fn hash_commands(line: &str) -> Vec<usize> {
    let mut breaks = Vec::new();
    let mut places = Vec::new();
    let mut letters = Vec::new();
    if !line.contains('#') {
        return breaks;
    }
    for (at, byte) in symbols(line) {
        if byte != ESC as u8 {
            places.push(at);
            letters.push(byte.to_ascii_lowercase());
        } else if letters.ends_with(b"##") {
            // A parser that ignores control characters sees the `[` of a colour as a bracket.
            breaks.extend(places.iter().rev().nth(1).map(|first| first + 1));
        }
    }
    for (index, first) in places.into_iter().enumerate() {
        let rest = letters.get(index..).unwrap_or_default();
        if COMMANDS.iter().any(|command| rest.starts_with(command)) {
            breaks.push(first + 1);
        }
    }
    breaks
}

/// A heading of Buildkite: `--- `, `+++ ` or `~~~ ` at the start of a line, or `^^^ +++`.
fn heading(line: &str) -> Option<usize> {
    let mut start = start(line);
    let (first, mark) = start.next()?;
    let (_, second) = start.next()?;
    let (third_at, third) = start.next()?;
    if second != mark || third != mark {
        return None;
    }
    let is_heading = match mark {
        b'-' | b'+' | b'~' => {
            let next = line.as_bytes().get(third_at + 1);
            next.is_none_or(|byte| !byte.is_ascii_graphic())
        }
        b'^' => {
            let after = start.map(|(_, byte)| byte).skip_while(|byte| *byte == b' ');
            after.take(3).eq(*b"+++")
        }
        _ => false,
    };
    is_heading.then_some(first)
}

fn travis_markers(line: &str) -> impl Iterator<Item = usize> {
    let starts = line.match_indices(TRAVIS).map(|(at, word)| at + word.len());
    let is_marker = |end: &usize| {
        let rest = line.get(*end..).unwrap_or_default();
        rest.starts_with("fold:") || rest.starts_with("time:")
    };
    starts.filter(is_marker).map(|end| end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_reader_may_ignore_hides_a_command() {
        let table = [
            ("\x1b[1m::x", "\x1b[1m\\::x"),
            (":\x1b[0m:x", "\\:\x1b[0m:x"),
            ("#\u{301}#\u{301}[x", "#\\\u{301}#\u{301}[x"),
            ("##v\x1b[1ms\u{200b}O", "#\\#v\x1b[1ms\u{200b}O"),
            ("##\x1b[31mred", "#\\#\x1b[31mred"),
            ("##\x1b[31m#[red", "#\\#\\\x1b[31m#[red"),
            ("##v#[", "##v#["),
            ("##teamcit[", "##teamcit["),
            ("##teamcity", "#\\#teamcity"),
            ("# #[x", "# #[x"),
            ("##vs##vso", "##vs#\\#vso"),
            (": :x", ": :x"),
        ];
        for (line, expected) in table {
            assert_eq!(neutralise(line, Style::default()), expected, "{line:?}");
            assert_eq!(neutralise(expected, Style::default()), expected, "{line:?} twice");
        }
    }
}

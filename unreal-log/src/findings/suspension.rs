//! The lines between two markers of Unreal's own log parser, which ask it not to read them. Tests of the editor
//! print errors there on purpose.

use std::collections::VecDeque;

use super::line_role::has_category;
use crate::finding::Severity;
use crate::phases::Phases;

/// How many bytes of such lines are kept.
const MAX_BYTES: usize = 256 * 1024;

/// The request of a whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Suspend,
    Resume,
}

/// The marker that the line is. A line that merely contains its text is the message of something else.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let line = line.trim();
    let text = match has_category(line) {
        true => {
            line.split_once(": ").map_or(line, |(_, text)| text.trim_start_matches("Display: "))
        }
        false => line,
    };
    match text {
        "<-- Suspend Log Parsing -->" => Some(Marker::Suspend),
        "<-- Resume Log Parsing -->" => Some(Marker::Resume),
        _ => None,
    }
}

/// The last lines of the open phase that were not read.
#[derive(Debug, Clone, Default)]
pub(super) struct SuspendedLines {
    lines: VecDeque<(String, Option<Severity>)>,
    bytes: usize,
    /// The phases when the first of them came.
    phases: Phases,
}

impl SuspendedLines {
    pub(super) fn push(&mut self, line: &str, claimed: Option<Severity>, phases: &Phases) {
        if self.lines.is_empty() {
            self.phases = phases.clone();
        }
        self.bytes += size(line);
        self.lines.push_back((line.to_owned(), claimed));
        while self.bytes > MAX_BYTES
            && let Some((first, _)) = self.lines.pop_front()
        {
            self.bytes -= size(&first);
        }
    }

    pub(super) fn into_lines(self) -> (VecDeque<(String, Option<Severity>)>, Phases) {
        (self.lines, self.phases)
    }
}

fn size(line: &str) -> usize {
    size_of::<(String, Option<Severity>)>() + line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_empty_lines_are_not_kept() {
        let mut lines = SuspendedLines::default();
        let phases = Phases::default();
        for _ in 0..100_000 {
            lines.push("", None, &phases);
        }
        assert!(lines.lines.len() * size("") <= MAX_BYTES, "{}", lines.lines.len());
        lines.push("LogCook: Error: last", None, &phases);
        assert!(lines.into_lines().0.pop_back().is_some_and(|(line, _)| line.ends_with("last")));
    }
}

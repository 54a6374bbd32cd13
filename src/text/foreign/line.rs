//! The line that is searched, and what was found in it.

use std::ops::Range;

/// A line, and the ranges of the secrets that were found in it so far, in any order.
pub(super) struct Line<'t> {
    pub(super) text: &'t [u8],
    pub(super) found: Vec<Range<usize>>,
    /// Everything before it was read. Nothing is read twice, so that a line takes linear time.
    pub(super) done: usize,
}

impl<'t> Line<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), found: Vec::new(), done: 0 }
    }

    /// Keeps the range as a secret, unless it is empty or masked already.
    pub(super) fn mask(&mut self, secret: Range<usize>) {
        self.done = self.done.max(secret.end);
        if !self.part(&secret).iter().all(|byte| *byte == b'*') {
            self.found.push(secret);
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    pub(super) fn before(&self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    pub(super) fn part(&self, range: &Range<usize>) -> &'t [u8] {
        self.text.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn rest(&self, from: usize) -> &'t [u8] {
        self.text.get(from..).unwrap_or_default()
    }

    /// The end of the bytes from here on that belong.
    pub(super) fn run(&self, from: usize, belongs: impl Fn(u8) -> bool) -> usize {
        self.run_most(from, usize::MAX, belongs)
    }

    /// The same, for at most so many bytes.
    pub(super) fn run_most(&self, from: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        from + self.rest(from).iter().take(most).take_while(|byte| belongs(**byte)).count()
    }

    /// The start of the bytes before here that belong, at most so many.
    pub(super) fn run_back(&self, to: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let before = self.text.get(..to).unwrap_or_default();
        to - before.iter().rev().take(most).take_while(|byte| belongs(**byte)).count()
    }

    /// The place after this text, in any case, if the line goes on with it here.
    pub(super) fn after(&self, at: usize, text: &str) -> Option<usize> {
        let end = at + text.len();
        self.text.get(at..end)?.eq_ignore_ascii_case(text.as_bytes()).then_some(end)
    }
}

/// The place of the first `part` in the text.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

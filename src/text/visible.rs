//! The visible part of a text: its characters without colours, and without characters that show
//! nothing. Secrets are searched in it.

use std::borrow::Cow;
use std::ops::Range;

use super::ansi::{self, ESC};

/// The text without SGR sequences, control characters and invisible characters. TAB stays.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if is_all_visible(text) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len());
    let mut from = 0;
    for Range { start, end } in hidden(text) {
        visible.push_str(text.get(from..start).unwrap_or_default());
        from = end;
    }
    visible.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(visible)
}

/// Maps rising places in the visible text to places in the whole text.
pub(super) struct Places {
    hidden: std::iter::Peekable<std::vec::IntoIter<Range<usize>>>,
    dropped: usize,
}

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let hidden = if is_all_visible(text) { Vec::new() } else { hidden(text) };
        Self { hidden: hidden.into_iter().peekable(), dropped: 0 }
    }

    /// The place of this byte, behind everything hidden that stands before it.
    pub(super) fn place(&mut self, visible: usize) -> usize {
        while let Some(hidden) = self.hidden.next_if(|next| next.start <= visible + self.dropped) {
            self.dropped += hidden.len();
        }
        visible + self.dropped
    }
}

/// Without an early exit the compiler vectorises this loop.
fn is_all_visible(text: &str) -> bool {
    let odd = |byte: u8| !(byte == b'\t' || matches!(byte, 0x20..=0x7e));
    !text.bytes().fold(false, |found, byte| found | odd(byte))
}

fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let mut until = 0;
    for (at, c) in text.char_indices().filter(|&(_, c)| is_hidden(c)) {
        // The escape character stays if it begins no colour: then it is not part of a sequence.
        let sgr = (c == ESC).then(|| ansi::sgr_length(text.get(at..)?)).flatten();
        if at >= until && (c != ESC || sgr.is_some()) {
            until = at + sgr.unwrap_or(c.len_utf8());
            hidden.push(at..until);
        }
    }
    hidden
}

/// Control characters, and characters that Unicode calls default-ignorable or combining.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' | '\u{20}'..='\u{7e}' => false,
        '\0'..='\u{9f}' => true,
        _ => matches!(c,
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_shows_nothing_is_visible() {
        let table = [
            ("a\tb", "a\tb"),
            ("a\u{200b}b\u{ad}c\u{feff}", "abc"),
            ("a\x1b[31mb\x1b[0m", "ab"),
            ("a\x1b]b", "a\x1b]b"),
            ("t\0o\0k\x07\u{85}", "tok"),
            ("日本\u{202e}x", "日本x"),
        ];
        for (text, expected) in table {
            assert_eq!(visible(text), expected, "{text:?}");
        }
    }
}

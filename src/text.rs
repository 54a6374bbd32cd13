//! Makes foreign text safe to print on any CI. This file is the order of the steps; each step is
//! a file beside it.

mod ansi;
mod controls;
mod length;
mod mask;
mod neutralise;
mod split;
mod style;

#[cfg(any(test, fuzzing))]
pub(crate) mod ci_parsers;
#[cfg(test)]
pub(crate) mod hostile_tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod invariants;
#[cfg(test)]
mod test_vectors;

use std::borrow::Cow;

use mask::Mask;

pub(crate) use ansi::plain;
pub use length::{MAX_MESSAGE, shortened};
pub use style::Style;

/// Turns foreign text into text that no CI acts on, and that hides nothing and contains no secret.
#[derive(Debug, Clone)]
pub struct Cleaner {
    mask: Mask,
    style: Style,
}

impl Cleaner {
    /// Each line of a secret that has at least four characters is masked, in all its usual
    /// encodings.
    pub fn new(secrets: &[&str], style: Style) -> Self {
        let mask = Mask::new(secrets);
        Self { mask, style }
    }

    /// The safe lines of a message, without line ends; a line has at most 16 KiB, apart from the
    /// note that it was cut.
    pub fn lines<'t>(&self, message: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        split::lines(message).map(|line| self.line(line, self.style))
    }

    /// One line without colours, of at most 200 characters.
    pub fn title(&self, text: &str) -> String {
        let lines: Vec<_> = self.colourless(text).filter(|line| !line.is_empty()).collect();
        // Joining may have completed a secret that contains a blank.
        length::title(self.mask.apply(&lines.join(" ")).into_owned())
    }

    /// Lines without colours, joined by `\n`: at most 4000 UTF-16 units, ending in ` …` if cut.
    pub fn message(&self, text: &str) -> String {
        let lines: Vec<_> = self.colourless(text).collect();
        shortened(&lines.join("\n"), MAX_MESSAGE).into_owned()
    }

    /// Whether the text, with or without its colours, contains a secret in any of its encodings.
    pub fn holds_secret(&self, text: &str) -> bool {
        self.mask.hits(text)
    }

    fn colourless<'t>(&self, text: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        let style = Style { color: false, ..self.style };
        split::lines(text).map(move |line| self.line(line, style))
    }

    fn line<'t>(&self, line: &'t str, style: Style) -> Cow<'t, str> {
        let masked = self.mask.apply(line);
        if is_ordinary(&masked, style) {
            return masked;
        }
        let filtered = ansi::filter(&masked, style.color);
        // Removing escape sequences may have completed a secret.
        let masked = self.mask.apply(&filtered);
        let shown = controls::show(&masked);
        let safe = closed_and_neutral(&shown, style);
        if length::fits(&safe) {
            return Cow::Owned(safe);
        }
        let (kept, note) = length::cut(&safe);
        // A cut can drop the end of a colour, or turn a longer line into a heading.
        Cow::Owned(closed_and_neutral(kept, style) + &note)
    }
}

/// In this order, because the reset that ends a style contains a bracket, as in `##[`.
fn closed_and_neutral(line: &str, style: Style) -> String {
    neutralise::neutralise(&ansi::closed(line), style).into_owned()
}

/// Whether no step after masking changes the line. This is the case for nearly all lines.
fn is_ordinary(line: &str, style: Style) -> bool {
    let special = |byte: u8| !(byte == b'\t' || matches!(byte, 0x20..=0x7e)) || byte == b'#';
    // Without an early exit the compiler vectorises this loop.
    let any_special = line.bytes().fold(false, |found, byte| found | special(byte));
    if any_special || !length::fits(line) {
        return false;
    }
    let starts_command = match line.trim_start().bytes().next() {
        Some(b':') => true,
        Some(b'-' | b'+' | b'~' | b'^') => style.buildkite_headings,
        _ => false,
    };
    let has_fold = style.travis_folds && line.contains(neutralise::TRAVIS);
    !(starts_command || has_fold)
}

//! Makes foreign text safe to print on any CI. This file is the order of the steps; each step is
//! a file beside it.

mod ansi;
mod controls;
mod foreign;
mod forms;
mod length;
mod mask;
mod neutralise;
mod split;
mod style;
mod visible;

#[cfg(any(test, fuzzing))]
pub(crate) mod ci_parsers;
#[cfg(test)]
pub(crate) mod hostile_tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod invariants;
#[cfg(test)]
mod test_vectors;

use std::borrow::Cow;

pub(crate) use ansi::plain;
pub use foreign::OpenKey;
pub use length::{MAX_MESSAGE, shortened};
pub use mask::Mask;
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
        let mut open = OpenKey::default();
        split::lines(message).map(move |line| self.line(line, self.style, &mut open))
    }

    /// The same for the next message of a log, which may go on with a private key.
    pub fn log_lines<'t>(
        &self,
        message: &'t str,
        open: &mut OpenKey,
    ) -> impl Iterator<Item = Cow<'t, str>> {
        split::lines(message).map(|line| self.line(line, self.style, open))
    }

    /// One line without colours, of at most 200 characters.
    pub fn title(&self, text: &str) -> String {
        let lines: Vec<_> = self.colourless(text).filter(|line| !line.is_empty()).collect();
        // Joining may have completed a secret that contains a blank.
        let joined = lines.join(" ");
        length::title(self.mask.apply(&joined, &mut OpenKey::default()).into_owned())
    }

    /// Lines without colours, joined by `\n`: at most 4000 UTF-16 units, ending in ` …` if cut.
    pub fn message(&self, text: &str) -> String {
        let lines: Vec<_> = self.colourless(text).collect();
        shortened(&lines.join("\n"), MAX_MESSAGE).into_owned()
    }

    /// True if the text, with or without its colours, contains a secret in any of its encodings.
    pub fn holds_secret(&self, text: &str) -> bool {
        self.mask.hits(text)
    }

    fn colourless<'t>(&self, text: &'t str) -> impl Iterator<Item = Cow<'t, str>> {
        let style = Style { color: false, ..self.style };
        let mut open = OpenKey::default();
        split::lines(text).map(move |line| self.line(line, style, &mut open))
    }

    fn line<'t>(&self, line: &'t str, style: Style, open: &mut OpenKey) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(line);
        if line.contains(ansi::ESC) {
            // Removing escape sequences may drop a part of a secret, or complete one.
            masked = then(masked, |line| self.mask.apply(line, &mut OpenKey::default()));
            masked = then(masked, |line| ansi::filter(line, style.color));
        }
        let masked = then(masked, |line| self.mask.apply(line, open));
        if is_ordinary(&masked, style) {
            return masked;
        }
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

/// The text after one more step.
fn then<'t>(
    text: Cow<'t, str>,
    step: impl for<'s> FnOnce(&'s str) -> Cow<'s, str>,
) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => step(text),
        Cow::Owned(text) => Cow::Owned(step(&text).into_owned()),
    }
}

/// In this order, because the reset that ends a style contains a bracket, as in `##[`.
fn closed_and_neutral(line: &str, style: Style) -> String {
    neutralise::neutralise(&ansi::closed(line), style).into_owned()
}

/// True if no step after masking changes the line. This is the case for nearly all lines.
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

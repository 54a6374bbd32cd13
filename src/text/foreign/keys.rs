//! Private keys as blocks of text: on one line, or on the lines that follow.

use super::line::{Line, find, is_quote};

const END: &[u8] = b"-----END ";
/// So many lines without a part of the key end a block that has no end.
const PATIENCE: u8 = 3;
/// So many more lines with a header (`Proc-Type: …`, `Version: …`) or nothing may stand before the
/// first line of the key.
const HEADERS: u8 = 8;
/// The shortest word that is taken for a line of a key, if it does not stand alone.
const SHORTEST: usize = 40;

/// The private key whose lines are being read, if there is one.
#[derive(Debug, Clone, Default)]
pub struct OpenKey {
    /// How many more lines without a part of the key are waited for; 0 if no key is open.
    patience: u8,
    /// How many more headers may follow.
    headers: u8,
}

impl OpenKey {
    pub(in crate::text) fn is_open(&self) -> bool {
        self.patience > 0
    }

    /// Masks what the line has of the key that is open.
    pub(super) fn advance(&mut self, line: &mut Line<'_>) {
        if !self.is_open() {
            return;
        }
        if find(line.text, END).is_some() {
            self.patience = 0;
            return;
        }
        match last_word(line) {
            Some(word) => {
                line.mask(word);
                *self = Self { patience: PATIENCE, headers: 0 };
            }
            None if self.headers > 0 && is_header(line) => self.headers -= 1,
            None => self.patience -= 1,
        }
    }
}

/// Masks the key that begins in the line with `PRIVATE KEY`, whose end is `hit`.
pub(super) fn private_key(line: &mut Line<'_>, hit: usize, open: &mut OpenKey) {
    let label = line.run_back(hit, 48, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let is_begin = line.part(&(label..hit)).starts_with(b"BEGIN ")
        && line.text.get(..label).is_some_and(|before| before.ends_with(b"-----"));
    if !is_begin {
        return;
    }
    let label_end = line.run(hit, |byte| byte == b' ' || byte.is_ascii_uppercase());
    let start = line.run(label_end, |byte| byte == b'-');
    if start == label_end {
        return;
    }
    let end = line.run(start, |byte| !is_quote(byte));
    match find(line.part(&(start..end)), END) {
        Some(length) => line.mask(start..start + length),
        None => {
            line.mask(start..end);
            *open = OpenKey { patience: PATIENCE, headers: HEADERS };
        }
    }
}

/// True if the line is blank or has a `Name: value`. Tools put their own names before it.
fn is_header(line: &Line<'_>) -> bool {
    let text = line.text.trim_ascii();
    text.is_empty() || text.ends_with(b":") || find(text, b": ").is_some()
}

/// The last word of the line, if it looks like a line of a key: tools put their names before it.
fn last_word(line: &Line<'_>) -> Option<std::ops::Range<usize>> {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b',');
    let end = line.run_back(line.text.len(), line.text.len(), is_blank);
    let start =
        line.run_back(end, end, |byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    let is_alone =
        line.text.get(..start).is_some_and(|before| before.iter().all(|byte| is_blank(*byte)));
    let is_key = end - start >= SHORTEST || is_alone && end > start;
    (is_key && line.before(start).is_none_or(is_blank)).then_some(start..end)
}

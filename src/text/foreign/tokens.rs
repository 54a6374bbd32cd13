//! Tokens that are known by their prefix.

use super::line::{Line, find, is_word};

/// The characters of a token after its prefix.
#[derive(Clone, Copy)]
pub(super) enum Chars {
    Upper,
    Alphanumeric,
    /// And `-`, `_`.
    Word,
    /// And `.`, and what Base64 has.
    Any,
}

impl Chars {
    fn contain(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => is_word(byte),
            Self::Any => byte.is_ascii_alphanumeric() || b"-_.+/=~".contains(&byte),
        }
    }
}

/// The longest first part of a JSON Web Token.
const HEADER: usize = 2048;
/// The shortest part of one.
const PART: usize = 10;
/// The length of an AWS secret access key.
const AWS_SECRET: usize = 40;

/// Masks the token that begins at `start`, if enough of its characters follow the prefix.
pub(super) fn token(line: &mut Line<'_>, start: usize, prefix: usize, chars: Chars, least: usize) {
    let end = line.run(prefix, |byte| chars.contain(byte));
    if end - prefix < least {
        return;
    }
    // Words are joined by `_` and `-`, and a text without a digit may be one.
    let random = line.part(&(prefix..end)).iter().any(u8::is_ascii_digit);
    if random || end - prefix >= 2 * least {
        line.mask(start..end);
    }
    if matches!(chars, Chars::Upper) {
        aws_secret(line, end);
    }
}

/// Masks the JSON Web Token whose first part ends at `dot`: at least two parts joined by dots.
pub(super) fn jwt(line: &mut Line<'_>, dot: usize) {
    let belongs = |byte: u8| Chars::Word.contain(byte);
    let before = line.run_back(dot, HEADER, belongs);
    let header = line.part(&(before..dot));
    let Some(start) = find(header, b"eyJ") else { return };
    let mut end = line.run(dot + 1, belongs);
    if dot - (before + start) < PART || end - dot <= PART {
        return;
    }
    while line.byte(end) == Some(b'.') {
        end = line.run(end + 1, belongs);
    }
    line.mask(before + start..end);
}

/// The secret key that stands behind the id of an AWS key, as `id:secret` or `id secret`.
fn aws_secret(line: &mut Line<'_>, id_end: usize) {
    let separates =
        |byte: u8| matches!(byte, b':' | b',' | b';' | b'/' | b' ' | b'\t' | b'"' | b'\'');
    let start = line.run(id_end, separates);
    if start == id_end || start > id_end + 4 {
        return;
    }
    let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    let end = line.run_most(start, AWS_SECRET + 1, is_key);
    if end - start == AWS_SECRET {
        line.mask(start..end);
    }
}

//! Tokens that are known by their prefix.

use super::line::Line;

/// The characters of a token after its prefix.
#[derive(Clone, Copy)]
pub(super) enum Chars {
    Upper,
    Alphanumeric,
    /// And `-`, `_`.
    Word,
    /// And `.`, and what Base64 has.
    Any,
    /// As in `Word`, in parts that are joined by dots: at least two parts of ten.
    Parts,
}

impl Chars {
    fn contain(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word | Self::Parts => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Any => byte.is_ascii_alphanumeric() || b"-_.+/=~".contains(&byte),
        }
    }
}

/// The shortest part of a token that consists of parts.
const PART: usize = 10;
/// The length of an AWS secret access key.
const AWS_SECRET: usize = 40;

/// Masks the token that begins at `start`, if enough of its characters follow the prefix.
pub(super) fn token(line: &mut Line<'_>, start: usize, prefix: usize, chars: Chars, least: usize) {
    let end = line.run(prefix, |byte| chars.contain(byte));
    if end - prefix < least {
        return;
    }
    if !matches!(chars, Chars::Parts) {
        // Words are joined by `_` and `-`, and a text in capitals is no token.
        let random = line.part(&(prefix..end)).iter().any(u8::is_ascii_digit);
        if random || end - prefix >= 2 * least {
            line.mask(start..end);
        }
        if matches!(chars, Chars::Upper) {
            aws_secret(line, end);
        }
        return;
    }
    let mut last = end;
    let mut parts = 1;
    while line.byte(last) == Some(b'.') {
        let next = line.run(last + 1, |byte| chars.contain(byte));
        if parts == 1 && next - last <= PART {
            break;
        }
        last = next;
        parts += 1;
    }
    match parts {
        // The same run holds no token that begins later.
        1 => line.done = line.done.max(end),
        _ => line.mask(start..last),
    }
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
    let end = line.run(start, is_key);
    if end - start == AWS_SECRET {
        line.mask(start..end);
    }
}

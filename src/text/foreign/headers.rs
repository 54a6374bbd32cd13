//! Credentials in HTTP headers: `Authorization` with any scheme, `Bearer …`, cookies.

use std::ops::Range;

use super::line::{Line, is_blank, is_quote, is_word};

/// Schemes whose credentials are always masked. Those of others are masked if they look random.
#[rustfmt::skip]
const SCHEMES: &[&str] = &[
    "basic", "bearer", "token", "digest", "negotiate", "ntlm", "apikey", "oauth", "hawk", "hmac", "hoba", "mutual",
    "scram-sha-1", "scram-sha-256", "vapid", "sharedkey", "sharedkeylite", "sharedaccesssignature", "splunk",
    "googlelogin", "genie", "dpop", "aws", "aws4-hmac-sha256", "aws4-ecdsa-p256-sha256", "goog4-hmac-sha256",
];

/// Credentials are judged by so many bytes.
const JUDGED: usize = 64;
/// The longest scheme that is read.
const SCHEME: usize = 40;
/// The shortest credentials of an unknown scheme, or behind `Bearer` outside of a header.
const CREDENTIALS: usize = 12;

/// Masks what follows `Authorization`. The scheme stays.
pub(super) fn authorization(line: &mut Line<'_>, hit: Range<usize>) {
    let quote = opening_quote(line, hit.start);
    let closing = line.run(hit.end, |byte| is_quote(byte) || byte == b'\\');
    let blank = line.run(closing, is_blank);
    let from = match (line.byte(blank), line.after(blank, "%3a")) {
        (Some(b':' | b'='), _) => blank + 1,
        (_, Some(after)) => after,
        _ => return,
    };
    // `\ ` is a blank in a shell.
    let from = line.run(from, |byte| is_blank(byte) || is_quote(byte) || byte == b'\\');
    let from = escaped_blanks(line, from);
    let end = line.run_most(from, SCHEME, is_word);
    let behind = escaped_blanks(line, end);
    if behind > end && is_known(line, from, end) {
        return line.mask(behind..parameter_end(line, behind));
    }
    let first = line.run(end, |byte| is_blank(byte) || byte == b'\\');
    let is_known = is_known(line, from, end);
    if !is_known && is_random(line, from) {
        // There is no scheme.
        return line.mask(from..word_end(line, from, usize::MAX));
    }
    if line.byte(first).is_none_or(is_quote) || first == end {
        return;
    }
    if is_known || is_random(line, first) {
        let word = word_end(line, first, usize::MAX);
        let last = if is_list(line, first, word) { value_end(line, word, quote) } else { word };
        line.mask(first..last);
    }
}

/// Masks what follows `Bearer ` outside of a header.
pub(super) fn bearer(line: &mut Line<'_>, hit: Range<usize>) {
    let from = line.run(hit.end, |byte| is_blank(byte) || byte == b'\\');
    if is_random(line, from) {
        line.mask(from..word_end(line, from, usize::MAX));
    }
}

/// Masks the values of a `Cookie:` or `Set-Cookie:` header.
pub(super) fn cookie(line: &mut Line<'_>, hit: Range<usize>) {
    let start = line.run_back(hit.start, 5, is_word);
    let is_header = match line.before(start) {
        None => true,
        Some(byte) => {
            is_quote(byte)
                || line
                    .text
                    .get(..start)
                    .is_some_and(|before| matches!(before, [.., b'>' | b'<' | b'H', b' ']))
        }
    };
    let value = line.run(hit.end, is_blank);
    let name = line.run_most(value, JUDGED, |byte| byte != b'=' && !is_blank(byte));
    if is_header && line.byte(name) == Some(b'=') {
        line.mask(value..value_end(line, value, opening_quote(line, start)));
    }
}

/// The quote that opens before the name of a header, as in `-H 'Authorization: …'`.
fn opening_quote(line: &Line<'_>, name: usize) -> Option<u8> {
    let start = line.run_back(name, 8, is_word);
    line.before(start).filter(|byte| is_quote(*byte))
}

fn is_known(line: &Line<'_>, from: usize, end: usize) -> bool {
    let word = line.part(&(from..end));
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}

/// The end of the blanks from here on that are written as in an address.
fn escaped_blanks(line: &Line<'_>, mut at: usize) -> usize {
    while let Some(after) = line.after(at, "%20").or_else(|| line.after(at, "+")) {
        at = after;
    }
    at
}

/// The end of the parameter of an address whose value goes on here.
fn parameter_end(line: &Line<'_>, from: usize) -> usize {
    let end = word_end(line, from, usize::MAX);
    line.run_most(from, end - from, |byte| byte != b'&')
}

/// The end of the word that begins here, of which at most so many bytes are read.
fn word_end(line: &Line<'_>, from: usize, most: usize) -> usize {
    let end = line.run_most(from, most, |byte| !is_blank(byte) && !is_quote(byte));
    let trailing = |byte: u8| matches!(byte, b',' | b';' | b')' | b']' | b'}' | b'\\');
    line.run_back(end, end - from, trailing)
}

/// True if the credentials are a list of parameters: `Credential=…, Signature=…`.
fn is_list(line: &Line<'_>, first: usize, word: usize) -> bool {
    let follows = |byte: Option<u8>| matches!(byte, Some(b',' | b'"' | b'\''));
    line.part(&(first..word)).contains(&b'=') && follows(line.byte(word))
}

/// The end of a header: its quote, or the end of the line.
fn value_end(line: &Line<'_>, from: usize, quote: Option<u8>) -> usize {
    line.run(from, |byte| Some(byte) != quote)
}

fn is_random(line: &Line<'_>, from: usize) -> bool {
    let judged = line.part(&(from..word_end(line, from, JUDGED)));
    let has_digit = judged.iter().any(u8::is_ascii_digit);
    let has_letter = judged.iter().any(u8::is_ascii_alphabetic);
    judged.len() >= CREDENTIALS
        && has_letter
        && (has_digit || judged.len() >= 2 * CREDENTIALS)
        && !judged.starts_with(b"$")
}

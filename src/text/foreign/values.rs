//! Values of names that say that they are secret: `P4PASSWD=…`, `--token …`, `"password": "…"`,
//! `X-Amz-Signature=…`.

use std::ops::Range;

use super::line::{Line, is_blank, is_quote, is_word};

/// How much a name says about its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The value is a password, however it looks.
    Password,
    /// The value is a secret if it looks like one: programs also speak of tokens of a language.
    Token,
    /// A parameter of a signed URL.
    Signature,
    /// The value is the Base64 of a user and a password.
    Credentials,
}

/// The ends of names, in lower case. The first one that fits decides.
pub(super) const NAMES: &[(&str, Meaning)] = &[
    ("password", Meaning::Password),
    ("passwd", Meaning::Password),
    ("passphrase", Meaning::Password),
    ("storepass", Meaning::Password),
    ("keypass", Meaning::Password),
    ("token", Meaning::Token),
    ("secret", Meaning::Token),
    ("apikey", Meaning::Token),
    ("api_key", Meaning::Token),
    ("api-key", Meaning::Token),
    ("access_key", Meaning::Token),
    ("access-key", Meaning::Token),
    ("accesskey", Meaning::Token),
    ("accountkey", Meaning::Token),
    ("account-key", Meaning::Token),
    ("account_key", Meaning::Token),
    ("secret_key", Meaning::Token),
    ("secret-key", Meaning::Token),
    ("secretkey", Meaning::Token),
    ("encryption_key", Meaning::Token),
    ("signing_key", Meaning::Token),
    ("signature", Meaning::Signature),
    ("sig", Meaning::Signature),
    ("x-amz-credential", Meaning::Signature),
    ("x-goog-credential", Meaning::Signature),
    ("-aes", Meaning::Token),
    ("auth", Meaning::Credentials),
];

/// The longest name.
const NAME: usize = 48;
/// A value is judged by so many bytes.
const JUDGED: usize = 64;
/// The shortest parameter of a signed URL.
const SIGNATURE: usize = 16;
/// The shortest value that looks like a token.
const TOKEN: usize = 8;
/// A value without a digit is a token from this length on.
const LONG_TOKEN: usize = 16;
/// The longest number in hex, as `0x06000001`.
const NUMBER: usize = 18;

/// Words in the place of a value.
#[rustfmt::skip]
const NO_VALUES: &[&str] = &[
    "true", "false", "yes", "no", "on", "off", "null", "nil", "none", "undefined", "nullptr", "empty", "unset",
    "is", "was", "are", "to", "for", "and", "or", "not", "in", "of", "with", "from", "has", "can", "must", "should",
    "option", "argument", "flag", "parameter", "file", "stdin", "required", "requires", "the", "a", "instead",
    "missing", "incorrect", "invalid", "wrong", "protected", "redacted", "masked", "hidden",
];

/// The mark between the name and the value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Equals,
    Colon,
    /// Only after an option.
    Blank,
    /// The same, in a signed URL.
    Parameter,
    /// `<password>…</password>`.
    Element,
}

/// Masks the value of the name that contains `hit`.
pub(super) fn named(line: &mut Line<'_>, hit: Range<usize>) {
    let inside = line.run_back(hit.end, 1, |byte| !is_word(byte));
    let end = line.run_most(inside, NAME, is_word);
    let start = line.run_back(hit.start, NAME, is_word);
    line.done = line.done.max(end);
    let Some(meaning) = meaning(line, start, end) else { return };
    let Some((separator, from)) = separator(line, start, end) else { return };
    let separator = match (meaning, separator) {
        (Meaning::Signature, Separator::Equals) => Separator::Parameter,
        (_, separator) => separator,
    };
    let Some((judged, is_quoted)) = value(line, from, separator, JUDGED) else { return };
    let judged = line.part(&judged);
    let is_env = is_env(line, start, end);
    if is_placeholder(judged) || !is_secret(meaning, separator, is_quoted, is_env, judged) {
        return;
    }
    if let Some((value, _)) = value(line, from, separator, usize::MAX) {
        line.mask(value);
    }
}

/// The meaning of a name, if any. `%26sig` and `\u0026sig` are parameters named `sig`.
fn meaning(line: &Line<'_>, start: usize, end: usize) -> Option<Meaning> {
    let name = line.part(&(start..end));
    let last = name.last().map(u8::to_ascii_lowercase);
    let ends = |suffix: &str| {
        if suffix.as_bytes().last().copied() != last {
            return None;
        }
        let cut = name.len().checked_sub(suffix.len())?;
        let (before, same) = name.split_at_checked(cut)?;
        same.eq_ignore_ascii_case(suffix.as_bytes()).then_some(before)
    };
    let (before, meaning) =
        NAMES.iter().find_map(|(suffix, meaning)| Some((ends(suffix)?, *meaning)))?;
    let is_whole =
        before.is_empty() || before.ends_with(b"0026") || before.eq_ignore_ascii_case(b"26");
    let is_right = match meaning {
        Meaning::Password | Meaning::Token => true,
        Meaning::Signature => is_whole || before.ends_with(b"-"),
        Meaning::Credentials => is_whole || before == b"_",
    };
    // `PublicKeyToken=…` names an assembly of .NET.
    (is_right && !name.eq_ignore_ascii_case(b"publickeytoken")).then_some(meaning)
}

/// True if the name is written like an environment variable of several words.
fn is_env(line: &Line<'_>, start: usize, end: usize) -> bool {
    let name = line.part(&(start..end));
    name.contains(&b'_') && !name.iter().any(u8::is_ascii_lowercase)
}

/// The mark between the name and its value, and the start of the value.
fn separator(line: &Line<'_>, start: usize, end: usize) -> Option<(Separator, usize)> {
    let before = line.before(start);
    if before == Some(b'<') && line.byte(end) == Some(b'>') {
        return Some((Separator::Element, end + 1));
    }
    let closing = line.run(end, |byte| is_quote(byte) || byte == b'\\');
    let blank = line.run(closing, is_blank);
    // `<add key="Password" value="…">` of NuGet.
    let blank = line.after(blank, "value").filter(|_| closing > end).unwrap_or(blank);
    let at = match line.byte(blank) {
        Some(b'=') if line.byte(blank + 1) == Some(b'>') => blank + 2,
        Some(b'=' | b':') => blank + 1,
        _ if is_option(line, start) && blank > closing => return Some((Separator::Blank, blank)),
        _ if line.after(blank, "%3d").is_some() => return Some((Separator::Equals, blank + 3)),
        _ => return None,
    };
    let separator =
        if line.byte(blank) == Some(b'=') { Separator::Equals } else { Separator::Colon };
    // `==` compares, and `::` joins names of C++.
    if matches!(line.byte(at), Some(b'=' | b':')) {
        return None;
    }
    let from = line.run(at, is_blank);
    // `a = b` is code, unless `b` is a literal or `a` an option.
    let is_apart = separator == Separator::Equals && (from > at || blank > closing);
    let is_literal = line.byte(from).is_some_and(is_quote);
    (!is_apart || is_literal).then_some((separator, from))
}

/// True if the name begins with `-` or follows a `/` that begins a word.
fn is_option(line: &Line<'_>, start: usize) -> bool {
    let begins = |at: usize| {
        line.before(at).is_none_or(|byte| !is_word(byte) && byte != b'/' && byte != b'.')
    };
    match (line.byte(start), line.before(start)) {
        (Some(b'-'), _) => begins(start),
        (_, Some(b'/')) => begins(start - 1),
        _ => false,
    }
}

/// The value from here on, at most so many bytes of it, and whether it is quoted.
fn value(
    line: &Line<'_>,
    from: usize,
    separator: Separator,
    most: usize,
) -> Option<(Range<usize>, bool)> {
    let escape = usize::from(line.byte(from) == Some(b'\\'));
    if let Some(quote) = line.byte(from + escape).filter(|byte| is_quote(*byte)) {
        let start = from + escape + 1;
        let end = line.run_most(start, most, |byte| byte != quote);
        let end = end - usize::from(escape == 1 && line.before(end) == Some(b'\\') && end > start);
        return Some((start..end, true));
    }
    let ends = |byte: u8| match separator {
        Separator::Blank => is_blank(byte) || is_quote(byte),
        Separator::Element => byte == b'<',
        Separator::Parameter => !byte.is_ascii_alphanumeric() && !b"%~_-.+/=".contains(&byte),
        Separator::Equals | Separator::Colon => {
            is_blank(byte) || is_quote(byte) || matches!(byte, b'&' | b';' | b'<' | b'>')
        }
    };
    let end = line.run_most(from, most, |byte| !ends(byte));
    let trailing = |byte: u8| matches!(byte, b',' | b')' | b']' | b'}' | b'\\');
    let end = line.run_back(end, end - from, trailing);
    (end > from).then_some((from..end, separator == Separator::Element))
}

/// True if it is the name of a value, or a word or digit that is no secret.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    match value {
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] | [b'<', ..] => true,
        [b'$', name @ ..] | [b'%', name @ .., b'%'] => name.iter().all(is_name),
        [b'%', b's' | b'S' | b'd' | b'@'] | [b'0'..=b'9'] => true,
        _ => NO_VALUES.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes())),
    }
}

fn is_secret(
    meaning: Meaning,
    separator: Separator,
    is_quoted: bool,
    is_env: bool,
    value: &[u8],
) -> bool {
    let has_digit = value.iter().any(u8::is_ascii_digit);
    let has_letter = value.iter().any(u8::is_ascii_alphabetic);
    let has_blank = value.iter().any(|byte| is_blank(*byte));
    let is_number = value.starts_with(b"0x") && value.len() <= NUMBER;
    let is_word = value.len() >= TOKEN && has_letter && !has_blank && !is_number;
    let is_random = is_word && has_digit;
    let is_long = is_word && value.len() >= LONG_TOKEN;
    match meaning {
        Meaning::Signature => separator == Separator::Parameter && value.len() >= SIGNATURE,
        Meaning::Credentials => {
            let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
            value.len() >= TOKEN
                && value.iter().all(is_base64)
                && (is_quoted || separator == Separator::Equals)
        }
        Meaning::Password => match separator {
            Separator::Blank => !value.starts_with(b"-"),
            Separator::Equals | Separator::Parameter | Separator::Element => true,
            // `Password: incorrect` is prose.
            Separator::Colon => {
                let odd = |byte: &u8| byte.is_ascii_digit() || b"!@#$%^&*+=?~|".contains(byte);
                is_quoted && !has_blank || value.iter().any(odd) && value.len() >= 4 && !has_blank
            }
        },
        Meaning::Token => match separator {
            Separator::Blank => (is_random || is_long) && !value.starts_with(b"-"),
            Separator::Equals | Separator::Parameter | Separator::Element => {
                is_random || is_long || is_env && is_word
            }
            Separator::Colon => is_random || is_quoted && is_long,
        },
    }
}

/// Masks the value of `pass:`, which openssl and apksigner take where a password is expected.
pub(super) fn passed(line: &mut Line<'_>, hit: Range<usize>) {
    let begins =
        line.before(hit.start).is_none_or(|byte| is_blank(byte) || is_quote(byte) || byte == b'=');
    let blank = line
        .run_back(hit.start, hit.start, |byte| is_blank(byte) || is_quote(byte) || byte == b'=');
    let option = line.run_back(blank, NAME, is_word);
    let option = line.part(&(option..blank));
    let is_option = option.starts_with(b"-")
        && [&b"pass"[..], b"passin", b"passout"].iter().any(|end| option.ends_with(end));
    if begins
        && is_option
        && let Some((value, _)) = value(line, hit.end, Separator::Blank, usize::MAX)
    {
        line.mask(value);
    }
}

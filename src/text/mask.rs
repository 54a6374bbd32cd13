//! Replaces secrets by `***`, even if the log shows them encoded or coloured.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::ansi;

const STARS: &str = "***";
/// Shorter lines of a secret (`}` of a JSON key) would mask half of the log.
const MIN_LENGTH: usize = 4;

/// All forms in which the secrets may appear.
#[derive(Clone)]
pub(super) struct Mask(Option<AhoCorasick>);

impl Mask {
    pub(super) fn new(secrets: &[&str]) -> Self {
        let lines = secrets.iter().flat_map(|secret| secret.split(['\r', '\n'])).map(str::trim);
        let long = lines.filter(|line| line.chars().count() >= MIN_LENGTH);
        let forms: BTreeSet<String> = long.flat_map(forms).collect();
        let search = (!forms.is_empty()).then(|| AhoCorasick::new(forms));
        // It fails only for more than 2 GiB of secrets, which no environment holds.
        Self(search.and_then(Result::ok))
    }

    /// Whether the text, with or without its colours, contains a secret.
    pub(super) fn hits(&self, text: &str) -> bool {
        let found = |text: &str| self.0.as_ref().is_some_and(|search| search.is_match(text));
        found(&ansi::plain(text))
    }

    /// The text with each run of overlapping secrets replaced, including the colours inside.
    pub(super) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let plain = ansi::plain(text);
        let Some(search) = self.0.as_ref().filter(|search| search.is_match(&*plain)) else {
            return Cow::Borrowed(text);
        };
        let mut masked = String::with_capacity(text.len());
        let mut colours = Colours::of(text);
        let mut from = 0;
        for Range { start, end } in runs(search, &plain) {
            let start = colours.place(start);
            masked.push_str(text.get(from..start).unwrap_or_default());
            masked.push_str(STARS);
            // The colour right after the secret is kept: it belongs to the text behind it.
            from = colours.place(end - 1) + 1;
        }
        masked.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(masked)
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask(***)")
    }
}

/// Maps rising places in the text without colours to places in the text with them.
struct Colours {
    rest: Peekable<IntoIter<Range<usize>>>,
    dropped: usize,
}

impl Colours {
    fn of(text: &str) -> Self {
        let sequences: Vec<_> = ansi::sequences(text).collect();
        Self { rest: sequences.into_iter().peekable(), dropped: 0 }
    }

    fn place(&mut self, plain: usize) -> usize {
        while let Some(colour) = self.rest.next_if(|colour| colour.start <= plain + self.dropped) {
            self.dropped += colour.len();
        }
        plain + self.dropped
    }
}

/// The ranges of secrets, with overlapping ones merged.
fn runs(search: &AhoCorasick, text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    // Matches come in the order of their ends, so one may contain several before it.
    for found in search.find_overlapping_iter(text) {
        let mut run = found.range();
        while let Some(last) = runs.pop_if(|last| last.end > run.start) {
            run.start = run.start.min(last.start);
        }
        runs.push(run);
    }
    runs
}

fn forms(secret: &str) -> impl Iterator<Item = String> {
    let mut forms = vec![secret.to_owned(), json(secret)];
    for keep in ["-._~", "-._~!*'()"] {
        let upper = percent(secret, keep);
        forms.push(upper.replace("%20", "+"));
        forms.push(lower_hex(&upper));
        forms.push(upper);
    }
    for shift in 0..3 {
        forms.push(base64(&STANDARD_NO_PAD, shift, secret));
        forms.push(base64(&URL_SAFE_NO_PAD, shift, secret));
    }
    forms.into_iter()
}

/// As inside a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

/// As in a URL; encoders differ in the punctuation that they keep.
fn percent(text: &str, keep: &str) -> String {
    let encode = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || keep.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.extend(["%", &hex.to_ascii_lowercase(), rest]);
    }
    lower
}

/// The characters that depend only on the secret if it stands `shift` bytes into a group of three.
fn base64(engine: &impl Engine, shift: usize, secret: &str) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = engine.encode(&bytes);
    let shared_start = (shift * 8).div_ceil(6);
    let shared_end = usize::from(!bytes.len().is_multiple_of(3));
    encoded.get(shared_start..encoded.len() - shared_end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        Mask::new(secrets).apply(text).into_owned()
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let table = [
            ("x tok123456 y", "x *** y"),
            ("tok12\x1b[0m3456", "***"),
            ("\x1b[31mtok\x1b[1m123\x1b[m456\x1b[0m!", "\x1b[31m***\x1b[0m!"),
            ("tok123456tok123456", "******"),
            ("tok12345", "tok12345"),
        ];
        for (text, expected) in table {
            assert_eq!(masked(&["tok123456"], text), expected, "{text:?}");
        }
    }

    #[test]
    fn overlapping_secrets_leave_nothing_of_each_other() {
        assert_eq!(masked(&["abcd12", "12wxyz", "d1"], "-abcd12wxyz-"), "-***-");
        assert_eq!(masked(&["aaaa"], "aaaaaaab"), "***b");
    }

    #[test]
    fn each_long_line_of_a_secret_is_masked_and_short_ones_are_not() {
        let secrets = ["AAAA1111\r\n}\n  BBBB2222\n", "abc", ""];
        assert_eq!(masked(&secrets, "{ AAAA1111 } abc BBBB2222"), "{ *** } abc ***");
    }

    #[test]
    fn encoded_secrets_are_masked() {
        let secret = "p/a s\"s?\u{e9}+w!";
        for text in [
            "p%2Fa%20s%22s%3F%C3%A9%2Bw%21",
            "p%2fa%20s%22s%3f%c3%a9%2bw%21",
            "p%2Fa+s%22s%3F%C3%A9%2Bw%21",
            "p%2Fa%20s%22s%3F%C3%A9%2Bw!",
            "p/a s\\\"s?\u{e9}+w!",
        ] {
            assert_eq!(masked(&[secret], text), "***", "{text:?}");
        }
    }

    #[test]
    fn a_secret_inside_base64_is_masked_at_each_of_the_three_places() {
        for before in ["", "u", "us", "usr"] {
            for after in ["", "!", "!?", "!?!"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}tok123456{after}"));
                let masked = masked(&["tok123456"], &text);
                assert!(masked.contains("***"), "{text:?}");
                assert!(masked.len() <= 3 + 4 + 4 + 2, "{masked:?} shows some of it");
            }
        }
    }

    #[test]
    fn the_forms_are_not_shown_in_debug_output() {
        assert_eq!(format!("{:?}", Mask::new(&["tok123456"])), "Mask(***)");
    }
}

//! Replaces secrets by `***`: ours in all their forms, and those of others by their shape, even if
//! the log shows them coloured or split by invisible characters.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::foreign::{Foreign, OpenKey, fast_search};
use super::forms::forms;
use super::visible::{Places, visible};

const STARS: &str = "***";
/// Shorter lines of a secret (`}` of a JSON key) would mask half of the log.
const MIN_LENGTH: usize = 4;

/// After so many rounds the text is taken as it is.
const ROUNDS: usize = 4;
/// No beginning of a text depends on more bytes.
const READ: usize = 64 << 10;
/// So many bytes before the end of what was read are not shown: the rest of a secret may be missing.
const EDGE: usize = 4 << 10;

/// Finds secrets in foreign text.
#[derive(Clone)]
pub struct Mask(Arc<Searches>);

struct Searches {
    /// True if there is any secret of ours.
    is_ours: Option<AhoCorasick>,
    own: Option<AhoCorasick>,
    foreign: Foreign,
}

impl Mask {
    /// Each line of a secret that has at least four characters is masked, in all its usual
    /// encodings.
    pub fn new(secrets: &[&str]) -> Self {
        let lines = secrets.iter().flat_map(|secret| secret.split(['\r', '\n'])).map(str::trim);
        let long = lines.filter(|line| line.chars().count() >= MIN_LENGTH);
        let forms: BTreeSet<String> = long.flat_map(forms).collect();
        let is_ours = (!forms.is_empty()).then(|| fast_search(&forms)).flatten();
        let own = is_ours.as_ref().and_then(|_| overlapping_search(&forms));
        Self(Arc::new(Searches { is_ours, own, foreign: Foreign::new() }))
    }

    /// The beginning of a text of a service, masked before it is cut: a part of a secret would not
    /// be recognised later.
    pub fn beginning(&self, text: &str, chars: usize) -> String {
        let read = text.get(..text.floor_char_boundary(READ)).unwrap_or_default();
        let masked = self.apply(read, &mut OpenKey::default());
        let edge = if read.len() < text.len() { EDGE } else { 0 };
        let whole = masked.floor_char_boundary(masked.len().saturating_sub(edge));
        masked.get(..whole).unwrap_or_default().chars().take(chars).collect()
    }

    /// True if the text, with or without its colours, contains a secret of ours.
    pub(super) fn hits(&self, text: &str) -> bool {
        self.is_ours(&visible(text))
    }

    /// The text with each run of overlapping secrets replaced, including what is hidden inside.
    /// Masking the result again changes nothing.
    pub(super) fn apply<'t>(&self, text: &'t str, open: &mut OpenKey) -> Cow<'t, str> {
        let mut masked = self.once(text, open);
        // A mask may take a word away that decided about its neighbour.
        for _ in 0..ROUNDS {
            let Cow::Owned(before) = &masked else { break };
            match self.once(before, &mut OpenKey::default()) {
                Cow::Owned(after) => masked = Cow::Owned(after),
                Cow::Borrowed(_) => break,
            }
        }
        masked
    }

    fn once<'t>(&self, text: &'t str, open: &mut OpenKey) -> Cow<'t, str> {
        let visible = visible(text);
        let is_ours = self.is_ours(&visible);
        if !is_ours && !self.0.foreign.may_hit(&visible) && !open.is_open() {
            return Cow::Borrowed(text);
        }
        let mut found = self.0.foreign.ranges(&visible, open);
        if let Some(own) = self.0.own.as_ref().filter(|_| is_ours) {
            found.extend(own.find_overlapping_iter(&*visible).map(|own| own.range()));
        }
        replaced(text, runs(found))
    }

    fn is_ours(&self, visible: &str) -> bool {
        self.0.is_ours.as_ref().is_some_and(|search| search.is_match(visible))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask(***)")
    }
}

/// A search for all matches. It runs only for a line with a secret of ours, so little memory matters
/// more than speed: a DFA would need 16 times as much.
fn overlapping_search(forms: &BTreeSet<String>) -> Option<AhoCorasick> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(forms).ok()
}

/// The text with these ranges of its visible text replaced.
fn replaced(text: &str, runs: Vec<Range<usize>>) -> Cow<'_, str> {
    if runs.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut places = Places::of(text);
    let mut from = 0;
    for Range { start, end } in runs {
        let start = places.place(start);
        masked.push_str(text.get(from..start).unwrap_or_default());
        masked.push_str(STARS);
        // The colour right after the secret is kept: it belongs to the text behind it.
        from = places.place(end - 1) + 1;
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(masked)
}

/// The ranges in order, with overlapping ones merged.
fn runs(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|range| range.start);
    found.dedup_by(|next, run| {
        let overlaps = next.start < run.end;
        if overlaps {
            run.end = run.end.max(next.end);
        }
        overlaps
    });
    found
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        Mask::new(secrets).apply(text, &mut OpenKey::default()).into_owned()
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
    fn a_secret_in_utf_16_inside_base64_is_masked_at_each_place_in_both_byte_orders() {
        for is_big in [false, true] {
            let order = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            for before in ["", "u", "us", "usr"] {
                for after in ["", "!", "!?"] {
                    let text = format!("{before}Tok123456{after}");
                    let bytes: Vec<u8> = text.encode_utf16().flat_map(order).collect();
                    let masked = masked(&["Tok123456"], &STANDARD_NO_PAD.encode(bytes));
                    assert!(masked.contains("***"), "{text:?}");
                    assert!(masked.len() <= 3 + 8 + 8 + 2, "{masked:?} shows some of it");
                }
            }
        }
    }

    #[test]
    fn a_secret_in_lower_case_in_hex_and_in_escaped_json_is_masked() {
        for text in ["to/k_abc", "546f2f6b5f416243", "546F2F6B5F416243", r"To\/k_AbC"] {
            assert_eq!(masked(&["To/k_AbC"], text), "***", "{text}");
        }
    }

    #[test]
    fn a_secret_that_invisible_characters_split_is_masked() {
        for hidden in ["\u{200b}", "\u{ad}", "\u{feff}", "\u{2060}", "\0", "\u{202e}"] {
            assert_eq!(masked(&["tok123456"], &format!("x tok{hidden}123456 y")), "x *** y");
        }
    }

    #[test]
    fn a_text_is_masked_before_it_is_cut() {
        let mask = Mask::new(&["tok123456"]);
        assert_eq!(mask.beginning("1234 tok123456 x", 10), "1234 *** x");
        assert_eq!(mask.beginning("1234 dG9rMTIzNDU2", 10), "1234 ***");
        for before in [READ - 4, READ - 9, READ] {
            let long = mask.beginning(&format!("{}tok123456", "x".repeat(before)), READ);
            assert!(long.starts_with("xxx") && !long.contains("tok"), "{before}");
        }
    }

    #[test]
    fn the_forms_are_not_shown_in_debug_output() {
        assert_eq!(format!("{:?}", Mask::new(&["tok123456"])), "Mask(***)");
    }
}

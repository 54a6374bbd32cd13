//! Properties of masking by shape, for any surroundings.

use proptest::prelude::*;

use super::super::{Cleaner, Style};
use super::tests::{SECRETS, marked};
use super::tokens::Chars;
use super::{Kind, WORDS};

fn cleaned(text: &str) -> String {
    Cleaner::new(&[], Style::default()).lines(text).collect::<Vec<_>>().join("\n")
}

/// The texts before and behind the shapes. A word on its own says nothing about the next one.
fn surroundings() -> impl Strategy<Value = String> {
    let words =
        "[A-Za-z0-9]{1,8}|[./:,;(){}\\[\\]-]{1,3}|日本|é|\\u{1b}\\[1m|::|C:/Game/A.cpp\\(1,2\\)";
    let blank = prop_oneof![Just(" "), Just("\t"), Just("  ")];
    prop::collection::vec((words, blank), 0..6)
        .prop_map(|words| words.into_iter().map(|(word, blank)| word + blank).collect())
}

/// A piece of ordinary text, or one of the words in a place where no secret can be.
fn harmless() -> impl Strategy<Value = String> {
    let ordinary =
        "[A-Za-z]{1,12}|[0-9]{1,6}|[./,;(){}\\[\\]_+-]|日本|a@b|C:/Game/A\\.cpp|a:b@c|x=y| ";
    let around = ("[a-z]{1,6}", "[a-z]{0,6}", "[a-f0-9]{40}", any::<bool>());
    let word = (0..WORDS.len(), around).prop_map(|(index, (before, after, long, is_apart))| {
        let (word, kind) = WORDS[index];
        let blank = if is_apart { " " } else { "" };
        // A word that all of these rules take for no value ends each of them.
        let text = match kind {
            Kind::Address => format!("{before}{word}{after}a:80/{long}"),
            Kind::Authorization | Kind::PrivateKey => format!("{before}{word} {after}"),
            Kind::Bearer | Kind::Cookie | Kind::Pass => format!("{before}{word}{after}"),
            Kind::Name if word.ends_with('=') => format!("{before}{word}{after}"),
            Kind::Name => format!("{blank}{before}{word}{after}"),
            Kind::Token(..) => format!("{blank}{before}{word}{after}"),
            // In the middle of a longer word, as in `T_fabric_pat_checkered_01`.
            Kind::Word(Chars::Upper, _) => format!("{before}{word}{}", long.to_uppercase()),
            Kind::Word(..) => format!("{before}{word}{long}"),
            Kind::Jwt => format!("{before}{word}{long}"),
            Kind::Tool(_) => format!(" {word} anonymous +{after}"),
        };
        text + " of "
    });
    prop_oneof![2 => ordinary.prop_map(String::from), 1 => word]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_shape_is_masked_in_any_surroundings(
        before in surroundings(),
        shape in prop::sample::select(SECRETS),
        after in surroundings(),
    ) {
        let (text, secrets) = marked(shape);
        let shown = cleaned(&format!("{before}{text} {after}"));
        for secret in secrets {
            let secret = secret.replace("\\n", "");
            prop_assert!(secret.len() < 6 || !shown.contains(&secret), "{shown}");
        }
        prop_assert!(shown.contains("***"), "{shown}");
        prop_assert_eq!(cleaned(&shown), shown);
    }

    #[test]
    fn text_without_a_secret_is_left_as_it_is(parts in prop::collection::vec(harmless(), 0..30)) {
        let text = parts.concat();
        let shown = cleaned(&text);
        prop_assert_eq!(shown, text);
    }

    #[test]
    fn lines_with_parts_of_shapes_keep_their_number_and_are_masked_once(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..16),
    ) {
        let text = parts.concat();
        let shown = cleaned(&text);
        let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n').count();
        prop_assert_eq!(shown.split('\n').count(), lines);
        // The last line may be empty.
        prop_assert_eq!(cleaned(&format!("{shown}\n")), shown);
    }
}

#[rustfmt::skip]
const PARTS: &[&str] = &[
    "://", "user", ":", "@", "host", "/", " ", "password", "token", "=", "\"", "'", "Authorization", "Basic", "Bearer ",
    "a1b2c3d4e5f6", "0123456789abcdefABCDEF", "ghp_", "eyJ", ".", "AKIA", "ABCDEFGHIJ012345", "-", "--", "p4 ", "-P ", "curl ",
    "-u ", "sig=", "&", "pass:", "***", "*", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\n", "\u{200b}", "\x1b[1m",
    "<password>", "<", ">", "\\", "xoxb-", "Cookie: ", "+login ", "auth\"", "value=", "$", "{", "}", ",", ";", "%3D",
    "security import ", "-k ", "&&", " && ", "-sSu", "docker login ", "-p ", "0x", "$HOST", "http://",
];

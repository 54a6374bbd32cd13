//! Properties that hold for any log.

use proptest::prelude::*;

use super::invariants::{SECRET, assert_harmless};
use super::{Cleaner, Style};

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "#", "##", "[", "]", ":", "::", " ", "\t", "vso", "VsO", "v", "so", "teamcity", "TEAM", "city",
    "error", "group", "add-path", "stop-commands", "task.complete", "##[error]", "::error::x",
    "section_start:1:a", "section_end:1:a", "---", "+++", "~~~", "^^^", "-", "travis_fold:start:",
    "\r", "\n", "\r\n", "\x1b", "\x1b[", "\x1b[31m", "\x1b[0m", "\x1b[8m", "\x1b[0K", "\x1b]8;;", "\x07",
    "\x1b\\", "\x1b(", "\x1b_bk;t=1", "m", "\u{200b}", "\u{ad}", "\u{feff}", "\u{301}", "\u{640}",
    "\u{85}", "\u{9b}", "\u{2028}", "\u{202e}", "\u{3000}", "\0", "\u{b}", "\x7f", "\\", "tok", "123",
    "456", SECRET, "日本", "\u{1f469}\u{200d}\u{1f4bb}",
];

/// Few parts, so that they often combine.
#[rustfmt::skip]
const TIGHT: &[&str] = &["#", "#", "[", ":", ":", "-", "---", " ", "vso", "\x1b[0m", "\x1b[1;31m", "\u{200b}", "x", "\r", "travis_fold:"];

fn tight() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(TIGHT), 0..10).prop_map(|parts| parts.concat())
}

pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(FRAGMENTS).prop_map(str::to_owned);
    let any =
        prop_oneof![8 => fragment, 1 => any::<String>(), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(any, 0..24).prop_map(|parts| parts.concat())
}

fn style() -> impl Strategy<Value = Style> {
    any::<(bool, bool, bool)>().prop_map(|(color, buildkite_headings, travis_folds)| Style {
        color,
        buildkite_headings,
        travis_folds,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_a_command_or_shows_a_secret(text in prop_oneof![hostile(), tight()], style in style()) {
        let cleaner = Cleaner::new(&[SECRET], style);
        for line in cleaner.lines(&text) {
            assert_harmless(&line, style);
            let again: Vec<_> = cleaner.lines(&line).collect();
            prop_assert_eq!(again, [&*line]);
        }
    }

    #[test]
    fn no_title_or_message_is_a_command_or_shows_a_secret(text in prop_oneof![hostile(), tight()], style in style()) {
        let cleaner = Cleaner::new(&[SECRET], style);
        let plain = Style { color: false, ..style };
        assert_harmless(&cleaner.title(&text), Style { buildkite_headings: false, ..plain });
        for line in cleaner.message(&text).split('\n') {
            assert_harmless(line, plain);
        }
    }

    #[test]
    fn text_without_anything_special_is_left_as_it_is(text in "[ -\"$-9;-~é日\t]{0,80}") {
        let lines: Vec<_> = Cleaner::new(&[SECRET], Style::default()).lines(&text).collect();
        prop_assert_eq!(lines, [&*text]);
    }
}

#[test]
fn long_hostile_lines_become_bounded_and_harmless() {
    let style = Style { color: true, buildkite_headings: true, travis_folds: true };
    let cleaner = Cleaner::new(&[SECRET], style);
    for part in [
        "#",
        "##[",
        "::",
        "#\u{301}",
        "\x1b[31m",
        "\x1b]",
        "\x1b",
        "tok12345",
        SECRET,
        "\x1b[0mtok",
        "travis_",
        "\r",
        "日",
    ] {
        let text = part.repeat((1 << 18) / part.len());
        let lines: Vec<_> = cleaner.lines(&text).collect();
        assert_eq!(lines.len(), 1, "{part:?}");
        assert_harmless(&lines[0], style);
        assert!(lines[0].len() < 17 * 1024, "{part:?} makes {} bytes", lines[0].len());
    }
}

//! Jenkins gets plain text in its charset, with markers around phases that no text can make.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::checkout::Checkout;
use crate::model::{Finding, Phase, Severity};

fn written(write: impl FnOnce(&mut Markers, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut Markers::new(false), &mut out);
    String::from_utf8(out).unwrap()
}

/// Everything that can hold a foreign text, with this one in it.
fn all_with(text: &str) -> String {
    let finding = Finding::error(format!("{text}\n{text}"));
    let verdict = Verdict {
        level: Level::Error,
        title: "Error",
        headline: text.to_owned(),
        details: vec![text.to_owned()],
        hint: Some(text.to_owned()),
    };
    written(|jenkins, out| {
        jenkins.line(text, out);
        jenkins.own_line(Level::Warn, text, out);
        jenkins.annotate(&Annotation::from(&finding), out);
        jenkins.verdict(&verdict, out);
    })
}

/// Counts the lines that the plugin takes for the edge of a section, by the patterns of docs/jenkins.md. It matches
/// whole lines without the blanks around them. A plugin for colours may have removed the colours.
fn edges(shown: &str) -> usize {
    let [begin, end] = [r"^>>> \[ci\] begin (.+)$", r"^<<< \[ci\] end .+$"].map(Regex::new);
    let (begin, end) = (begin.unwrap(), end.unwrap());
    let is_edge = |line: &str| begin.is_match(line) || end.is_match(line);
    shown.lines().filter(|line| is_edge(line.trim()) || is_edge(text::plain(line).trim())).count()
}

#[test]
fn a_phase_stands_between_markers() {
    let group = written(|jenkins, out| {
        jenkins.group_begin(Phase::Compile.title(), Folding::Expanded, out);
        jenkins.line("x", out);
        jenkins.group_end(out);
        jenkins.group_end(out);
    });
    assert_eq!(group, ">>> [ci] begin Compile\nx\n<<< [ci] end Compile\n");
    assert_eq!(edges(&group), 2);
}

#[test]
fn a_log_with_our_markers_folds_nothing() {
    for (line, expected) in [
        (">>> [ci] begin Compile", ">>> \\[ci] begin Compile"),
        ("  <<< [ci] end Compile", "  <<< \\[ci] end Compile"),
        ("<<< \x1b[1m[c\x1b[0mi] end x", "<<< \\[ci] end x"),
        (">>>> [ci] x <<< [ci] y", ">>>> \\[ci] x <<< \\[ci] y"),
        (">>> [CI] >>>[ci] \x1b[31mred\x1b[0m", ">>> [CI] >>>[ci] \x1b[31mred\x1b[0m"),
    ] {
        assert_eq!(written(|jenkins, out| jenkins.line(line, out)), format!("{expected}\n"));
        assert_eq!(edges(&all_with(line)), 0, "{line:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_marker(
        pieces in prop::collection::vec(
            prop::sample::select(vec![">>> [ci] begin ", "<<< [ci] end ", "[ci]", ">", "<", " ", "\x1b[0m", "\\", "x", "‘"]),
            0..9,
        ),
    ) {
        prop_assert_eq!(edges(&all_with(&pieces.concat())), 0);
    }
}

#[test]
fn a_finding_is_plain_text() {
    let finding = Finding { severity: Severity::Warning, ..Finding::error("m") };
    let shown = written(|jenkins, out| jenkins.annotate(&Annotation::from(&finding), out));
    assert_eq!(shown, "warning: m\n");
}

#[test]
fn our_own_lines_have_colours_if_they_are_forced() {
    let forced = Env::from_iter([("FORCE_COLOR", "1")]);
    for (env, expected) in [(forced, true), (Env::from_iter([("TERM", "xterm")]), false)] {
        let jenkins: &dyn Ci = &Jenkins;
        let jenkins = jenkins.open(&env, false, &Checkout::none(), || UNIX_EPOCH);
        assert_eq!(jenkins.color(), expected);
    }
}

#[test]
fn the_charset_is_utf_8_if_the_locale_says_so() {
    let rows: &[(&[(&str, &str)], bool)] = &[
        (&[], false),
        (&[("LANG", "C")], false),
        (&[("LANG", "POSIX")], false),
        (&[("LANG", "en_US")], false),
        (&[("LANG", "de_DE.ISO-8859-15@euro")], false),
        (&[("LANG", "UTF-8")], false),
        (&[("LANG", "C.UTF-8")], true),
        (&[("LANG", "en_US.utf8")], true),
        (&[("LANG", "de_DE.UTF-8@euro")], true),
        (&[("LC_CTYPE", "en_US.UTF-8"), ("LANG", "C")], true),
        (&[("LC_CTYPE", "C"), ("LANG", "en_US.UTF-8")], false),
        (&[("LC_ALL", "C"), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C.UTF-8")], false),
        (&[("LC_ALL", ""), ("LANG", "C.UTF-8")], true),
    ];
    for (variables, expected) in rows {
        let env = Env::from_iter(variables.iter().copied());
        assert_eq!(reads_utf8(&env), *expected, "{variables:?}");
        for ci in crate::ci::all() {
            let wanted = ci.name() == "jenkins" && !expected;
            assert_eq!(ci.wants_ascii(&env), wanted, "{ci:?} {variables:?}");
        }
    }
}

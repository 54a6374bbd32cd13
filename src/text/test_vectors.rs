//! The conformance vectors: the result for each foreign line. It is the same on every platform (R),
//! or follows the extra rules of Buildkite and Travis (K).

use super::{Cleaner, Style};

/// Name, message, and resulting lines: with colours, and without if that differs.
type Vector =
    (&'static str, &'static str, &'static [&'static str], Option<&'static [&'static str]>);

#[rustfmt::skip]
const EVERYWHERE: &[Vector] = &[
    ("R01", "LogInit: Display: Starting Game.", &["LogInit: Display: Starting Game."], None),
    ("R02", "", &[""], None),
    ("R03", "std::vector<int> v; // a::b", &["std::vector<int> v; // a::b"], None),
    ("R04", "::error::boom", &["\\::error::boom"], None),
    ("R05", "   ::error file=a.cpp,line=1::boom", &["   \\::error file=a.cpp,line=1::boom"], None),
    ("R07", "\u{2028}::add-mask::a", &["\u{fffd}\\::add-mask::a"], None),
    ("R08", "\u{feff}::group::x", &["\u{feff}\\::group::x"], None),
    ("R10", ":\u{200b}:error::x", &["\\:\u{200b}:error::x"], None),
    ("R11", "::stop-commands::error", &["\\::stop-commands::error"], None),
    ("R13", "::foo::bar", &["\\::foo::bar"], None),
    ("R14", ":: ::", &["\\:: ::"], None),
    ("R16", "note: see a::error::b", &["note: see a::error::b"], None),
    ("R17", "##[error]boom", &["#\\#[error]boom"], None),
    ("R19", "###[group]x", &["##\\#[group]x"], None),
    ("R20", "##[ ##[stop-commands]", &["#\\#[ #\\#[stop-commands]"], None),
    ("R22", "##\u{ad}[error]x", &["#\\#\u{ad}[error]x"], None),
    ("R23", "##[start-action display=Fake;id=f]", &["#\\#[start-action display=Fake;id=f]"], None),
    ("R25", "## Heading ##", &["## Heading ##"], None),
    ("R26", "########## 10% ##########", &["########## 10% ##########"], None),
    ("R28", "a ##VSO[task.complete result=Failed;]x", &["a #\\#VSO[task.complete result=Failed;]x"], None),
    ("R29", "##\u{200b}vso[task.x]y", &["#\\#\u{200b}vso[task.x]y"], None),
    ("R31", "##teamcity[buildStop comment='x' readdToQueue='true']", &["#\\#teamcity[buildStop comment='x' readdToQueue='true']"], None),
    ("R32", "x ##TeamCity[disableServiceMessages]", &["x #\\#TeamCity[disableServiceMessages]"], None),
    ("R34", "ok\r::error::x", &["ok", "\\::error::x"], None),
    ("R35", "line\r\n", &["line"], None),
    ("R37", "\x1b[31merror\x1b[0m done", &["\x1b[31merror\x1b[0m done"], Some(&["error done"])),
    ("R38", "\x1b[1;31mleaks", &["\x1b[1;31mleaks\x1b[0m"], Some(&["leaks"])),
    ("R40", "\x1b[2K\x1b[1Aup", &["up"], None),
    ("R41", "\x1b]8;;https://e.x\x1b\\link\x1b]8;;\x1b\\", &["link"], None),
    ("R43", "\x1b_bk;t=1\x07x", &["x"], None),
    ("R44", "\x1b]1339;url=javascript:x;content=hi\x07y", &["y"], None),
    ("R46", "\x1b", &[""], None),
    ("R47", "\x1b[0Ksection_start:1:a\r\x1b[0Kfake", &["section_start:1:a", "fake"], None),
    ("R49", "a\x00b\x07c\x08d", &["a\u{2400}b\u{2407}c\u{2408}d"], None),
    ("R50", "\u{85}::error::x", &["\u{fffd}\\::error::x"], None),
    ("R52", "user\u{202e}gnp.exe", &["user\\u{202e}gnp.exe"], None),
    ("R53", "\u{1f469}\u{200d}\u{1f4bb} \u{2705} caf\u{e9}", &["\u{1f469}\u{200d}\u{1f4bb} \u{2705} caf\u{e9}"], None),
    ("R55", "\u{65e5}\u{672c}::x", &["\u{65e5}\u{672c}\\::x"], None),
    ("R56", "\\::error::x", &["\\::error::x"], None),
    ("R58", "{\"a\":1}", &["{\"a\":1}"], None),
    ("R59", "::error::x\x1b[0m", &["\\::error::x\x1b[0m"], Some(&["\\::error::x"])),
    ("R61", " \t##[command]x", &[" \t#\\#[command]x"], None),
    ("R62", "a%0A::error::b", &["a%0A::error::b"], None),
    ("R64", "::error:\u{200b}:x", &["\\::error:\u{200b}:x"], None),
    ("R65", "\u{640}::error::x", &["\u{640}\\::error::x"], None),
];

#[rustfmt::skip]
const BUILDKITE_AND_TRAVIS: &[Vector] = &[
    ("K01", "--- fake header", &["\\--- fake header"], None),
    ("K02", "  +++ x", &["  \\+++ x"], None),
    ("K03", "\x1b[1m~~~ x", &["\x1b[1m\\~~~ x\x1b[0m"], None),
    ("K04", "^^^ +++", &["\\^^^ +++"], None),
    ("K05", "a --- b", &["a --- b"], None),
    ("K06", "----------", &["----------"], None),
    ("K07", "travis_fold:start:a\r\x1b[0K", &["travis\\_fold:start:a", ""], None),
];

fn check(vectors: &[Vector], style: Style) {
    for (name, message, expected, colourless) in vectors {
        let expected = colourless.filter(|_| !style.color).unwrap_or(expected);
        let lines: Vec<_> = Cleaner::new(&[], style).lines(message).collect();
        assert_eq!(lines, expected, "{name} {style:?}");
    }
}

#[test]
fn every_vector_holds_on_every_platform() {
    for color in [true, false] {
        for special in [true, false] {
            let style = Style { color, buildkite_headings: special, travis_folds: special };
            check(EVERYWHERE, style);
        }
    }
}

#[test]
fn headings_and_folds_are_broken_where_they_act() {
    let style = Style { color: true, buildkite_headings: true, travis_folds: true };
    check(BUILDKITE_AND_TRAVIS, style);
}

#[test]
fn headings_and_folds_are_left_alone_where_they_mean_nothing() {
    for line in ["--- a/Source/A.cpp", "+++ x", "travis_fold:start:a"] {
        let lines: Vec<_> = Cleaner::new(&[], Style::default()).lines(line).collect();
        assert_eq!(lines, [line]);
    }
}

#[test]
fn a_line_of_one_mebibyte_is_cut_at_sixteen_kibibytes() {
    let long = "x".repeat(1 << 20);
    let lines: Vec<_> = Cleaner::new(&[], Style::default()).lines(&long).collect();
    assert_eq!(lines, [format!("{} \u{2026} [+1032192 bytes]", "x".repeat(16_384))]);
}

#[test]
fn a_cut_closes_the_colour_and_cannot_make_a_heading() {
    let style = Style { color: true, buildkite_headings: true, ..Style::default() };
    let cleaner = Cleaner::new(&[], style);
    let colour = format!("\x1b[31m{}\x1b[0m", "x".repeat(20_000));
    let line = cleaner.lines(&colour).next().expect("a line");
    assert!(line.ends_with("x\x1b[0m \u{2026} [+3625 bytes]"), "{line:?}");
    let heading = format!("{}---xxx", " ".repeat(16_381));
    let line = cleaner.lines(&heading).next().expect("a line");
    assert!(line.ends_with(" \\--- \u{2026} [+3 bytes]"), "{line:?}");
}

#[test]
fn a_colour_does_not_leak_into_the_next_line() {
    let style = Style { color: true, ..Style::default() };
    let cleaner = Cleaner::new(&[], style);
    let lines: Vec<_> = cleaner.lines("\x1b[31ma\nb\x1b]8;;x\nc\x07").collect();
    assert_eq!(lines, ["\x1b[31ma\x1b[0m", "b8;;x", "c\u{2407}"]);
}

#[test]
fn a_secret_is_masked_in_lines_titles_and_messages() {
    let cleaner = Cleaner::new(&["tok123456"], Style { color: true, ..Style::default() });
    for text in ["x tok123456 y", "x \x1btok123456 y", "x tok\x1b[2K123456 y", "x \x1b]tok123456 y"]
    {
        let lines: Vec<_> = cleaner.lines(text).collect();
        let all = [lines.join("\n"), cleaner.title(text), cleaner.message(text)];
        for shown in all {
            assert!(!shown.contains("123456"), "{shown:?}");
        }
    }
    let spaced = Cleaner::new(&["pass phrase"], Style::default());
    assert_eq!(spaced.title("a pass\nphrase"), "a ***");
    assert!(cleaner.holds_secret("a\ntok123456\n") && !cleaner.holds_secret("a\n"));
}

#[test]
fn a_title_is_one_line() {
    let cleaner = Cleaner::new(&[], Style::default());
    let table = [
        ("A\nB", "A B"),
        ("##[endgroup]", "#\\#[endgroup]"),
        ("T: a,b\nc ##[group]", "T: a,b c #\\#[group]"),
        ("a\r\x1b[0Ksection_end:1:x\r\x1b[0K", "a section_end:1:x"),
        ("\x1b[31mred", "red"),
        ("", ""),
    ];
    for (text, expected) in table {
        assert_eq!(cleaner.title(text), expected, "{text:?}");
    }
}

#[test]
fn a_message_keeps_its_lines() {
    let cleaner = Cleaner::new(&[], Style { color: true, ..Style::default() });
    let hostile = "first\n##[endgroup]\n::error::x\r\nlast\x1b[31mred\x1b[0m";
    assert_eq!(cleaner.message(hostile), "first\n#\\#[endgroup]\n\\::error::x\nlastred");
}

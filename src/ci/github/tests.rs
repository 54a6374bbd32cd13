//! GitHub and its relatives get workflow commands and step files that no text can break.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ci::tests::failed;
use crate::model::{Finding, Location, Severity};
use crate::report::OUTPUTS;
use crate::text::MAX_MESSAGE;

fn written(write: impl FnOnce(&mut Commands, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut Commands::new(GITHUB), &mut out);
    String::from_utf8(out).unwrap()
}

fn at(file: &str, line: Option<u32>, column: Option<u32>) -> Location {
    Location { file: file.to_owned(), in_repository: true, line, column, end_line: None }
}

fn annotated(
    severity: Severity,
    message: &str,
    title: Option<&str>,
    location: Option<Location>,
) -> String {
    let annotation =
        Annotation { severity, title, location: location.as_ref(), message: message.into() };
    written(|github, out| github.annotate(&annotation, out))
}

fn error(message: &str) -> String {
    annotated(Severity::Error, message, None, None)
}

/// Decodes an escaped text as the runner does.
fn decoded(data: &str) -> String {
    data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

/// A command as the runner reads it: name, properties, data.
fn parsed(line: &str) -> (&str, BTreeMap<&str, String>, String) {
    let (header, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
    let pairs = properties.trim().split(',').filter_map(|pair| pair.split_once('='));
    let value = |value: &str| decoded(&value.replace("%3A", ":").replace("%2C", ","));
    (name, pairs.map(|(key, text)| (key, value(text))).collect(), decoded(data))
}

proptest! {
    #[test]
    fn the_runner_reads_back_an_annotation(
        message in "(\\PC|[%\n\r:,=#]){1,40}[!-~]",
        title in "(\\PC|[%:,=;]){0,20}",
        file in "(\\PC|[%:,=;]){1,20}",
        line in 1..=i32::MAX as u32,
    ) {
        let location = Some(at(&file, Some(line), None));
        let command = annotated(Severity::Warning, &message, Some(&title), location);
        prop_assert_eq!(command.find(['\n', '\r']), Some(command.len() - 1), "it is one line");
        let (name, properties, data) = parsed(command.trim_end_matches('\n'));
        prop_assert_eq!(name, "warning");
        let code = if title.is_empty() { String::new() } else { format!("{title}: ") };
        let expected = format!("{file}:{line}: {code}{}", message.replace('\n', "\n  "));
        prop_assert_eq!(data.strip_suffix(&expected).map(str::trim), Some(""));
        prop_assert_eq!(properties.get("file"), Some(&file));
        prop_assert_eq!(properties.get("line"), Some(&line.to_string()));
        prop_assert_eq!(properties.get("title").cloned().unwrap_or_default(), title);
    }
}

#[test]
fn a_group_is_one_command_with_an_escaped_title() {
    let rows = [
        ("G01", "Compile: 50% done, a::b", "::group::Compile: 50%25 done, a::b\n"),
        ("G02", "A\nB", "::group::A B\n"),
        ("G03", "#\\#[endgroup]", "::group::#\\#[endgroup]\n"),
        ("G04", "\u{301}x", "::group:: \u{301}x\n"),
        ("G09", "", "::group::(untitled)\n"),
    ];
    for (vector, title, expected) in rows {
        let group = written(|github, out| github.group_begin(title, Folding::Collapsed, out));
        assert_eq!(group, expected, "{vector}");
    }
    assert_eq!(written(|github, out| github.group_end(out)), "");
}

#[test]
fn each_long_line_of_a_secret_is_masked() {
    let rows = [
        ("M01", "s3cr%et", "::add-mask::s3cr%25et\n"),
        ("M02", "AAAA1111\n}\nBBBB2222\n", "::add-mask::AAAA1111\n::add-mask::BBBB2222\n"),
        ("M03", "", ""),
        ("M03", "      ", ""),
        ("M03", "ab", ""),
        ("M04", "\u{301}secret", "::add-mask::%0A\u{301}secret\n"),
    ];
    for (vector, secret, expected) in rows {
        assert_eq!(written(|github, out| github.mask(secret, out)), expected, "{vector}");
    }
}

/// Texts come in clean, so where a vector has a hostile one, its clean form stands here.
#[test]
fn an_annotation_escapes_its_message_and_its_properties() {
    let (error, warning) = (Severity::Error, Severity::Warning);
    let here = Some(at("Source/A.cpp", Some(12), Some(5)));
    let windows = Some(at("C:\\Proj\\a,b%20.cpp", Some(1), None));
    let outside = Location { in_repository: false, ..at("../../etc/passwd", Some(3), None) };
    #[rustfmt::skip]
    let rows = [
        ("A01", error, "'x': undeclared\nnote: 100%", Some("C2065"), here,
            "::error title=C2065,file=Source/A.cpp,line=12,col=5::Source/A.cpp:12:5: C2065: 'x': undeclared%0A  note: 100%25\n"),
        ("A02", warning, "a::b,c=d", None, windows, "::warning file=C%3A\\Proj\\a%2Cb%2520.cpp,line=1::C:\\Proj\\a,b%2520.cpp:1: a::b,c=d\n"),
        ("A03", error, "first\n#\\#[endgroup]\n\\::error::x\nlastred", None, None,
            "::error::first%0A  #\\#[endgroup]%0A  \\::error::x%0A  lastred\n"),
        ("A04", warning, "x", Some("T: a,b c #\\#[group]"), None, "::warning title=T%3A a%2Cb c #\\#[group]::T: a,b c #\\#[group]: x\n"),
        ("A06", error, "100% 50%0A", None, None, "::error::100%25 50%250A\n"),
        ("N05", error, "m", None, Some(outside), "::error::../../etc/passwd:3: m\n"),
        ("N06", error, "", None, None, "::error::(no message)\n"),
        ("N06", error, "  ", None, None, "::error::(no message)\n"),
        ("N07", error, "\u{301}x", None, None, "::error:: \u{301}x\n"),
        ("no title", error, "m", Some(""), None, "::error::m\n"),
        ("a lone return", error, "a\rb", None, None, "::error::a%0Db\n"),
    ];
    for (vector, severity, message, title, location, expected) in rows {
        assert_eq!(annotated(severity, message, title, location), expected, "{vector}");
    }
}

#[test]
fn numbers_that_the_runner_cannot_use_are_left_out() {
    let rows = [
        (Some(0), Some(3), "::error file=a.cpp::a.cpp: m\n"),
        (Some(u32::MAX), None, "::error file=a.cpp::a.cpp: m\n"),
        (None, Some(3), "::error file=a.cpp::a.cpp: m\n"),
        (Some(7), Some(0), "::error file=a.cpp,line=7::a.cpp:7: m\n"),
        (Some(7), Some(3), "::error file=a.cpp,line=7,col=3::a.cpp:7:3: m\n"),
    ];
    for (line, column, expected) in rows {
        let location = Some(at("a.cpp", line, column));
        assert_eq!(annotated(Severity::Error, "m", None, location), expected);
    }
}

/// N02 has an end without a line, which no place has here.
#[test]
fn an_end_needs_a_line_before_it_and_replaces_the_column() {
    let rows = [
        ("N01", Some(9), Some(3), Some(12), "::error file=a.cpp,line=9,endLine=12::a.cpp:9: m\n"),
        ("A05", Some(3), None, Some(5), "::error file=a.cpp,line=3,endLine=5::a.cpp:3: m\n"),
        ("N02", None, None, Some(5), "::error file=a.cpp::a.cpp: m\n"),
        ("the same", Some(5), Some(3), Some(5), "::error file=a.cpp,line=5,col=3::a.cpp:5:3: m\n"),
        ("before", Some(5), Some(3), Some(4), "::error file=a.cpp,line=5,col=3::a.cpp:5:3: m\n"),
        (
            "too large",
            Some(5),
            Some(3),
            Some(u32::MAX),
            "::error file=a.cpp,line=5,col=3::a.cpp:5:3: m\n",
        ),
    ];
    for (vector, line, column, end_line, expected) in rows {
        let location = Location { end_line, ..at("a.cpp", line, column) };
        let shown = annotated(Severity::Error, "m", None, Some(location));
        assert_eq!(shown, expected, "{vector}");
    }
}

#[test]
fn a_long_message_is_cut_between_characters_before_the_runner_cuts_it() {
    for unit in ["x", "😀", "é", "%", "x\n"] {
        let command = error(&unit.repeat(5000));
        let data = decoded(command.trim_end().strip_prefix("::error::").unwrap());
        assert!(data.ends_with(" …"), "{unit:?}");
        let length = data.encode_utf16().count();
        assert!((4086..=4096).contains(&length), "{unit:?}: {length}");
    }
    let fits = "x".repeat(4095);
    assert_eq!(error(&fits), format!("::error::{fits}\n"));
    const { assert!(MAX_MESSAGE <= MESSAGE_UNITS, "a finding is never cut") };
}

#[test]
fn an_output_is_a_heredoc() {
    let rows = [
        ("O01", "build-id", "42", "build-id<<D\n42\nD\n"),
        ("O02", "v", "a\nx=1\nEOF", "v<<D\na\nx=1\nEOF\nD\n"),
        ("O03", "v", "", "v<<D\n\nD\n"),
        ("O04", "v", "a\n", "v<<D\na\n\nD\n"),
        ("O05", "v", "a\r\nb", "v<<D\na\r\nb\nD\n"),
    ];
    for (vector, name, value, expected) in rows {
        assert_eq!(record(name, value, || "D".to_owned()), expected, "{vector}");
    }
}

#[test]
fn a_delimiter_is_random_and_never_part_of_the_value() {
    let mut delimiters = ["D1", "D2", "D3"].into_iter().map(str::to_owned);
    let record = record("v", "D1\nx=1\nxD2x", || delimiters.next().unwrap());
    assert_eq!(record, "v<<D3\nD1\nx=1\nxD2x\nD3\n");
    assert_ne!(random_delimiter(), random_delimiter());
    assert!(random_delimiter().starts_with("ghadelimiter_"));
}

/// O07: none can be taken for the edge of another record.
#[test]
fn the_name_of_an_output_is_a_plain_word() {
    for output in OUTPUTS {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(output.name.chars().all(is_plain), "{}", output.name);
    }
}

#[test]
fn outputs_without_a_file_are_an_error_but_no_failure() {
    let error = Files::new(GITHUB, &Env::default()).outputs(&[]).unwrap_err();
    assert_eq!(error.to_string(), "GITHUB_OUTPUT is not set: the outputs were not handed over");
    assert!(!error.is_failure());
}

/// A report and a verdict, which GitHub does not look at.
fn summary(ci: Actions, env: &Env, render: &dyn Fn(usize) -> String) {
    let (report, verdict) = failed();
    assert_eq!(Files::new(ci, env).summary(&report, &verdict, render).unwrap(), None);
}

#[test]
fn a_summary_shares_its_budget_with_the_text_of_other_steps() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let env = Env::from_iter([("GITHUB_STEP_SUMMARY", file.path().to_str().unwrap())]);
    // O10: no more than the runner takes. Between two texts there is a line feed.
    for (foreign, expected) in [
        (0, SUMMARY_BYTES - 1),
        (50_000, SUMMARY_BYTES),
        (SUMMARY_BYTES - 1, SUMMARY_BYTES - 1),
        (SUMMARY_BYTES, SUMMARY_BYTES),
    ] {
        let before = "x".repeat(foreign);
        fs::write(file.path(), &before).unwrap();
        summary(GITHUB, &env, &|max_bytes| "y".repeat(max_bytes));
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with(&before));
        assert_eq!(text.len(), expected);
    }
}

const FAMILY: [Actions; 4] = [GITHUB, GITEA, FORGEJO, ACT];

/// The output for each CI, in the order of [`FAMILY`].
fn written_by_each(write: impl Fn(&mut Commands, &mut Vec<u8>)) -> [String; 4] {
    FAMILY.map(|ci| {
        let mut out = Vec::new();
        write(&mut Commands::new(ci), &mut out);
        String::from_utf8(out).unwrap()
    })
}

#[test]
fn a_verdict_is_an_annotation_or_else_text() {
    let verdict = |level| Verdict {
        level,
        title: "Build complete",
        headline: "build b1 is complete".to_owned(),
        details: vec!["1 warning: 100%".to_owned()],
        hint: None,
    };
    for (level, name, word) in [
        (Level::Info, "notice", "buildpixel-ci:"),
        (Level::Warn, "notice", "buildpixel-ci: warning:"),
        (Level::Error, "error", "error:"),
    ] {
        let annotation =
            format!("::{name} title=Build complete::build b1 is complete%0A  1 warning: 100%25\n");
        let plain = format!("{word} build b1 is complete\n  1 warning: 100%\n");
        let on_act = if level == Level::Error { &annotation } else { &plain };
        assert_eq!(
            written_by_each(|github, out| github.verdict(&verdict(level), out)),
            [&annotation, &annotation, &plain, on_act].map(String::as_str)
        );
    }
}

#[test]
fn a_finding_is_an_annotation_except_on_forgejo_which_would_show_the_escapes() {
    let location = at("A.cpp", Some(1), None);
    let annotation = Annotation {
        severity: Severity::Error,
        title: None,
        location: Some(&location),
        message: "100%\nb".into(),
    };
    let [command, plain] =
        ["::error file=A.cpp,line=1::A.cpp:1: 100%25%0A  b\n", "error: A.cpp:1: 100%\n  b\n"];
    assert_eq!(
        written_by_each(|github, out| github.annotate(&annotation, out)),
        [command, command, plain, command]
    );
}

#[test]
fn forgejo_masks_the_escaped_text_and_so_gets_the_secret_without_escapes_too() {
    for (secret, escaped) in [("s3cr%et", "s3cr%25et"), ("ésecret", "%0Aésecret")] {
        let mask = |data| format!("::add-mask::{data}\n");
        let both = mask(escaped) + &mask(secret);
        let once = mask(escaped);
        assert_eq!(
            written_by_each(|github, out| github.mask(secret, out)),
            [&once, &once, &both, &once].map(String::as_str)
        );
    }
    let plain = "::add-mask::tok123456\n";
    assert_eq!(written_by_each(|github, out| github.mask("tok123456", out)), [plain; 4]);
}

#[test]
fn every_command_begins_in_the_first_column() {
    let finding = Finding::error("a\n::error::b");
    let verdict = Verdict {
        level: Level::Info,
        title: "T",
        headline: "h".to_owned(),
        details: Vec::new(),
        hint: None,
    };
    let all = written_by_each(|github, out| {
        github.mask("s3cr%et", out);
        github.group_begin("A", Folding::Expanded, out);
        github.line("x", out);
        github.annotate(&Annotation::from(&finding), out);
        github.group_end(out);
        github.verdict(&verdict, out);
    });
    for (Actions { name, .. }, shown) in FAMILY.into_iter().zip(all) {
        assert!(shown.ends_with('\n'), "{name}");
        let commands = shown.lines().filter(|line| line.contains("::"));
        let at_start = |line: &&str| line.starts_with("::") || name == "forgejo";
        let (in_place, astray): (Vec<_>, Vec<_>) = commands.partition(at_start);
        assert!(in_place.len() >= 3 && astray.is_empty(), "{name} {astray:?}");
    }
}

#[test]
fn a_summary_is_written_everywhere_and_announced_where_it_is_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let env = Env::from_iter([("GITHUB_STEP_SUMMARY", file.path().to_str().unwrap())]);
    for (ci, shown) in FAMILY.into_iter().zip([true, false, false, true]) {
        fs::write(file.path(), "").unwrap();
        assert_eq!(Files::new(ci, &env).has_summary(), shown, "{ci:?}");
        assert!(!Files::new(ci, &Env::default()).has_summary(), "{ci:?}");
        summary(ci, &env, &|_| "the summary".to_owned());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "the summary", "{ci:?}");
    }
}

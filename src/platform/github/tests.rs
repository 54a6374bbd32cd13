use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::event::{Event, Finding, Id, Location, Severity};
use crate::outcome::Outcome;

fn written(write: impl FnOnce(&mut GitHub, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut GitHub::new(true), &mut out);
    String::from_utf8(out).unwrap()
}

fn at(file: &str, line: Option<u32>, column: Option<u32>) -> Location {
    Location { file: file.to_owned(), in_repository: true, line, column }
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

/// What the runner makes of an escaped text.
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
    fn the_runner_reads_back_what_was_annotated(
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
        prop_assert_eq!(data.strip_suffix(&message).map(str::trim), Some(""));
        prop_assert_eq!(properties.get("file"), Some(&file));
        prop_assert_eq!(properties.get("line"), Some(&line.to_string()));
        prop_assert_eq!(properties.get("title").cloned().unwrap_or_default(), title);
    }
}

#[test]
fn a_group_is_one_command_with_an_escaped_title() {
    let rows = [
        ("Compile: 50% done, a::b", "::group::Compile: 50%25 done, a::b\n"),
        ("A\nB", "::group::A B\n"),
        ("#\\#[endgroup]", "::group::#\\#[endgroup]\n"),
        ("\u{301}x", "::group:: \u{301}x\n"),
        ("", "::group::(untitled)\n"),
    ];
    for (title, expected) in rows {
        assert_eq!(
            written(|github, out| github.group_begin(title, Folding::Collapsed, out)),
            expected
        );
    }
    assert_eq!(written(|github, out| github.group_end(out)), "");
}

#[test]
fn nested_groups_become_flat_ones() {
    let flat = written(|github, out| {
        github.group_begin("A", Folding::Collapsed, out);
        github.group_begin("B", Folding::Collapsed, out);
        github.line("x", out);
        github.group_end(out);
        github.group_end(out);
    });
    assert_eq!(flat, "::group::A\n::endgroup::\n::group::A › B\nx\n::endgroup::\n");
}

#[test]
fn an_outer_group_is_opened_again_only_if_it_has_more_to_say() {
    let resumed = written(|github, out| {
        github.group_begin("A", Folding::Collapsed, out);
        github.group_begin("B", Folding::Collapsed, out);
        github.group_end(out);
        github.line("y", out);
        github.group_end(out);
    });
    assert_eq!(
        resumed,
        "::group::A\n::endgroup::\n::group::A › B\n::endgroup::\n\
         ::group::A (cont.)\ny\n::endgroup::\n"
    );
}

#[test]
fn each_long_line_of_a_secret_is_masked() {
    let rows = [
        ("s3cr%et", "::add-mask::s3cr%25et\n"),
        ("AAAA1111\n}\nBBBB2222\n", "::add-mask::AAAA1111\n::add-mask::BBBB2222\n"),
        ("", ""),
        ("      ", ""),
        ("ab", ""),
        ("\u{301}secret", "::add-mask::%0A\u{301}secret\n"),
    ];
    for (secret, expected) in rows {
        assert_eq!(written(|github, out| github.mask(secret, out)), expected);
    }
}

#[test]
fn an_annotation_escapes_its_message_and_its_properties() {
    assert_eq!(
        annotated(
            Severity::Error,
            "'x': undeclared\nnote: 100%",
            Some("C2065"),
            Some(at("Source/A.cpp", Some(12), Some(5)))
        ),
        "::error title=C2065,file=Source/A.cpp,line=12,col=5::'x': undeclared%0Anote: 100%25\n"
    );
    assert_eq!(
        annotated(
            Severity::Warning,
            "a::b,c=d",
            None,
            Some(at("C:\\Proj\\a,b%20.cpp", Some(1), None))
        ),
        "::warning file=C%3A\\Proj\\a%2Cb%2520.cpp,line=1::a::b,c=d\n"
    );
    assert_eq!(
        error("first\n#\\#[endgroup]\n\\::error::x\nlastred"),
        "::error::first%0A#\\#[endgroup]%0A\\::error::x%0Alastred\n"
    );
    assert_eq!(
        annotated(Severity::Warning, "x", Some("T: a,b c"), None),
        "::warning title=T%3A a%2Cb c::x\n"
    );
    assert_eq!(error("a\rb"), "::error::a%0Db\n");
    assert_eq!(error("100% 50%0A"), "::error::100%25 50%250A\n");
    assert_eq!(error("\u{301}x"), "::error:: \u{301}x\n");
    for empty in ["", "  "] {
        assert_eq!(error(empty), "::error::(no message)\n");
    }
}

#[test]
fn numbers_that_the_runner_cannot_use_are_left_out() {
    let rows = [
        (Some(0), Some(3), "::error file=a.cpp::m\n"),
        (Some(u32::MAX), None, "::error file=a.cpp::m\n"),
        (None, Some(3), "::error file=a.cpp::m\n"),
        (Some(7), Some(0), "::error file=a.cpp,line=7::m\n"),
        (Some(7), Some(3), "::error file=a.cpp,line=7,col=3::m\n"),
    ];
    for (line, column, expected) in rows {
        let location = Some(at("a.cpp", line, column));
        assert_eq!(annotated(Severity::Error, "m", None, location), expected);
    }
}

#[test]
fn a_file_outside_the_repository_is_told_in_words() {
    let location = Location { in_repository: false, ..at("../../etc/passwd", Some(3), None) };
    assert_eq!(
        annotated(Severity::Error, "m", None, Some(location)),
        "::error::../../etc/passwd:3: m\n"
    );
}

#[test]
fn a_long_message_is_cut_between_characters() {
    for unit in ["x", "😀", "%", "x\n"] {
        let command = error(&unit.repeat(5000));
        let data = decoded(command.trim_end().strip_prefix("::error::").unwrap().trim_start());
        assert!(data.ends_with(" …"), "{unit:?}");
        let length = data.encode_utf16().count();
        assert!((3990..=4000).contains(&length), "{unit:?}: {length}");
    }
    let fits = "x".repeat(4000);
    assert_eq!(error(&fits), format!("::error::{fits}\n"));
}

#[test]
fn an_output_is_a_heredoc() {
    let rows = [
        ("build-id", "42", "build-id<<D\n42\nD\n"),
        ("v", "a\nx=1\nEOF", "v<<D\na\nx=1\nEOF\nD\n"),
        ("v", "", "v<<D\n\nD\n"),
        ("v", "a\n", "v<<D\na\n\nD\n"),
        ("v", "a\r\nb", "v<<D\na\r\nb\nD\n"),
    ];
    for (name, value, expected) in rows {
        assert_eq!(record(name, value, || "D".to_owned()), expected);
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

#[test]
fn outputs_without_a_file_are_a_problem_but_no_failure() {
    let problem = Files::new(&Env::default()).outputs(&[]).unwrap_err();
    assert_eq!(problem.to_string(), "GITHUB_OUTPUT is not set: the outputs were not handed over");
    assert!(!problem.is_failure());
}

#[test]
fn a_summary_shares_its_budget_with_what_is_there_already() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let env = Env::from_iter([("GITHUB_STEP_SUMMARY", file.path().to_str().unwrap())]);
    let github = Files::new(&env);
    let mut report = Report::new(&crate::config::Task::Attach(Id::new("b1").unwrap()));
    for n in 0..99 {
        report.observe(&Event::Finding(Finding::error(format!("{n} {}", "日".repeat(400)))));
    }
    let verdict = Verdict::new(&report, &Outcome::Failure);
    for (foreign, cut) in [(0, false), (SUMMARY_BYTES - 50_000, true), (SUMMARY_BYTES, true)] {
        let before = "x".repeat(foreign);
        fs::write(file.path(), &before).unwrap();
        github.summary(&report, &verdict).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with(&before));
        assert!(text.len() <= SUMMARY_BYTES + 1, "{}", text.len());
        assert_eq!(text.ends_with("_truncated_\n"), cut && foreign < SUMMARY_BYTES);
    }
}

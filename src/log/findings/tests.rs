use super::*;
use crate::event::{Phase, Severity};
use crate::log::phases;
use crate::log::text::Style;

fn read_all(lines: &[&str]) -> Vec<Finding> {
    let cleaner = Cleaner::new(&["tok123456"], Style::default());
    let mut findings = Findings::new(None);
    let mut phases = Phases::default();
    phases.enter(phases::marker("*** COOK COMMAND STARTED ***"), None, &mut |_| ());
    lines.iter().filter_map(|line| findings.read(line, &phases, &cleaner)).collect()
}

#[test]
fn a_finding_carries_its_place_in_the_repository() {
    let found = read_all(&[
        r#"Parsing command line: -project="C:/W/Game/Game.uproject""#,
        r"C:\W\Game\Source\A.cpp(42,7): error C2065: 'x': undeclared identifier",
    ]);
    let expected = Finding {
        severity: Severity::Error,
        code: Some("C2065".to_owned()),
        message: "'x': undeclared identifier".to_owned(),
        location: Some(Location {
            file: "Source/A.cpp".to_owned(),
            in_repository: true,
            line: Some(42),
            column: Some(7),
        }),
        phase: Some(Phase::Cook),
        rank: Rank::Other,
        class: None,
        hint: None,
        repeats: 0,
        also: Vec::new(),
    };
    assert_eq!(found, [expected]);
}

#[test]
fn what_was_said_before_is_not_a_finding_again() {
    let error = "Source/A.cpp(1): error C2065: x";
    let there = "Source/A.cpp(2): error C2065: x";
    let found = read_all(&[error, error, there, "LogCook: Error: x", "LogCook: Error: x", there]);
    assert_eq!(found.len(), 3);
}

#[test]
fn an_echo_is_a_finding_only_if_nobody_else_says_it() {
    let raw = "LogCook: Error: Content is missing";
    let echo = "PackagingResults: Error: Content is missing";
    assert_eq!(read_all(&[raw, echo, echo])[0].code.as_deref(), Some("LogCook"));
    assert_eq!(read_all(&[raw, echo, echo]).len(), 1);
    assert_eq!(read_all(&[echo, raw, raw]).len(), 1);
    assert_eq!(read_all(&[echo, "PackagingResults: Error: other"]).len(), 2);
}

#[test]
fn an_endless_log_does_not_fill_the_memory() {
    let mut seen = Seen::default();
    for number in 0..350_000 {
        assert!(seen.insert(number));
    }
    assert!(seen.latest.len() + seen.earlier.len() <= 2 * Seen::CAPACITY);
    assert!(!seen.insert(300_000), "what was new a moment ago is forgotten");
}

#[test]
fn twenty_thousand_findings_are_distinct_from_each_other_and_not_from_themselves() {
    let line = |number| format!("LogCook: Error: {number}");
    let lines: Vec<_> = (0..20_000).chain(0..20_000).map(line).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(read_all(&lines).len(), 20_000);
}

#[test]
fn the_texts_of_a_finding_are_safe_by_themselves() {
    let found = read_all(&[
        "Source/A.cpp(1): error: ::add-mask::x tok123456",
        r"Source/#\#[x].cpp(1): error: x",
        "Source/tok123456.cpp(1): error: x",
    ]);
    assert_eq!(found[0].message, r"\::add-mask::x ***");
    let files: Vec<_> = found.iter().filter_map(|finding| finding.location.as_ref()).collect();
    assert_eq!((files[1].file.as_str(), files[1].in_repository), ("Source/#/#[x].cpp", true));
    assert_eq!((files[2].file.as_str(), files[2].in_repository), ("Source/***.cpp", false));
}

#[test]
fn a_consequence_is_marked_as_one() {
    let found = read_all(&["ERROR: Cook failed.", "LogCook: Error: x"]);
    assert_eq!(
        found.iter().map(|finding| finding.is_follow_up()).collect::<Vec<_>>(),
        [true, false]
    );
}

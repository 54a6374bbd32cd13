use super::*;
use crate::phases::Speaker;
use crate::rules::Rules;
use crate::rules::case::By;

/// A rule of the tool or code.
fn rule_of(by: Option<By>) -> &'static Rule {
    let rules = Rules::new();
    let line = match by {
        Some(By::Tool(Tool::Perforce)) => "//depot/Game/... - no such file(s).",
        Some(By::Tool(Tool::Os)) => "Killed",
        Some(By::Tool(Tool::Turnkey)) => "Android: (Status=Invalid, x",
        Some(By::Tool(Tool::Codesign)) => "No signing certificate x",
        Some(By::Tool(Tool::Kotlin)) => "e: file:///g/Door.kt:1:1 x",
        Some(By::Tool(Tool::Uht)) => "Door.h(1): Error: x",
        Some(By::Tool(Tool::Exit)) => "Result: Failed (x)",
        Some(By::Code("-Wshadow")) => "A.cpp:1:1: warning: x [-Wshadow]",
        Some(By::Code(code)) if !code.ends_with(|last: char| last.is_ascii_digit()) => {
            "LogDoors: Error: x"
        }
        Some(By::Code("LNK4099")) => "A.obj : warning LNK4099: x",
        Some(By::Code(_)) => "A.cpp(1): error C10: x",
        Some(By::EngineLog) => "LogDoors: Error: x",
        _ => "ERROR: x",
    };
    let speakers = [Speaker::Build, Speaker::SourceControl];
    speakers.into_iter().find_map(|speaker| rules.read(line, speaker)).expect(line).rule
}

fn subject<'s>(by: Option<By>, message: &'s str) -> Subject<'s> {
    let (tool, code) = match by {
        None => (None, None),
        Some(By::Tool(tool)) => (Some(tool), None),
        Some(By::Code(code)) => (Some(Tool::of_code(code)), Some(code)),
        Some(By::EngineLog) => (Some(Tool::Engine), Some("LogDoors")),
    };
    let (rule, severity) = (rule_of(by), Severity::Error);
    Subject { rule, tool, code, message, file: None, phase: None, severity }
}

#[test]
fn a_hint_asks_only_for_names_that_its_pattern_has() {
    for case in cases() {
        let pattern = pattern::compile(case.pattern);
        let names: Vec<_> = pattern.capture_names().flatten().collect();
        let asked = case.hint.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
        let asked: std::collections::BTreeSet<_> = asked.collect();
        assert_eq!(asked, names.into_iter().collect(), "{}", case.hint);
    }
}

#[test]
fn a_name_in_a_hint_is_short_and_on_one_line() {
    let explanations = Explanations::new();
    let name = format!("F{}\r\n::error::{}", "ü".repeat(50), "x".repeat(MAX_NAME));
    let message = format!("[Compiler] Could not find a function named \"{name}\" in 'BP_Door_C'.");
    let hint = explanations
        .explain(&subject(Some(By::Code("LogBlueprint")), &message))
        .unwrap()
        .hint
        .unwrap();
    assert!(!hint.contains(['\r', '\n']), "{hint}");
    let shown = hint.split(' ').find(|word| word.starts_with("::error")).unwrap();
    assert_eq!(shown.chars().count(), MAX_NAME - 51 - 1 + "…".chars().count());
}

#[test]
fn only_the_beginning_of_a_message_is_searched() {
    let explanations = Explanations::new();
    let at = |bytes| format!("{}\nError downloading: disk full. path", "é".repeat(bytes / 2));
    let owner = |message: &str| {
        explanations.explain(&subject(None, message)).map(|explanation| explanation.owner)
    };
    assert_eq!(owner(&at(SEARCHED_BYTES - 100)), Some(Owner::Infrastructure));
    assert_eq!(owner(&at(SEARCHED_BYTES - 20)), None);
    assert_eq!(owner(&format!("x{}", "é".repeat(SEARCHED_BYTES))), None);
}

#[test]
fn a_finding_that_no_case_explains_has_the_usual_owner_of_its_tool() {
    let explanations = Explanations::new();
    for (by, owner) in [
        (Some(By::Code("C4456")), Some(Owner::Code)),
        (Some(By::Code("CS1501")), Some(Owner::Code)),
        (Some(By::Code("LNK4099")), Some(Owner::Code)),
        (Some(By::Code("-Wshadow")), Some(Owner::Code)),
        (Some(By::Tool(Tool::Uht)), Some(Owner::Code)),
        (Some(By::Tool(Tool::Kotlin)), Some(Owner::Code)),
        (Some(By::Code("X3004")), Some(Owner::Code)),
        (Some(By::Code("LogBlueprint")), Some(Owner::Content)),
        (Some(By::Code("LogDoors")), Some(Owner::Config)),
        (Some(By::Tool(Tool::Perforce)), Some(Owner::Infrastructure)),
        (Some(By::Tool(Tool::Os)), Some(Owner::Infrastructure)),
        (Some(By::Tool(Tool::Turnkey)), Some(Owner::Toolchain)),
        (Some(By::Tool(Tool::Codesign)), Some(Owner::Config)),
        (Some(By::Code("CDoor1")), None),
        (Some(By::Tool(Tool::Uat)), None),
        (Some(By::Tool(Tool::Exit)), None),
        (None, None),
    ] {
        let warning = Subject { severity: Severity::Warning, ..subject(by, "x") };
        let explanation = explanations.explain(&warning);
        assert_eq!(explanation.as_ref().map(|found| found.owner), owner, "{by:?}");
        assert_eq!(explanation.and_then(|found| found.hint), None, "{by:?}");
    }
    let file = Some("Content/Door.uasset");
    let of_asset = explanations.explain(&Subject { file, ..subject(Some(By::EngineLog), "x") });
    assert_eq!(of_asset.unwrap().owner, Owner::Content);
}

#[test]
fn a_warning_that_is_treated_as_an_error_says_so() {
    let explanations = Explanations::new();
    let hint = |code, severity| {
        explanations.explain(&Subject { severity, ..subject(Some(code), "x") }).unwrap().hint
    };
    for code in ["C4996", "C5038", "-Wshadow"].map(By::Code) {
        assert_eq!(hint(code, Severity::Error).as_deref(), Some(PROMOTED), "{code:?}");
        assert_eq!(hint(code, Severity::Warning), None, "{code:?}");
    }
    for code in [By::Code("C2664"), By::Code("LNK4099"), By::Tool(Tool::Uht)] {
        assert_eq!(hint(code, Severity::Error), None, "{code:?}");
    }
}

#[test]
fn any_error_that_is_logged_while_cooking_fails_the_cook() {
    let explanations = Explanations::new();
    let hint = |severity, phase| {
        let subject = Subject { severity, phase, ..subject(Some(By::EngineLog), "x") };
        explanations.explain(&subject).unwrap().hint
    };
    assert_eq!(hint(Severity::Error, Some(Phase::Cook)).as_deref(), Some(FAILS_COOK));
    assert_eq!(hint(Severity::Warning, Some(Phase::Cook)), None);
    assert_eq!(hint(Severity::Error, Some(Phase::Stage)), None);
}

#[test]
fn a_case_of_the_engine_log_fits_any_category() {
    let explanations = Explanations::new();
    let case = |code: Option<&str>| {
        explanations.case(code.map(Tool::of_code), code, "'X' is not initialized properly")
    };
    assert!(case(Some("LogDoors")).is_some());
    assert_eq!(case(Some("Doors")), None);
    assert_eq!(case(None), None);
}

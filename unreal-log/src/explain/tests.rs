use super::row::By;
use super::*;

fn subject<'s>(by: Option<By>, message: &'s str) -> Subject<'s> {
    let (tool, code) = match by {
        None => (None, None),
        Some(By::Tool(tool)) => (Some(tool), None),
        Some(By::Code(code)) => (Some(Tool::of_code(code)), Some(code)),
        Some(By::EngineLog) => (Some(Tool::Engine), Some("LogDoors")),
    };
    Subject { tool, code, message, file: None, phase: None, severity: Severity::Error }
}

#[test]
fn each_row_explains_its_example_and_no_earlier_row_does() {
    let explanations = Explanations::new();
    for (index, row) in rows().enumerate() {
        let all = row.by.iter().copied().map(Some);
        for by in if row.by.is_empty() { vec![None] } else { all.collect() } {
            let subject = subject(by, row.example);
            let decides = explanations.row(subject.tool, subject.code, row.example);
            let decides = decides.and_then(|index| rows().nth(index));
            assert_eq!(decides.map(|row| row.example), Some(row.example), "row {index}, {by:?}");
            let explanation = explanations.explain(&subject).unwrap();
            assert_eq!(explanation.hint.as_deref(), Some(row.expected));
            assert_eq!((explanation.owner, explanation.rank), (row.owner, row.rank));
        }
        assert!(row.expected.ends_with('.'), "{}", row.expected);
        assert!(row.expected.chars().count() <= 200, "{}", row.expected);
        assert!(!row.expected.contains(['{', '}']), "{}", row.expected);
    }
}

#[test]
fn a_hint_asks_only_for_names_that_its_pattern_has() {
    for row in rows() {
        let pattern = pattern::compile(row.pattern);
        let names: Vec<_> = pattern.capture_names().flatten().collect();
        let asked = row.hint.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
        let asked: std::collections::BTreeSet<_> = asked.collect();
        assert_eq!(asked, names.into_iter().collect(), "{}", row.hint);
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
fn a_finding_that_no_row_explains_has_the_usual_owner_of_its_tool() {
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
fn a_row_for_the_engine_log_fits_any_category() {
    let explanations = Explanations::new();
    let row = |code: Option<&str>| {
        explanations.row(code.map(Tool::of_code), code, "'X' is not initialized properly")
    };
    assert!(row(Some("LogDoors")).is_some());
    assert_eq!(row(Some("Doors")), None);
    assert_eq!(row(None), None);
}

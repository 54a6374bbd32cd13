use super::*;

fn subject<'s>(code: Option<&'s str>, message: &'s str) -> Subject<'s> {
    Subject { code, message, file: None, phase: None, severity: Severity::Error }
}

#[test]
fn each_row_explains_its_example_and_no_earlier_row_does() {
    let explanations = Explanations::new();
    for (index, row) in rows().enumerate() {
        let codes = if row.codes.is_empty() { &[""] } else { row.codes };
        for code in codes {
            let code = code.trim_end_matches('*');
            let code = Some(code).filter(|code| !code.is_empty());
            let subject = subject(code, row.example);
            let decides = explanations.row(code, row.example).and_then(|index| rows().nth(index));
            assert_eq!(decides.map(|row| row.example), Some(row.example), "row {index}, {code:?}");
            let explanation = explanations.explain(&subject).unwrap();
            assert_eq!(explanation.hint.as_deref(), Some(row.expected));
            assert_eq!((explanation.class, explanation.rank), (row.class, row.rank));
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
    let name = format!("F{}\r\n::error::{}", "ü".repeat(50), "x".repeat(NAME));
    let message = format!("[Compiler] Could not find a function named \"{name}\" in 'BP_Door_C'.");
    let hint =
        explanations.explain(&subject(Some("LogBlueprint"), &message)).unwrap().hint.unwrap();
    assert!(!hint.contains(['\r', '\n']), "{hint}");
    let shown = hint.split(' ').find(|word| word.starts_with("::error")).unwrap();
    assert_eq!(shown.chars().count(), NAME - 51 - 1 + "…".chars().count());
}

#[test]
fn only_the_beginning_of_a_message_is_looked_at() {
    let explanations = Explanations::new();
    let at = |bytes| format!("{}\nError downloading: disk full. path", "é".repeat(bytes / 2));
    let class = |message: &str| {
        explanations.explain(&subject(None, message)).map(|explanation| explanation.class)
    };
    assert_eq!(class(&at(READ - 100)), Some(FailureClass::Infrastructure));
    assert_eq!(class(&at(READ - 20)), None);
    assert_eq!(class(&format!("x{}", "é".repeat(READ))), None);
}

#[test]
fn what_no_row_explains_has_the_class_of_who_says_it() {
    let explanations = Explanations::new();
    for (code, class) in [
        (Some("C4456"), Some(FailureClass::Code)),
        (Some("CS1501"), Some(FailureClass::Code)),
        (Some("LNK4099"), Some(FailureClass::Code)),
        (Some("-Wshadow"), Some(FailureClass::Code)),
        (Some("UHT"), Some(FailureClass::Code)),
        (Some("kotlin"), Some(FailureClass::Code)),
        (Some("X3004"), Some(FailureClass::Code)),
        (Some("LogBlueprint"), Some(FailureClass::Content)),
        (Some("LogDoors"), Some(FailureClass::Config)),
        (Some("Perforce"), Some(FailureClass::Infrastructure)),
        (Some("OS"), Some(FailureClass::Infrastructure)),
        (Some("Turnkey"), Some(FailureClass::Toolchain)),
        (Some("codesign"), Some(FailureClass::Config)),
        (Some("CDoor1"), None),
        (Some("UAT"), None),
        (Some("exit"), None),
        (None, None),
    ] {
        let warning = Subject { severity: Severity::Warning, ..subject(code, "x") };
        let explanation = explanations.explain(&warning);
        assert_eq!(explanation.as_ref().map(|found| found.class), class, "{code:?}");
        assert_eq!(explanation.and_then(|found| found.hint), None, "{code:?}");
    }
    let file = Some("Content/Door.uasset");
    let of_asset = explanations.explain(&Subject { file, ..subject(Some("LogDoors"), "x") });
    assert_eq!(of_asset.unwrap().class, FailureClass::Content);
}

#[test]
fn a_warning_that_was_made_an_error_says_so() {
    let explanations = Explanations::new();
    let hint = |code, severity| {
        explanations.explain(&Subject { severity, ..subject(Some(code), "x") }).unwrap().hint
    };
    for code in ["C4996", "C5038", "-Wshadow"] {
        assert_eq!(hint(code, Severity::Error).as_deref(), Some(PROMOTED), "{code}");
        assert_eq!(hint(code, Severity::Warning), None, "{code}");
    }
    for code in ["C2664", "LNK4099", "UHT"] {
        assert_eq!(hint(code, Severity::Error), None, "{code}");
    }
}

#[test]
fn any_error_that_is_logged_while_cooking_fails_the_cook() {
    let explanations = Explanations::new();
    let hint = |severity, phase| {
        let subject = Subject { severity, phase, ..subject(Some("LogDoors"), "x") };
        explanations.explain(&subject).unwrap().hint
    };
    assert_eq!(hint(Severity::Error, Some(Phase::Cook)).as_deref(), Some(FAILS_COOK));
    assert_eq!(hint(Severity::Warning, Some(Phase::Cook)), None);
    assert_eq!(hint(Severity::Error, Some(Phase::Stage)), None);
}

#[test]
fn a_family_of_codes_is_whatever_begins_so() {
    let explanations = Explanations::new();
    let row = |code| explanations.row(code, "'X' is not initialized properly");
    assert!(row(Some("LogDoors")).is_some());
    assert_eq!(row(Some("Doors")), None);
    assert_eq!(row(None), None);
}

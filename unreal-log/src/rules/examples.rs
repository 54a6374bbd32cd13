//! Examples for every rule, case, follow-up, sign and override, in one file for each family, and the tests that need them.

mod apple;
mod automation;
mod clang;
mod cook;
mod crash;
mod gradle;
mod linkers;
mod machine;
mod msvc;
mod shaders;
mod source_control;
mod unreal_build;

use std::collections::BTreeSet;

use super::block_kind::BlockKind;
use super::case::By;
use super::id::RuleId;
use super::rule::{Match, ROW, Rule};
use super::*;
use crate::explain::{Explanations, Subject};
use crate::finding::{Rank, Severity};
use crate::pattern;
use crate::severity_overrides::SeverityOverrides;

/// A line, and what its rule reads from it.
struct RuleExample {
    rule: RuleId,
    line: &'static str,
    /// None if the rule says that the line reports nothing. The field `rule` is not compared.
    found: Option<Match<'static>>,
}

/// A message, and the hint of the case that applies to it.
struct CaseExample {
    message: &'static str,
    hint: &'static str,
}

/// A message, and its meaning for the problems around it.
struct SignExample {
    message: &'static str,
    meaning: Meaning,
}

/// A line whose claim to be an error is wrong.
struct OverrideExample {
    line: &'static str,
    /// None if the line is not worth reporting.
    actual: Option<Severity>,
}

/// The values that most matches have in common.
const NOTHING: Match<'static> = Match {
    rule: &NO_RULE,
    severity: Severity::Error,
    tool: None,
    code: None,
    message: "",
    file: None,
    line: None,
    column: None,
    end_line: None,
    rank: Rank::Other,
    block: BlockKind::Indented,
};
static NO_RULE: Rule = ROW;

const RULES: &[&[RuleExample]] = &[
    apple::RULES,
    automation::RULES,
    clang::RULES,
    cook::RULES,
    crash::RULES,
    gradle::RULES,
    linkers::RULES,
    machine::RULES,
    msvc::RULES,
    shaders::RULES,
    source_control::RULES,
    unreal_build::RULES,
];
const CASES: &[&[CaseExample]] = &[
    apple::CASES,
    automation::CASES,
    clang::CASES,
    cook::CASES,
    crash::CASES,
    gradle::CASES,
    linkers::CASES,
    machine::CASES,
    msvc::CASES,
    shaders::CASES,
    source_control::CASES,
    unreal_build::CASES,
];
/// Lines that merely follow from another failure.
const FOLLOW_UPS: &[&[&str]] = &[
    apple::FOLLOW_UPS,
    automation::FOLLOW_UPS,
    clang::FOLLOW_UPS,
    cook::FOLLOW_UPS,
    crash::FOLLOW_UPS,
    gradle::FOLLOW_UPS,
    linkers::FOLLOW_UPS,
    msvc::FOLLOW_UPS,
    source_control::FOLLOW_UPS,
    unreal_build::FOLLOW_UPS,
];
const SIGNS: &[&[SignExample]] = &[clang::SIGNS, cook::SIGNS, msvc::SIGNS];
const OVERRIDES: &[&[OverrideExample]] = &[
    apple::OVERRIDES,
    automation::OVERRIDES,
    cook::OVERRIDES,
    msvc::OVERRIDES,
    unreal_build::OVERRIDES,
];

#[test]
fn every_id_belongs_to_one_rule_and_has_a_name_of_its_own() {
    let mut used: Vec<_> = super::rules().map(|rule| rule.id).collect();
    used.push(super::automation::UNMARKED.id);
    used.sort();
    assert_eq!(used, RuleId::ALL);
    let names: BTreeSet<_> = RuleId::ALL.iter().map(|id| id.as_str()).collect();
    assert_eq!(names.len(), RuleId::ALL.len());
    assert!(super::rules().count() <= 128, "each has one bit");
}

#[test]
fn each_rule_reads_its_examples_and_no_earlier_rule_does() {
    let rules = Rules::new();
    let mut proven = BTreeSet::new();
    for RuleExample { rule, line, found } in RULES.iter().copied().flatten() {
        let expected = super::rules().find(|known| known.id == *rule).unwrap();
        let speaker = expected.reported_by[0];
        let (first, _) = rules.first(line, speaker).expect(line);
        assert_eq!(first.id, *rule, "{line}");
        let read = rules.read(line, speaker).map(|read| Match { rule: &NO_RULE, ..read });
        assert_eq!(read, *found, "{rule:?}");
        proven.insert(*rule);
    }
    let all: BTreeSet<_> = super::rules().map(|rule| rule.id).collect();
    assert_eq!(proven, all, "rules without an example");
}

/// A finding that the case is about, with this message.
fn subject(by: Option<By>, message: &str) -> Subject<'_> {
    let (tool, code) = match by {
        None => (None, None),
        Some(By::Tool(tool)) => (Some(tool), None),
        Some(By::Code(code)) => (Some(Tool::of_code(code)), Some(code)),
        Some(By::EngineLog) => (Some(Tool::Engine), Some("LogDoors")),
    };
    let severity = Severity::Error;
    Subject { rule: &NO_RULE, tool, code, message, file: None, phase: None, severity }
}

#[test]
fn each_case_explains_its_example_and_no_earlier_case_does() {
    let explanations = Explanations::new();
    let examples: Vec<_> = CASES.iter().copied().flatten().collect();
    let mut used = BTreeSet::new();
    for (index, case) in cases().enumerate() {
        let all = case.by.iter().copied().map(Some);
        let all = if case.by.is_empty() { vec![None] } else { all.collect() };
        let decides = |by: &Option<By>, example: &CaseExample| {
            let subject = subject(*by, example.message);
            let hint = explanations.explain(&subject).and_then(|explanation| explanation.hint);
            explanations.case(subject.tool, subject.code, example.message) == Some(index)
                && hint.as_deref() == Some(example.hint)
        };
        let is_own =
            |(_, example): &(usize, &&CaseExample)| all.iter().all(|by| decides(by, example));
        let own: Vec<_> = examples.iter().enumerate().filter(is_own).collect();
        used.extend(own.iter().map(|(at, _)| *at));
        let (_, example) = own.first().unwrap_or_else(|| panic!("no example: {case:?}"));
        for by in all {
            let explanation = explanations.explain(&subject(by, example.message)).unwrap();
            assert_eq!((explanation.owner, explanation.rank), (case.owner, case.rank));
        }
    }
    for (at, example) in examples.iter().enumerate() {
        assert!(used.contains(&at), "no case: {}", example.message);
        assert!(example.hint.ends_with('.'), "{}", example.hint);
        assert!(example.hint.chars().count() <= 200, "{}", example.hint);
        assert!(!example.hint.contains(['{', '}']), "{}", example.hint);
    }
}

#[test]
fn each_follow_up_pattern_fits_one_example_and_each_example_one_pattern() {
    let patterns = pattern::compile_set(follow_ups());
    let mut fitting = Vec::new();
    for example in FOLLOW_UPS.iter().copied().flatten() {
        let fits: Vec<_> = patterns.matches(example).iter().collect();
        assert_eq!(fits.len(), 1, "{example}");
        fitting.extend(fits);
    }
    fitting.sort_unstable();
    assert_eq!(fitting, (0..follow_ups().count()).collect::<Vec<_>>());
}

#[test]
fn each_sign_fits_its_examples_and_no_earlier_sign_does() {
    let examples: Vec<_> = SIGNS.iter().copied().flatten().collect();
    let mut used = BTreeSet::new();
    for sign in signs() {
        let has_meaning = |example: &SignExample| example.meaning == sign.meaning;
        for by in sign.by {
            let Subject { tool, code, .. } = subject(Some(*by), "");
            let decides = |message| signs().find(|sign| sign.fits(tool, code, message));
            let is_own = |example: &SignExample| {
                has_meaning(example) && decides(example.message) == Some(sign)
            };
            let own: Vec<_> = (0..examples.len()).filter(|at| is_own(examples[*at])).collect();
            assert!(!own.is_empty(), "no example: {sign:?}");
            used.extend(own);
        }
        for text in sign.texts {
            let has_text = |example: &&SignExample| example.message.contains(text);
            let found = examples.iter().copied().filter(has_text).any(has_meaning);
            assert!(found, "no example: {text}");
        }
    }
    assert_eq!(used.len(), examples.len(), "examples without a sign");
}

#[test]
fn each_override_corrects_one_example_and_each_example_has_one_override() {
    let overrides = SeverityOverrides::new();
    let mut fitting = Vec::new();
    for OverrideExample { line, actual } in OVERRIDES.iter().copied().flatten() {
        let fits = |row: &SeverityOverride| pattern::compile(row.pattern).is_match(line);
        let fits = severity_overrides().enumerate().filter(|(_, row)| fits(row));
        let fits: Vec<_> = fits.map(|(index, _)| index).collect();
        assert_eq!(fits.len(), 1, "{line}");
        assert_eq!(overrides.actual(line, Severity::Error), *actual, "{line}");
        fitting.extend(fits);
    }
    fitting.sort_unstable();
    assert_eq!(fitting, (0..severity_overrides().count()).collect::<Vec<_>>());
}

#[test]
fn a_link_to_a_vendors_page_is_an_address() {
    let of_rules = super::rules().filter_map(|rule| rule.docs).map(|page| page.address);
    for docs in of_rules.chain(cases().filter_map(|case| case.docs)) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/:.-_".contains(c);
        assert!(docs.starts_with("https://") && docs.chars().all(is_plain), "{docs}");
    }
}

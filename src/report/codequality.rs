//! GitLab's Code Quality report, which shows findings in merge requests.

use std::collections::HashMap;

use serde::Serialize;

use super::pretty;
use crate::event::{Finding, Severity};
use crate::outcome::{Report, words};

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes `codequality.json`. Findings outside the repository have no place in this format.
pub fn render(report: &Report) -> String {
    let mut seen = HashMap::new();
    let entries = report.ranked().into_iter().filter_map(|finding| entry(finding, &mut seen));
    pretty(&entries.collect::<Vec<_>>())
}

/// `seen` counts how often the same thing was said about the same file.
fn entry<'a>(
    finding: &'a Finding,
    seen: &mut HashMap<(&'a str, &'a str, String), usize>,
) -> Option<Entry<'a>> {
    let location = finding.location.as_ref().filter(|location| location.in_repository)?;
    let check_name = finding.code.as_deref().unwrap_or("unreal");
    let essence = essence(&finding.message);
    let identity = (check_name, location.file.as_str(), essence.clone());
    let nth = seen.entry(identity).and_modify(|nth| *nth += 1).or_default();
    Some(Entry {
        description: words::message(finding),
        check_name,
        fingerprint: fingerprint(&[check_name, &location.file, &essence, &nth.to_string()]),
        severity: match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        // The format cannot do without a line.
        location: Location {
            path: &location.file,
            lines: Lines { begin: location.line.unwrap_or(1).max(1) },
        },
    })
}

/// The first line without the lines and columns that it names, which move with every edit. The others
/// are notes and source.
fn essence(message: &str) -> String {
    let mut essence = String::new();
    for c in message.lines().next().unwrap_or_default().chars() {
        let names_a_place = essence.ends_with(['(', ':', ',']) || essence.ends_with("line ");
        match c {
            '0'..='9' if essence.ends_with('#') => {}
            '0'..='9' if names_a_place => essence.push('#'),
            _ => essence.push(c),
        }
    }
    essence
}

/// FNV-1a over 128 bits: the same in every version of this program, so that GitLab can tell what is
/// new. It does not depend on the line, which moves with every edit above it.
fn fingerprint(parts: &[&str]) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{finding, report};

    #[test]
    fn an_error_has_its_path_line_and_check() {
        let json = render(&report([finding("'x': undeclared identifier")]));
        let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(entries[0]["description"], "'x': undeclared identifier");
        assert_eq!(entries[0]["check_name"], "C2065");
        assert_eq!(entries[0]["severity"], "major");
        assert_eq!(entries[0]["location"]["path"], "Source/A.cpp");
        assert_eq!(entries[0]["location"]["lines"]["begin"], 12);
        // Must never change: GitLab would show every old finding as new.
        assert_eq!(entries[0]["fingerprint"], "b17de496d6263fb9a939768b5ee9f1f3");
    }

    fn fingerprints(findings: Vec<Finding>) -> Vec<String> {
        let entries: Vec<serde_json::Value> =
            serde_json::from_str(&render(&report(findings))).unwrap();
        entries.iter().map(|entry| entry["fingerprint"].to_string()).collect()
    }

    #[test]
    fn the_same_message_twice_has_two_fingerprints_and_another_line_has_the_same() {
        let mut moved = finding("m");
        moved.location.as_mut().unwrap().line = Some(99);
        let twice = fingerprints(vec![finding("m"), finding("m")]);
        assert_ne!(twice[0], twice[1]);
        assert_eq!(fingerprints(vec![moved]), twice[..1]);
    }

    #[test]
    fn a_fingerprint_does_not_change_with_the_places_in_the_message_and_below_it() {
        let rows = [
            ("m\nA.h(42): note: see 'x'", "m\nA.h(43): note: see 'x'"),
            ("first seen in A.h(42,7)", "first seen in A.h(107,12)"),
            ("first seen at A.h:42:7: there", "first seen at A.h:4:72: there"),
            ("first seen on line 42", "first seen on line 7"),
        ];
        for (one, other) in rows {
            assert_eq!(
                fingerprints(vec![finding(one)]),
                fingerprints(vec![finding(other)]),
                "{one}"
            );
        }
        for (one, other) in [("'x1' is old", "'x2' is old"), ("SDK 5.4", "SDK 5.5")] {
            assert_ne!(
                fingerprints(vec![finding(one)]),
                fingerprints(vec![finding(other)]),
                "{one}"
            );
        }
    }

    #[test]
    fn a_fingerprint_does_not_change_when_other_findings_come_or_go() {
        let warning = |message| Finding { severity: Severity::Warning, ..finding(message) };
        let mut elsewhere = finding("m");
        elsewhere.location.as_mut().unwrap().file = "Source/B.cpp".to_owned();
        let ours = vec![finding("m"), finding("m"), warning("w"), finding("n")];
        let before = fingerprints(ours.clone());
        for at in 0..=ours.len() {
            let mut more = ours.clone();
            let others = [finding("new"), elsewhere.clone(), warning("v"), finding("m (+4 more)")];
            more.splice(at..at, others);
            let after = fingerprints(more);
            assert_eq!(after.len(), before.len() + 4);
            assert!(before.iter().all(|ours| after.contains(ours)), "{at}");
        }
        let unique: std::collections::HashSet<_> = before.iter().collect();
        assert_eq!(unique.len(), before.len());
    }

    #[test]
    fn what_merely_follows_is_left_out_unless_there_is_nothing_else() {
        let follow_up = || Finding { rank: crate::event::Rank::FollowUp, ..finding("follows") };
        assert!(render(&report([follow_up()])).contains("follows"));
        assert!(!render(&report([follow_up(), finding("m")])).contains("follows"));
    }

    #[test]
    fn a_finding_outside_the_repository_is_left_out() {
        let mut outside = finding("m");
        outside.location.as_mut().unwrap().in_repository = false;
        let mut nowhere = finding("m");
        nowhere.location = None;
        assert_eq!(render(&report([outside, nowhere])), "[]\n");
    }
}

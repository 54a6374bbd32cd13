//! GitLab's Code Quality report, which shows findings in merge requests.

use serde::Serialize;

use super::placed_findings::{PlacedFinding, placed_findings};
use super::pretty;
use crate::model::Severity;
use crate::report::{BuildReport, format};

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
pub fn render(report: &BuildReport) -> String {
    pretty(&placed_findings(report).into_iter().map(entry).collect::<Vec<_>>())
}

fn entry(placed: PlacedFinding<'_>) -> Entry<'_> {
    let PlacedFinding { finding, location, check, fingerprint } = placed;
    Entry {
        description: format::message(finding),
        check_name: check,
        fingerprint,
        severity: match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        // The format cannot do without a line.
        location: Location {
            path: &location.file,
            lines: Lines { begin: location.line.unwrap_or(1).max(1) },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{finding, report};
    use crate::model::{Finding, Rank};

    #[test]
    fn an_error_is_an_entry_with_path_line_and_check() {
        insta::assert_snapshot!(render(&report([finding("'x': undeclared identifier")])), @r#"
        [
          {
            "description": "'x': undeclared identifier",
            "check_name": "C2065",
            "fingerprint": "b17de496d6263fb9a939768b5ee9f1f3",
            "severity": "major",
            "location": {
              "path": "Source/A.cpp",
              "lines": {
                "begin": 12
              }
            }
          }
        ]
        "#);
    }

    #[test]
    fn a_warning_is_minor_and_without_a_line_or_a_code_it_has_those_of_the_file() {
        let mut warning = Finding { severity: Severity::Warning, code: None, ..finding("m") };
        warning.location.as_mut().unwrap().line = None;
        let json = render(&report([warning]));
        let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(entries[0]["severity"], "minor");
        assert_eq!(entries[0]["check_name"], "unreal");
        assert_eq!(entries[0]["location"]["lines"]["begin"], 1);
    }

    #[test]
    fn follow_ups_are_left_out_unless_there_is_nothing_else() {
        let follow_up = || Finding { rank: Rank::FollowUp, ..finding("follows") };
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

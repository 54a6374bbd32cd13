//! SARIF 2.1.0, for GitHub's code scanning and other readers.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::placed_findings::{PlacedFinding, placed_findings};
use super::pretty;
use crate::model::{self, Severity};
use crate::report::{BuildReport, format};

/// The characters to escape in a path by RFC 3986, and the colon, which ends a scheme.
const NOT_IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule<'a>>,
}

/// GitHub asks for all three descriptions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text,
    full_description: Text,
    help: Text,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Place; 1],
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "buildpixelFinding/v1")]
    finding: String,
}

/// Writes `results.sarif`. Findings outside the repository are left out: GitHub refuses a whole file
/// over one result that has no place.
pub fn render(report: &BuildReport) -> String {
    let placed = placed_findings(report);
    let (rules, index_of) = rules(&placed);
    let results = placed.into_iter().map(|placed| {
        // Each check has its rule.
        let rule_index = index_of.get(placed.check).copied().unwrap_or_default();
        entry(placed, rule_index)
    });
    pretty(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                    rules,
                },
            },
            invocations: [Invocation { execution_successful: is_complete(report) }],
            results: results.collect(),
        }],
    })
}

/// True if these are all findings. A failed build was followed to its end, too.
fn is_complete(report: &BuildReport) -> bool {
    report.has_ended() && !report.was_superseded()
}

/// The checks in the order in which they are first needed.
fn rules<'a>(placed: &[PlacedFinding<'a>]) -> (Vec<Rule<'a>>, HashMap<&'a str, usize>) {
    let mut rules = Vec::new();
    let mut index_of = HashMap::new();
    for PlacedFinding { check, .. } in placed {
        if !index_of.contains_key(check) {
            index_of.insert(*check, rules.len());
            rules.push(rule(check, placed));
        }
    }
    (rules, index_of)
}

fn rule<'a>(check: &'a str, placed: &[PlacedFinding<'a>]) -> Rule<'a> {
    let mut alike = placed.iter().filter(|other| other.check == check).map(|other| other.finding);
    let first = alike.next();
    let hint = first.and_then(|first| first.hint.as_deref());
    let hint = hint.filter(|hint| alike.all(|other| other.hint.as_deref() == Some(*hint)));
    let (short, full) = match first.and_then(|first| first.code.as_ref()) {
        Some(code) => (
            format!("{code} in an Unreal build"),
            format!("A tool of the Unreal build, or the engine itself, reports this as {code}."),
        ),
        None => (
            "Reported by an Unreal build".to_owned(),
            "A tool of the Unreal build, or the engine itself, reports this.".to_owned(),
        ),
    };
    let help = hint.unwrap_or("The build log has the lines around it.").to_owned();
    let [short_description, full_description, help] = [short, full, help].map(|text| Text { text });
    Rule { id: check, short_description, full_description, help }
}

fn entry(placed: PlacedFinding<'_>, rule_index: usize) -> Entry<'_> {
    let PlacedFinding { finding, location, check, fingerprint } = placed;
    Entry {
        rule_id: check,
        rule_index,
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: Text { text: without_links(&format::message(finding)) },
        locations: [Place { physical_location: place(location) }],
        partial_fingerprints: Fingerprints { finding: fingerprint },
    }
}

fn place(location: &model::Location) -> PhysicalLocation {
    let counted = |number: Option<u32>| number.filter(|number| *number > 0);
    PhysicalLocation {
        artifact_location: ArtifactLocation {
            uri: utf8_percent_encode(&location.file, NOT_IN_PATHS).to_string(),
        },
        region: counted(location.line).map(|start_line| Region {
            start_line,
            start_column: counted(location.column),
            end_line: location.end_line.filter(|end| *end > start_line),
        }),
    }
}

/// `[text](target)` is a link in a message; a log must not place any. A blank breaks it, and breaks less
/// of `operator[](int)` than a backslash, which some readers show and which another one undoes.
fn without_links(message: &str) -> String {
    message.replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{finding, report};
    use crate::model::{Event, Finding, Status};

    fn run(report: &BuildReport) -> serde_json::Value {
        let mut log: serde_json::Value = serde_json::from_str(&render(report)).unwrap();
        log["runs"][0].take()
    }

    fn at(file: &str, line: Option<u32>, column: Option<u32>) -> Finding {
        let mut finding = finding("m");
        let location = finding.location.as_mut().unwrap();
        (location.file, location.line, location.column) = (file.to_owned(), line, column);
        finding
    }

    #[test]
    fn an_error_is_a_result_with_its_rule_and_place() {
        insta::assert_snapshot!(render(&report([finding("'x': undeclared identifier")])), @r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "version": "2.1.0",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "buildpixel-ci",
                  "version": "0.1.0",
                  "rules": [
                    {
                      "id": "C2065",
                      "shortDescription": {
                        "text": "C2065 in an Unreal build"
                      },
                      "fullDescription": {
                        "text": "A tool of the Unreal build, or the engine itself, reports this as C2065."
                      },
                      "help": {
                        "text": "The build log has the lines around it."
                      }
                    }
                  ]
                }
              },
              "invocations": [
                {
                  "executionSuccessful": false
                }
              ],
              "results": [
                {
                  "ruleId": "C2065",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "'x': undeclared identifier"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "Source/A.cpp"
                        },
                        "region": {
                          "startLine": 12,
                          "startColumn": 5
                        }
                      }
                    }
                  ],
                  "partialFingerprints": {
                    "buildpixelFinding/v1": "b17de496d6263fb9a939768b5ee9f1f3"
                  }
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_rule_is_listed_once_and_results_point_to_it() {
        let warning = || Finding { severity: Severity::Warning, code: None, ..finding("w") };
        let run = run(&report([finding("a"), warning(), finding("b"), warning()]));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.iter().map(|rule| &rule["id"]).collect::<Vec<_>>(), ["C2065", "unreal"]);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let level = if index == 0 { "error" } else { "warning" };
            assert_eq!(result["level"], level);
        }
    }

    #[test]
    fn a_rule_has_the_hint_of_its_findings_if_they_have_the_same() {
        let hinted = |hint: &str| Finding { hint: Some(hint.to_owned()), ..finding("m") };
        let rows = [
            (vec![hinted("Include it."), hinted("Include it.")], "Include it."),
            (
                vec![hinted("Include it."), hinted("Link it.")],
                "The build log has the lines around it.",
            ),
            (vec![hinted("Include it."), finding("m")], "The build log has the lines around it."),
        ];
        for (findings, help) in rows {
            let run = run(&report(findings));
            assert_eq!(run["tool"]["driver"]["rules"][0]["help"]["text"], help);
        }
    }

    #[test]
    fn a_path_is_a_relative_reference() {
        let rows = [
            ("Source/A+B (1).cpp", "Source/A+B%20(1).cpp"),
            ("Content/Größe%.uasset", "Content/Gr%C3%B6%C3%9Fe%25.uasset"),
            ("a:b#c?d[e]", "a%3Ab%23c%3Fd%5Be%5D"),
        ];
        for (file, uri) in rows {
            let run = run(&report([at(file, None, None)]));
            let place = &run["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], uri);
        }
    }

    #[test]
    fn lines_and_columns_are_given_if_they_are_known() {
        let rows = [
            ((None, None), "null"),
            ((Some(0), Some(3)), "null"),
            ((Some(4), None), r#"{"startLine":4}"#),
            ((Some(4), Some(0)), r#"{"startLine":4}"#),
            ((Some(4), Some(2)), r#"{"startColumn":2,"startLine":4}"#),
        ];
        for ((line, column), region) in rows {
            let run = run(&report([at("A.cpp", line, column)]));
            let place = &run["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(place["region"].to_string(), region);
        }
    }

    #[test]
    fn several_lines_are_a_region_of_theirs() {
        for (end_line, region) in [
            (Some(9), r#"{"endLine":9,"startColumn":2,"startLine":4}"#),
            (Some(3), r#"{"startColumn":2,"startLine":4}"#),
        ] {
            let mut finding = at("A.cpp", Some(4), Some(2));
            finding.location.as_mut().unwrap().end_line = end_line;
            let run = run(&report([finding]));
            let place = &run["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(place["region"].to_string(), region);
        }
    }

    #[test]
    fn a_log_places_no_links() {
        let run = run(&report([finding(r"[a](https://e.x) [b\](c) operator[](int)")]));
        let text = &run["results"][0]["message"]["text"];
        assert_eq!(*text, r"[a] (https://e.x) [b\] (c) operator[] (int)");
    }

    #[test]
    fn an_analysis_that_did_not_reach_the_end_of_the_build_is_no_success() {
        let mut report = report([]);
        let was_success =
            |report: &BuildReport| run(report)["invocations"][0]["executionSuccessful"].clone();
        assert_eq!(was_success(&report), false);
        for (status, expected) in [
            (Status::OtherEnd("cancelled".to_owned()), true),
            (Status::Failed, true),
            (Status::Superseded, false),
            (Status::Complete, true),
        ] {
            report.observe(&Event::Status(status));
            assert_eq!(was_success(&report), expected);
        }
    }
}

//! The native format of Jenkins' Warnings plugin (`recordIssues tool: issues(pattern: …)`).

use serde::Serialize;

use super::pretty;
use crate::model::{Finding, Location, Owner, Severity};
use crate::report::{BuildReport, format};

/// The description is shown as HTML.
fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[derive(Serialize)]
struct Issues<'a> {
    issues: Vec<Issue<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_start: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_end: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column_start: Option<u32>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: String,
    description: String,
}

/// Writes `issues.json`.
pub fn render(report: &BuildReport) -> String {
    pretty(&Issues { issues: report.ranked().into_iter().map(issue).collect() })
}

fn issue(finding: &Finding) -> Issue<'_> {
    let in_repository = |place: &&Location| place.in_repository;
    let location = finding.location.as_ref().filter(in_repository);
    let elsewhere = finding.location.as_ref().filter(|place| !place.in_repository);
    let elsewhere = elsewhere.map(|place| format!("{place}: ")).unwrap_or_default();
    let message = format!("{elsewhere}{}", format::message(finding));
    Issue {
        file_name: location.map(|location| location.file.as_str()),
        line_start: location.and_then(|location| location.line),
        line_end: location.and_then(|location| location.end_line),
        column_start: location.and_then(|location| location.column),
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "NORMAL",
        },
        category: finding.owner.map(Owner::as_str),
        code: finding.code.as_deref(),
        message: message.lines().next().unwrap_or_default().to_owned(),
        description: format!("<pre>{}</pre>", html(&message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{finding, report};

    #[test]
    fn an_error_becomes_an_issue_with_an_escaped_description() {
        insta::assert_snapshot!(render(&report([finding("no <b> & 'x'\nnote")])), @r##"
        {
          "issues": [
            {
              "fileName": "Source/A.cpp",
              "lineStart": 12,
              "columnStart": 5,
              "severity": "ERROR",
              "type": "C2065",
              "message": "no <b> & 'x'",
              "description": "<pre>no &lt;b&gt; &amp; &#39;x&#39;\nnote</pre>"
            }
          ]
        }
        "##);
    }

    #[test]
    fn a_file_outside_the_repository_is_named_in_the_message() {
        let mut outside = finding("m");
        outside.location.as_mut().unwrap().in_repository = false;
        let json = render(&report([outside]));
        assert!(!json.contains("fileName") && !json.contains("lineStart"), "{json}");
        assert!(json.contains(r#""message": "Source/A.cpp:12:5: m""#), "{json}");
    }

    #[test]
    fn unknown_facts_are_left_out() {
        let mut bare = finding("m");
        (bare.location, bare.code, bare.severity) = (None, None, Severity::Warning);
        insta::assert_snapshot!(render(&report([bare])), @r#"
        {
          "issues": [
            {
              "severity": "NORMAL",
              "message": "m",
              "description": "<pre>m</pre>"
            }
          ]
        }
        "#);
    }
}

//! Any text at all, in every format: a reader of the format gets it back.

use proptest::prelude::*;
use serde_json::Value;

use super::tests::{finding, report};
use super::{codequality, issues, json, junit, properties, sarif};
use crate::model::{Event, Finding, Location, Rank, Severity, Status};
use crate::report::{BuildReport, Outcome, Verdict, format};

/// Texts with every kind of character, and with what ends something in one of the formats.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "(?s).{0,8}",
        "[\u{0}-\u{1f}\u{7f}-\u{9f}]{1,3}",
        prop::sample::select(vec![
            "]]>",
            "</failure>",
            "-->",
            "<!--",
            "&#0;",
            "&amp;",
            "\"",
            "'",
            "\\",
            "\\u0041",
            "](x)",
            "\u{fffe}",
            "\u{ffff}",
            "\u{fffd}",
            "\u{2028}",
            "\u{1f600}",
            "\u{feff}",
            "\r\n",
            "%00",
            "=:#! ",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn location()(
        file in text(),
        in_repository: bool,
        line: Option<u32>,
        column: Option<u32>,
    ) -> Location {
        Location { file, in_repository, column: line.and(column), line, end_line: None }
    }
}

prop_compose! {
    fn any_finding()(
        is_error: bool,
        is_follow_up: bool,
        message in text(),
        code in prop::option::of(text()),
        hint in prop::option::of(text()),
        location in prop::option::of(location()),
    ) -> Finding {
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        let rank = if is_follow_up { Rank::FollowUp } else { Rank::Compile };
        Finding { severity, code, hint, location, rank, ..finding(&message) }
    }
}

fn failed(findings: Vec<Finding>) -> BuildReport {
    let mut report = report(findings);
    report.observe(&Event::Status(Status::Failed));
    report
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// As `java.util.Properties` reads the one line.
fn property(line: &str) -> (String, String) {
    let mut parts = [String::new(), String::new()];
    let mut units = Vec::new();
    let (mut at, mut chars) = (0, line.strip_suffix('\n').unwrap().chars().peekable());
    while let Some(c) = chars.next() {
        let unit = match c {
            '=' | ':' if at == 0 => {
                parts[0] = String::from_utf16(&std::mem::take(&mut units)).unwrap();
                at = 1;
                while chars.next_if_eq(&' ').is_some() {}
                continue;
            }
            '\\' => match chars.next().unwrap() {
                'n' => 10,
                'r' => 13,
                't' => 9,
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    u16::from_str_radix(&digits, 16).unwrap()
                }
                other => u16::try_from(u32::from(other)).unwrap(),
            },
            plain => u16::try_from(u32::from(plain)).unwrap(),
        };
        units.push(unit);
    }
    parts[at] = String::from_utf16(&units).unwrap();
    parts.into()
}

proptest! {
    #[test]
    fn junit_is_xml_and_has_the_text_without_what_xml_cannot_hold(
        cause in any_finding(),
        headline in text(),
    ) {
        let report = failed(vec![Finding { severity: Severity::Error, rank: Rank::Compile, ..cause }]);
        let verdict = Verdict { headline, ..Verdict::new(&report, &Outcome::Failure) };
        let xml = junit::render(&report, &verdict);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let failures = document.descendants().filter(|node| node.has_tag_name("failure"));
        let [failure] = *failures.collect::<Vec<_>>() else { panic!("{xml}") };
        let is_legal = |c: &char| {
            matches!(*c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
        };
        let legal = |text: &str| text.chars().filter(is_legal).collect::<String>();
        let root = report.root_cause().unwrap();
        prop_assert_eq!(failure.text().unwrap_or_default(), legal(&format::whole(root)));
        // In an attribute all blanks are alike.
        let message = legal(&verdict.headline).replace(['\t', '\n'], " ");
        prop_assert_eq!(failure.attribute("message").unwrap(), message);
    }

    #[test]
    fn each_finding_is_an_issue_and_its_text_comes_back(
        findings in prop::collection::vec(any_finding(), 0..5),
    ) {
        let report = failed(findings);
        let issues = read(&issues::render(&report));
        let issues = issues["issues"].as_array().unwrap();
        let shown = report.ranked();
        prop_assert_eq!(issues.len(), shown.len());
        for (issue, finding) in issues.iter().zip(shown) {
            let html = issue["description"].as_str().unwrap();
            let html = html.strip_prefix("<pre>").and_then(|html| html.strip_suffix("</pre>")).unwrap();
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            let text = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            let text = text.replace("&#39;", "'").replace("&amp;", "&");
            prop_assert!(text.ends_with(&format::message(finding)));
            prop_assert!(text.starts_with(issue["message"].as_str().unwrap()));
        }
    }

    #[test]
    fn codequality_and_sarif_have_the_same_placed_findings(
        findings in prop::collection::vec(any_finding(), 0..5),
    ) {
        let report = failed(findings);
        let placed = report.ranked().into_iter().filter_map(|finding| {
            Some((finding, finding.location.as_ref().filter(|place| place.in_repository)?))
        });
        let placed: Vec<_> = placed.collect();
        let entries = read(&codequality::render(&report));
        let entries = entries.as_array().unwrap();
        let log = read(&sarif::render(&report));
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        prop_assert_eq!(entries.len(), placed.len());
        prop_assert_eq!(results.len(), placed.len());
        for ((entry, result), (finding, place)) in entries.iter().zip(results).zip(placed) {
            let message = format::message(finding);
            prop_assert_eq!(entry["description"].as_str().unwrap(), &message);
            prop_assert_eq!(entry["location"]["path"].as_str().unwrap(), &place.file);
            let shown = result["message"]["text"].as_str().unwrap();
            prop_assert!(!shown.contains("]("));
            prop_assert_eq!(shown.replace("] (", "]("), message.replace("] (", "]("));
            let location = &result["locations"][0]["physicalLocation"];
            let uri = location["artifactLocation"]["uri"].as_str().unwrap();
            prop_assert!(uri.is_ascii() && !uri.contains([' ', ':', '"', '<', '\\', '#', '?', '[']));
            let path = percent_encoding::percent_decode_str(uri).decode_utf8().unwrap();
            prop_assert_eq!(&path, &place.file);
            let print = "buildpixelFinding/v1";
            prop_assert_eq!(&result["partialFingerprints"][print], &entry["fingerprint"]);
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            prop_assert_eq!(&run["tool"]["driver"]["rules"][index]["id"], &entry["check_name"]);
        }
    }

    #[test]
    fn outputs_come_back_from_json_and_from_properties(value in text()) {
        let outputs = [("first-error", value.clone())];
        let object = read(&json::render(&outputs));
        prop_assert_eq!(object["first-error"].as_str().unwrap(), &value);
        let file = properties::render(&outputs);
        prop_assert!(file.is_ascii());
        prop_assert_eq!(property(&file), ("first-error".to_owned(), value));
    }
}

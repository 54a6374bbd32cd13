//! Whole logs of every kind of failure, and the findings in each in the order in which they are shown.

use std::fs;
use std::path::Path;

use super::Pipeline;
use crate::model::{Event, Finding, Level, LogLine};
use crate::text::{Cleaner, Style};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/logs");

/// All that a finding says.
fn shown(finding: &Finding) -> String {
    let phase = finding.phase.map_or("-", |phase| phase.as_str());
    let owner = finding.owner.map_or("-", |owner| owner.as_str());
    let place = match &finding.location {
        Some(location) if location.in_repository => format!("{location} (linked)"),
        Some(location) => location.to_string(),
        None => "-".to_owned(),
    };
    let code = finding.code.as_deref().unwrap_or("-");
    let mut shown = format!(
        "{} {code} in {phase}, {:?}, {owner}\n  at {place}\n",
        finding.severity.as_str(),
        finding.rank,
    );
    for line in finding.message.lines() {
        shown += &format!("  | {line}\n");
    }
    if finding.repeats > 0 {
        shown += &format!("  +{}: {}\n", finding.repeats, finding.also.join(", "));
    }
    if let Some(hint) = &finding.hint {
        shown += &format!("  hint: {hint}\n");
    }
    shown
}

/// The log in messages of so many lines.
fn read(pipeline: &Pipeline, log: &str, at_once: usize) -> Vec<Finding> {
    let mut pipeline = pipeline.clone();
    let mut findings = Vec::new();
    let mut show = |event| {
        if let Event::Finding(finding) = event {
            findings.push(finding);
        }
    };
    let lines: Vec<_> = log.lines().collect();
    for lines in lines.chunks(at_once) {
        let message = lines.join("\n");
        pipeline.feed(&LogLine { timestamp: None, level: Level::Info, message }, &mut show);
    }
    pipeline.finish(&mut show);
    findings
}

#[test]
fn every_kind_of_failure_is_read_whether_its_lines_come_alone_or_together() {
    let pipeline = Pipeline::new(Cleaner::new(&[], Style::default()), None);
    let mut paths: Vec<_> =
        fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let log = fs::read_to_string(&path).unwrap();
        let findings = read(&pipeline, &log, 1);
        for at_once in [2, 3, 5, 1000] {
            assert_eq!(read(&pipeline, &log, at_once), findings, "{path:?} by {at_once}");
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap();
        let shown: Vec<_> = findings.iter().map(shown).collect();
        insta::assert_snapshot!(name, shown.join("\n"));
    }
    assert!(
        Path::new(FOLDER).join("green-with-wrong-severities.log").exists(),
        "the logs were not found"
    );
}

//! The whole way of a hostile log: message, pipeline, renderer, and then the CI that reads it.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use super::*;
use crate::checkout::Checkout;
use crate::ci::{self, Ci, tests::named};
use crate::config::{Env, Task};
use crate::model::{Facts, Id, LogLine, Status};
use crate::reader::Pipeline;
use crate::report::Outcome;
use crate::text::Cleaner;
use crate::text::Style;
use crate::text::ci_parsers::{acted_on, is_buildkite_heading, is_travis_marker};
use crate::text::hostile_tests::hostile;

const HARMLESS: &str = "harmless";

/// Messages of the shapes that become lines, groups and findings.
fn messages() -> impl Strategy<Value = Vec<String>> {
    let shape = prop::sample::select(vec![
        "<>",
        "<>",
        "Source/A.cpp(42,7): error C2065: <>",
        "Source/<>.cpp(7): warning C4996: <>",
        "LogCook: Error: <>",
        "ERROR: <>",
        "********** COOK COMMAND STARTED **********",
        "********** COOK COMMAND COMPLETED ********** <>",
    ]);
    let message = (shape, hostile()).prop_map(|(shape, text)| shape.replace("<>", &text));
    prop::collection::vec(message, 1..80)
}

/// The events that the pipeline makes of the messages.
fn read(messages: &[String], cleaner: &Cleaner) -> Vec<Event> {
    let mut pipeline = Pipeline::new(cleaner.clone(), None);
    let mut events = Vec::new();
    for message in messages {
        let message = message.clone();
        pipeline.feed(&LogLine { timestamp: None, level: Level::Info, message }, &mut |event| {
            events.push(event)
        });
        let text = cleaner.title(messages.first().map_or("", String::as_str));
        events.push(Event::Status(Status::Other(text.clone())));
        events.push(Event::Notice(Notice::warn(text)));
    }
    pipeline.finish(&mut |event| events.push(event));
    events
}

/// The same events in words that nobody can take for a command.
fn harmless(events: &[Event]) -> Vec<Event> {
    let word = || HARMLESS.to_owned();
    let harmless = |event: &Event| match event {
        Event::Line { level, .. } => Event::Line { level: *level, text: word() },
        Event::Notice(Notice { level, .. }) => Event::Notice(Notice::new(*level, word())),
        Event::Status(_) => Event::Status(Status::Other(word())),
        Event::Finding(finding) => {
            // Different ones stay different.
            let nth = events.iter().position(|of| of == event).unwrap();
            let message = format!("{HARMLESS} {nth}");
            Event::Finding(Finding { message, location: None, ..finding.clone() })
        }
        Event::Action { took, .. } => Event::Action { name: word(), took: *took },
        Event::PhaseStarted(_) | Event::PhaseEnded { .. } | Event::Cooked { .. } => event.clone(),
    };
    events.iter().map(harmless).collect()
}

/// The lines that are printed on a CI for a build that fails.
fn shown(ci: &dyn Ci, events: &[Event], branch: &str) -> Vec<String> {
    let env = Env::default();
    let ascii = ci.wants_ascii(&env);
    let options = RenderOptions {
        log_level: Some(Level::Info),
        annotations: true,
        ascii,
        ..RenderOptions::default()
    };
    let dialect = ci.open(&env, false, &Checkout::none(), || UNIX_EPOCH);
    let mut renderer = Renderer::new(dialect, options);
    let build = Id::new("build0000000000000000001").unwrap();
    let mut report = BuildReport::new(&Task::Attach(build));
    let mut out = Vec::new();
    renderer.begin(&["s3cret"], &mut out);
    for event in events {
        report.observe(event);
        renderer.event(event, &report, &mut out);
    }
    let status = Some(Status::Failed);
    report.add_facts(Facts { status, branch: Some(branch.to_owned()), ..Facts::default() });
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
    String::from_utf8(out).unwrap().split('\n').map(str::to_owned).collect()
}

/// The CI that acts, and the line.
fn acts<'l>(ci: &dyn Ci, lines: &'l [String]) -> Vec<(&'static str, &'l str)> {
    let heading = |line: &str| ci.name() == "buildkite" && is_buildkite_heading(line);
    let fold = |line: &str| ci.name() == "travis" && is_travis_marker(line);
    let reader = |line: &str| {
        let own = heading(line).then_some("Buildkite").or(fold(line).then_some("Travis"));
        acted_on(line).or(own)
    };
    lines.iter().filter_map(|line| Some((reader(line)?, line.as_str()))).collect()
}

fn readers(acts: &[(&'static str, &str)]) -> Vec<&'static str> {
    acts.iter().map(|(reader, _)| *reader).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 8, ..ProptestConfig::default() })]

    /// Our own commands act; the log adds none and takes none away.
    #[test]
    fn every_ci_acts_on_a_hostile_log_as_on_a_harmless_one(messages in messages()) {
        // Making a pipeline is dear, and most CIs share a style.
        let mut read_in: Vec<(Style, Vec<Event>, String)> = Vec::new();
        for ci in ci::all() {
            let style = ci.text_style(&Env::default(), false);
            if read_in.iter().all(|(known, ..)| *known != style) {
                let cleaner = Cleaner::new(&["s3cret"], style);
                let branch = cleaner.title(&messages.concat());
                read_in.push((style, read(&messages, &cleaner), branch));
            }
            let (_, events, branch) = read_in.iter().find(|(known, ..)| *known == style).unwrap();
            let hostile = shown(ci, events, branch);
            if ci.wants_ascii(&Env::default()) {
                prop_assert!(hostile.iter().all(|line| line.is_ascii()), "{:?}: {:?}", ci, hostile);
            }
            let harmless = shown(ci, &harmless(events), HARMLESS);
            let acts = acts(ci, &hostile);
            prop_assert_eq!(
                readers(&acts),
                readers(&self::acts(ci, &harmless)),
                "{:?}: {:?}",
                ci,
                acts
            );
        }
    }
}

#[test]
fn our_own_commands_do_act() {
    let phases = ["********** COOK COMMAND STARTED **********", "LogCook: Error: x"];
    let messages: Vec<_> = phases.map(str::to_owned).into();
    let events = read(&messages, &Cleaner::new(&[], Default::default()));
    let acts = |ci| readers(&acts(named(ci), &shown(named(ci), &events, "main")));
    // A mask, a group and its end, the finding, the verdict.
    assert_eq!(acts("github"), ["GitHub ::"; 5]);
    assert_eq!(acts("gitlab"), ["GitLab"; 2]);
    assert_eq!(acts("travis"), ["Travis"; 2]);
    // The markers of its groups are those that GitHub once had.
    let group = "GitHub ##[";
    assert_eq!(acts("azure"), ["Azure", group, group, "Azure", "Azure"]);
    // Without a mask.
    assert_eq!(acts("teamcity"), ["TeamCity"; 4]);
    // The phase, that it failed, and the end.
    assert_eq!(acts("buildkite"), ["Buildkite"; 3]);
    assert!(acts("plain").is_empty());
}

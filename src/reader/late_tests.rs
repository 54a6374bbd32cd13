//! Lines that came too late for their place in the log.

use std::time::{Duration, SystemTime};

use super::Pipeline;
use crate::model::{Event, Finding, Level, LogLine, Phase};
use crate::text::{Cleaner, Style};

const COMPILES: &str = "********** BUILD COMMAND STARTED **********";
const COMPILED: &str = "********** BUILD COMMAND COMPLETED **********";
const COOKS: &str = "********** COOK COMMAND STARTED **********";
const COOKED: &str = "********** COOK COMMAND COMPLETED **********";

fn message(second: u64, text: &str) -> LogLine {
    let timestamp = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
    LogLine { timestamp, level: Level::Info, message: text.to_owned() }
}

/// All events of a log whose lines are one second apart; those that begin with `late: ` came late.
fn events(log: &[&str]) -> (Vec<Event>, Pipeline) {
    let mut pipeline = Pipeline::new(Cleaner::new(&["tok123456"], Style::default()), None);
    let mut events = Vec::new();
    for (second, line) in (0..).zip(log) {
        match line.strip_prefix("late: ") {
            Some(late) => pipeline.feed_late(&message(0, late), &mut |event| events.push(event)),
            None => pipeline.feed(&message(second, line), &mut |event| events.push(event)),
        }
    }
    pipeline.settle(&mut |event| events.push(event));
    (events, pipeline)
}

fn findings(events: &[Event]) -> Vec<Finding> {
    let finding = |event: &Event| match event {
        Event::Finding(finding) => Some(finding.clone()),
        _ => None,
    };
    events.iter().filter_map(finding).collect()
}

fn texts(events: &[Event]) -> Vec<&str> {
    let mut texts = Vec::new();
    for event in events {
        if let Event::Line { text, .. } = event {
            texts.push(text.as_str());
        }
    }
    texts
}

#[test]
fn a_late_line_is_shown_and_its_finding_and_action_count() {
    let error = "late: Drill.cpp(42): error C2065: 'Bit': undeclared identifier tok123456";
    let action = "late: [1/2] (Wall: 3.32s CPU: 1.20s) Compile [x64] Door.cpp";
    let (events, _) = events(&[COMPILES, error, action, "on we go"]);
    let lines = events.iter().filter(|event| matches!(event, Event::Line { .. }));
    assert_eq!(lines.count(), 4);
    let found = findings(&events);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code.as_deref(), found[0].phase), (Some("C2065"), Some(Phase::Compile)));
    assert!(!found[0].message.contains("tok123456"), "{found:?}");
    let took = Duration::from_millis(3320);
    let action = Event::Action { name: "Compile [x64] Door.cpp".to_owned(), took };
    assert!(events.contains(&action), "{events:?}");
}

#[test]
fn a_late_line_neither_begins_nor_ends_a_phase() {
    let late = [COOKS, COOKED, COMPILED].map(|marker| format!("late: {marker}"));
    let [cooks, cooked, compiled] = late.each_ref().map(String::as_str);
    let (events, _) = events(&[cooks, COMPILES, cooks, cooked, compiled, "x", COMPILED, "y"]);
    let phases: Vec<_> =
        events.into_iter().filter(|event| !matches!(event, Event::Line { .. })).collect();
    let took = Some(Duration::from_secs(5));
    let ended = Event::PhaseEnded { phase: Phase::Compile, took, completed: true };
    assert_eq!(phases, [Event::PhaseStarted(Phase::Compile), ended]);
}

#[test]
fn a_late_line_does_not_move_the_progress() {
    let earlier = "late: LogCook: Display: Cooked packages 100 Packages Remain 900 Total 1000";
    let now = "LogCook: Display: Cooked packages 700 Packages Remain 300 Total 1000";
    let (events, pipeline) =
        events(&[COOKS, earlier, now, earlier, "late: [1/2] Compile Door.cpp"]);
    let progress = pipeline.progress().map(|progress| progress.to_string());
    assert_eq!(progress.as_deref(), Some("700 of 1000 packages cooked"));
    let cooked: Vec<_> =
        events.into_iter().filter(|event| matches!(event, Event::Cooked { .. })).collect();
    assert_eq!(cooked, [Event::Cooked { done: 700, total: 1000 }]);
}

#[test]
fn late_lines_in_the_middle_of_an_event_are_an_event_of_their_own() {
    const ERROR: &str = "Drill.cpp(42): error C2672: 'Dig': no matching overloaded function found";
    const NOTES: [&str; 2] = [
        "Drill.h(10): note: could be 'void Dig(int)'",
        "Drill.h(11): note: or       'void Dig(float)'",
    ];
    let late = [ERROR, NOTES[0], NOTES[1]]
        .map(|line| format!("late: {}", line.replace("Dig", "Haul").replace("Drill", "Cart")));
    let [error, first, second] = late.each_ref().map(String::as_str);
    let apart = events(&[COMPILES, ERROR, NOTES[0], NOTES[1], error, first, second]).0;
    let amid = events(&[COMPILES, ERROR, error, NOTES[0], first, second, NOTES[1]]).0;
    let found = findings(&apart);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|finding| finding.message.contains("float")), "{found:#?}");
    assert_eq!(findings(&amid), found);
}

#[test]
fn late_lines_in_the_middle_of_a_private_key_leave_the_rest_of_it_masked() {
    let body = "MIIEowIBAAKCAQEAx1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T+/abcdef";
    let late = "late: LogCook: Display: on we go";
    let begin = "-----BEGIN PRIVATE KEY-----";
    let end = "-----END PRIVATE KEY-----";
    let late_end = format!("late: {end}");
    let log = [begin, body, late, late, late, late, body, &late_end, body, end];
    let (events, _) = events(&log);
    let note = "LogCook: Display: on we go";
    let expected = [begin, "***", note, note, note, note, "***", end, "***", end];
    assert_eq!(texts(&events), expected);
}

#[test]
fn a_private_key_on_late_lines_is_masked_and_hides_nothing_of_the_log() {
    let body = "MIIEowIBAAKCAQEAx1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T+/abcdef";
    let late_body = format!("late: {body}");
    let log = ["late: -----BEGIN PRIVATE KEY-----", body, &late_body];
    let (events, _) = events(&log);
    assert_eq!(texts(&events), ["-----BEGIN PRIVATE KEY-----", body, "***"]);
}

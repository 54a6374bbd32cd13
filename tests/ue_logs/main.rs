//! The pipeline on real logs, where there are any: `../shared/ue-logs` is beside the repository and never in it.
//! Prints a scoreboard (`cargo test --test ue_logs -- --nocapture`) and holds what was reached once.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and this one prints more than whether it passed"
)]

mod annotations;
mod corpus;
mod masking;
mod reading;
mod scoreboard;
#[path = "../skipped/mod.rs"]
mod skipped;

use std::collections::BTreeMap;

use annotations::annotations;
use buildpixel_ci::model::{Event, Phase};
use corpus::{Corpus, Outcome};
use reading::{Whole, events, outside_run, read, roots};
use scoreboard::{Score, describe};

/// Red sessions with a reported root cause.
const ROOTS_OF_RED: usize = 28;
/// Annotations of the sidecars that are found with place, code, severity and essence.
const WHOLLY_FOUND: usize = 27;
/// Annotations of which only one of these is different; those that are found may also be more.
const NEARLY_FOUND: usize = 1;
/// Errors that no sidecar asks for, at most: inside the builds, and in what the editor said around them.
const UNEXPECTED: usize = 3;
const UNEXPECTED_AROUND: usize = 39;
/// Phases whose length the log shows, without a clock.
const TIMED_PHASES: usize = 416;
/// The only session that counts as green and is not: the log was cut off before it could say that the cook had failed.
const REALLY_RED: &str = "d9eb1e53-s00";

#[test]
fn green_sessions_have_no_errors() {
    let Some(corpus) = Corpus::open() else { return };
    let mut lying = BTreeMap::new();
    let mut green = 0;
    for session in corpus.sessions().iter().filter(|session| session.outcome == Outcome::Ok) {
        green += 1;
        let findings = read(&outside_run(&session.lines), Whole::Lines);
        let errors: Vec<_> =
            findings.iter().filter(|f| f.severity.as_str() == "error").map(describe).collect();
        if !errors.is_empty() {
            lying.insert(session.name.clone(), errors);
        }
    }
    println!("\n== {green} green sessions, {} with errors", lying.len());
    for (name, errors) in &lying {
        println!("{name}");
        errors.iter().for_each(|error| println!("    {error}"));
    }
    let really_red =
        lying.keys().find(|name| name.contains(REALLY_RED)).cloned().unwrap_or_default();
    let cook = lying.remove(&really_red).unwrap_or_default();
    assert!(
        cook.iter().any(|error| error.starts_with("cook | ")),
        "the cook of {REALLY_RED}: {cook:?}"
    );
    assert!(lying.is_empty(), "errors in green sessions: {:?}", lying.keys());
}

#[test]
fn red_sessions_have_a_root_cause() {
    let Some(corpus) = Corpus::open() else { return };
    let (mut red, mut explained) = (0, 0);
    println!();
    for session in corpus.sessions().iter().filter(|session| session.outcome == Outcome::Fail) {
        red += 1;
        let findings = read(&session.lines, Whole::Lines);
        let roots = roots(&findings);
        explained += usize::from(!roots.is_empty());
        let first = roots.first().map_or("NO ROOT CAUSE".to_owned(), |root| describe(root));
        println!("{} ({}), {} roots\n    {first}", session.name, session.exit, roots.len());
    }
    println!("== {explained} of {red} red sessions have a root cause, {ROOTS_OF_RED} at least");
    assert!(explained >= ROOTS_OF_RED);
}

#[test]
fn the_annotations_of_a_perfect_tool_are_found() {
    let Some(corpus) = Corpus::open() else { return };
    let mut total = Score::default();
    for log in corpus.logs() {
        let inside = log
            .sessions(corpus)
            .flat_map(|session| read(&session.lines, Whole::Lines))
            .collect::<Vec<_>>();
        let findings = read(&log.lines, Whole::Lines);
        let score = Score::of(&annotations(&log.sidecar), &findings, &inside);
        score.print(&log.name);
        total.add(&score);
    }
    total.print("== all logs");
    assert!(total.wholly >= WHOLLY_FOUND, "{} of {} found", total.wholly, total.expected);
    assert!(total.wholly + total.nearly >= WHOLLY_FOUND + NEARLY_FOUND);
    assert!(total.unexpected.len() <= UNEXPECTED, "{:?}", total.unexpected);
    assert!(total.around.len() <= UNEXPECTED_AROUND, "{:?}", total.around);
}

#[test]
fn findings_do_not_depend_on_how_lines_arrive() {
    let Some(corpus) = Corpus::open() else { return };
    for session in corpus.sessions() {
        let by_line = read(&session.lines, Whole::Lines);
        assert_eq!(read(&session.lines, Whole::Messages), by_line, "{}", session.name);
    }
}

#[test]
fn phases_have_durations_and_the_cook_never_goes_back() {
    let Some(corpus) = Corpus::open() else { return };
    let mut phases: BTreeMap<Phase, (usize, usize, usize)> = BTreeMap::new();
    for session in corpus.sessions() {
        let mut cooked = 0;
        for event in events(&session.lines, Whole::Lines) {
            match event {
                Event::PhaseStarted(_) => cooked = 0,
                Event::PhaseEnded { phase, took, completed } => {
                    let count = phases.entry(phase).or_default();
                    count.0 += 1;
                    count.1 += usize::from(completed);
                    count.2 += usize::from(took.is_some());
                }
                Event::Cooked { done, .. } => {
                    assert!(done >= cooked, "{done} after {cooked} in {}", session.name);
                    cooked = done;
                }
                _ => {}
            }
        }
    }
    let mut timed = 0;
    for (phase, (all, completed, with_length)) in &phases {
        println!(
            "{}: {all} phases, {completed} completed, {with_length} with their length",
            phase.as_str()
        );
        timed += with_length;
    }
    println!("== {timed} phases with their length, {TIMED_PHASES} at least");
    assert!(timed >= TIMED_PHASES);
}

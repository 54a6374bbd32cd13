//! Findings that wait for the checkout: order, time limit and refused threads.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::Checkout;
use super::index::Index;
use super::placing::Placing;
use crate::model::{
    BuildMachine, Clue, Event, Finding, Level, LogLine, Notice, Phase, RemoteFile, RemotePath,
};
use crate::reader::Pipeline;
use crate::text::{Cleaner, Style};

/// No test waits this long.
const NEVER: Duration = Duration::from_secs(600);

fn cleaner() -> Cleaner {
    Cleaner::new(&["tok123456"], Style::default())
}

fn index(files: &[&str]) -> Index {
    let mut index = Index::of(Path::new("/top"));
    files.iter().for_each(|file| index.add("", file));
    index.sort();
    index
}

/// A checkout whose walk ends with the index sent over the channel.
fn hanging(patience: Duration) -> (Placing, mpsc::Sender<Option<Index>>) {
    let (answer, hangs) = mpsc::channel();
    let checkout = Checkout::walked_by(move || hangs.recv().ok().flatten());
    let mut placing = Placing::new(checkout, None, cleaner());
    placing.patience = patience;
    (placing, answer)
}

/// A checkout whose walk is over.
async fn known(index: Option<Index>) -> Placing {
    let mut checkout = Checkout::walked_by(|| index);
    checkout.begin().unwrap();
    checkout.walked().await;
    Placing::new(checkout, None, cleaner())
}

fn line(text: &str) -> Event {
    Event::Line { level: Level::Info, text: text.to_owned() }
}

/// A finding that keeps its path, unless a checkout has the file.
fn finding(path: &str) -> Event {
    let clue = Clue::File(RemoteFile::whole(path));
    let remote = RemotePath { clue, machine: BuildMachine::default().into() };
    Event::Finding(Finding { remote: Some(Box::new(remote)), ..Finding::error(path) })
}

/// The events in short form; findings with their file.
fn described(events: &[Event]) -> Vec<String> {
    let described = events.iter().map(|event| match event {
        Event::Line { text, .. } | Event::Notice(Notice { text, .. }) => text.clone(),
        Event::Finding(finding) => {
            assert_eq!(finding.remote, None, "it was looked up");
            let file = finding.location.as_ref().map(|location| location.file.as_str());
            format!("{} in {}", finding.message, file.unwrap_or("-"))
        }
        other => format!("{other:?}"),
    });
    described.collect()
}

#[tokio::test]
async fn a_finding_waits_for_the_walk_and_nothing_overtakes_it() {
    let (mut placing, answer) = hanging(NEVER);
    let mut shown = Vec::new();
    placing.pass(line("before"), &mut |event| shown.push(event));
    assert!(!placing.is_waiting());
    placing.pass(finding("A.cpp"), &mut |event| shown.push(event));
    placing.pass(line("after"), &mut |event| shown.push(event));
    placing.pass(finding("Gone.cpp"), &mut |event| shown.push(event));
    placing.pass(Event::PhaseStarted(Phase::Cook), &mut |event| shown.push(event));
    assert!(placing.is_waiting());
    assert_eq!(described(&shown), ["before"]);
    answer.send(Some(index(&["Game.uproject", "a.cpp"]))).unwrap();
    placing.ready().await;
    placing.release(&mut |event| shown.push(event));
    let after = ["before", "A.cpp in a.cpp", "after", "Gone.cpp in Gone.cpp", "PhaseStarted(Cook)"];
    assert_eq!(described(&shown), after);
    placing.pass(finding("A.CPP"), &mut |event| shown.push(event));
    assert_eq!(described(&shown)[5..], ["A.CPP in a.cpp"]);
}

#[tokio::test(start_paused = true)]
async fn all_findings_together_wait_no_longer_than_the_patience() {
    let (mut placing, answer) = hanging(Duration::from_millis(20));
    let mut shown = Vec::new();
    for path in ["A.cpp", "b.cpp", "B.cpp"] {
        placing.pass(finding(path), &mut |event| shown.push(event));
        // Resolves for the first one when the time is over, and at once for the others.
        placing.ready().await;
        placing.release(&mut |event| shown.push(event));
        assert!(!placing.is_waiting());
    }
    assert_eq!(described(&shown), ["A.cpp in -", "b.cpp in -", "B.cpp in -"], "as it was certain");
    assert!(placing.patience.is_zero());
    // The late result of the walk is still used.
    answer.send(Some(index(&["Game.uproject", "a.cpp"]))).unwrap();
    placing.checkout.walked().await;
    placing.pass(finding("A.cpp"), &mut |event| shown.push(event));
    assert_eq!(described(&shown)[3..], ["A.cpp in a.cpp"]);
}

#[tokio::test]
async fn after_release_nothing_waits() {
    let (mut placing, _answer) = hanging(NEVER);
    let mut shown = Vec::new();
    placing.pass(finding("A.cpp"), &mut |event| shown.push(event));
    assert_eq!(described(&shown), [""; 0]);
    placing.hurry(&mut |event| shown.push(event));
    placing.pass(finding("B.cpp"), &mut |event| shown.push(event));
    assert!(!placing.is_waiting());
    placing.ready().await;
    assert_eq!(described(&shown), ["A.cpp in -", "B.cpp in -"]);
}

#[tokio::test]
async fn nothing_waits_without_a_need_for_the_checkout() {
    let mut shown = Vec::new();
    for mut placing in [
        Placing::new(Checkout::none(), None, cleaner()),
        known(None).await,
        known(Some(index(&["Game.uproject"]))).await,
    ] {
        placing.pass(finding("A.cpp"), &mut |event| shown.push(event));
        assert!(!placing.is_waiting());
    }
    assert_eq!(described(&shown), ["A.cpp in -", "A.cpp in -", "A.cpp in A.cpp"]);
    let (mut placing, _answer) = hanging(NEVER);
    placing.pass(Event::Finding(Finding::error("m")), &mut |event| shown.push(event));
    assert_eq!(described(&shown)[3..], ["m in -"]);
}

#[tokio::test]
async fn unsafe_file_names_are_made_safe() {
    let mut shown = Vec::new();
    let mut placing = known(Some(index(&["Game.uproject", "tok123456.cpp"]))).await;
    placing.pass(finding("TOK123456.cpp"), &mut |event| shown.push(event));
    let Some(Event::Finding(found)) = shown.pop() else { panic!("{shown:?}") };
    let location = found.location.unwrap();
    assert_eq!((location.file.as_str(), location.in_repository), ("***.cpp", false));
}

#[tokio::test]
async fn a_refused_thread_is_reported_once_and_nothing_waits() {
    let (mut placing, _answer) = hanging(NEVER);
    let mut shown = Vec::new();
    // No machine has so much memory.
    let begun = placing.checkout.begin_on(thread::Builder::new().stack_size(1 << 60));
    placing.report_refusal(begun, &mut |event| shown.push(event));
    placing.begin(&mut |event| shown.push(event));
    placing.pass(finding("A.cpp"), &mut |event| shown.push(event));
    let described = described(&shown);
    assert_eq!(described.len(), 2, "{described:?}");
    let says = described[0].starts_with("the checkout is not searched for the files of findings");
    assert!(says, "{described:?}");
    assert_eq!(described[1], "A.cpp in -");
}

/// All events of a log, with every finding resolved.
fn read(pipeline: &Pipeline, placing: &mut Placing, log: &str, release: bool) -> Vec<Event> {
    let mut pipeline = pipeline.clone();
    let mut shown = Vec::new();
    for message in log.lines() {
        let line = LogLine { timestamp: None, level: Level::Info, message: message.to_owned() };
        pipeline.feed(&line, &mut |event| placing.pass(event, &mut |event| shown.push(event)));
        if release {
            placing.release(&mut |event| shown.push(event));
        }
    }
    pipeline.finish(&mut |event| placing.pass(event, &mut |event| shown.push(event)));
    shown
}

#[tokio::test]
async fn looking_up_later_gives_the_same_as_looking_up_at_once() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/logs");
    let pipeline = Pipeline::new(cleaner(), None);
    let mut differing = 0;
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let log = fs::read_to_string(&path).unwrap();
        // Afterwards all findings point elsewhere.
        let moved = "\n-project=/elsewhere/Other.uproject\nCloning into '/elsewhere'...\n";
        let log = format!("{log}\n********** COOK COMMAND STARTED **********{moved}");
        let mut without = Placing::new(Checkout::none(), None, cleaner());
        let certain = read(&pipeline, &mut without, &log, true);
        let files = certain.iter().filter_map(|event| match event {
            Event::Finding(finding) => finding.location.as_ref(),
            _ => None,
        });
        let files: Vec<_> = files.map(|place| format!("g/{}", place.file.to_lowercase())).collect();
        let files: Vec<_> = files.iter().map(String::as_str).chain(["g/Game.uproject"]).collect();

        let mut at_once = known(Some(index(&files))).await;
        let expected = read(&pipeline, &mut at_once, &log, true);
        let (mut later, answer) = hanging(NEVER);
        let mut shown = read(&pipeline, &mut later, &log, false);
        answer.send(Some(index(&files))).unwrap();
        later.ready().await;
        later.release(&mut |event| shown.push(event));
        assert_eq!(shown, expected, "{path:?}");
        differing += usize::from(expected != certain);
    }
    assert!(differing > 5, "the checkout made a difference in {differing} logs");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whenever_the_walk_ends_every_event_is_shown_once_and_in_order(
        kinds in proptest::collection::vec(0..4, 0..40),
        answered in 0..40_usize,
        released in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (mut placing, answer) = hanging(NEVER);
        let mut shown = Vec::new();
        for (at, kind) in kinds.iter().enumerate() {
            if at == answered {
                placing.begin(&mut |event| shown.push(event));
                answer.send(Some(index(&["Game.uproject", "a.cpp"]))).unwrap();
                runtime.block_on(placing.checkout.walked());
            }
            let event = match kind {
                0 => finding("A.cpp"),
                1 => Event::PhaseStarted(Phase::Cook),
                _ => line(&at.to_string()),
            };
            placing.pass(event, &mut |event| shown.push(event));
            if at > answered && released[at] {
                runtime.block_on(placing.ready());
                placing.release(&mut |event| shown.push(event));
            }
        }
        placing.hurry(&mut |event| shown.push(event));
        let is_known = kinds.len() > answered;
        let expected: Vec<_> = kinds.iter().enumerate().map(|(at, kind)| match kind {
            0 if is_known => "A.cpp in a.cpp".to_owned(),
            0 => "A.cpp in -".to_owned(),
            1 => "PhaseStarted(Cook)".to_owned(),
            _ => at.to_string(),
        }).collect();
        prop_assert_eq!(described(&shown), expected);
    }
}

//! Spending the ten annotations of each severity, for any build.

use proptest::prelude::*;

use super::tests::{build, events_shown, options, renderer, report_of};
use super::*;
use crate::config::{Env, OnSuperseded, Task};
use crate::model::{Location, Rank, Status};
use crate::report::{Outcome, Signal};

const PHASES: [Phase; 3] = [Phase::Compile, Phase::Cook, Phase::Stage];

/// All about a finding follows from its number, so that the same number is the same finding.
fn finding(number: usize) -> Finding {
    let pick = |of: usize| (number / 7 + number * 5) % of;
    Finding {
        severity: if number.is_multiple_of(3) { Severity::Warning } else { Severity::Error },
        code: Some(format!("C{}", pick(4))),
        location: Some(Location {
            file: format!("Source/F{}.cpp", pick(6)),
            in_repository: true,
            line: None,
            column: None,
            end_line: None,
        }),
        phase: PHASES.get(pick(5)).copied(),
        rank: [Rank::Compile, Rank::FollowUp, Rank::Infrastructure][pick(3)],
        ..Finding::error(format!("m{number}."))
    }
}

fn event() -> impl Strategy<Value = Event> {
    let phase = || prop::sample::select(&PHASES[..]);
    prop_oneof![
        12 => (0..90_usize).prop_map(|number| Event::Finding(finding(number))),
        1 => phase().prop_map(Event::PhaseStarted),
        3 => (phase(), any::<bool>())
            .prop_map(|(phase, completed)| Event::PhaseEnded { phase, took: None, completed }),
    ]
}

fn outcome() -> impl Strategy<Value = fn() -> Outcome> {
    prop::sample::select(vec![
        (|| Outcome::Failure) as fn() -> Outcome,
        || Outcome::Success,
        || Outcome::Superseded(OnSuperseded::Fail),
        || Outcome::TimedOut { after: Duration::from_secs(60), queued: false },
        || Outcome::Interrupted(Signal::Term),
    ])
}

/// The lines of a whole run on GitHub. No finding is reported twice, as [`Event::Finding`] says.
fn run(mut events: Vec<Event>, outcome: &Outcome) -> (BuildReport, Vec<String>) {
    let mut reported = Vec::new();
    events.retain(|event| {
        let is_new = !matches!(event, Event::Finding(_)) || !reported.contains(event);
        reported.push(event.clone());
        is_new
    });
    let mut renderer = renderer("github", &Env::default(), options());
    let mut out = Vec::new();
    let mut report = events_shown(&mut renderer, events, report_of([]), &mut out);
    let status = match outcome {
        Outcome::Failure => Status::Failed,
        Outcome::Success => Status::Complete,
        Outcome::Superseded(_) => Status::Superseded,
        _ => Status::Running,
    };
    report.observe(&Event::Status(status));
    renderer.conclude(&report, &Verdict::new(&report, outcome), &mut out);
    let shown = String::from_utf8(out).unwrap();
    (report, shown.lines().map(str::to_owned).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_run_has_more_annotations_than_ten_of_each_severity_or_one_twice(
        events in prop::collection::vec(event(), 0..250),
        outcome in outcome(),
    ) {
        let outcome = outcome();
        let (report, lines) = run(events, &outcome);
        let verdict = Verdict::new(&report, &outcome);
        let is_of_failure = |error: &Finding| report.unfinished().any(|phase| Some(phase) == error.phase);
        if report.errors > 0 && !report.findings.iter().any(|e| e.is_follow_up() && is_of_failure(e)) {
            prop_assert_eq!(report.hidden(), report.follow_ups, "nothing that failed merely follows");
        }
        for (severity, all) in
            [(Severity::Error, report.error_count()), (Severity::Warning, report.warnings)]
        {
            let start = format!("::{}", severity.as_str());
            let annotations: Vec<_> = lines.iter().filter(|line| line.starts_with(&start)).collect();
            prop_assert!(annotations.len() <= 10, "{:#?}", annotations);
            let pointing = annotations.iter().filter(|line| line.contains(" title=C")).count();
            let counting: Vec<_> = annotations.iter().filter(|line| line.contains("::and ")).collect();
            let counted = match counting[..] {
                [] => 0,
                [one] => one.split(' ').nth(1).unwrap().parse().unwrap(),
                _ => panic!("{counting:#?}"),
            };
            prop_assert_eq!(pointing + counted, all, "each is pointed at or counted");
        }
        if verdict.level == Level::Error {
            let is_error = |line: &&String| line.starts_with("::error");
            prop_assert!(lines.iter().rfind(is_error).unwrap().contains(verdict.title));
        }
        for number in 0..90 {
            let finding = finding(number);
            let severity = finding.severity.as_str();
            let is_shown = |line: &&String| {
                line.ends_with(&format!("::{finding}"))
                    || **line == format!("{severity}: {finding}")
            };
            let times = lines.iter().filter(is_shown).count();
            prop_assert!(times <= 1, "{number}: {lines:#?}");
            if report.hidden() > 0 && finding.is_follow_up() && finding.severity == Severity::Error {
                prop_assert_eq!(times, 0, "{} is a follow-up", number);
            }
        }
        if let Some(root) = report.root_cause() {
            let annotated = lines.iter().any(|line| line.ends_with(&format!("::{root}")));
            prop_assert!(annotated, "{root}: {lines:#?}");
        }
    }
}

fn errors_of(phase: Phase, count: usize) -> Vec<Event> {
    let error = |number| {
        Event::Finding(Finding {
            severity: Severity::Error,
            message: format!("{}{number}", phase.as_str()),
            phase: Some(phase),
            rank: Rank::Compile,
            ..finding(0)
        })
    };
    (0..count).map(error).collect()
}

fn ended(phase: Phase) -> Event {
    Event::PhaseEnded { phase, took: None, completed: true }
}

#[test]
fn a_phase_spends_half_of_what_is_left_and_the_end_always_has_two() {
    let mut renderer = renderer("github", &Env::default(), options());
    let mut report = BuildReport::new(&Task::Attach(build()));
    for (phase, share) in
        [(Phase::SourceSync, 5), (Phase::Compile, 2), (Phase::Cook, 0), (Phase::Stage, 0)]
    {
        let events = errors_of(phase, 20).into_iter().chain([ended(phase)]);
        let mut out = Vec::new();
        report = events_shown(&mut renderer, events, report, &mut out);
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.matches("\n").count(), share, "{phase:?}: {shown}");
        assert_eq!(shown.matches("::error title=").count(), share, "{phase:?}: {shown}");
    }
    report.observe(&Event::PhaseStarted(Phase::Package));
    for event in errors_of(Phase::Package, 1) {
        report.observe(&event);
    }
    report.observe(&Event::Status(Status::Failed));
    let mut out = Vec::new();
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
    let shown = String::from_utf8(out).unwrap();
    let annotations: Vec<_> = shown.lines().filter(|line| line.starts_with("::error")).collect();
    assert!(
        annotations[0].ends_with("::Source/F0.cpp: C0: package0"),
        "the root cause comes first: {shown}"
    );
    assert_eq!(annotations[1], "::error::and 73 more errors: see the step summary");
    assert!(annotations[2].starts_with("::error title=Build failed"), "{shown}");
    assert_eq!(annotations.len(), 3);
}

#[test]
fn a_phase_that_ends_annotates_its_own_findings_and_earlier_ones() {
    let at = |message: &str, phase| {
        Event::Finding(Finding {
            severity: Severity::Warning,
            code: None,
            message: message.to_owned(),
            phase,
            ..finding(0)
        })
    };
    let mut renderer = renderer("github", &Env::default(), options());
    let events = [
        at("compile", Some(Phase::Compile)),
        at("nowhere", None),
        at("cook", Some(Phase::Cook)),
        ended(Phase::Cook),
    ];
    let mut out = Vec::new();
    let report = events_shown(&mut renderer, events, report_of([]), &mut out);
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(
        shown,
        "::warning file=Source/F0.cpp::Source/F0.cpp: nowhere\n::warning file=Source/F0.cpp::Source/F0.cpp: cook\n"
    );
    let mut out = Vec::new();
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Success), &mut out);
    let shown = String::from_utf8(out).unwrap();
    assert_eq!(shown.lines().next(), Some("::warning file=Source/F0.cpp::Source/F0.cpp: compile"));
    assert_eq!(shown.matches("::warning").count(), 1, "{shown}");
}

#[test]
fn follow_up_errors_wait_for_the_end_and_are_shown_if_there_is_nothing_else() {
    let follow_up = Finding { severity: Severity::Error, rank: Rank::FollowUp, ..finding(0) };
    let events = vec![Event::Finding(follow_up), ended(Phase::Compile), ended(Phase::Cook)];
    let (_, lines) = run(events.clone(), &Outcome::Failure);
    assert_eq!(lines[0], "::error title=C0,file=Source/F0.cpp::Source/F0.cpp: C0: m0.");
    let (_, lines) = run([events, errors_of(Phase::Stage, 1)].concat(), &Outcome::Failure);
    assert!(lines[0].ends_with("::Source/F0.cpp: C0: stage0"), "{lines:#?}");
    assert!(lines[1].starts_with("::error title=Build failed"), "{lines:#?}");
    assert!(lines[1].ends_with("1 error; 1 follow-up error hidden"), "{lines:#?}");
}

#[test]
fn without_annotations_all_findings_are_shown_at_the_end() {
    let quiet = RenderOptions { annotations: false, ..options() };
    for (ci, options) in [("github", quiet), ("plain", options())] {
        let mut renderer = renderer(ci, &Env::default(), options);
        let mut out = Vec::new();
        let events = errors_of(Phase::Cook, 12).into_iter().chain([ended(Phase::Cook)]);
        let report = events_shown(&mut renderer, events, report_of([]), &mut out);
        assert_eq!(out, b"");
        renderer.conclude(&report, &Verdict::new(&report, &Outcome::Success), &mut out);
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.lines().filter(|line| line.starts_with("error: ")).count(), 12);
        assert!(!shown.contains("more error"), "{shown}");
    }
}

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::config::{Mistake, Overrides, Task};
use crate::error::MAY_HAVE_STARTED;
use crate::event::Rank;

fn report() -> Report {
    Report::new(&Task::Attach(Id::new("b1").unwrap()))
}

fn finding(severity: Severity, message: &str) -> Finding {
    Finding {
        severity,
        code: None,
        message: message.to_owned(),
        location: None,
        phase: None,
        rank: Rank::Compile,
        class: None,
        hint: None,
        repeats: 0,
        also: Vec::new(),
    }
}

fn error(message: &str) -> Finding {
    finding(Severity::Error, message)
}

fn observed(events: impl IntoIterator<Item = Event>) -> Report {
    let mut report = report();
    for event in events {
        report.observe(&event);
    }
    report
}

fn output(report: &Report, outcome: Option<&Outcome>, name: &str) -> String {
    report.outputs(outcome).into_iter().find(|(n, _)| *n == name).unwrap().1
}

fn outcomes() -> Vec<Outcome> {
    let after = Duration::from_secs(5400);
    let mistake =
        |input: &'static str| Mistake { input, found: None, problem: "is required".to_owned() };
    vec![
        Outcome::Success,
        Outcome::Failure,
        Outcome::Superseded(OnSuperseded::Fail),
        Outcome::Superseded(OnSuperseded::Pass),
        Outcome::TimedOut { after, queued: false },
        Outcome::TimedOut { after, queued: true },
        Outcome::Detached,
        Outcome::Interrupted(Signal::Int),
        Outcome::Interrupted(Signal::Term),
        Outcome::from(Error::Config(vec![mistake("token"), mistake("project")])),
    ]
}

#[test]
fn every_outcome_has_its_exit_code_and_its_word() {
    let actual: Vec<_> = outcomes().iter().map(|o| (o.exit_code().number(), o.result())).collect();
    let expected = [
        (0, "success"),
        (10, "failure"),
        (11, "superseded"),
        (0, "superseded"),
        (12, "timeout"),
        (12, "timeout"),
        (0, "detached"),
        (130, "interrupted"),
        (143, "interrupted"),
        (20, "error"),
    ];
    assert_eq!(actual, expected);
}

#[test]
fn every_outcome_is_told_in_words() {
    let mut running = observed([
        Event::Status(Status::Running),
        Event::Finding(finding(Severity::Warning, "careful")),
        Event::Finding(error("broken\nnote: here")),
    ]);
    running.facts.duration = Some(Duration::from_millis(723_900));
    let mut failed = running.clone();
    failed.observe(&Event::PhaseStarted(Phase::Cook));
    failed.observe(&Event::Status(Status::Failed));
    let mut told = String::new();
    for outcome in outcomes() {
        let report = if matches!(outcome, Outcome::Failure) { &failed } else { &running };
        let verdict = Verdict::new(report, &outcome);
        let lines: Vec<_> = verdict.lines().collect();
        told += &format!("[{:?}] {}\n{}\n\n", verdict.level, verdict.title, lines.join("\n"));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_failed_build_names_its_phase_and_an_ended_one_needs_no_attaching() {
    let failed = observed([Event::PhaseStarted(Phase::Compile), Event::Status(Status::Failed)]);
    let verdict = Verdict::new(&failed, &Outcome::Failure);
    assert_eq!(verdict.headline, "build b1 failed in compile");
    let lost = Verdict::new(&failed, &Outcome::Interrupted(Signal::Int));
    assert_eq!(lost.headline, "interrupted (SIGINT) after build b1 had ended");
    assert_eq!(lost.hint, None);
}

#[test]
fn an_interrupt_during_the_trigger_says_that_a_build_may_exist() {
    let project = Id::new("p").unwrap();
    let build_setting = Id::new("s").unwrap();
    let overrides = Overrides::default();
    let report = Report::new(&Task::Trigger { project, build_setting, overrides });
    let verdict = Verdict::new(&report, &Outcome::Interrupted(Signal::Term));
    assert_eq!(verdict.headline, "terminated (SIGTERM) while the build was being triggered");
    assert_eq!(verdict.hint.as_deref(), Some(MAY_HAVE_STARTED));
    assert_eq!(output(&report, None, "build-id"), "");
    assert_eq!(output(&report, None, "project-id"), "p");
    assert_eq!(output(&report, None, "build-setting-id"), "s");
}

#[test]
fn an_interrupt_says_that_there_is_no_build_only_if_that_is_certain() {
    let report = Report { build: None, untriggered: true, ..report() };
    let verdict = Verdict::new(&report, &Outcome::Interrupted(Signal::Int));
    assert_eq!(verdict.headline, "interrupted (SIGINT); nothing was triggered");
    assert_eq!(verdict.hint, None);
}

#[test]
fn a_build_that_has_ended_does_not_run_on_without_us() {
    let ended = observed([Event::Status(Status::Complete)]);
    let verdict = Verdict::new(&ended, &Outcome::Detached);
    assert_eq!(verdict.headline, "build b1 has ended already (`wait: false`)");
    assert_eq!(verdict.hint, None);
}

#[test]
fn outputs_are_named_as_github_and_shells_need_them_and_documented() {
    let mut seen = std::collections::HashSet::new();
    for Output { name, value, .. } in OUTPUTS {
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        assert!(value.ends_with('.'), "{name}");
        assert!(seen.insert(name), "{name} twice");
    }
    let names: Vec<_> = report().outputs(None).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, OUTPUTS.iter().map(|output| output.name).collect::<Vec<_>>());
}

#[test]
fn every_output_is_read_from_the_report() {
    let mut report = observed([
        Event::Finding(finding(Severity::Warning, "careful")),
        Event::Finding(error("broken\nnote: here")),
        Event::PhaseStarted(Phase::Stage),
        Event::Status(Status::Failed),
    ]);
    report.learn(Facts {
        project: Id::new("p1"),
        build_setting: Id::new("s1"),
        status: None,
        platform: Some("Win64".to_owned()),
        build_type: Some("Shipping".to_owned()),
        branch: Some("main".to_owned()),
        commit: Some("c0de".to_owned()),
        ue_version: Some("5.4".to_owned()),
        created_at: Some(UNIX_EPOCH),
        finished_at: Some(UNIX_EPOCH + Duration::from_secs(100)),
        duration: Some(Duration::from_millis(60_900)),
    });
    let values: Vec<_> = report.outputs(Some(&Outcome::Failure)).into_iter().collect();
    let expected = [
        ("build-id", "b1"),
        ("project-id", "p1"),
        ("build-setting-id", "s1"),
        ("status", "failed"),
        ("result", "failure"),
        ("platform", "Win64"),
        ("build-type", "Shipping"),
        ("branch", "main"),
        ("commit", "c0de"),
        ("ue-version", "5.4"),
        ("queued-seconds", "39"),
        ("duration-seconds", "60"),
        ("error-count", "1"),
        ("warning-count", "1"),
        ("first-error", "broken"),
        ("failed-phase", "stage"),
    ];
    assert_eq!(values, expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn a_status_that_nobody_knows_is_unknown() {
    assert_eq!(output(&report(), None, "status"), "unknown");
    let odd = observed([Event::Status(Status::Other("paused".to_owned()))]);
    assert_eq!(output(&odd, None, "status"), "unknown");
    assert_eq!(output(&odd, None, "result"), "");
}

#[test]
fn the_last_word_of_the_api_outweighs_what_it_pushed() {
    let mut report = observed([Event::Status(Status::Complete)]);
    report.learn(Facts { status: Some(Status::Failed), ..Facts::default() });
    assert_eq!(report.status, Some(Status::Failed));
}

#[test]
fn what_the_api_leaves_out_later_stays_known() {
    let mut report = report();
    let branch = Some("main".to_owned());
    report.learn(Facts { branch: branch.clone(), ..Facts::default() });
    report.learn(Facts { status: Some(Status::Running), ..Facts::default() });
    assert_eq!((report.facts.branch, report.status), (branch, Some(Status::Running)));
}

#[test]
fn root_causes_rank_before_what_follows_from_them_and_warnings_come_last() {
    let follow_up = Finding { rank: Rank::FollowUp, ..error("follows") };
    let warning = finding(Severity::Warning, "careful");
    let all = [warning, follow_up.clone(), error("first"), error("second")];
    let report = observed(all.map(Event::Finding));
    let ranked: Vec<_> = report.ranked().into_iter().map(|f| f.message.as_str()).collect();
    assert_eq!(ranked, ["first", "second", "follows", "careful"]);
    assert_eq!(report.first_error(), Some(&error("first")));
    let only = observed([Event::Finding(follow_up.clone())]);
    assert_eq!(only.first_error(), Some(&follow_up));
}

#[test]
fn a_flood_of_warnings_is_counted_and_keeps_no_error_out() {
    let flood = (0..Report::KEPT + 3).map(|n| finding(Severity::Warning, &n.to_string()));
    let report = observed(flood.chain([error("broken")]).map(Event::Finding));
    assert_eq!((report.warnings, report.errors), (Report::KEPT + 3, 1));
    assert_eq!(report.findings.len(), Report::KEPT + 1);
    assert_eq!(report.first_error(), Some(&error("broken")));
}

#[test]
fn only_a_failed_build_has_a_root_cause() {
    let mut report = observed([Event::Finding(error("broken"))]);
    assert_eq!(report.root_cause(), None);
    report.observe(&Event::Status(Status::Failed));
    assert_eq!(report.root_cause(), Some(&error("broken")));
}

#[test]
fn the_root_cause_says_where_a_build_failed() {
    let blamed = Finding { phase: Some(Phase::Cook), ..error("broken") };
    let mut events = vec![
        Event::PhaseStarted(Phase::Cook),
        Event::PhaseStarted(Phase::Package),
        Event::Finding(blamed),
    ];
    assert_eq!(observed(events.clone()).failed_phase(), None, "it has not failed yet");
    events.push(Event::Status(Status::Failed));
    assert_eq!(observed(events).failed_phase(), Some(Phase::Cook));
}

#[test]
fn a_phase_that_comes_back_is_one_phase() {
    let took = |seconds| Some(Duration::from_secs(seconds));
    let report = observed([
        Event::PhaseStarted(Phase::Stage),
        Event::PhaseEnded { phase: Phase::Stage, took: took(2), completed: true },
        Event::PhaseStarted(Phase::Package),
        Event::PhaseStarted(Phase::Stage),
        Event::PhaseEnded { phase: Phase::Stage, took: took(3), completed: true },
    ]);
    let stage = PhaseRun { phase: Phase::Stage, took: took(5), ended: true };
    let package = PhaseRun { phase: Phase::Package, took: None, ended: true };
    assert_eq!(report.phases, [stage, package]);
}

#[test]
fn the_queue_time_needs_all_dates_and_sane_ones() {
    let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
    let rows = [
        (at(10), at(70), Some(50), Some(10)),
        (at(70), at(10), Some(50), None),
        (at(10), at(20), Some(50), None),
        (None, at(20), Some(5), None),
        (at(10), at(20), None, None),
    ];
    for (created_at, finished_at, ran, queued) in rows {
        let mut report = report();
        let duration = ran.map(Duration::from_secs);
        report.learn(Facts { created_at, finished_at, duration, ..Facts::default() });
        assert_eq!(report.queued(), queued.map(Duration::from_secs));
    }
}

#[test]
fn a_duration_of_no_whole_second_is_not_told() {
    let mut report = report();
    report.learn(Facts { duration: Some(Duration::from_millis(900)), ..Facts::default() });
    assert_eq!(Verdict::new(&report, &Outcome::Success).headline, "build b1 is complete");
}

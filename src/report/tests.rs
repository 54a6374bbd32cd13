//! The report of a build: counts, ranking, outputs and verdict.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::config::{Mistake, OnSuperseded, RequestedOverrides, Task};
use crate::error::{Error, MAY_HAVE_STARTED};
use crate::model::{Event, Facts, Finding, Id, Location, Owner, Phase, Rank, Severity, Status};

fn report() -> BuildReport {
    BuildReport::new(&Task::Attach(Id::new("b1").unwrap()))
}

fn finding(severity: Severity, message: &str) -> Finding {
    Finding { severity, ..Finding::error(message) }
}

fn error(message: &str) -> Finding {
    finding(Severity::Error, message)
}

fn observed(events: impl IntoIterator<Item = Event>) -> BuildReport {
    let mut report = report();
    for event in events {
        report.observe(&event);
    }
    report
}

fn output(report: &BuildReport, outcome: Option<&Outcome>, name: &str) -> String {
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
fn every_outcome_has_its_text() {
    let mut running = observed([
        Event::Status(Status::Running),
        Event::Finding(finding(Severity::Warning, "careful")),
        Event::Finding(Finding {
            owner: Some(Owner::Content),
            hint: Some("Fix it.".to_owned()),
            repeats: 2,
            ..error("broken\nnote: here")
        }),
        Event::Finding(Finding { rank: Rank::FollowUp, ..error("Cook failed.") }),
    ]);
    running.facts.duration = Some(Duration::from_millis(723_900));
    running.observe(&Event::PhaseStarted(Phase::Cook));
    let mut failed = running.clone();
    failed.observe(&Event::Status(Status::Failed));
    let mut complete = running.clone();
    complete.observe(&Event::Status(Status::Complete));
    let mut texts = String::new();
    for outcome in outcomes() {
        let report = match outcome {
            Outcome::Failure => &failed,
            Outcome::Success => &complete,
            _ => &running,
        };
        let verdict = Verdict::new(report, &outcome);
        let lines: Vec<_> = verdict.lines().collect();
        texts += &format!("[{:?}] {}\n{}\n\n", verdict.level, verdict.title, lines.join("\n"));
    }
    insta::assert_snapshot!(texts);
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
    let overrides = RequestedOverrides::default();
    let report = BuildReport::new(&Task::Trigger { project, build_setting, overrides });
    let verdict = Verdict::new(&report, &Outcome::Interrupted(Signal::Term));
    assert_eq!(verdict.headline, "terminated (SIGTERM) while the build was being triggered");
    assert_eq!(verdict.hint.as_deref(), Some(MAY_HAVE_STARTED));
    assert_eq!(output(&report, None, "build-id"), "");
    assert_eq!(output(&report, None, "project-id"), "p");
    assert_eq!(output(&report, None, "build-setting-id"), "s");
}

#[test]
fn an_interrupt_says_that_there_is_no_build_only_if_that_is_certain() {
    let report = BuildReport { build: None, untriggered: true, ..report() };
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
    report.add_facts(Facts {
        project: Id::new("p1"),
        build_setting: Id::new("s1"),
        status: None,
        platform: Some("Win64".to_owned()),
        build_type: Some("Shipping".to_owned()),
        branch: Some("main".to_owned()),
        commit: Some("c0de".to_owned()),
        ue_version: Some("5.4".to_owned()),
        deploy_status: Some("deployed".to_owned()),
        created_at: Some(UNIX_EPOCH),
        finished_at: Some(UNIX_EPOCH + Duration::from_secs(100)),
        duration: Some(Duration::from_millis(60_900)),
    });
    report.findings[1].owner = Some(Owner::Quota);
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
        ("failure-class", "quota"),
        ("failed-phase", "stage"),
        ("deploy-status", "deployed"),
    ];
    assert_eq!(values, expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn an_undocumented_status_is_the_apis_own_word_and_without_one_it_is_unknown() {
    assert_eq!(output(&report(), None, "status"), "unknown");
    let odd = observed([Event::Status(Status::Other("paused".to_owned()))]);
    assert_eq!(output(&odd, None, "status"), "paused");
    assert_eq!(output(&odd, None, "result"), "");
}

#[test]
fn the_final_status_of_the_api_outweighs_pushed_ones() {
    let mut report = observed([Event::Status(Status::Complete)]);
    report.add_facts(Facts { status: Some(Status::Failed), ..Facts::default() });
    assert_eq!(report.status, Some(Status::Failed));
}

#[test]
fn facts_that_the_api_omits_later_stay_known() {
    let mut report = report();
    let branch = Some("main".to_owned());
    report.add_facts(Facts { branch: branch.clone(), ..Facts::default() });
    report.add_facts(Facts { status: Some(Status::Running), ..Facts::default() });
    assert_eq!((report.facts.branch, report.status), (branch, Some(Status::Running)));
}

#[test]
fn follow_ups_are_hidden_and_counted_unless_there_is_nothing_else() {
    let follow_up = Finding { rank: Rank::FollowUp, ..error("follows") };
    let mut report = observed([&follow_up, &follow_up].map(|f| Event::Finding(f.clone())));
    assert_eq!((report.error_count(), report.hidden()), (2, 0));
    assert_eq!(report.first_error(), Some(&follow_up));
    report.observe(&Event::Finding(finding(Severity::Warning, "careful")));
    report.observe(&Event::Finding(error("broken")));
    assert_eq!((report.error_count(), report.hidden()), (1, 2));
    assert_eq!(messages(&report), ["broken", "careful"]);
    let counted = verdict::counted(&report);
    assert_eq!(counted.as_deref(), Some("1 error, 1 warning; 2 follow-up errors hidden"));
    assert_eq!(output(&report, None, "error-count"), "1");
}

#[test]
fn few_follow_ups_are_retained() {
    let follow_ups = (0..99).map(|n| Finding { rank: Rank::FollowUp, ..error(&n.to_string()) });
    let report = observed(follow_ups.map(Event::Finding));
    assert_eq!(
        (report.error_count(), report.findings.len()),
        (99, BuildReport::FOLLOW_UPS_RETAINED)
    );
}

#[test]
fn a_flood_of_warnings_is_counted_and_keeps_no_error_out() {
    let flood = (0..BuildReport::RETAINED + 3).map(|n| finding(Severity::Warning, &n.to_string()));
    let report = observed(flood.chain([error("broken")]).map(Event::Finding));
    assert_eq!((report.warnings, report.errors), (BuildReport::RETAINED + 3, 1));
    assert_eq!(report.findings.len(), BuildReport::RETAINED + 1);
    assert_eq!(report.first_error(), Some(&error("broken")));
}

#[test]
fn a_flood_in_one_phase_does_not_keep_out_the_root_cause_in_another() {
    let in_phase = |phase, n: usize| Finding { phase: Some(phase), ..error(&n.to_string()) };
    let flood =
        |phase| (0..BuildReport::RETAINED + 100).map(move |n| Event::Finding(in_phase(phase, n)));
    let events = flood(Phase::Compile).chain(flood(Phase::Cook)).chain(flood(Phase::Stage));
    let report = observed(events);
    assert_eq!(
        (report.errors, report.findings.len()),
        (3 * (BuildReport::RETAINED + 100), BuildReport::RETAINED)
    );
    for phase in [Phase::Compile, Phase::Cook, Phase::Stage] {
        let retained: Vec<_> = report.findings.iter().filter(|f| f.phase == Some(phase)).collect();
        assert!(retained.len() >= BuildReport::RETAINED / 3 - 1, "{phase:?}: {}", retained.len());
        let first = |n: usize| *retained[n] == in_phase(phase, n);
        assert!((0..retained.len()).all(first), "those that come first are retained: {phase:?}");
    }
}

fn messages(report: &BuildReport) -> Vec<&str> {
    report.ranked().into_iter().map(|finding| finding.message.as_str()).collect()
}

fn ended(phase: Phase, completed: bool) -> [Event; 2] {
    [Event::PhaseStarted(phase), Event::PhaseEnded { phase, took: None, completed }]
}

/// Findings with their phase and rank, after phases that completed or not.
fn ranked(phases: &[(Phase, bool)], errors: &[(&str, Option<Phase>, Rank)]) -> BuildReport {
    let phases = phases.iter().flat_map(|(phase, completed)| ended(*phase, *completed));
    let errors = errors.iter().map(|(message, phase, rank)| Finding {
        phase: *phase,
        rank: *rank,
        ..error(message)
    });
    let mut report = observed(phases.chain(errors.map(Event::Finding)));
    report.observe(&Event::Status(Status::Failed));
    report
}

#[test]
fn errors_of_the_phase_that_failed_come_first_then_by_rank_then_in_the_order_of_the_log() {
    use Phase::{Compile, Cook, Stage};
    let report = ranked(
        &[(Compile, true), (Cook, false), (Stage, false)],
        &[
            ("compile", Some(Compile), Rank::Infrastructure),
            ("cook", Some(Cook), Rank::Infrastructure),
            ("stage b", Some(Stage), Rank::Stage),
            ("stage c", Some(Stage), Rank::Stage),
            ("stage a", Some(Stage), Rank::Toolchain),
            ("outside", None, Rank::Rules),
        ],
    );
    assert_eq!(messages(&report), ["stage a", "stage b", "stage c", "cook", "outside", "compile"]);
    assert_eq!(report.failed_phase(), Some(Stage));
}

#[test]
fn a_follow_up_is_the_root_cause_if_all_other_errors_are_in_completed_phases() {
    use Phase::{Compile, Cook};
    let errors =
        [("harmless", Some(Compile), Rank::Compile), ("Cook failed.", Some(Cook), Rank::FollowUp)];
    let report = ranked(&[(Compile, true), (Cook, false)], &errors);
    assert_eq!(messages(&report), ["Cook failed.", "harmless"]);
    assert_eq!((report.error_count(), report.hidden()), (2, 0));
    let report = ranked(&[(Compile, false), (Cook, false)], &errors);
    assert_eq!(messages(&report), ["harmless"]);
    assert_eq!((report.error_count(), report.hidden()), (1, 1));
}

#[test]
fn the_phase_that_failed_is_the_last_unfinished_one_that_has_an_error() {
    use Phase::{Compile, Cook, Upload};
    let phases = [(Compile, true), (Cook, false), (Upload, false)];
    let errors = [
        ("compile", Some(Compile), Rank::Infrastructure),
        ("cook", Some(Cook), Rank::Cook),
        ("outside", None, Rank::Other),
    ];
    let report = ranked(&phases, &errors);
    assert_eq!(messages(&report), ["cook", "outside", "compile"]);
    assert_eq!(report.failed_phase(), Some(Cook));
    // No phase failed visibly, but the build did; completed phases stay completed.
    let report = ranked(&phases[..2], &errors[..1]);
    assert_eq!((report.failed_phase(), messages(&report)[0]), (Some(Cook), "compile"));
    let report = ranked(&phases[..1], &errors[..1]);
    assert_eq!(report.failed_phase(), Some(Compile), "it is all that there is to blame");
    assert_eq!(ranked(&phases[..1], &[]).failed_phase(), None);
}

#[test]
fn one_of_each_cause_comes_before_more_of_the_same_and_then_each_file_has_its_turn() {
    let at = |code: &str, message: &str, file: &str| {
        let location = Location {
            file: file.to_owned(),
            in_repository: true,
            line: None,
            column: None,
            end_line: None,
        };
        let code = Some(code.to_owned());
        Finding { code, location: Some(location), ..error(message) }
    };
    let errors = [
        at("C1", "same\nhere", "A"),
        at("C1", "same\nthere", "A"),
        at("C1", "same", "A"),
        at("C1", "same", "B"),
        at("C2", "same", "C"),
        at("C1", "other", "A"),
        at("C1", "same", "C"),
        at("C1", "same", "B"),
    ];
    let places = |report: &BuildReport| -> Vec<(String, String)> {
        let ranked = report.ranked().into_iter();
        let place = |f: &Finding| (f.code.clone().unwrap(), f.location.clone().unwrap().file);
        ranked.map(place).collect()
    };
    let expected = |rows: [(&str, &str); 8]| rows.map(|(c, f)| (c.to_owned(), f.to_owned()));
    let report = observed(errors.clone().map(Event::Finding));
    assert_eq!(
        places(&report),
        expected([
            ("C1", "A"),
            ("C2", "C"),
            ("C1", "A"),
            ("C1", "B"),
            ("C1", "C"),
            ("C1", "B"),
            ("C1", "A"),
            ("C1", "A"),
        ])
    );
    let warning = |error| Event::Finding(Finding { severity: Severity::Warning, ..error });
    let report = observed(errors.map(warning));
    let causes: Vec<_> = places(&report).into_iter().take(3).collect();
    assert_eq!(causes, expected_start([("C1", "A"), ("C2", "C"), ("C1", "B")]));
}

fn expected_start(rows: [(&str, &str); 3]) -> [(String, String); 3] {
    rows.map(|(code, file)| (code.to_owned(), file.to_owned()))
}

#[test]
fn warnings_are_counted_by_kind_with_all_their_repeats_but_each_once() {
    let warning = |code: Option<&str>, repeats| {
        let code = code.map(str::to_owned);
        Event::Finding(Finding { code, repeats, ..finding(Severity::Warning, "careful") })
    };
    let report = observed([
        warning(Some("C4996"), 40),
        warning(None, 0),
        warning(Some("C4996"), 1),
        Event::Finding(Finding { repeats: 9, ..error("broken") }),
    ]);
    assert_eq!((report.warnings, report.errors), (3, 1));
    let kinds: Vec<_> = report.kinds.iter().map(|(kind, times)| (kind.as_str(), *times)).collect();
    assert_eq!(kinds, [("C4996", 43), ("other", 1)]);
    let flood = (0..9999).map(|n| warning(Some(&n.to_string()), 0));
    assert_eq!(observed(flood).kinds.len(), 200);
}

#[test]
fn the_five_slowest_actions_and_the_last_cook_progress_are_known() {
    let seconds = [3, 9, 1, 9, 4, 7, 2];
    let action = |(n, seconds): (usize, u64)| Event::Action {
        name: n.to_string(),
        took: Duration::from_secs(seconds),
    };
    let mut report = observed(seconds.into_iter().enumerate().map(action));
    report.observe(&Event::Cooked { done: 1, total: 9 });
    report.observe(&Event::Cooked { done: 8, total: 10 });
    let slowest: Vec<_> =
        report.actions.iter().map(|(name, took)| (name.as_str(), took.as_secs())).collect();
    assert_eq!(slowest, [("1", 9), ("3", 9), ("5", 7), ("4", 4), ("0", 3)]);
    assert_eq!(report.cooked, Some((8, 10)));
}

#[test]
fn only_a_failed_build_has_a_root_cause() {
    let mut report = observed([Event::Finding(error("broken"))]);
    assert_eq!(report.root_cause(), None);
    report.observe(&Event::Status(Status::Failed));
    assert_eq!(report.root_cause(), Some(&error("broken")));
}

#[test]
fn only_a_failed_build_failed_in_a_phase() {
    let blamed = Finding { phase: Some(Phase::Cook), ..error("broken") };
    let mut report = observed([Event::PhaseStarted(Phase::Cook), Event::Finding(blamed)]);
    assert_eq!(report.failed_phase(), None, "it has not failed yet");
    report.observe(&Event::Status(Status::Failed));
    assert_eq!(report.failed_phase(), Some(Phase::Cook));
}

#[test]
fn only_a_failed_build_has_a_class() {
    let out_of_quota = Finding { owner: Some(Owner::Quota), ..error("over its limit") };
    let mut report = observed([Event::Finding(out_of_quota)]);
    assert_eq!(output(&report, None, "failure-class"), "");
    report.observe(&Event::Status(Status::Failed));
    assert_eq!(output(&report, None, "failure-class"), "quota");
    report.findings[0].owner = None;
    assert_eq!(output(&report, None, "failure-class"), "");
}

#[test]
fn the_hint_of_the_root_cause_is_used_unless_the_outcome_has_one() {
    let broken = Finding { hint: Some("Fix it.".to_owned()), ..error("broken") };
    let mut report = observed([Event::Finding(broken)]);
    let hint = |report: &BuildReport, outcome| Verdict::new(report, &outcome).hint;
    let interrupted = Outcome::Interrupted(Signal::Int);
    assert!(hint(&report, interrupted).unwrap().contains("build-id"), "the build runs on");
    assert_eq!(hint(&report, Outcome::Success), None);
    report.observe(&Event::Status(Status::Failed));
    assert_eq!(hint(&report, Outcome::Failure).as_deref(), Some("Fix it."));
    let interrupted = Outcome::Interrupted(Signal::Int);
    assert_eq!(hint(&report, interrupted).as_deref(), Some("Fix it."));
}

#[test]
fn a_phase_that_comes_back_is_one_phase_and_the_latest() {
    let took = |seconds| Some(Duration::from_secs(seconds));
    let mut report = observed([
        Event::PhaseStarted(Phase::Stage),
        Event::PhaseEnded { phase: Phase::Stage, took: took(2), completed: true },
        Event::PhaseStarted(Phase::Package),
        Event::PhaseStarted(Phase::Stage),
        Event::PhaseEnded { phase: Phase::Stage, took: took(3), completed: false },
    ]);
    let stage = PhaseRun { phase: Phase::Stage, took: took(5), ended: true, completed: false };
    let package = PhaseRun { phase: Phase::Package, took: None, ended: true, completed: true };
    assert_eq!(report.phases, [package, stage]);
    assert!(report.has_completed(Phase::Package) && !report.has_completed(Phase::Stage));
    report.observe(&Event::Status(Status::Complete));
    assert!(report.has_completed(Phase::Stage), "the last phase of a complete build");
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
        report.add_facts(Facts { created_at, finished_at, duration, ..Facts::default() });
        assert_eq!(report.queued(), queued.map(Duration::from_secs));
    }
}

#[test]
fn a_duration_below_a_second_is_not_shown() {
    let mut report = report();
    report.add_facts(Facts { duration: Some(Duration::from_millis(900)), ..Facts::default() });
    assert_eq!(Verdict::new(&report, &Outcome::Success).headline, "build b1 is complete");
}

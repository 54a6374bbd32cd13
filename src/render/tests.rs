//! Each dialect shows the same build, within its limits.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::checkout::Checkout;
use crate::ci::{self, tests::named};
use crate::config::{Env, Task};
use crate::model::{Facts, Id, Location, Owner, Rank, Status};
use crate::report::{Outcome, Signal, SourceLinks};

pub(crate) const SECRET: &str = "bp_s3cr%et";

fn finding(severity: Severity, code: &str, message: &str, line: Option<u32>) -> Finding {
    Finding {
        severity,
        code: Some(code.to_owned()),
        location: line.map(|line| Location {
            file: "Source/Game/A,b%20.cpp".to_owned(),
            in_repository: true,
            line: Some(line),
            column: Some(5),
            end_line: None,
        }),
        phase: Some(Phase::Compile),
        ..Finding::error(message)
    }
}

fn line(level: Level, text: &str) -> Event {
    Event::Line { level, text: text.to_owned() }
}

/// A build that fails, as `log` reports it. Its texts are as hostile as `log` lets them be.
pub(crate) fn events() -> Vec<Event> {
    let took = |seconds| Some(Duration::from_secs(seconds));
    let notice = |level, text: &str| Event::Notice(Notice::new(level, text));
    vec![
        Event::Status(Status::Pending),
        notice(Level::Warn, "INPUT_TOKNE is not an input; did you mean INPUT_TOKEN?"),
        Event::Status(Status::Running),
        line(Level::Info, "Preparing the workspace"),
        Event::PhaseStarted(Phase::SourceSync),
        line(Level::Info, "\\::add-mask::e"),
        Event::PhaseEnded { phase: Phase::SourceSync, took: took(42), completed: true },
        Event::PhaseStarted(Phase::Compile),
        line(Level::Info, "[1/2] Compile [x64] A.cpp"),
        Event::Action { name: "Compile [x64] A|<b>.cpp".to_owned(), took: Duration::from_secs(61) },
        Event::Action { name: "Link Game.exe".to_owned(), took: Duration::from_secs(7) },
        notice(Level::Warn, "connection lost; trying again"),
        notice(Level::Info, "connected again; no line is missing"),
        line(Level::Error, "A.cpp(42,5): error C2065: 'x': undeclared identifier"),
        Event::Finding(Finding {
            rank: Rank::FollowUp,
            ..finding(Severity::Error, "UBT", "UnrealBuildTool failed", None)
        }),
        Event::Finding(Finding {
            owner: Some(Owner::Code),
            hint: Some("Declare it; `x` | <T> is not enough.".to_owned()),
            repeats: 3,
            also: vec!["B<i>.cpp".to_owned(), "C|.cpp".to_owned()],
            ..finding(
                Severity::Error,
                "C2065",
                "'x|y': undeclared <T> ``` 100% $HOME ]]>\nnote: see #\\#[group] & \"z\"\n\\::error::no",
                Some(42),
            )
        }),
        Event::Finding(Finding {
            repeats: 4,
            ..finding(Severity::Warning, "C4996", "'old' is deprecated", Some(7))
        }),
        line(Level::Info, ""),
        Event::PhaseEnded { phase: Phase::Compile, took: took(200), completed: false },
        line(Level::Info, "BUILD FAILED"),
        Event::PhaseStarted(Phase::Upload),
        Event::Status(Status::Failed),
    ]
}

fn facts() -> Facts {
    Facts {
        project: Id::new("project00000000000000001"),
        build_setting: Id::new("setting00000000000000001"),
        status: Some(Status::Failed),
        platform: Some("Win64".to_owned()),
        build_type: Some("Shipping".to_owned()),
        branch: Some("feature/`a|b`=${X}; é <img src=x>".to_owned()),
        commit: Some("0123456789abcdef".to_owned()),
        ue_version: Some("5.4".to_owned()),
        deploy_status: None,
        created_at: Some(UNIX_EPOCH),
        finished_at: Some(UNIX_EPOCH + Duration::from_secs(800)),
        duration: Some(Duration::from_secs(723)),
    }
}

pub(crate) fn build() -> Id {
    Id::new("build0000000000000000001").unwrap()
}

pub(crate) fn report() -> BuildReport {
    let mut report = BuildReport::new(&Task::Attach(build()));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    report.source = SourceLinks::new("https://git.example/studio/game", "/-/blob/", Some(commit));
    for event in events() {
        report.observe(&event);
    }
    report.add_facts(facts());
    report
}

pub(super) fn options() -> RenderOptions {
    RenderOptions {
        log_level: Some(Level::Info),
        annotations: true,
        summary: true,
        ..RenderOptions::default()
    }
}

pub(crate) fn failure() -> Verdict {
    Verdict::new(&report(), &Outcome::Failure)
}

pub(super) fn renderer(ci: &str, env: &Env, options: RenderOptions) -> Renderer {
    let clock = || UNIX_EPOCH + Duration::from_secs(1700);
    let options = RenderOptions { ascii: named(ci).wants_ascii(env), ..options };
    Renderer::new(named(ci).open(env, false, &Checkout::none(), clock), options)
}

fn shown(ci: &str, env: &Env, options: RenderOptions) -> String {
    let mut renderer = renderer(ci, env, options);
    let mut out = Vec::new();
    renderer.begin(&[SECRET], &mut out);
    let report = events_shown(&mut renderer, events(), report_of([]), &mut out);
    let report = BuildReport { facts: facts(), ..report };
    renderer.outputs(&report.outputs(Some(&Outcome::Failure)), &mut out);
    renderer.conclude(&report, &failure(), &mut out);
    renderer.summary_file("/tmp/summary.md", &mut out);
    String::from_utf8(out).unwrap()
}

/// Tells events as they come, and returns what is known after them.
pub(super) fn events_shown(
    renderer: &mut Renderer,
    events: impl IntoIterator<Item = Event>,
    mut report: BuildReport,
    out: &mut Vec<u8>,
) -> BuildReport {
    for event in events {
        report.observe(&event);
        renderer.event(&event, &report, out);
    }
    report
}

/// With the invisible made visible, and without the version, which changes.
fn visible(text: &str) -> String {
    let text = text.replace(env!("CARGO_PKG_VERSION"), "<version>");
    text.replace('\x1b', "␛").replace('\r', "␍")
}

fn concluded(ci: &str, report: &BuildReport, outcome: &Outcome) -> String {
    let mut out = Vec::new();
    renderer(ci, &Env::default(), options()).conclude(
        report,
        &Verdict::new(report, outcome),
        &mut out,
    );
    String::from_utf8(out).unwrap()
}

pub(super) fn report_of(findings: impl IntoIterator<Item = Finding>) -> BuildReport {
    let mut report = BuildReport::new(&Task::Attach(build()));
    for finding in findings {
        report.observe(&Event::Finding(finding));
    }
    report
}

fn errors(count: usize) -> impl Iterator<Item = Finding> {
    (1..=count).map(|n| finding(Severity::Error, "E", &n.to_string(), None))
}

/// CIs that show the same as another one.
const SAME: [(&str, &str); 4] =
    [("gitea", "github"), ("act", "github"), ("circleci", "terminal"), ("bitbucket", "terminal")];

#[test]
fn every_dialect_shows_the_same_build() {
    let shown = |name: &str| {
        let colourful = Env::from_iter([("FORCE_COLOR", "1")]);
        let env = if name == "terminal" { &colourful } else { &Env::default() };
        visible(&shown(name, env, options()))
    };
    for ci in ci::all() {
        let shown_here = shown(ci.name());
        match SAME.iter().find(|(name, _)| *name == ci.name()) {
            Some((_, model)) => assert_eq!(shown_here, shown(model)),
            None => insta::assert_snapshot!(ci.name(), shown_here),
        }
    }
}

#[test]
fn jenkins_gets_ascii_unless_its_charset_is_known() {
    let utf8 = Env::from_iter([("LANG", "C.UTF-8")]);
    let [known, unknown] = [&utf8, &Env::default()].map(|env| shown("jenkins", env, options()));
    assert!(known.contains("(+3 more: B<i>.cpp, C|.cpp, …)"), "{known}");
    assert_eq!(unknown, known.replace('…', "..."));
}

/// Writes characters of its own.
struct Foreign;

impl Dialect for Foreign {
    fn mask(&mut self, _secret: &str, out: &mut Vec<u8>) {
        out.extend_from_slice("é".as_bytes());
    }

    fn outputs(&mut self, _outputs: &[(&str, String)], out: &mut Vec<u8>) {
        out.extend_from_slice("é".as_bytes());
    }
}

#[test]
fn no_call_leaves_anything_but_ascii_where_it_is_asked_for() {
    let options = RenderOptions { ascii: true, ..options() };
    let mut renderer = Renderer::new(Box::new(Foreign), options);
    let report = report_of([finding(Severity::Error, "é", "é", None)]);
    let mut out = Vec::new();
    renderer.begin(&["é"], &mut out);
    renderer.event(&line(Level::Info, "é"), &report, &mut out);
    renderer.outputs(&[], &mut out);
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.is_ascii() && shown.matches("\\u{e9}").count() >= 6, "{shown}");
}

#[test]
fn lines_below_the_log_level_are_hidden_and_findings_and_verdict_are_not() {
    let errors_only = RenderOptions { log_level: Some(Level::Error), ..options() };
    let shown_errors = shown("plain", &Env::default(), errors_only);
    assert!(!shown_errors.contains("[1/2] Compile"));
    assert!(shown_errors.contains("\nA.cpp(42,5): error"));
    let off = shown("plain", &Env::default(), RenderOptions { log_level: None, ..options() });
    assert!(!off.contains("\nA.cpp(42,5): error"));
    for text in [&shown_errors, &off] {
        assert!(text.contains("\nwarning: Source/Game/A,b%20.cpp:7:5: C4996: "), "{text}");
        assert!(text.contains("\nerror: build build0000000000000000001 failed"), "{text}");
    }
}

#[test]
fn findings_are_shown_as_text_if_annotations_are_off() {
    let quiet = RenderOptions { annotations: false, ..options() };
    let shown = shown("github", &Env::default(), quiet);
    assert_eq!(shown.matches("\n::error").count(), 1, "the verdict alone");
    assert_eq!(shown.matches("\n::warning").count(), 0);
    assert!(shown.contains("\nerror: Source/Game/A,b%20.cpp:42:5: C2065: 'x|y'"));
}

#[test]
fn a_failing_verdict_takes_the_last_of_ten_error_annotations_and_the_number_of_the_rest_another() {
    let warnings = (1..=11).map(|n| finding(Severity::Warning, "W", &n.to_string(), None));
    let report = report_of(errors(11).chain(warnings));
    let shown = concluded("github", &report, &Outcome::Failure);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines[7..12],
        [
            "::error title=E::E: 8",
            "::error::and 3 more errors: see the step summary",
            "error: E: 9",
            "error: E: 10",
            "error: E: 11"
        ]
    );
    assert_eq!(
        lines[20..24],
        [
            "::warning title=W::W: 9",
            "::warning::and 2 more warnings: see the step summary",
            "warning: W: 10",
            "warning: W: 11"
        ]
    );
    assert!(lines[24].starts_with("::error title=Build failed::build "), "{shown}");
    assert_eq!(lines.len(), 25);

    let shown = concluded("github", &report, &Outcome::Success);
    assert_eq!(shown.lines().nth(8), Some("::error title=E::E: 9"), "the verdict needs no slot");
}

#[test]
fn no_annotation_counts_the_others_if_all_findings_have_one() {
    let shown = concluded("github", &report_of(errors(9)), &Outcome::Failure);
    assert_eq!(shown.matches("::error title=E::").count(), 9);
    assert!(!shown.contains("more error"), "{shown}");
}

#[test]
fn the_number_of_the_rest_says_where_to_find_it() {
    let rows = [
        (true, true, "the step summary and the reports"),
        (true, false, "the step summary"),
        (false, true, "the reports"),
        (false, false, "the end of the log"),
    ];
    for (summary, reports, place) in rows {
        let options = RenderOptions { summary, reports, ..options() };
        let mut renderer = renderer("github", &Env::default(), options);
        let report = report_of(errors(10));
        let mut out = Vec::new();
        renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
        let shown = String::from_utf8(out).unwrap();
        assert!(shown.contains(&format!("\n::error::and 2 more errors: see {place}\n")), "{shown}");
    }
}

#[test]
fn findings_beyond_the_shown_ones_are_a_number() {
    let report = report_of(errors(BuildReport::RETAINED + 100));
    let shown = concluded("plain", &report, &Outcome::Failure);
    assert_eq!(shown.lines().filter(|line| line.starts_with("error: E: ")).count(), SHOWN);
    assert!(shown.contains("buildpixel-ci: errors not shown here: 550\n"), "{shown}");
    let shown = concluded("github", &report, &Outcome::Failure);
    let counts = ["::error title=E::", "\nerror: E: "].map(|start| shown.matches(start).count());
    assert_eq!(counts, [8, SHOWN - 8], "an annotation counts too");
    assert!(shown.contains("buildpixel-ci: errors not shown here: 550\n"), "{shown}");
}

#[test]
fn an_open_group_is_closed_before_findings_and_verdict() {
    let mut renderer = renderer("github", &Env::default(), options());
    let mut out = Vec::new();
    renderer.event(&Event::PhaseStarted(Phase::Cook), &report_of([]), &mut out);
    let interrupted = Outcome::Interrupted(Signal::Term);
    renderer.conclude(&report_of([]), &Verdict::new(&report_of([]), &interrupted), &mut out);
    let shown = String::from_utf8(out).unwrap();
    assert!(
        shown.starts_with("::group::Cook\n::endgroup::\n::error title=Interrupted::terminated"),
        "{shown}"
    );
}

#[test]
fn a_phase_closes_the_one_before_it_and_ends_once() {
    let mut renderer = renderer("github", &Env::default(), options());
    let mut out = Vec::new();
    let took = Some(Duration::from_millis(192_700));
    let events = [
        Event::PhaseStarted(Phase::Cook),
        Event::PhaseStarted(Phase::Stage),
        Event::PhaseEnded { phase: Phase::Cook, took, completed: true },
        Event::PhaseEnded { phase: Phase::Stage, took, completed: true },
        Event::PhaseEnded { phase: Phase::Stage, took, completed: true },
    ];
    events_shown(&mut renderer, events, report_of([]), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "::group::Cook\n::endgroup::\n::group::Stage\n::endgroup::\n\
         buildpixel-ci: Stage took 3m 12s\n"
    );
}

#[test]
fn the_end_of_a_phase_shows_its_result() {
    let some = Some(Duration::from_secs(200));
    let rows = [
        (Status::Running, some, true, "Cook took 3m 20s"),
        (Status::Running, some, false, "Cook failed after 3m 20s"),
        (Status::Failed, None, false, "Cook failed"),
        (Status::Failed, None, true, ""),
        (Status::Failed, Some(Duration::ZERO), true, ""),
        // It has succeeded, whatever its log says.
        (Status::Complete, some, false, "Cook took 3m 20s"),
        (Status::Superseded, some, false, "Cook was cut off after 3m 20s"),
        (Status::Superseded, None, false, "Cook was cut off"),
    ];
    for (status, took, completed, expected) in rows {
        let mut renderer = renderer("github", &Env::default(), options());
        let phase = Phase::Cook;
        let start = Event::PhaseStarted(phase);
        let report =
            events_shown(&mut renderer, [start, Event::Status(status)], report_of([]), &mut vec![]);
        let mut out = Vec::new();
        events_shown(
            &mut renderer,
            [Event::PhaseEnded { phase, took, completed }],
            report,
            &mut out,
        );
        let shown = String::from_utf8(out).unwrap().replace("buildpixel-ci: ", "");
        assert_eq!(shown.trim_end(), format!("::endgroup::\n{expected}").trim_end());
    }
}

#[test]
fn secrets_are_masked_before_anything_else_is_written() {
    let shown = shown("github", &Env::default(), options());
    assert!(shown.starts_with("::add-mask::bp_s3cr%25et\nbuildpixel-ci "), "{shown}");
}

/// The picture that a real terminal shows.
fn on_a_terminal() -> Renderer {
    let env = Env::from_iter([("TERM", "xterm")]);
    let clock = || UNIX_EPOCH;
    let dialect = named("terminal").open(&env, true, &Checkout::none(), clock);
    Renderer::new(dialect, options())
}

#[test]
fn any_output_replaces_the_status_line_of_a_terminal() {
    let mut renderer = on_a_terminal();
    let mut report = report_of([]);
    let drawn = |text| format!("\r\x1b[K\x1b[?7l{text}\x1b[?7h");
    let mut out = Vec::new();
    renderer.status_line("Cook", &mut out);
    renderer.status_line("Cook", &mut out);
    assert_eq!(String::from_utf8(std::mem::take(&mut out)).unwrap(), drawn("Cook"));

    renderer.event(&Event::Cooked { done: 1, total: 2 }, &report, &mut out);
    assert_eq!(String::from_utf8(out.clone()).unwrap(), "", "nothing came");
    renderer.event(&line(Level::Info, "a"), &report, &mut out);
    renderer.event(&line(Level::Info, "b"), &report, &mut out);
    assert_eq!(String::from_utf8(std::mem::take(&mut out)).unwrap(), "\r\x1b[Ka\nb\n");

    renderer.redraw_status_line(&mut out);
    renderer.redraw_status_line(&mut out);
    assert_eq!(String::from_utf8(std::mem::take(&mut out)).unwrap(), drawn("Cook"));
    report.observe(&Event::Status(Status::Complete));
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Success), &mut out);
    let end = String::from_utf8(out).unwrap();
    assert!(end.starts_with("\r\x1b[K") && end.ends_with('\n'), "{end:?}");
    assert_eq!(end.matches("\x1b[K").count(), 1, "{end:?}");
}

//! GitLab keeps 4 MiB of what a job prints: whatever comes, the verdict is in them.

use proptest::prelude::*;

use super::tests::{failure, options, renderer, report_of};
use super::*;
use crate::ci::LogLimit;
use crate::config::Env;
use crate::model::Location;

const MIB: usize = 1024 * 1024;
/// In front of each line.
const TIMESTAMP: usize = 32;

/// A run on GitLab, as far as it is shown.
struct Run {
    renderer: Renderer,
    report: BuildReport,
    out: Vec<u8>,
}

impl Run {
    fn new() -> Self {
        let options = RenderOptions { reports: true, ..options() };
        let renderer = renderer("gitlab", &Env::default(), options);
        Self { renderer, report: report_of([]), out: Vec::new() }
    }

    fn show(&mut self, event: &Event) {
        self.report.observe(event);
        self.renderer.event(event, &self.report, &mut self.out);
    }

    fn show_all(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        for event in events {
            self.show(&event);
        }
        self
    }

    fn conclude(mut self, verdict: &Verdict) -> String {
        self.renderer.conclude(&self.report, verdict, &mut self.out);
        String::from_utf8(self.out).unwrap()
    }
}

fn kept_bytes(shown: &str) -> usize {
    shown.len() + shown.matches('\n').count() * TIMESTAMP
}

/// The last words of a run on which nothing else was said.
fn output_of_an_empty_run(verdict: &Verdict) -> String {
    Run::new().conclude(verdict)
}

fn line(number: usize) -> Event {
    let text = format!("[{number}/300000] Compile [x64] Module.Game.{number}.cpp");
    Event::Line { level: Level::Info, text }
}

fn lines(count: usize) -> impl Iterator<Item = Event> {
    (1..=count).map(line)
}

fn finding(severity: Severity, number: usize) -> Finding {
    Finding {
        severity,
        code: Some(format!("C{number}")),
        phase: Some(Phase::Compile),
        location: Some(Location {
            file: "Source/A.cpp".to_owned(),
            in_repository: true,
            line: Some(7),
            column: None,
            end_line: None,
        }),
        ..Finding::error(format!("wrong number {number}"))
    }
}

fn phase(phase: Phase) -> [Event; 2] {
    [Event::PhaseStarted(phase), Event::PhaseEnded { phase, took: None, completed: false }]
}

#[test]
fn a_log_that_is_too_long_is_cut_and_the_verdict_still_comes_last() {
    let shown = Run::new().show_all(lines(300_000)).conclude(&failure());
    let kept = kept_bytes(&shown);
    assert!((2 * MIB..5 * MIB / 2 + 10_000).contains(&kept), "{kept}");
    assert!(shown.ends_with(&output_of_an_empty_run(&failure())));
    let numbers = shown.lines().filter(|line| line.starts_with('['));
    let count = numbers.clone().count();
    let expected = (1..=count).map(|number| format!("[{number}/"));
    assert!(numbers.zip(expected).all(|(line, start)| line.starts_with(&start)), "no holes");
}

#[test]
fn the_cut_of_the_log_is_reported_once_and_outside_of_groups() {
    let shown = Run::new()
        .show_all([Event::PhaseStarted(Phase::Cook)])
        .show_all(lines(100_000))
        .show_all([Event::PhaseEnded { phase: Phase::Cook, took: None, completed: false }])
        .show_all(lines(10))
        .conclude(&failure());
    let (_, rest) = shown.split_once("section_end:1700:ci-1-cook\r\x1b[0K\n").unwrap();
    let expected = "\x1b[36mbuildpixel-ci:\x1b[0m the rest of the log is in the reports, in build.log: \
                    GitLab keeps 4 MiB of what a job prints, and the findings and the verdict must fit\n\
                    \x1b[36mbuildpixel-ci:\x1b[0m Cook failed\n";
    assert!(rest.starts_with(expected), "{rest}");
    assert_eq!(rest.strip_prefix(expected), Some(output_of_an_empty_run(&failure()).as_str()));
}

#[test]
fn without_reports_the_message_says_that_the_rest_of_the_log_is_lost() {
    let mut run = Run::new();
    run.renderer = renderer("gitlab", &Env::default(), options());
    let shown = String::from_utf8(run.show_all(lines(100_000)).out).unwrap();
    assert!(shown.contains("the rest of the log is lost: GitLab keeps 4 MiB"));
}

#[test]
fn no_line_is_shown_after_the_first_one_that_did_not_fit() {
    let large = || Event::Line { level: Level::Info, text: "x".repeat(16 * 1024) };
    let run = Run::new().show_all((0..200).map(|_| large()));
    let before = run.out.len();
    assert_eq!(run.show_all(lines(1)).out.len(), before);
}

#[test]
fn after_the_cut_each_phase_shows_its_findings_at_its_end_and_none_twice() {
    let severities = [Severity::Error, Severity::Warning];
    let findings = severities.map(|severity| Event::Finding(finding(severity, 1)));
    let run = Run::new().show_all(lines(100_000));
    let before = run.out.len();
    let run = run.show_all([Event::PhaseStarted(Phase::Compile)]).show_all(findings);
    let run = run.show_all(phase(Phase::Compile).into_iter().skip(1));
    let shown = String::from_utf8(run.out[before..].to_vec()).unwrap();
    assert_eq!(
        shown,
        "\x1b[0Ksection_start:1700:ci-1-compile\r\x1b[0KCompile\n\
         \x1b[0Ksection_end:1700:ci-1-compile\r\x1b[0K\n\
         \x1b[36mbuildpixel-ci:\x1b[0m Compile failed\n\
         \x1b[31merror:\x1b[0m Source/A.cpp:7: C1: wrong number 1\n\
         \x1b[33mwarning:\x1b[0m Source/A.cpp:7: C1: wrong number 1\n"
    );
    let shown = run.conclude(&failure());
    assert_eq!(shown.matches("wrong number 1").count(), 2);
}

#[test]
fn after_the_cut_groups_are_expanded() {
    let run = Run::new().show_all(lines(100_000)).show_all([Event::PhaseStarted(Phase::Cook)]);
    let shown = String::from_utf8(run.out).unwrap();
    assert!(shown.ends_with("section_start:1700:ci-1-cook\r\x1b[0KCook\n"));
}

#[test]
fn the_findings_of_one_phase_leave_room_for_those_of_the_next() {
    let first = (0..100).map(|number| Event::Finding(finding(Severity::Error, number)));
    let last = Finding { phase: Some(Phase::Cook), ..finding(Severity::Error, 1000) };
    let mut run = Run::new().show_all(lines(100_000)).show_all(first);
    run = run.show_all(phase(Phase::Compile));
    let shown = String::from_utf8_lossy(&run.out).matches("wrong number").count();
    assert_eq!(shown, SHOWN / 2);
    run = run.show_all([Event::Finding(last)]).show_all(phase(Phase::Cook));
    assert!(String::from_utf8_lossy(&run.out).contains("wrong number 1000"));
}

#[test]
fn a_flood_of_phases_leaves_room_for_the_verdict_and_every_section_that_begins_ends() {
    let phases = [Phase::Compile, Phase::Cook].repeat(20_000).into_iter().flat_map(phase);
    let shown = Run::new().show_all(phases).show_all(lines(10)).conclude(&failure());
    assert!(kept_bytes(&shown) <= 3 * MIB + 100_000, "{}", kept_bytes(&shown));
    assert!(shown.ends_with(&output_of_an_empty_run(&failure())));
    let [starts, ends] = ["section_start:", "section_end:"].map(|edge| shown.matches(edge).count());
    assert_eq!(starts, ends);
    assert!(starts > 10_000, "{starts}");
}

#[test]
fn a_verdict_that_is_too_long_is_cut_down_to_its_headline() {
    let long = Verdict { details: vec!["x".repeat(4 * MIB)], ..failure() };
    let shown = Run::new().conclude(&long);
    assert_eq!(
        shown,
        output_of_an_empty_run(&Verdict { details: vec![], hint: None, ..failure() })
    );
}

#[test]
fn problems_after_the_verdict_fit_into_a_full_log() {
    let notice = |text: &str| Event::Notice(Notice::warn(text));
    let flood = (0..4000).map(|_| notice(&"x".repeat(1000)));
    let mut run = Run::new().show_all(lines(100_000)).show_all(flood);
    run.renderer.conclude(&run.report, &failure(), &mut run.out);
    run.show(&notice("cannot write outputs.env"));
    assert!(run.out.ends_with(b" cannot write outputs.env\n"));
}

#[test]
fn without_a_limit_every_line_is_shown() {
    let mut renderer = renderer("github", &Env::default(), options());
    let mut out = Vec::new();
    for line in lines(100_000) {
        renderer.event(&line, &report_of([]), &mut out);
    }
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 100_000);
}

/// Something that happens, and how often.
fn events() -> impl Strategy<Value = Vec<(Event, usize)>> {
    let phases = || prop::sample::select(vec![Phase::Compile, Phase::Cook, Phase::Upload]);
    let level = || prop::sample::select(vec![Level::Info, Level::Error]);
    let severity = || prop::sample::select(vec![Severity::Error, Severity::Warning]);
    let text = |length: usize| (1..length).prop_map(|length| "x".repeat(length));
    let event = prop_oneof![
        4 => (level(), text(16_384)).prop_map(|(level, text)| Event::Line { level, text }),
        1 => (level(), text(12_000)).prop_map(|(level, text)| Event::Notice(Notice { level, text })),
        1 => phases().prop_map(Event::PhaseStarted),
        1 => (phases(), any::<bool>())
            .prop_map(|(phase, completed)| Event::PhaseEnded { phase, took: None, completed }),
        2 => (severity(), 0..9000_usize, 1..2000_usize).prop_map(|(severity, number, lines)| {
            let message = "x\n".repeat(lines);
            Event::Finding(Finding { message, ..finding(severity, number) })
        }),
        1 => Just(Event::Status(crate::model::Status::Running)),
    ];
    prop::collection::vec((event, 1..60_usize), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    /// With a limit that is soon reached, and the one that is GitLab's.
    #[test]
    fn the_output_fits_into_the_limit_and_ends_with_the_verdict(
        events in events(),
        bytes in prop::sample::select(vec![64 * 1024, MIB, 4 * MIB]),
    ) {
        let mut run = Run::new();
        run.renderer.log_quota = LogQuota::new(Some(LogLimit { keeper: "CI", bytes, line_bytes: TIMESTAMP }));
        for (event, times) in &events {
            for _ in 0..*times {
                run.show(event);
            }
        }
        let shown = run.conclude(&failure());
        prop_assert!(kept_bytes(&shown) <= bytes / 16 * 14, "{} of {bytes}", kept_bytes(&shown));
        prop_assert!(shown.ends_with(&output_of_an_empty_run(&failure())));
        let edges = ["section_start:", "section_end:"].map(|edge| shown.matches(edge).count());
        prop_assert_eq!(edges[0], edges[1]);
    }
}

//! The summary shows the phases, the root cause and the findings within its budget.

use std::time::Duration;

use super::findings::LISTED;
use super::*;
use crate::config::Task;
use crate::model::{Event, Finding, Id, Location, Owner, Phase, Rank, Severity, Status};
use crate::report::{Outcome, SourceLinks};

fn report(messages: impl IntoIterator<Item = String>) -> BuildReport {
    let mut report = BuildReport::new(&Task::Attach(Id::new("b1").unwrap()));
    for message in messages {
        report.observe(&Event::Finding(Finding::error(message)));
    }
    report
}

fn rendered(report: &BuildReport, budget: usize) -> String {
    render(report, &Verdict::new(report, &Outcome::Failure), budget)
}

#[test]
fn a_summary_keeps_to_its_budget_and_says_that_it_was_cut() {
    let mut report = report((0..400).map(|n| format!("{n} 日本 😀 ``` {}", "ü".repeat(1000))));
    report.observe(&Event::Status(Status::Failed));
    observe_a_build(&mut report);
    for n in 0..20 {
        report.observe(&Event::Finding(Finding {
            severity: Severity::Warning,
            code: Some(format!("C{n}")),
            repeats: 1,
            ..report.findings[0].clone()
        }));
    }
    let whole = rendered(&report, usize::MAX);
    assert!(!whole.contains("_truncated_"));
    assert!(whole.ends_with("</details>\n"));
    let near_the_end = whole.len() - 1000..whole.len();
    let budgets = (0..3000).chain(near_the_end).step_by(97);
    for budget in budgets.chain((0..whole.len()).step_by(4999)) {
        let cut = rendered(&report, budget);
        assert!(cut.len() <= budget, "{} > {budget}", cut.len());
        assert!(cut.is_empty() || cut.ends_with("\n\n_truncated_\n"), "{budget}");
        let fences = cut.lines().filter(|line| line.starts_with("````")).count();
        assert_eq!(fences % 2, 0, "an open fence at {budget}");
        assert_eq!(cut.matches("<details>").count(), cut.matches("</details>").count(), "{budget}");
    }
}

fn observe_a_build(report: &mut BuildReport) {
    let took = |seconds| Some(Duration::from_secs(seconds));
    let phase = |phase, seconds: Option<u64>, completed| {
        let took = seconds.and_then(took);
        [Event::PhaseStarted(phase), Event::PhaseEnded { phase, took, completed }]
    };
    let phases = [
        phase(Phase::SourceSync, None, true),
        phase(Phase::Cook, Some(100), true),
        phase(Phase::Compile, Some(100), true),
        phase(Phase::Cook, Some(100), false),
    ];
    for event in phases.into_iter().flatten() {
        report.observe(&event);
    }
    let name = "Compile [x64] <i>|`A`.cpp\n".to_owned();
    report.observe(&Event::Action { name, took: Duration::from_secs(61) });
    report.observe(&Event::Cooked { done: 400, total: 660 });
}

#[test]
fn the_phases_show_how_long_each_took() {
    let mut report = report([]);
    observe_a_build(&mut report);
    report.observe(&Event::PhaseStarted(Phase::Stage));
    report.observe(&Event::Status(Status::Running));
    insta::assert_snapshot!(rendered(&report, usize::MAX).split_once("### Phases").unwrap().1, @r"
    |  | Phase | Took | Share |  |
    | --- | --- | ---: | ---: | --- |
    | ✅ | Source sync |  |  |  |
    | ✅ | Compile | 1m 40s | 33 % | ██████████ |
    | ❌ | Cook | 3m 20s | 67 % | ████████████████████ |
    | ⏳ | Stage |  |  |  |

    400 of 660 packages cooked

    ### Slowest compile actions

    | Action | Took |
    | --- | ---: |
    | Compile \[x64\] &lt;i&gt;\|\`A\`.cpp  | 1m 1s |
    ");
    report.observe(&Event::Status(Status::Superseded));
    for cut_off in ["\n|  | Cook |", "\n|  | Stage |"] {
        assert!(rendered(&report, usize::MAX).contains(cut_off), "neither good nor bad");
    }
}

#[test]
fn the_root_cause_has_a_hint_and_an_owner() {
    let mut report = report(["broken\n````\nnote"].map(str::to_owned));
    report.findings[0] = Finding {
        owner: Some(Owner::Config),
        hint: Some("Look at <b>*this*</b>.".to_owned()),
        repeats: 2,
        also: vec!["A.ini".to_owned()],
        ..report.findings[0].clone()
    };
    let root = |report: &BuildReport, outcome| {
        let page = render(report, &Verdict::new(report, &outcome), usize::MAX);
        page.split_once("### Findings").unwrap().0.to_owned()
    };
    assert!(!root(&report, Outcome::Success).contains("Look at"), "nothing has failed");
    report.observe(&Event::Status(Status::Failed));
    insta::assert_snapshot!(root(&report, Outcome::Failure), @r"
    ## ❌ Build failed

    build b1 failed

    ### Root cause

    `````text
    broken (+2 more: A.ini, …)
    ````
    note
    `````

    > Look at &lt;b&gt;\*this\*&lt;/b&gt;.

    Likely owner: **maintainers of the project and build settings (config)**
    ");
}

#[test]
fn errors_come_before_warnings_and_those_are_counted_by_kind() {
    let mut report = report(["broken"].map(str::to_owned));
    let error = report.findings[0].clone();
    let mut add = |severity, code: &str, rank, repeats| {
        let code = Some(code.to_owned());
        report.observe(&Event::Finding(Finding { severity, code, rank, repeats, ..error.clone() }));
    };
    add(Severity::Error, "UBT", Rank::FollowUp, 0);
    add(Severity::Warning, "<b>|C4996", Rank::Compile, 41);
    for n in 0..12 {
        add(Severity::Warning, &format!("W{n:02}"), Rank::Compile, 0);
    }
    add(Severity::Error, "C2065", Rank::Compile, 0);
    let page = rendered(&report, usize::MAX);
    insta::assert_snapshot!(page.split_once("### Findings").unwrap().1, @r"
    2 errors, 13 warnings; 1 follow-up error hidden

    |  | Where | What |
    | --- | --- | --- |
    | ❌ |  | broken |
    | ❌ |  | C2065: broken |

    |  | Where | What |
    | --- | --- | --- |
    | ⚠️ |  | &lt;b&gt;\|C4996: broken (+41 more) |
    | ⚠️ |  | W00: broken |
    | ⚠️ |  | W01: broken |
    | ⚠️ |  | W02: broken |
    | ⚠️ |  | W03: broken |
    | ⚠️ |  | W04: broken |
    | ⚠️ |  | W05: broken |
    | ⚠️ |  | W06: broken |
    | ⚠️ |  | W07: broken |
    | ⚠️ |  | W08: broken |
    | ⚠️ |  | W09: broken |
    | ⚠️ |  | W10: broken |
    | ⚠️ |  | W11: broken |

    <details><summary>Warnings by kind</summary>

    | Kind | Count |
    | --- | ---: |
    | &lt;b&gt;\|C4996 | 42 |
    | W00 | 1 |
    | W01 | 1 |
    | W02 | 1 |
    | W03 | 1 |
    | W04 | 1 |
    | W05 | 1 |
    | W06 | 1 |
    | W07 | 1 |
    | W08 | 1 |

    </details>
    ");
}

#[test]
fn warnings_that_are_all_of_different_kinds_are_not_counted_by_kind() {
    let mut report = report(["broken"].map(str::to_owned));
    report.observe(&Event::Finding(Finding {
        severity: Severity::Warning,
        ..report.findings[0].clone()
    }));
    assert!(!rendered(&report, usize::MAX).contains("<details>"));
}

#[test]
fn findings_beyond_the_listed_ones_are_counted() {
    let report = report((0..LISTED + 7).map(|n| n.to_string()));
    assert!(rendered(&report, usize::MAX).ends_with("\n… and 7 more errors\n"));
}

#[test]
fn a_place_in_the_repository_is_a_link_that_nothing_in_its_path_ends() {
    let mut report = report(["broken"].map(str::to_owned));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    report.source = SourceLinks::new("https://git.example/game", "/-/blob/", None);
    report.facts.commit = Some(commit.to_owned());
    let place = |file: &str, in_repository| {
        Some(Location {
            file: file.to_owned(),
            in_repository,
            line: Some(42),
            column: Some(5),
            end_line: None,
        })
    };
    let broken = report.findings[0].clone();
    report.findings = vec![
        Finding { location: place("Source/A](x) |`.cpp", true), ..broken.clone() },
        Finding { location: place("Engine/B.cpp", false), ..broken.clone() },
        broken,
    ];
    let page = rendered(&report, usize::MAX);
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ❌ |")).collect();
    let link =
        format!("https://git.example/game/-/blob/{commit}/Source/A%5D%28x%29%20%7C%60.cpp#L42");
    assert_eq!(
        rows,
        [
            format!("| ❌ | [Source/A\\](x) \\|\\`.cpp:42:5]({link}) | broken |"),
            "| ❌ | Engine/B.cpp:42:5 | broken |".to_owned(),
            "| ❌ |  | broken |".to_owned(),
        ]
    );
}

//! Publishing writes each output, summary and report, and reports every problem with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::causes::one_line;
use crate::ci::tests::named;
use crate::config::{Env, Task};
use crate::model::{Event, Finding};
use crate::render::tests::{SECRET, build, events, failure, report};
use crate::report::Outcome;
use crate::text::Style;
use crate::threads;

/// Publishes to GitHub if there are variables, and into a folder.
fn publisher(variables: &[(&str, &Path)], reports_dir: Option<&Path>) -> Publisher {
    let variables = variables.iter().map(|(name, path)| (*name, path.to_str().unwrap()));
    let files = match variables.len() {
        0 => named("plain").step_files(&Env::default()),
        _ => named("github").step_files(&Env::from_iter(variables)),
    };
    let cleaner = Cleaner::new(&[SECRET], Style::default());
    Publisher::start(cleaner, files, true, reports_dir.map(reports))
}

/// The folder for reports of a step with the build setting `setting`.
fn reports(path: &Path) -> ReportsDir {
    ReportsDir { path: path.to_owned(), workspace: None, step: "setting".to_owned() }
}

fn final_report(publisher: &Publisher, report: BuildReport) -> FinalReport {
    let outputs = publisher.without_secrets(report.outputs(Some(&Outcome::Failure)));
    FinalReport { outputs, report, verdict: failure() }
}

/// The problems of publishing without a deadline.
async fn problems(publisher: Publisher, last_lines: &str) -> Vec<PublishProblem> {
    let log = log(&publisher, last_lines);
    problems_after(publisher, log).await
}

/// `build.log` with these lines in it.
fn log(publisher: &Publisher, lines: &str) -> Option<Output> {
    let mut log = publisher.open_log();
    for line in lines.lines() {
        log.as_mut().unwrap().push_line(line);
    }
    log
}

async fn problems_after(publisher: Publisher, log: Option<Output>) -> Vec<PublishProblem> {
    let (_never, late) = watch::channel(false);
    let report = final_report(&publisher, report());
    publisher.publish(report, log, &late).await.problems
}

#[tokio::test]
async fn every_report_shows_the_same_build() {
    let folder = tempfile::tempdir().unwrap();
    let reports_dir = folder.path().join("reports");
    let publisher = publisher(&[], Some(&reports_dir));
    let mut lines = String::new();
    for event in events() {
        if let Event::Line { text, .. } = event {
            lines += &format!("{text}\n");
        }
    }
    let problems = problems(publisher, &lines).await;
    assert!(problems.is_empty(), "{problems:?}");
    let mut files: Vec<_> =
        fs::read_dir(reports_dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> =
        files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "annotations.json",
            "build.log",
            "codequality.json",
            "issues.json",
            "junit.xml",
            "outputs.env",
            "outputs.json",
            "outputs.properties",
            "results.sarif",
            "summary.md",
        ]
    );
    for (file, name) in files.iter().zip(names) {
        insta::assert_snapshot!(name, fs::read_to_string(file).unwrap());
    }
}

#[tokio::test]
async fn an_output_that_holds_a_secret_is_withheld_and_that_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("output");
    let publisher = publisher(&[("GITHUB_OUTPUT", &file)], None);
    let mut report = report();
    report.facts.branch = Some(format!("feature/{SECRET}"));
    let report = final_report(&publisher, report);
    publisher.publish_early(&report.outputs);
    let (_never, late) = watch::channel(false);
    let problems = publisher.publish(report, None, &late).await.problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("the output branch is withheld"));
    assert!(!fs::read_to_string(file).unwrap().contains(SECRET));
}

#[tokio::test]
async fn github_gets_the_outputs_early_and_again_complete_and_the_summary_once() {
    let folder = tempfile::tempdir().unwrap();
    let [output, summary] = ["output", "summary"].map(|name| folder.path().join(name));
    let publisher =
        publisher(&[("GITHUB_OUTPUT", &output), ("GITHUB_STEP_SUMMARY", &summary)], None);
    let outputs = BuildReport::new(&Task::Attach(build())).outputs(None);
    publisher.publish_early(&publisher.without_secrets(outputs));
    assert!(problems(publisher, "").await.is_empty());

    let output = fs::read_to_string(output).unwrap();
    assert_eq!(output.matches("build-id<<ghadelimiter_").count(), 2);
    let result = output.rsplit_once("\nresult<<").unwrap().1;
    assert_eq!(result.lines().nth(1), Some("failure"));
    let summary = fs::read_to_string(summary).unwrap();
    assert_eq!(summary.matches("## ❌ Build failed").count(), 1);
}

#[tokio::test]
async fn an_unwanted_summary_is_not_written() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let env = Env::from_iter([("GITHUB_STEP_SUMMARY", file.path().to_str().unwrap())]);
    let cleaner = Cleaner::new(&[], Style::default());
    let unwanted = Publisher::start(cleaner, named("github").step_files(&env), false, None);
    let _no_outputs_either = problems(unwanted, "").await;
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "");
}

#[test]
fn the_summary_on_github_says_that_it_is_cut_if_there_is_room_to_say_so() {
    const MAX_BYTES: usize = 1024 * 1024;
    let file = tempfile::NamedTempFile::new().unwrap();
    let env = Env::from_iter([("GITHUB_STEP_SUMMARY", file.path().to_str().unwrap())]);
    let files = named("github").step_files(&env);
    let mut report = BuildReport::new(&Task::Attach(build()));
    for n in 0..99 {
        report.observe(&Event::Finding(Finding::error(format!("{n} {}", "日".repeat(400)))));
    }
    let verdict = Verdict::new(&report, &Outcome::Failure);
    let render = |max_bytes| summary::render(&report, &verdict, max_bytes);
    for (foreign, says_so) in
        [(0, false), (MAX_BYTES - 50_000, true), (MAX_BYTES - 1, false), (MAX_BYTES, false)]
    {
        let before = "x".repeat(foreign);
        fs::write(file.path(), &before).unwrap();
        files.summary(&report, &verdict, &render).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.starts_with(&before));
        assert!(text.len() <= MAX_BYTES, "O10: {}", text.len());
        assert_eq!(text.ends_with("_truncated_\n"), says_so);
    }
}

#[tokio::test]
async fn the_log_file_has_every_line_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let publisher = publisher(&[], Some(folder.path()));
    let mut log = publisher.open_log().unwrap();
    for number in 0..=10_000 {
        log.push_line(&number.to_string());
        if number % 100 == 0 {
            log.ready().await;
            log.hand_over();
        }
    }
    assert!(problems_after(publisher, Some(log)).await.is_empty());
    let log = fs::read_to_string(folder.path().join("build.log")).unwrap();
    assert!(log.lines().eq((0..=10_000).map(|number| number.to_string())));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_reported_once_and_not_for_each_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let publisher = publisher(&[], Some(&file.path().join("not-a-folder")));
    let problems = problems(publisher, "x\n").await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].is_failure() && problems[0].to_string().contains("not-a-folder"));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_reported_and_the_others_are_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("build.log")).unwrap();
    let problems = problems(publisher(&[], Some(folder.path())), "x\n").await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].to_string().contains("build.log"));
    for other in ["junit.xml", "outputs.json"] {
        assert!(folder.path().join(other).exists(), "{other}");
    }
}

/// Every access to this file hangs, as on a disk that hangs. `src/files/hang.rs` explains how.
#[cfg(unix)]
fn hanging(path: &Path) {
    let pipe = path.with_added_extension("hangs");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_hangs_is_reported_in_time_and_everything_else_is_written() {
    for hangs in ["outputs.env.tmp", "build.log"] {
        let folder = tempfile::tempdir().unwrap();
        let [output, reports] = ["output", "reports"].map(|name| folder.path().join(name));
        fs::create_dir(&reports).unwrap();
        hanging(&reports.join(hangs));
        let publisher = publisher(&[("GITHUB_OUTPUT", &output)], Some(&reports));
        publisher.publish_early(&publisher.without_secrets(report().outputs(None)));
        let (too_late, late) = watch::channel(false);
        let report = final_report(&publisher, report());
        let log = log(&publisher, "x\n");
        let published = publisher.publish(report, log, &late);
        let written = async {
            while !fs::read_to_string(&output).is_ok_and(|text| text.contains("\nfailure\n")) {
                tokio::task::yield_now().await;
            }
            too_late.send_replace(true);
        };
        let (published, ()) = tokio::join!(published, written);
        let problems: Vec<_> =
            published.problems.iter().filter(|problem| problem.is_failure()).collect();
        assert_eq!(problems.len(), 1, "{hangs}: {problems:?}");
        let text = one_line(problems[0]);
        assert!(text.contains("/reports") && text.ends_with(": it takes too long"), "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_whose_file_hangs_is_abandoned_before_it_is_all_in_memory_and_that_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    hanging(&folder.path().join("build.log"));
    let publisher = publisher(&[], Some(folder.path()));
    let mut log = publisher.open_log().unwrap();
    let line = "x".repeat(1024 * 1024 - 1);
    let mut most_bytes = 0;
    for _ in 0..100 {
        log.push_line(&line);
        most_bytes = most_bytes.max(log.batch().len());
    }
    assert!(log.is_empty(), "nothing is kept of a log that is abandoned");
    assert_eq!(most_bytes, 8 * 1024 * 1024, "what waits for the disk before that");
    let problems = problems_after(publisher, Some(log)).await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].to_string().ends_with("build.log: it takes too long"), "{problems:?}");
}

#[tokio::test]
async fn files_of_an_earlier_run_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let left = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        files.collect::<BTreeSet<_>>()
    };
    fs::write(folder.path().join("notes.txt"), "somebody else's").unwrap();
    assert!(problems(publisher(&[], Some(folder.path())), "a line\n").await.is_empty());
    assert!(left().len() > 2);

    let next = publisher(&[], Some(folder.path()));
    let _log = next.open_log();
    next.reports.as_ref().unwrap().folder.ask(|_| ()).await.unwrap();
    while left().len() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(left(), BTreeSet::from(["notes.txt".into()]));
}

#[tokio::test]
async fn without_a_thread_everything_is_published_all_the_same_and_that_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let mut publisher = publisher(&[("GITHUB_OUTPUT", &output)], None);
    let env = Env::from_iter([("GITHUB_OUTPUT", output.to_str().unwrap())]);
    let files = named("github").step_files(&env);
    let refused = threads::refused("writes outputs and summary");
    publisher.ci = Worker::Inline(StepFilesWriter { files, wants_summary: false }, refused);
    let outputs = BuildReport::new(&Task::Attach(build())).outputs(None);
    publisher.publish_early(&publisher.without_secrets(outputs));
    assert_eq!(fs::read_to_string(&output).unwrap().matches("build-id<<").count(), 1);
    let problems = problems(publisher, "").await;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let text = one_line(&problems[0]);
    assert!(
        text.starts_with("cannot start the thread that writes outputs and summary: "),
        "{text}"
    );
    assert!(!problems[0].is_failure());
    assert_eq!(fs::read_to_string(&output).unwrap().matches("build-id<<").count(), 2);
}

//! Ends that come from outside: signals and deadlines.

use std::cell::Cell;
use std::time::{Duration, Instant};

use buildpixel_ci::report::Signal;
use buildpixel_ci::retry::Policy;
use simulator::{Answer, BUILD_ID, Entry, Scenario, build_path, trigger_path};

use crate::harness::{GO, ScenarioExt, Step, endless, eventually};

#[tokio::test]
async fn a_signal_ends_the_step_cleanly_with_a_hint_to_reattach() {
    for (signal, code) in [(Signal::Int, 130), (Signal::Term, 143)] {
        let ran = Step::new(endless())
            .await
            .run_while(async |step, signals| {
                step.stdout.shows("line 1\n").await;
                signals.send(signal).await.unwrap();
                step.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
            })
            .await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert!(ran.stdout.contains("line 1\n::endgroup::\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
        assert_eq!(ran.output("result"), "interrupted");
        assert_eq!(ran.output("status"), "running");
        assert!(ran.journal.contains(&Entry::Left { build_id: BUILD_ID.to_owned() }));
    }
}

#[tokio::test]
async fn an_unfinished_phase_is_not_shown_as_done_when_the_step_ends() {
    let ran = Step::new(endless())
        .await
        .run_while(async |step, signals| {
            step.stdout.shows("line 1\n").await;
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 130, "{}", ran.stdout);
    assert!(ran.summary.contains("| ⏳ | Cook |"), "{}", ran.summary);

    let step = Step::new(endless()).await.input("timeout", "5s");
    let ran = step.run_while(async |step, _| step.stdout.shows("line 1\n").await).await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert!(ran.summary.contains("| ⏳ | Cook |"), "{}", ran.summary);
}

#[tokio::test]
async fn a_build_whose_status_is_not_known_is_not_called_queued() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new().without_socket().already_queued().answer(down);
    let step = Step::new(scenario).await.input("build-id", BUILD_ID).input("queue-timeout", "1s");
    let step = step.follow_delays(|delays| delays.unconfirmed_retries = u32::MAX);
    let ran = step.input("timeout", "2s").run().await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert!(!ran.stdout.contains("still queued"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_run_that_is_killed_leaves_the_id_of_its_build_behind() {
    let step = Step::new(endless()).await;
    step.run_while(async |step, signals| {
        step.stdout.shows("line 1\n").await;
        step.hands_over("build-id", BUILD_ID).await;
        signals.send(Signal::Int).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_signal_does_not_wait_for_a_stdout_that_blocks() {
    // The time that a first signal leaves, and the time that a busy machine adds to a second.
    for (signals, most) in [(1, Duration::from_secs(3)), (2, Duration::from_secs(1))] {
        let scenario = Scenario::new().await_join().log("info", "line 1");
        let scenario = scenario.await_requests("GET", GO, 1).status("complete");
        let (signalled, ended) = (Cell::new(None), Cell::new(None));
        let step = Step::new(scenario).await;
        let ran = step
            .run_while(async |step, sender| {
                go_on_behind_a_blocked_stdout(step).await;
                step.hands_over("result", "success").await;
                signalled.set(Some(Instant::now()));
                for _ in 0..signals {
                    sender.send(Signal::Int).await.unwrap();
                }
                sender.closed().await;
                ended.set(Some(Instant::now()));
            })
            .await;
        assert_eq!(ran.code, 130);
        assert_eq!(ran.output("build-id"), BUILD_ID);
        let took = ended.get().unwrap() - signalled.get().unwrap();
        assert!(took < most, "{signals}: {took:?}");
    }
}

/// With the log's file as the witness of what was shown to a stdout that blocks.
#[tokio::test]
async fn a_signal_does_not_wait_for_all_that_a_deadline_shows() {
    const LINES: u64 = 5000;
    // More than is shown in advance.
    const SHOWN_BYTES: u64 = 600_000;
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", GO, 1);
    let scenario = long_lines(scenario, LINES).never_ends();
    let step = Step::new(scenario).await;
    let reports = step.path().join("reports");
    let ran = step
        .input("timeout", "4s")
        .input("reports-dir", reports.to_str().unwrap())
        .run_while(async |step, signals| {
            go_on_behind_a_blocked_stdout(step).await;
            let log = reports.join("build.log");
            let is_long = |file: std::fs::Metadata| file.len() >= SHOWN_BYTES;
            let is_long = || std::fs::metadata(&log).is_ok_and(is_long).then_some(());
            eventually("build.log is long", is_long).await;
            signals.send(Signal::Term).await.unwrap();
            step.hands_over("result", "interrupted").await;
            step.stdout.unblock();
        })
        .await;
    assert_eq!(ran.code, 143);
    assert!(ran.numbered("long line ").len() < LINES as usize);
}

#[tokio::test]
async fn an_interrupted_trigger_still_reports_its_build() {
    let ran = Step::new(Scenario::new())
        .await
        .run_while(async |step, signals| {
            step.until(|journal| !journal.is_empty()).await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    assert_eq!(ran.output("result"), "interrupted");
    assert_eq!(ran.output("build-id"), BUILD_ID);
    assert_eq!(ran.output("status"), "pending");
    assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_deadline_after_the_end_does_not_change_the_verdict() {
    let stumbling = Answer::new("GET", build_path(BUILD_ID), 503).times(4);
    let scenario = Scenario::new().answer(stumbling).await_join().status("failed");
    let slowly = Duration::from_millis(1500);
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| {
            delays.retry = Policy { first: slowly, longest: slowly, retries: 6 };
            delays.longest_final_facts = Duration::from_secs(60);
        })
        .input("timeout", "2s")
        .run()
        .await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
}

#[tokio::test]
async fn our_deadline_ends_the_step_and_the_build_runs_on() {
    let ran = Step::new(endless()).await.input("timeout", "2s").run().await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert_eq!(ran.output("result"), "timeout");
    assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
}

#[tokio::test]
async fn a_build_that_stays_queued_ends_the_step_when_asked_to() {
    let scenario = Scenario::new().await_join().await_requests("POST", trigger_path(), 2);
    let ran = Step::new(scenario).await.input("queue-timeout", "1s").run().await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert_eq!(ran.output("status"), "pending");
}

#[tokio::test]
async fn the_queue_timeout_does_not_run_while_the_status_is_unknown() {
    const LONG: usize = 60;
    let down = Answer::new("GET", build_path(BUILD_ID), 503).times(LONG);
    let scenario = Scenario::new()
        .without_socket()
        .already_queued()
        .answer(down)
        .await_requests("GET", build_path(BUILD_ID), LONG + 3)
        .status("running")
        .await_requests("GET", build_path(BUILD_ID), LONG + 6)
        .status("complete");
    let ran = Step::new(scenario)
        .await
        .input("build-id", BUILD_ID)
        .input("queue-timeout", "1s")
        .follow_delays(|delays| delays.unconfirmed_retries = u32::MAX)
        .run()
        .await;
    assert!(ran.stdout.contains("build is pending\n"), "{}", ran.stdout);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

/// The build goes on behind its first line, while stdout takes nothing.
async fn go_on_behind_a_blocked_stdout(step: &Step) {
    step.stdout.shows("line 1\n").await;
    step.stdout.block();
    step.go();
}

/// So many kilobytes, and as many lines with a number.
fn long_lines(scenario: Scenario, kilobytes: u64) -> Scenario {
    (1..=kilobytes).fold(scenario, |scenario, number| {
        scenario.log("info", "x".repeat(1000)).log("info", format!("long line {number}"))
    })
}

/// How many kilobytes are more than anything on the way can hold.
const FLOOD: u64 = 600;

/// Logs a line, and more than anything on the way can hold when the test says so.
fn flooding() -> Scenario {
    let scenario = Scenario::new().await_join().status("running").log("info", "line 1");
    long_lines(scenario.await_requests("GET", GO, 1), FLOOD)
}

#[tokio::test]
async fn while_stdout_blocks_our_deadline_still_ends_the_step() {
    let ran = Step::new(flooding().never_ends())
        .await
        .input("timeout", "4s")
        .run_while(async |step, _| {
            go_on_behind_a_blocked_stdout(step).await;
            // The outputs do not wait for stdout either.
            step.hands_over("result", "timeout").await;
            assert!(!step.stdout.text().contains("runs on"));
            step.stdout.unblock();
        })
        .await;
    assert_eq!(ran.code, 12, "{}", ran.stdout);
    assert!(ran.stdout.contains("runs on"), "{}", ran.stdout);
}

#[tokio::test]
async fn while_stdout_blocks_little_is_rendered_in_advance() {
    Step::new(flooding().status("failed"))
        .await
        .run_while(async |step, _| {
            go_on_behind_a_blocked_stdout(step).await;
            step.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
            step.stdout.unblock();
            step.stdout.shows(&format!("long line {FLOOD}\n")).await;
            assert!(step.stdout.largest_batch_bytes() < 100_000);
        })
        .await;
}

#[tokio::test]
async fn a_build_that_ended_while_stdout_blocked_is_not_reported_as_running() {
    let ran = Step::new(flooding().status("failed"))
        .await
        .input("timeout", "4s")
        .run_while(async |step, _| {
            go_on_behind_a_blocked_stdout(step).await;
            step.hands_over("result", "failure").await;
            step.stdout.unblock();
        })
        .await;
    assert_eq!(ran.code, 10);
    assert_eq!(ran.numbered("long line "), (1..=FLOOD).collect::<Vec<_>>());
}

/// A step that has little patience with a report that it can never write.
#[cfg(unix)]
fn hanging(step: Step, report: &str) -> Step {
    step.with(|job| job.with_hanging_report(report))
        .follow_delays(|delays| delays.shutdown = Duration::from_millis(500))
}

#[cfg(unix)]
#[tokio::test]
async fn a_hanging_disk_hangs_no_step_and_fails_only_a_success() {
    for (status, code) in [("complete", 41), ("failed", 10)] {
        let scenario = Scenario::new().await_join().status(status);
        let ran = hanging(Step::new(scenario).await, "junit.xml.tmp").run().await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert!(ran.stdout.contains("/reports: it takes too long"), "{}", ran.stdout);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_hanging_log_file_delays_neither_output_nor_the_end() {
    let scenario = Scenario::new().await_join().status("running").flood(40_000).status("complete");
    let ran = hanging(Step::new(scenario).await, "build.log").run().await;
    assert_eq!(ran.code, 41);
    assert_eq!(ran.numbered("flood line "), (1..=40_000).collect::<Vec<_>>());
    assert!(ran.stdout.contains("/reports/build.log: it takes too long"));
}

#[tokio::test]
async fn unwritable_outputs_are_reported_once_and_never_replace_a_failing_verdict() {
    for (status, code) in [("complete", 41), ("failed", 10)] {
        let scenario = Scenario::new().await_join().status(status);
        let ran = Step::new(scenario).await.env("GITHUB_OUTPUT", "/nowhere/output").run().await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("cannot write /nowhere/output").count(), 1, "{}", ran.stdout);
    }
}

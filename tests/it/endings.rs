//! Ends that come from outside: signals and deadlines.

use std::time::{Duration, Instant};

use buildpixel_ci::outcome::Signal;
use simulator::{BUILD_ID, Entry, Scenario, trigger_path};

use crate::step::Step;

/// Logs a line in an open phase and then goes on for ever.
fn endless() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "line 1")
        .await_requests("POST", "/never", 1)
}

#[tokio::test]
async fn a_signal_ends_the_step_cleanly_and_tells_how_to_come_back() {
    for (signal, code) in [(Signal::Int, 130), (Signal::Term, 143)] {
        let ran = Step::new(endless())
            .await
            .run_while(async |step, signals| {
                step.stdout.shows("line 1\n").await;
                signals.send(signal).await.unwrap();
                step.simulator.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
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
async fn a_second_signal_does_not_wait_for_anything() {
    let started = Instant::now();
    let ran = Step::new(endless())
        .await
        .timings(|timings| timings.goodbye = Duration::from_secs(600))
        .run_while(async |step, signals| {
            step.stdout.shows("line 1\n").await;
            signals.send(Signal::Int).await.unwrap();
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 130);
    assert!(started.elapsed() < Duration::from_secs(300));
}

#[tokio::test]
async fn a_signal_before_the_build_is_known_says_so() {
    let scenario = Scenario::new();
    let ran = Step::new(scenario)
        .await
        .run_while(async |_, signals| signals.send(Signal::Term).await.unwrap())
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
    assert_eq!(ran.output("result"), "interrupted");
}

#[tokio::test]
async fn our_deadline_ends_the_step_and_the_build_runs_on() {
    let ran = Step::new(endless()).await.input("timeout", "1s").run().await;
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
async fn outputs_that_cannot_be_written_are_told_once_and_never_replace_a_failing_verdict() {
    for (status, code) in [("complete", 41), ("failed", 10)] {
        let scenario = Scenario::new().await_join().status(status);
        let ran =
            Step::new(scenario).await.variable("GITHUB_OUTPUT", "/nowhere/output").run().await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("cannot write /nowhere/output").count(), 1, "{}", ran.stdout);
    }
}

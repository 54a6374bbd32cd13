//! The messages while nothing happens.

use std::time::{Duration, Instant};

use simulator::{Answer, BUILD_ID, Scenario, build_path};

use crate::harness::{GO, LONG, Step};

const HEARTBEAT: Duration = Duration::from_millis(30);

/// A step for which a moment of silence is a long time.
async fn restless(scenario: Scenario) -> Step {
    Step::new(scenario).await.follow_delays(|delays| delays.heartbeat = HEARTBEAT)
}

/// The output behind this text, if the text was printed.
fn printed_behind<'p>(printed: &'p str, text: &str) -> Option<&'p str> {
    printed.split_once(text).map(|(_, behind)| behind)
}

/// Runs until all texts were printed, each after the one before it.
async fn says(step: Step, texts: &[&str]) -> String {
    let ran = step
        .run_while(async |step, _| {
            let in_order = |printed: &str| {
                let behind = |rest, text: &&str| printed_behind(rest, text);
                texts.iter().try_fold(printed, behind).is_some()
            };
            step.stdout.until(&texts.join(", then "), in_order).await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    ran.stdout
}

#[tokio::test]
async fn a_silent_build_gets_heartbeats_with_phase_and_progress() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "LogCook: Display: Cooked packages 400 Packages Remain 260 Total 660")
        .await_requests("GET", GO, 1)
        .status("complete");
    let beat = ": 400 of 660 packages cooked; no log line for ";
    let place = "buildpixel-ci: still in Cook after ";
    let step = restless(scenario).await;
    let started = Instant::now();
    let shown = says(step, &[place, beat, place, beat, place, beat, "\n"]).await;
    let beats = started.elapsed().div_duration_f64(HEARTBEAT);
    assert!(shown.matches(place).count() as f64 <= beats, "{beats}: {shown}");
}

#[tokio::test]
async fn a_build_with_only_hidden_lines_gets_heartbeats() {
    let mut scenario = Scenario::new().await_join().status("running");
    for number in 0..100 {
        scenario = scenario.log("info", format!("hidden {number}")).pause(5);
    }
    let scenario = scenario.await_requests("GET", GO, 1).status("complete");
    let step = restless(scenario).await.input("log-level", "off");
    let shown = says(step, &["still running after ", "log lines so far: "]).await;
    assert!(!shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn a_queued_build_is_reported_as_queued_and_advice_comes_once() {
    let scenario = Scenario::new().await_join().await_requests("GET", GO, 1).status("complete");
    let step = restless(scenario).await;
    let step = step.follow_delays(|delays| delays.long_queue = Duration::from_millis(100));
    let advice = format!("warning: build {BUILD_ID} has been queued for ");
    let queued = "still queued after ";
    let shown = says(step, &[queued, &advice, "support", queued, queued, queued, queued]).await;
    assert_eq!(shown.matches(&advice).count(), 1, "{shown}");
}

#[tokio::test]
async fn a_build_without_a_known_status_gets_heartbeats() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503).times(30);
    let scenario = Scenario::new().without_socket().already_queued().answer(down);
    let scenario = scenario.await_requests("GET", GO, 1).status("complete");
    let step = restless(scenario).await.input("build-id", BUILD_ID);
    let step = step.follow_delays(|delays| delays.unconfirmed_retries = u32::MAX);
    says(step, &["no status of the build yet after "]).await;
}

#[tokio::test]
async fn a_talkative_build_needs_no_heartbeat() {
    let scenario = Scenario::new().await_join().status("running").flood(2000).status("complete");
    let step = Step::new(scenario).await;
    let ran = step.follow_delays(|delays| delays.heartbeat = LONG).run().await;
    assert!(!ran.stdout.contains("still "), "{}", ran.stdout);
}

#[tokio::test]
async fn a_log_that_is_no_longer_shown_does_not_suppress_heartbeats() {
    let mut scenario = Scenario::new().await_join().status("running");
    for _ in 0..200 {
        scenario = scenario.log("info", "x".repeat(16_000));
    }
    scenario = scenario.await_requests("GET", GO, 1);
    for number in 0..100 {
        scenario = scenario.log("info", format!("beyond {number}")).pause(5);
    }
    let scenario = scenario.await_requests("GET", GO, 2);
    let step = restless(scenario.status("complete")).await.input("ci", "gitlab");
    let reports = step.path_of("reports").to_str().unwrap().to_owned();
    let rest =
        |printed: &str| printed_behind(printed, "the rest of the log is ").map(str::to_owned);
    let ran = step
        .input("reports-dir", &reports)
        .run_while(async |step, _| {
            step.stdout.shows("the rest of the log is ").await;
            step.go();
            let has_beat = |printed: &str| {
                let rest = rest(printed).unwrap_or_default();
                rest.contains("still running after ") && rest.contains("log lines so far: ")
            };
            step.stdout.until("a heartbeat behind the end of the log", has_beat).await;
            step.go();
        })
        .await;
    let rest = rest(&ran.stdout).unwrap();
    assert!(!rest.contains("beyond"), "{rest}");
}

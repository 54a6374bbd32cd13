//! The result of the step for each end of a build.

use std::time::Duration;

use serde_json::json;
use simulator::{Answer, BUILD_ID, Entry, Scenario, build_path};

use crate::harness::{GO, LONG, Step};

fn failing() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** BUILD COMMAND STARTED **********")
        .log("info", "[1/2] Compile [x64] Keeper.cpp")
        .log(
            "error",
            r"C:\build\Lighthouse\Source\Lighthouse\Keeper.cpp(42,7): error C2065: 'Lantern': undeclared identifier",
        )
        .log("error", "AutomationTool exiting with ExitCode=6 (6)")
        .log("error", "BUILD FAILED")
        .status("failed")
}

#[tokio::test]
async fn a_complete_build_succeeds_and_every_output_is_written() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "LogCook: Display: Cooked packages 1 Packages Remain 0 Total 1")
        .log("info", "********** COOK COMMAND COMPLETED **********")
        .status("complete");
    let ran = Step::new(scenario).await.input("branch", "feature/x").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), BUILD_ID);
    assert_eq!(ran.output("status"), "complete");
    assert_eq!(ran.output("result"), "success");
    assert_eq!(ran.output("platform"), "Win64");
    assert_eq!(ran.output("branch"), "feature/x");
    assert_eq!(ran.output("error-count"), "0");
    assert_eq!(ran.outputs.len(), 18);
    let cook = ran.stdout.find("::group::Cook").unwrap();
    assert!(
        ran.stdout[cook..].find("Cooked packages 1").unwrap()
            < ran.stdout[cook..].find("::endgroup::").unwrap()
    );
    let body = ran.journal.iter().find_map(|entry| match entry {
        Entry::Request { method, body, authorized: true, .. } if method == "POST" => {
            Some(body.to_string())
        }
        _ => None,
    });
    assert_eq!(body.as_deref(), Some(r#"{"branch":"feature/x"}"#));
}

#[tokio::test]
async fn a_failed_build_fails_the_step_and_points_at_the_line() {
    let ran = Step::new(failing()).await.run().await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.output("result"), "failure");
    assert_eq!(ran.output("failed-phase"), "compile");
    assert_eq!(
        ran.output("first-error"),
        "Source/Lighthouse/Keeper.cpp:42:7: C2065: 'Lantern': undeclared identifier"
    );
    let annotation = "::error title=C2065,file=Source/Lighthouse/Keeper.cpp,line=42,col=7::Source/Lighthouse/Keeper.cpp:42:7: C2065: 'Lantern': undeclared identifier%0A  hint: Include the header that declares Lantern ";
    assert!(ran.stdout.contains(annotation), "{}", ran.stdout);
    assert!(ran.summary.contains("Keeper.cpp"), "{}", ran.summary);
}

#[tokio::test]
async fn a_superseded_build_fails_the_step_unless_configured_otherwise() {
    for (choice, code) in [("fail", 11), ("pass", 0)] {
        let scenario = Scenario::new().await_join().status("superseded");
        let ran = Step::new(scenario).await.input("on-superseded", choice).run().await;
        assert_eq!(ran.code, code, "{choice}: {}", ran.stdout);
        assert_eq!(ran.output("result"), "superseded");
    }
}

#[tokio::test]
async fn an_unknown_status_is_shown_and_is_no_ending() {
    let scenario = Scenario::new()
        .status("defrosting")
        .await_join()
        .await_requests("GET", GO, 1)
        .status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("defrosting").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[tokio::test]
async fn without_waiting_the_step_ends_with_the_trigger_and_opens_no_socket() {
    let ran = Step::new(failing()).await.input("wait", "false").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), BUILD_ID);
    assert_eq!(ran.output("result"), "detached");
    assert!(!ran.journal.contains(&Entry::Connected), "{:?}", ran.journal);
}

#[tokio::test]
async fn attaching_follows_a_build_that_exists_and_triggers_none() {
    let scenario = Scenario::new()
        .already_queued()
        .status("running")
        .log("info", "line 1")
        .log("info", "line 2")
        .await_join()
        .log("info", "line 3")
        .status("complete");
    let ran = Step::new(scenario).await.input("build-id", BUILD_ID).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
    assert_eq!(ran.requests("POST"), 0);
    assert!(ran.stdout.contains("`build-id` is given"), "a variable may have come by itself");
    assert!(ran.stdout.contains("the log begins with the last lines"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_build_that_is_over_already_gives_its_verdict_and_its_last_lines() {
    let scenario = Scenario::new().already_queued().log("info", "line 1").status("failed");
    let step = Step::new(scenario).await.input("build-id", BUILD_ID);
    let ran = step.run().await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
}

#[tokio::test]
async fn a_terminal_status_that_gets_lost_is_found_by_polling() {
    let scenario = Scenario::new()
        .await_join()
        .log("info", "line 1")
        .await_requests("GET", GO, 1)
        .lose_status("failed");
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| delays.status_poll = Duration::from_millis(50))
        .run_and_go_on_after("line 1\n")
        .await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
}

#[tokio::test]
async fn polling_alone_follows_a_build_too() {
    let scenario = Scenario::new()
        .log("info", "line 1")
        .await_requests("GET", build_path(BUILD_ID), 2)
        .log("info", "line 2")
        .log("info", "line 3")
        .status("complete");
    let ran = Step::new(scenario).await.input("transport", "poll").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
    assert!(!ran.journal.contains(&Entry::Connected), "{:?}", ran.journal);
}

#[tokio::test]
async fn lines_after_the_terminal_status_are_still_printed() {
    // REST shows no lines here, so only listening on can bring them.
    let scenario = Scenario::new().recent_lines(0).await_join().log("info", "line 1");
    let scenario = scenario.await_requests("GET", GO, 1).status("failed");
    let scenario = scenario.pause(10).log("info", "line 2").pause(10).log("info", "line 3");
    let step = Step::new(scenario).await.follow_delays(|delays| {
        delays.silence = Duration::from_secs(1);
        delays.longest_drain = LONG;
        // Nothing is held back for a REST that shows no lines at all.
        delays.catch_up = LONG * 2;
    });
    let ran = step.run_and_go_on_after("line 1\n").await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
}

#[tokio::test]
async fn a_pushed_end_that_the_api_denies_is_ignored() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .raw_event("build:status", json!({"buildId": BUILD_ID, "status": "failed"}))
        .await_requests("GET", GO, 1)
        .log("info", "line 1")
        .status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("following the build on").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!((ran.output("result"), ran.output("status")), ("success", "complete"));
    assert!(ran.stdout.contains("pushed the status failed"), "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
}

#[tokio::test]
async fn the_api_outweighs_a_status_that_was_pushed() {
    for (pushed, truth, code) in [("complete", "failed", 10), ("failed", "complete", 0)] {
        let scenario = Scenario::new()
            .await_join()
            .lose_status(truth)
            .raw_event("build:status", json!({"buildId": BUILD_ID, "status": pushed}));
        let ran = Step::new(scenario).await.run().await;
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert_eq!(ran.output("status"), truth);
    }
}

#[tokio::test]
async fn statuses_that_come_late_repeated_unknown_or_out_of_order_change_nothing() {
    let push = |scenario: Scenario, status: &str| {
        scenario.raw_event("build:status", json!({"buildId": BUILD_ID, "status": status}))
    };
    let mut scenario = Scenario::new().await_join().status("running");
    for status in ["pending", "running", "thawing", "pending", "running", "running"] {
        scenario = push(scenario, status);
    }
    scenario = scenario.log("info", "line 1").status("failed");
    for status in ["running", "pending", "complete", "superseded", "thawing", "failed"] {
        scenario = push(scenario, status);
    }
    let ran = Step::new(scenario.log("info", "line 2")).await.run().await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert_eq!(ran.output("status"), "failed");
    assert_eq!(ran.numbered("line "), [1, 2]);
    let (_, since_running) = ran.stdout.split_once("build is running").unwrap();
    assert!(!since_running.contains("build is pending"), "{}", ran.stdout);
}

#[tokio::test]
async fn the_last_lines_of_a_build_that_is_polled_are_waited_for() {
    let scenario = Scenario::new().without_socket().status("complete");
    let scenario = scenario.await_requests("GET", build_path(BUILD_ID), 2).log("info", "line 1");
    let ran = Step::new(scenario).await.input("transport", "poll").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
}

#[tokio::test]
async fn an_end_reported_by_rest_is_final_even_if_rest_fails_then() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new()
        .await_join()
        .log("info", "line 1")
        .lose_status("failed")
        .await_requests("GET", build_path(BUILD_ID), 5)
        .answer_from_now_on(down);
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| {
            delays.status_poll = Duration::from_millis(20);
            delays.silence = Duration::from_secs(1);
            delays.catch_up = Duration::from_millis(100);
        })
        .run()
        .await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert!(ran.stdout.contains("the last lines of the log may be missing"), "{}", ran.stdout);
}

#[tokio::test]
async fn after_a_denied_end_only_rest_can_report_the_end() {
    let failed = json!({"buildId": BUILD_ID, "status": "failed"});
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .raw_event("build:status", failed.clone())
        .await_requests("GET", GO, 1)
        .await_join()
        .raw_event("build:status", failed)
        .log("info", "line 1")
        .await_requests("GET", GO, 2)
        .status("complete");
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| {
            delays.status_poll = Duration::from_millis(20);
            delays.longest_denial = Duration::from_millis(50);
        })
        .run_while(async |step, _| {
            step.stdout.shows("following the build on").await;
            step.go();
            step.stdout.shows("line 1\n").await;
            step.asked_again(21).await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("following the build on").count(), 1, "{}", ran.stdout);
}

#[tokio::test]
async fn one_stale_answer_after_an_outage_is_no_denial() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503).times(40);
    let stale = json!({"id": BUILD_ID, "status": "running", "logs": []}).to_string();
    let stale = Answer::new("GET", build_path(BUILD_ID), 200).body(stale).times(1);
    let scenario = Scenario::new().answer(down).answer(stale).await_join().status("complete");
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| delays.longest_final_facts = Duration::from_secs(60))
        .run()
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(!ran.stdout.contains("following the build on"), "{}", ran.stdout);
}

#[tokio::test]
async fn the_first_terminal_status_of_rest_is_final() {
    let scenario = Scenario::new()
        .await_join()
        .lose_status("failed")
        .await_requests("GET", build_path(BUILD_ID), 5)
        .lose_status("complete");
    let ran = Step::new(scenario)
        .await
        .follow_delays(|delays| {
            delays.status_poll = Duration::from_millis(20);
            delays.silence = Duration::from_millis(500);
        })
        .run()
        .await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
}

//! Refusals of the API, final and temporary.

use std::time::Duration;

use simulator::{Answer, BUILD_ID, Entry, Scenario, TOKEN, build_path};
use tokio::net::TcpListener;

use crate::harness::{Journal, ScenarioExt, Step};

/// No run of a test is as long.
const SLOW_BEAT: Duration = Duration::from_secs(60);

const UNKNOWN: &str = "000000000000000000000000";

#[tokio::test]
async fn a_bad_token_is_refused_with_the_request_id_and_a_hint_and_is_not_shown() {
    let scenario = Scenario::new().rest_tokens(&["another"]).socket_tokens(&["another"]);
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 21, "{}", ran.stdout);
    for words in
        ["cannot trigger the build", "401 invalid_token", "req_", "check the `token` input"]
    {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(ran.output("result"), "error");
    assert_eq!(ran.output("build-id"), "");
    assert_eq!(ran.stdout.matches(TOKEN).count(), 1, "once, in ::add-mask::");
}

#[tokio::test]
async fn a_token_refused_only_by_the_stream_leaves_polling() {
    let scenario =
        Scenario::new().socket_tokens(&["another"]).log("info", "line 1").status("complete");
    let step = Step::new(scenario).await;
    let ran = step.follow_delays(|delays| delays.reconnect.longest = SLOW_BEAT).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
    let refusals = ran.journal.count(|entry| matches!(entry, Entry::Refused { .. }));
    assert_eq!(refusals, 1, "a refusal is only tried again at the slow beat");
}

#[tokio::test]
async fn transport_socket_ends_if_the_stream_refuses() {
    let scenario = Scenario::new().socket_tokens(&["another"]).await_join();
    let ran = Step::new(scenario).await.input("transport", "socket").run().await;
    assert_eq!(ran.code, 21, "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), BUILD_ID);
    assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
}

#[tokio::test]
async fn an_unknown_project_is_refused() {
    let ran = Step::new(Scenario::new()).await.input("project", UNKNOWN).run().await;
    assert_eq!(ran.code, 21, "{}", ran.stdout);
    assert!(ran.stdout.contains("404 not_found"), "{}", ran.stdout);
    assert!(ran.stdout.contains("check `project`"), "{}", ran.stdout);
}

#[tokio::test]
async fn an_unknown_build_to_attach_to_is_refused() {
    let ran = Step::new(Scenario::new()).await.input("build-id", UNKNOWN).run().await;
    assert_eq!(ran.code, 21, "{}", ran.stdout);
    assert!(ran.stdout.contains("cannot attach to the build"), "{}", ran.stdout);
}

#[tokio::test]
async fn invalid_inputs_are_reported_together_and_nothing_is_sent() {
    let step = Step::new(Scenario::new()).await;
    let ran =
        step.input("wait", "yes").input("ci", "hudson").input("project", "My Game").run().await;
    assert_eq!(ran.code, 20, "{}", ran.stdout);
    for words in [
        "`wait` is \"yes\" (read from INPUT_WAIT)",
        "`ci` is \"hudson\"",
        "`project` is \"My Game\"",
    ] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(ran.journal, []);
    assert_eq!(ran.output("result"), "error");
    assert!(ran.summary.contains("INPUT_WAIT"), "{}", ran.summary);
}

#[tokio::test]
async fn an_auto_override_that_the_ci_cannot_fill_is_a_mistake() {
    let ran = Step::new(Scenario::new()).await.input("changelist", "auto").run().await;
    assert_eq!(ran.code, 20, "{}", ran.stdout);
    assert!(ran.stdout.contains("`changelist`"), "{}", ran.stdout);
    assert_eq!(ran.journal, []);
}

#[tokio::test]
async fn a_service_that_is_not_there_ends_with_30_and_a_hint_and_is_not_waited_for() {
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for build in ["", BUILD_ID] {
        let step = Step::new(Scenario::new()).await.input("api-url", &format!("http://{nowhere}"));
        let ran = step.input("build-id", build).input("timeout", "30s").run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        for words in ["cannot reach BuildPixel", "check `api-url`", "`ca-file`"] {
            assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
        }
    }
}

#[tokio::test]
async fn a_rate_limit_is_respected_for_its_retry_after() {
    let limited = Answer::new("GET", build_path(BUILD_ID), 429).header("retry-after", "60");
    let scenario = Scenario::new().answer(limited).never_ends();
    let step = Step::new(scenario).await.input("transport", "poll").input("timeout", "1s");
    assert_eq!(step.run().await.requests("GET"), 1);
}

#[tokio::test]
async fn retry_after_is_capped() {
    let limited = Answer::new("GET", build_path(BUILD_ID), 429).header("retry-after", "86400");
    let scenario = Scenario::new().without_socket().answer(limited.times(2)).status("complete");
    let step = Step::new(scenario).await;
    let soon = Duration::from_millis(50);
    let ran = step.follow_delays(|delays| delays.longest_retry_after = soon).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[tokio::test]
async fn the_verdict_uses_the_final_status_of_the_api() {
    let lost = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new().answer(lost).await_join().status("failed");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 31, "{}", ran.stdout);
    assert_eq!((ran.output("result"), ran.output("status")), ("error", "failed"));
    assert!(!ran.stdout.contains("runs on"), "{}", ran.stdout);
}

#[tokio::test]
async fn attaching_with_wait_false_is_a_mistake() {
    let step = Step::new(Scenario::new()).await.input("build-id", BUILD_ID).input("wait", "false");
    let ran = step.run().await;
    assert_eq!(ran.code, 20, "{}", ran.stdout);
    assert_eq!(ran.journal, []);
}

#[tokio::test]
async fn a_failing_service_is_retried_while_following() {
    let scenario = Scenario::new()
        .without_socket()
        .answer(Answer::new("GET", build_path(BUILD_ID), 503).times(3))
        .log("info", "line 1")
        .status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1]);
    assert_eq!(
        ran.stdout.matches("the API does not answer properly").count(),
        1,
        "reported once: {}",
        ran.stdout
    );
}

#[tokio::test]
async fn a_token_revoked_while_following_loses_the_verdict_but_not_the_build() {
    let revoked = r#"{"error":"invalid_token","message":"revoked","requestId":"req_x1"}"#;
    let scenario = Scenario::new()
        .without_socket()
        .answer(Answer::new("GET", build_path(BUILD_ID), 401).body(revoked))
        .status("running");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 31, "{}", ran.stdout);
    assert!(ran.stdout.contains("401 invalid_token: revoked"), "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), BUILD_ID);
}

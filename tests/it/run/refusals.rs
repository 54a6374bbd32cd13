//! Refusals of the API, final and temporary.

use std::time::Duration;

use simulator::{Answer, BUILD_ID, Entry, Scenario, TOKEN, build_path};
use tokio::net::TcpListener;

use crate::harness::{Journal, LONG, ScenarioExt, Step};

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

/// A denial in the API's own shape.
fn denial(status: u16) -> Answer {
    let code = match status {
        401 => "invalid_token",
        403 => "insufficient_scope",
        _ => "not_found",
    };
    Answer::new("GET", build_path(BUILD_ID), status).refused(code)
}

#[tokio::test]
async fn a_single_denial_is_no_verdict() {
    for status in [401, 403, 404] {
        for scenario in [Scenario::new().without_socket(), Scenario::new().await_join()] {
            let scenario =
                scenario.log("info", "line 1").answer_from_now_on(denial(status).times(1));
            let ran =
                Step::new(scenario.pause(100).status("complete")).await.watchful().run().await;
            assert_eq!(ran.code, 0, "{}", ran.stdout);
            assert_eq!(ran.numbered("line "), [1]);
        }
    }
}

#[tokio::test]
async fn a_build_that_was_triggered_just_now_may_be_unknown_for_a_while() {
    let lag = denial(404).times(12);
    let scenario = Scenario::new().without_socket().answer(lag).log("info", "line 1");
    let step = Step::new(scenario.status("complete")).await;
    let ran = step.follow_delays(|delays| delays.appears = LONG).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    ran.says("the API denies the build; retrying (BuildPixel answered 404 not_found");
    assert_eq!(ran.stdout.matches("the API denies the build").count(), 1, "{}", ran.stdout);
}

#[tokio::test]
async fn denials_while_the_stream_delivers_are_only_a_warning() {
    for status in [401, 403, 404] {
        let scenario = Scenario::new().await_join().log("info", "line 1").pause(50);
        let scenario = scenario.answer_from_now_on(denial(status).times(40));
        let scenario = (2..=9).fold(scenario, |scenario, line| {
            let asked = scenario.await_requests("GET", build_path(BUILD_ID), 5 * line);
            asked.log("info", format!("line {line}"))
        });
        let ran = Step::new(scenario.status("failed")).await.watchful().run().await;
        assert_eq!(ran.code, 10, "{}", ran.stdout);
        assert_eq!(ran.numbered("line "), (1..=9).collect::<Vec<_>>());
        assert_eq!(ran.stdout.matches("the API denies the build").count(), 1, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_denial_after_a_pushed_end_must_last_too() {
    for (times, code) in [(2, 0), (usize::MAX, 31)] {
        let scenario = Scenario::new().await_join().log("info", "line 1").pause(50);
        let scenario = scenario.answer_from_now_on(denial(403).times(times)).status("complete");
        let ran = Step::new(scenario).await.run().await;
        assert_eq!((ran.code, ran.output("build-id")), (code, BUILD_ID), "{}", ran.stdout);
        assert_eq!(ran.numbered("line "), [1]);
    }
}

#[tokio::test]
async fn pages_in_place_of_answers_are_waited_out_whatever_their_status() {
    for status in [200, 302] {
        let page = Answer::new("GET", build_path(BUILD_ID), status).header("location", "/login");
        let page = page.body("<title>Deploying</title>").times(20);
        let scenario = Scenario::new().without_socket().answer(page).log("info", "line 1");
        let ran = Step::new(scenario.status("complete")).await.run().await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
    for status in [400, 401, 403, 404, 405, 410, 502] {
        let page =
            Answer::new("GET", build_path(BUILD_ID), status).body("<title>Deploying</title>");
        let scenario = Scenario::new().without_socket().answer(page.times(20));
        let ran = Step::new(scenario.log("info", "line 1").status("complete")).await.run().await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        ran.says(&format!(
            "a proxy or gateway answered {status} in BuildPixel's place: \"Deploying\""
        ));
    }
}

#[tokio::test]
async fn a_build_id_that_never_answered_ends_at_once() {
    for status in [401, 403, 404] {
        let step = Step::new(Scenario::new().already_queued().answer(denial(status))).await;
        let ran = step.input("build-id", BUILD_ID).input("transport", "poll").run().await;
        assert_eq!((ran.code, ran.requests("GET")), (21, 1), "{}", ran.stdout);
        ran.says("cannot attach to the build");
    }
}

#[tokio::test]
async fn an_unknown_status_with_an_end_time_is_a_failed_build() {
    let ended =
        r#"{"status":"cancelled","finishedAt":"2026-05-10T14:23:45.123Z","durationMs":3000}"#;
    for scenario in [Scenario::new().without_socket(), Scenario::new().await_join()] {
        let answer = Answer::new("GET", build_path(BUILD_ID), 200).body(ended);
        let scenario = scenario.log("info", "line 1").pause(100).answer_from_now_on(answer);
        let ran = Step::new(scenario.status("cancelled")).await.run().await;
        assert_eq!((ran.code, ran.output("result")), (10, "failure"), "{}", ran.stdout);
        assert_eq!(ran.output("status"), "cancelled");
        ran.says(&format!(
            "build {BUILD_ID} ended as \"cancelled\" after 3s, which the API does not document"
        ));
        ran.does_not_say("runs on");
    }
}

#[tokio::test]
async fn a_failed_deployment_is_a_warning_and_an_output() {
    for (word, is_failure) in [("failed", true), ("deploy_error", true), ("deployed", false)] {
        let facts = format!(r#"{{"status":"complete","autoDeployStatus":"{word}"}}"#);
        let answer = Answer::new("GET", build_path(BUILD_ID), 200).body(facts);
        let scenario = Scenario::new().without_socket().log("info", "line 1");
        let ran = Step::new(scenario.answer_from_now_on(answer)).await.run().await;
        assert_eq!((ran.code, ran.output("deploy-status")), (0, word), "{}", ran.stdout);
        let warning =
            format!("warning: BuildPixel's automatic deployment of the build reports: {word}");
        assert_eq!(ran.stdout.contains(&warning), is_failure, "{}", ran.stdout);
        ran.says(&format!("auto-deploy: {word}"));
        assert!(ran.summary.contains(word), "{}", ran.summary);
    }
}

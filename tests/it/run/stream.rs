//! The log, live: every line once and in order, whatever happens to the connection.

use std::time::Duration;

use buildpixel_ci::report::Signal;
use serde_json::json;
use simulator::{Answer, BUILD_ID, Entry, Scenario, TOKEN, build_path};

use crate::harness::{GO, Journal, LONG, ScenarioExt, Step, lines};

#[tokio::test]
async fn a_cut_connection_resumes_without_losing_or_repeating_a_line() {
    let mut scenario = lines(Scenario::new().await_join(), 1..=20);
    scenario = lines(scenario.await_requests("GET", GO, 1).cut_connection(), 21..=40).await_join();
    scenario = lines(scenario, 41..=60).status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("line 20\n").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=60).collect::<Vec<_>>(), "{}", ran.stdout);
    assert_eq!(ran.journal.joins(), 2);
    assert!(ran.stdout.contains("the live log was interrupted"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the live log is back"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_service_that_disconnects_us_is_joined_again() {
    let mut scenario = lines(Scenario::new().await_join(), 1..=5).server_disconnect();
    scenario = lines(scenario, 6..=7).await_join();
    scenario = lines(scenario, 8..=9).status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=9).collect::<Vec<_>>(), "{}", ran.stdout);
}

#[tokio::test]
async fn lines_that_the_stream_lost_come_from_rest_at_the_end() {
    let scenario = lines(Scenario::new().await_join(), 1..=3)
        .await_requests("GET", GO, 1)
        .lose_log("info", "line 4")
        .lose_log("info", "line 5")
        .status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("line 3\n").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_gap_that_rest_cannot_fill_is_reported() {
    let mut scenario = lines(Scenario::new().recent_lines(5).await_join(), 1..=10);
    scenario = lines(scenario.await_requests("GET", GO, 1).cut_connection(), 11..=30).await_join();
    scenario = lines(scenario, 31..=32).status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("line 10\n").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let printed = ran.numbered("line ");
    assert!(printed.starts_with(&(1..=10).collect::<Vec<_>>()), "{printed:?}");
    assert!(printed.is_sorted() && printed.ends_with(&[31, 32]), "{printed:?}");
    assert!(ran.stdout.contains("lines of the log may be missing here"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_flood_of_lines_arrives_whole_and_in_order() {
    let scenario = Scenario::new().await_join().flood(20_000).status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0);
    assert_eq!(ran.numbered("flood line "), (1..=20_000).collect::<Vec<_>>());
    assert!(!ran.stdout.contains("missing"), "a gap was reported that was none");
}

#[tokio::test]
async fn the_socket_connects_while_the_trigger_is_in_flight() {
    let scenario = lines(Scenario::new().slow_trigger().await_join(), 1..=2).status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2]);
}

#[tokio::test]
async fn the_first_output_does_not_wait_for_the_api() {
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", deaf.local_addr().unwrap());
    let ran = Step::new(Scenario::new())
        .await
        .input("api-url", &url)
        .run_while(async |step, signals| {
            step.stdout.shows("::add-mask::").await;
            signals.send(Signal::Int).await.unwrap();
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 130);
    assert!(ran.stdout.contains("a build may have been started"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_line_is_printed_while_the_build_runs() {
    let scenario = Scenario::new().await_join().log("info", "line 1").never_ends();
    let ran = Step::new(scenario)
        .await
        .run_while(async |step, signals| {
            step.stdout.shows("line 1\n").await;
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 130, "{}", ran.stdout);
}

#[tokio::test]
async fn other_builds_and_unreadable_events_do_no_harm() {
    let scenario = Scenario::new()
        .await_join()
        .log("info", "line 1")
        .foreign_events()
        .raw_event("build:log", json!({"buildId": BUILD_ID, "message": ["not", "text"]}))
        .raw_event("build:status", json!("what"))
        .raw_event("build:news", json!(null))
        .log("info", "line 2")
        .status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2]);
    assert!(ran.stdout.contains("could not be read"), "{}", ran.stdout);
}

#[tokio::test]
async fn one_odd_answer_of_rest_does_not_end_a_healthy_stream() {
    for odd in [
        Answer::new("GET", build_path(BUILD_ID), 200).body("<html>maintenance</html>"),
        Answer::new("GET", build_path(BUILD_ID), 418).body("{}"),
        Answer::new("GET", build_path(BUILD_ID), 302).header("location", "https://elsewhere.test/"),
    ] {
        let scenario = lines(Scenario::new().answer(odd.times(1)).await_join(), 1..=3);
        let ran = Step::new(scenario.status("complete")).await.run().await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert_eq!(ran.numbered("line "), [1, 2, 3]);
    }
}

#[tokio::test]
async fn transport_socket_polls_no_lines() {
    let scenario = lines(Scenario::new().without_socket(), 1..=3).await_requests("GET", GO, 1);
    let ran = Step::new(scenario)
        .await
        .input("transport", "socket")
        .run_while(async |step, signals| {
            step.stdout.shows("the live log cannot be reached").await;
            step.asked(3).await;
            signals.send(Signal::Int).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 130, "{}", ran.stdout);
    assert!(ran.numbered("line ").is_empty(), "{}", ran.stdout);
}

#[tokio::test]
async fn a_service_without_a_stream_is_polled() {
    let scenario = lines(Scenario::new().without_socket(), 1..=3).status("complete");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
}

#[tokio::test]
async fn a_hostile_line_never_acts_and_our_own_annotations_still_do() {
    let scenario = Scenario::new()
        .await_join()
        .log("info", "x\r::error::fake")
        .log("info", "##[add-path]/tmp")
        .log("info", "::stop-commands::pwned\n::add-mask::a")
        .log("info", format!("the token is {TOKEN}"))
        .log("error", "Source/Real.cpp(3): error C2065: ::set-output name=build-id::forged")
        .status("failed");
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    let acting = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    let own = ["add-mask", "group", "endgroup", "error", "warning", "notice"];
    for line in ran.stdout.lines().filter(acting) {
        let command = line.trim_start_matches(':').split([' ', ':']).next().unwrap();
        assert!(own.contains(&command), "{line}");
        assert!(!line.contains("fake") && !line.contains("pwned"), "{line}");
    }
    assert!(ran.stdout.contains("\n\\::error::fake\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("the token is ***"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("::error title=C2065,file=Source/Real.cpp,line=3::"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches(TOKEN).count(), 1, "once, in ::add-mask::");
    assert_eq!(ran.output("build-id"), BUILD_ID);
}

#[tokio::test]
async fn the_disconnect_is_clean() {
    let simulator_saw = |journal: &[Entry]| {
        let left = journal.iter().position(|e| *e == Entry::Left { build_id: BUILD_ID.to_owned() });
        let gone = journal.iter().position(|e| *e == Entry::NamespaceDisconnect);
        left.zip(gone).is_some_and(|(left, gone)| left < gone)
    };
    let step = Step::new(Scenario::new().await_join().status("complete")).await;
    let ran = step.run_while(async |step, _| step.until(simulator_saw).await).await;
    assert_eq!(ran.code, 0);
}

#[tokio::test]
async fn lines_that_the_stream_does_not_bring_are_noticed_while_the_build_runs() {
    let scenario = lines(Scenario::new().await_join(), 1..=3)
        .await_requests("GET", GO, 1)
        .lose_log("info", "line 4")
        .lose_log("info", "line 5")
        .await_requests("GET", GO, 2);
    let scenario = lines(scenario, 6..=7).status("complete");
    let ran = Step::new(scenario)
        .await
        .watchful()
        .run_while(async |step, _| {
            step.stdout.shows("line 3\n").await;
            // By then it is clear that these three came live.
            step.asked(6).await;
            step.go();
            step.stdout.shows("line 5\n").await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=7).collect::<Vec<_>>());
    assert!(
        ran.stdout.contains("the live log is silent although the build logs"),
        "{}",
        ran.stdout
    );
}

#[tokio::test]
async fn lines_are_not_held_back_for_a_rest_that_does_not_answer() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = lines(Scenario::new().answer(down).await_join(), 1..=3);
    let step = Step::new(scenario.await_requests("GET", GO, 1).status("complete")).await;
    let step = step.follow_delays(|delays| delays.catch_up = Duration::from_millis(50));
    let ran = step.run_and_go_on_after("line 3\n").await;
    assert_eq!(ran.code, 31, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
}

#[tokio::test]
async fn a_line_that_differs_in_rest_is_not_held_back_for_long() {
    let scenario = Scenario::new()
        .await_join()
        .lose_log("info", "line 1")
        .raw_event("build:log", json!({"buildId": BUILD_ID, "message": "line 2"}))
        .await_requests("GET", GO, 1)
        .status("complete");
    let step = Step::new(scenario).await;
    // Nothing else ends the waiting.
    let step = step.follow_delays(|delays| delays.catch_up = LONG * 2);
    let ran = step.run_and_go_on_after("line 2\n").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[tokio::test]
async fn a_vanished_service_is_abandoned_with_the_id_of_the_build() {
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario = Scenario::new().without_socket().answer(down).status("running");
    let step = Step::new(scenario).await;
    let step = step.follow_delays(|delays| delays.longest_outage = Duration::from_millis(200));
    let ran = step.run().await;
    assert_eq!(ran.code, 31, "{}", ran.stdout);
    assert_eq!(ran.output("build-id"), BUILD_ID);
    assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("the API does not answer properly").count(), 1, "{}", ran.stdout);
}

//! Every way in which the stream can be lost: noticed in bounded time, resumed, joined again, and the
//! gap filled.

use std::time::{Duration, Instant};

use buildpixel_ci::report::Signal;
use buildpixel_ci::retry::Policy;
use simulator::{Answer, BUILD_ID, Entry, Scenario, build_path, trigger_path};

use crate::harness::{GO, Journal, LONG, Ran, ScenarioExt, Step, lines};

const SOCKET: &str = "/socket.io/";

/// Logs ten lines, loses the stream, logs ten lines while it is away, and ten more.
fn losing(lose: fn(Scenario) -> Scenario) -> Scenario {
    let scenario = lines(Scenario::new().await_join(), 1..=10).await_requests("GET", GO, 1);
    let scenario = lines(lose(scenario), 11..=20).await_join();
    lines(scenario, 21..=30).status("complete")
}

fn assert_whole(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=30).collect::<Vec<_>>(), "{}", ran.stdout);
    assert!(!ran.stdout.contains("missing"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_lost_stream_is_resumed_without_a_lost_or_repeated_line_however_it_was_lost() {
    for lose in [
        Scenario::cut_connection,
        Scenario::hang_up,
        Scenario::close_engine,
        Scenario::server_disconnect,
    ] {
        let step = Step::new(losing(lose)).await;
        // However slowly it connects.
        let step = step.follow_delays(|delays| delays.grace = LONG);
        let ran = step.run_and_go_on_after("line 10\n").await;
        assert_whole(&ran);
        assert_eq!(ran.journal.joins(), 2);
        for words in ["the live log was interrupted", "the live log is back"] {
            assert_eq!(ran.stdout.matches(words).count(), 1, "{words}: {}", ran.stdout);
        }
    }
}

#[tokio::test]
async fn a_connection_that_freezes_is_noticed_after_the_servers_own_patience() {
    let scenario = losing(Scenario::freeze).pings(400, 400);
    let ran = Step::new(scenario).await.run_and_go_on_after("line 10\n").await;
    assert_whole(&ran);
    assert!(ran.stdout.contains("the connection went silent"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_service_that_restarts_is_waited_for() {
    let scenario = losing(|scenario| scenario.restart(600));
    let ran = Step::new(scenario).await.run_and_go_on_after("line 10\n").await;
    assert_whole(&ran);
    assert!(ran.journal.connections() >= 2, "{:?}", ran.journal);
}

#[tokio::test]
async fn equal_lines_and_lines_of_one_moment_are_kept_apart_over_a_lost_stream() {
    let tick = |scenario: Scenario| scenario.log("info", "tick").log("info", "tick");
    let scenario = tick(Scenario::new().clock(60_000).await_join().log("info", "start"));
    let scenario = tick(scenario.await_requests("GET", GO, 1).cut_connection()).log("info", "mid");
    let scenario = tick(tick(scenario).await_join()).log("info", "end").status("complete");
    let ran = Step::new(scenario).await.run_and_go_on_after("tick\ntick\n").await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let own = |line: &&str| !line.starts_with("buildpixel-ci") && !line.starts_with("::");
    let shown: Vec<_> = ran.stdout.lines().filter(own).collect();
    let log = "start tick tick tick tick mid tick tick tick tick end";
    assert_eq!(shown, log.split(' ').collect::<Vec<_>>());
}

#[tokio::test]
async fn a_proxy_that_blocks_websockets_leaves_polling_which_is_reported_once() {
    let html = "<html>WebSockets are not allowed here</html>";
    for blocked in [
        Answer::new("GET", SOCKET, 403).body(html),
        Answer::new("GET", SOCKET, 502).body(html),
        Answer::new("GET", SOCKET, 200).body(html),
    ] {
        let status = blocked.status.to_string();
        let scenario = lines(Scenario::new().answer(blocked), 1..=3);
        let scenario = lines(scenario.await_requests("GET", GO, 1), 4..=6).status("complete");
        let step = Step::new(scenario).await;
        // So that it is the number of connections that counts.
        let step = step.follow_delays(|delays| delays.grace = Duration::from_secs(3600));
        let ran = step.run_and_go_on_after("line 3\n").await;
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert_eq!(ran.numbered("line "), (1..=6).collect::<Vec<_>>());
        for words in ["the live log cannot be reached", "polling the log until it is back", &status]
        {
            assert_eq!(ran.stdout.matches(words).count(), 1, "{words}: {}", ran.stdout);
        }
    }
}

#[tokio::test]
async fn the_stream_keeps_retrying_while_the_log_is_polled() {
    let blocked = Answer::new("GET", SOCKET, 403).times(12);
    let scenario = lines(Scenario::new().answer(blocked), 1..=3).await_join();
    let scenario = lines(scenario.await_requests("GET", GO, 1), 4..=6);
    let scenario = scenario.await_requests("GET", GO, 2).status("complete");
    let ran = Step::new(scenario)
        .await
        .run_while(async |step, _| {
            step.stdout.shows("line 3\n").await;
            step.until(|journal| journal.connections() == 1).await;
            step.go();
            step.stdout.shows("the live log is back").await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=6).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_upgrade_that_is_never_answered_does_not_hold_the_log_up() {
    let mute = Answer::new("GET", SOCKET, 200).hang();
    let scenario = lines(Scenario::new().answer(mute), 1..=3);
    let ran = Step::new(scenario.status("complete")).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
}

#[tokio::test]
async fn a_connect_that_is_never_acknowledged_is_given_up_and_tried_again() {
    let scenario = lines(Scenario::new().mute_connects(2).await_join(), 1..=3).status("complete");
    let step = Step::new(scenario).await;
    let step = step.follow_delays(|delays| delays.connect = Duration::from_millis(150));
    let ran = step.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
    assert!(ran.stdout.contains("joining as a Socket.IO client"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_service_that_kicks_at_once_is_not_hammered() {
    let scenario = Scenario::new().kicks(usize::MAX).await_requests("GET", GO, 1);
    let ran = Step::new(scenario.status("complete"))
        .await
        .follow_delays(|delays| {
            delays.reconnect = Policy {
                first: Duration::from_millis(20),
                longest: Duration::from_secs(60),
                retries: u32::MAX,
            };
        })
        .run_while(async |step, _| {
            step.until(|journal| journal.connections() >= 2).await;
            // Polls come every 20 ms, and so would connections without a back-off that grows.
            step.asked_again(60).await;
            step.go();
        })
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let kicked = ran.journal.connections();
    assert!(kicked < 20, "{kicked}");
    assert_eq!(ran.stdout.matches("reconnecting").count(), 1, "{}", ran.stdout);
}

#[tokio::test]
async fn a_stream_that_was_healthy_for_a_while_is_resumed_at_once() {
    let mut scenario = Scenario::new().await_join();
    for number in 1..=14 {
        scenario = scenario.log("info", format!("line {number}")).pause(40).cut_connection();
        scenario = scenario.await_join();
    }
    let started = Instant::now();
    let ran = Step::new(scenario.status("complete"))
        .await
        .follow_delays(|delays| {
            delays.healthy = Duration::from_millis(10);
            delays.reconnect = Policy {
                first: Duration::from_millis(100),
                longest: Duration::from_secs(600),
                retries: u32::MAX,
            };
        })
        .run()
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=14).collect::<Vec<_>>());
    // With delays that go on doubling it would take a quarter of an hour, give or take.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[tokio::test]
async fn transport_socket_keeps_retrying_a_blocked_stream() {
    let blocked = Answer::new("GET", SOCKET, 403).times(8);
    let scenario = lines(Scenario::new().answer(blocked).await_join(), 1..=3).status("complete");
    let ran = Step::new(scenario).await.input("transport", "socket").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
    assert!(!ran.stdout.contains("polling the log"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_the_step_once_the_denial_lasts() {
    for transport in ["auto", "socket", "poll"] {
        let scenario = Scenario::new()
            .status("running")
            .await_requests("GET", build_path(BUILD_ID), 2)
            .revoke_tokens()
            .never_ends();
        let step = Step::new(scenario).await.input("transport", transport);
        let ran =
            step.follow_delays(|delays| delays.status_poll = Duration::from_millis(50)).run().await;
        assert_eq!(ran.code, 31, "{transport}: {}", ran.stdout);
        assert!(ran.stdout.contains("401 invalid_token"), "{}", ran.stdout);
        assert!(ran.stdout.contains("check the `token` input"), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("build-id: {BUILD_ID}")), "{}", ran.stdout);
        let is_refused = |entry: &Entry| matches!(entry, Entry::Request { authorized: false, .. });
        let refused = ran.journal.count(is_refused);
        assert!(
            refused >= if transport == "poll" { 2 } else { 3 },
            "{transport}: {:?}",
            ran.journal
        );
        assert_eq!(ran.stdout.matches("the API denies the build").count(), 1, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_stream_that_is_lost_in_the_middle_of_catching_up_loses_no_line() {
    // When REST answers at last, its window has moved past what the first session has brought.
    let down = Answer::new("GET", build_path(BUILD_ID), 503);
    let scenario =
        lines(Scenario::new().recent_lines(20).answer(down.times(6)).await_join(), 1..=10);
    let scenario = lines(scenario.pause(10).cut_connection().await_join(), 11..=30);
    let ran = Step::new(scenario.status("complete")).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), (1..=30).collect::<Vec<_>>(), "{}", ran.stdout);
}

#[tokio::test]
async fn a_stream_that_is_lost_again_and_again_does_not_keep_rest_from_being_asked() {
    const CUTS: usize = 500;
    let limited = Answer::new("GET", build_path(BUILD_ID), 429).header("retry-after", "1").times(1);
    let scenario = Scenario::new().answer(limited).await_join().status("running");
    let mut scenario = scenario.await_requests("GET", build_path(BUILD_ID), 1);
    for _ in 0..CUTS {
        scenario = scenario.cut_connection().lose_status("complete").await_join().pause(200);
    }
    let ran = Step::new(scenario).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.journal.joins() < CUTS / 10, "{}", ran.journal.joins());
}

#[tokio::test]
async fn unexpected_answers_during_a_stream_do_not_count_later() {
    let html = Answer::new("GET", build_path(BUILD_ID), 200).body("<html>maintenance</html>");
    let blocked = Answer::new("GET", SOCKET, 403).times(3);
    let scenario = lines(Scenario::new().answer(html.times(9)).await_join(), 1..=3)
        .await_requests("GET", build_path(BUILD_ID), 8)
        .answer_from_now_on(blocked)
        .cut_connection()
        .await_join();
    let ran = Step::new(lines(scenario, 4..=5).status("complete"))
        .await
        .follow_delays(|delays| {
            delays.catch_up = Duration::from_millis(20);
            delays.status_poll = Duration::from_millis(20);
        })
        .run()
        .await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_possibly_missing_beginning_of_the_log_is_reported() {
    const WORDS: &str = "the log may have begun earlier";
    for (window, says_so) in [(10, true), (20, true), (21, false)] {
        let scenario = lines(Scenario::new().recent_lines(window).without_socket(), 1..=20);
        let scenario = scenario.await_requests("GET", GO, 1).log("info", "line 21");
        let ran =
            Step::new(scenario.status("complete")).await.run_and_go_on_after("line 20\n").await;
        assert!(ran.numbered("line ").ends_with(&[19, 20, 21]), "{}", ran.stdout);
        assert_eq!(ran.stdout.contains(WORDS), says_so, "{window}: {}", ran.stdout);
    }
}

#[tokio::test]
async fn a_signal_while_the_stream_is_away_ends_the_step() {
    let scenario = Scenario::new().await_join().status("running").restart(60_000);
    let ran = Step::new(scenario)
        .await
        .run_while(async |step, signals| {
            step.stdout.shows("the live log was interrupted").await;
            signals.send(Signal::Term).await.unwrap();
        })
        .await;
    assert_eq!(ran.code, 143, "{}", ran.stdout);
}

#[tokio::test]
async fn the_session_is_kept_alive_while_the_trigger_is_retried() {
    let busy = Answer::new("POST", trigger_path(), 429).header("retry-after", "1").times(1);
    let scenario = Scenario::new().pings_every(100).answer(busy).await_join();
    let ran = Step::new(lines(scenario, 1..=3).status("complete")).await.run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.numbered("line "), [1, 2, 3]);
    let before_the_build =
        ran.journal.split(|entry| matches!(entry, Entry::Joined { .. })).next().unwrap();
    assert!(before_the_build.pongs() > 2, "{:?}", ran.journal);
    assert_eq!(ran.journal.connections(), 1, "{:?}", ran.journal);
    assert!(!ran.stdout.contains("interrupted"), "{}", ran.stdout);
}

//! The service as a client sees it.

mod client;
mod lossy;

use std::io::ErrorKind;
use std::time::Duration;

use client::{End, Socket, exchange, follow, get, request, trigger};
use serde_json::{Value, json};
use simulator::{
    Answer, BUILD_ID, Entry, Other, PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN, build_path,
    trigger_path,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_triggered_build_sends_its_room_everything_in_order() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "one")
        .log("error", "two")
        .status("failed");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    let build_id = trigger(&simulator, json!({})).await;
    assert_eq!(build_id, BUILD_ID);
    socket.join(&build_id).await;

    assert_eq!(socket.received().await, "running");
    let (name, one) = socket.event().await;
    assert_eq!(name, "build:log");
    assert_eq!(one["buildId"], build_id);
    assert_eq!(one["level"], "info");
    assert_eq!(one["timestamp"].as_str().unwrap().len(), "2026-05-10T14:23:45.123Z".len());
    assert_eq!(socket.received().await, "two");
    assert_eq!(socket.received().await, "failed");

    let build = get(&simulator, &build_path(&build_id)).await;
    assert_eq!(build["status"], "failed");
    assert!(build["durationMs"].is_u64(), "{build}");
    assert_eq!(build["logs"][1]["message"], "two");
}

#[tokio::test]
async fn the_journal_has_what_came_in_the_order_of_arrival() {
    let simulator = Simulator::start(Scenario::new()).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({ "branch": "release" })).await;
    socket.join(BUILD_ID).await;
    socket.send(&format!("42{}", json!(["leave:build", { "buildId": BUILD_ID }]))).await;
    socket.send("42[\"hello\",7]").await;
    socket.send("41").await;
    simulator.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
    assert_eq!(
        simulator.journal(),
        [
            Entry::Connected,
            Entry::Request {
                method: "POST".into(),
                path: trigger_path(),
                body: json!({ "branch": "release" }),
                authorized: true,
            },
            Entry::Joined { build_id: BUILD_ID.into() },
            Entry::Left { build_id: BUILD_ID.into() },
            Entry::Event { name: "hello".into(), payload: json!(7) },
            Entry::NamespaceDisconnect,
        ]
    );
}

#[tokio::test]
async fn a_bad_token_is_refused_on_both_sides_separately() {
    let scenario = Scenario::new().rest_tokens(&["bp_rest"]).socket_tokens(&["bp_socket"]);
    let simulator = Simulator::start(scenario).await.unwrap();
    let (status, _, body) = request(&simulator, "bp_socket", "GET /auth/me", "").await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
    assert!(body["requestId"].as_str().unwrap().starts_with("req_"));
    assert_eq!(request(&simulator, "bp_rest", "GET /auth/me", "").await.0, 200);
    let refusal = Socket::connect(&simulator, "bp_rest").await.err().unwrap();
    assert_eq!(refusal["message"], "invalid_token");
    assert!(Socket::connect(&simulator, "bp_socket").await.is_ok());
}

#[tokio::test]
async fn unknown_objects_are_not_found_and_malformed_requests_are_invalid() {
    let simulator = Simulator::start(Scenario::new()).await.unwrap();
    let setting = format!("/projects/{PROJECT_ID}/build-settings/{SETTING_ID}");
    for (line, body, status, code) in [
        ("GET /projects/nobody".to_owned(), "", 404, "not_found"),
        (format!("POST /projects/{PROJECT_ID}/build-settings/x/trigger"), "{}", 404, "not_found"),
        (format!("GET {}", build_path(BUILD_ID)), "", 404, "not_found"),
        (format!("GET {}/download", build_path(BUILD_ID)), "", 404, "not_found"),
        (format!("POST {setting}/trigger"), r#"{"branch": 7}"#, 400, "validation_failed"),
        (format!("POST {setting}/trigger"), "{", 400, "validation_failed"),
        ("GET /builds?limit=101".to_owned(), "", 400, "validation_failed"),
    ] {
        let (answered, _, answer) = request(&simulator, TOKEN, &line, body).await;
        assert_eq!((answered, answer["error"].as_str()), (status, Some(code)), "{line}");
    }
    assert_eq!(get(&simulator, &setting).await["platform"], "Win64");
}

#[tokio::test]
async fn rest_shows_only_the_most_recent_lines() {
    let scenario = Scenario::new().already_queued().recent_lines(3).flood(10).status("complete");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut build = Value::Null;
    while build["status"] != "complete" {
        build = get(&simulator, &build_path(BUILD_ID)).await;
    }
    let messages = build["logs"].as_array().unwrap().iter().map(|line| &line["message"]);
    assert_eq!(messages.collect::<Vec<_>>(), ["flood line 8", "flood line 9", "flood line 10"]);
}

#[tokio::test]
async fn builds_are_listed_newest_first_filtered_and_in_pages() {
    let simulator = Simulator::start(Scenario::new()).await.unwrap();
    let mut ids = Vec::new();
    for branch in ["main", "main", "release", "next"] {
        ids.insert(0, trigger(&simulator, json!({ "branch": branch })).await);
    }
    let listed = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|build| build["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&simulator, "/builds?limit=3").await;
    assert_eq!(listed(&first), ids[..3]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = get(&simulator, &format!("/builds?limit=3&cursor={cursor}")).await;
    assert_eq!(listed(&second), ids[3..]);
    assert_eq!(second["nextCursor"], Value::Null);

    let superseded = get(&simulator, "/builds?branch=main&status=superseded").await;
    assert_eq!(listed(&superseded), ids[3..]);
}

#[tokio::test]
async fn a_newer_build_of_the_same_target_supersedes_the_one_before() {
    let scenario = Scenario::new().await_join().status("running");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    let first = trigger(&simulator, json!({})).await;
    socket.join(&first).await;
    assert_eq!(socket.received().await, "running");
    let second = trigger(&simulator, json!({})).await;
    assert!(second > first);
    assert_eq!(socket.received().await, "superseded");
}

#[tokio::test]
async fn a_cut_connection_is_reset_and_later_events_wait_for_a_new_join() {
    let scenario = Scenario::new()
        .await_join()
        .log("info", "before")
        .await_requests("GET", build_path(BUILD_ID), 1)
        .cut_connection()
        .lose_log("info", "between")
        .await_join()
        .log("info", "after");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "before");
    get(&simulator, &build_path(BUILD_ID)).await;
    assert_eq!(socket.end().await, Some(End::Reset));
    simulator.until(|journal| matches!(journal.last(), Some(Entry::SocketClosed { .. }))).await;

    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "after");
    let build = get(&simulator, &build_path(BUILD_ID)).await;
    assert_eq!(build["logs"][1]["message"], "between");
}

/// Add a fault, and [`follow`] it.
fn before() -> Scenario {
    let scenario = Scenario::new().await_join().log("info", "before");
    scenario.await_requests("GET", build_path(BUILD_ID), 1)
}

#[tokio::test]
async fn a_closed_connection_just_ends() {
    let (_simulator, mut socket) = follow(before().hang_up()).await;
    assert_eq!(socket.end().await, Some(End::HungUp));
}

#[tokio::test]
async fn a_closed_engine_sends_its_close_last() {
    let scenario = before().flood(100).close_engine();
    let (simulator, mut socket) = follow(scenario).await;
    for number in 1..=100 {
        assert_eq!(socket.received().await, format!("flood line {number}"));
    }
    assert_eq!(socket.end().await, Some(End::CloseFrame));
    simulator.until(|journal| matches!(journal.last(), Some(Entry::SocketClosed { .. }))).await;
}

#[tokio::test]
async fn a_frozen_connection_stays_open_and_silent_while_the_build_goes_on() {
    let scenario = before().pings(50, 500).freeze().flood(5_000).status("complete");
    let (simulator, mut socket) = follow(scenario).await;
    while get(&simulator, &build_path(BUILD_ID)).await["status"] != "complete" {}
    // The service gives the socket up, and its end does not reach the client.
    simulator.until(|journal| matches!(journal.last(), Some(Entry::SocketClosed { .. }))).await;
    // Pings of before may be on their way still.
    let end = tokio::time::timeout(Duration::from_millis(100), socket.packet()).await;
    assert!(end.is_err(), "{end:?}");
    drop(simulator);
    assert_eq!(socket.packet().await, None);
}

#[tokio::test]
async fn a_restart_resets_everything_and_refuses_for_a_while_and_builds_live_on() {
    let scenario = before()
        .await_requests("GET", build_path(BUILD_ID), 2)
        .restart(500)
        .lose_log("info", "between")
        .await_join()
        .log("info", "after");
    let (simulator, mut socket) = follow(scenario).await;
    let address = simulator.url().replace("http://", "");
    let mut rest = TcpStream::connect(&address).await.unwrap();
    let path = build_path(BUILD_ID);
    rest.write_all(format!("GET {path} HTTP/1.1\r\nhost: simulator\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    let ended = rest.read_to_end(&mut answer).await.unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
    assert_eq!(socket.end().await, Some(End::Reset));
    let refused = TcpStream::connect(&address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    while TcpStream::connect(&address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(get(&simulator, &path).await["logs"][1]["message"], "between");
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "after");
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_connected_clients_stay() {
    let scenario = before().revoke_tokens().log("info", "after");
    let (simulator, mut socket) = follow(scenario).await;
    assert_eq!(socket.received().await, "after");
    assert_eq!(request(&simulator, TOKEN, "GET /auth/me", "").await.0, 401);
    let refusal = Socket::connect(&simulator, TOKEN).await.err().unwrap();
    assert_eq!(refusal["message"], "invalid_token");
}

#[tokio::test]
async fn a_muted_socket_is_pinged_and_never_let_in() {
    let scenario = Scenario::new().mute_connects(1).pings(50, 10_000);
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut muted = Socket::ask(&simulator, TOKEN).await;
    simulator.until(|journal| journal == [Entry::Muted]).await;
    assert!(Socket::connect(&simulator, TOKEN).await.is_ok());
    for _ in 0..3 {
        assert!(muted.is_pinged().await);
    }
}

#[tokio::test]
async fn a_kicked_socket_is_let_in_first() {
    let simulator = Simulator::start(Scenario::new().kicks(1)).await.unwrap();
    let mut kicked = Socket::connect(&simulator, TOKEN).await.unwrap();
    assert_eq!(kicked.packet().await.unwrap(), "41");
    let mut welcome = Socket::connect(&simulator, TOKEN).await.unwrap();
    welcome.join(BUILD_ID).await;
    simulator.until(|journal| matches!(journal.last(), Some(Entry::Joined { .. }))).await;
}

#[tokio::test]
async fn a_coarse_clock_gives_many_lines_one_timestamp() {
    let scenario = Scenario::new().await_join().clock(60_000).log("info", "one");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    let (_, line) = socket.event().await;
    assert!(line["timestamp"].as_str().unwrap().ends_with(":00.000Z"), "{line}");
    let build = get(&simulator, &build_path(BUILD_ID)).await;
    assert_eq!(build["logs"][0]["timestamp"], line["timestamp"]);
}

#[tokio::test]
async fn the_service_can_disconnect_lose_a_status_and_send_foreign_events() {
    let scenario = Scenario::new()
        .await_join()
        .foreign_events()
        .raw_event("build:log", json!("no object"))
        .lose_status("complete")
        .server_disconnect();
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    for name in ["build:status", "build:log"] {
        let (event, payload) = socket.event().await;
        assert_eq!(event, name);
        assert_ne!(payload["buildId"], BUILD_ID);
    }
    assert_eq!(socket.event().await, ("build:log".into(), json!("no object")));
    assert_eq!(socket.packet().await.unwrap(), "41");
    assert_eq!(get(&simulator, &build_path(BUILD_ID)).await["status"], "complete");
}

#[tokio::test]
async fn an_unknown_build_is_joined_in_silence() {
    let scenario = Scenario::new().log("info", "first").await_join().log("info", "second");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    socket.join(BUILD_ID).await;
    simulator.until(|journal| journal.len() == 2).await;
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "second");
}

#[tokio::test]
async fn a_scripted_answer_takes_the_place_of_the_real_one_so_many_times() {
    let answer = Answer::new("GET", "/auth/me", 429).header("retry-after", "1").body("slow down");
    let simulator = Simulator::start(Scenario::new().answer(answer.times(1))).await.unwrap();
    let (status, head, body) = request(&simulator, TOKEN, "GET /auth/me", "").await;
    assert_eq!((status, body), (429, json!("slow down")));
    assert!(head.contains("retry-after: 1"), "{head}");
    assert_eq!(request(&simulator, TOKEN, "GET /auth/me", "").await.0, 200);
}

#[tokio::test]
async fn an_answer_can_come_after_the_request_took_effect_or_not_come_whole_or_not_at_all() {
    let answer = || Answer::new("POST", trigger_path(), 502).body("0123456789").times(1);
    let post = format!("POST {}", trigger_path());
    for (answer, builds, got) in [
        (answer(), 0, Some("0123456789")),
        (answer().processed(), 1, Some("0123456789")),
        (answer().reset(), 0, None),
        (answer().processed().reset(), 1, None),
        (answer().cut(), 0, Some("01234")),
    ] {
        let reported = format!("{answer:?}");
        let simulator = Simulator::start(Scenario::new().answer(answer)).await.unwrap();
        let (bytes, end) = exchange(&simulator, TOKEN, &post, "{}").await;
        assert_eq!(simulator.builds().len(), builds, "{reported}");
        let body = bytes.split_once("\r\n\r\n").map(|(_, body)| body);
        assert_eq!(body, got, "{reported}");
        let is_cut = got != Some("0123456789");
        assert_eq!(end.err(), is_cut.then_some(ErrorKind::ConnectionReset), "{reported}");
    }

    let scenario = Scenario::new().answer(answer().processed().hang());
    let simulator = Simulator::start(scenario).await.unwrap();
    tokio::select! {
        _ = exchange(&simulator, TOKEN, &post, "{}") => panic!("an answer came"),
        () = async { while simulator.builds().is_empty() { tokio::task::yield_now().await } } => {}
    }
}

#[tokio::test]
async fn a_scripted_answer_takes_the_place_of_an_upgrade_too() {
    let refusal = Answer::new("GET", "/socket.io/", 403).body("<html>blocked</html>").times(1);
    let simulator = Simulator::start(Scenario::new().answer(refusal)).await.unwrap();
    let upgrade = "GET /socket.io/?EIO=4&transport=websocket";
    let (status, _, body) = request(&simulator, TOKEN, upgrade, "").await;
    assert_eq!((status, body), (403, json!("<html>blocked</html>")));
    assert_eq!(simulator.journal().len(), 1);
    assert!(Socket::connect(&simulator, TOKEN).await.is_ok());
}

#[tokio::test]
async fn other_builds_appear_with_a_trigger_and_the_list_may_be_reversed() {
    let others = [
        Other::new("user:6650aa10bb20cc30dd40ee77").age(3_600_000),
        Other::new("cron").branch("next").commit("c0ffee1"),
    ];
    let scenario = Scenario::new().others(others).oldest_first().list_lag(1);
    let simulator = Simulator::start(scenario).await.unwrap();
    assert_eq!(get(&simulator, "/builds").await["items"], json!([]));
    let build_id = trigger(&simulator, json!({ "changelist": "12345" })).await;
    assert_eq!(simulator.builds(), [build_id.as_str()]);
    let builds = get(&simulator, "/builds").await["items"].clone();
    assert_eq!(builds[0]["triggeredBy"], "user:6650aa10bb20cc30dd40ee77");
    assert_eq!(builds[0]["status"], "superseded");
    assert!(builds[0]["createdAt"].as_str() < builds[1]["createdAt"].as_str());
    assert_eq!((&builds[1]["branch"], &builds[1]["commit"]), (&json!("next"), &json!("c0ffee1")));
    assert_eq!((&builds[2]["id"], &builds[2]["commit"]), (&json!(build_id), &json!("12345")));
    assert!(builds[2]["triggeredBy"].as_str().unwrap().starts_with("api_token:"));
    trigger(&simulator, json!({})).await;
    assert_eq!(get(&simulator, "/builds").await["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn the_list_can_lag_behind_what_was_triggered() {
    let simulator = Simulator::start(Scenario::new().list_lag(2)).await.unwrap();
    trigger(&simulator, json!({})).await;
    for shown in [0, 0, 1] {
        assert_eq!(get(&simulator, "/builds").await["items"].as_array().unwrap().len(), shown);
    }
}

#[tokio::test]
async fn the_clock_of_the_service_can_be_wrong() {
    for (offset, fast) in [(-3_600_000, false), (3_600_000, true)] {
        let simulator = Simulator::start(Scenario::new().clock_offset(offset)).await.unwrap();
        trigger(&simulator, json!({})).await;
        let (_, head, body) = request(&simulator, TOKEN, "GET /builds", "").await;
        let created_at = body["items"][0]["createdAt"].as_str().unwrap();
        let created_at = humantime::parse_rfc3339(created_at).unwrap();
        let date = head.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
        let date = httpdate::parse_http_date(date).unwrap();
        for time in [created_at, date] {
            let now = std::time::SystemTime::now();
            let apart = if fast { time.duration_since(now) } else { now.duration_since(time) };
            assert!(apart.unwrap().as_secs().abs_diff(3600) < 60);
        }
    }
}

#[tokio::test]
async fn a_flood_waits_for_a_slow_listener_and_arrives_whole_and_in_order() {
    const LINES: u64 = 150_000;
    let scenario = Scenario::new().await_join().flood(LINES).status("complete");
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    simulator.until(|journal| matches!(journal.last(), Some(Entry::Joined { .. }))).await;
    let mut before = Value::Null;
    loop {
        let build = get(&simulator, &build_path(BUILD_ID)).await;
        let last = build["logs"].as_array().unwrap().last().cloned().unwrap_or_default();
        if last == before && !last.is_null() {
            break;
        }
        before = last;
    }
    for number in 1..=LINES {
        assert_eq!(socket.received().await, format!("flood line {number}"));
    }
    assert_eq!(socket.received().await, "complete");
}

#[tokio::test]
async fn dropping_it_closes_everything() {
    let simulator = Simulator::start(Scenario::new()).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    let address = simulator.url().replace("http://", "");
    drop(simulator);
    assert_eq!(socket.packet().await, None);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

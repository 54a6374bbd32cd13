//! The ways in which the stream loses, repeats and delays what REST shows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy does not see that this file belongs to a test"
)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{BUILD_ID, Entry, Recovery, Scenario, Simulator, TOKEN, build_path};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::client::{Socket, exchange, get, request, trigger};

/// A path that only tests ask for.
const GO: &str = "/go";

/// A service, and a socket in the room of its build.
async fn joined(scenario: Scenario) -> (Simulator, Socket) {
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    (simulator, socket)
}

async fn go(simulator: &Simulator) {
    let (status, ..) = request(simulator, TOKEN, &format!("GET {GO}"), "").await;
    assert_eq!(status, 404);
}

async fn shown(simulator: &Simulator) -> Vec<Value> {
    get(simulator, &build_path(BUILD_ID)).await["logs"].as_array().unwrap().clone()
}

async fn texts(simulator: &Simulator) -> Vec<String> {
    let shown = shown(simulator).await;
    shown.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

fn flood(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("flood line {number}")).collect()
}

#[tokio::test]
async fn the_first_joins_can_be_refused_with_an_exception_and_then_be_ignored() {
    let scenario = Scenario::new().refused_joins(1).ignored_joins(1).await_join().log("info", "in");
    let (simulator, mut socket) = joined(scenario).await;
    let (name, exception) = socket.event().await;
    assert_eq!(name, "exception");
    let cause = json!({ "pattern": "join:build", "data": { "buildId": BUILD_ID } });
    let expected = json!({ "status": "error", "message": "Forbidden resource", "cause": cause });
    assert_eq!(exception, expected);
    socket.join(BUILD_ID).await;
    socket.send("42[\"after\",1]").await;
    let after = Entry::Event { name: "after".into(), payload: json!(1) };
    simulator.until(|journal| journal.contains(&after)).await;
    assert_eq!(texts(&simulator).await, [""; 0]);
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "in");
}

#[tokio::test]
async fn every_nth_line_can_be_dropped_before_the_room() {
    let scenario = Scenario::new().await_join().drop_every(3).flood(7).drop_every(2).flood(3);
    let scenario = scenario.drop_every(1).flood(2).drop_every(0).log("info", "end");
    let (simulator, mut socket) = joined(scenario).await;
    let received = socket.received_until("end").await;
    assert_eq!(received[..7], flood([1, 2, 4, 5, 7, 1, 3]));
    assert_eq!(received[7..], ["end"]);
    assert_eq!(texts(&simulator).await[..12], flood((1..=7).chain(1..=3).chain(1..=2)));
}

#[tokio::test]
async fn a_stream_that_is_held_brings_everything_later_and_in_order() {
    let scenario = Scenario::new().await_join().hold_stream().flood(5).status("running");
    let scenario = scenario.await_requests("GET", GO, 1).log("info", "more").release_stream();
    let (simulator, mut socket) = joined(scenario.log("info", "end")).await;
    while texts(&simulator).await.len() < 5 {}
    let early = tokio::time::timeout(Duration::from_millis(50), socket.packet()).await;
    assert!(early.is_err(), "{early:?}");
    go(&simulator).await;
    let received = socket.received_until("end").await;
    assert_eq!(received[..5], flood(1..=5));
    assert_eq!(received[5..], ["running", "more", "end"]);
}

#[tokio::test]
async fn a_stream_that_lags_brings_everything_late_and_in_order() {
    let lag = Duration::from_millis(150);
    let scenario = Scenario::new().await_join().lag(150).flood(50).status("running").lag(0);
    let (simulator, mut socket) = joined(scenario.log("info", "end")).await;
    while texts(&simulator).await.is_empty() {}
    let logged = Instant::now();
    assert_eq!(socket.received().await, "flood line 1");
    // It was logged some moments before REST was asked.
    assert!(logged.elapsed() > lag / 2, "{:?}", logged.elapsed());
    let received = socket.received_until("end").await;
    assert_eq!(received[..49], flood(2..=50));
    assert_eq!(received[49..], ["running", "end"]);
}

#[tokio::test]
async fn the_last_lines_can_be_sent_again_as_they_were() {
    let scenario = Scenario::new().await_join().flood(3).repeat(2).repeat(9).log("info", "end");
    let (simulator, mut socket) = joined(scenario).await;
    let mut events = Vec::new();
    for number in [1, 2, 3, 2, 3, 1, 2, 3] {
        let (_, line) = socket.event().await;
        assert_eq!(line["message"], format!("flood line {number}"));
        events.push(line);
    }
    assert_eq!(events[..3], events[5..]);
    assert_eq!(socket.received().await, "end");
    assert_eq!(texts(&simulator).await.len(), 4);
}

#[tokio::test]
async fn the_clock_of_the_build_machine_can_step_back_and_forth() {
    let scenario = Scenario::new().await_join().log("info", "one").build_clock(-3_600_000);
    let scenario = scenario.log("info", "two").build_clock(3_600_000).log("info", "three");
    let (simulator, mut socket) = joined(scenario.build_clock(0).log("info", "four")).await;
    socket.received_until("four").await;
    let time =
        |line: &Value| humantime::parse_rfc3339(line["timestamp"].as_str().unwrap()).unwrap();
    let times: Vec<_> = shown(&simulator).await.iter().map(time).collect();
    let hours = |from: usize, to: usize| times[to].duration_since(times[from]).unwrap().as_secs();
    assert!(hours(1, 0).abs_diff(3600) < 60, "{times:?}");
    assert!(hours(1, 2).abs_diff(7200) < 60, "{times:?}");
    assert!(hours(0, 3) < 60, "{times:?}");
}

#[tokio::test]
async fn the_window_of_rest_can_hold_very_many_equal_lines() {
    let scenario = Scenario::new().await_join().recent_lines(400_000).log("info", "first");
    let scenario = scenario.fill(399_999, "ok").await_requests("GET", GO, 1).fill(2, "ok");
    let (simulator, mut socket) = joined(scenario.log("info", "end")).await;
    assert_eq!(socket.received().await, "first");
    let mut shown = shown(&simulator).await;
    while shown.len() < 400_000 {
        shown = self::shown(&simulator).await;
    }
    assert_eq!(shown[0]["message"], "first");
    assert!(shown[1..].iter().all(|line| *line == json!({ "message": "ok" })));
    go(&simulator).await;
    assert_eq!(socket.received().await, "end");
    let shown = self::shown(&simulator).await;
    assert_eq!((shown.len(), &shown[0]), (400_000, &json!({ "message": "ok" })));
    assert_eq!(shown[399_999]["message"], "end");
}

/// The offset at the end of an event.
fn offset(packet: &str) -> String {
    let event: Vec<Value> = serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap();
    event.last().unwrap().as_str().unwrap().to_owned()
}

/// Lets a socket in, and follows the build until a line has come and the socket is lost. Returns
/// the `pid` and the offset for resuming.
async fn lost(simulator: &Simulator) -> (String, String) {
    let mut socket = Socket::ask(simulator, TOKEN).await;
    let granted = socket.packet().await.unwrap();
    let granted: Value = serde_json::from_str(granted.strip_prefix("40").unwrap()).unwrap();
    trigger(simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    let first = socket.packet().await.unwrap();
    assert!(first.contains("before"), "{first}");
    go(simulator).await;
    assert_eq!(socket.packet().await, None);
    (granted["pid"].as_str().unwrap().to_owned(), offset(&first))
}

/// The packets of a socket that resumes with this `auth`, up to a text. The CONNECT answer is "in"
/// if the session was recovered, and "new" if not.
async fn resumed(
    simulator: &Simulator,
    (pid, offset): (String, String),
    last: &str,
) -> Vec<String> {
    let auth = json!({ "token": TOKEN, "pid": pid, "offset": offset });
    let mut socket = Socket::ask_with(simulator, auth).await;
    let mut got = Vec::new();
    while got.last().is_none_or(|text| text != last) {
        let packet = socket.packet().await.unwrap();
        if let Some(granted) = packet.strip_prefix("40") {
            let granted: Value = serde_json::from_str(granted).unwrap();
            let is_recovered = granted["pid"] == pid;
            got.push(if is_recovered { "in" } else { "new" }.to_owned());
            if !is_recovered {
                socket.join(BUILD_ID).await;
            }
            continue;
        }
        let event: Vec<Value> = serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap();
        got.push(event[1]["message"].as_str().unwrap().to_owned());
    }
    got
}

fn losing(lose: fn(Scenario) -> Scenario) -> Scenario {
    let scenario = Scenario::new().await_join().log("info", "before");
    let scenario = lose(scenario.await_requests("GET", GO, 1));
    scenario.flood(5).lose_log("info", "only REST").await_join().log("info", "after")
}

#[tokio::test]
async fn a_lost_session_is_recovered_with_what_it_missed_before_it_is_let_in() {
    for lose in [Scenario::cut_connection, Scenario::hang_up, Scenario::close_engine] {
        let simulator = Simulator::start(losing(lose).recovery(Recovery::default())).await.unwrap();
        let resume = lost(&simulator).await;
        let got = resumed(&simulator, resume, "after").await;
        assert_eq!(got[..5], flood(1..=5));
        assert_eq!(got[5..], ["in", "after"]);
    }
}

#[tokio::test]
async fn a_recovered_session_need_not_be_whole() {
    let recovery = Recovery { lose_middle: 1, lose_last: 2 };
    let scenario = losing(Scenario::cut_connection).recovery(recovery);
    let simulator = Simulator::start(scenario).await.unwrap();
    let resume = lost(&simulator).await;
    let got = resumed(&simulator, resume, "after").await;
    assert_eq!(got, ["flood line 1", "flood line 3", "in", "after"]);
    assert_eq!(texts(&simulator).await[1..6], flood(1..=5));
}

#[tokio::test]
async fn a_session_that_the_service_ended_or_that_is_unknown_is_not_recovered() {
    let disconnected = losing(Scenario::server_disconnect);
    let restarted = losing(|scenario| scenario.restart(50));
    let lost_before = losing(|scenario| scenario.cut_connection().restart(50));
    for (scenario, kicked) in [(disconnected, true), (restarted, false), (lost_before, false)] {
        let simulator = Simulator::start(scenario.recovery(Recovery::default())).await.unwrap();
        let mut socket = Socket::ask(&simulator, TOKEN).await;
        let granted = socket.packet().await.unwrap();
        let granted: Value = serde_json::from_str(granted.strip_prefix("40").unwrap()).unwrap();
        trigger(&simulator, json!({})).await;
        socket.join(BUILD_ID).await;
        let offset = offset(&socket.packet().await.unwrap());
        let mut other = TcpStream::connect(simulator.address()).await.unwrap();
        // The answer may be lost in the restart.
        exchange(&simulator, TOKEN, &format!("GET {GO}"), "").await.1.ok();
        assert_eq!(socket.packet().await.as_deref(), kicked.then_some("41"));
        if !kicked {
            // A restart resets every connection.
            assert!(other.read_to_end(&mut Vec::new()).await.is_err());
            while TcpStream::connect(simulator.address()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let resume = (granted["pid"].as_str().unwrap().to_owned(), offset);
        assert_eq!(resumed(&simulator, resume, "after").await, ["new", "after"]);
    }
}

#[tokio::test]
async fn recoverable_sessions_otherwise_behave_as_usual() {
    let scenario = Scenario::new().recovery(Recovery::default()).kicks(1).pings(50, 200);
    let simulator = Simulator::start(scenario).await.unwrap();
    let refusal = Socket::connect(&simulator, "bp_wrong").await.err().unwrap();
    assert_eq!(refusal["message"], "invalid_token");
    let mut kicked = Socket::connect(&simulator, TOKEN).await.unwrap();
    assert_eq!(kicked.packet().await.unwrap(), "41");
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    for _ in 0..3 {
        assert!(socket.is_pinged().await);
    }
    let silent = Socket::connect(&simulator, TOKEN).await.unwrap();
    let given_up = Entry::SocketClosed { reason: "ping timeout".into() };
    while !simulator.journal().contains(&given_up) {
        assert!(socket.is_pinged().await);
    }
    drop(silent);
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    socket.send(&format!("42{}", json!(["leave:build", { "buildId": BUILD_ID }]))).await;
    socket.send("41").await;
    simulator.until(|journal| journal.last() == Some(&Entry::NamespaceDisconnect)).await;
    let journal = simulator.journal();
    let joined = Entry::Joined { build_id: BUILD_ID.into() };
    let left = Entry::Left { build_id: BUILD_ID.into() };
    assert_eq!(journal[journal.len() - 3..], [joined, left, Entry::NamespaceDisconnect]);
}

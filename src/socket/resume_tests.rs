//! Connection state recovery against scripted servers.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::scripted::{GRANT, Peer, TOKEN, log, log_frame, plain, server};
use super::{Message, Resume, Session};

const MINE: &str = r#"40{"sid":"s","pid":"private"}"#;
const ANOTHER: &str = r#"40{"sid":"s2","pid":"another"}"#;

/// A line from a server that recovers sessions.
fn recoverable(message: &str) -> String {
    with_arguments(message, &format!(r#","after {message}""#))
}

fn with_arguments(message: &str, more: &str) -> String {
    log_frame(message).replace("}]", &format!("}}{more}]"))
}

/// A server that sends these frames, and reports the `auth` that it received.
async fn sending<const N: usize>(frames: [&str; N]) -> (SocketAddr, JoinHandle<Value>) {
    let frames = frames.map(str::to_owned);
    server(async |mut peer: Peer| {
        let connect = peer.handshake(25_000, 20_000).await;
        for frame in frames {
            peer.send(&frame).await;
        }
        peer.rest().await;
        serde_json::from_str(connect.strip_prefix("40").unwrap()).unwrap()
    })
    .await
}

/// A session with a server that sends these frames.
async fn session<const N: usize>(frames: [&str; N], resume: Option<&Resume>) -> Session {
    let (address, _server) = sending(frames).await;
    Session::connect(&plain(address), resume).await.unwrap()
}

/// The resume data of a session that received `a`.
async fn received_a() -> Resume {
    let mut session = session([MINE, &recoverable("a")], None).await;
    assert_eq!(session.next().await.unwrap(), log("a"));
    session.resume().unwrap()
}

/// The `auth` of a session that is given this resume data.
async fn auth(resume: Option<&Resume>) -> Value {
    let (address, server) = sending([GRANT]).await;
    drop(Session::connect(&plain(address), resume).await.unwrap());
    server.await.unwrap()
}

/// The `auth` of the session after this one.
async fn next_auth(session: &Session) -> Value {
    auth(session.resume().as_ref()).await
}

fn token_only() -> Value {
    json!({ "token": TOKEN })
}

fn resuming(pid: &str, offset: &str) -> Value {
    json!({ "token": TOKEN, "pid": pid, "offset": offset })
}

#[tokio::test]
async fn a_granted_recovery_brings_what_was_missed_first() {
    let resume = received_a().await;
    assert_eq!(auth(Some(&resume)).await, resuming("private", "after a"));
    let frames = [&recoverable("b"), &recoverable("c"), MINE, &recoverable("d")];
    let mut session = session(frames, Some(&resume)).await;
    assert!(session.recovered());
    for message in ["b", "c", "d"] {
        assert_eq!(session.next().await.unwrap(), log(message));
    }
    assert_eq!(next_auth(&session).await, resuming("private", "after d"));
}

#[tokio::test]
async fn missed_events_are_distinguished_from_new_ones() {
    let resume = received_a().await;
    let frames = [&recoverable("b"), r#"42["hello","skipped"]"#, MINE, &recoverable("c")];
    let mut session = session(frames, Some(&resume)).await;
    assert_eq!(session.missed(), Some(log("b")));
    assert_eq!(session.missed(), None);
    assert_eq!(next_auth(&session).await, resuming("private", "skipped"));
    assert_eq!(session.next().await.unwrap(), log("c"));
}

#[tokio::test]
async fn a_silent_recovered_session_passes_on_its_resume_data() {
    let resume = received_a().await;
    let session = session([MINE], Some(&resume)).await;
    assert_eq!(session.resume(), Some(resume));
}

#[tokio::test]
async fn nothing_is_asked_for_before_both_the_pid_and_an_offset_are_known() {
    let mut session = session([MINE, &log_frame("a"), &recoverable("b")], None).await;
    assert!(!session.recovered());
    assert_eq!(next_auth(&session).await, token_only());
    session.next().await.unwrap();
    assert_eq!(next_auth(&session).await, token_only());
    session.next().await.unwrap();
    assert_eq!(next_auth(&session).await, resuming("private", "after b"));
}

#[tokio::test]
async fn a_server_that_has_recovery_off_is_asked_for_nothing() {
    let resume = received_a().await;
    for resume in [None, Some(&resume)] {
        let mut session = session([GRANT, &recoverable("b")], resume).await;
        session.next().await.unwrap();
        assert!(!session.recovered());
        assert_eq!(next_auth(&session).await, token_only());
    }
}

#[tokio::test]
async fn a_server_that_forgot_the_session_begins_a_new_one() {
    let resume = received_a().await;
    let mut session = session([ANOTHER, &recoverable("z")], Some(&resume)).await;
    assert!(!session.recovered());
    assert_eq!(next_auth(&session).await, token_only());
    session.next().await.unwrap();
    assert_eq!(next_auth(&session).await, resuming("another", "after z"));
}

#[tokio::test]
async fn only_returned_events_advance_the_offset() {
    let resume = received_a().await;
    let frames = [&recoverable("b"), &recoverable("c"), MINE, &recoverable("d")];
    let mut session = session(frames, Some(&resume)).await;
    for offset in ["after a", "after b", "after c"] {
        assert_eq!(next_auth(&session).await, resuming("private", offset));
        session.next().await.unwrap();
    }
}

#[tokio::test]
async fn skipped_and_unreadable_events_advance_the_offset_too() {
    let frames = [
        r#"42["build:created",{},"skipped early"]"#,
        MINE,
        r#"42["build:log"]"#,
        r#"42["build:log",7,"nonsense"]"#,
        r#"42["hello","skipped"]"#,
        &log_frame("a"),
        &with_arguments("b", r#",7,"with more""#),
        &with_arguments("c", r#","no offset",{}"#),
        r#"42["hello",[]]"#,
        &log_frame("d"),
    ];
    let mut session = session(frames, None).await;
    for offset in ["skipped early", "nonsense"] {
        assert!(matches!(session.next().await.unwrap(), Message::Unreadable { .. }));
        assert_eq!(next_auth(&session).await, resuming("private", offset));
    }
    for (message, offset) in
        [("a", "skipped"), ("b", "with more"), ("c", "with more"), ("d", "with more")]
    {
        assert_eq!(session.next().await.unwrap(), log(message));
        assert_eq!(next_auth(&session).await, resuming("private", offset));
    }
}

#[tokio::test]
async fn a_pid_of_an_odd_type_is_none() {
    for grant in [r#"40{"sid":"s","pid":7}"#, r#"40{"sid":"s","pid":null}"#, "40", "40[]"] {
        let mut session = session([grant, &recoverable("a")], None).await;
        session.next().await.unwrap();
        assert_eq!(session.resume(), None, "{grant}");
    }
}

#[tokio::test]
async fn the_resume_data_does_not_show_the_pid() {
    let resume = received_a().await;
    assert_eq!(format!("{resume:?}"), r#"Resume { pid: ***, offset: "after a" }"#);
}

//! Sessions against scripted servers.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{FutureExt, SinkExt, StreamExt};
use simulator::proxy_tls::{head, serve};
use tokio::io::BufReader;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Bytes};

use super::error::TEXT_CHARS;
use super::message;
use super::scripted::{
    GRANT, Peer, TOKEN, connected, id, log, log_frame, plain, refusal, server, to,
};
use super::{ConnectStage, Message, Session, SocketError};
use crate::config::Network;
use crate::model::Status;
use crate::text::Mask;

#[tokio::test]
async fn the_token_goes_into_the_connect_packet_and_nowhere_else() {
    let (address, server) = server(async |mut peer: Peer| {
        let connect = peer.handshake(25_000, 20_000).await;
        peer.send(GRANT).await;
        (peer.request.clone(), connect)
    })
    .await;
    let options = to(&format!("http://{address}/base"), &Network::default());
    Session::connect(&options, None).await.unwrap();
    let (request, connect) = server.await.unwrap();
    assert_eq!(connect, format!(r#"40{{"token":"{TOKEN}"}}"#));
    assert_eq!(request.uri(), "/base/socket.io/?EIO=4&transport=websocket");
    assert_eq!(request.headers()["host"], address.to_string());
    assert!(!format!("{:?}", request.headers()).contains(TOKEN));
}

#[tokio::test]
async fn rooms_are_joined_and_left_and_the_session_ends_politely() {
    let (address, server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        let mut received = Vec::new();
        loop {
            match peer.socket.next().await {
                Some(Ok(tungstenite::Message::Text(text))) => received.push(text.to_string()),
                Some(Ok(tungstenite::Message::Close(_))) => received.push("close frame".to_owned()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return received,
            }
        }
    })
    .await;
    let mut session = connected(address).await;
    session.join(&id("bld1")).await.unwrap();
    session.leave(&id("bld1")).await.unwrap();
    session.disconnect(Duration::from_secs(10)).await;
    let expected = [
        r#"42["join:build",{"buildId":"bld1"}]"#,
        r#"42["leave:build",{"buildId":"bld1"}]"#,
        "41",
        "close frame",
    ];
    assert_eq!(server.await.unwrap(), expected);
}

#[tokio::test]
async fn a_server_that_ignores_the_disconnect_does_not_delay_us() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        std::future::pending::<()>().await;
    })
    .await;
    connected(address).await.disconnect(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn pings_are_answered_between_messages() {
    let (address, server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        for frame in ["2", &log_frame("a"), "2", &log_frame("b")] {
            peer.send(frame).await;
        }
        let pongs = (peer.receive().await, peer.receive().await);
        peer.send(&log_frame("c")).await;
        pongs
    })
    .await;
    let mut session = connected(address).await;
    for message in ["a", "b", "c"] {
        assert_eq!(session.next().await.unwrap(), log(message));
    }
    assert_eq!(server.await.unwrap(), (Some("3".to_owned()), Some("3".to_owned())));
}

#[tokio::test]
async fn a_cancelled_read_loses_neither_a_message_nor_a_pong() {
    const ROUNDS: usize = 500;
    let (address, server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        for round in 0..ROUNDS {
            peer.send("2").await;
            peer.send(&log_frame(&round.to_string())).await;
        }
        for _ in 0..ROUNDS {
            assert_eq!(peer.receive().await.unwrap(), "3");
        }
        peer.send("41").await;
    })
    .await;
    let mut session = connected(address).await;
    let mut seen = Vec::new();
    let end = loop {
        // Polls once, then drops the future.
        match session.next().now_or_never() {
            Some(Ok(message)) => seen.push(message),
            Some(Err(end)) => break end,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(matches!(end, SocketError::ServerDisconnect), "{end:?}");
    let expected: Vec<_> = (0..ROUNDS).map(|round| log(&round.to_string())).collect();
    assert_eq!(seen, expected);
    server.await.unwrap();
}

#[tokio::test]
async fn every_kind_of_disconnect_is_noticed() {
    let (namespace, _a) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        peer.send("41").await;
        peer.rest().await
    })
    .await;
    let end = connected(namespace).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::ServerDisconnect), "{end:?}");

    let (engine, _b) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        peer.send("1").await;
        peer.rest().await
    })
    .await;
    let end = connected(engine).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::Closed(_)), "{end:?}");

    let (close_frame, _c) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        let frame = CloseFrame { code: 1012.into(), reason: "restarting".into() };
        peer.socket.close(Some(frame)).await.unwrap();
        peer.rest().await
    })
    .await;
    let end = connected(close_frame).await.next().await.unwrap_err();
    assert!(end.to_string().contains("restarting"), "{end:?}");

    let (cut, _d) = server(async |mut peer: Peer| peer.accept_client().await).await;
    let end = connected(cut).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::Closed(_) | SocketError::Io(_)), "{end:?}");
}

#[tokio::test]
async fn silence_beyond_the_servers_ping_settings_ends_the_session() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&log_frame("last words")).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut session = connected(address).await;
    assert_eq!(session.next().await.unwrap(), log("last words"));
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let end = session.next().await.unwrap_err();
    assert!(matches!(end, SocketError::PingTimeout), "{end:?}");
    let silence = began.elapsed();
    assert!((Duration::from_secs(40)..Duration::from_secs(46)).contains(&silence), "{silence:?}");
}

#[tokio::test]
async fn a_blocked_client_does_not_count_as_silence_of_the_server() {
    // The server continues while this thread is blocked.
    let elsewhere =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sent, was_sent) = std::sync::mpsc::channel();
    let serving = elsewhere.spawn(server(async move |mut peer: Peer| {
        peer.accept_client().await;
        peer.receive().await;
        peer.send(&log_frame("waiting for you")).await;
        sent.send(()).unwrap();
        peer.rest().await
    }));
    let (address, _server) = serving.await.unwrap();
    let mut session = connected(address).await;
    assert!(session.next().now_or_never().is_none());
    session.join(&id("b")).await.unwrap();
    was_sent.recv().unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(session.next().await.unwrap(), log("waiting for you"));
    elsewhere.shutdown_background();
}

#[tokio::test]
async fn absurd_intervals_do_no_harm() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.handshake(u64::MAX, u64::MAX).await;
        peer.send(GRANT).await;
        peer.send(&log_frame("a")).await;
        peer.rest().await
    })
    .await;
    assert_eq!(connected(address).await.next().await.unwrap(), log("a"));
}

/// Notes that a future was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Woken {
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[tokio::test]
async fn any_frame_resets_the_silence() {
    let (send, mut due) = tokio::sync::mpsc::channel(1);
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.handshake(1000, 1000).await;
        peer.send(GRANT).await;
        while due.recv().await.is_some() {
            peer.send_bytes(b"\x00").await;
        }
        peer.send(&log_frame("alive")).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    // The clock moves only where the test advances it, because the test always has work to do.
    tokio::time::pause();
    let mut next = pin!(session.next());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    // Longer in all than the longest silence that is allowed, and shorter each time.
    for _ in 0..3 {
        let early = next.as_mut().poll(&mut context);
        assert!(early.is_pending(), "{early:?}");
        tokio::time::advance(Duration::from_millis(1500)).await;
        woken.take();
        send.send(()).await.unwrap();
        while !woken.take() {
            tokio::task::yield_now().await;
        }
    }
    drop(send);
    let message = loop {
        match next.as_mut().poll(&mut context) {
            Poll::Ready(message) => break message,
            Poll::Pending => tokio::task::yield_now().await,
        }
    };
    assert_eq!(message.unwrap(), log("alive"));
}

#[tokio::test]
async fn a_refused_token_is_typed_and_not_shown() {
    for (answer, expected) in [
        (
            format!(r#"44{{"message":"bad token {TOKEN}","data":{{"code":"invalid_token"}}}}"#),
            ("bad token ***", Some(r#"{"code":"invalid_token"}"#)),
        ),
        (r#"44{"message":"no","data":null}"#.to_owned(), ("no", None)),
        (r#"44"Not authorized""#.to_owned(), ("Not authorized", None)),
        ("44{}".to_owned(), ("{}", None)),
        ("44oops".to_owned(), ("oops", None)),
    ] {
        let (address, _server) = server(async move |mut peer: Peer| {
            peer.handshake(25_000, 20_000).await;
            peer.send(&answer).await;
            peer.rest().await
        })
        .await;
        match refusal(&plain(address)).await {
            SocketError::Refused { message, data } => {
                assert_eq!((message.as_str(), data.as_deref()), expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_token_is_masked_before_a_text_of_the_service_is_cut() {
    let secret = STANDARD.encode(TOKEN);
    let (start, _) = secret.split_at(6);
    let text = format!("{}{secret}", "x".repeat(TEXT_CHARS - 8));
    let refusing = format!(r#"44{{"message":"{text}","data":"{text}"}}"#);
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.handshake(25_000, 20_000).await;
        peer.send(&refusing).await;
        peer.rest().await
    })
    .await;
    let refused = format!("{:?}", refusal(&plain(address)).await);
    assert!(refused.contains("xxx***"), "{refused}");
    assert!(!refused.contains(start), "{refused}");
    for less in 0..80 {
        let short = format!("{}{secret}", "x".repeat(TEXT_CHARS - less));
        let event = format!(r#"["build:log","{short}"]"#);
        match message::read(&event, &Mask::new(&[TOKEN])).message {
            Some(Message::Unreadable { why }) => assert!(!why.contains(start), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up_at_the_stage_it_reached() {
    // From the pause on only the time limit can end the attempt.
    let mute = serve(async |mut stream| {
        head(&mut BufReader::new(&mut stream)).await?;
        tokio::time::pause();
        std::future::pending().await
    });
    let mute = mute.await.unwrap();
    let (greeting_only, _a) = server(async |mut peer: Peer| {
        peer.handshake(1_000_000, 1_000_000).await;
        tokio::time::pause();
        peer.rest().await
    })
    .await;
    for (address, expected) in
        [(mute, ConnectStage::Upgrade), (greeting_only, ConnectStage::Handshake)]
    {
        let options = plain(address);
        let limit = 2 * options.connect_timeout;
        let error = tokio::time::timeout(limit, refusal(&options)).await.unwrap();
        tokio::time::resume();
        assert!(matches!(error, SocketError::Timeout { stage } if stage == expected), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_refused() {
    for first in ["hello", "40{}", "0", "0{}", r#"0{"pingInterval":"x","pingTimeout":1}"#] {
        let (address, _server) = server(async move |mut peer: Peer| {
            peer.send(first).await;
            peer.rest().await
        })
        .await;
        let error = refusal(&plain(address)).await;
        assert!(matches!(error, SocketError::Protocol(_)), "{first}: {error:?}");
    }
}

#[tokio::test]
async fn events_before_the_connect_answer_are_kept_in_order() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.handshake(25_000, 20_000).await;
        for frame in [&log_frame("a"), "2", &log_frame("b"), GRANT, &log_frame("c")] {
            peer.send(frame).await;
        }
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    for message in ["a", "b", "c"] {
        assert_eq!(session.next().await.unwrap(), log(message));
    }
}

#[tokio::test]
async fn a_flood_before_the_connect_answer_is_cut_off() {
    let frame = log_frame(&"x".repeat(1 << 20));
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.handshake(25_000, 20_000).await;
        // Fails once the client has disconnected.
        while peer.socket.send(tungstenite::Message::text(frame.clone())).await.is_ok() {}
    })
    .await;
    let error = refusal(&plain(address)).await;
    assert!(matches!(error, SocketError::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn a_flood_of_nothing_before_the_connect_answer_is_cut_off() {
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.handshake(25_000, 20_000).await;
        // Fails once the client has disconnected.
        while peer.socket.feed(tungstenite::Message::text("42")).await.is_ok() {}
    })
    .await;
    let error = refusal(&plain(address)).await;
    assert!(matches!(error, SocketError::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn odd_packets_do_not_end_the_session() {
    const SKIPPED: [&str; 20] = [
        "",
        "4",
        "5",
        "6",
        "7",
        "9[]",
        "x",
        "\u{1F600}",
        "b4AQI=",
        "3",
        r#"0{"sid":"again","pingInterval":1,"pingTimeout":1}"#,
        GRANT,
        "43[1]",
        "4399999999999999999999[]",
        r#"451-["build:log",{"_placeholder":true,"num":0}]"#,
        "461-1[]",
        "47",
        "41/admin,",
        r#"42/admin,["build:log",{"buildId":"b","message":"not ours"}]"#,
        r#"42["error","not a lifecycle event"]"#,
    ];
    const UNREADABLE: [&str; 7] = [
        "42",
        "42{}",
        "42[",
        "42[]",
        "42[5]",
        r#"42["build:log"]"#,
        r#"42["build:status",{"buildId":"b","status":{}}]"#,
    ];
    let (address, _server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        for frame in SKIPPED {
            peer.send(frame).await;
        }
        peer.send_bytes(b"\x1e\x00\xff an attachment \x1e").await;
        peer.send_bytes(b"").await;
        peer.socket.send(tungstenite::Message::Ping(Bytes::from_static(b"ws"))).await.unwrap();
        for frame in UNREADABLE {
            peer.send(frame).await;
        }
        peer.send(r#"4212["build:status",{"buildId":"b","status":"complete"},"offset"]"#).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    for frame in UNREADABLE {
        let message = session.next().await.unwrap();
        assert!(matches!(message, Message::Unreadable { .. }), "{frame}: {message:?}");
    }
    let complete = Message::Status { build: id("b"), status: Status::Complete };
    assert_eq!(session.next().await.unwrap(), complete);
}

#[tokio::test]
async fn long_and_cut_lines_come_through() {
    let long = "Ω".repeat(500_000);
    let frame = log_frame(&long);
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&frame).await;
        peer.send(&log_frame(r"cut \ud83d")).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    assert_eq!(session.next().await.unwrap(), log(&long));
    assert_eq!(session.next().await.unwrap(), log("cut \u{fffd}"));
}

#[tokio::test]
async fn a_message_above_16_mib_ends_the_session() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        let frame = tungstenite::Message::text("x".repeat((16 << 20) + 1));
        // Fails once the client has disconnected.
        let _ = peer.socket.send(frame).await;
    })
    .await;
    let end = connected(address).await.next().await.unwrap_err();
    let limit = 16 << 20;
    assert!(
        matches!(end, SocketError::TooLarge { limit_bytes, .. } if limit_bytes == limit),
        "{end:?}"
    );
}

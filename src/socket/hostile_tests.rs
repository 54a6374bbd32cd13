//! Sessions and upgrades against malicious servers: at worst the session ends.

use std::time::Duration;

use futures_util::FutureExt;
use simulator::proxy_tls::{answering, head, serve};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::scripted::{Peer, connected, log, log_frame, plain, refusal, server};
use super::{ConnectStage, Message, Options, SocketError};

#[tokio::test]
async fn nesting_without_end_costs_an_event_and_not_the_session() {
    const LEVELS: usize = 100_000;
    let events = ["[", r#"{"a":"#].into_iter().flat_map(|open| {
        let close = if open == "[" { "]" } else { "}" };
        let deep = format!("{}1{}", open.repeat(LEVELS), close.repeat(LEVELS));
        [
            open.repeat(LEVELS),
            deep.clone(),
            format!(r#"["build:log",{deep}]"#),
            format!(r#"["build:status",{{"buildId":"b","status":{deep}}}]"#),
            format!(r#"["build:log",{{"buildId":{deep},"message":"m"}}]"#),
            format!(r#"["build:log",{{"buildId":"b","level":{deep},"message":"m"}},{deep}]"#),
        ]
    });
    let events: Vec<_> = events.collect();
    let frames = events.clone();
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.accept_client().await;
        for event in frames {
            peer.send(&format!("42{event}")).await;
        }
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    for event in events {
        match session.next().await.unwrap() {
            Message::Unreadable { why } => assert!(why.len() < 1000, "{why}"),
            line => assert_eq!(line, log("m"), "{event:.80}"),
        }
    }
}

#[tokio::test]
async fn texts_of_the_service_are_shortened() {
    let long = "x".repeat(1 << 20);
    for frame in [
        format!(r#"44{{"message":"{long}","data":"{long}"}}"#),
        format!("44{long}"),
        format!(r#"0{{"pingInterval":"{long}","pingTimeout":1}}"#),
    ] {
        let (address, _server) = server(async move |mut peer: Peer| {
            if frame.starts_with('4') {
                peer.handshake(25_000, 20_000).await;
            }
            peer.send(&frame).await;
            peer.rest().await
        })
        .await;
        let error = refusal(&plain(address)).await;
        assert!(format!("{error:?}").len() < 1000, "{error:.80}");
    }
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&format!(r#"42["build:log","{long}"]"#)).await;
        peer.rest().await
    })
    .await;
    match connected(address).await.next().await.unwrap() {
        Message::Unreadable { why } => assert!(why.len() < 1000, "{why:.80}"),
        other => panic!("{other:?}"),
    }
}

/// How a session ends that receives these bytes instead of a frame.
async fn end_after(bytes: Vec<u8>) -> SocketError {
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&log_frame("a")).await;
        // Fails if the client disconnected before the last byte.
        let _ = peer.socket.get_mut().write_all(&bytes).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    assert_eq!(session.next().await.unwrap(), log("a"));
    session.next().await.unwrap_err()
}

#[tokio::test]
async fn a_frame_that_the_protocol_forbids_ends_the_session_and_nothing_else() {
    let deflated = [&b"\xc1\x14"[..], &[0; 20]].concat();
    let long_ping = [&b"\x89\x7e\x00\x7e"[..], &[0; 126]].concat();
    for (what, bytes) in [
        ("invalid UTF-8", b"\x81\x04a\xff\xfeb".to_vec()),
        ("half a character at the end", b"\x81\x02a\xc3".to_vec()),
        ("a compressed frame that was not asked for", deflated),
        ("another reserved bit", b"\xa1\x01a".to_vec()),
        ("a reserved opcode", b"\x83\x01a".to_vec()),
        ("a masked frame", b"\x81\x81\0\0\0\0a".to_vec()),
        ("a continuation of nothing", b"\x80\x01a".to_vec()),
        ("a ping in parts", b"\x09\x01a".to_vec()),
        ("a ping above 125 bytes", long_ping),
        ("a close frame of one byte", b"\x88\x01a".to_vec()),
    ] {
        let end = end_after(bytes).await;
        assert!(matches!(end, SocketError::Protocol(_)), "{what}: {end:?}");
    }
}

#[tokio::test]
async fn an_excessive_length_is_refused_before_the_data_arrives() {
    for length in [u64::MAX >> 1, u64::MAX, (16 << 20) + 1] {
        let end = end_after([&b"\x81\x7f"[..], &length.to_be_bytes()].concat()).await;
        assert!(matches!(end, SocketError::TooLarge { .. }), "{length}: {end:?}");
    }
}

#[tokio::test]
async fn a_message_in_parts_without_end_is_cut_off() {
    let part = [&b"\x00\x7f\0\0\0\0\x00\x10\0\0"[..], &[b'x'; 1 << 20]].concat();
    let end = end_after([b"\x01\x00".to_vec(), part.repeat(17)].concat()).await;
    assert!(matches!(end, SocketError::TooLarge { .. }), "{end:?}");
}

#[tokio::test]
async fn a_redirect_of_the_upgrade_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = elsewhere.local_addr().unwrap();
    for status in [301, 302, 307, 308] {
        let head = format!("HTTP/1.1 {status} x\r\nlocation: http://{to}/\r\n\r\n");
        let error = refusal(&plain(answering(head).await.unwrap())).await;
        let expected = matches!(error, SocketError::Upgrade { status: seen } if seen == status);
        assert!(expected, "{error:?}");
    }
    assert!(elsewhere.accept().now_or_never().is_none(), "somebody came");
}

#[tokio::test]
async fn an_upgrade_that_is_none_is_refused() {
    let many = "x: y\r\n".repeat(10_000);
    let long = format!("x: {}\r\n", "y".repeat(1 << 20));
    let switching = "HTTP/1.1 101 Switching Protocols";
    let wrong = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x";
    for answer in [
        format!("{switching}\r\n\r\n"),
        format!("{switching}\r\n{wrong}\r\n\r\n"),
        format!("{switching}\r\n{many}\r\n"),
        format!("{switching}\r\n{long}\r\n"),
        "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(10_000),
        "HTTP/1.1 99999 x\r\n\r\n".to_owned(),
        "<html>not even HTTP</html>\r\n\r\n".to_owned(),
        "\0\u{1}".repeat(50_000),
        String::new(),
    ] {
        let error = refusal(&plain(answering(answer.clone()).await.unwrap())).await;
        let is_typed = matches!(
            error,
            SocketError::Protocol(_) | SocketError::Upgrade { .. } | SocketError::Closed(_)
        );
        assert!(is_typed && format!("{error:?}").len() < 1000, "{answer:.60}: {error:?}");
    }
}

#[tokio::test]
async fn a_slow_upgrade_is_bounded_as_a_whole() {
    let address = serve(async |mut stream| {
        head(&mut BufReader::new(&mut stream)).await?;
        // From here on only the time limit can end the upgrade.
        tokio::time::pause();
        for byte in b"HTTP/1.1 101 Switching Protocols\r\n".iter().cycle() {
            stream.write_all(&[*byte]).await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        Ok(())
    });
    let connect_timeout = Duration::from_secs(60);
    let options = plain(address.await.unwrap());
    let options = Options { connect_timeout, ..options };
    let error = timeout(2 * connect_timeout, refusal(&options)).await.unwrap();
    assert!(matches!(error, SocketError::Timeout { stage: ConnectStage::Upgrade }), "{error:?}");
}

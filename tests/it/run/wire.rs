//! Whole runs in which the wire brings what no service should say.

use std::io;
use std::net::SocketAddr;

use simulator::proxy_tls::{head, serve};
use simulator::{Answer, BUILD_ID, Scenario, build_path, trigger_path};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, copy};
use tokio::net::TcpStream;

use crate::harness::{GO, Journal, Ran, Step, lines};

fn deep() -> String {
    format!("{}1{}", r#"{"items":"#.repeat(100_000), "}".repeat(100_000))
}

/// Passes everything on, and says these bytes besides to the first WebSocket, behind `line 2`.
async fn saying_besides(bytes: Vec<u8>, upstream: SocketAddr) -> SocketAddr {
    let besides = std::sync::Arc::new(std::sync::Mutex::new(Some(bytes)));
    serve(move |stream| {
        let besides = besides.clone();
        async move {
            let mut client = BufReader::new(stream);
            let mut service = TcpStream::connect(upstream).await?;
            let head = head(&mut client).await?;
            service.write_all(head.as_bytes()).await?;
            let bytes = match head.contains("/socket.io/") {
                true => besides.lock().unwrap().take(),
                false => None,
            };
            let (mut from_client, mut to_client) = tokio::io::split(client);
            let (mut from_service, mut to_service) = service.split();
            let answers = async {
                if let Some(bytes) = bytes {
                    let (mut seen, mut chunk) = (Vec::new(), Vec::with_capacity(4096));
                    // The service sends nothing more until it may continue.
                    while !seen.windows(6).any(|text| text == b"line 2") {
                        chunk.clear();
                        from_service.read_buf(&mut chunk).await?;
                        seen.extend_from_slice(&chunk);
                        to_client.write_all(&chunk).await?;
                    }
                    to_client.write_all(&bytes).await?;
                }
                copy(&mut from_service, &mut to_client).await
            };
            let both: (io::Result<u64>, _) =
                tokio::join!(copy(&mut from_client, &mut to_service), answers);
            both.0.and(both.1).map(drop)
        }
    })
    .await
    .unwrap()
}

/// A text frame of a server.
fn frame(text: &str) -> Vec<u8> {
    let length = u64::try_from(text.len()).unwrap();
    [&b"\x81\x7f"[..], &length.to_be_bytes(), text.as_bytes()].concat()
}

/// The service goes on once this was printed.
async fn run_with(bytes: Vec<u8>, printed: &str) -> Ran {
    let scenario = lines(Scenario::new().await_join(), 1..=2).await_requests("GET", GO, 1);
    let scenario = lines(scenario, 3..=4).status("complete");
    let step = Step::new(scenario).await;
    let relay = saying_besides(bytes, step.simulator.address()).await;
    let step = step.input("api-url", &format!("http://{relay}"));
    step.run_and_go_on_after(printed).await
}

#[tokio::test]
async fn a_frame_that_ends_the_session_costs_no_line() {
    for (what, bytes) in [
        ("invalid UTF-8", b"\x81\x04a\xff\xfeb".to_vec()),
        ("a compressed frame", [&b"\xc1\x14"[..], &[0; 20]].concat()),
        ("a length beyond all limits", [&b"\x81\x7f"[..], &(1_u64 << 60).to_be_bytes()].concat()),
        ("a close frame", b"\x88\x02\x03\xf4".to_vec()),
        ("an Engine.IO close packet", frame("1")),
    ] {
        let ran = run_with(bytes, "the live log was interrupted").await;
        assert_eq!(
            (ran.code, ran.numbered("line ")),
            (0, vec![1, 2, 3, 4]),
            "{what}: {}",
            ran.stdout
        );
    }
}

#[tokio::test]
async fn an_odd_event_costs_neither_a_line_nor_the_connection() {
    for (what, text) in [
        ("deep JSON", format!(r#"42["build:log",{}]"#, deep())),
        ("JSON without end", format!("42{}", "[".repeat(100_000))),
        ("the wrong types", r#"42["build:log",{"buildId":[],"message":7}]"#.to_owned()),
        ("no fields", r#"42["build:status",{}]"#.to_owned()),
        ("no packet", "\u{1f4a3}".to_owned()),
        ("a binary event", r#"451-["build:log",{"_placeholder":true,"num":0}]"#.to_owned()),
    ] {
        let ran = run_with(frame(&text), "line 2\n").await;
        assert_eq!(
            (ran.code, ran.numbered("line ")),
            (0, vec![1, 2, 3, 4]),
            "{what}: {}",
            ran.stdout
        );
        assert_eq!(ran.journal.joins(), 1, "{what}: {}", ran.stdout);
    }
}

#[tokio::test]
async fn an_unexpected_answer_of_rest_is_requested_again() {
    let odd = |status| Answer::new("GET", build_path(BUILD_ID), status);
    for answer in [
        odd(200).body(deep()),
        odd(200).body(format!(r#"{{"status":{}}}"#, deep())),
        odd(200).body(" ".repeat(9 << 20)),
        odd(200).body("{}").header("content-encoding", "gzip"),
        odd(200).body("<html>maintenance</html>").header("content-type", "text/html"),
        odd(200).body(r#"{"status":["complete"]}"#),
        odd(502).body("<html>".repeat(1 << 20)),
        odd(503).body(format!(r#"{{"error":{}}}"#, deep())),
        odd(302).header("location", "https://elsewhere.test/"),
        odd(204),
    ] {
        let scenario = Scenario::new().without_socket().answer(answer.clone().times(2));
        let ran = Step::new(lines(scenario, 1..=2).status("complete")).await.run().await;
        let status = answer.status;
        assert_eq!((ran.code, ran.numbered("line ")), (0, vec![1, 2]), "{status}: {}", ran.stdout);
        assert!(ran.stdout.len() < 10_000, "{status}: {:.2000}", ran.stdout);
    }
}

#[tokio::test]
async fn a_trigger_that_is_redirected_ends_without_a_build_and_without_the_token_on_the_way() {
    let elsewhere = Step::new(Scenario::new()).await;
    let location = format!("{}{}", elsewhere.simulator.url(), trigger_path());
    for (status, asked) in [(301, 1), (302, 3), (303, 3), (307, 1), (308, 1)] {
        let answer = Answer::new("POST", trigger_path(), status).header("location", &location);
        let ran = Step::new(Scenario::new().answer(answer)).await.run().await;
        assert_eq!(ran.code, 32, "{}", ran.stdout);
        assert!(ran.stdout.contains("a redirect to 127.0.0.1, which is not followed"));
        assert_eq!((ran.output("build-id"), ran.requests("POST")), ("", asked));
    }
    assert_eq!(elsewhere.simulator.journal(), []);
}

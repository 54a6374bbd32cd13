//! Answers that no service should give: endless, absurd, compressed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use simulator::proxy_tls::{answering, head as read_head, serve};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::tests::{always, client, error, id, plain, trigger};
use super::*;
use crate::config::Network;

#[tokio::test]
async fn an_answer_above_the_limit_is_cut_off() {
    let error =
        error(ResponseTemplate::new(200).set_body_bytes(vec![b' '; BODY_LIMIT_BYTES + 1])).await;
    assert!(matches!(error.kind, ApiErrorKind::TooLarge { limit_bytes: BODY_LIMIT_BYTES }));
}

/// A server that answers with `head`, and then with `chunk` until the client is gone. The number
/// counts the bytes that it sent.
async fn endless(head: &'static str, chunk: &'static [u8]) -> (Client, Arc<AtomicUsize>) {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let address = serve(move |stream| {
        let (counter, mut stream) = (Arc::clone(&counter), BufReader::new(stream));
        async move {
            read_head(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            while stream.write_all(chunk).await.is_ok() {
                counter.fetch_add(chunk.len(), Ordering::Relaxed);
            }
            Ok(())
        }
    });
    let url = format!("http://{}", address.await.unwrap());
    (client(&url, &Network::default()), written)
}

/// 4 KiB of a body in chunks.
static CHUNK: [u8; 6 + 4096 + 2] = {
    let mut chunk = [b' '; 6 + 4096 + 2];
    let (size, end) = (*b"1000\r\n", *b"\r\n");
    let mut at = 0;
    while at < size.len() {
        chunk[at] = size[at];
        at += 1;
    }
    chunk[6 + 4096] = end[0];
    chunk[6 + 4096 + 1] = end[1];
    chunk
};

#[tokio::test]
async fn a_body_without_end_is_cut_off_however_it_is_sent() {
    // The buffers of the kernel on both ends come on top of the limit.
    const SLACK: usize = 16 << 20;
    for (head, chunk) in [
        ("content-length: 100000000", &[b' '; 4096][..]),
        ("content-length: 18446744073709551615", &[b' '; 4096]),
        ("transfer-encoding: chunked", &CHUNK),
        ("connection: close", &[b' '; 4096]),
    ] {
        for (status, limit) in [(200, BODY_LIMIT_BYTES), (500, ERROR_BODY_LIMIT_BYTES)] {
            let head = format!("HTTP/1.1 {status} x\r\n{head}\r\n\r\n").leak();
            let (client, written) = endless(head, chunk).await;
            let error = trigger(&client).await.unwrap_err();
            match error.kind {
                ApiErrorKind::TooLarge { limit_bytes } => assert_eq!(limit_bytes, BODY_LIMIT_BYTES),
                ApiErrorKind::Foreign(answer) => assert_eq!(answer.status, 500),
                // That length exceeds the range of HTTP.
                ApiErrorKind::Unreachable { sent: true, .. } => assert!(head.contains("1844")),
                other => panic!("{head}: {other:?}"),
            }
            let written = written.load(Ordering::Relaxed);
            assert!(written < limit + SLACK, "{head}: {written} bytes");
        }
    }
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    for chunk in [&b"x: 1\r\n"[..], &[b'x'; 4096], b"HTTP/1.1 103 Early Hints\r\n\r\n"] {
        let (mut client, _) = endless("HTTP/1.1 200 OK\r\n", chunk).await;
        if chunk.starts_with(b"HTTP") {
            client = endless("", chunk).await.0;
        }
        client.timeout = Duration::from_secs(1);
        let error = trigger(&client).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_bounded_as_a_whole() {
    for (head, status) in [
        ("", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", None),
        ("HTTP/1.1 503 x\r\ncontent-length: 100000\r\n\r\n", Some(503)),
    ] {
        let address = serve(move |stream| async move {
            let mut stream = BufReader::new(stream);
            read_head(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            // From here on only the time limit can end the request.
            tokio::time::pause();
            for byte in b"HTTP/1.1 200 OK\r\n".iter().chain([b'x'; 100_000].iter()) {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        });
        let url = format!("http://{}", address.await.unwrap());
        let mut client = client(&url, &Network::default());
        client.timeout = Duration::from_secs(60);
        let limit = 2 * client.timeout;
        let error = timeout(limit, trigger(&client)).await.unwrap().unwrap_err();
        tokio::time::resume();
        let foreign = match &error.kind {
            ApiErrorKind::Foreign(answer) => Some(answer.status),
            _ => None,
        };
        assert_eq!(foreign, status);
        assert!(error.is_transient() && !error.nothing_was_accepted());
    }
}

#[tokio::test]
async fn absurd_heads_are_no_answer() {
    let many = "x: y\r\n".repeat(10_000);
    let long = format!("x: {}\r\n", "y".repeat(1 << 20));
    for head in [
        &many,
        &long,
        "content-length: -1\r\n",
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: 0x10\r\n",
        "no colon\r\n",
        "x\0y: z\r\n",
        ": z\r\n",
    ] {
        let address = answering(format!("HTTP/1.1 200 OK\r\n{head}\r\n{{}}")).await.unwrap();
        let error = trigger(&client(&format!("http://{address}"), &Network::default())).await;
        let error = error.unwrap_err();
        let unreachable = matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. });
        assert!(unreachable, "{head:.20}: {error:?}");
    }
    for status_line in ["HTTP/1.1 99999 x", "HTTP/9.9 200 OK", "ICY 200 OK", "<html>", "\u{0}\u{1}"]
    {
        let address = answering(format!("{status_line}\r\n\r\n")).await.unwrap();
        let error = trigger(&client(&format!("http://{address}"), &Network::default())).await;
        let error = error.unwrap_err();
        let unreachable = matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. });
        assert!(unreachable, "{status_line}: {error:?}");
    }
    let odd = "HTTP/1.1 202 \r\nretry-after: \u{e9}\r\nlocation: \u{7f}\u{e9}\r\n";
    let body = r#"{"buildId":"bld1"}"#;
    let address = answering(format!("{odd}content-length: 18\r\n\r\n{body}")).await.unwrap();
    let error = trigger(&client(&format!("http://{address}"), &Network::default())).await;
    assert!(matches!(error.unwrap_err().kind, ApiErrorKind::Unreachable { sent: true, .. }));
}

#[tokio::test]
async fn invalid_utf_8_affects_only_itself() {
    let body = [&b"{\"status\":\"running\",\"logs\":[\"a \xff\xfe b\"]}"[..], b"\n"].concat();
    let server = always(ResponseTemplate::new(200).set_body_bytes(body)).await;
    let snapshot = plain(&server).build(&id("bld1")).await.unwrap();
    assert_eq!(snapshot.recent[0].message, "a \u{fffd}\u{fffd} b");
}

/// `text` as gzip, in one uncompressed block.
fn gzip(text: &[u8]) -> Vec<u8> {
    let crc = text.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    let length = u16::try_from(text.len()).unwrap();
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    file.extend(length.to_le_bytes().into_iter().chain((!length).to_le_bytes()));
    file.extend(text);
    file.extend((!crc).to_le_bytes().into_iter().chain(u32::from(length).to_le_bytes()));
    file
}

#[tokio::test]
async fn nothing_is_ever_unpacked() {
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let server = MockServer::start().await;
        let packed = ResponseTemplate::new(200)
            .insert_header("content-encoding", encoding)
            .set_body_bytes(gzip(br#"{"buildId":"bld1","status":"pending"}"#));
        Mock::given(wiremock::matchers::any()).respond_with(packed).mount(&server).await;
        let error = trigger(&plain(&server)).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Garbled { .. }), "{error:?}");
        let requests = server.received_requests().await.unwrap();
        assert!(!requests[0].headers.contains_key("accept-encoding"), "a bomb would be asked for");
    }
}

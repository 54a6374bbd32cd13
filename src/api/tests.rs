//! The client against servers on loopback: what it sends, and what it makes of answers.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use simulator::road::{Authority, ConnectProxy, answering, head as read_head, serve};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::time::timeout;
use url::Url;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::config::Network;
use crate::event::Status;
use crate::net::loopback::{net, trusting};
use crate::net::{Obstacle, TlsFault};

const TOKEN: &str = "bp_0123456789";

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn client(url: &str, network: &Network) -> Client {
    Client::new(&Url::parse(url).unwrap(), &Secret::new(TOKEN), &net(network))
}

fn plain(server: &MockServer) -> Client {
    client(&server.uri(), &Network::default())
}

async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    server
}

async fn trigger(client: &Client) -> Result<Triggered, ApiError> {
    client.trigger(&id("prj1"), &id("set1"), &Overrides::default()).await
}

/// The error of a trigger that is answered so, which must never show the token.
async fn error(answer: ResponseTemplate) -> ApiError {
    let error = trigger(&plain(&always(answer).await)).await.unwrap_err();
    let shown = format!("{}{error:?}", chain(&error));
    assert!(!shown.contains(TOKEN), "{shown}");
    error
}

fn chain(error: &ApiError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn pending() -> ResponseTemplate {
    ResponseTemplate::new(202).set_body_string(r#"{"buildId":"bld1","status":"pending"}"#)
}

fn upstream(server: &MockServer) -> SocketAddr {
    *server.address()
}

#[tokio::test]
async fn a_trigger_sends_the_token_and_only_the_given_overrides() {
    let branch = Overrides { branch: Some("feature/ü \"x\"".to_owned()), ..Overrides::default() };
    let all = Overrides {
        branch: Some("main".to_owned()),
        commit: Some("c0ffee".to_owned()),
        changelist: Some("12345".to_owned()),
    };
    for (overrides, body) in [
        (Overrides::default(), "{}"),
        (branch, r#"{"branch":"feature/ü \"x\""}"#),
        (all, r#"{"branch":"main","commit":"c0ffee","changelist":"12345"}"#),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/base/projects/prj1/build-settings/set1/trigger"))
            .and(header("authorization", format!("Bearer {TOKEN}")))
            .and(header("content-type", "application/json"))
            .and(header("user-agent", crate::net::USER_AGENT))
            .and(body_string(body))
            .respond_with(pending())
            .expect(1)
            .mount(&server)
            .await;
        let client = client(&format!("{}/base", server.uri()), &Network::default());
        let triggered = client.trigger(&id("prj1"), &id("set1"), &overrides).await.unwrap();
        assert_eq!(triggered, Triggered { build: id("bld1"), status: Status::Pending });
    }
}

#[tokio::test]
async fn a_build_is_read_with_its_last_lines() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/builds/bld1"))
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_string(r#"{"status":"failed","logs":[{"message":"BUILD FAILED"}]}"#),
        )
        .mount(&server)
        .await;
    let snapshot = plain(&server).build(&id("bld1")).await.unwrap();
    assert_eq!(snapshot.facts.status, Some(Status::Failed));
    assert_eq!(snapshot.recent[0].message, "BUILD FAILED");
}

#[tokio::test]
async fn a_documented_refusal_is_typed() {
    for (status, word, code) in [
        (401, "invalid_token", Code::InvalidToken),
        (403, "insufficient_scope", Code::InsufficientScope),
        (400, "validation_failed", Code::ValidationFailed),
        (400, "engine_not_found", Code::EngineNotFound),
        (400, "repo_not_accessible", Code::RepoNotAccessible),
        (400, "perforce_auth_failed", Code::PerforceAuthFailed),
        (404, "not_found", Code::NotFound),
        (402, "minutes_exhausted", Code::Other("minutes_exhausted".to_owned())),
    ] {
        let body = format!(
            r#"{{"error":"{word}","message":"no {TOKEN} today","requestId":"req_1","extra":[]}}"#
        );
        let error = error(ResponseTemplate::new(status).set_body_string(body)).await;
        let refusal = Refusal {
            status,
            code: Some(code),
            message: Some("no *** today".to_owned()),
            request_id: Some("req_1".to_owned()),
            retry_after: None,
        };
        assert_eq!(error.refusal(), Some(&refusal));
        assert_eq!(
            error.to_string(),
            format!("BuildPixel answered {status} {word}: no *** today, request req_1")
        );
        assert!(error.request.to_string().starts_with("POST http://127.0.0.1:"));
        assert!(error.request.to_string().ends_with("/projects/prj1/build-settings/set1/trigger"));
        assert!(error.nothing_was_accepted() && !error.is_transient());
    }
}

#[tokio::test]
async fn a_refusal_in_another_form_keeps_its_status() {
    for body in
        ["", "<html>Bad Gateway</html>", "[1]", r#"{"error":5,"message":null}"#, "{\"error\""]
    {
        let error = error(ResponseTemplate::new(502).set_body_string(body)).await;
        let refusal = error.refusal().unwrap();
        assert_eq!(
            (refusal.status, &refusal.code, &refusal.message),
            (502, &None, &None),
            "{body}"
        );
        assert!(error.is_transient() && !error.nothing_was_accepted());
        assert_eq!(error.to_string(), "BuildPixel answered 502");
    }
}

#[tokio::test]
async fn a_huge_error_body_does_not_hide_the_status() {
    let error = error(ResponseTemplate::new(500).set_body_bytes(vec![b' '; 1 << 20])).await;
    assert_eq!(error.refusal().map(|refusal| refusal.status), Some(500));
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_as_a_date_by_the_clock_of_the_service() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (header, expected) in [
        ("7", seconds(7)),
        (" 0 ", seconds(0)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", seconds(59)),
        ("Friday, 31-Dec-99 23:59:59 GMT", seconds(59)),
        ("Fri, 31 Dec 1999 23:00:00 GMT", seconds(0)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("99999999999999999999999", None),
    ] {
        for status in [429, 503] {
            let answer = ResponseTemplate::new(status)
                .insert_header("retry-after", header)
                .insert_header("date", "Fri, 31 Dec 1999 23:59:00 GMT");
            let error = error(answer).await;
            assert_eq!(error.refusal().unwrap().retry_after, expected, "{header}");
            assert!(error.is_transient());
            let is_refusal = status == 429 || expected.is_some();
            assert_eq!(error.nothing_was_accepted(), is_refusal, "{status} {header}");
        }
    }
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
    let head = format!("HTTP/1.1 503 Busy\r\nretry-after: {soon}\r\ncontent-length: 0\r\n\r\n");
    let address = answering(head).await.unwrap();
    let error = trigger(&client(&format!("http://{address}"), &Network::default())).await;
    let retry_after = error.unwrap_err().refusal().unwrap().retry_after.unwrap();
    assert!((90..=100).contains(&retry_after.as_secs()), "{retry_after:?}");
}

#[tokio::test]
async fn a_list_is_asked_for_page_by_page_and_says_what_time_it_is_there() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/builds"))
        .and(query_param("projectId", "prj1"))
        .and(query_param("buildSettingId", "set1"))
        .and(query_param("limit", "100"))
        .and(query_param("cursor", "a&b=ü"))
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("date", "Thu, 01 Jan 1970 00:01:00 GMT")
                .set_body_string(r#"{"items":[],"nextCursor":null}"#),
        )
        .mount(&server)
        .await;
    let page = plain(&server).builds(&id("prj1"), &id("set1"), Some("a&b=ü")).await.unwrap();
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    let came = page.came;
    assert_eq!(page, Page { builds: vec![], more: More::End, date: Some(date), came });

    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await.unwrap();
    let undated = client(&format!("http://{address}"), &Network::default());
    assert_eq!(undated.builds(&id("p"), &id("s"), None).await.unwrap().date, None);
}

#[tokio::test]
async fn a_list_dates_from_its_head_however_long_its_body_takes() {
    let address = serve(async |stream| {
        let mut stream = BufReader::new(stream);
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await?;
        stream.flush().await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(b"[]").await?;
        stream.flush().await
    });
    let url = format!("http://{}", address.await.unwrap());
    let page = client(&url, &Network::default()).builds(&id("p"), &id("s"), None).await.unwrap();
    assert!(page.came.elapsed() >= Duration::from_millis(100), "{:?}", page.came.elapsed());
}

#[tokio::test]
async fn a_build_setting_is_read() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/projects/prj1/build-settings/set1"))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"branch":"main"}"#))
        .mount(&server)
        .await;
    let setting = plain(&server).build_setting(&id("prj1"), &id("set1")).await.unwrap();
    assert_eq!(setting, Setting { branch: Some("main".to_owned()) });
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_it_may_is_no_answer() {
    let server = always(pending().set_delay(Duration::from_secs(30))).await;
    let hasty = plain(&server).within(Duration::from_millis(50));
    let error = trigger(&hasty).await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. }));
}

#[tokio::test]
async fn a_success_that_cannot_be_understood_is_garbled() {
    for body in ["", "<html>hello</html>", "[]", "{}", r#"{"buildId":7}"#, r#"{"buildId":"../x"}"#]
    {
        let body = format!("{body}{TOKEN}");
        let error = error(ResponseTemplate::new(200).set_body_string(&body)).await;
        let ApiErrorKind::Garbled { status: 200, snippet, .. } = &error.kind else {
            panic!("{body}: {error:?}");
        };
        assert_eq!(*snippet, body.replace(TOKEN, "***"));
        assert!(!error.nothing_was_accepted() && !error.is_transient());
        assert!(error.to_string().contains("expected a triggered build"), "{error}");
    }
    let without_status =
        always(ResponseTemplate::new(200).set_body_string(r#"{"id":"bld1"}"#)).await;
    let error = plain(&without_status).build(&id("bld1")).await.unwrap_err();
    assert!(error.to_string().ends_with("expected a build: no `status` in it"), "{error}");
}

#[tokio::test]
async fn an_answer_above_the_limit_is_cut_off() {
    let error =
        error(ResponseTemplate::new(200).set_body_bytes(vec![b' '; BODY_LIMIT_BYTES + 1])).await;
    assert!(matches!(error.kind, ApiErrorKind::TooLarge { limit_bytes: BODY_LIMIT_BYTES }));
}

/// A server that answers with `head`, and then with `chunk` for as long as somebody listens. The
/// number counts the bytes that it got rid of.
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
    // What the kernel holds for both ends comes on top of the limit.
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
                ApiErrorKind::Refused(refusal) => assert_eq!(refusal.status, 500),
                // That length is beyond what HTTP can do.
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
        client.timeout = Duration::from_millis(300);
        let error = trigger(&client).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_bounded_as_a_whole() {
    for (head, status) in [
        ("", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", None),
        ("HTTP/1.1 503 x\r\ncontent-length: 100000\r\n\r\n", Some(503)),
    ] {
        let address = serve(move |stream| async move {
            let mut stream = BufReader::new(stream);
            read_head(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            for byte in b"HTTP/1.1 200 OK\r\n".iter().chain([b'x'; 100_000].iter()) {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        });
        let url = format!("http://{}", address.await.unwrap());
        let mut client = client(&url, &Network::default());
        client.timeout = Duration::from_millis(200);
        let error = timeout(Duration::from_secs(5), trigger(&client)).await.unwrap().unwrap_err();
        assert_eq!(error.refusal().map(|refusal| refusal.status), status);
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
async fn bytes_that_are_no_text_cost_only_themselves() {
    let body = [&b"{\"status\":\"running\",\"logs\":[\"a \xff\xfe b\"]}"[..], b"\n"].concat();
    let server = always(ResponseTemplate::new(200).set_body_bytes(body)).await;
    let snapshot = plain(&server).build(&id("bld1")).await.unwrap();
    assert_eq!(snapshot.recent[0].message, "a \u{fffd}\u{fffd} b");
}

/// `text` as gzip: one block that is stored as it is.
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

#[tokio::test]
async fn a_redirect_is_an_error_that_names_the_host_and_the_token_does_not_follow() {
    let elsewhere = MockServer::start().await;
    let never = Mock::given(wiremock::matchers::any()).respond_with(pending()).expect(0);
    never.mount(&elsewhere).await;
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let location = format!("{}/login?secret=1", elsewhere.uri());
        let answer = ResponseTemplate::new(status).insert_header("location", location);
        let server = always(answer).await;
        let client = plain(&server);
        let read = client.build(&id("bld1")).await.unwrap_err();
        for error in [trigger(&client).await.unwrap_err(), read] {
            assert_eq!(
                error.to_string(),
                format!(
                    "BuildPixel answered {status}, a redirect to 127.0.0.1, which is not followed"
                )
            );
            let must_go_elsewhere = matches!(status, 301 | 307 | 308);
            assert_eq!(error.nothing_was_accepted(), must_go_elsewhere, "{status}");
            assert!(!error.is_transient());
        }
    }
    for (location, to) in
        [("//evil.test/x", "evil.test"), ("http://", "nowhere"), ("/x", "127.0.0.1")]
    {
        let error = error(ResponseTemplate::new(302).insert_header("location", location)).await;
        assert!(error.to_string().contains(&format!("a redirect to {to}, ")), "{error}");
    }
}

#[tokio::test]
async fn a_closed_port_means_that_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client(&format!("http://{address}"), &Network::default());
    let error = trigger(&client).await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: false, .. }));
    assert!(error.is_transient() && error.nothing_was_accepted());
    assert!(chain(&error).starts_with("cannot reach BuildPixel: "), "{}", chain(&error));
    assert!(chain(&error).contains("refused"), "{}", chain(&error));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_its_fate_open() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"buildId\""] {
        let address = answering(answer).await.unwrap();
        let client = client(&format!("http://{address}"), &Network::default());
        let error = trigger(&client).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. }), "{answer}");
        assert!(error.is_transient() && !error.nothing_was_accepted());
    }
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_when_it_is_given() {
    let server = always(pending()).await;
    let authority = Authority::new().unwrap();
    let port = authority.front("localhost", upstream(&server)).await.unwrap().port();
    let url = format!("https://localhost:{port}");

    trigger(&client(&url, &trusting(&authority))).await.unwrap();

    let error = trigger(&client(&url, &Network::default())).await.unwrap_err();
    assert!(error.nothing_was_accepted() && !error.is_transient());
    assert!(chain(&error).contains("localhost is by an issuer that is not trusted"), "{error}");
    assert_eq!(tls_fault(error), ("localhost".to_owned(), TlsFault::UnknownIssuer));
}

#[tokio::test]
async fn requests_take_the_proxy_and_show_it_the_credentials() {
    let server = always(pending()).await;
    let authority = Authority::new().unwrap();
    let front = authority.front("api.buildpixel.test", upstream(&server)).await.unwrap();
    let proxy = ConnectProxy::to(front).await.unwrap();
    let https_proxy = Some(Secret::new(format!("ci:p%40ss@{}", proxy.address)));
    let network = Network { https_proxy, ..trusting(&authority) };

    trigger(&client("https://api.buildpixel.test", &network)).await.unwrap();

    let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
    assert!(head.starts_with("CONNECT api.buildpixel.test:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic y2k6cebzcw==\r\n"), "{head}");
    assert!(!head.contains(TOKEN), "{head}");
}

fn tls_fault(error: ApiError) -> (String, TlsFault) {
    match error.kind {
        ApiErrorKind::Blocked(Obstacle::Tls { host, fault, .. }) => (host, fault),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_fault_of_tls_is_told_apart() {
    let authority = Authority::new().unwrap();
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let expired = authority.expired_front("localhost", nowhere).await.unwrap();
    let other = authority.front("elsewhere.test", nowhere).await.unwrap();
    let plain = serve(async |mut stream| stream.write_all(b"HTTP/1.1 400 no\r\n\r\n").await);
    let plain = plain.await.unwrap();
    for (address, expected) in
        [(expired, TlsFault::OutOfDate), (other, TlsFault::WrongName), (plain, TlsFault::NotTls)]
    {
        let url = format!("https://localhost:{}", address.port());
        let error = trigger(&client(&url, &trusting(&authority))).await.unwrap_err();
        assert!(error.nothing_was_accepted());
        assert_eq!(tls_fault(error), ("localhost".to_owned(), expected));
    }
}

/// What stands in the way of a trigger through this proxy, whose credentials must not show.
async fn refused_by_proxy(proxy: &str) -> Obstacle {
    let https_proxy = Some(Secret::new(format!("http://ci:hunter2@{proxy}")));
    let network = Network { https_proxy, ..Network::default() };
    let error = trigger(&client("https://api.buildpixel.test", &network)).await.unwrap_err();
    assert!(error.nothing_was_accepted());
    let shown = format!("{}{error:?}", chain(&error));
    assert!(!shown.contains("hunter2") && shown.contains(&format!("the proxy {proxy}")), "{shown}");
    match error.kind {
        ApiErrorKind::Blocked(obstacle) => obstacle,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_without_its_credentials() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    for status_line in ["HTTP/1.1 403 Forbidden", "HTTP/1.1 502 Bad Gateway", "SSH-2.0-x 200 y"] {
        let proxy = ConnectProxy::answering(status_line, nowhere).await.unwrap();
        let obstacle = refused_by_proxy(&proxy.address.to_string()).await;
        let refused = "it refused, or is no HTTP proxy";
        assert!(matches!(&obstacle, Obstacle::Proxy { why, .. } if why == refused), "{obstacle}");
        assert!(!obstacle.is_lasting());
    }
    let proxy = ConnectProxy::for_members("Basic eDp5", nowhere).await.unwrap();
    let obstacle = refused_by_proxy(&proxy.address.to_string()).await;
    assert!(matches!(obstacle, Obstacle::ProxyAuth { .. }) && obstacle.is_lasting(), "{obstacle}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    let obstacle = refused_by_proxy(&closed).await;
    assert!(obstacle.to_string().contains("refused"), "{obstacle}");
}

#[tokio::test]
async fn where_the_proxy_itself_is_not_trusted_it_is_the_one_that_is_named() {
    let authority = Authority::new().unwrap();
    let proxy = authority.front("localhost", SocketAddr::from(([127, 0, 0, 1], 9))).await.unwrap();
    let https_proxy = Some(Secret::new(format!("https://localhost:{}", proxy.port())));
    let network = Network { https_proxy, ..Network::default() };
    let error = trigger(&client("https://api.buildpixel.test", &network)).await.unwrap_err();
    assert_eq!(tls_fault(error), ("localhost".to_owned(), TlsFault::UnknownIssuer));
}

#[tokio::test]
async fn no_proxy_is_taken_to_loopback() {
    let server = always(pending()).await;
    let proxy = ConnectProxy::to(upstream(&server)).await.unwrap();
    let via = Some(Secret::new(proxy.address.to_string()));
    let network = Network { https_proxy: via, ..Network::default() };
    trigger(&client(&server.uri(), &network)).await.unwrap();
    assert!(proxy.heads().is_empty());
}

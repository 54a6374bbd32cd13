//! The client against servers on loopback: its requests, and its reading of the answers.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simulator::proxy_tls::{answering, head as read_head, serve};
use tokio::io::{AsyncWriteExt, BufReader};
use url::Url;
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::causes::one_line;
use crate::config::Network;
use crate::model::Status;
use crate::net::ConnectError;
use crate::net::loopback::net;

pub(super) const TOKEN: &str = "bp_0123456789";

pub(super) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

pub(super) fn client(url: &str, network: &Network) -> Client {
    Client::new(&Url::parse(url).unwrap(), &Secret::new(TOKEN), &net(network))
}

pub(super) fn plain(server: &MockServer) -> Client {
    client(&server.uri(), &Network::default())
}

pub(super) async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    server
}

pub(super) async fn trigger(client: &Client) -> Result<Triggered, ApiError> {
    client.trigger(&id("prj1"), &id("set1"), &TriggerOverrides::default()).await
}

/// The error of a trigger that gets this answer. It must never show the token.
pub(super) async fn error(answer: ResponseTemplate) -> ApiError {
    let error = trigger(&plain(&always(answer).await)).await.unwrap_err();
    let shown = format!("{}{error:?}", one_line(&error));
    assert!(!shown.contains(TOKEN), "{shown}");
    error
}

pub(super) fn pending() -> ResponseTemplate {
    ResponseTemplate::new(202).set_body_string(r#"{"buildId":"bld1","status":"pending"}"#)
}

pub(super) fn upstream(server: &MockServer) -> SocketAddr {
    *server.address()
}

#[tokio::test]
async fn a_trigger_sends_the_token_and_only_the_given_overrides() {
    let branch = TriggerOverrides {
        branch: Some("feature/ü \"x\"".to_owned()),
        ..TriggerOverrides::default()
    };
    let all = TriggerOverrides {
        branch: Some("main".to_owned()),
        commit: Some("c0ffee".to_owned()),
        changelist: Some("12345".to_owned()),
    };
    for (overrides, body) in [
        (TriggerOverrides::default(), "{}"),
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
            code,
            message: "no *** today".to_owned(),
            request_id: "req_1".to_owned(),
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

/// The error of an answer to a trigger.
fn answered(status: u16, retry_after: Option<Duration>, body: &str) -> ApiError {
    let kind = refused(status, &HeaderMap::new(), retry_after, body, str::to_owned);
    let url = "http://127.0.0.1/".parse().unwrap();
    ApiError { request: Request { method: "POST", url }, kind }
}

#[test]
fn only_the_documented_shape_is_a_refusal_of_the_api() {
    let not_quite = [
        "",
        "<html>Bad Gateway</html>",
        "[1]",
        r#"{"error":5,"message":null}"#,
        "{\"error\"",
        r#"{"error":"not_found"}"#,
        r#"{"error":"Not Found","message":"no route","requestId":"req_1"}"#,
        r#"{"error":"not_found","message":"no route","requestId":"4f1c"}"#,
        r#"{"error":"not_found","message":5,"requestId":"req_1"}"#,
        r#"{"message":"no Route matched with those values","request_id":"req_1"}"#,
    ];
    for (status, body) in [400, 401, 403, 404, 500, 502]
        .into_iter()
        .flat_map(|status| not_quite.iter().map(move |body| (status, *body)))
    {
        let error = answered(status, None, body);
        assert!(matches!(&error.kind, ApiErrorKind::Foreign(answer) if answer.status == status));
        assert!(error.is_transient() && !error.is_denial() && !error.nothing_was_accepted());
        let text = format!("a proxy or gateway answered {status} in BuildPixel's place");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

/// The same rules stand in a table of `docs/reliability.md`.
#[test]
fn only_certain_answers_prove_that_nothing_was_accepted() {
    let api = r#"{"error":"busy","message":"not now","requestId":"req_1"}"#;
    let page = "<html>sorry</html>";
    let always = [407, 411, 414, 417, 421, 426, 429, 431];
    for status in 400..=599 {
        for (body, retry_after) in [(api, false), (api, true), (page, false), (page, true)] {
            let is_certain = match (body == api, status) {
                (true, 408) => false,
                (true, 503) => retry_after,
                (true, status) => status < 500,
                (false, status) => always.contains(&status),
            };
            let error = answered(status, retry_after.then_some(Duration::ZERO), body);
            assert_eq!(error.nothing_was_accepted(), is_certain, "{status} {body} {retry_after}");
        }
    }
}

#[tokio::test]
async fn a_huge_error_body_does_not_hide_the_status() {
    let error = error(ResponseTemplate::new(500).set_body_bytes(vec![b' '; 1 << 20])).await;
    assert!(matches!(error.kind, ApiErrorKind::Foreign(answer) if answer.status == 500));
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
            assert_eq!(error.retry_after(), expected, "{header}");
            assert!(error.is_transient());
        }
    }
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
    let head = format!("HTTP/1.1 503 Busy\r\nretry-after: {soon}\r\ncontent-length: 0\r\n\r\n");
    let address = answering(head).await.unwrap();
    let error = trigger(&client(&format!("http://{address}"), &Network::default())).await;
    let retry_after = error.unwrap_err().retry_after().unwrap();
    assert!((90..=100).contains(&retry_after.as_secs()), "{retry_after:?}");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_with_the_time_of_the_service() {
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
    // The client must have read the head before the body is sent. A busy machine gets more time for that.
    for pause in [10, 100, 1000, 10_000].map(Duration::from_millis) {
        let (page, body_sent) = list_with_body_after(pause).await;
        if page.came < body_sent {
            return;
        }
    }
    panic!("the list dates from its body");
}

/// A list whose body is sent that long after its head, and the time at which it was sent.
async fn list_with_body_after(pause: Duration) -> (Page, Instant) {
    let (sent, body) = std::sync::mpsc::channel();
    let address = serve(move |stream| {
        let (mut stream, sent) = (BufReader::new(stream), sent.clone());
        async move {
            read_head(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await?;
            stream.flush().await?;
            tokio::time::sleep(pause).await;
            sent.send(Instant::now()).unwrap();
            stream.write_all(b"[]").await?;
            stream.flush().await
        }
    });
    let url = format!("http://{}", address.await.unwrap());
    let page = client(&url, &Network::default()).builds(&id("p"), &id("s"), None).await.unwrap();
    (page, body.recv().unwrap())
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
async fn an_answer_after_the_timeout_is_an_error() {
    let server = always(pending().set_delay(Duration::from_secs(30))).await;
    let hasty = plain(&server).within(Duration::from_secs(1));
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
        let is_json = body.starts_with(['{', '[']);
        assert_eq!(error.is_transient(), !is_json, "{body}");
        assert!(!error.nothing_was_accepted());
        assert!(error.to_string().contains("expected a triggered build"), "{error}");
    }
    let without_status =
        always(ResponseTemplate::new(200).set_body_string(r#"{"id":"bld1"}"#)).await;
    let error = plain(&without_status).build(&id("bld1")).await.unwrap_err();
    assert!(error.to_string().ends_with("expected a build: no `status` in it"), "{error}");
}

#[tokio::test]
async fn the_token_is_masked_before_a_text_of_the_service_is_cut() {
    let encoded = STANDARD.encode(TOKEN);
    for secret in [TOKEN, &encoded] {
        let (start, _) = secret.split_at(6);
        let body = format!("{}{secret} and more", "x".repeat(SNIPPET_CHARS - 8));
        let garbled = error(ResponseTemplate::new(200).set_body_string(&body)).await;
        let ApiErrorKind::Garbled { snippet, .. } = &garbled.kind else { panic!("{garbled:?}") };
        assert!(!snippet.contains(start), "{snippet}");
        let refusal = format!(r#"{{"error":"x","message":"{body}","requestId":"req_1"}}"#);
        let refused = error(ResponseTemplate::new(400).set_body_string(refusal)).await;
        let message = &refused.refusal().unwrap().message;
        assert!(!message.contains(start), "{message}");
        let page = format!("<title>{}{secret}</title>", "x".repeat(190));
        let page = error(ResponseTemplate::new(502).set_body_string(page)).await;
        assert!(!page.to_string().contains(start), "{page}");
        let page = format!("<p>{}</p>\n<p>\n      too late</p>", " ".repeat(SNIPPET_CHARS));
        let page = error(ResponseTemplate::new(502).set_body_string(page)).await;
        assert!(page.to_string().ends_with(": \"too late\""), "{page}");
    }
}

#[tokio::test]
async fn the_token_is_masked_in_the_host_of_a_redirect() {
    let server = always(
        ResponseTemplate::new(302).insert_header("location", "https://Bp-SECRET-Token.example/"),
    )
    .await;
    let url = Url::parse(&server.uri()).unwrap();
    let client = Client::new(&url, &Secret::new("Bp-SECRET-Token"), &net(&Network::default()));
    let error = trigger(&client).await.unwrap_err();
    assert!(error.to_string().contains("a redirect to ***.example,"), "{error}");
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
            assert!(error.is_transient());
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
    assert!(matches!(error.kind, ApiErrorKind::Blocked(ConnectError::Tcp { .. })));
    assert!(error.is_transient() && error.nothing_was_accepted());
    let (text, expected) = (one_line(&error), "cannot reach BuildPixel: cannot connect to ");
    assert!(text.starts_with(&format!("{expected}{address}: ")), "{text}");
    assert_eq!(text.matches("refused").count(), 1, "{text}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_ambiguous() {
    for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"buildId\""] {
        let address = answering(answer).await.unwrap();
        let client = client(&format!("http://{address}"), &Network::default());
        let error = trigger(&client).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: true, .. }), "{answer}");
        assert!(error.is_transient() && !error.nothing_was_accepted());
    }
}

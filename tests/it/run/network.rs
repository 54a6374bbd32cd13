//! Whole runs over the networks of companies: with proxies, and certificate authorities of their own.

use std::net::SocketAddr;
use std::path::Path;

use simulator::proxy_tls::{Authority, ConnectProxy, answering};
use simulator::{BUILD_ID, Entry, Scenario, build_path};
use tempfile::TempDir;

use crate::harness::{Ran, Step};

/// A name that no resolver knows: only the proxies of these tests lead there.
const HOST: &str = "api.buildpixel.test";

/// `ci:p@ss wörd` as a proxy wants it.
const MEMBER: &str = "Basic Y2k6cEBzcyB3w7ZyZA==";

/// A build that is followed over both ways: the stream brings the line that REST never shows.
fn build() -> Scenario {
    Scenario::new().recent_lines(0).await_join().log("info", "line 1").status("complete")
}

/// A simulator behind TLS, and a step that may go there.
async fn behind_tls(scenario: Scenario) -> (Step, Authority, SocketAddr) {
    let step = Step::new(scenario).await;
    let authority = Authority::new().unwrap();
    let front = authority.front(HOST, step.simulator.address()).await.unwrap();
    (step.input("api-url", &format!("https://{HOST}")), authority, front)
}

fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    utf8(&path)
}

fn utf8(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The client that asked the proxy to connect. Only REST spells this header in lower case.
fn by_rest_and_stream(proxy: &ConnectProxy) -> (bool, bool) {
    let heads = proxy.heads();
    let by = |header: &str| heads.iter().any(|head| head.contains(header));
    (by("user-agent:"), by("User-Agent:"))
}

fn connected(ran: &Ran) -> bool {
    ran.journal.contains(&Entry::Connected)
}

#[tokio::test]
async fn rest_and_the_stream_use_the_configured_proxy() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let (step, authority, front) = behind_tls(build()).await;
        let proxy = ConnectProxy::to(front).await.unwrap();
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env(variable, &format!("http://{}", proxy.address)).run().await;
        assert_eq!(ran.code, 0, "{variable}: {}", ran.stdout);
        assert_eq!(ran.numbered("line "), [1], "{}", ran.stdout);
        assert!(connected(&ran));
        let heads = proxy.heads();
        assert_eq!(by_rest_and_stream(&proxy), (true, true), "{heads:?}");
        assert!(heads.iter().all(|head| head.starts_with("CONNECT api.buildpixel.test:443 ")));
    }
}

#[tokio::test]
async fn a_proxy_with_credentials_gets_them_and_nobody_else_does() {
    let (step, authority, front) = behind_tls(build()).await;
    let proxy = ConnectProxy::for_members(MEMBER, front).await.unwrap();
    let address = format!("http://ci:p%40ss wörd@{}", proxy.address);
    let ran = step.input("ca-file", &authority.pem()).env("HTTPS_PROXY", &address).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!((ran.numbered("line "), connected(&ran)), (vec![1], true), "{}", ran.stdout);
    assert_eq!(by_rest_and_stream(&proxy), (true, true), "{:?}", proxy.heads());
    let shown: Vec<_> = ran.stdout.lines().filter(|line| !line.contains("::add-mask::")).collect();
    for secret in ["p@ss", "p%40ss", "Y2k6"] {
        assert!(!shown.join("\n").contains(secret), "{secret} in {}", ran.stdout);
    }
}

#[tokio::test]
async fn wrong_proxy_credentials_are_reported_with_a_hint() {
    for given in ["http://ci:hunter2@", "http://"] {
        let (step, authority, front) = behind_tls(build()).await;
        let proxy = ConnectProxy::for_members(MEMBER, front).await.unwrap();
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &format!("{given}{}", proxy.address)).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        let words = format!("the proxy {} requires other credentials (407)", proxy.address);
        assert!(ran.stdout.contains(&words), "{}", ran.stdout);
        assert!(ran.stdout.contains("put user name and password for the proxy into HTTPS_PROXY"));
        let shown = ran.stdout.lines().filter(|line| !line.contains("::add-mask::"));
        assert!(!shown.collect::<String>().contains("hunter2"), "{}", ran.stdout);
        assert_eq!(ran.requests("POST"), 0);
        assert_eq!(ran.output("result"), "error");
    }
}

#[tokio::test]
async fn a_refusing_proxy_is_named_with_its_status_and_retried_only_if_useful() {
    // Three retries: the pace of these tests.
    for (status_line, why, tries) in [
        ("HTTP/1.1 403 Forbidden", "it answered 403", 1),
        ("HTTP/1.1 405 Method Not Allowed", "it answered 405", 1),
        ("HTTP/1.1 404 Not Found", "it answered 404", 4),
        ("HTTP/1.1 502 Bad Gateway", "it answered 502", 4),
        ("HTTP/1.1 503 Service Unavailable", "it answered 503", 4),
        ("SSH-2.0", "it does not speak HTTP", 4),
    ] {
        let (step, authority, front) = behind_tls(build()).await;
        let proxy = ConnectProxy::answering(status_line, front).await.unwrap();
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        let words = format!("the proxy {} refuses the connection: {why}", proxy.address);
        assert!(ran.stdout.contains(&words), "{words} in {}", ran.stdout);
        assert!(ran.stdout.contains("check HTTPS_PROXY or ALL_PROXY"), "{}", ran.stdout);
        // The spelling of REST: the question why, and the stream, use the other one.
        let heads = proxy.heads();
        let by_rest = heads.iter().filter(|head| head.contains("user-agent:")).count();
        assert_eq!(by_rest, tries, "{status_line}: {}", ran.stdout);
        assert_eq!(ran.stdout.matches("retrying in").count(), tries - 1, "{}", ran.stdout);
        // Each cause has a line of its own, once.
        let error = ran.stdout.split("cannot trigger the build: cannot reach BuildPixel").last();
        assert_eq!(error.unwrap().matches(&words).count(), 1, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_proxy_refusal_has_the_same_text_and_hint_over_the_stream() {
    const HINT: &str = "check HTTPS_PROXY or ALL_PROXY";
    for (status, why) in [
        ("HTTP/1.1 403 Forbidden", "refuses the connection: it answered 403"),
        ("HTTP/1.1 404 Not Found", "refuses the connection: it answered 404"),
        ("HTTP/1.1 503 Service Unavailable", "refuses the connection: it answered 503"),
        ("SSH-2.0", "refuses the connection: it does not speak HTTP"),
    ] {
        let scenario = Scenario::new().log("info", "line 1").status("complete");
        let (step, authority, front) = behind_tls(scenario).await;
        let answer = move |head: &str| match head.contains("user-agent:") {
            true => "HTTP/1.1 200 Connection established",
            false => status,
        };
        let proxy = ConnectProxy::deciding(answer, front).await.unwrap();
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!((ran.code, ran.numbered("line ")), (0, vec![1]), "{}", ran.stdout);
        let words = format!("the proxy {} {why}", proxy.address);
        let reported = ran.stdout.lines().find(|line| line.contains(&words));
        let reported = reported.unwrap_or_else(|| panic!("{words} in {}", ran.stdout));
        assert!(
            reported.contains("the live log cannot be reached") && reported.contains(HINT),
            "{reported}"
        );
    }
}

#[tokio::test]
async fn a_host_of_no_proxy_is_reached_without_one() {
    for (no_proxy, taken) in [("0.0.0.0/8", false), ("*", false), ("0.0.0.0:1, 10.0.0.0/8", true)] {
        let step = Step::new(build()).await;
        let authority = Authority::new().unwrap();
        // This machine too, but no loopback address, which would never take the proxy.
        let front = authority.front("0.0.0.0", step.simulator.address()).await.unwrap();
        let proxy = ConnectProxy::to(front).await.unwrap();
        let step = step.input("api-url", &format!("https://0.0.0.0:{}", front.port()));
        let step = step.input("ca-file", &authority.pem()).env("NO_PROXY", no_proxy);
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!((ran.code, connected(&ran)), (0, true), "{}", ran.stdout);
        assert_eq!(by_rest_and_stream(&proxy), (taken, taken), "{no_proxy}: {:?}", proxy.heads());
    }
}

#[tokio::test]
async fn a_private_authority_is_trusted_by_rest_and_stream_from_every_source() {
    for given in [
        "text",
        "file",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
        "CI_SERVER_TLS_CA_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ] {
        let (step, authority, front) = behind_tls(build()).await;
        let proxy = ConnectProxy::to(front).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = file(&folder, "root.pem", &authority.pem());
        let step = match given {
            "text" => step.input("ca-file", &authority.pem()),
            "file" => step.input("ca-file", &pem),
            "SSL_CERT_DIR" => step.env(given, &utf8(folder.path())),
            variable => step.env(variable, &pem),
        };
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!(ran.code, 0, "{given}: {}", ran.stdout);
        assert_eq!((ran.numbered("line "), connected(&ran)), (vec![1], true), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn an_unknown_issuer_is_reported_with_the_input_that_fixes_it() {
    let (step, _authority, front) = behind_tls(build()).await;
    let proxy = ConnectProxy::to(front).await.unwrap();
    let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
    assert_eq!(ran.code, 30, "{}", ran.stdout);
    for words in [
        "cannot trigger the build: cannot reach BuildPixel",
        "the certificate of api.buildpixel.test has an issuer that is not trusted",
        "pass that root certificate as `ca-file`",
    ] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(ran.requests("POST"), 0);
}

#[tokio::test]
async fn each_other_tls_fault_has_its_own_text_and_hint() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let authority = Authority::new().unwrap();
    let expired = authority.expired_front(HOST, nowhere).await.unwrap();
    let other = authority.front("elsewhere.test", nowhere).await.unwrap();
    let plain = Step::new(Scenario::new()).await;
    for (front, words, hint) in [
        (expired, "has expired, or is not valid yet", "check the clock of this machine"),
        (other, "is for another host", "check the host in `api-url`"),
        (plain.simulator.address(), "does not speak TLS", "check host and port of `api-url`"),
    ] {
        let proxy = ConnectProxy::to(front).await.unwrap();
        let step = Step::new(build()).await.input("api-url", &format!("https://{HOST}"));
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        assert!(ran.stdout.contains(words) && ran.stdout.contains(hint), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn a_certificate_that_no_client_accepts_ends_the_step_at_once_with_its_reason() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let authority = Authority::new().unwrap();
    let own = authority.front_as_authority(nowhere).await.unwrap();
    let nameless = authority.front_without_names(HOST, nowhere).await.unwrap();
    let for_clients = authority.front_for_clients(HOST, nowhere).await.unwrap();
    for (front, words, hint) in [
        (own, "is that of an authority, and not that of a server", "a certificate of its own"),
        (nameless, "has no subject alternative name", "with the host as subject alternative name"),
        (for_clients, "cannot be used", "as one for a TLS server"),
    ] {
        let proxy = ConnectProxy::to(front).await.unwrap();
        let step = Step::new(build()).await.input("api-url", &format!("https://{HOST}"));
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        ran.says(&format!("the certificate of {HOST} {words}"));
        ran.says(hint);
        ran.does_not_say("retrying in");
        ran.does_not_say("check HTTPS_PROXY");
    }
}

#[tokio::test]
async fn a_proxy_without_basic_credentials_is_reported_with_its_schemes() {
    for (offers, schemes) in [
        ("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", "Negotiate, NTLM"),
        ("Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\"", "Digest"),
    ] {
        let (step, authority, front) = behind_tls(build()).await;
        let answer: &str = format!("HTTP/1.1 407 Authentication Required\r\n{offers}").leak();
        let proxy = ConnectProxy::answering(answer, front).await.unwrap();
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &format!("ci:x@{}", proxy.address)).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        ran.says(&format!(
            "the proxy {} accepts no Basic credentials, only {schemes} (407)",
            proxy.address
        ));
        ran.says("set HTTPS_PROXY to a local proxy that speaks its scheme");
        ran.does_not_say("retrying in");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_is_a_web_server_is_blamed_and_not_the_api() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    // No server can be asked for a name of this length.
    let unknown = format!("{}:3128", "x".repeat(64));
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello";
    let web = answering(page).await.unwrap().to_string();
    for (proxy, words) in [
        (&closed, format!("cannot connect to the proxy {closed}")),
        (&unknown, format!("cannot look up the proxy {}", "x".repeat(64))),
        (&web, format!("the proxy {web} refuses the connection: it answered 200 with a page")),
    ] {
        let step = Step::new(build()).await.input("api-url", &format!("https://{HOST}"));
        let ran = step.env("HTTPS_PROXY", proxy).run().await;
        assert_eq!(ran.code, 30, "{}", ran.stdout);
        ran.says(&words);
        ran.says("HTTPS_PROXY or ALL_PROXY");
        ran.does_not_say("check `api-url`");
    }
}

#[tokio::test]
async fn a_variable_without_roots_gets_a_warning_and_does_no_harm() {
    let step = Step::new(build()).await.env("SSL_CERT_FILE", "/nonexistent/roots.pem");
    let ran = step.env("SSL_CERT_DIR", "/nonexistent/certs").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    for words in ["SSL_CERT_FILE adds no trusted root: /nonexistent/roots.pem", "SSL_CERT_DIR adds"]
    {
        assert_eq!(ran.stdout.matches(words).count(), 1, "{words} in {}", ran.stdout);
    }
}

#[tokio::test]
async fn a_blocked_upgrade_leads_to_polling() {
    for answer in [
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n\r\n<html>upstream</html>",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>please log in</html>",
        "HTTP/1.1 302 Found\r\nlocation: https://portal.test/\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "<html>not even HTTP</html>\r\n\r\n",
        "",
    ] {
        let scenario = Scenario::new()
            .log("info", "line 1")
            .await_requests("GET", build_path(BUILD_ID), 2)
            .log("info", "line 2")
            .status("complete");
        let step = Step::new(scenario).await;
        let authority = Authority::new().unwrap();
        let upstream = step.simulator.address();
        let front = authority.front_without_websocket(HOST, upstream, answer).await.unwrap();
        let proxy = ConnectProxy::to(front).await.unwrap();
        let step = step.input("api-url", &format!("https://{HOST}"));
        let step = step.input("ca-file", &authority.pem());
        let ran = step.env("HTTPS_PROXY", &proxy.address.to_string()).run().await;
        assert_eq!(ran.code, 0, "{answer}: {}", ran.stdout);
        assert_eq!(ran.numbered("line "), [1, 2], "{answer}: {}", ran.stdout);
        assert!(!connected(&ran));
        assert_eq!(ran.stdout.matches("the live log cannot be reached").count(), 1);
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_only_the_stream_is_named_with_a_hint() {
    let scenario = Scenario::new().log("info", "line 1").status("complete");
    let (step, authority, front) = behind_tls(scenario).await;
    // The spelling of REST.
    let answer = |head: &str| match head.contains("user-agent:") {
        true => "HTTP/1.1 200 Connection established",
        false => "HTTP/1.1 407 Proxy Authentication Required",
    };
    let proxy = ConnectProxy::deciding(answer, front).await.unwrap();
    let step = step.input("ca-file", &authority.pem());
    let address = format!("ci:hunter2@{}", proxy.address);
    let ran = step.env("HTTPS_PROXY", &address).run().await;
    assert_eq!((ran.code, ran.numbered("line ")), (0, vec![1]), "{}", ran.stdout);
    let words = format!("the proxy {} requires other credentials (407)", proxy.address);
    let reported = ran.stdout.lines().find(|line| line.contains(&words)).unwrap();
    assert!(
        reported.contains("cannot be reached") && reported.contains("into HTTPS_PROXY"),
        "{reported}"
    );
}

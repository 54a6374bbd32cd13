//! The client behind TLS and proxies: which servers it trusts, whom its errors name, and who sees
//! which secret.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use simulator::proxy_tls::{Authority, ConnectProxy, head as read_head, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};

use super::tests::{TOKEN, always, client, pending, trigger, upstream};
use super::*;
use crate::causes::one_line;
use crate::config::Network;
use crate::net::loopback::{faulty_tls, trusting};
use crate::net::{ConnectError, ProxyAnswer, TlsFault};

#[tokio::test]
async fn a_private_authority_is_trusted_only_when_it_is_given() {
    let server = always(pending()).await;
    let authority = Authority::new().unwrap();
    let port = authority.front("localhost", upstream(&server)).await.unwrap().port();
    let url = format!("https://localhost:{port}");

    trigger(&client(&url, &trusting(&authority))).await.unwrap();

    let error = trigger(&client(&url, &Network::default())).await.unwrap_err();
    assert!(error.nothing_was_accepted() && !error.is_transient());
    assert!(one_line(&error).contains("localhost has an issuer that is not trusted"), "{error}");
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
        ApiErrorKind::Blocked(ConnectError::Tls { host, fault, .. }) => (host, fault),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_tls_fault_has_its_own_type() {
    let authority = Authority::new().unwrap();
    for (address, expected) in faulty_tls(&authority).await {
        let url = format!("https://localhost:{}", address.port());
        let error = trigger(&client(&url, &trusting(&authority))).await.unwrap_err();
        assert!(error.nothing_was_accepted());
        assert_eq!(tls_fault(error), ("localhost".to_owned(), expected));
    }
}

/// The error of a trigger through this proxy. Its credentials must not show.
async fn refused_by_proxy(proxy: &str) -> ConnectError {
    let https_proxy = Some(Secret::new(format!("http://ci:hunter2@{proxy}")));
    let network = Network { https_proxy, ..Network::default() };
    let error = trigger(&client("https://api.buildpixel.test", &network)).await.unwrap_err();
    assert!(error.nothing_was_accepted());
    let shown = format!("{}{error:?}", one_line(&error));
    assert!(!shown.contains("hunter2") && shown.contains(&format!("the proxy {proxy}")), "{shown}");
    match error.kind {
        ApiErrorKind::Blocked(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_without_its_credentials() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    for (status_line, expected, is_lasting) in [
        ("HTTP/1.1 403 Forbidden", ProxyAnswer::Status(403), true),
        ("HTTP/1.1 502 Bad Gateway", ProxyAnswer::Status(502), false),
        ("SSH-2.0-x 200 y", ProxyAnswer::NotHttp, false),
    ] {
        let proxy = ConnectProxy::answering(status_line, nowhere).await.unwrap();
        let error = refused_by_proxy(&proxy.address.to_string()).await;
        assert!(
            matches!(&error, ConnectError::Proxy { answer, .. } if *answer == expected),
            "{error}"
        );
        assert_eq!(error.is_lasting(), is_lasting, "{error}");
    }
    let proxy = ConnectProxy::for_members("Basic eDp5", nowhere).await.unwrap();
    let error = refused_by_proxy(&proxy.address.to_string()).await;
    assert!(matches!(error, ConnectError::ProxyAuth { .. }) && error.is_lasting(), "{error}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = refused_by_proxy(&closed).await;
    assert!(one_line(&error).contains("refused"), "{error}");
}

#[tokio::test]
async fn finding_out_why_a_proxy_refused_stays_within_the_request_timeout() {
    // Answers the request, but not the check for the cause.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let proxy = serve(move |stream| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let mut stream = BufReader::new(stream);
            read_head(&mut stream).await?;
            match number {
                0 => stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await,
                _ => std::future::pending().await,
            }
        }
    });
    let https_proxy = Some(Secret::new(proxy.await.unwrap().to_string()));
    let network = Network { https_proxy, ..Network::default() };
    let limit = Duration::from_secs(2);
    let hasty = client("https://api.buildpixel.test", &network).within(limit);
    let began = Instant::now();
    let error = trigger(&hasty).await.unwrap_err();
    assert!((limit..4 * limit).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert!(matches!(error.kind, ApiErrorKind::Unreachable { sent: false, .. }), "{error:?}");
    assert!(error.is_transient() && error.nothing_was_accepted());
}

#[tokio::test]
async fn an_untrusted_proxy_is_named_in_the_error() {
    let authority = Authority::new().unwrap();
    let proxy = authority.front("localhost", SocketAddr::from(([127, 0, 0, 1], 9))).await.unwrap();
    let https_proxy = Some(Secret::new(format!("https://localhost:{}", proxy.port())));
    let network = Network { https_proxy, ..Network::default() };
    let error = trigger(&client("https://api.buildpixel.test", &network)).await.unwrap_err();
    assert_eq!(tls_fault(error), ("localhost".to_owned(), TlsFault::UnknownIssuer));
}

#[tokio::test]
async fn a_connect_timeout_means_that_nothing_was_sent() {
    let mute = serve(async |mut stream| stream.read_to_end(&mut Vec::new()).await.map(drop));
    let url = format!("https://{}", mute.await.unwrap());
    let hasty = client(&url, &Network::default()).within(Duration::from_secs(1));
    let error = trigger(&hasty).await.unwrap_err();
    assert!(matches!(error.kind, ApiErrorKind::Blocked(ConnectError::Timeout { .. })), "{error:?}");
    assert!(error.is_transient() && error.nothing_was_accepted());
}

#[tokio::test]
async fn loopback_requests_take_no_proxy() {
    let server = always(pending()).await;
    let proxy = ConnectProxy::to(upstream(&server)).await.unwrap();
    let via = Some(Secret::new(proxy.address.to_string()));
    let network = Network { https_proxy: via, ..Network::default() };
    trigger(&client(&server.uri(), &network)).await.unwrap();
    assert!(proxy.heads().is_empty());
}

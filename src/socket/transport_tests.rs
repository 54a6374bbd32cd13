//! The ways to reach a server: directly, through TLS, through proxies.

use std::net::SocketAddr;
use std::time::Duration;

use simulator::proxy_tls::{Authority, ConnectProxy, answering, serve};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::scripted::{Peer, log, log_frame, plain, refusal, server, to};
use super::{Options, Session, SocketError};
use crate::config::{Network, Secret};
use crate::net::loopback::{faulty_tls, trusting};
use crate::net::{ConnectError, ProxyAnswer, TlsFault};

#[tokio::test]
async fn http_instead_of_an_upgrade_reports_its_status() {
    for (status_line, expected) in
        [("403 Forbidden", 403), ("200 OK", 200), ("502 Bad Gateway", 502)]
    {
        let page = "<html>no websockets here</html>";
        let length = page.len();
        let answer = format!("HTTP/1.1 {status_line}\r\ncontent-length: {length}\r\n\r\n{page}");
        let address = answering(answer).await.unwrap();
        let error = refusal(&plain(address)).await;
        assert!(
            matches!(error, SocketError::Upgrade { status } if status == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = refusal(&plain(address)).await;
    let SocketError::Blocked(ConnectError::Tcp { target, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*target, address.to_string());
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_when_it_is_given() {
    let authority = Authority::new().unwrap();
    let (address, _server) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&log_frame("through TLS")).await;
        peer.rest().await
    })
    .await;
    let port = authority.front("localhost", address).await.unwrap().port();
    let url = format!("https://localhost:{port}");

    let error = refusal(&to(&url, &Network::default())).await;
    assert_eq!(tls_fault(error), ("localhost".to_owned(), TlsFault::UnknownIssuer));

    let mut session = Session::connect(&to(&url, &trusting(&authority)), None).await.unwrap();
    assert_eq!(session.next().await.unwrap(), log("through TLS"));
}

/// A service behind TLS that only a proxy can reach.
async fn hidden_service(authority: &Authority) -> SocketAddr {
    let (address, _) = server(async |mut peer: Peer| {
        peer.accept_client().await;
        peer.send(&log_frame("through the proxy")).await;
        peer.rest().await
    })
    .await;
    authority.front("api.buildpixel.test", address).await.unwrap()
}

#[tokio::test]
async fn the_proxy_is_taken_and_shown_the_credentials() {
    let authority = Authority::new().unwrap();
    let proxy = ConnectProxy::to(hidden_service(&authority).await).await.unwrap();
    let https_proxy = Some(Secret::new(format!("http://ci:p%40ss@{}", proxy.address)));
    let network = Network { https_proxy, ..trusting(&authority) };

    let mut session =
        Session::connect(&to("https://api.buildpixel.test", &network), None).await.unwrap();
    assert_eq!(session.next().await.unwrap(), log("through the proxy"));

    let [head] = &proxy.heads()[..] else { panic!("{:?}", proxy.heads()) };
    assert!(head.starts_with("CONNECT api.buildpixel.test:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nHost: api.buildpixel.test:443\r\n"), "{head}");
    assert!(head.contains("\r\nProxy-Authorization: Basic Y2k6cEBzcw==\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_behind_tls_is_taken_too() {
    let authority = Authority::new().unwrap();
    let proxy = ConnectProxy::to(hidden_service(&authority).await).await.unwrap();
    let port = authority.front("localhost", proxy.address).await.unwrap().port();
    let https_proxy = Some(Secret::new(format!("https://localhost:{port}")));
    let network = Network { https_proxy, ..trusting(&authority) };

    let mut session =
        Session::connect(&to("https://api.buildpixel.test:8443", &network), None).await.unwrap();
    assert_eq!(session.next().await.unwrap(), log("through the proxy"));
    assert!(proxy.heads()[0].starts_with("CONNECT api.buildpixel.test:8443 "));
}

fn tls_fault(error: SocketError) -> (String, TlsFault) {
    match error {
        SocketError::Blocked(ConnectError::Tls { host, fault, .. }) => (host, fault),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_tls_fault_has_its_own_type() {
    let authority = Authority::new().unwrap();
    for (address, expected) in faulty_tls(&authority).await {
        let url = format!("https://localhost:{}", address.port());
        let error = refusal(&to(&url, &trusting(&authority))).await;
        assert_eq!(tls_fault(error), ("localhost".to_owned(), expected));
    }
}

/// Why the proxy refuses us. Its credentials must not show.
async fn refused_by_proxy(address: SocketAddr) -> ConnectError {
    refused_within(Duration::from_secs(300), address).await
}

/// The same of a proxy that has so much time.
async fn refused_within(connect_timeout: Duration, address: SocketAddr) -> ConnectError {
    let https_proxy = Some(Secret::new(format!("ci:hunter2@{address}")));
    let network = Network { https_proxy, ..Network::default() };
    let options = to("https://api.buildpixel.test", &network);
    let error = refusal(&Options { connect_timeout, ..options }).await;
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert!(error.to_string().contains(&format!("the proxy {address}")), "{error}");
    match error {
        SocketError::Blocked(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_without_its_credentials() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    for (status_line, expected) in [
        ("HTTP/1.1 403 Forbidden", ProxyAnswer::Status(403)),
        ("HTTP/1.1 502 Bad Gateway", ProxyAnswer::Status(502)),
        ("SSH-2.0-x 200 y", ProxyAnswer::NotHttp),
        ("\u{fffd}", ProxyAnswer::NotHttp),
    ] {
        let proxy = ConnectProxy::answering(status_line, nowhere).await.unwrap();
        let error = refused_by_proxy(proxy.address).await;
        assert!(
            matches!(&error, ConnectError::Proxy { answer, .. } if *answer == expected),
            "{error}"
        );
    }
    let proxy = ConnectProxy::for_members("Basic eDp5", nowhere).await.unwrap();
    let error = refused_by_proxy(proxy.address).await;
    assert!(matches!(error, ConnectError::ProxyAuth { .. }), "{error}");
}

#[tokio::test]
async fn a_proxy_whose_answer_does_not_end_is_given_up() {
    let silent = serve(async |_stream| std::future::pending().await).await.unwrap();
    let endless = serve(async |mut stream| {
        while stream.write_all(&[b'x'; 1024]).await.is_ok() {}
        Ok(())
    });
    let endless = endless.await.unwrap();
    let error = refused_within(Duration::from_millis(600), silent).await;
    assert!(matches!(error, ConnectError::ProxyTimeout { .. }), "{error}");
    let error = refused_by_proxy(endless).await;
    let answer = ProxyAnswer::Endless;
    assert!(matches!(&error, ConnectError::Proxy { answer: a, .. } if *a == answer), "{error}");
}

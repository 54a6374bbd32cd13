//! The ways to a server: straight, through TLS, through proxies.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::scripted::{Peer, log, log_frame, plain, refusal, server, to};
use super::{Session, SocketError};
use crate::config::{Network, Secret};
use crate::net::loopback::{Authority, ConnectProxy, answering};

#[tokio::test]
async fn http_instead_of_an_upgrade_tells_its_status() {
    for (status_line, expected) in
        [("403 Forbidden", 403), ("200 OK", 200), ("502 Bad Gateway", 502)]
    {
        let page = "<html>no websockets here</html>";
        let length = page.len();
        let answer = format!("HTTP/1.1 {status_line}\r\ncontent-length: {length}\r\n\r\n{page}");
        let address = answering(answer).await;
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
    let SocketError::Connect { target, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*target, address.to_string());
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_when_it_is_given() {
    let authority = Authority::new();
    let (address, _server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        peer.say(&log_frame("through TLS")).await;
        peer.rest().await
    })
    .await;
    let port = authority.front("localhost", address).await.port();
    let url = format!("https://localhost:{port}");

    let error = refusal(&to(&url, &Network::default())).await;
    let SocketError::Tls { host, cause } = &error else { panic!("{error:?}") };
    assert_eq!(host, "localhost");
    assert!(cause.to_string().contains("UnknownIssuer"), "{cause}");

    let mut session = Session::connect(&to(&url, &authority.trusted()), None).await.unwrap();
    assert_eq!(session.next().await.unwrap(), log("through TLS"));
}

/// A service behind TLS that only a proxy knows.
async fn hidden_service(authority: &Authority) -> SocketAddr {
    let (address, _) = server(async |mut peer: Peer| {
        peer.welcome().await;
        peer.say(&log_frame("through the proxy")).await;
        peer.rest().await
    })
    .await;
    authority.front("api.buildpixel.test", address).await
}

#[tokio::test]
async fn the_proxy_is_taken_and_shown_the_credentials() {
    let authority = Authority::new();
    let proxy = ConnectProxy::to(hidden_service(&authority).await).await;
    let https_proxy = Some(Secret::new(format!("http://ci:p%40ss@{}", proxy.address)));
    let network = Network { https_proxy, ..authority.trusted() };

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
    let authority = Authority::new();
    let proxy = ConnectProxy::to(hidden_service(&authority).await).await;
    let port = authority.front("localhost", proxy.address).await.port();
    let https_proxy = Some(Secret::new(format!("https://localhost:{port}")));
    let network = Network { https_proxy, ..authority.trusted() };

    let mut session =
        Session::connect(&to("https://api.buildpixel.test:8443", &network), None).await.unwrap();
    assert_eq!(session.next().await.unwrap(), log("through the proxy"));
    assert!(proxy.heads()[0].starts_with("CONNECT api.buildpixel.test:8443 "));
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_without_its_credentials() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    for status_line in
        ["HTTP/1.1 407 Proxy Authentication Required", "HTTP/1.1 403 Forbidden", "SSH-2.0"]
    {
        let proxy = ConnectProxy::answering(status_line, nowhere).await;
        let https_proxy = Some(Secret::new(format!("ci:secret@{}", proxy.address)));
        let network = Network { https_proxy, ..Network::default() };
        let error = refusal(&to("https://api.buildpixel.test", &network)).await;
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        let address = proxy.address.to_string();
        match error {
            SocketError::ProxyAuth { proxy } if status_line.contains("407") => {
                assert_eq!(proxy, address);
            }
            SocketError::Proxy { proxy, status } if status_line.contains("403") => {
                assert_eq!((proxy, status), (address, 403));
            }
            SocketError::Protocol(why) if status_line.contains("SSH") => {
                assert!(why.contains(&address), "{why}");
            }
            other => panic!("{status_line}: {other:?}"),
        }
    }
}

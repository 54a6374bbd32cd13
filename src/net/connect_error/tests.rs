//! The same fault over REST and over the WebSocket: same message, same hint, same decision to
//! retry.

use std::time::Duration;

use simulator::proxy_tls::{Authority, ConnectProxy, head as read_head, serve};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::Instant;
use url::Url;

use super::*;
use crate::causes::one_line;
use crate::config::{Network, Secret};
use crate::net::Net;
use crate::net::loopback::{net, trusting};

/// Longer than any of these tests needs.
const LONG: Duration = Duration::from_secs(20);

fn by(proxy: impl fmt::Display) -> Net {
    let https_proxy = Some(Secret::new(proxy.to_string()));
    net(&Network { https_proxy, ..Network::default() })
}

/// The error of a request over REST, and of a connection of the WebSocket.
async fn over_both(net: &Net, target: &str, limit: Duration) -> [ConnectError; 2] {
    let target = Url::parse(target).unwrap();
    let error = net.http_within(limit).get(target.clone()).send().await.unwrap_err();
    let by_rest = net.connect_error(&target, &error, Instant::now() + LONG).await.unwrap();
    let by_socket = net.connect(&target, Instant::now() + limit).await.err().unwrap();
    [by_rest, by_socket]
}

async fn words(net: &Net, target: &str) -> (String, bool) {
    let [by_rest, by_socket] = over_both(net, target, LONG).await;
    assert_eq!(one_line(&by_rest), one_line(&by_socket));
    assert_eq!(by_rest.hint(), by_socket.hint());
    assert_eq!(by_rest.is_lasting(), by_socket.is_lasting());
    (one_line(&by_rest), by_rest.is_lasting())
}

#[tokio::test]
async fn rest_and_websocket_report_a_refused_tunnel_alike() {
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    for (answer, why, is_lasting) in [
        ("HTTP/1.1 400 Bad Request", "it answered 400", true),
        ("HTTP/1.0 403 Forbidden", "it answered 403", true),
        ("HTTP/1.1 405 Method Not Allowed", "it answered 405", true),
        ("HTTP/1.1 501 Not Implemented", "it answered 501", true),
        ("HTTP/1.1 404 Not Found", "it answered 404", false),
        ("HTTP/1.1 429 Too Many Requests", "it answered 429", false),
        ("HTTP/1.1 500 Unable to connect", "it answered 500", false),
        ("HTTP/1.1 502 Bad Gateway", "it answered 502", false),
        ("HTTP/1.1 503 Service Unavailable", "it answered 503", false),
        ("HTTP/1.1 504 Gateway Timeout", "it answered 504", false),
        ("SSH-2.0-x 200 y", "it does not speak HTTP", false),
    ] {
        let proxy = ConnectProxy::answering(answer, nowhere).await.unwrap();
        let address = proxy.address;
        let expected = format!("the proxy {address} refuses the connection: {why}");
        let net = by(address);
        assert_eq!(words(&net, "https://api.buildpixel.test").await, (expected, is_lasting));
        // One request, one check for the cause, and the WebSocket's own.
        assert_eq!(proxy.heads().len(), 3, "{answer}");
    }
    let proxy = ConnectProxy::for_members("Basic eDp5", nowhere).await.unwrap();
    let expected = format!("the proxy {} requires other credentials (407)", proxy.address);
    let net = by(format!("ci:hunter2@{}", proxy.address));
    assert_eq!(words(&net, "https://api.buildpixel.test").await, (expected, true));

    let answer = "HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM";
    let proxy = ConnectProxy::answering(answer, nowhere).await.unwrap();
    let why = "accepts no Basic credentials, only Negotiate, NTLM (407)";
    let expected = format!("the proxy {} {why}", proxy.address);
    let net = by(proxy.address);
    assert_eq!(words(&net, "https://api.buildpixel.test").await, (expected, true));
}

#[tokio::test]
async fn rest_and_websocket_report_a_missing_answer_alike() {
    let mute = serve(async |mut stream| stream.read_to_end(&mut Vec::new()).await.map(drop));
    let mute = mute.await.unwrap();
    let connects = ConnectProxy::to(mute).await.unwrap().address;
    let hasty = Duration::from_millis(600);
    // It is not known who is silent: the proxy, or the service behind it.
    for proxy in [connects, mute] {
        for error in over_both(&by(proxy), "https://api.buildpixel.test", hasty).await {
            let expected = format!("no answer through the proxy {proxy} in time");
            assert_eq!(one_line(&error), expected);
            assert!(!error.is_lasting() && error.hint().contains("CONNECT"));
        }
    }
    let target = format!("https://{mute}");
    for error in over_both(&net(&Network::default()), &target, hasty).await {
        assert_eq!(one_line(&error), format!("no answer from {mute} in time"));
    }
}

#[tokio::test]
async fn rest_and_websocket_report_a_closed_port_and_an_unknown_name_alike() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let direct = net(&Network::default());
    let (text, _) = words(&direct, &format!("http://{closed}")).await;
    assert!(text.starts_with(&format!("cannot connect to {closed}: ")), "{text}");
    assert_eq!(text.matches("refused").count(), 1, "{text}");
    let (text, _) = words(&by(closed), "https://api.buildpixel.test").await;
    assert!(text.starts_with(&format!("cannot connect to the proxy {closed}: ")), "{text}");
    let unreachable = over_both(&by(closed), "https://api.buildpixel.test", LONG).await;
    assert!(unreachable.iter().all(blames_only_the_proxy), "{unreachable:?}");

    // No server can be asked for a name of this length.
    let name = "x".repeat(64);
    let (text, is_lasting) = words(&direct, &format!("http://{name}.test:1")).await;
    assert!(text.starts_with(&format!("cannot look up {name}.test: ")), "{text}");
    assert!(!is_lasting);
    let (text, _) = words(&by(format!("{name}:1")), "https://api.buildpixel.test").await;
    assert!(text.starts_with(&format!("cannot look up the proxy {name}: ")), "{text}");
    let unknown = over_both(&by(format!("{name}:1")), "https://api.buildpixel.test", LONG).await;
    assert!(unknown.iter().all(blames_only_the_proxy), "{unknown:?}");
}

fn blames_only_the_proxy(error: &ConnectError) -> bool {
    error.hint().contains("HTTPS_PROXY") && !error.hint().contains("api-url")
}

#[tokio::test]
async fn rest_and_websocket_blame_a_web_server_in_place_of_the_proxy() {
    for (head, rest) in [
        // All of the page comes at once, later, or never.
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>hello</p>", ""),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "<p>hello</p>"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\n\r\n<p>hello</p>", ""),
    ] {
        let web = serve(move |stream| async move {
            let mut stream = BufReader::new(stream);
            read_head(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            if !rest.is_empty() {
                // The client speaks first in a tunnel.
                stream.fill_buf().await?;
                stream.write_all(rest.as_bytes()).await?;
            }
            stream.shutdown().await?;
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
        });
        let web = web.await.unwrap();
        let expected = format!(
            "the proxy {web} refuses the connection: it answered 200 with a page, so it is a web server and \
             no proxy"
        );
        let net = by(web);
        assert_eq!(
            words(&net, "https://api.buildpixel.test").await,
            (expected, true),
            "{head}{rest}"
        );
    }
}

#[tokio::test]
async fn rest_and_websocket_say_what_is_wrong_with_a_certificate() {
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let authority = Authority::new().unwrap();
    let trusting = net(&trusting(&authority));
    let distrusting = net(&Network::default());
    let own = authority.front_as_authority(nowhere).await.unwrap();
    let nameless = authority.front_without_names("localhost", nowhere).await.unwrap();
    let for_clients = authority.front_for_clients("localhost", nowhere).await.unwrap();
    for (net, server, expected, hint) in [
        (&trusting, own, "is that of an authority, and not that of a server: CaUsed", "CA:FALSE"),
        (
            &distrusting,
            own,
            "is that of an authority, and not that of a server: CaUsed",
            "CA:FALSE",
        ),
        (&trusting, nameless, "has no subject alternative name: ", "issue the certificate again"),
        (&trusting, for_clients, "cannot be used: ", "for a TLS server"),
    ] {
        let target = format!("https://localhost:{}", server.port());
        let (text, is_lasting) = words(net, &target).await;
        assert!(text.starts_with(&format!("the certificate of localhost {expected}")), "{text}");
        assert!(is_lasting, "{text}");
        let errors = over_both(net, &target, LONG).await;
        assert!(errors.iter().all(|error| error.hint().contains(hint)), "{errors:?}");
    }
}

#[tokio::test]
async fn rest_and_websocket_report_a_closed_connection_alike() {
    // Everything sent was read, so the connection is closed and not reset.
    let gone = serve(async |mut stream| {
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).await?;
        let length = u16::from_be_bytes([hello[3], hello[4]]);
        stream.read_exact(&mut vec![0; length.into()]).await.map(drop)
    });
    let gone = gone.await.unwrap();
    let target = format!("https://localhost:{}", gone.port());
    let (text, _) = words(&net(&Network::default()), &target).await;
    let expected =
        "localhost closed the connection during the TLS handshake: unexpected end of file";
    assert_eq!(text, expected);

    let rude = serve(async |mut stream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut head).await?;
        }
        Ok(())
    });
    let rude = rude.await.unwrap();
    let (text, _) = words(&by(rude), "https://api.buildpixel.test").await;
    assert_eq!(text, format!("the proxy {rude} refuses the connection: it closed the connection"));
}

#[tokio::test]
async fn a_reset_during_tls_counts_as_a_closed_connection() {
    for (kind, fault) in [
        (ErrorKind::ConnectionReset, TlsFault::HungUp),
        (ErrorKind::UnexpectedEof, TlsFault::HungUp),
        (ErrorKind::BrokenPipe, TlsFault::HungUp),
        (ErrorKind::PermissionDenied, TlsFault::Other),
    ] {
        let error = ConnectError::tls("a.test", &kind.into());
        assert!(matches!(error, ConnectError::Tls { fault: f, .. } if f == fault), "{error:?}");
    }
}

use std::net::SocketAddr;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::*;
use crate::config::Network;
use crate::event::{Id, Level, LogLine, Status};
use crate::net::loopback::{Authority, ConnectProxy, net, serve};

const TOKEN: &str = "bp_0123456789";
const GRANT: &str = r#"40{"sid":"s"}"#;

/// The server's end of one connection, driven by a test.
struct Peer {
    socket: WebSocketStream<TcpStream>,
    request: Request,
}

impl Peer {
    #[expect(clippy::result_large_err, reason = "the shape is tungstenite's")]
    async fn accept(stream: TcpStream) -> Self {
        let mut request = None;
        let upgraded = |asked: &Request, answer: Response| -> Result<Response, ErrorResponse> {
            request = Some(asked.clone());
            Ok(answer)
        };
        let socket = accept_hdr_async(stream, upgraded).await.unwrap();
        Self { socket, request: request.unwrap() }
    }

    async fn say(&mut self, frame: &str) {
        self.socket.send(tungstenite::Message::text(frame)).await.unwrap();
    }

    async fn say_bytes(&mut self, frame: &'static [u8]) {
        let frame = tungstenite::Message::Binary(Bytes::from_static(frame));
        self.socket.send(frame).await.unwrap();
    }

    /// The next text frame; `None` when the client is gone.
    async fn hear(&mut self) -> Option<String> {
        while let Some(Ok(message)) = self.socket.next().await {
            if let tungstenite::Message::Text(text) = message {
                return Some(text.to_string());
            }
        }
        None
    }

    /// Greets, and returns what the client asks the namespace with.
    async fn greet(&mut self, ping_interval: u64, ping_timeout: u64) -> String {
        let greeting = format!(
            r#"0{{"sid":"e","upgrades":[],"pingInterval":{ping_interval},"pingTimeout":{ping_timeout},"maxPayload":1000000}}"#
        );
        self.say(&greeting).await;
        self.hear().await.unwrap()
    }

    /// Greets and lets the client in.
    async fn welcome(&mut self) {
        self.greet(25_000, 20_000).await;
        self.say(GRANT).await;
    }

    /// Everything else that the client says until it is gone.
    async fn rest(mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(text) = self.hear().await {
            rest.push(text);
        }
        rest
    }
}

/// A server for one connection; what its script returns is awaited by the test.
async fn server<T, W>(
    script: impl FnOnce(Peer) -> W + Send + 'static,
) -> (SocketAddr, JoinHandle<T>)
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let script = async move {
        let (stream, _) = listener.accept().await.unwrap();
        script(Peer::accept(stream).await).await
    };
    (address, tokio::spawn(script))
}

fn to(url: &str, network: &Network) -> Options {
    Options {
        api_url: Url::parse(url).unwrap(),
        token: Secret::new(TOKEN),
        net: net(network),
        connect_timeout: CONNECT_TIMEOUT,
    }
}

fn plain(address: SocketAddr) -> Options {
    to(&format!("http://{address}"), &Network::default())
}

async fn connected(address: SocketAddr) -> Session {
    Session::connect(&plain(address)).await.unwrap()
}

/// Why no session came about; the token must not show.
async fn refusal(options: &Options) -> SocketError {
    let error = Session::connect(options).await.err().unwrap();
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    error
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn log(message: &str) -> Message {
    let message = message.to_owned();
    let line = LogLine { timestamp: None, level: Level::Info, message };
    Message::Log { build: id("b"), line }
}

fn log_frame(message: &str) -> String {
    format!(r#"42["build:log",{{"buildId":"b","level":"info","message":"{message}"}}]"#)
}

#[tokio::test]
async fn the_token_goes_into_the_connect_packet_and_nowhere_else() {
    let (address, server) = server(async |mut peer: Peer| {
        let connect = peer.greet(25_000, 20_000).await;
        peer.say(GRANT).await;
        (peer.request.clone(), connect)
    })
    .await;
    let options = to(&format!("http://{address}/base"), &Network::default());
    Session::connect(&options).await.unwrap();
    let (request, connect) = server.await.unwrap();
    assert_eq!(connect, format!(r#"40{{"token":"{TOKEN}"}}"#));
    assert_eq!(request.uri(), "/base/socket.io/?EIO=4&transport=websocket");
    assert_eq!(request.headers()["host"], address.to_string());
    assert!(!format!("{:?}", request.headers()).contains(TOKEN));
}

#[tokio::test]
async fn rooms_are_joined_and_left_and_the_session_ends_politely() {
    let (address, server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        let mut heard = Vec::new();
        loop {
            match peer.socket.next().await {
                Some(Ok(tungstenite::Message::Text(text))) => heard.push(text.to_string()),
                Some(Ok(tungstenite::Message::Close(_))) => heard.push("close frame".to_owned()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return heard,
            }
        }
    })
    .await;
    let mut session = connected(address).await;
    session.join(&id("bld1")).await.unwrap();
    session.leave(&id("bld1")).await.unwrap();
    session.disconnect(Duration::from_secs(10)).await;
    let expected = [
        r#"42["join:build",{"buildId":"bld1"}]"#,
        r#"42["leave:build",{"buildId":"bld1"}]"#,
        "41",
        "close frame",
    ];
    assert_eq!(server.await.unwrap(), expected);
}

#[tokio::test]
async fn a_server_that_ignores_the_goodbye_does_not_hold_us() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        std::future::pending::<()>().await;
    })
    .await;
    connected(address).await.disconnect(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn pings_are_answered_between_messages() {
    let (address, server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        for frame in ["2", &log_frame("a"), "2", &log_frame("b")] {
            peer.say(frame).await;
        }
        let pongs = (peer.hear().await, peer.hear().await);
        peer.say(&log_frame("c")).await;
        pongs
    })
    .await;
    let mut session = connected(address).await;
    for message in ["a", "b", "c"] {
        assert_eq!(session.next().await.unwrap(), log(message));
    }
    assert_eq!(server.await.unwrap(), (Some("3".to_owned()), Some("3".to_owned())));
}

#[tokio::test]
async fn a_cancelled_read_loses_neither_a_message_nor_a_pong() {
    const ROUNDS: usize = 500;
    let (address, server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        for round in 0..ROUNDS {
            peer.say("2").await;
            peer.say(&log_frame(&round.to_string())).await;
        }
        for _ in 0..ROUNDS {
            assert_eq!(peer.hear().await.unwrap(), "3");
        }
        peer.say("41").await;
    })
    .await;
    let mut session = connected(address).await;
    let mut seen = Vec::new();
    let end = loop {
        // Polls once, then drops the future.
        match session.next().now_or_never() {
            Some(Ok(message)) => seen.push(message),
            Some(Err(end)) => break end,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(matches!(end, SocketError::ServerDisconnect), "{end:?}");
    let expected: Vec<_> = (0..ROUNDS).map(|round| log(&round.to_string())).collect();
    assert_eq!(seen, expected);
    server.await.unwrap();
}

#[tokio::test]
async fn every_way_in_which_a_server_leaves_is_noticed() {
    let (namespace, _a) = server(async |mut peer: Peer| {
        peer.welcome().await;
        peer.say("41").await;
        peer.rest().await
    })
    .await;
    let end = connected(namespace).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::ServerDisconnect), "{end:?}");

    let (engine, _b) = server(async |mut peer: Peer| {
        peer.welcome().await;
        peer.say("1").await;
        peer.rest().await
    })
    .await;
    let end = connected(engine).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::Closed(_)), "{end:?}");

    let (close_frame, _c) = server(async |mut peer: Peer| {
        peer.welcome().await;
        let frame = CloseFrame { code: 1012.into(), reason: "restarting".into() };
        peer.socket.close(Some(frame)).await.unwrap();
        peer.rest().await
    })
    .await;
    let end = connected(close_frame).await.next().await.unwrap_err();
    assert!(end.to_string().contains("restarting"), "{end:?}");

    let (cut, _d) = server(async |mut peer: Peer| peer.welcome().await).await;
    let end = connected(cut).await.next().await.unwrap_err();
    assert!(matches!(end, SocketError::Closed(_) | SocketError::Io(_)), "{end:?}");
}

#[tokio::test]
async fn silence_beyond_the_servers_own_promise_ends_the_session() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.greet(30, 20).await;
        peer.say(GRANT).await;
        peer.say(&log_frame("last words")).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut session = connected(address).await;
    assert_eq!(session.next().await.unwrap(), log("last words"));
    let end = session.next().await.unwrap_err();
    assert!(matches!(end, SocketError::PingTimeout), "{end:?}");
}

#[tokio::test]
async fn any_frame_is_a_sign_of_life() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.greet(150, 150).await;
        peer.say(GRANT).await;
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.say_bytes(b"\x00").await;
        }
        peer.say(&log_frame("alive")).await;
        peer.rest().await
    })
    .await;
    assert_eq!(connected(address).await.next().await.unwrap(), log("alive"));
}

#[tokio::test]
async fn a_refused_token_is_typed_and_not_shown() {
    for (answer, expected) in [
        (
            format!(r#"44{{"message":"bad token {TOKEN}","data":{{"code":"invalid_token"}}}}"#),
            ("bad token ***", Some(r#"{"code":"invalid_token"}"#)),
        ),
        (r#"44{"message":"no","data":null}"#.to_owned(), ("no", None)),
        (r#"44"Not authorized""#.to_owned(), ("Not authorized", None)),
        ("44{}".to_owned(), ("{}", None)),
        ("44oops".to_owned(), ("oops", None)),
    ] {
        let (address, _server) = server(async move |mut peer: Peer| {
            peer.greet(25_000, 20_000).await;
            peer.say(&answer).await;
            peer.rest().await
        })
        .await;
        match refusal(&plain(address)).await {
            SocketError::Refused { message, data } => {
                assert_eq!((message.as_str(), data.as_deref()), expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up_at_the_stage_it_reached() {
    let mute = serve(async |_stream| std::future::pending().await).await;
    let (greeting_only, _a) = server(async |mut peer: Peer| {
        peer.greet(25_000, 20_000).await;
        peer.rest().await
    })
    .await;
    for (address, expected) in [(mute, Stage::Upgrade), (greeting_only, Stage::Handshake)] {
        let connect_timeout = Duration::from_millis(100);
        let error = refusal(&Options { connect_timeout, ..plain(address) }).await;
        assert!(matches!(error, SocketError::Timeout { stage } if stage == expected), "{error:?}");
    }
}

#[tokio::test]
async fn http_instead_of_an_upgrade_tells_its_status() {
    for (status_line, expected) in
        [("403 Forbidden", 403), ("200 OK", 200), ("502 Bad Gateway", 502)]
    {
        let address = serve(move |mut stream| async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut request = [0; 4096];
            stream.read(&mut request).await?;
            let page = "<html>no websockets here</html>";
            let length = page.len();
            let answer =
                format!("HTTP/1.1 {status_line}\r\ncontent-length: {length}\r\n\r\n{page}");
            stream.write_all(answer.as_bytes()).await
        })
        .await;
        let error = refusal(&plain(address)).await;
        assert!(
            matches!(error, SocketError::Upgrade { status } if status == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_server_of_another_protocol_is_refused() {
    for first in ["hello", "40{}", "0", "0{}", r#"0{"pingInterval":"x","pingTimeout":1}"#] {
        let (address, _server) = server(async move |mut peer: Peer| {
            peer.say(first).await;
            peer.rest().await
        })
        .await;
        let error = refusal(&plain(address)).await;
        assert!(matches!(error, SocketError::Protocol(_)), "{first}: {error:?}");
    }
}

#[tokio::test]
async fn events_before_the_connect_answer_are_kept_in_order() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.greet(25_000, 20_000).await;
        for frame in [&log_frame("a"), "2", &log_frame("b"), GRANT, &log_frame("c")] {
            peer.say(frame).await;
        }
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    for message in ["a", "b", "c"] {
        assert_eq!(session.next().await.unwrap(), log(message));
    }
}

#[tokio::test]
async fn odd_packets_do_not_end_the_session() {
    const SKIPPED: [&str; 20] = [
        "",
        "4",
        "5",
        "6",
        "7",
        "9[]",
        "x",
        "\u{1F600}",
        "b4AQI=",
        "3",
        r#"0{"sid":"again","pingInterval":1,"pingTimeout":1}"#,
        GRANT,
        "43[1]",
        "4399999999999999999999[]",
        r#"451-["build:log",{"_placeholder":true,"num":0}]"#,
        "461-1[]",
        "47",
        "41/admin,",
        r#"42/admin,["build:log",{"buildId":"b","message":"not ours"}]"#,
        r#"42["error","not a lifecycle event"]"#,
    ];
    const UNREADABLE: [&str; 7] = [
        "42",
        "42{}",
        "42[",
        "42[]",
        "42[5]",
        r#"42["build:log"]"#,
        r#"42["build:status",{"buildId":"b","status":{}}]"#,
    ];
    let (address, _server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        for frame in SKIPPED {
            peer.say(frame).await;
        }
        peer.say_bytes(b"\x1e\x00\xff an attachment \x1e").await;
        peer.say_bytes(b"").await;
        peer.socket.send(tungstenite::Message::Ping(Bytes::from_static(b"ws"))).await.unwrap();
        for frame in UNREADABLE {
            peer.say(frame).await;
        }
        peer.say(r#"4212["build:status",{"buildId":"b","status":"complete"},"offset"]"#).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    for frame in UNREADABLE {
        let message = session.next().await.unwrap();
        assert!(matches!(message, Message::Unreadable { .. }), "{frame}: {message:?}");
    }
    let complete = Message::Status { build: id("b"), status: Status::Complete };
    assert_eq!(session.next().await.unwrap(), complete);
}

#[tokio::test]
async fn long_and_cut_lines_come_through() {
    let long = "Ω".repeat(500_000);
    let frame = log_frame(&long);
    let (address, _server) = server(async move |mut peer: Peer| {
        peer.welcome().await;
        peer.say(&frame).await;
        peer.say(&log_frame(r"cut \ud83d")).await;
        peer.rest().await
    })
    .await;
    let mut session = connected(address).await;
    assert_eq!(session.next().await.unwrap(), log(&long));
    assert_eq!(session.next().await.unwrap(), log("cut \u{fffd}"));
}

#[tokio::test]
async fn a_message_above_16_mib_ends_the_session() {
    let (address, _server) = server(async |mut peer: Peer| {
        peer.welcome().await;
        let frame = tungstenite::Message::text("x".repeat((16 << 20) + 1));
        // Fails once the client has hung up.
        let _ = peer.socket.send(frame).await;
    })
    .await;
    let end = connected(address).await.next().await.unwrap_err();
    let limit = 16 << 20;
    assert!(
        matches!(end, SocketError::TooLarge { limit_bytes, .. } if limit_bytes == limit),
        "{end:?}"
    );
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

    let mut session = Session::connect(&to(&url, &authority.trusted())).await.unwrap();
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

    let mut session = Session::connect(&to("https://api.buildpixel.test", &network)).await.unwrap();
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
        Session::connect(&to("https://api.buildpixel.test:8443", &network)).await.unwrap();
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
            SocketError::Proxy { proxy, answer } => {
                assert_eq!((proxy, answer), (address, status_line.to_owned()));
            }
            other => panic!("{status_line}: {other:?}"),
        }
    }
}

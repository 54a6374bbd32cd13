//! The server's end of a session, scripted by tests.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{self, Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use url::Url;

use super::{Message, Options, Session, SocketError};
use crate::config::{Network, Secret};
use crate::model::{Id, Level, LogLine};
use crate::net::loopback::net;

pub(super) const TOKEN: &str = "bp_0123456789";
pub(super) const GRANT: &str = r#"40{"sid":"s"}"#;

/// The server's end of one connection, driven by a test.
pub(super) struct Peer {
    pub(super) socket: WebSocketStream<TcpStream>,
    pub(super) request: Request,
}

impl Peer {
    #[expect(clippy::result_large_err, reason = "the shape is tungstenite's")]
    pub(super) async fn accept(stream: TcpStream) -> Self {
        let mut request = None;
        let upgraded = |asked: &Request, answer: Response| -> Result<Response, ErrorResponse> {
            request = Some(asked.clone());
            Ok(answer)
        };
        let socket = accept_hdr_async(stream, upgraded).await.unwrap();
        Self { socket, request: request.unwrap() }
    }

    pub(super) async fn send(&mut self, frame: &str) {
        self.socket.send(tungstenite::Message::text(frame)).await.unwrap();
    }

    pub(super) async fn send_bytes(&mut self, frame: &'static [u8]) {
        let frame = tungstenite::Message::Binary(Bytes::from_static(frame));
        self.socket.send(frame).await.unwrap();
    }

    /// The next text frame; `None` when the client is gone.
    pub(super) async fn receive(&mut self) -> Option<String> {
        while let Some(Ok(message)) = self.socket.next().await {
            if let tungstenite::Message::Text(text) = message {
                return Some(text.to_string());
            }
        }
        None
    }

    /// Does the handshake, and returns the CONNECT payload of the client.
    pub(super) async fn handshake(&mut self, ping_interval: u64, ping_timeout: u64) -> String {
        let open = format!(
            r#"0{{"sid":"e","upgrades":[],"pingInterval":{ping_interval},"pingTimeout":{ping_timeout},"maxPayload":1000000}}"#
        );
        self.send(&open).await;
        self.receive().await.unwrap()
    }

    /// Does the handshake and lets the client in.
    pub(super) async fn accept_client(&mut self) {
        self.handshake(25_000, 20_000).await;
        self.send(GRANT).await;
    }

    /// Everything else that the client sends until it is gone.
    pub(super) async fn rest(mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(text) = self.receive().await {
            rest.push(text);
        }
        rest
    }
}

/// A server for one connection; the test awaits the result of its script.
pub(super) async fn server<T, W>(
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

pub(super) fn to(url: &str, network: &Network) -> Options {
    Options {
        api_url: Url::parse(url).unwrap(),
        token: Secret::new(TOKEN),
        net: net(network),
        connect_timeout: Duration::from_secs(300),
    }
}

pub(super) fn plain(address: SocketAddr) -> Options {
    to(&format!("http://{address}"), &Network::default())
}

pub(super) async fn connected(address: SocketAddr) -> Session {
    Session::connect(&plain(address), None).await.unwrap()
}

/// Why no session could be established. The token must not show.
pub(super) async fn refusal(options: &Options) -> SocketError {
    let error = Session::connect(options, None).await.err().unwrap();
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    error
}

pub(super) fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

pub(super) fn log(message: &str) -> Message {
    let message = message.to_owned();
    let line = LogLine { timestamp: None, level: Level::Info, message };
    Message::Log { build: id("b"), line }
}

pub(super) fn log_frame(message: &str) -> String {
    format!(r#"42["build:log",{{"buildId":"b","level":"info","message":"{message}"}}]"#)
}

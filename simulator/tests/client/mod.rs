//! The smallest clients that can talk to the service: HTTP by hand, Socket.IO over a WebSocket.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy does not see that this file belongs to a test"
)]

use std::io::ErrorKind;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use simulator::{BUILD_ID, Scenario, Simulator, TOKEN, build_path};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

async fn connect(simulator: &Simulator) -> TcpStream {
    TcpStream::connect(simulator.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// One request; `body` as JSON when it is not null. Returns the status, the head and the body.
pub(crate) async fn request(
    simulator: &Simulator,
    token: &str,
    request: &str,
    body: &str,
) -> (u16, String, Value) {
    let (answer, end) = exchange(simulator, token, request, body).await;
    end.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), serde_json::from_str(body).unwrap_or_else(|_| body.into()))
}

/// One request; returns what came back, and how that ended.
pub(crate) async fn exchange(
    simulator: &Simulator,
    token: &str,
    request: &str,
    body: &str,
) -> (String, Result<(), ErrorKind>) {
    let mut stream = connect(simulator).await;
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (String::from_utf8(answer).unwrap(), end.map(|_| ()).map_err(|error| error.kind()))
}

pub(crate) async fn get(simulator: &Simulator, path: &str) -> Value {
    let (status, _, body) = request(simulator, TOKEN, &format!("GET {path}"), "").await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Triggers a build and returns its id.
pub(crate) async fn trigger(simulator: &Simulator, overrides: Value) -> String {
    let line = format!("POST {}", simulator::trigger_path());
    let (status, _, body) = request(simulator, TOKEN, &line, &overrides.to_string()).await;
    assert_eq!(status, 201, "{body}");
    body["buildId"].as_str().unwrap().to_owned()
}

/// A service, and a socket that has received "before" of a build.
pub(crate) async fn follow(scenario: Scenario) -> (Simulator, Socket) {
    let simulator = Simulator::start(scenario).await.unwrap();
    let mut socket = Socket::connect(&simulator, TOKEN).await.unwrap();
    trigger(&simulator, json!({})).await;
    socket.join(BUILD_ID).await;
    assert_eq!(socket.received().await, "before");
    get(&simulator, &build_path(BUILD_ID)).await;
    (simulator, socket)
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Reset,
    HungUp,
    CloseFrame,
}

/// A Socket.IO connection to the default namespace.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects with a token; `Err` is the data of the `connect_error`.
    pub(crate) async fn connect(simulator: &Simulator, token: &str) -> Result<Self, Value> {
        let mut socket = Self::ask(simulator, token).await;
        let answer = socket.packet().await.unwrap();
        match answer.strip_prefix("44") {
            Some(refusal) => Err(serde_json::from_str(refusal).unwrap()),
            None => Ok(socket),
        }
    }

    /// Asks to be let in, and does not wait for the answer.
    pub(crate) async fn ask(simulator: &Simulator, token: &str) -> Self {
        Self::ask_with(simulator, json!({ "token": token })).await
    }

    /// The same with any `auth`.
    pub(crate) async fn ask_with(simulator: &Simulator, auth: Value) -> Self {
        let stream = connect(simulator).await;
        let url = "ws://simulator/socket.io/?EIO=4&transport=websocket";
        let (websocket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let mut socket = Self(websocket);
        let open = socket.packet().await.unwrap();
        assert!(open.starts_with('0'), "{open}");
        socket.send(&format!("40{auth}")).await;
        socket
    }

    /// True if the next thing to come is a ping; it is answered.
    pub(crate) async fn is_pinged(&mut self) -> bool {
        let next = self.0.next().await;
        self.send("3").await;
        matches!(next, Some(Ok(Message::Text(packet))) if packet == "2")
    }

    pub(crate) async fn join(&mut self, build_id: &str) {
        self.send(&format!("42{}", json!(["join:build", { "buildId": build_id }]))).await;
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        self.0.send(Message::text(packet)).await.unwrap();
    }

    /// The next packet that is no ping; `None` when the connection ended, in whatever way.
    pub(crate) async fn packet(&mut self) -> Option<String> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(packet)) if packet == "2" => self.send("3").await,
                Ok(Message::Text(packet)) => return Some(packet.to_string()),
                _ => return None,
            }
        }
    }

    /// How the connection ends; `None` when it goes on with anything but a ping.
    pub(crate) async fn end(&mut self) -> Option<End> {
        let reset = std::io::ErrorKind::ConnectionReset;
        loop {
            return match self.0.next().await? {
                Ok(Message::Text(packet)) if packet == "2" => continue,
                Err(Error::Io(error)) if error.kind() == reset => Some(End::Reset),
                Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                    Some(End::HungUp)
                }
                Ok(Message::Close(_)) => Some(End::CloseFrame),
                _ => None,
            };
        }
    }

    /// The next event: its name and its argument.
    pub(crate) async fn event(&mut self) -> (String, Value) {
        let packet = self.packet().await.expect("the connection ended");
        let event = packet.strip_prefix("42").expect(&packet);
        serde_json::from_str(event).unwrap()
    }

    /// The packets up to a text, in short form.
    pub(crate) async fn received_until(&mut self, last: &str) -> Vec<String> {
        let mut received = Vec::new();
        while received.last().is_none_or(|text| text != last) {
            received.push(self.received().await);
        }
        received
    }

    /// The next event in short: a status, or the text of a line.
    pub(crate) async fn received(&mut self) -> String {
        let (name, payload) = self.event().await;
        let field = if name == "build:log" { "message" } else { "status" };
        payload[field].as_str().unwrap().to_owned()
    }
}

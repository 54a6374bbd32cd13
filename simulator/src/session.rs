//! A Socket.IO session of our own, for scenarios with connection state recovery, which socketioxide
//! lacks. WebSocket only, text packets, one namespace.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::faults::FaultInjector;
use crate::journal::Entry;
use crate::outbox::Outbox;
use crate::rooms::Peer;
use crate::service::Service;
use crate::socket::Admission;

/// Answers the upgrade to a WebSocket, and serves the session on it.
pub(crate) fn upgrade(
    service: Arc<Service>,
    injector: FaultInjector,
    mut request: Request,
) -> Response {
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(stream) = upgraded.await {
            let stream = TokioIo::new(stream);
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
            serve(&service, injector, socket).await;
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// Why a session ended, in Socket.IO's terms.
enum End {
    ClientLeft,
    Lost(&'static str),
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    service: &Arc<Service>,
    injector: FaultInjector,
    socket: WebSocketStream<S>,
) {
    let (frames, queued) = unbounded_channel();
    let outbox = Outbox::new(frames, injector);
    let mut session = Session { service, outbox, admitted: false, socket };
    let end = session.talk(queued).await.unwrap_or(End::Lost("transport error"));
    let peer = Peer::Own(session.outbox);
    match end {
        End::ClientLeft => {
            service.rooms.forget(&peer);
            service.journal.record(Entry::NamespaceDisconnect);
        }
        End::Lost(reason) => {
            service.rooms.lose(&peer);
            if session.admitted {
                service.journal.record(Entry::SocketClosed { reason: reason.to_owned() });
            }
        }
    }
}

struct Session<'s, S> {
    service: &'s Arc<Service>,
    outbox: Outbox,
    /// Set once CONNECT was accepted.
    admitted: bool,
    socket: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Runs until the connection or the session ends.
    async fn talk(
        &mut self,
        mut queued: UnboundedReceiver<String>,
    ) -> Result<End, tungstenite::Error> {
        let scenario = &self.service.scenario;
        let (ping_interval, ping_timeout) = (scenario.ping_interval_ms, scenario.ping_timeout_ms);
        let open = json!({
            "sid": "engine",
            "upgrades": [],
            "pingInterval": ping_interval,
            "pingTimeout": ping_timeout,
            "maxPayload": 1_000_000,
        });
        self.socket.send(Message::text(format!("0{open}"))).await?;
        let interval = Duration::from_millis(ping_interval);
        let timeout = Duration::from_millis(ping_timeout);
        // The time of the next ping or timeout, and whether a ping is unanswered.
        let (mut due, mut pinged) = (Instant::now() + interval, false);
        loop {
            tokio::select! {
                biased;
                packet = self.socket.next() => match packet.transpose()? {
                    Some(Message::Text(packet)) if packet == "3" => {
                        self.service.journal.record(Entry::Pong);
                        (due, pinged) = (Instant::now() + interval, false);
                    }
                    Some(Message::Text(packet)) if packet == "1" => {
                        self.socket.close(None).await?;
                        return Ok(End::Lost("transport close"));
                    }
                    Some(Message::Text(packet)) if packet.starts_with("41") => {
                        return Ok(End::ClientLeft);
                    }
                    Some(Message::Text(packet)) => self.take(&packet).await,
                    Some(Message::Close(_)) | None => return Ok(End::Lost("transport close")),
                    Some(_) => {}
                },
                // `self` holds a sender, so there is always a next one.
                Some(frame) = queued.recv() => self.socket.send(Message::text(frame)).await?,
                () = sleep_until(due) => {
                    if pinged {
                        return Ok(End::Lost("ping timeout"));
                    }
                    self.socket.send(Message::text("2")).await?;
                    (due, pinged) = (Instant::now() + timeout, true);
                }
            }
        }
    }

    async fn take(&mut self, packet: &str) {
        if let Some(auth) = packet.strip_prefix("40") {
            let auth = serde_json::from_str(auth).unwrap_or(Value::Null);
            self.admit(&auth).await;
        } else if let Some(event) = packet.strip_prefix("42").filter(|_| self.admitted) {
            let event = serde_json::from_str::<Vec<Value>>(event).unwrap_or_default();
            let mut event = event.into_iter();
            let name = event.next().and_then(|name| name.as_str().map(str::to_owned));
            let payload = event.next().unwrap_or_default();
            let peer = Peer::Own(self.outbox.clone());
            self.service.receive(&peer, name.unwrap_or_default(), payload);
        }
    }

    async fn admit(&mut self, auth: &Value) {
        match self.service.admission(Some(auth)) {
            Admission::Muted => {}
            Admission::Refused(message) => {
                self.outbox.send(format!("44{}", json!({ "message": message })));
            }
            Admission::Granted => {
                let text = |field| auth.get(field).and_then(Value::as_str);
                self.admitted = true;
                self.service.journal.record(Entry::Connected);
                self.service.rooms.welcome(&mut self.outbox, text("pid").zip(text("offset")));
                if self.service.kicks.take() {
                    self.service.rooms.forget(&Peer::Own(self.outbox.clone()));
                    self.outbox.disconnect();
                }
            }
        }
    }
}

//! The Socket.IO side: the token check, joining and leaving rooms.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use socketioxide::extract::{Data, Event, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use socketioxide::socket::DisconnectReason;
use socketioxide::{SocketIo, TransportType};

use crate::journal::Entry;
use crate::rooms::Peer;
use crate::service::Service;

/// How many packets may wait for a slow client before the build waits.
const BUFFERED_PACKETS: usize = 1024;

pub(crate) fn layer(service: &Arc<Service>) -> SocketIoLayer {
    let (layer, io) = SocketIo::builder()
        .transports([TransportType::Websocket])
        .max_buffer_size(BUFFERED_PACKETS)
        .ping_interval(Duration::from_millis(service.scenario.ping_interval_ms))
        .ping_timeout(Duration::from_millis(service.scenario.ping_timeout_ms))
        .build_layer();
    let doorman = service.clone();
    let check = async move |TryData(auth): TryData<Value>| doorman.admit(auth.ok().as_ref()).await;
    let service = service.clone();
    let greet = async move |socket: SocketRef| service.greet(&socket).await;
    io.ns("/", greet.with(check));
    layer
}

/// The answer to a client's CONNECT.
pub(crate) enum Admission {
    Granted,
    /// Refused with this message.
    Refused(String),
    /// Never answered.
    Muted,
}

impl Service {
    pub(crate) fn admission(&self, auth: Option<&Value>) -> Admission {
        if self.mutes.take() {
            self.journal.record(Entry::Muted);
            return Admission::Muted;
        }
        let token = auth.and_then(|auth| auth.get("token")).and_then(Value::as_str);
        if token.is_some_and(|token| self.trusts(&self.scenario.socket_tokens, token)) {
            return Admission::Granted;
        }
        let message = "invalid_token".to_owned();
        self.journal.record(Entry::Refused { message: message.clone() });
        Admission::Refused(message)
    }

    async fn admit(&self, auth: Option<&Value>) -> Result<(), String> {
        match self.admission(auth) {
            Admission::Granted => Ok(()),
            Admission::Refused(message) => Err(message),
            Admission::Muted => std::future::pending().await,
        }
    }

    async fn greet(self: &Arc<Self>, socket: &SocketRef) {
        self.journal.record(Entry::Connected);
        let peer = Peer::Library(socket.clone());
        self.rooms.connect(peer.clone());
        // One handler for all events keeps their order.
        let service = self.clone();
        socket.on_fallback(
            async move |socket: SocketRef, Event(name): Event, Data(payload): Data<Value>| {
                service.receive(&Peer::Library(socket), name, payload);
            },
        );
        let service = self.clone();
        socket.on_disconnect(async move |socket: SocketRef, reason: DisconnectReason| {
            service.rooms.forget(&Peer::Library(socket));
            service.journal.record(match reason {
                DisconnectReason::ClientNSDisconnect => Entry::NamespaceDisconnect,
                _ => Entry::SocketClosed { reason: reason.to_string() },
            });
        });
        if self.kicks.take() {
            peer.kick().await;
        }
    }

    /// Handles an event of a client.
    pub(crate) fn receive(&self, peer: &Peer, name: String, payload: Value) {
        let build_id = payload.get("buildId").and_then(Value::as_str).map(str::to_owned);
        match (name.as_str(), build_id) {
            ("join:build", Some(build_id)) => {
                if self.refused_joins.take() {
                    peer.emit("exception", &refusal_of_a_guard(&payload));
                } else if !self.ignored_joins.take() && self.builds().get(&build_id).is_some() {
                    // An unknown build gets no answer.
                    self.rooms.join(peer, &build_id);
                }
                self.journal.record(Entry::Joined { build_id });
            }
            ("leave:build", Some(build_id)) => {
                self.rooms.leave(peer, &build_id);
                self.journal.record(Entry::Left { build_id });
            }
            _ => {
                self.journal.record(Entry::Event { name, payload });
            }
        }
    }
}

/// The `exception` event of a NestJS gateway whose guard refuses a message.
fn refusal_of_a_guard(data: &Value) -> Value {
    json!({
        "status": "error",
        "message": "Forbidden resource",
        "cause": { "pattern": "join:build", "data": data },
    })
}

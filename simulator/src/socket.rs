//! The Socket.IO side: the token check, joining and leaving rooms.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use socketioxide::extract::{Data, Event, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use socketioxide::layer::SocketIoLayer;
use socketioxide::socket::DisconnectReason;
use socketioxide::{SocketIo, TransportType};

use crate::journal::Entry;
use crate::rooms::kick;
use crate::service::Service;

/// How many packets may wait for a slow client before the build has to wait.
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

impl Service {
    async fn admit(&self, auth: Option<&Value>) -> Result<(), String> {
        if self.mutes.take() {
            self.journal.record(Entry::Muted);
            return std::future::pending().await;
        }
        let token = auth.and_then(|auth| auth.get("token")).and_then(Value::as_str);
        if token.is_some_and(|token| self.trusts(&self.scenario.socket_tokens, token)) {
            return Ok(());
        }
        let message = "invalid_token".to_owned();
        self.journal.record(Entry::Refused { message: message.clone() });
        Err(message)
    }

    async fn greet(self: &Arc<Self>, socket: &SocketRef) {
        self.journal.record(Entry::Connected);
        self.rooms.connect(socket.clone());
        // One handler for all events keeps them in the order in which they came.
        let service = self.clone();
        socket.on_fallback(
            async move |socket: SocketRef, Event(name): Event, Data(payload): Data<Value>| {
                service.receive(&socket, name, payload);
            },
        );
        let service = self.clone();
        socket.on_disconnect(async move |socket: SocketRef, reason: DisconnectReason| {
            service.rooms.forget(&socket);
            service.journal.record(match reason {
                DisconnectReason::ClientNSDisconnect => Entry::NamespaceDisconnect,
                _ => Entry::SocketClosed { reason: reason.to_string() },
            });
        });
        if self.kicks.take() {
            kick(socket).await;
        }
    }

    fn receive(&self, socket: &SocketRef, name: String, payload: Value) {
        let build_id = payload.get("buildId").and_then(Value::as_str).map(str::to_owned);
        match (name.as_str(), build_id) {
            ("join:build", Some(build_id)) => {
                // An unknown build is met with silence.
                if self.builds().get(&build_id).is_some() {
                    self.rooms.join(socket, &build_id);
                }
                self.journal.record(Entry::Joined { build_id });
            }
            ("leave:build", Some(build_id)) => {
                self.rooms.leave(socket, &build_id);
                self.journal.record(Entry::Left { build_id });
            }
            _ => {
                self.journal.record(Entry::Event { name, payload });
            }
        }
    }
}

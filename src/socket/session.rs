//! A session: the handshake, then messages in order, with pings answered in between.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::error::{ConnectStage, SocketError, TEXT_CHARS};
use super::message::{self, Message, WireEvent};
use super::options::Options;
use super::packet::Packet;
use super::transport::{self, Deadline, MESSAGE_LIMIT_BYTES, WebSocket};
use crate::config::Secret;
use crate::json::{self, Object};
use crate::model::Id;
use crate::text::Mask;

/// A session in the default namespace. Dropping it closes the connection without a close packet.
pub struct Session {
    socket: WebSocket,
    mask: Mask,
    /// Events that came before the CONNECT answer.
    early: VecDeque<WireEvent>,
    /// The id by which the service may resume this session later.
    pid: Option<Secret>,
    /// The offset of the last event that was returned.
    offset: Option<String>,
    recovered: bool,
    /// The longest silence that is accepted.
    silence: Duration,
    last_frame: Instant,
    is_pong_pending: bool,
    unflushed: bool,
}

/// The data for the next session: with it the service may resend the events missed in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    pid: Secret,
    offset: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    ping_interval: u64,
    ping_timeout: u64,
}

impl Session {
    /// Connects, and returns once the service has let us into the namespace. `resume` is from the
    /// previous session, if there was one.
    ///
    /// # Errors
    /// [`SocketError`]; [`SocketError::Refused`] if the service rejects the token.
    pub async fn connect(options: &Options, resume: Option<&Resume>) -> Result<Self, SocketError> {
        let deadline = Deadline::after(options.connect_timeout);
        let mut session = Self {
            socket: transport::open(options, deadline).await?,
            mask: Mask::new(&[options.token.expose()]),
            early: VecDeque::new(),
            pid: None,
            offset: None,
            recovered: false,
            silence: options.connect_timeout,
            last_frame: Instant::now(),
            is_pong_pending: false,
            unflushed: false,
        };
        deadline.within(ConnectStage::Handshake, session.handshake(&options.token, resume)).await?;
        Ok(session)
    }

    /// The next message. Cancel-safe.
    ///
    /// # Errors
    /// [`SocketError`]: the session is over.
    pub async fn next(&mut self) -> Result<Message, SocketError> {
        if let Some(message) = self.missed() {
            return Ok(message);
        }
        loop {
            let frame = self.frame().await?;
            match Packet::decode(&frame) {
                Packet::Event(event) => {
                    if let Some(message) = self.advance_past(message::read(event, &self.mask)) {
                        return Ok(message);
                    }
                }
                packet => self.apply(packet)?,
            }
        }
    }

    /// The next session need not resend an event that has been returned.
    fn advance_past(&mut self, event: WireEvent) -> Option<Message> {
        if event.offset.is_some() {
            self.offset = event.offset;
        }
        event.message
    }

    /// The next message that came before the service let us in. `None` once all of them were
    /// returned.
    pub fn missed(&mut self) -> Option<Message> {
        while let Some(event) = self.early.pop_front() {
            if let Some(message) = self.advance_past(event) {
                return Some(message);
            }
        }
        None
    }

    /// True if this session resumes the previous one: the events missed in between come first.
    pub fn recovered(&self) -> bool {
        self.recovered
    }

    /// The resume data for the next session; `None` if the service does not support it.
    pub fn resume(&self) -> Option<Resume> {
        Some(Resume { pid: self.pid.clone()?, offset: self.offset.clone()? })
    }

    /// Joins a build's room. There is no acknowledgement.
    ///
    /// # Errors
    /// [`SocketError`]: the session is over.
    pub async fn join(&mut self, build: &Id) -> Result<(), SocketError> {
        self.send(Packet::Event(&message::join(build))).await
    }

    /// Leaves a build's room.
    ///
    /// # Errors
    /// [`SocketError`]: the session is over.
    pub async fn leave(&mut self, build: &Id) -> Result<(), SocketError> {
        self.send(Packet::Event(&message::leave(build))).await
    }

    /// Leaves the namespace and closes the connection, cleanly if that takes no longer than
    /// `within`.
    pub async fn disconnect(mut self, within: Duration) {
        let closing = async {
            self.socket.feed(frame(Packet::Disconnect)).await?;
            self.socket.close(None).await?;
            while self.socket.next().await.transpose()?.is_some() {}
            Ok::<_, tungstenite::Error>(())
        };
        // Any error here ends the connection just as well.
        let _gone = timeout(within, closing).await;
    }

    async fn handshake(
        &mut self,
        token: &Secret,
        resume: Option<&Resume>,
    ) -> Result<(), SocketError> {
        let mut opened = false;
        let mut early_bytes = 0;
        loop {
            let frame = self.frame().await?;
            match Packet::decode(&frame) {
                Packet::Open(intervals) if !opened => {
                    opened = true;
                    self.silence = silence(intervals, &self.mask)?;
                    self.send(Packet::Connect(&auth(token, resume))).await?;
                }
                Packet::Connect(grant) if opened => {
                    self.on_granted(grant, resume);
                    return Ok(());
                }
                Packet::Event(event) if opened => {
                    early_bytes += size_of::<WireEvent>() + event.len();
                    if early_bytes > MESSAGE_LIMIT_BYTES {
                        let why = "too many events before the CONNECT answer";
                        return Err(SocketError::protocol(why));
                    }
                    self.early.push_back(message::read(event, &self.mask));
                }
                Packet::ConnectError(reason) => return Err(refused(reason, &self.mask)),
                packet if opened => self.apply(packet)?,
                _ => return Err(SocketError::protocol("no Engine.IO open packet")),
            }
        }
    }

    fn on_granted(&mut self, grant: &str, resume: Option<&Resume>) {
        let pid = Object::parse(grant).ok().and_then(|grant| grant.get::<String>("pid"));
        self.pid = pid.map(Secret::new);
        let resumed = resume.filter(|resume| Some(&resume.pid) == self.pid.as_ref());
        self.offset = resumed.map(|resume| resume.offset.clone());
        self.recovered = resumed.is_some();
    }

    /// Handles a packet that carries no message.
    fn apply(&mut self, packet: Packet<'_>) -> Result<(), SocketError> {
        match packet {
            Packet::Ping => self.is_pong_pending = true,
            Packet::Close => return Err(SocketError::Closed("Engine.IO close packet".to_owned())),
            Packet::Disconnect => return Err(SocketError::ServerDisconnect),
            _ => {}
        }
        Ok(())
    }

    /// The next text frame. Nothing is lost if this is dropped between two frames: a pending pong
    /// is remembered.
    async fn frame(&mut self) -> Result<Utf8Bytes, SocketError> {
        loop {
            let patience = self.patience();
            let received = async {
                self.answer_and_flush().await?;
                Ok(self.socket.next().await.transpose()?)
            };
            let frame =
                timeout_at(patience, received).await.unwrap_or(Err(SocketError::PingTimeout))?;
            self.last_frame = Instant::now();
            match frame {
                Some(tungstenite::Message::Text(text)) => return Ok(text),
                Some(tungstenite::Message::Close(reason)) => {
                    let reason = reason.map_or("close frame".to_owned(), |close| close.to_string());
                    return Err(SocketError::Closed(reason));
                }
                Some(_) => {}
                None => return Err(SocketError::Closed("end of the stream".to_owned())),
            }
        }
    }

    /// Answers a pending ping, and flushes everything that was sent so far.
    async fn answer_and_flush(&mut self) -> Result<(), SocketError> {
        if self.is_pong_pending {
            self.socket.feed(frame(Packet::Pong)).await?;
            self.is_pong_pending = false;
            self.unflushed = true;
        }
        if self.unflushed {
            self.socket.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }

    async fn send(&mut self, packet: Packet<'_>) -> Result<(), SocketError> {
        let patience = self.patience();
        let sending = async {
            self.socket.feed(frame(packet)).await?;
            self.unflushed = true;
            self.answer_and_flush().await
        };
        timeout_at(patience, sending).await.unwrap_or(Err(SocketError::PingTimeout))
    }

    fn patience(&self) -> Instant {
        self.last_frame + self.silence
    }
}

fn frame(packet: Packet<'_>) -> tungstenite::Message {
    tungstenite::Message::text(packet.to_string())
}

fn auth(token: &Secret, resume: Option<&Resume>) -> String {
    let token = token.expose();
    let auth = match resume {
        Some(Resume { pid, offset }) => {
            json!({ "token": token, "pid": pid.expose(), "offset": offset })
        }
        None => json!({ "token": token }),
    };
    auth.to_string()
}

fn silence(intervals: &str, mask: &Mask) -> Result<Duration, SocketError> {
    let open: Open = json::parse(intervals).map_err(|error| {
        let why = mask.beginning(&error.to_string(), TEXT_CHARS);
        SocketError::protocol(format!("cannot understand the Engine.IO open packet: {why}"))
    })?;
    Ok(Duration::from_millis(open.ping_interval.saturating_add(open.ping_timeout)))
}

/// An object with `message` and optional `data`; a bare string from older servers.
fn refused(reason: &str, mask: &Mask) -> SocketError {
    let clean = |text: &str| mask.beginning(text, TEXT_CHARS);
    let object = Object::parse(reason).ok();
    let message = object.as_ref().and_then(|object| object.get::<String>("message"));
    let message = message.or_else(|| json::parse(reason).ok());
    SocketError::Refused {
        message: clean(message.as_deref().unwrap_or(reason)),
        data: object.and_then(|object| object.raw("data").map(clean)),
    }
}

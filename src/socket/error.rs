//! The reasons why a session could not begin, or ended.

use std::fmt;
use std::io;

use tokio_tungstenite::tungstenite;

use crate::net::ConnectError;

/// The longest quote of a foreign text.
pub(super) const TEXT_CHARS: usize = 300;

/// Why a session could not begin, or ended. Shows neither the token nor a proxy's credentials.
/// Texts of the service are untrusted.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The time ran out after the connection was open.
    #[error("no answer in time while {stage}")]
    Timeout {
        /// The stage that timed out.
        stage: ConnectStage,
    },
    /// There is no connection: name lookup, TCP, a proxy, or TLS.
    #[error(transparent)]
    Blocked(#[from] ConnectError),
    /// The server, or something in between, answered HTTP instead of switching to WebSocket.
    #[error("the upgrade to WebSocket was answered with HTTP status {status}")]
    Upgrade {
        /// HTTP status.
        status: u16,
    },
    /// The server does not speak the protocol.
    #[error("protocol error")]
    Protocol(#[source] ProtocolError),
    /// CONNECT_ERROR: the service refused us, usually because of the token.
    #[error("BuildPixel refused the connection: {message}")]
    Refused {
        /// The service's message, or the beginning of it.
        message: String,
        /// The additional data of the message: JSON, or the beginning of it.
        data: Option<String>,
    },
    /// The service left the namespace.
    #[error("BuildPixel disconnected the session")]
    ServerDisconnect,
    /// The connection was closed.
    #[error("the connection was closed: {0}")]
    Closed(String),
    /// The service was silent for longer than its own ping settings allow.
    #[error("the connection went silent")]
    PingTimeout,
    /// A message above the limit.
    #[error("a message of {size_bytes} bytes exceeds the limit of {limit_bytes}")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The connection broke.
    #[error("the connection broke")]
    Io(#[from] io::Error),
}

/// The protocol that was violated.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// Engine.IO or Socket.IO.
    #[error("{0}")]
    SocketIo(String),
    /// WebSocket.
    #[error(transparent)]
    WebSocket(Box<tungstenite::Error>),
}

/// A stage of establishing a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectStage {
    /// The upgrade from HTTP to WebSocket.
    Upgrade,
    /// Engine.IO's open packet and Socket.IO's CONNECT.
    Handshake,
}

impl SocketError {
    /// A violation of Engine.IO or Socket.IO.
    pub(super) fn protocol(what: impl Into<String>) -> Self {
        Self::Protocol(ProtocolError::SocketIo(what.into()))
    }

    /// One hint.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            // A service that restarts recovers by itself.
            Self::Blocked(ConnectError::Tcp { .. } | ConnectError::Timeout { .. }) => None,
            Self::Blocked(error) => Some(error.hint()),
            Self::Timeout { .. }
            | Self::Upgrade { .. }
            | Self::Protocol(_)
            | Self::Refused { .. }
            | Self::ServerDisconnect
            | Self::Closed(_)
            | Self::PingTimeout
            | Self::TooLarge { .. }
            | Self::Io(_) => None,
        }
    }
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upgrade => "upgrading to WebSocket",
            Self::Handshake => "joining as a Socket.IO client",
        })
    }
}

impl From<tungstenite::Error> for SocketError {
    fn from(error: tungstenite::Error) -> Self {
        use tungstenite::error::{CapacityError, Error, ProtocolError};
        match error {
            Error::Io(error) => Self::Io(error),
            Error::Http(response) => Self::Upgrade { status: response.status().as_u16() },
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::TooLarge { size_bytes: size, limit_bytes: max_size }
            }
            Error::ConnectionClosed | Error::AlreadyClosed => {
                Self::Closed("end of the stream".to_owned())
            }
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Self::Closed("without a closing handshake".to_owned())
            }
            Error::Protocol(ProtocolError::HandshakeIncomplete) => {
                Self::Closed("before the upgrade was answered".to_owned())
            }
            other => Self::Protocol(self::ProtocolError::WebSocket(Box::new(other))),
        }
    }
}

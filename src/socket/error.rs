//! Why a session did not begin, or ended.

use std::fmt;
use std::io;

use tokio_tungstenite::tungstenite;

use crate::net::Obstacle;

/// Of a foreign text.
const TEXT_CHARS: usize = 300;

/// Why a session did not begin, or ended. Shows neither the token nor a proxy's credentials; texts
/// of the service are hostile.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The time for connecting ran out.
    #[error("no answer in time while {stage}")]
    Timeout {
        /// How far it had come.
        stage: Stage,
    },
    /// Name lookup or TCP.
    #[error("cannot connect to {target}")]
    Connect {
        /// Host and port: the service's, or the proxy's.
        target: String,
        /// What the operating system says.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A proxy, or TLS.
    #[error(transparent)]
    Blocked(#[from] Obstacle),
    /// The server, or something on the way, answers HTTP instead of switching to WebSocket.
    #[error("the upgrade to WebSocket was answered with HTTP status {status}")]
    Upgrade {
        /// HTTP status.
        status: u16,
    },
    /// The other side does not speak the protocol.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// CONNECT_ERROR: the service does not want us, usually because of the token.
    #[error("BuildPixel refused the connection: {message}")]
    Refused {
        /// The service's words, or the beginning of them.
        message: String,
        /// What it says besides: JSON, or the beginning of it.
        data: Option<String>,
    },
    /// The service left the namespace.
    #[error("BuildPixel disconnected the session")]
    ServerDisconnect,
    /// The connection was closed.
    #[error("the connection was closed: {0}")]
    Closed(String),
    /// Nothing was heard for longer than the service itself allows.
    #[error("the connection went silent")]
    PingTimeout,
    /// A message above the limit.
    #[error("a message of {size_bytes} bytes is above the limit of {limit_bytes}")]
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

/// A step on the way to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Name lookup and TCP.
    Connect,
    /// CONNECT through a proxy.
    Proxy,
    /// TLS.
    Tls,
    /// The upgrade from HTTP to WebSocket.
    Upgrade,
    /// Engine.IO's open packet and Socket.IO's CONNECT.
    Handshake,
}

impl SocketError {
    /// What to do about it: one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Blocked(obstacle) => Some(obstacle.hint()),
            _ => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Proxy => "asking the proxy to connect",
            Self::Tls => "setting up TLS",
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
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(
                ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete,
            ) => Self::Closed(error.to_string()),
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// The beginning of a foreign text, which may be as long as a message.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}

//! One Socket.IO session with BuildPixel: Engine.IO 4 over a WebSocket, the default namespace, text
//! packets. It ends at the first fault; connecting again is somebody else's task.

mod error;
mod message;
mod packet;
mod session;
mod transport;

use std::time::Duration;

use url::Url;

pub use error::{ProtocolError, SocketError, Stage};
pub use message::Message;
pub use session::{Resume, Session};

use crate::config::Secret;
use crate::net::Net;

/// Where and how to connect.
#[derive(Clone)]
pub struct Options {
    /// Base URL of the service; Socket.IO lives below it.
    pub api_url: Url,
    /// Goes into the `auth` of the CONNECT packet.
    pub token: Secret,
    /// The road.
    pub net: Net,
    /// How long everything from the name lookup to the CONNECT answer may take together.
    pub connect_timeout: Duration,
}

#[cfg(any(test, fuzzing))]
pub mod promises;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod transport_tests;

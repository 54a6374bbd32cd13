//! The options of a session.

use std::time::Duration;

use url::Url;

use crate::config::Secret;
use crate::net::Net;

/// The server, and how to connect to it.
#[derive(Clone)]
pub struct Options {
    /// Base URL of the service; Socket.IO lives below it.
    pub api_url: Url,
    /// Goes into the `auth` of the CONNECT packet.
    pub token: Secret,
    /// The connection settings.
    pub net: Net,
    /// The time limit for everything from the name lookup to the CONNECT answer.
    pub connect_timeout: Duration,
}

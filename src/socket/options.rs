//! What a session needs.

use std::time::Duration;

use url::Url;

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

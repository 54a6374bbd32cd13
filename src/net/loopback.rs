//! Connection settings for the tests of REST and WebSocket.

use simulator::proxy_tls::Authority;

use super::Net;
use crate::config::Network;

/// Settings that trust an authority.
pub(crate) fn trusting(authority: &Authority) -> Network {
    Network { extra_roots: vec![authority.pem()], ..Network::default() }
}

/// Builds the settings, which must be valid.
pub(crate) fn net(network: &Network) -> Net {
    Net::new(network).unwrap()
}

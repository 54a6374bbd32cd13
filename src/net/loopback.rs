//! The road in tests of REST and WebSocket alike.

use simulator::proxy_tls::Authority;

use super::Net;
use crate::config::Network;

/// A road that trusts an authority.
pub(crate) fn trusting(authority: &Authority) -> Network {
    Network { extra_roots: vec![authority.pem()], ..Network::default() }
}

/// The road, which must be usable.
pub(crate) fn net(network: &Network) -> Net {
    Net::new(network).unwrap()
}

//! Connection settings and faulty servers for the tests of REST and WebSocket.

use std::net::SocketAddr;

use simulator::proxy_tls::{Authority, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Net, TlsFault};
use crate::config::Network;

/// Settings that trust an authority.
pub(crate) fn trusting(authority: &Authority) -> Network {
    Network { extra_roots: vec![authority.pem()], ..Network::default() }
}

/// Builds the settings, which must be valid.
pub(crate) fn net(network: &Network) -> Net {
    Net::new(network).unwrap()
}

/// Servers with a fault in their TLS, each with the fault that a client of `https://localhost` sees.
pub(crate) async fn faulty_tls(authority: &Authority) -> [(SocketAddr, TlsFault); 4] {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let expired = authority.expired_front("localhost", nowhere).await.unwrap();
    let other = authority.front("elsewhere.test", nowhere).await.unwrap();
    let plain = serve(async |mut stream| stream.write_all(b"HTTP/1.1 400 no\r\n\r\n").await);
    let gone = serve(async |mut stream| stream.read_exact(&mut [0; 5]).await.map(drop));
    [
        (expired, TlsFault::OutOfDate),
        (other, TlsFault::WrongName),
        (plain.await.unwrap(), TlsFault::NotTls),
        (gone.await.unwrap(), TlsFault::HungUp),
    ]
}

//! Opens TCP connections as REST does, and abstracts over plain and encrypted ones.

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;
use url::Url;

use super::connect_error::ConnectError;
use super::lookup::Lookup;

/// Bytes in both directions: plain, in TLS, or in TLS inside the TLS of a proxy.
pub type Stream = Box<dyn Duplex>;

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Host and port.
pub(super) fn authority(target: &Url) -> String {
    let host = target.host_str().unwrap_or_default();
    format!("{host}:{}", target.port_or_known_default().unwrap_or_default())
}

/// The addresses of both IP versions are tried in parallel, as REST does.
pub(super) async fn tcp(to: &str, host: &str, name: String) -> Result<Stream, ConnectError> {
    let mut connector = HttpConnector::new_with_resolver(Lookup);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    let uri = match to.parse::<Uri>() {
        Ok(uri) => uri,
        Err(error) => return Err(ConnectError::tcp(name, host, &error)),
    };
    match connector.call(uri).await {
        Ok(stream) => Ok(Box::new(stream.into_inner())),
        Err(error) => Err(ConnectError::tcp(name, host, &error)),
    }
}

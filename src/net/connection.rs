//! Opens a connection to the service, by the same way as REST: name lookup, TCP, a proxy's tunnel, TLS.

use std::io;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Url;

use super::lookup::Lookup;
use super::{ConnectError, Net, Proxy, tunnel};

/// Bytes both ways: plain, in TLS, or in TLS inside the TLS of a proxy.
pub type Stream = Box<dyn Duplex>;

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Net {
    /// Opens a connection to `target`, in TLS if it is `https`.
    ///
    /// # Errors
    /// [`ConnectError`], at `deadline` at the latest.
    pub async fn connect(&self, target: &Url, deadline: Instant) -> Result<Stream, ConnectError> {
        let proxy = self.proxy(target);
        let connecting = self.connect_by(proxy.as_ref(), target);
        let late = |_elapsed| Err(ConnectError::timeout(authority(target), proxy.as_ref()));
        timeout_at(deadline, connecting).await.unwrap_or_else(late)
    }

    async fn connect_by(
        &self,
        proxy: Option<&Proxy>,
        target: &Url,
    ) -> Result<Stream, ConnectError> {
        let host = target.host_str().unwrap_or_default();
        let stream = match proxy {
            Some(proxy) => self.through(proxy, target).await?,
            None => tcp(target.as_str(), host, authority(target)).await?,
        };
        match target.scheme() {
            "https" => self.secure(stream, host).await,
            _ => Ok(stream),
        }
    }

    async fn through(&self, proxy: &Proxy, target: &Url) -> Result<Stream, ConnectError> {
        let (uri, host) = (proxy.uri().to_string(), proxy.uri().host().unwrap_or_default());
        let mut stream = tcp(&uri, host, format!("the proxy {proxy}")).await?;
        if proxy.uri().scheme_str() == Some("https") {
            stream = self.secure(stream, host).await?;
        }
        tunnel::open(stream, &authority(target), proxy).await
    }

    async fn secure(&self, stream: Stream, host: &str) -> Result<Stream, ConnectError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let connecting = async {
            let name = ServerName::try_from(bare.to_owned()).map_err(io::Error::other)?;
            TlsConnector::from(self.tls()).connect(name, stream).await
        };
        let secured = connecting.await.map_err(|error| ConnectError::tls(host, &error))?;
        Ok(Box::new(secured))
    }
}

/// Host and port.
pub(super) fn authority(target: &Url) -> String {
    let host = target.host_str().unwrap_or_default();
    format!("{host}:{}", target.port_or_known_default().unwrap_or_default())
}

/// The addresses of both IP versions race, as they do for REST.
async fn tcp(to: &str, host: &str, name: String) -> Result<Stream, ConnectError> {
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

//! Connections to the service: trusted roots and proxy, the same for REST and for the WebSocket.

mod connect_error;
mod connection;
mod error;
mod lookup;
mod pem_files;
mod proxy;
mod roots;
mod tunnel;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::config;
pub use connect_error::{ConnectError, ProxyAnswer, TlsFault};
pub use connection::{Duplex, Stream};
use connection::{authority, tcp};
pub use error::NetError;
use lookup::Lookup;
pub use lookup::LookupError;
use proxy::Proxies;
pub use proxy::Proxy;
use roots::Roots;
pub use roots::RootsError;
use tunnel::Tunnel;
pub use tunnel::USER_AGENT;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The settings for connecting to servers.
#[derive(Clone)]
pub struct Net {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    proxies: Arc<Proxies>,
    warnings: Arc<[String]>,
}

impl Net {
    /// Trusts the system's roots, the compiled-in ones, and those of `network`.
    ///
    /// # Errors
    /// A root of `ca-file` or a proxy is unusable: a requested setting is never ignored silently.
    /// Unusable variables of the machine are listed in [`Self::warnings`].
    pub fn new(network: &config::Network) -> Result<Self, NetError> {
        let Roots { store, warnings } = Roots::new(network)?;
        let tls = trusting(store)?;
        let proxies = Arc::new(Proxies::new(network)?);
        let http = http(&tls, &proxies, CONNECT_TIMEOUT)?;
        Ok(Self { http, tls: Arc::new(tls), proxies, warnings: warnings.into() })
    }

    /// An HTTP client with these settings. It follows no redirect and limits a connection attempt
    /// to 10 s. All other limits are the request's.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The same for a request with this time limit in all. The time for connecting ends earlier, so
    /// that a timeout while connecting proves that nothing was sent.
    pub fn http_within(&self, limit: Duration) -> reqwest::Client {
        let connect_timeout = limit.mul_f64(0.9);
        let hasty = (connect_timeout < CONNECT_TIMEOUT)
            .then(|| http(&self.tls, &self.proxies, connect_timeout).ok());
        hasty.flatten().unwrap_or_else(|| self.http.clone())
    }

    /// TLS settings for connections of your own that begin with HTTP/1.1.
    pub fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// The proxy on the way to `target`, if there is one.
    pub fn proxy(&self, target: &Url) -> Option<Proxy> {
        self.proxies.towards(target)
    }

    /// Why a request of [`Self::http`] has no connection to `target`. `None` if it may have been
    /// sent, or if that is unknown. The HTTP client hides the answer of a proxy, so behind a proxy
    /// this connects once more, until `deadline` at the latest.
    pub async fn connect_error(
        &self,
        target: &Url,
        error: &reqwest::Error,
        deadline: Instant,
    ) -> Option<ConnectError> {
        if !error.is_connect() {
            return None;
        }
        let proxy = self.proxy(target);
        let name = authority(target);
        if error.is_timeout() {
            return Some(ConnectError::timeout(name, proxy.as_ref()));
        }
        if proxy.is_none() {
            let host = target.host_str().unwrap_or_default();
            return ConnectError::direct(error, host, name, target.scheme() == "https");
        }
        match self.connect(target, deadline).await {
            // The remaining time, which may have been short, ran out; or now there is a connection.
            Err(ConnectError::ProxyTimeout { .. }) | Ok(_) => None,
            Err(error) => Some(error),
        }
    }

    /// Warnings about the connection settings: one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

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
        let is_secure = target.scheme() == "https";
        let Some(proxy) = proxy else {
            let stream = tcp(target.as_str(), host, authority(target)).await?;
            return if is_secure { self.secure(stream, host).await } else { Ok(stream) };
        };
        let Tunnel { stream, announces_page } = self.through(proxy, target).await?;
        match is_secure {
            true if announces_page => {
                self.secure(stream, host).await.map_err(|error| error.with_page_of(proxy))
            }
            true => self.secure(stream, host).await,
            false => Ok(stream),
        }
    }

    async fn through(&self, proxy: &Proxy, target: &Url) -> Result<Tunnel, ConnectError> {
        let (uri, host) = (proxy.uri().to_string(), proxy.uri().host().unwrap_or_default());
        let connecting = tcp(&uri, host, format!("the proxy {proxy}"));
        let mut stream = connecting.await.map_err(ConnectError::with_proxy_as_target)?;
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

fn http(
    tls: &ClientConfig,
    proxies: &Arc<Proxies>,
    connect_timeout: Duration,
) -> reqwest::Result<reqwest::Client> {
    let routes = Arc::clone(proxies);
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        // Otherwise reqwest reads the environment.
        .no_proxy()
        .proxy(reqwest::Proxy::custom(move |to| routes.towards(to).map(Proxy::into_url)))
        .dns_resolver(Lookup)
        .user_agent(USER_AGENT)
        .connect_timeout(connect_timeout)
        // A redirect must not receive the token.
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    // Passed explicitly, so that no process-wide default has to be installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
pub(crate) mod loopback;

//! The road to the service: which roots are trusted and which proxy is taken, the same for REST and
//! for the WebSocket.

mod proxy;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::config;
use proxy::Proxies;
pub use proxy::Proxy;

/// How this program names itself to servers and proxies.
pub const USER_AGENT: &str = concat!("buildpixel-ci/", env!("CARGO_PKG_VERSION"));

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How to get to servers from here.
#[derive(Clone)]
pub struct Net {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
    proxies: Arc<Proxies>,
}

/// Why there is no way to any server. Shows no credentials.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The extra roots.
    #[error("cannot use the roots of `ca-file`: {0}")]
    Roots(String),
    /// The proxy variable.
    #[error(
        "cannot use the proxy of HTTPS_PROXY or ALL_PROXY: it is no http:// or https:// address"
    )]
    Proxy,
    /// The TLS library.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The HTTP library.
    #[error("cannot set up HTTP")]
    Http(#[from] reqwest::Error),
}

impl Net {
    /// Trusts the system's roots, the compiled-in ones, and those of `network`.
    ///
    /// # Errors
    /// A root or a proxy of `network` is unusable: never does one that was asked for go missing in
    /// silence.
    pub fn new(network: &config::Network) -> Result<Self, NetError> {
        let tls = trusting(roots(&network.extra_roots)?)?;
        let proxies = Arc::new(Proxies::new(network)?);
        let routes = Arc::clone(&proxies);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            // Or reqwest reads the environment.
            .no_proxy()
            .proxy(reqwest::Proxy::custom(move |to| routes.towards(to).map(Proxy::into_url)))
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            // A token must not follow.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, tls: Arc::new(tls), proxies })
    }

    /// An HTTP client that takes this road, follows no redirect and gives up a connection attempt
    /// after 10 s; all other limits are the request's.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// TLS for connections of one's own that speak HTTP/1.1 or begin with it.
    pub fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// The proxy on the way to `target`, if there is one.
    pub fn proxy(&self, target: &Url) -> Option<Proxy> {
        self.proxies.towards(target)
    }
}

fn roots(extra: &[String]) -> Result<RootCertStore, NetError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // A `FROM scratch` image has no store, and an odd certificate in one is not ours to judge.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for pem in extra {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate =
                certificate.map_err(|_| NetError::Roots("this is no PEM text".to_owned()))?;
            roots.add(certificate).map_err(|error| NetError::Roots(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(NetError::Roots("no PEM certificate in it".to_owned()));
        }
    }
    Ok(roots)
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    // Named, so that no process-wide default has to be installed.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Network;

    #[test]
    fn an_extra_root_that_cannot_be_used_is_an_error() {
        let begin = "-----BEGIN CERTIFICATE-----\n";
        let end = "-----END CERTIFICATE-----\n";
        for pem in [String::new(), format!("{begin}????\n{end}"), format!("{begin}AAAA\n{end}")] {
            let network = Network { extra_roots: vec![pem], ..Network::default() };
            assert!(matches!(Net::new(&network), Err(NetError::Roots(_))));
        }
    }
}

//! The reasons why no connection can be prepared at all.

use super::roots::RootsError;

/// Why no server can be reached. Shows no credentials.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The extra roots.
    #[error("cannot use the root certificates of `ca-file`")]
    Roots(#[from] RootsError),
    /// The proxy variable.
    #[error(
        "cannot use the proxy of HTTPS_PROXY or ALL_PROXY: it is not an http:// or https:// URL"
    )]
    Proxy,
    /// The TLS library.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The HTTP library.
    #[error("cannot set up HTTP")]
    Http(#[from] reqwest::Error),
}

impl NetError {
    /// One hint.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Roots(_) => "nothing was triggered; check `ca-file`",
            Self::Proxy => "nothing was triggered; check HTTPS_PROXY and ALL_PROXY",
            Self::Tls(_) | Self::Http(_) => {
                "nothing was triggered; check `ca-file` and the proxy variables"
            }
        }
    }
}

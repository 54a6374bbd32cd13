//! What stands in the way to the service: a proxy that does not let us through, or TLS that does not
//! come about. The same words and hints for REST and for the WebSocket.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::{CertificateError, InvalidMessage};

use super::Proxy;

/// What stands in the way. No request has got there. Shows no credentials.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// 407.
    #[error("the proxy {proxy} wants other credentials (407)")]
    ProxyAuth {
        /// Host and port.
        proxy: String,
    },
    /// The proxy does not let us through.
    #[error("the proxy {proxy} does not let us through: {why}")]
    Proxy {
        /// Host and port.
        proxy: String,
        /// A fragment of a sentence.
        why: String,
    },
    /// It is not known who keeps silent: the proxy, or who is behind it.
    #[error("nothing came back through the proxy {proxy} in time")]
    Silence {
        /// Host and port.
        proxy: String,
    },
    /// TLS did not come about.
    #[error("{}", .fault.words(.host))]
    Tls {
        /// The service, or the proxy.
        host: String,
        /// What is wrong.
        fault: TlsFault,
        /// What rustls or the operating system says.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// What is wrong with TLS, as far as there is something to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// No root that is trusted vouches for the certificate.
    UnknownIssuer,
    /// The certificate has expired or is not valid yet.
    OutOfDate,
    /// The certificate is for other hosts.
    WrongName,
    /// The other side speaks something else.
    NotTls,
    /// The other side hung up.
    HungUp,
    /// Anything else.
    Other,
}

/// What hyper-util's tunnel says of a 407; its type cannot be named.
const TUNNEL: &str = "tunnel error: ";
const TUNNEL_AUTH: &str = "tunnel error: proxy authorization required";

impl Obstacle {
    /// What a failed TLS handshake means; `None` if the connection broke meanwhile.
    pub fn tls(host: &str, error: &io::Error) -> Option<Self> {
        Self::in_chain(host, error)
    }

    /// What kept a request from getting to `host`, as far as it can be told.
    pub(super) fn of(error: &reqwest::Error, host: &str, proxy: Option<&Proxy>) -> Option<Self> {
        let Some(proxy) = proxy else {
            return Self::in_chain(host, error);
        };
        let Some(tunnel) = chain(error).find(|cause| cause.to_string().starts_with(TUNNEL)) else {
            let silence = || Self::Silence { proxy: proxy.to_string() };
            let silent = error.is_timeout().then(silence);
            return silent.or_else(|| Self::in_chain(host, error));
        };
        if tunnel.to_string() == TUNNEL_AUTH {
            return Some(Self::ProxyAuth { proxy: proxy.to_string() });
        }
        let of_proxy = Self::in_chain(proxy.uri().host().unwrap_or_default(), tunnel);
        Some(of_proxy.unwrap_or_else(|| {
            let why = match tunnel.source() {
                Some(_) => chain(tunnel).skip(1).map(ToString::to_string).collect(),
                None => vec!["it refused, or is no HTTP proxy".to_owned()],
            };
            Self::Proxy { proxy: proxy.to_string(), why: why.join(": ") }
        }))
    }

    /// A proxy that does not answer CONNECT.
    pub fn silent(proxy: &Proxy) -> Self {
        Self::Proxy { proxy: proxy.to_string(), why: "no answer in time".to_owned() }
    }

    fn in_chain(host: &str, error: &(dyn Error + 'static)) -> Option<Self> {
        chain(error).find_map(|error| {
            let (fault, cause): (_, Box<dyn Error + Send + Sync>) = match rustls_error(error) {
                Some(error) => (TlsFault::of(error), Box::new(error.clone())),
                None => {
                    let broken = error.downcast_ref::<io::Error>()?;
                    // The words of tokio-rustls; the end of any other stream is none of ours.
                    (broken.to_string() == "tls handshake eof").then_some(())?;
                    (TlsFault::HungUp, Box::new(io::Error::from(broken.kind())))
                }
            };
            Some(Self::Tls { host: host.to_owned(), fault, cause })
        })
    }

    /// Whether it is there until somebody does something about it.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::ProxyAuth { .. } => true,
            Self::Proxy { .. } | Self::Silence { .. } => false,
            Self::Tls { fault, .. } => match fault {
                TlsFault::UnknownIssuer
                | TlsFault::OutOfDate
                | TlsFault::WrongName
                | TlsFault::NotTls => true,
                TlsFault::HungUp | TlsFault::Other => false,
            },
        }
    }

    /// What to do about it: one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ProxyAuth { .. } => {
                "put user name and password for the proxy into HTTPS_PROXY: http://user:password@host:port"
            }
            Self::Proxy { .. } | Self::Silence { .. } => {
                "check HTTPS_PROXY or ALL_PROXY, and whether the proxy allows CONNECT to the host of `api-url`; \
                 NO_PROXY names hosts that need none"
            }
            Self::Tls { fault, .. } => fault.hint(),
        }
    }
}

impl TlsFault {
    fn of(error: &rustls::Error) -> Self {
        use CertificateError as Certificate;
        use rustls::Error;
        match error {
            Error::InvalidCertificate(certificate) => match certificate {
                Certificate::UnknownIssuer => Self::UnknownIssuer,
                Certificate::Expired
                | Certificate::ExpiredContext { .. }
                | Certificate::NotValidYet
                | Certificate::NotValidYetContext { .. } => Self::OutOfDate,
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::WrongName
                }
                _ => Self::Other,
            },
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            _ => Self::Other,
        }
    }

    fn words(self, host: &str) -> impl fmt::Display {
        match self {
            Self::UnknownIssuer => {
                format!("the certificate of {host} is by an issuer that is not trusted")
            }
            Self::OutOfDate => {
                format!("the certificate of {host} has expired, or is not valid yet")
            }
            Self::WrongName => format!("the certificate of {host} is for another host"),
            Self::NotTls => format!("{host} does not speak TLS"),
            Self::HungUp => format!("{host} hung up while TLS was being set up"),
            Self::Other => format!("cannot set up TLS with {host}"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "if it is by an authority of your own, or by a proxy that looks into TLS, give that root \
                 certificate as `ca-file`"
            }
            Self::OutOfDate => {
                "check the clock of this machine; if it is right, the certificate has to be renewed"
            }
            Self::WrongName => "check the host in `api-url` and in the proxy variables",
            Self::NotTls => {
                "check host and port of `api-url`; for a plain proxy, HTTPS_PROXY begins with http://"
            }
            Self::HungUp | Self::Other => {
                "check `api-url`, the proxy variables and what else stands between here and BuildPixel"
            }
        }
    }
}

/// An error and what it came from.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Where an I/O error wraps another one, its source is the other one's source.
fn rustls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.downcast_ref().or_else(|| match wrapped? {
        inner if inner.is::<io::Error>() => rustls_error(inner),
        inner => inner.downcast_ref(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use simulator::road::{ConnectProxy, serve};
    use tokio::io::AsyncReadExt;
    use url::Url;

    use crate::config::{Network, Secret};
    use crate::net::loopback::net;

    #[tokio::test]
    async fn a_silence_behind_the_proxy_is_not_blamed_on_the_proxy() {
        let mute = serve(async |mut stream| stream.read_to_end(&mut Vec::new()).await.map(drop));
        let mute = mute.await.unwrap();
        let connects = ConnectProxy::to(mute).await.unwrap().address;
        for proxy in [connects, mute] {
            let https_proxy = Some(Secret::new(proxy.to_string()));
            let net = net(&Network { https_proxy, ..Network::default() });
            let target = Url::parse("https://api.buildpixel.test").unwrap();
            let proxy = net.proxy(&target).unwrap();
            let hasty = reqwest::Client::builder()
                .tls_backend_preconfigured((*net.tls()).clone())
                .proxy(reqwest::Proxy::all(proxy.clone().into_url()).unwrap())
                .connect_timeout(Duration::from_millis(200));
            let error = hasty.build().unwrap().get(target.clone()).send().await.unwrap_err();
            let obstacle = net.obstacle(&target, &error).unwrap();
            assert_eq!(
                obstacle.to_string(),
                format!("nothing came back through the proxy {proxy} in time")
            );
            assert!(!obstacle.is_lasting() && obstacle.hint().contains("CONNECT"));
        }
    }
}

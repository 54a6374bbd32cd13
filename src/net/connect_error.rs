//! The reasons why there is no connection to the service: name lookup, TCP, a proxy, or TLS. REST
//! and the WebSocket use the same messages and hints.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use rustls::{CertificateError, InvalidMessage, OtherError};

use super::lookup::LookupError;
use super::proxy::Proxy;
use crate::causes::{copy, walk};
use crate::threads;

/// Why there is no connection. No part of a request was sent. Shows no credentials.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("cannot look up {}{host}", if *.of_proxy { "the proxy " } else { "" })]
    Lookup {
        /// The service's name, or the proxy's.
        host: String,
        /// True for the proxy.
        of_proxy: bool,
        /// The operating system's error.
        #[source]
        cause: LookupError,
    },
    /// TCP.
    #[error("cannot connect to {target}")]
    Tcp {
        /// Host and port, or the proxy.
        target: String,
        /// True for the proxy.
        of_proxy: bool,
        /// The operating system's error.
        #[source]
        cause: io::Error,
    },
    /// The time for connecting ran out, and there is no proxy.
    #[error("no answer from {target} in time")]
    Timeout {
        /// Host and port.
        target: String,
    },
    /// The time for connecting ran out. The proxy, or the service behind it, is silent.
    #[error("no answer through the proxy {proxy} in time")]
    ProxyTimeout {
        /// Host and port.
        proxy: String,
    },
    /// 407.
    #[error("the proxy {proxy} {} (407)", wants(.only.as_deref()))]
    ProxyAuth {
        /// Host and port.
        proxy: String,
        /// The schemes that it offers, if it does not offer Basic.
        only: Option<String>,
    },
    /// The proxy refuses the tunnel.
    #[error("the proxy {proxy} refuses the connection: {answer}")]
    Proxy {
        /// Host and port.
        proxy: String,
        /// Its answer to CONNECT.
        answer: ProxyAnswer,
    },
    /// The TLS handshake failed.
    #[error("{}", .fault.text(.host))]
    Tls {
        /// The service, or the proxy.
        host: String,
        /// The problem.
        fault: TlsFault,
        /// The error of rustls or the operating system.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// A proxy's answer to CONNECT that opens no tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyAnswer {
    /// This HTTP status.
    Status(u16),
    /// Something that is not HTTP.
    NotHttp,
    /// A head that does not end.
    Endless,
    /// It closed the connection first.
    HungUp,
    /// 200 and a page, as a web server does.
    NoTunnel,
}

/// A problem with TLS that the user can fix, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// No trusted root vouches for the certificate.
    UnknownIssuer,
    /// The certificate has expired or is not valid yet.
    OutOfDate,
    /// The certificate is for other hosts.
    WrongName,
    /// The certificate has no subject alternative name, so it is for no host.
    NoName,
    /// The server presents the certificate of an authority, in most cases its own self-signed one.
    OfAuthority,
    /// The certificate cannot be used for another reason.
    BadCertificate,
    /// The server speaks another protocol.
    NotTls,
    /// The server closed the connection.
    HungUp,
    /// Anything else.
    Other,
}

impl ConnectError {
    /// Name lookup or TCP failed on the way to `target`, or to the proxy.
    pub(super) fn tcp(target: String, host: &str, error: &(dyn Error + 'static)) -> Self {
        Self::lookup(host, error).unwrap_or_else(|| {
            let cause = io_error(error).map_or_else(|| io::Error::other(error.to_string()), copy);
            Self::Tcp { target, of_proxy: false, cause }
        })
    }

    /// The handshake failed.
    pub(super) fn tls(host: &str, error: &io::Error) -> Self {
        let (fault, cause): (_, Box<dyn Error + Send + Sync>) = match rustls_error(error) {
            // The text around the cause would be that of Rust's debugging.
            Some(rustls::Error::InvalidCertificate(CertificateError::Other(other))) => {
                (TlsFault::of_other(other), other.to_string().into())
            }
            Some(error) => (TlsFault::of(error), Box::new(error.clone())),
            None if is_hang_up(error.kind()) => (TlsFault::HungUp, Box::new(plain(error))),
            None => (TlsFault::Other, Box::new(copy(error))),
        };
        Self::Tls { host: host.to_owned(), fault, cause }
    }

    /// Reads the types in the error chain of an HTTP client that used no proxy. `host` and `target`
    /// name the service; `is_tls` says whether TLS follows TCP.
    pub(super) fn direct(
        error: &(dyn Error + 'static),
        host: &str,
        target: String,
        is_tls: bool,
    ) -> Option<Self> {
        if let Some(lookup) = Self::lookup(host, error) {
            return Some(lookup);
        }
        let io = io_error(error)?;
        // The kernel reports a broken connection only once it was open: then TLS had begun.
        match is_tls && (rustls_error(io).is_some() || is_hang_up(io.kind())) {
            true => Some(Self::tls(host, io)),
            false => Some(Self::Tcp { target, of_proxy: false, cause: copy(io) }),
        }
    }

    fn lookup(host: &str, error: &(dyn Error + 'static)) -> Option<Self> {
        let cause = walk(error).find_map(|error| error.downcast_ref::<LookupError>())?;
        Some(Self::Lookup { host: host.to_owned(), of_proxy: false, cause: cause.clone() })
    }

    /// The same on the way to the proxy.
    pub(super) fn with_proxy_as_target(mut self) -> Self {
        if let Self::Lookup { of_proxy, .. } | Self::Tcp { of_proxy, .. } = &mut self {
            *of_proxy = true;
        }
        self
    }

    /// The same for TLS behind an answer to CONNECT that announced a page.
    pub(super) fn with_page_of(self, proxy: &Proxy) -> Self {
        match self {
            Self::Tls { fault: TlsFault::NotTls | TlsFault::HungUp, .. } => {
                Self::Proxy { proxy: proxy.to_string(), answer: ProxyAnswer::NoTunnel }
            }
            other => other,
        }
    }

    /// The time ran out.
    pub(super) fn timeout(target: String, proxy: Option<&Proxy>) -> Self {
        match proxy {
            Some(proxy) => Self::ProxyTimeout { proxy: proxy.to_string() },
            None => Self::Timeout { target },
        }
    }

    /// True if it lasts until somebody changes something, so that a retry is useless.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::ProxyAuth { .. } => true,
            Self::Proxy { answer, .. } => answer.is_lasting(),
            Self::Lookup { .. }
            | Self::Tcp { .. }
            | Self::Timeout { .. }
            | Self::ProxyTimeout { .. } => false,
            Self::Tls { fault, .. } => match fault {
                TlsFault::UnknownIssuer
                | TlsFault::OutOfDate
                | TlsFault::WrongName
                | TlsFault::NoName
                | TlsFault::OfAuthority
                | TlsFault::BadCertificate
                | TlsFault::NotTls => true,
                TlsFault::HungUp | TlsFault::Other => false,
            },
        }
    }

    /// One hint.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lookup { cause: LookupError::NoThread(_), .. } => threads::HINT,
            Self::Lookup { of_proxy: true, .. } | Self::Tcp { of_proxy: true, .. } => {
                "check the host and port in HTTPS_PROXY or ALL_PROXY, and whether the proxy runs; NO_PROXY names \
                 hosts that need none"
            }
            Self::Lookup { .. } | Self::Tcp { .. } | Self::Timeout { .. } => {
                "check `api-url`, the proxy variables and, for a certificate of your own, `ca-file`"
            }
            Self::ProxyAuth { only: Some(_), .. } => {
                "let the proxy accept Basic credentials from this machine, or set HTTPS_PROXY to a local proxy \
                 that speaks its scheme"
            }
            Self::ProxyAuth { only: None, .. } => {
                "put user name and password for the proxy into HTTPS_PROXY: http://user:password@host:port"
            }
            Self::Proxy { .. } | Self::ProxyTimeout { .. } => {
                "check HTTPS_PROXY or ALL_PROXY, and whether the proxy allows CONNECT to the host of `api-url`; \
                 NO_PROXY names hosts that need none"
            }
            Self::Tls { fault, .. } => fault.hint(),
        }
    }
}

impl ProxyAnswer {
    /// A policy lasts, and so does a server that is no proxy. A proxy recovers if it is overloaded
    /// or cannot reach the service or its name server; some answer 404 then.
    fn is_lasting(self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 400 | 401 | 403 | 405 | 501),
            Self::NoTunnel => true,
            Self::NotHttp | Self::Endless | Self::HungUp => false,
        }
    }
}

impl fmt::Display for ProxyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::NotHttp => f.write_str("it does not speak HTTP"),
            Self::Endless => f.write_str("its answer does not end"),
            Self::HungUp => f.write_str("it closed the connection"),
            Self::NoTunnel => {
                f.write_str("it answered 200 with a page, so it is a web server and no proxy")
            }
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
                Certificate::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                    Self::NoName
                }
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    Self::WrongName
                }
                Certificate::Other(other) => Self::of_other(other),
                _ => Self::BadCertificate,
            },
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            _ => Self::Other,
        }
    }

    /// An error for which rustls has no word.
    fn of_other(error: &OtherError) -> Self {
        match error.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => Self::OfAuthority,
            _ => Self::BadCertificate,
        }
    }

    fn text(self, host: &str) -> impl fmt::Display {
        match self {
            Self::UnknownIssuer => {
                format!("the certificate of {host} has an issuer that is not trusted")
            }
            Self::OutOfDate => {
                format!("the certificate of {host} has expired, or is not valid yet")
            }
            Self::WrongName => format!("the certificate of {host} is for another host"),
            Self::NoName => format!("the certificate of {host} has no subject alternative name"),
            Self::OfAuthority => {
                format!(
                    "the certificate of {host} is that of an authority, and not that of a server"
                )
            }
            Self::BadCertificate => format!("the certificate of {host} cannot be used"),
            Self::NotTls => format!("{host} does not speak TLS"),
            Self::HungUp => format!("{host} closed the connection during the TLS handshake"),
            Self::Other => format!("cannot set up TLS with {host}"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "if your own authority or an inspecting proxy issued it, pass that root certificate as \
                 `ca-file`"
            }
            Self::OutOfDate => {
                "check the clock of this machine; if it is right, the certificate has to be renewed"
            }
            Self::WrongName => "check the host in `api-url` and in the proxy variables",
            Self::NoName => {
                "issue the certificate again with the host as subject alternative name; its common name does not \
                 count"
            }
            Self::OfAuthority => {
                "give the server a certificate of its own (CA:FALSE) that this authority has signed, and pass the \
                 authority's as `ca-file`"
            }
            Self::BadCertificate => "issue the certificate again, as one for a TLS server",
            Self::NotTls => {
                "check host and port of `api-url`, and that HTTPS_PROXY names a proxy and no web server; for a \
                 plain proxy it begins with http://"
            }
            Self::HungUp | Self::Other => {
                "check `api-url`, the proxy variables and any firewall in front of BuildPixel"
            }
        }
    }
}

fn wants(only: Option<&str>) -> String {
    match only {
        Some(schemes) => format!("accepts no Basic credentials, only {schemes}"),
        None => "requires other credentials".to_owned(),
    }
}

/// The innermost I/O error. The source of a wrapping I/O error is the wrapped error's own source,
/// so the chain skips it.
fn io_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    let outermost = walk(error).find_map(|error| error.downcast_ref::<io::Error>())?;
    let inner = |error: &&'e io::Error| error.get_ref()?.downcast_ref::<io::Error>();
    std::iter::successors(Some(outermost), inner).last()
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    io_error(error)?.get_ref()?.downcast_ref()
}

pub(super) fn is_hang_up(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

/// The same without the text of the library that read from the connection.
fn plain(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests;

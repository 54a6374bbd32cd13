//! Why there is no connection to the service: name lookup, TCP, a proxy, or TLS. REST and the WebSocket
//! use the same words and hints.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use rustls::{CertificateError, InvalidMessage};

use super::Proxy;
use super::lookup::LookupError;
use crate::causes::walk;
use crate::threads;

/// Why there is no connection. Nothing of a request was sent. Shows no credentials.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("cannot look up {host}")]
    Lookup {
        /// The service's name, or the proxy's.
        host: String,
        /// What the operating system says.
        #[source]
        cause: LookupError,
    },
    /// TCP.
    #[error("cannot connect to {target}")]
    Tcp {
        /// Host and port, or the proxy.
        target: String,
        /// What the operating system says.
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
    #[error("nothing came back through the proxy {proxy} in time")]
    ProxyTimeout {
        /// Host and port.
        proxy: String,
    },
    /// 407.
    #[error("the proxy {proxy} wants other credentials (407)")]
    ProxyAuth {
        /// Host and port.
        proxy: String,
    },
    /// The proxy does not let us through.
    #[error("the proxy {proxy} does not let us through: {answer}")]
    Proxy {
        /// Host and port.
        proxy: String,
        /// What it answered to CONNECT.
        answer: ProxyAnswer,
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
}

/// What is wrong with TLS, as far as there is something to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// No trusted root vouches for the certificate.
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

impl ConnectError {
    /// Name lookup or TCP failed on the way to `target`, or to the proxy.
    pub(super) fn tcp(target: String, host: &str, error: &(dyn Error + 'static)) -> Self {
        Self::lookup(host, error).unwrap_or_else(|| {
            let cause = io_error(error).map_or_else(|| io::Error::other(error.to_string()), copy);
            Self::Tcp { target, cause }
        })
    }

    /// The handshake failed.
    pub(super) fn tls(host: &str, error: &io::Error) -> Self {
        let (fault, cause): (_, Box<dyn Error + Send + Sync>) = match rustls_error(error) {
            Some(error) => (TlsFault::of(error), Box::new(error.clone())),
            None if is_hang_up(error.kind()) => (TlsFault::HungUp, Box::new(plain(error))),
            None => (TlsFault::Other, Box::new(copy(error))),
        };
        Self::Tls { host: host.to_owned(), fault, cause }
    }

    /// What the types in the chain of an HTTP client's error say, where no proxy is on the way.
    /// `host` and `target` name the service; `is_tls` says whether TLS follows TCP.
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
        // The kernel reports a connection that breaks only once it stands: then TLS had begun.
        match is_tls && (rustls_error(io).is_some() || is_hang_up(io.kind())) {
            true => Some(Self::tls(host, io)),
            false => Some(Self::Tcp { target, cause: copy(io) }),
        }
    }

    fn lookup(host: &str, error: &(dyn Error + 'static)) -> Option<Self> {
        let cause = walk(error).find_map(|error| error.downcast_ref::<LookupError>())?;
        Some(Self::Lookup { host: host.to_owned(), cause: cause.clone() })
    }

    /// The time ran out.
    pub(super) fn timeout(target: String, proxy: Option<&Proxy>) -> Self {
        match proxy {
            Some(proxy) => Self::ProxyTimeout { proxy: proxy.to_string() },
            None => Self::Timeout { target },
        }
    }

    /// Whether it stays until somebody changes something: trying again is in vain.
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
                | TlsFault::NotTls => true,
                TlsFault::HungUp | TlsFault::Other => false,
            },
        }
    }

    /// What to do about it: one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Lookup { cause: LookupError::NoThread(_), .. } => threads::HINT,
            Self::Lookup { .. } | Self::Tcp { .. } | Self::Timeout { .. } => {
                "check `api-url`, the proxy variables and, for a certificate of your own, `ca-file`"
            }
            Self::ProxyAuth { .. } => {
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
    /// A policy, or a server that is no proxy, stays. A proxy that is overloaded or cannot reach the
    /// service, or its name server, recovers: some say so with 404.
    fn is_lasting(self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 400 | 401 | 403 | 405 | 501),
            Self::NotHttp | Self::Endless | Self::HungUp => false,
        }
    }
}

impl fmt::Display for ProxyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::NotHttp => f.write_str("it does not speak HTTP"),
            Self::Endless => f.write_str("its answer has no end"),
            Self::HungUp => f.write_str("it hung up"),
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

/// The innermost I/O error. The source of one that wraps another is the other one's source, so the
/// chain does not lead there.
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

/// The same without the words of the library that read from the connection.
fn plain(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// I/O errors cannot be cloned.
fn copy(error: &io::Error) -> io::Error {
    let made = || io::Error::new(error.kind(), error.to_string());
    error.raw_os_error().map_or_else(made, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use simulator::road::{ConnectProxy, serve};
    use tokio::io::AsyncReadExt;
    use tokio::time::Instant;
    use url::Url;

    use super::*;
    use crate::causes::one_line;
    use crate::config::{Network, Secret};
    use crate::net::Net;
    use crate::net::loopback::net;

    /// Longer than any of these tests needs.
    const LONG: Duration = Duration::from_secs(20);

    fn by(proxy: impl fmt::Display) -> Net {
        let https_proxy = Some(Secret::new(proxy.to_string()));
        net(&Network { https_proxy, ..Network::default() })
    }

    /// What a request over REST says, and what a connection of the WebSocket says.
    async fn over_both(net: &Net, target: &str, limit: Duration) -> [ConnectError; 2] {
        let target = Url::parse(target).unwrap();
        let error = net.http_within(limit).get(target.clone()).send().await.unwrap_err();
        let by_rest = net.connect_error(&target, &error, Instant::now() + LONG).await.unwrap();
        let by_socket = net.connect(&target, Instant::now() + limit).await.err().unwrap();
        [by_rest, by_socket]
    }

    async fn words(net: &Net, target: &str) -> (String, bool) {
        let [by_rest, by_socket] = over_both(net, target, LONG).await;
        assert_eq!(one_line(&by_rest), one_line(&by_socket));
        assert_eq!(by_rest.hint(), by_socket.hint());
        assert_eq!(by_rest.is_lasting(), by_socket.is_lasting());
        (one_line(&by_rest), by_rest.is_lasting())
    }

    #[tokio::test]
    async fn rest_and_websocket_tell_a_refused_tunnel_in_the_same_words_with_its_status() {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        for (answer, why, is_lasting) in [
            ("HTTP/1.1 400 Bad Request", "it answered 400", true),
            ("HTTP/1.0 403 Forbidden", "it answered 403", true),
            ("HTTP/1.1 405 Method Not Allowed", "it answered 405", true),
            ("HTTP/1.1 501 Not Implemented", "it answered 501", true),
            ("HTTP/1.1 404 Not Found", "it answered 404", false),
            ("HTTP/1.1 429 Too Many Requests", "it answered 429", false),
            ("HTTP/1.1 500 Unable to connect", "it answered 500", false),
            ("HTTP/1.1 502 Bad Gateway", "it answered 502", false),
            ("HTTP/1.1 503 Service Unavailable", "it answered 503", false),
            ("HTTP/1.1 504 Gateway Timeout", "it answered 504", false),
            ("SSH-2.0-x 200 y", "it does not speak HTTP", false),
        ] {
            let proxy = ConnectProxy::answering(answer, nowhere).await.unwrap();
            let address = proxy.address;
            let expected = format!("the proxy {address} does not let us through: {why}");
            let net = by(address);
            assert_eq!(words(&net, "https://api.buildpixel.test").await, (expected, is_lasting));
            // One request, one question why, and the WebSocket's own.
            assert_eq!(proxy.heads().len(), 3, "{answer}");
        }
        let proxy = ConnectProxy::for_members("Basic eDp5", nowhere).await.unwrap();
        let expected = format!("the proxy {} wants other credentials (407)", proxy.address);
        let net = by(format!("ci:hunter2@{}", proxy.address));
        assert_eq!(words(&net, "https://api.buildpixel.test").await, (expected, true));
    }

    #[tokio::test]
    async fn rest_and_websocket_tell_an_answer_that_never_comes_in_the_same_words() {
        let mute = serve(async |mut stream| stream.read_to_end(&mut Vec::new()).await.map(drop));
        let mute = mute.await.unwrap();
        let connects = ConnectProxy::to(mute).await.unwrap().address;
        let hasty = Duration::from_millis(300);
        // It is not known who is silent: the proxy, or the service behind it.
        for proxy in [connects, mute] {
            for error in over_both(&by(proxy), "https://api.buildpixel.test", hasty).await {
                let expected = format!("nothing came back through the proxy {proxy} in time");
                assert_eq!(one_line(&error), expected);
                assert!(!error.is_lasting() && error.hint().contains("CONNECT"));
            }
        }
        let target = format!("https://localhost:{}", mute.port());
        for error in over_both(&net(&Network::default()), &target, hasty).await {
            assert_eq!(
                one_line(&error),
                format!("no answer from localhost:{} in time", mute.port())
            );
        }
    }

    #[tokio::test]
    async fn rest_and_websocket_tell_a_closed_port_and_an_unknown_name_in_the_same_words() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        let direct = net(&Network::default());
        let (text, _) = words(&direct, &format!("http://{closed}")).await;
        assert!(text.starts_with(&format!("cannot connect to {closed}: ")), "{text}");
        assert_eq!(text.matches("refused").count(), 1, "{text}");
        let (text, _) = words(&by(closed), "https://api.buildpixel.test").await;
        assert!(text.starts_with(&format!("cannot connect to the proxy {closed}: ")), "{text}");

        // Too long a name to be asked of any server.
        let name = "x".repeat(64);
        let (text, is_lasting) = words(&direct, &format!("http://{name}.test:1")).await;
        assert!(text.starts_with(&format!("cannot look up {name}.test: ")), "{text}");
        assert!(!is_lasting);
        let (text, _) = words(&by(format!("{name}:1")), "https://api.buildpixel.test").await;
        assert!(text.starts_with(&format!("cannot look up {name}: ")), "{text}");
    }

    #[tokio::test]
    async fn rest_and_websocket_tell_a_peer_that_hangs_up_in_the_same_words() {
        // All that it was sent was read, so the connection is closed and not reset.
        let gone = serve(async |mut stream| {
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).await?;
            let length = u16::from_be_bytes([hello[3], hello[4]]);
            stream.read_exact(&mut vec![0; length.into()]).await.map(drop)
        });
        let gone = gone.await.unwrap();
        let target = format!("https://localhost:{}", gone.port());
        let (text, _) = words(&net(&Network::default()), &target).await;
        let expected = "localhost hung up while TLS was being set up: unexpected end of file";
        assert_eq!(text, expected);

        let rude = serve(async |mut stream| {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut head).await?;
            }
            Ok(())
        });
        let rude = rude.await.unwrap();
        let (text, _) = words(&by(rude), "https://api.buildpixel.test").await;
        assert_eq!(text, format!("the proxy {rude} does not let us through: it hung up"));
    }

    #[tokio::test]
    async fn a_reset_is_a_peer_that_hung_up_once_tls_has_begun() {
        for (kind, fault) in [
            (ErrorKind::ConnectionReset, TlsFault::HungUp),
            (ErrorKind::UnexpectedEof, TlsFault::HungUp),
            (ErrorKind::BrokenPipe, TlsFault::HungUp),
            (ErrorKind::PermissionDenied, TlsFault::Other),
        ] {
            let error = ConnectError::tls("a.test", &kind.into());
            assert!(matches!(error, ConnectError::Tls { fault: f, .. } if f == fault), "{error:?}");
        }
    }
}

//! Servers on loopback for the tests of REST and WebSocket alike: a TLS front with a private CA, and
//! an HTTP proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Net;
use crate::config::Network;

/// A certificate authority of our own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A road that trusts it.
    pub(crate) fn trusted(&self) -> Network {
        Network { extra_roots: vec![self.0.pem()], ..Network::default() }
    }

    /// Puts TLS for `name` in front of a server.
    pub(crate) async fn front(&self, name: &str, upstream: SocketAddr) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        serve(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await?;
                forward(&mut stream, upstream).await
            }
        })
        .await
    }
}

/// An HTTP proxy for CONNECT, on which every road leads to the same server.
pub(crate) struct ConnectProxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub(crate) async fn to(upstream: SocketAddr) -> Self {
        Self::answering("HTTP/1.1 200 Connection established", upstream).await
    }

    /// One with another status line; only 200 connects.
    pub(crate) async fn answering(status_line: &'static str, upstream: SocketAddr) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let journal = Arc::clone(&heads);
        let address = serve(move |stream| {
            let journal = Arc::clone(&journal);
            async move {
                let mut stream = BufReader::new(stream);
                let head = head(&mut stream).await?;
                journal.lock().unwrap().push(head);
                let answer = format!("{status_line}\r\nVia: 1.1 loopback\r\n\r\n");
                stream.write_all(answer.as_bytes()).await?;
                if status_line.contains(" 200 ") {
                    forward(&mut stream, upstream).await?;
                }
                Ok(())
            }
        })
        .await;
        Self { address, heads }
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// A server that answers any request with these bytes and hangs up.
pub(crate) async fn answering(answer: impl Into<String>) -> SocketAddr {
    let answer = answer.into();
    serve(move |stream| {
        let answer = answer.clone();
        async move {
            let mut stream = BufReader::new(stream);
            head(&mut stream).await?;
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            // Or the rest of the request makes the kernel reset the connection.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
        }
    })
    .await
}

/// The road, which must be usable.
pub(crate) fn net(network: &Network) -> Net {
    Net::new(network).unwrap()
}

/// Serves every connection to a fresh port.
pub(crate) async fn serve<F, W>(connection: F) -> SocketAddr
where
    F: Fn(TcpStream) -> W + Send + 'static,
    W: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream));
        }
    });
    address
}

/// What precedes the body of a request.
async fn head(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await? > 0 {}
    Ok(head)
}

async fn forward<S>(stream: &mut S, upstream: SocketAddr) -> std::io::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut upstream = TcpStream::connect(upstream).await?;
    copy_bidirectional(stream, &mut upstream).await.map(drop)
}

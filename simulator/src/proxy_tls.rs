//! HTTP proxies and TLS with a private authority, for tests of the client's network. Each server listens on
//! a loopback port of its own.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, copy, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate authority of our own.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Makes a new authority, which nobody trusts yet.
    ///
    /// # Errors
    /// Those of the cryptography.
    pub fn new() -> anyhow::Result<Self> {
        let mut params = CertificateParams::new([])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its certificate. A client that gets it as a root trusts the authority.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Puts TLS for `name` in front of a server.
    ///
    /// # Errors
    /// Those of the cryptography and of the port.
    pub async fn front(&self, name: &str, upstream: SocketAddr) -> anyhow::Result<SocketAddr> {
        let params = CertificateParams::new([name.to_owned()])?;
        self.serve(params, upstream, None).await
    }

    /// The same with a certificate of the last century.
    ///
    /// # Errors
    /// Those of [`Self::front`].
    pub async fn expired_front(
        &self,
        name: &str,
        upstream: SocketAddr,
    ) -> anyhow::Result<SocketAddr> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.not_before = rcgen::date_time_ymd(1998, 1, 1);
        params.not_after = rcgen::date_time_ymd(1999, 1, 1);
        self.serve(params, upstream, None).await
    }

    /// The same with a certificate that names the host only as its common name.
    ///
    /// # Errors
    /// Those of [`Self::front`].
    pub async fn front_without_names(
        &self,
        name: &str,
        upstream: SocketAddr,
    ) -> anyhow::Result<SocketAddr> {
        let mut params = CertificateParams::new([])?;
        params.distinguished_name.push(DnType::CommonName, name);
        self.serve(params, upstream, None).await
    }

    /// The same with a certificate for clients only.
    ///
    /// # Errors
    /// Those of [`Self::front`].
    pub async fn front_for_clients(
        &self,
        name: &str,
        upstream: SocketAddr,
    ) -> anyhow::Result<SocketAddr> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.serve(params, upstream, None).await
    }

    /// Puts TLS in front of a server, with the authority's own certificate instead of one for the server.
    ///
    /// # Errors
    /// Those of [`Self::front`].
    pub async fn front_as_authority(&self, upstream: SocketAddr) -> anyhow::Result<SocketAddr> {
        let key = self.0.key().serialize_der();
        serve_tls(self.0.der().clone(), key, upstream, None).await
    }

    /// The same with an inspecting proxy: a request that upgrades the connection to WebSocket gets
    /// `answer` instead.
    ///
    /// # Errors
    /// Those of [`Self::front`].
    pub async fn front_without_websocket(
        &self,
        name: &str,
        upstream: SocketAddr,
        answer: &'static str,
    ) -> anyhow::Result<SocketAddr> {
        let params = CertificateParams::new([name.to_owned()])?;
        self.serve(params, upstream, Some(answer)).await
    }

    async fn serve(
        &self,
        params: CertificateParams,
        upstream: SocketAddr,
        instead_of_upgrade: Option<&'static str>,
    ) -> anyhow::Result<SocketAddr> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?.der().clone();
        serve_tls(certificate, key.serialize_der(), upstream, instead_of_upgrade).await
    }
}

async fn serve_tls(
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    upstream: SocketAddr,
    instead_of_upgrade: Option<&'static str>,
) -> anyhow::Result<SocketAddr> {
    let key = PrivateKeyDer::try_from(key).map_err(|why| anyhow!(why))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = BufReader::new(acceptor.accept(stream).await?);
            let head = head(&mut stream).await?;
            match instead_of_upgrade.filter(|_| asks_for_websocket(&head)) {
                Some(answer) => {
                    stream.write_all(answer.as_bytes()).await?;
                    stream.shutdown().await
                }
                None => forward(&mut stream, upstream, head.as_bytes()).await,
            }
        }
    })
    .await
}

/// An HTTP proxy for CONNECT that connects every client to the same server.
#[derive(Debug)]
pub struct ConnectProxy {
    /// The address that it listens on.
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    /// A proxy that accepts every client.
    ///
    /// # Errors
    /// Those of the port.
    pub async fn to(upstream: SocketAddr) -> anyhow::Result<Self> {
        Self::answering("HTTP/1.1 200 Connection established", upstream).await
    }

    /// A proxy that accepts only clients with this `Proxy-Authorization`.
    ///
    /// # Errors
    /// Those of the port.
    pub async fn for_members(
        authorization: &'static str,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        let line = format!("proxy-authorization: {authorization}").to_ascii_lowercase();
        let answer = move |head: &str| match head.to_ascii_lowercase().lines().any(|l| l == line) {
            true => "HTTP/1.1 200 Connection established",
            false => {
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\""
            }
        };
        Self::deciding(answer, upstream).await
    }

    /// A proxy with another status line; only 200 connects.
    ///
    /// # Errors
    /// Those of the port.
    pub async fn answering(
        status_line: &'static str,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        Self::deciding(move |_| status_line, upstream).await
    }

    /// A proxy that computes its status line from the head of the request; only 200 connects.
    ///
    /// # Errors
    /// Those of the port.
    pub async fn deciding(
        answer: impl Fn(&str) -> &'static str + Clone + Send + Sync + 'static,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let journal = Arc::clone(&heads);
        let address = serve(move |stream| {
            let (journal, answer) = (Arc::clone(&journal), answer.clone());
            async move {
                let mut stream = BufReader::new(stream);
                let head = head(&mut stream).await?;
                let status_line = answer(&head);
                journal.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                let answer = format!("{status_line}\r\nVia: 1.1 loopback\r\n\r\n");
                stream.write_all(answer.as_bytes()).await?;
                match status_line.contains(" 200 ") {
                    true => forward(&mut stream, upstream, b"").await,
                    false => Ok(()),
                }
            }
        })
        .await?;
        Ok(Self { address, heads })
    }

    /// The heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server that answers any request with these bytes and disconnects.
///
/// # Errors
/// Those of the port.
pub async fn answering(answer: impl Into<Vec<u8>>) -> anyhow::Result<SocketAddr> {
    let answer: Vec<u8> = answer.into();
    serve(move |stream| {
        let answer = answer.clone();
        async move {
            let mut stream = BufReader::new(stream);
            head(&mut stream).await?;
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
            // Otherwise the unread rest of the request makes the kernel reset the connection.
            copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
        }
    })
    .await
}

/// Serves every connection to a fresh port.
///
/// # Errors
/// Those of the port.
pub async fn serve<F, W>(connection: F) -> anyhow::Result<SocketAddr>
where
    F: Fn(TcpStream) -> W + Send + 'static,
    W: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream));
        }
    });
    Ok(address)
}

/// Reads the head of a request.
///
/// # Errors
/// Those of the connection.
pub async fn head<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await? > 0 {}
    Ok(head)
}

fn asks_for_websocket(head: &str) -> bool {
    head.to_ascii_lowercase().contains("\r\nupgrade: websocket\r\n")
}

/// Connects both ends; `first` was read from the stream already.
async fn forward<S>(
    stream: &mut BufReader<S>,
    upstream: SocketAddr,
    first: &[u8],
) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut upstream = TcpStream::connect(upstream).await?;
    upstream.write_all(first).await?;
    copy_bidirectional(stream, &mut upstream).await.map(drop)
}

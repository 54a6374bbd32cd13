//! From a URL to an open WebSocket: TCP, a proxy's CONNECT, TLS, the upgrade.

use std::time::Duration;

use http::header::{HeaderValue, USER_AGENT};
use http::{Request, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tower_service::Service;
use url::Url;

use super::{Options, SocketError, Stage};
use crate::net::{self, Net, Obstacle, Proxy};

/// The longest message that is accepted.
pub(super) const MESSAGE_LIMIT_BYTES: usize = 16 << 20;
const PROXY_ANSWER_LIMIT_BYTES: u64 = 8 << 10;

/// An open connection that speaks WebSocket.
pub(super) type WebSocket = WebSocketStream<Stream>;

/// Bytes both ways: plain, in TLS, or in TLS inside the TLS of a proxy.
pub(super) type Stream = Box<dyn Duplex>;

/// Both directions of a connection.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The one moment at which everything must be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Runs one stage.
    pub(super) async fn within<T>(
        self,
        stage: Stage,
        work: impl Future<Output = Result<T, SocketError>>,
    ) -> Result<T, SocketError> {
        timeout_at(self.0, work).await.unwrap_or(Err(SocketError::Timeout { stage }))
    }
}

/// Opens a WebSocket to the service's Socket.IO.
pub(super) async fn dial(options: &Options, deadline: Deadline) -> Result<WebSocket, SocketError> {
    let target = &options.api_url;
    let mut stream = match options.net.proxy(target) {
        Some(proxy) => through(&proxy, target, &options.net, deadline).await?,
        None => deadline.within(Stage::Connect, tcp(&uri(target)?)).await?,
    };
    if target.scheme() == "https" {
        let name = host(target)?;
        stream = deadline.within(Stage::Tls, tls(stream, name, &options.net)).await?;
    }
    deadline.within(Stage::Upgrade, upgrade(stream, target)).await
}

async fn through(
    proxy: &Proxy,
    target: &Url,
    net: &Net,
    deadline: Deadline,
) -> Result<Stream, SocketError> {
    let mut stream = deadline.within(Stage::Connect, tcp(proxy.uri())).await?;
    if proxy.uri().scheme_str() == Some("https") {
        let name = proxy.uri().host().unwrap_or_default();
        stream = deadline.within(Stage::Tls, tls(stream, name, net)).await?;
    }
    let authority = format!(
        "{}:{}",
        target.host_str().unwrap_or_default(),
        target.port_or_known_default().unwrap_or_default()
    );
    match deadline.within(Stage::Proxy, tunnel(stream, &authority, proxy)).await {
        Err(SocketError::Timeout { .. }) => Err(Obstacle::silent(proxy).into()),
        tunnel => tunnel,
    }
}

/// As REST does it: the addresses of both IP versions race.
async fn tcp(to: &Uri) -> Result<Stream, SocketError> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    match connector.call(to.clone()).await {
        Ok(stream) => Ok(Box::new(stream.into_inner())),
        Err(cause) => {
            let target = to.authority().map(ToString::to_string).unwrap_or_default();
            Err(SocketError::Connect { target, cause: Box::new(cause) })
        }
    }
}

async fn tls(stream: Stream, host: &str, net: &Net) -> Result<Stream, SocketError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|_| SocketError::Protocol(format!("{host} cannot be the name of a server")))?;
    match TlsConnector::from(net.tls()).connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(match Obstacle::tls(host, &error) {
            Some(obstacle) => obstacle.into(),
            None => SocketError::Io(error),
        }),
    }
}

async fn tunnel(mut stream: Stream, authority: &str, proxy: &Proxy) -> Result<Stream, SocketError> {
    let agent = net::USER_AGENT;
    let mut request =
        format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {agent}\r\n")
            .into_bytes();
    if let Some(authorization) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    stream.flush().await?;

    let proxy = proxy.to_string();
    let refused = |why: &str| Obstacle::Proxy { proxy: proxy.clone(), why: why.to_owned() };
    let Some(answer) = proxy_answer(&mut stream).await? else {
        return Err(refused("its answer has no end").into());
    };
    // Of its words only the number is kept: they may repeat the credentials that it was sent.
    let status = answer.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1));
    Err(match status.and_then(|digits| digits.parse::<u16>().ok()) {
        Some(200) => return Ok(stream),
        Some(407) => Obstacle::ProxyAuth { proxy },
        Some(status) => refused(&format!("it answered {status}")),
        None => refused("it does not speak HTTP"),
    }
    .into())
}

/// The status line, if the head comes to an end; the headers behind it are read and dropped.
async fn proxy_answer(stream: &mut Stream) -> Result<Option<String>, SocketError> {
    // Nobody talks behind the headers before we do, so the buffer takes nothing away.
    let mut reader = BufReader::new(stream.take(PROXY_ANSWER_LIMIT_BYTES));
    let mut head = Vec::new();
    while !head.ends_with(b"\n\r\n") && !head.ends_with(b"\n\n") {
        if reader.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
    }
    let status_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(status_line).trim_end().to_owned()))
}

async fn upgrade(stream: Stream, target: &Url) -> Result<WebSocket, SocketError> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LIMIT_BYTES))
        .max_frame_size(Some(MESSAGE_LIMIT_BYTES));
    let (socket, _) = client_async_with_config(request(target)?, stream, Some(config)).await?;
    Ok(socket)
}

fn request(target: &Url) -> Result<Request<()>, SocketError> {
    let mut url = target.clone();
    url.set_path(&format!("{}/socket.io/", target.path().trim_end_matches('/')));
    url.set_query(Some("EIO=4&transport=websocket"));
    let scheme = if target.scheme() == "https" { "wss" } else { "ws" };
    let address = url.as_str().replacen(target.scheme(), scheme, 1);
    let mut request = address.into_client_request()?;
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(net::USER_AGENT));
    Ok(request)
}

fn uri(url: &Url) -> Result<Uri, SocketError> {
    url.as_str().parse().map_err(|error: http::uri::InvalidUri| {
        SocketError::Protocol(format!("the address {url} cannot be used: {error}"))
    })
}

fn host(url: &Url) -> Result<&str, SocketError> {
    url.host_str().ok_or_else(|| SocketError::Protocol(format!("{url} names no host")))
}

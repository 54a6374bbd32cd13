//! Opens a connection and upgrades it to a WebSocket, within one deadline.

use std::time::Duration;

use http::Request;
use http::header::{HeaderValue, USER_AGENT};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::error::{ConnectStage, SocketError};
use super::options::Options;
use crate::net::{self, Stream};

/// The longest accepted message, in bytes.
pub(super) const MESSAGE_LIMIT_BYTES: usize = 16 << 20;

/// An open WebSocket connection.
pub(super) type WebSocket = WebSocketStream<Stream>;

/// One deadline for all stages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Runs one stage.
    pub(super) async fn within<T>(
        self,
        stage: ConnectStage,
        work: impl Future<Output = Result<T, SocketError>>,
    ) -> Result<T, SocketError> {
        timeout_at(self.0, work).await.unwrap_or(Err(SocketError::Timeout { stage }))
    }
}

/// Opens a WebSocket to the service's Socket.IO.
pub(super) async fn open(options: &Options, deadline: Deadline) -> Result<WebSocket, SocketError> {
    let target = &options.api_url;
    let stream = options.net.connect(target, deadline.0).await?;
    deadline.within(ConnectStage::Upgrade, upgrade(stream, target)).await
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

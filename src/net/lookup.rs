//! Looks up host names, for REST and for the WebSocket. The operating system's call blocks, so each
//! lookup has a thread. The libraries' resolvers panic if a thread is refused; this one returns an
//! error.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::oneshot;
use tower_service::Service;

use crate::threads::{self, Refused};

/// Why a name has no address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookupError {
    /// There is no thread to look it up on.
    #[error(transparent)]
    NoThread(#[from] Refused),
    /// The operating system found none.
    #[error(transparent)]
    Failed(Arc<io::Error>),
    /// The thread ended without an answer.
    #[error("the lookup ended without an answer")]
    NoAnswer,
}

/// The resolver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup;

type Addresses = vec::IntoIter<SocketAddr>;

impl Lookup {
    async fn addresses(name: String) -> Result<Addresses, LookupError> {
        let (sender, answer) = oneshot::channel();
        let work = move |name: String| {
            // The port is the caller's.
            let found = (name.as_str(), 0).to_socket_addrs();
            // An error means that nobody waits any more.
            let _unwanted = sender.send(found.map(Iterator::collect::<Vec<_>>));
        };
        // The thread is detached: a lookup that hangs must delay nobody.
        threads::start("lookup", "looks up host names", name, work)
            .map_err(|(_, refused)| refused)?;
        let found = answer.await.map_err(|_ended| LookupError::NoAnswer)?;
        found.map(Vec::into_iter).map_err(|error| LookupError::Failed(Arc::new(error)))
    }
}

impl Service<Name> for Lookup {
    type Response = Addresses;
    type Error = LookupError;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, LookupError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(Self::addresses(name.as_str().to_owned()))
    }
}

impl reqwest::dns::Resolve for Lookup {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses = Self::addresses(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(addresses.await?) as reqwest::dns::Addrs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_are_looked_up_and_unknown_ones_are_errors() {
        let mut found = Lookup::addresses("localhost".to_owned()).await.unwrap();
        assert!(found.all(|address| address.ip().is_loopback() && address.port() == 0));
        // No server can be asked for a name of this length.
        let error = Lookup::addresses("x".repeat(300)).await.unwrap_err();
        assert!(matches!(error, LookupError::Failed(_)), "{error:?}");
    }
}

//! The journal of everything that the service received, for assertions.

use serde_json::Value;
use tokio::sync::watch;

/// One received item.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A REST request.
    Request {
        /// `GET`, `POST`, …
        method: String,
        /// Path and query as sent.
        path: String,
        /// The JSON body; a string if it is not JSON; null if there is none.
        body: Value,
        /// True if it carried a bearer token that the scenario accepts.
        authorized: bool,
    },
    /// A socket was let into the default namespace.
    Connected,
    /// A socket asked to connect, and never gets an answer.
    Muted,
    /// A socket was refused with a `connect_error`.
    Refused {
        /// The message that it received.
        message: String,
    },
    /// `join:build`, whether or not such a build exists.
    Joined {
        /// The build.
        build_id: String,
    },
    /// A ping was answered, in a session that can be recovered.
    Pong,
    /// `leave:build`.
    Left {
        /// The build.
        build_id: String,
    },
    /// Any other event, or one of the two above with an invalid payload.
    Event {
        /// Its name.
        name: String,
        /// Its arguments.
        payload: Value,
    },
    /// The client left the namespace, as it should. This is the last entry of that socket.
    NamespaceDisconnect,
    /// The socket ended in another way: the client disconnected, or the scenario closed it.
    SocketClosed {
        /// Socket.IO's reason.
        reason: String,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Journal(watch::Sender<Vec<Entry>>);

impl Journal {
    /// Returns how many entries there are now.
    pub(crate) fn record(&self, entry: Entry) -> usize {
        self.0.send_modify(|entries| entries.push(entry));
        self.0.borrow().len()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.borrow().clone()
    }

    pub(crate) async fn until(&self, predicate: impl Fn(&[Entry]) -> bool) {
        // The sender lives as long as `self`, so waiting cannot fail.
        self.0.subscribe().wait_for(|entries| predicate(entries)).await.ok();
    }
}

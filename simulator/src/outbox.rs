//! The frames on their way to the client of one session of `session`, and the faults of its connection.

use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use crate::faults::{Fault, FaultInjector};

/// The handle of a session.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    /// The id under which the session can be resumed later; empty until the client is let in.
    pid: String,
    frames: UnboundedSender<String>,
    injector: FaultInjector,
}

impl Outbox {
    /// The outbox of a session that was not let in yet.
    pub(crate) fn new(frames: UnboundedSender<String>, injector: FaultInjector) -> Self {
        Self { pid: String::new(), frames, injector }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.frames.same_channel(&other.frames)
    }

    pub(crate) fn pid(&self) -> &str {
        &self.pid
    }

    /// Sends a frame; a closed connection drops it.
    pub(crate) fn send(&self, frame: String) {
        self.frames.send(frame).ok();
    }

    /// Sends an event that does not belong to any room's history.
    pub(crate) fn emit(&self, event: &str, payload: &impl Serialize) {
        // All payloads are texts, which JSON can always write.
        let arguments = serde_json::to_string(&(event, payload)).unwrap_or_default();
        self.send(format!("42{arguments}"));
    }

    /// The CONNECT answer.
    pub(crate) fn let_in(&mut self, pid: String) {
        self.send(format!("40{}", json!({ "sid": format!("sid-of-{pid}"), "pid": pid })));
        self.pid = pid;
    }

    pub(crate) fn disconnect(&self) {
        self.send("41".to_owned());
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.injector.inject(fault);
    }
}

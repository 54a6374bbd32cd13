//! BuildPixel on your machine: its REST API and its Socket.IO side on a loopback port. It plays a scripted build
//! and keeps a journal of everything that it received. It also sets the variables of CIs, and reads
//! their output.

mod build;
pub mod ci;
mod faults;
mod ids;
mod journal;
mod outbox;
pub mod page;
mod play;
pub mod proxy_tls;
mod recovery;
mod rest;
mod rooms;
mod scenario;
mod script;
mod server;
mod service;
mod session;
mod socket;
mod stream;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::sync::oneshot;

pub use ids::{BUILD_ID, PROJECT_ID, SETTING_ID, TOKEN, build_path, setting_path, trigger_path};
pub use journal::Entry;
pub use scenario::{Answer, Ending, Facts, Level, Other, Recovery, Scenario, Step};
use service::Service;

/// A running service. It has its own thread, so a caller that blocks or pauses its clock does not
/// stop the service. Dropping it ends the service and all its connections.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Listens on a free loopback port, and returns once it accepts requests.
    ///
    /// # Errors
    /// The port, the thread or its runtime is unavailable.
    pub async fn start(scenario: Scenario) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let service = Arc::new(Service::new(scenario));
        let (stop, stopped) = oneshot::channel();
        let served = service.clone();
        let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || {
            // A caller that waits for a failed service finds the connection refused.
            runtime.block_on(server::serve(served, listener, stopped)).ok();
        })?;
        Ok(Self { address, service, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything received so far, in order of arrival.
    pub fn journal(&self) -> Vec<Entry> {
        self.service.journal.entries()
    }

    /// The ids of the triggered builds, in order; builds of others are not included.
    pub fn builds(&self) -> Vec<String> {
        self.service.builds().own()
    }

    /// Resolves as soon as the journal satisfies the predicate.
    pub async fn until(&self, predicate: impl Fn(&[Entry]) -> bool) {
        self.service.journal.until(predicate).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The service's thread has already printed its panic.
            thread.join().ok();
        }
    }
}

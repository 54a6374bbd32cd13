//! The state of the service, and the server that REST and Socket.IO share.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};

use crate::build::{Builds, Overrides};
use crate::faults::{Connections, FaultInjector, FaultyListener};
use crate::journal::Journal;
use crate::recovery::Recoveries;
use crate::rooms::Rooms;
use crate::scenario::{Answer, Other, Scenario};
use crate::{play, rest, socket};

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) scenario: Scenario,
    pub(crate) journal: Journal,
    pub(crate) rooms: Rooms,
    pub(crate) outages: Outages,
    pub(crate) mutes: Countdown,
    pub(crate) kicks: Countdown,
    pub(crate) ignored_joins: Countdown,
    pub(crate) refused_joins: Countdown,
    revoked: AtomicBool,
    connections: Arc<Connections>,
    builds: Mutex<Builds>,
    answers: Mutex<Vec<Answer>>,
    /// The builds of somebody else that are still to be queued.
    others: Mutex<Vec<Other>>,
    /// How many times the builds were listed.
    pub(crate) listings: AtomicUsize,
}

impl Service {
    pub(crate) fn new(scenario: Scenario) -> Self {
        Self {
            answers: Mutex::new(scenario.answers.clone()),
            others: Mutex::new(scenario.others.clone()),
            listings: AtomicUsize::new(0),
            builds: Mutex::new(Builds::new(scenario.clock_offset_ms)),
            mutes: Countdown(scenario.mute_connects.into()),
            kicks: Countdown(scenario.kicks.into()),
            ignored_joins: Countdown(scenario.ignored_joins.into()),
            refused_joins: Countdown(scenario.refused_joins.into()),
            rooms: Rooms::new(scenario.recovery.map(Recoveries::new)),
            scenario,
            journal: Journal::default(),
            outages: Outages::default(),
            revoked: AtomicBool::default(),
            connections: Arc::default(),
        }
    }

    pub(crate) fn builds(&self) -> MutexGuard<'_, Builds> {
        self.builds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a token is known.
    pub(crate) fn trusts(&self, known: &[String], token: &str) -> bool {
        !self.revoked.load(Ordering::Acquire) && known.iter().any(|known| known == token)
    }

    /// Trusts no token any more. Connected clients stay connected.
    pub(crate) fn revoke_tokens(&self) {
        self.revoked.store(true, Ordering::Release);
    }

    /// The scripted answer to a request, if one is left.
    pub(crate) fn scripted(&self, method: &str, path: &str) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.iter_mut().find(|answer| {
            answer.method == method && answer.path == path && answer.times != Some(0)
        })?;
        answer.times = answer.times.map(|times| times - 1);
        Some(answer.clone())
    }

    /// Adds one more scripted answer.
    pub(crate) fn script(&self, answer: Answer) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }

    /// Queues the builds of somebody else. They have no timeline.
    pub(crate) async fn queue_others(&self) {
        let others = {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *others)
        };
        for other in others {
            let superseded = self.builds().queue_other(&self.scenario.facts, &other);
            for build_id in superseded {
                self.announce(&build_id, "superseded").await;
            }
        }
    }

    /// Queues a build and starts its timeline; returns its id.
    pub(crate) async fn queue(self: &Arc<Self>, overrides: Overrides) -> String {
        let (id, superseded) = self.builds().queue(&self.scenario.facts, overrides);
        play::start(self, &id);
        for build_id in superseded {
            self.announce(&build_id, "superseded").await;
        }
        id
    }
}

/// How many more sockets or joins a fault affects.
#[derive(Debug)]
pub(crate) struct Countdown(AtomicUsize);

impl Countdown {
    /// Whether it affects this one.
    pub(crate) fn take(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok()
    }
}

/// A request of a timeline for an outage, with its length.
#[derive(Debug, Default)]
pub(crate) struct Outages(watch::Sender<Option<Duration>>);

impl Outages {
    /// Resolves when the service is down.
    pub(crate) async fn begin(&self, length: Duration) {
        self.0.send_replace(Some(length));
        // The sender lives as long as `self`, so waiting cannot fail.
        self.0.subscribe().wait_for(Option::is_none).await.ok();
    }

    async fn asked(&self) -> Duration {
        let mut asked = self.0.subscribe();
        asked.wait_for(Option::is_some).await.ok().and_then(|length| *length).unwrap_or_default()
    }

    fn begun(&self) {
        self.0.send_replace(None);
    }
}

/// Serves until the other end of `stopped` is dropped, or the port is lost in an outage.
pub(crate) async fn serve(
    service: Arc<Service>,
    listener: std::net::TcpListener,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = TcpListener::from_std(listener)?;
    if service.scenario.queued {
        service.queue(Overrides::default()).await;
    }
    let mut router = Router::new().fallback(rest::answer).with_state(service.clone());
    if service.scenario.socket {
        let doorstep = from_fn_with_state(service.clone(), rest::answer_upgrade);
        if service.scenario.recovery.is_none() {
            router = router.layer(socket::layer(&service));
        }
        router = router.layer(doorstep);
    }
    let router = router.into_make_service_with_connect_info::<FaultInjector>();
    let ended = loop {
        let faulty = FaultyListener { listener, connections: service.connections.clone() };
        let outage = tokio::select! {
            ended = axum::serve(faulty, router.clone()) => break ended,
            _ = &mut stopped => break Ok(()),
            outage = service.outages.asked() => outage,
        };
        // The listener is closed by now.
        service.connections.reset();
        service.rooms.close();
        let port = keep(address)?;
        service.outages.begun();
        tokio::select! {
            () = tokio::time::sleep(outage) => listener = port.listen(1024)?,
            _ = &mut stopped => break Ok(()),
        }
    };
    service.rooms.close();
    ended
}

/// Reserves a port without listening: connections are refused.
fn keep(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Elsewhere the option means that the port may be stolen, as for the listeners of std.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

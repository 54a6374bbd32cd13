//! The service: what it knows, and the server that REST and Socket.IO share.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::sync::oneshot;

use crate::build::{Builds, Overrides};
use crate::cable::{Cables, Cutter};
use crate::journal::Journal;
use crate::rooms::Rooms;
use crate::scenario::{Answer, Other, Scenario};
use crate::{play, rest, socket};

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) scenario: Scenario,
    pub(crate) journal: Journal,
    pub(crate) rooms: Rooms,
    builds: Mutex<Builds>,
    answers: Mutex<Vec<Answer>>,
    /// The builds of somebody else that are still to come.
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
            scenario,
            journal: Journal::default(),
            rooms: Rooms::default(),
        }
    }

    pub(crate) fn builds(&self) -> MutexGuard<'_, Builds> {
        self.builds.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Serves until the other end of `stopped` is dropped.
pub(crate) async fn serve(
    service: Arc<Service>,
    listener: std::net::TcpListener,
    stopped: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => Cables(listener),
        Err(_) => return,
    };
    if service.scenario.queued {
        service.queue(Overrides::default()).await;
    }
    let mut router = Router::new().fallback(rest::answer).with_state(service.clone());
    if service.scenario.socket {
        let doorstep = from_fn_with_state(service.clone(), rest::answer_upgrade);
        router = router.layer(socket::layer(&service)).layer(doorstep);
    }
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<Cutter>());
    tokio::select! {
        _ = server => {}
        _ = stopped => {}
    }
    service.rooms.close();
}

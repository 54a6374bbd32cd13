//! The state of the service, which REST, Socket.IO and the timelines share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::build::Builds;
use crate::faults::Connections;
use crate::journal::Journal;
use crate::recovery::Recoveries;
use crate::rooms::Rooms;
use crate::scenario::{Answer, Other, Scenario};

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
    pub(crate) connections: Arc<Connections>,
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

    /// True if a token is known.
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

    /// The builds of somebody else that are still to be queued; none the next time.
    pub(crate) fn take_others(&self) -> Vec<Other> {
        std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How many more sockets or joins a fault affects.
#[derive(Debug)]
pub(crate) struct Countdown(AtomicUsize);

impl Countdown {
    /// True if it affects this one.
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

    /// Resolves when an outage is requested, with its length.
    pub(crate) async fn asked(&self) -> Duration {
        let mut asked = self.0.subscribe();
        asked.wait_for(Option::is_some).await.ok().and_then(|length| *length).unwrap_or_default()
    }

    /// Says that the service is down.
    pub(crate) fn begun(&self) {
        self.0.send_replace(None);
    }
}

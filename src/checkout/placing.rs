//! Resolves the files of findings before these are counted and shown. Until the walk of the
//! checkout is over, findings wait for up to a second in all. Later events wait behind them, so
//! that the order stays.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Checkout, resolve};
use crate::model::{Event, Finding, Notice};
use crate::reader::location::{folder_in_repository, safe};
use crate::text::Cleaner;

/// How long all findings together may wait. Until the walk is over, later ones are shown with the
/// place that is certain without a checkout.
const PATIENCE: Duration = Duration::from_secs(1);

/// The queue of findings that wait for the checkout.
pub(crate) struct Placing {
    pub(super) checkout: Checkout,
    source_root: Option<String>,
    cleaner: Cleaner,
    pub(super) patience: Duration,
    /// When the first of them began to wait.
    since: Option<Instant>,
    /// A finding, and the events after it.
    waiting: VecDeque<Event>,
}

impl Placing {
    /// `source_root` is the folder of the Unreal project inside the repository, if it was given.
    pub(crate) fn new(checkout: Checkout, source_root: Option<&str>, cleaner: Cleaner) -> Self {
        let source_root = source_root.and_then(folder_in_repository);
        let (patience, waiting) = (PATIENCE, VecDeque::new());
        Self { checkout, source_root, cleaner, patience, since: None, waiting }
    }

    /// Starts the walk of the checkout, unless it was started. Call it as soon as a finding becomes
    /// likely. Reports a refused thread.
    pub(crate) fn begin(&mut self, show: &mut dyn FnMut(Event)) {
        let begun = self.checkout.begin();
        self.report_refusal(begun, show);
    }

    pub(super) fn report_refusal(&mut self, begun: io::Result<()>, show: &mut dyn FnMut(Event)) {
        if let Err(error) = begun {
            let text = format!(
                "the checkout is not searched for the files of findings, because no thread could be \
                 started: {error}"
            );
            self.in_order(Event::Notice(Notice::warn(text)), show);
        }
    }

    /// Shows the event, or holds it back until [`release`](Self::release).
    pub(crate) fn pass(&mut self, event: Event, show: &mut dyn FnMut(Event)) {
        if !self.is_waiting() && matches!(&event, Event::Finding(found) if found.remote.is_some()) {
            self.begin(show);
            if !self.checkout.is_walked() && !self.patience.is_zero() {
                self.since = Some(Instant::now());
            }
        }
        self.in_order(event, show);
    }

    /// True if something is held back. Until it is released, callers should pass as little as
    /// possible.
    pub(crate) fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Resolves when the held-back events need not wait any longer. Cancel safe.
    pub(crate) async fn ready(&self) {
        let Some(since) = self.since else { return };
        // The end of the waiting time releases them, too.
        let _elapsed = timeout_at(since + self.patience, self.checkout.walked()).await;
    }

    /// Shows the held-back events.
    pub(crate) fn release(&mut self, show: &mut dyn FnMut(Event)) {
        let Some(since) = self.since.take() else { return };
        self.patience = self.patience.saturating_sub(since.elapsed());
        for event in std::mem::take(&mut self.waiting) {
            show(self.placed(event));
        }
    }

    /// From now on nothing waits.
    pub(crate) fn hurry(&mut self, show: &mut dyn FnMut(Event)) {
        self.release(show);
        self.patience = Duration::ZERO;
    }

    fn in_order(&mut self, event: Event, show: &mut dyn FnMut(Event)) {
        if self.is_waiting() {
            self.waiting.push_back(event);
        } else {
            show(self.placed(event));
        }
    }

    fn placed(&self, event: Event) -> Event {
        match event {
            Event::Finding(finding) => Event::Finding(self.placed_finding(finding)),
            other => other,
        }
    }

    fn placed_finding(&self, mut finding: Finding) -> Finding {
        let remote = finding.remote.take();
        if let (Some(remote), Some(index)) = (remote, self.checkout.index()) {
            let location = resolve::location(&remote, index, self.source_root.as_deref());
            finding.location = location.map(|location| safe(location, &self.cleaner));
        }
        finding
    }
}

//! The end of a step: publishes everything on every path, while signals shorten what may be waited for.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ExitCode;
use crate::outcome::{Outcome, Signal};
use crate::platform::PublishProblem;
use crate::publish::{Edition, Publication, Publisher};
use crate::reporter::Reporter;
use crate::writer::Written;

/// How long after the first signal files and stdout may take. The whole exit has three seconds.
const HURRY: Duration = Duration::from_millis(1500);

/// What they may take at least, when an interrupted trigger has had all the time.
const SHORTEST_HURRY: Duration = Duration::from_millis(250);

/// How long it may take to report what could not be written in time.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Signals come in pairs, to a shell and to its group; the last words get this much in any case.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// The signals that came so far.
#[derive(Debug, Default)]
pub(super) struct SeenSignals {
    /// When the first one came.
    first: Option<Instant>,
    last: Option<Signal>,
    /// Whether a second one came: nothing is waited for any more.
    is_repeated: bool,
}

impl SeenSignals {
    pub(super) fn add(&mut self, signal: Signal, now: Instant) {
        self.is_repeated = self.first.is_some();
        self.first.get_or_insert(now);
        self.last = Some(signal);
    }
}

/// How long publishing may still take.
pub(super) struct Shutdown {
    /// What the outcome alone exits with.
    code: ExitCode,
    /// Until then, even a second signal waits.
    last_moment: Instant,
    /// When it is too late to write files.
    limit: Instant,
    too_late: watch::Sender<bool>,
}

impl Shutdown {
    pub(super) fn new(
        outcome: &Outcome,
        signals: &SeenSignals,
        patience: Duration,
        now: Instant,
    ) -> Self {
        let last_moment = now + LAST_MOMENT;
        let limit = match signals.first {
            Some(first) => (first + HURRY).max(last_moment + SHORTEST_HURRY),
            None => last_moment + patience,
        };
        let too_late = watch::Sender::new(false);
        Self { code: outcome.exit_code(), last_moment, limit, too_late }
    }

    /// Whether it is too late to write files.
    pub(super) fn late(&self) -> watch::Receiver<bool> {
        self.too_late.subscribe()
    }

    pub(super) fn next_timer(&self, signals: &SeenSignals) -> Option<Instant> {
        let is_late = *self.too_late.borrow();
        match (signals.is_repeated, is_late, signals.first) {
            (true, ..) => Some(self.last_moment),
            (false, false, _) => Some(self.limit),
            (false, true, Some(_)) => Some(self.limit + LAST_WORDS),
            (false, true, None) => None,
        }
    }

    /// Whether nothing is waited for any more.
    pub(super) fn on_timer(&mut self, signals: &SeenSignals, now: Instant) -> bool {
        let is_due = self.next_timer(signals).is_some_and(|at| at <= now);
        let is_over = signals.is_repeated || *self.too_late.borrow();
        if is_due && !is_over {
            self.too_late.send_replace(true);
        }
        is_due && is_over
    }

    /// The first signal shortens what may be waited for. Whether nothing is waited for any more.
    pub(super) fn on_signal(&mut self, signals: &SeenSignals, now: Instant) -> bool {
        self.limit = self.limit.min(now + HURRY);
        signals.is_repeated && self.last_moment <= now
    }

    /// `is_complete`: whether everything was published and written; `None` if that took too long.
    pub(super) fn exit_code(&self, signals: &SeenSignals, is_complete: Option<bool>) -> ExitCode {
        match (self.code, is_complete, signals.last) {
            (ExitCode::Success, Some(true), _) => ExitCode::Success,
            (ExitCode::Success, _, Some(signal)) => Outcome::Interrupted(signal).exit_code(),
            (ExitCode::Success, _, None) => ExitCode::Output,
            (code, ..) => code,
        }
    }
}

/// Shows the verdict at once, then publishes everything. Whether nothing was lost.
pub(super) fn publish(
    mut reporter: Reporter,
    publisher: Publisher,
    outcome: &Outcome,
    late: watch::Receiver<bool>,
    patience: Duration,
) -> impl Future<Output = bool> + use<> {
    reporter.settle(outcome);
    let outputs = publisher.without_secrets(reporter.report().outputs(Some(outcome)));
    reporter.outputs(outputs.values());
    let verdict = reporter.conclude(outcome);
    // Neither a disk nor a pipe delays the verdict.
    reporter.stdout.hand_over_now();
    let edition = Edition { outputs, report: reporter.report().clone(), verdict };
    async move {
        let log = reporter.log.take();
        let Publication { problems, summary_file } = publisher.publish(edition, log, &late).await;
        if let Some(path) = &summary_file {
            reporter.summary_file(path);
        }
        reporter.problems(&problems);
        let written = reporter.stdout.finish(patience).await;
        // A pipe that nobody reads has lost nothing that anybody wanted.
        let is_shown = !matches!(written, Written::Lost(_));
        is_shown && !problems.iter().any(PublishProblem::is_failure)
    }
}

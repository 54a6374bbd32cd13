//! The end of a step: publishes everything on every path. Signals shorten the time limits.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ExitCode;
use crate::publish::{FinalReport, PublishProblem, PublishResult, Publisher};
use crate::report::{Outcome, Signal};
use crate::reporter::Reporter;
use crate::writer::Written;

/// The time for files and stdout after the first signal. The whole exit has three seconds.
const SIGNAL_TIME: Duration = Duration::from_millis(1500);

/// Their minimum time, if an interrupted trigger has used up the rest.
const MIN_SIGNAL_TIME: Duration = Duration::from_millis(250);

/// The time for reporting what could not be written.
const REPORT_TIME: Duration = Duration::from_millis(250);

/// Signals come in pairs, to a shell and to its group. The last messages get at least this time.
const MIN_EXIT_TIME: Duration = Duration::from_millis(50);

/// The signals that came so far.
#[derive(Debug, Default)]
pub(super) struct SeenSignals {
    /// When the first one came.
    first: Option<Instant>,
    last: Option<Signal>,
    /// True if a second one came: then nothing is waited for any more.
    is_repeated: bool,
}

impl SeenSignals {
    pub(super) fn add(&mut self, signal: Signal, now: Instant) {
        self.is_repeated = self.first.is_some();
        self.first.get_or_insert(now);
        self.last = Some(signal);
    }
}

/// The remaining time for publishing.
pub(super) struct Shutdown {
    /// The exit code of the outcome alone.
    code: ExitCode,
    /// Until then, even a second signal waits.
    earliest_exit: Instant,
    /// The time limit for writing files.
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
        let earliest_exit = now + MIN_EXIT_TIME;
        let limit = match signals.first {
            Some(first) => (first + SIGNAL_TIME).max(earliest_exit + MIN_SIGNAL_TIME),
            None => earliest_exit + patience,
        };
        let too_late = watch::Sender::new(false);
        Self { code: outcome.exit_code(), earliest_exit, limit, too_late }
    }

    /// True if the time for writing files is over.
    pub(super) fn late(&self) -> watch::Receiver<bool> {
        self.too_late.subscribe()
    }

    pub(super) fn next_timer(&self, signals: &SeenSignals) -> Option<Instant> {
        let is_late = *self.too_late.borrow();
        match (signals.is_repeated, is_late, signals.first) {
            (true, ..) => Some(self.earliest_exit),
            (false, false, _) => Some(self.limit),
            (false, true, Some(_)) => Some(self.limit + REPORT_TIME),
            (false, true, None) => None,
        }
    }

    /// True if nothing is waited for any more.
    pub(super) fn on_timer(&mut self, signals: &SeenSignals, now: Instant) -> bool {
        let is_due = self.next_timer(signals).is_some_and(|at| at <= now);
        let is_over = signals.is_repeated || *self.too_late.borrow();
        if is_due && !is_over {
            self.too_late.send_replace(true);
        }
        is_due && is_over
    }

    /// The first signal shortens the time limits. Returns whether nothing is waited for any more.
    pub(super) fn on_signal(&mut self, signals: &SeenSignals, now: Instant) -> bool {
        self.limit = self.limit.min(now + SIGNAL_TIME);
        signals.is_repeated && self.earliest_exit <= now
    }

    /// `is_complete`: whether everything was published and written; `None` if time ran out.
    pub(super) fn exit_code(&self, signals: &SeenSignals, is_complete: Option<bool>) -> ExitCode {
        match (self.code, is_complete, signals.last) {
            (ExitCode::Success, Some(true), _) => ExitCode::Success,
            (ExitCode::Success, _, Some(signal)) => Outcome::Interrupted(signal).exit_code(),
            (ExitCode::Success, _, None) => ExitCode::Output,
            (code, ..) => code,
        }
    }
}

/// Shows the verdict at once, then publishes everything. Returns whether nothing was lost.
pub(super) fn publish(
    mut reporter: Reporter,
    publisher: Publisher,
    outcome: &Outcome,
    late: watch::Receiver<bool>,
    patience: Duration,
) -> impl Future<Output = bool> + use<> {
    let outputs = publisher.without_secrets(reporter.report().outputs(Some(outcome)));
    reporter.outputs(outputs.values());
    let verdict = reporter.conclude(outcome);
    // Neither a disk nor a pipe delays the verdict.
    reporter.stdout.hand_over_now();
    let report = FinalReport { outputs, report: reporter.report().clone(), verdict };
    async move {
        let log = reporter.log.take();
        let PublishResult { problems, summary_file } = publisher.publish(report, log, &late).await;
        if let Some(path) = &summary_file {
            reporter.summary_file(path);
        }
        for problem in &problems {
            reporter.notice(problem.notice());
        }
        let written = reporter.stdout.finish(patience).await;
        // If the reader of a pipe is gone, nothing that anyone wants is lost.
        let is_shown = !matches!(written, Written::Lost(_));
        is_shown && !problems.iter().any(PublishProblem::is_failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn shutdown(signals: &SeenSignals, now: Instant) -> Shutdown {
        Shutdown::new(&Outcome::Success, signals, PATIENCE, now)
    }

    #[test]
    fn without_a_signal_files_get_the_full_time_and_then_only_stdout_is_waited_for() {
        let (now, signals) = (Instant::now(), SeenSignals::default());
        let mut shutdown = shutdown(&signals, now);
        let limit = now + MIN_EXIT_TIME + PATIENCE;
        assert_eq!(shutdown.next_timer(&signals), Some(limit));
        assert!(!shutdown.on_timer(&signals, limit - millis(1)));
        assert!(!*shutdown.late().borrow());
        assert!(!shutdown.on_timer(&signals, limit));
        assert!(*shutdown.late().borrow());
        assert_eq!(shutdown.next_timer(&signals), None);
    }

    #[test]
    fn the_first_signal_shortens_the_time_limits_and_the_last_messages_get_a_moment_more() {
        let now = Instant::now();
        let mut signals = SeenSignals::default();
        let mut shutdown = shutdown(&signals, now);
        let later = now + millis(500);
        signals.add(Signal::Term, later);
        assert!(!shutdown.on_signal(&signals, later));
        let limit = later + SIGNAL_TIME;
        assert_eq!(shutdown.next_timer(&signals), Some(limit));
        assert!(!shutdown.on_timer(&signals, limit));
        assert!(*shutdown.late().borrow());
        assert_eq!(shutdown.next_timer(&signals), Some(limit + REPORT_TIME));
        assert!(!shutdown.on_timer(&signals, limit + REPORT_TIME - millis(1)));
        assert!(shutdown.on_timer(&signals, limit + REPORT_TIME));
    }

    #[test]
    fn an_earlier_signal_counts_from_its_arrival_but_leaves_a_short_time() {
        let now = Instant::now();
        for (ago, left) in [(100, 1400), (1400, 300), (3000, 300)] {
            let mut signals = SeenSignals::default();
            signals.add(Signal::Int, now);
            let began = now + millis(ago);
            let shutdown = shutdown(&signals, began);
            assert_eq!(shutdown.next_timer(&signals), Some(began + millis(left)), "{ago}");
        }
    }

    #[test]
    fn a_second_signal_ends_at_once_after_the_last_messages() {
        let now = Instant::now();
        let mut signals = SeenSignals::default();
        let mut shutdown = shutdown(&signals, now);
        for signal in [Signal::Int, Signal::Term] {
            signals.add(signal, now);
            assert!(!shutdown.on_signal(&signals, now));
        }
        assert_eq!(shutdown.next_timer(&signals), Some(now + MIN_EXIT_TIME));
        assert!(!shutdown.on_timer(&signals, now + MIN_EXIT_TIME - millis(1)));
        assert!(shutdown.on_timer(&signals, now + MIN_EXIT_TIME));
        assert!(
            !*shutdown.late().borrow(),
            "nothing is waited for, so nothing needs to be reported"
        );

        let mut signals = SeenSignals::default();
        signals.add(Signal::Int, now);
        let mut shutdown = self::shutdown(&signals, now);
        signals.add(Signal::Int, now + MIN_EXIT_TIME);
        assert!(shutdown.on_signal(&signals, now + MIN_EXIT_TIME));
    }

    #[test]
    fn an_unpublished_success_fails_and_a_failure_stays_the_same() {
        let now = Instant::now();
        let quiet = SeenSignals::default();
        let mut signalled = SeenSignals::default();
        signalled.add(Signal::Int, now);
        signalled.add(Signal::Term, now);
        let code = |outcome, signals, is_complete| {
            Shutdown::new(&outcome, signals, PATIENCE, now).exit_code(signals, is_complete)
        };
        assert_eq!(code(Outcome::Success, &quiet, Some(true)), ExitCode::Success);
        assert_eq!(code(Outcome::Success, &signalled, Some(true)), ExitCode::Success);
        assert_eq!(code(Outcome::Success, &quiet, Some(false)), ExitCode::Output);
        assert_eq!(code(Outcome::Success, &signalled, Some(false)), ExitCode::Sigterm);
        assert_eq!(code(Outcome::Success, &signalled, None), ExitCode::Sigterm);
        assert_eq!(code(Outcome::Failure, &signalled, None), ExitCode::BuildFailed);
        assert_eq!(code(Outcome::Failure, &quiet, Some(false)), ExitCode::BuildFailed);
    }
}

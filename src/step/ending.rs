//! The end of a step: everything is told, on every path, and signals shorten what may be waited for.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch as signpost};
use tokio::time::{Instant, sleep_until, timeout};

use super::Step;
use crate::error::ExitCode;
use crate::session::Hub;
use crate::outcome::{Outcome, Signal};
use crate::platform::PublishProblem;
use crate::publish::{Edition, Publication};
use crate::writer::Written;

/// How long after the first signal files and stdout may take. The whole exit has three seconds.
const HURRY: Duration = Duration::from_millis(1500);

/// What they may take at least, when an interrupted trigger has had all the time.
const SHORTEST_HURRY: Duration = Duration::from_millis(250);

/// How long it may take to tell what could not be written in time.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Signals come in pairs, to a shell and to its group; the last words get this much in any case.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// The signals, and what is known of those that came.
pub(crate) struct Signals {
    signals: mpsc::Receiver<Signal>,
    /// When the first one came.
    first: Option<Instant>,
    last: Option<Signal>,
    /// Whether a second one came: nothing is waited for any more.
    again: bool,
}

impl Signals {
    pub(crate) fn new(signals: mpsc::Receiver<Signal>) -> Self {
        Self { signals, first: None, last: None, again: false }
    }

    /// Cancel safe.
    pub(crate) async fn recv(&mut self) -> Option<Signal> {
        let signal = self.signals.recv().await?;
        self.again = self.first.is_some();
        self.first.get_or_insert_with(Instant::now);
        self.last = Some(signal);
        Some(signal)
    }

    /// Waits no longer than until a signal comes.
    async fn cut_short(&mut self, wait: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = wait => {}
            Some(_) = self.recv() => {}
        }
    }
}

impl Step {
    /// Publishes, then ends: verdict, outputs and reports on every path. The first signal shortens what
    /// may be waited for, a second one does not wait.
    pub(crate) async fn end(self, outcome: Outcome, follow: Option<Hub>) -> ExitCode {
        let Self { mut reporter, publisher, mut writer, mut signals, patience, .. } = self;
        reporter.settle(&outcome);
        signals.cut_short(reporter.placing.ready()).await;
        reporter.release();
        let outputs = publisher.without_secrets(reporter.report().outputs(Some(&outcome)));
        reporter.outputs(outputs.values());
        let verdict = reporter.conclude(&outcome);
        // Neither a disk nor a pipe keeps the verdict from being said.
        writer.write_now(std::mem::take(&mut reporter.out));
        let edition = Edition { outputs, report: reporter.report().clone(), verdict };
        let (too_late, late) = signpost::channel(false);
        let told = async {
            let last_lines = reporter.log.take().unwrap_or_default();
            let Publication { problems, summary_file } =
                publisher.publish(edition, last_lines, &late).await;
            if let Some(path) = &summary_file {
                reporter.summary_file(path);
            }
            reporter.problems(&problems);
            let written = writer.finish(std::mem::take(&mut reporter.out), patience).await;
            // A pipe that nobody reads has lost nothing that anybody wanted.
            let shown = !matches!(written, Written::Lost(_));
            shown && !problems.iter().any(PublishProblem::is_failure)
        };
        let goodbye = async {
            if let Some(follow) = follow {
                follow.stop().await;
            }
        };
        let ending = async { tokio::join!(told, goodbye).0 };
        tokio::pin!(ending);
        let all_is_told = match timeout(LAST_MOMENT, &mut ending).await {
            Ok(told) => Some(told),
            Err(_elapsed) => until_told(ending, &mut signals, patience, &too_late).await,
        };
        match (outcome.exit_code(), all_is_told, signals.last) {
            (ExitCode::Success, Some(true), _) => ExitCode::Success,
            (ExitCode::Success, _, Some(signal)) => Outcome::Interrupted(signal).exit_code(),
            (ExitCode::Success, _, None) => ExitCode::Output,
            (code, ..) => code,
        }
    }
}

/// Whether everything was told; `None` if there was no time for it.
async fn until_told(
    mut ending: Pin<&mut impl Future<Output = bool>>,
    signals: &mut Signals,
    patience: Duration,
    too_late: &signpost::Sender<bool>,
) -> Option<bool> {
    let now = Instant::now();
    let mut limit = match signals.first {
        Some(first) => (first + HURRY).max(now + SHORTEST_HURRY),
        None => now + patience,
    };
    while !signals.again {
        let (is_late, in_a_hurry) = (*too_late.borrow(), signals.first.is_some());
        tokio::select! {
            biased;
            told = &mut ending => return Some(told),
            () = sleep_until(limit), if !is_late => {
                too_late.send_replace(true);
            }
            () = sleep_until(limit + LAST_WORDS), if is_late && in_a_hurry => return None,
            Some(_) = signals.recv() => limit = limit.min(Instant::now() + HURRY),
        }
    }
    None
}

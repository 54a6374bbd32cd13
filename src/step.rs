//! One step of a CI job, from the configuration to the exit code: the stages in order, and whatever
//! comes between them.

use std::io::Write;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::api::{self, Overrides, Triggered};
use crate::config::{Config, Mistake, OnSuperseded, Task};
use crate::error::{Error, ExitCode};
use crate::event::{Facts, Level, Status};
use crate::follow::{Follow, Plan, Timings, Update};
use crate::net::Net;
use crate::outcome::{Outcome, Signal};
use crate::reporter::Reporter;
use crate::socket;
use crate::trigger::{self, Notice, Trigger};
use crate::writer::Writer;

/// A batch for stdout is handed over at this size at the latest; before that, whenever nothing else
/// is waiting.
const BATCH_BYTES: usize = 64 * 1024;

/// How long an interrupted trigger may still take to tell the id of the build that it may have made.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// How long stdout may make no progress with the last words.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same after a signal: whoever sent it is waiting.
const SHORT_PATIENCE: Duration = Duration::from_millis(300);

/// Signals come in pairs, to a shell and to its group; the last words get this much in any case.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// A step that runs.
pub(crate) struct Step {
    reporter: Reporter,
    writer: Writer,
    signals: mpsc::Receiver<Signal>,
    started: Instant,
}

impl Step {
    pub(crate) fn new(
        reporter: Reporter,
        stdout: impl Write + Send + 'static,
        signals: mpsc::Receiver<Signal>,
    ) -> Self {
        Self { reporter, writer: Writer::start(stdout), signals, started: Instant::now() }
    }

    /// From the configuration to the outcome. What still follows the build is returned with it.
    pub(crate) async fn build(
        &mut self,
        config: &Config,
        overrides: Result<Overrides, Vec<Mistake>>,
        timings: Timings,
        trigger: trigger::Timings,
    ) -> (Outcome, Option<Follow>) {
        let overrides = match overrides {
            Ok(overrides) => overrides,
            Err(mistakes) => return (Error::Config(mistakes).into(), None),
        };
        let net = match Net::new(&config.network) {
            Ok(net) => net,
            Err(error) => return (Error::Network(error).into(), None),
        };
        for warning in net.warnings() {
            self.reporter.notice(Level::Warn, warning);
        }
        let client = api::Client::new(&config.api_url, &config.token, &net);
        let mut follow = config.wait.then(|| {
            Follow::start(Plan {
                client: client.clone(),
                socket: socket::Options {
                    api_url: config.api_url.clone(),
                    token: config.token.clone(),
                    net,
                    connect_timeout: timings.connect,
                },
                transport: config.transport,
                confirmed: matches!(config.task, Task::Trigger { .. }),
                timings,
            })
        });
        // The masks and the first words do not wait for the API.
        self.writer.write(&mut self.reporter.out).await;
        if let Task::Trigger { project, build_setting, .. } = &config.task {
            let plan = trigger::Plan {
                client,
                project: project.clone(),
                build_setting: build_setting.clone(),
                overrides,
                timings: trigger,
                limit: config.timeout.saturating_sub(self.started.elapsed()),
            };
            if let Err(outcome) = self.trigger(plan).await {
                return (outcome, follow);
            }
        }
        self.reporter.build_is_known();
        let outcome = match &mut follow {
            Some(follow) => self.drive(follow, config).await,
            None => Outcome::Detached,
        };
        (outcome, follow)
    }

    async fn trigger(&mut self, plan: trigger::Plan) -> Result<(), Outcome> {
        let (trigger, mut notices) = Trigger::new(plan);
        let running = trigger.run();
        tokio::pin!(running);
        let (answer, signal) = loop {
            tokio::select! {
                biased;
                Some(signal) = self.signals.recv() => {
                    break (self.last_answer(&trigger, running).await, Some(signal));
                }
                answer = &mut running => break (Some(answer), None),
                Some(Notice { level, text }) = notices.recv() => self.reporter.notice(level, &text),
                () = self.writer.write(&mut self.reporter.out), if !self.reporter.out.is_empty() => {}
            }
        };
        while let Ok(Notice { level, text }) = notices.try_recv() {
            self.reporter.notice(level, &text);
        }
        match (answer, signal) {
            (Some(Ok(Triggered { build, status })), _) => self.reporter.triggered(build, status),
            (Some(Err(error)), None) => return Err(error.into()),
            (Some(Err(_)) | None, _) if trigger.nothing_was_started() => {
                self.reporter.nothing_was_triggered();
            }
            (Some(Err(_)) | None, _) => {}
        }
        signal.map_or(Ok(()), |signal| Err(Outcome::Interrupted(signal)))
    }

    /// The build may exist already; its id is worth a moment, but no second signal.
    async fn last_answer<T>(
        &mut self,
        trigger: &Trigger,
        answer: impl Future<Output = T>,
    ) -> Option<T> {
        if trigger.nothing_was_started() {
            return None;
        }
        trigger.leave();
        tokio::select! {
            biased;
            Some(_) = self.signals.recv() => None,
            answer = timeout(LAST_ANSWER, answer) => answer.ok(),
        }
    }

    /// Shows what is learnt about the build, until it ends, or a signal or a deadline comes first.
    async fn drive(&mut self, follow: &mut Follow, config: &Config) -> Outcome {
        if let Some(build) = &self.reporter.report().build {
            follow.build(build.clone());
        }
        let deadline = sleep(config.timeout.saturating_sub(self.started.elapsed()));
        let queue_timeout = config.queue_timeout.unwrap_or(Duration::MAX);
        let queue_deadline = sleep(queue_timeout);
        tokio::pin!(deadline, queue_deadline);
        loop {
            let report = self.reporter.report();
            // What has ended has no deadline any more: only the final facts are missing.
            let (has_ended, is_queued) = (report.has_ended(), report.is_queued());
            tokio::select! {
                biased;
                Some(signal) = self.signals.recv() => return Outcome::Interrupted(signal),
                () = &mut deadline, if !has_ended => {
                    return Outcome::TimedOut { after: config.timeout, queued: false };
                }
                () = &mut queue_deadline, if is_queued => {
                    return Outcome::TimedOut { after: queue_timeout, queued: true };
                }
                update = follow.next(), if self.reporter.out.len() < BATCH_BYTES => match update {
                    Some(Update::Line(line)) => self.reporter.line(&line),
                    Some(Update::Status(status)) => self.reporter.status(status),
                    Some(Update::Notice { level, text }) => self.reporter.notice(level, &text),
                    Some(Update::End(end)) => return self.verdict(*end, config.on_superseded),
                    None => return Error::Internal.into(),
                },
                // Reached as soon as no update is waiting: what was rendered never waits for a timer.
                () = self.writer.write(&mut self.reporter.out), if !self.reporter.out.is_empty() => {}
            }
        }
    }

    /// The verdict is the API's alone.
    fn verdict(&mut self, end: Result<Facts, Error>, on_superseded: OnSuperseded) -> Outcome {
        let facts = match end {
            Ok(facts) => facts,
            Err(error) => return error.into(),
        };
        let status = facts.status.clone();
        self.reporter.learn(facts);
        match status {
            Some(Status::Complete) => Outcome::Success,
            Some(Status::Failed) => Outcome::Failure,
            Some(Status::Superseded) => Outcome::Superseded(on_superseded),
            Some(Status::Pending | Status::Running | Status::Other(_)) | None => {
                Error::Internal.into()
            }
        }
    }

    /// Publishes, then ends: verdict, outputs and reports on every path. A second signal does not wait.
    pub(crate) async fn end(mut self, outcome: Outcome, follow: Option<Follow>) -> ExitCode {
        let published = self.reporter.conclude(&outcome);
        let patience = match outcome {
            Outcome::Interrupted(_) => SHORT_PATIENCE,
            _ => PATIENCE,
        };
        let goodbye = async {
            if let Some(follow) = follow {
                follow.stop().await;
            }
        };
        let ending =
            async { tokio::join!(self.writer.finish(self.reporter.out, patience), goodbye).0 };
        tokio::pin!(ending);
        let written = match timeout(LAST_MOMENT, &mut ending).await {
            Ok(written) => written,
            Err(_elapsed) => tokio::select! {
                biased;
                written = &mut ending => written,
                Some(_) = self.signals.recv() => true,
            },
        };
        match outcome.exit_code() {
            ExitCode::Success if !(published && written) => ExitCode::Output,
            code => code,
        }
    }
}

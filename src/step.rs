//! One step of a CI job, from the configuration to the exit code: the stages in order, and whatever
//! comes between them.

mod ending;
mod live;
mod watch;

use std::future::ready;
use std::io::Write;
use std::time::Duration;

use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use crate::api::{self, Overrides, Triggered};
use crate::config::{Config, Env, OnSuperseded, Task};
use crate::error::Error;
use crate::event::{Facts, Level, Status};
use crate::follow::Timings;
use crate::session::{self, BuildEvent, BuildEventKind, Hub, Update};
use crate::net::Net;
use crate::outcome::Outcome;
use crate::platform::Platform;
use crate::publish::Publisher;
use crate::reporter::Reporter;
use crate::socket;
use crate::trigger::{self, Notice, Trigger};
use crate::writer::Writer;
pub(crate) use ending::Signals;
use watch::{Alarm, Watch};

/// A batch for stdout is handed over at this size at the latest; before that, whenever nothing else
/// is waiting.
const BATCH_BYTES: usize = 64 * 1024;

/// How long an interrupted trigger may still take to tell the id of the build that it may have made.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// How many updates are shown before a look is taken at signals and the network.
const UPDATES_AT_ONCE: usize = 64;

/// How long a deadline may wait for what was learnt before it; a log that is faster has no end.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(20);

/// What must be known before anything is sent.
pub(crate) struct Road {
    overrides: Overrides,
    net: Net,
}

impl Road {
    /// Reads files.
    pub(crate) fn prepare(config: &Config, platform: Platform, env: &Env) -> Result<Self, Outcome> {
        let revision = platform.revision(env);
        let overrides = revision.resolve(&config.task, env).map_err(Error::Config)?;
        let net = Net::new(&config.network).map_err(Error::Network)?;
        Ok(Self { overrides, net })
    }

    /// The commit that the build will be asked to be of.
    pub(crate) fn commit(&self) -> Option<&str> {
        self.overrides.commit.as_deref()
    }
}

/// A step that runs.
pub(crate) struct Step {
    reporter: Reporter,
    publisher: Publisher,
    writer: Writer,
    signals: Signals,
    started: Instant,
    /// With files and stdout, at the end.
    patience: Duration,
}

impl Step {
    pub(crate) fn new(
        reporter: Reporter,
        publisher: Publisher,
        stdout: impl Write + Send + 'static,
        signals: Signals,
        patience: Duration,
    ) -> Self {
        let writer = Writer::start(stdout);
        Self { reporter, publisher, writer, signals, started: Instant::now(), patience }
    }

    /// From the configuration to the outcome. What still follows the build is returned with it.
    pub(crate) async fn build(
        &mut self,
        config: &Config,
        road: Road,
        timings: Timings,
        trigger: trigger::Timings,
    ) -> (Outcome, Option<Hub>) {
        let Road { overrides, net } = road;
        for warning in net.warnings() {
            self.reporter.notice(Level::Warn, warning);
        }
        let client = api::Client::new(&config.api_url, &config.token, &net);
        let mut follow = config.wait.then(|| {
            Hub::start(session::Setup {
                client: client.clone(),
                socket: socket::Options {
                    api_url: config.api_url.clone(),
                    token: config.token.clone(),
                    net,
                    connect_timeout: timings.connect,
                },
                transport: config.transport,
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
        let outputs = self.publisher.without_secrets(self.reporter.report().outputs(None));
        self.reporter.outputs(outputs.values());
        self.publisher.publish_early(&outputs);
        let outcome = match &mut follow {
            Some(follow) => self.drive(follow, config, timings).await,
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
    async fn drive(&mut self, follow: &mut Hub, config: &Config, timings: Timings) -> Outcome {
        if let Some(build) = &self.reporter.report().build {
            follow.follow(build.clone(), matches!(config.task, Task::Trigger { .. }));
        }
        let now = Instant::now();
        let deadline = self.started.checked_add(config.timeout);
        let mut watch = Watch::new(timings, deadline, config.queue_timeout, now);
        watch.status_is_known(self.reporter.report(), now);
        if self.reporter.is_live() {
            watch.live(now);
        }
        let alarm = sleep_until(now);
        tokio::pin!(alarm);
        loop {
            let next = watch.next(self.reporter.report(), !self.reporter.out.is_empty());
            if let Some((at, _)) = next
                && at != alarm.deadline()
            {
                alarm.as_mut().reset(at);
            }
            let log_is_waiting = self.reporter.log.as_ref().is_some_and(|log| !log.is_empty());
            tokio::select! {
                biased;
                Some(signal) = self.signals.recv() => return Outcome::Interrupted(signal),
                () = &mut alarm, if next.is_some() => {
                    if let Some(outcome) = self.catch_up(follow, &mut watch, config).await {
                        return outcome;
                    }
                    let due = watch.next(self.reporter.report(), !self.reporter.out.is_empty());
                    if let Some((at, alarm)) = due
                        && at <= Instant::now()
                        && let Some(outcome) = self.ring(alarm, &mut watch, config)
                    {
                        return outcome;
                    }
                }
                update = follow.next(), if self.has_room() => {
                    let outcome = match update {
                        Some(update) => self.take(update, &mut watch, config),
                        None => Some(Error::Internal.into()),
                    };
                    if let Some(outcome) = outcome {
                        return outcome;
                    }
                }
                // Reached as soon as no update is waiting: what was rendered never waits for a timer.
                room = self.writer.room(), if !self.reporter.out.is_empty() => {
                    self.reporter.redraw();
                    room.take(&mut self.reporter.out);
                    watch.spoke(Instant::now());
                }
                () = log(&self.publisher, &mut self.reporter.log), if log_is_waiting => {}
                () = self.reporter.placing.ready(), if self.reporter.placing.is_waiting() => {
                    self.reporter.release();
                }
            }
        }
    }

    /// Shows all that waits, behind a stdout that blocks or a busy network: it may hold the end. It may
    /// also be a lot, and keeps no signal waiting.
    async fn catch_up(
        &mut self,
        follow: &mut Hub,
        watch: &mut Watch,
        config: &Config,
    ) -> Option<Outcome> {
        let began = Instant::now();
        while began.elapsed() < LONGEST_CATCH_UP {
            for _ in 0..UPDATES_AT_ONCE {
                let is_placing = self.reporter.placing.is_waiting();
                let update = tokio::select! {
                    biased;
                    Some(signal) = unconstrained(self.signals.recv()) => {
                        return Some(Outcome::Interrupted(signal));
                    }
                    () = self.reporter.placing.ready(), if is_placing => {
                        self.reporter.release();
                        continue;
                    }
                    Some(update) = unconstrained(follow.next()), if !is_placing => update,
                    () = ready(()), if !is_placing => return None,
                };
                if let Some(outcome) = self.take(update, watch, config) {
                    return Some(outcome);
                }
            }
            if !self.has_room() {
                self.writer.write_if_room(&mut self.reporter.out);
            }
            // Or a signal would not get as far as this.
            yield_now().await;
        }
        None
    }

    /// Shows an update; the last one is the end.
    fn take(&mut self, update: Update, watch: &mut Watch, config: &Config) -> Option<Outcome> {
        let kind = match update {
            Update::Build(BuildEvent { kind, .. }) => kind,
            Update::Notice(notice) => BuildEventKind::Notice(notice),
        };
        match kind {
            BuildEventKind::Line(line) | BuildEventKind::LateLine(line) => {
                watch.heard(Instant::now());
                self.reporter.line(&line);
                if self.reporter.log.as_ref().is_some_and(|log| log.len() >= BATCH_BYTES) {
                    self.publisher.log_now(&mut self.reporter.log);
                }
            }
            BuildEventKind::Status(status) => {
                self.reporter.status(status);
                watch.status_is_known(self.reporter.report(), Instant::now());
            }
            BuildEventKind::Notice(notice) => self.reporter.notice(notice.level, &notice.text),
            BuildEventKind::End(end) => return Some(self.verdict(*end, config.on_superseded)),
        }
        None
    }

    /// Whether there is room for what one more update may show: findings that wait for the checkout, for
    /// a second at most, keep it back. The log's file has no say.
    fn has_room(&self) -> bool {
        self.reporter.out.len() < BATCH_BYTES && !self.reporter.placing.is_waiting()
    }

    /// Does what it is time for; some of it is the end.
    fn ring(&mut self, alarm: Alarm, watch: &mut Watch, config: &Config) -> Option<Outcome> {
        let now = Instant::now();
        match alarm {
            Alarm::Deadline => {
                return Some(Outcome::TimedOut { after: config.timeout, queued: false });
            }
            Alarm::QueueDeadline => {
                let after = config.queue_timeout.unwrap_or_default();
                return Some(Outcome::TimedOut { after, queued: true });
            }
            Alarm::LongQueue => {
                let text = watch.advice(self.reporter.report(), now);
                self.reporter.notice(Level::Warn, &text);
            }
            Alarm::Live => {
                let followed = watch.followed_for(now);
                let line = live::line(self.reporter.report(), self.reporter.progress(), followed);
                self.reporter.live(&line);
                watch.live(now);
            }
            Alarm::Heartbeat => {
                let progress = self.reporter.progress();
                let text = watch.still_here(self.reporter.report(), progress, now);
                self.reporter.notice(Level::Info, &text);
            }
        }
        None
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
}

/// Hands the lines over that are kept in a file. Cancel safe.
async fn log(publisher: &Publisher, lines: &mut Option<Vec<u8>>) {
    if let Some(lines) = lines {
        publisher.log(lines).await;
    }
}

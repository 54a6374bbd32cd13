//! The stages with builds: triggers each build that was not given, and follows it to its end.

use std::time::Duration;

use tokio::time::Instant;

use super::pump::{Outputs, Pump};
use super::setup::Prepared;
use super::status_line;
use super::timers::{Timer, Timers};
use crate::config::{Config, Task};
use crate::error::Error;
use crate::follow::FollowDelays;
use crate::model::{Facts, Notice, Status};
use crate::publish::Publisher;
use crate::report::{Outcome, Signal};
use crate::reporter::Reporter;
use crate::service::{self, Triggered};
use crate::session::{self, BuildEvent, BuildEventKind, Hub, Update};
use crate::socket;
use crate::trigger::{Plan, Trigger, TriggerDelays};

/// The remaining time for an interrupted trigger to return the id of a build that it may have
/// started.
const TRIGGER_ANSWER_TIME: Duration = Duration::from_secs(2);

/// The longest time that a step takes to print held-back lines at its deadline.
const LAST_LINES: Duration = Duration::from_secs(5);

/// The same after a signal. CIs kill a step some seconds later, and outputs come after the lines.
const LAST_LINES_OF_SIGNAL: Duration = Duration::from_millis(1_500);

/// The stages between the first request and the last answer.
pub(super) struct Running {
    config: Config,
    follow_delays: FollowDelays,
    started: Instant,
    pub(super) reporter: Reporter,
    publisher: Publisher,
    /// The signal that interrupted the trigger, and the time limit for its answer.
    interrupted: Option<(Signal, Instant)>,
    /// Set once the build is followed.
    timers: Option<Timers>,
    /// The outcome of a step that ends before its build, and the time limit for held-back lines.
    ending_early: Option<(Outcome, Instant)>,
    /// True if it has already ended that way.
    has_left: bool,
}

impl Running {
    pub(super) fn outputs(&self) -> Outputs<'_> {
        Outputs {
            stdout: Some(&self.reporter.stdout),
            log: self.reporter.log.as_ref(),
            // A step that ends on a signal waits for no disk.
            placing: Some(&self.reporter.placing).filter(|_| self.ending_early.is_none()),
            in_hurry: self.ending_early.is_some(),
        }
    }

    pub(super) fn next_timer(&self) -> Option<Instant> {
        if let Some((_, until)) = &self.ending_early {
            return Some(*until);
        }
        match (self.interrupted, &self.timers) {
            (Some((_, until)), _) => Some(until),
            (None, Some(timers)) => {
                timers.next(self.reporter.report(), self.reporter.is_waiting()).map(|(at, _)| at)
            }
            (None, None) => None,
        }
    }

    pub(super) fn new(
        config: Config,
        follow_delays: FollowDelays,
        reporter: Reporter,
        publisher: Publisher,
    ) -> Self {
        let started = Instant::now();
        Self {
            config,
            follow_delays,
            started,
            reporter,
            publisher,
            interrupted: None,
            timers: None,
            ending_early: None,
            has_left: false,
        }
    }

    /// Everything needed for publishing.
    pub(super) fn into_parts(self) -> (Reporter, Publisher, FollowDelays) {
        (self.reporter, self.publisher, self.follow_delays)
    }

    /// Connects, and triggers the build or follows the existing one.
    pub(super) fn start(
        &mut self,
        pump: &mut Pump,
        prepared: Prepared,
        trigger_delays: TriggerDelays,
    ) -> Option<Outcome> {
        let Prepared { overrides, net } = prepared;
        for warning in net.warnings() {
            self.reporter.notice(Notice::warn(warning));
        }
        let Self { config, follow_delays, .. } = self;
        let client = service::Client::new(&config.api_url, &config.token, &net);
        pump.follow = config.wait.then(|| {
            Hub::start(session::HubOptions {
                client: client.clone(),
                socket: socket::Options {
                    api_url: config.api_url.clone(),
                    token: config.token.clone(),
                    net,
                    connect_timeout: follow_delays.connect,
                },
                transport: config.transport,
                delays: *follow_delays,
            })
        });
        match &config.task {
            Task::Trigger { project, build_setting, .. } => {
                pump.trigger = Some(Trigger::start(Plan {
                    client,
                    project: project.clone(),
                    build_setting: build_setting.clone(),
                    overrides,
                    delays: trigger_delays,
                    limit: config.timeout.saturating_sub(self.started.elapsed()),
                }));
                None
            }
            Task::Attach(_) => self.follow_build(pump),
        }
    }

    pub(super) fn on_signal(
        &mut self,
        pump: &mut Pump,
        signal: Signal,
        now: Instant,
    ) -> Option<Outcome> {
        if let Some((outcome, _)) = self.ending_early.take() {
            return Some(outcome);
        }
        match (&pump.trigger, self.interrupted) {
            // The build may exist already. Its id is worth a short wait, but not past a second
            // signal.
            (Some(trigger), None) if !trigger.nothing_was_started() => {
                trigger.stop();
                self.interrupted = Some((signal, now + TRIGGER_ANSWER_TIME));
                None
            }
            (_, interrupted) => {
                self.drop_trigger(pump);
                Some(Outcome::Interrupted(interrupted.map_or(signal, |(first, _)| first)))
            }
        }
    }

    /// Ends the trigger without an answer that names a build.
    fn drop_trigger(&mut self, pump: &mut Pump) {
        if let Some(trigger) = pump.trigger.take() {
            if trigger.nothing_was_started() {
                self.reporter.nothing_was_triggered();
            }
            trigger.last_notices().for_each(|notice| self.reporter.notice(notice));
        }
    }

    pub(super) fn on_triggered(
        &mut self,
        pump: &mut Pump,
        answer: Result<Triggered, Error>,
    ) -> Option<Outcome> {
        match (answer, self.interrupted) {
            (Ok(Triggered { build, status }), interrupted) => {
                pump.trigger = None;
                self.reporter.triggered(build, status);
                match interrupted {
                    Some((signal, _)) => Some(Outcome::Interrupted(signal)),
                    None => self.follow_build(pump),
                }
            }
            (Err(_), Some((signal, _))) => {
                self.drop_trigger(pump);
                Some(Outcome::Interrupted(signal))
            }
            (Err(error), None) => {
                pump.trigger = None;
                Some(error.into())
            }
        }
    }

    /// The build is known: publishes its id, and follows it if requested.
    fn follow_build(&mut self, pump: &mut Pump) -> Option<Outcome> {
        let is_ours = matches!(self.config.task, Task::Trigger { .. });
        self.reporter.build_is_known(is_ours);
        let outputs = self.publisher.without_secrets(self.reporter.report().outputs(None));
        self.reporter.outputs(outputs.values());
        self.publisher.publish_early(&outputs);
        let Some(follow) = &mut pump.follow else {
            return Some(Outcome::Detached);
        };
        if let Some(build) = &self.reporter.report().build {
            follow.follow(build.clone(), is_ours);
        }
        let now = Instant::now();
        let deadline = self.started.checked_add(self.config.timeout);
        let mut timers = Timers::new(self.follow_delays, deadline, self.config.queue_timeout, now);
        timers.on_status(self.reporter.report(), now);
        if self.reporter.has_status_line() {
            timers.on_status_line(now);
        }
        self.timers = Some(timers);
        None
    }

    pub(super) fn on_update(&mut self, update: Option<Update>) -> Option<Outcome> {
        let outcome = match update {
            Some(Update::Build(BuildEvent { kind, .. })) => self.on_build_event(kind),
            Some(Update::Notice(notice)) => {
                self.reporter.notice(notice);
                None
            }
            Some(Update::Released) => self.ending_early.take().map(|(outcome, _)| outcome),
            None => Some(
                self.ending_early.take().map_or(Error::Internal.into(), |(outcome, _)| outcome),
            ),
        };
        if self.reporter.stdout.is_full() {
            self.write_to_stdout();
        }
        // The end of the build no longer matters if it comes while the step ends.
        outcome.filter(|_| self.ending_early.is_none())
    }

    /// Decides how the step ends. If it ends before its build, it prints held-back lines first.
    pub(super) fn end_with(&mut self, pump: &Pump, outcome: Outcome) -> Option<Outcome> {
        let limit = match outcome {
            Outcome::Interrupted(_) => Some(LAST_LINES_OF_SIGNAL),
            Outcome::TimedOut { .. } => Some(LAST_LINES),
            Outcome::Success
            | Outcome::Failure
            | Outcome::Superseded(_)
            | Outcome::Detached
            | Outcome::Failed(_) => None,
        };
        match (&pump.follow, limit) {
            (Some(follow), Some(limit)) if !self.has_left => {
                self.has_left = true;
                self.reporter.release();
                follow.release();
                self.ending_early = Some((outcome, Instant::now() + limit));
                None
            }
            _ => Some(outcome),
        }
    }

    fn on_build_event(&mut self, event: BuildEventKind) -> Option<Outcome> {
        match event {
            BuildEventKind::Line(line) => {
                self.timers.iter_mut().for_each(|timers| timers.on_line(Instant::now()));
                self.reporter.line(&line);
            }
            BuildEventKind::LateLine(line) => {
                self.timers.iter_mut().for_each(|timers| timers.on_line(Instant::now()));
                self.reporter.late_line(&line);
            }
            BuildEventKind::Status(status) => {
                self.reporter.status(status);
                if let Some(timers) = &mut self.timers {
                    timers.on_status(self.reporter.report(), Instant::now());
                }
            }
            BuildEventKind::Notice(notice) => self.reporter.notice(notice),
            BuildEventKind::End(end) => return Some(self.verdict(*end)),
        }
        None
    }

    /// Writes rendered text, if there is room for it.
    pub(super) fn write_to_stdout(&mut self) {
        if self.reporter.write_to_stdout()
            && let Some(timers) = &mut self.timers
        {
            timers.on_output(Instant::now());
        }
    }

    pub(super) fn on_timer(&mut self, pump: &mut Pump, now: Instant) -> Option<Outcome> {
        if let Some((_, until)) = &self.ending_early {
            let is_over = *until <= now;
            let outcome = self.ending_early.take_if(|_| is_over).map(|(outcome, _)| outcome);
            if outcome.is_some() {
                let text = "there was no time to show all lines of the log that were held back";
                self.reporter.notice(Notice::warn(text));
            }
            return outcome;
        }
        if let Some((signal, until)) = self.interrupted {
            return (until <= now).then(|| {
                self.drop_trigger(pump);
                Outcome::Interrupted(signal)
            });
        }
        let timers = self.timers.as_mut()?;
        let (report, is_waiting) = (self.reporter.report(), self.reporter.is_waiting());
        let (_, timer) = timers.next(report, is_waiting).filter(|(at, _)| *at <= now)?;
        match timer {
            Timer::Deadline => {
                return Some(Outcome::TimedOut { after: self.config.timeout, queued: false });
            }
            Timer::QueueDeadline => {
                let after = self.config.queue_timeout.unwrap_or_default();
                return Some(Outcome::TimedOut { after, queued: true });
            }
            Timer::LongQueue => {
                let text = timers.long_queue(report, now);
                self.reporter.notice(Notice::warn(text));
            }
            Timer::StatusLine => {
                let followed = timers.followed_for(now);
                let line = status_line::text(report, self.reporter.progress(), followed);
                timers.on_status_line(now);
                self.reporter.status_line(&line);
            }
            Timer::Heartbeat => {
                let text = timers.heartbeat(report, self.reporter.progress(), now);
                self.reporter.notice(Notice::info(text));
            }
        }
        None
    }

    /// Only the API decides the verdict.
    fn verdict(&mut self, end: Result<Facts, Error>) -> Outcome {
        let facts = match end {
            Ok(facts) => facts,
            Err(error) => return error.into(),
        };
        let status = facts.status.clone();
        self.reporter.learn(facts);
        if let Some(status) = self.reporter.report().failed_deployment() {
            let text = format!("BuildPixel's automatic deployment of the build reports: {status}");
            self.reporter.notice(Notice::warn(text));
        }
        match status {
            Some(Status::Complete) => Outcome::Success,
            Some(Status::Failed | Status::OtherEnd(_)) => Outcome::Failure,
            Some(Status::Superseded) => Outcome::Superseded(self.config.on_superseded),
            Some(Status::Pending | Status::Running | Status::Other(_)) | None => {
                Error::Internal.into()
            }
        }
    }
}

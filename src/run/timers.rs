//! The timers of a followed build: deadlines, the long queue, the status line, and the heartbeat
//! after a silence.

use std::time::Duration;

use tokio::time::Instant;

use crate::follow::FollowDelays;
use crate::model::Progress;
use crate::model::Status;
use crate::report::BuildReport;
use crate::report::verdict::human;

/// The times of past events, from which the timers follow.
pub(super) struct Timers {
    delays: FollowDelays,
    deadline: Option<Instant>,
    queue_timeout: Option<Duration>,
    followed: Instant,
    /// When the build was first known to be queued.
    queued: Option<Instant>,
    advised: bool,
    /// When something was last handed to stdout.
    last_output: Instant,
    /// When the last line came.
    last_line: Option<Instant>,
    /// When the status line changes, if there is one.
    status_line: Option<Instant>,
}

/// How often the status line of a terminal changes.
const STATUS_LINE: Duration = Duration::from_millis(200);

/// The kinds of timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// `timeout` has passed.
    Deadline,
    /// `queue-timeout` has passed.
    QueueDeadline,
    /// The build has been queued for so long that the user should contact support.
    LongQueue,
    /// Nothing was printed for a long time: reports that the build is still followed.
    Heartbeat,
    /// The status line of a terminal changes.
    StatusLine,
}

impl Timers {
    /// A deadline beyond the range of the clock never comes.
    pub(super) fn new(
        delays: FollowDelays,
        deadline: Option<Instant>,
        queue_timeout: Option<Duration>,
        now: Instant,
    ) -> Self {
        Self {
            delays,
            deadline,
            queue_timeout,
            followed: now,
            queued: None,
            advised: false,
            last_output: now,
            last_line: None,
            status_line: None,
        }
    }

    /// The timer that is due first. `is_waiting`: text waits for stdout, so more text would not be
    /// read any sooner.
    pub(super) fn next(&self, report: &BuildReport, is_waiting: bool) -> Option<(Instant, Timer)> {
        let queued = self.queued.filter(|_| report.is_queued());
        let after = |since: Option<Instant>, delay: Option<Duration>| since?.checked_add(delay?);
        let advice = Some(self.delays.long_queue).filter(|_| !self.advised);
        let timers = [
            // An ended build has no deadline any more: only the final facts are missing.
            (self.deadline.filter(|_| !report.has_ended()), Timer::Deadline),
            (after(queued, self.queue_timeout), Timer::QueueDeadline),
            (after(queued, advice), Timer::LongQueue),
            (
                after(Some(self.last_output), Some(self.delays.heartbeat)).filter(|_| !is_waiting),
                Timer::Heartbeat,
            ),
            (self.status_line.filter(|_| !is_waiting), Timer::StatusLine),
        ];
        let timers = timers.into_iter().filter_map(|(at, timer)| Some((at?, timer)));
        timers.min_by_key(|(at, _)| *at)
    }

    /// The status changed. The time in the queue counts from the first known status.
    pub(super) fn on_status(&mut self, report: &BuildReport, now: Instant) {
        if report.is_queued() {
            self.queued.get_or_insert(now);
        }
    }

    pub(super) fn on_line(&mut self, now: Instant) {
        self.last_line = Some(now);
    }

    /// Something was handed to stdout.
    pub(super) fn on_output(&mut self, now: Instant) {
        self.last_output = now;
    }

    /// The status line was updated.
    pub(super) fn on_status_line(&mut self, now: Instant) {
        self.status_line = now.checked_add(STATUS_LINE);
    }

    /// How long the build has been followed.
    pub(super) fn followed_for(&self, now: Instant) -> Duration {
        now - self.followed
    }

    /// The notice on a long queue. It is shown once.
    pub(super) fn long_queue(&mut self, report: &BuildReport, now: Instant) -> String {
        self.advised = true;
        let build = report.build.as_ref().map(ToString::to_string).unwrap_or_default();
        let queued = human(self.queued.map_or(Duration::ZERO, |since| now - since));
        format!(
            "build {build} has been queued for {queued}: send its id to BuildPixel's support; on the \
             Free plan one build runs at a time, so another one may come first"
        )
    }

    /// The heartbeat: the build is still followed, with its phase and progress.
    pub(super) fn heartbeat(
        &self,
        report: &BuildReport,
        progress: Option<Progress>,
        now: Instant,
    ) -> String {
        let followed = human(now - self.followed);
        let place = match &report.status {
            None => return format!("no status of the build yet after {followed}"),
            Some(Status::Pending) => {
                let queued = human(now - self.queued.unwrap_or(self.followed));
                return format!("still queued after {queued}");
            }
            Some(status) if status.is_terminal() => {
                return "the build has ended; waiting for BuildPixel to confirm it".to_owned();
            }
            Some(status) => status.as_str(),
        };
        let phase = report.phases.last().filter(|run| !run.ended);
        let place =
            phase.map_or_else(|| place.to_owned(), |run| format!("in {}", run.phase.title()));
        let progress = progress.map(|progress| format!(": {progress}")).unwrap_or_default();
        let quiet = now - self.last_line.unwrap_or(self.followed);
        let log = match report.lines {
            // It is unknown whether the build is silent or the service is unreachable.
            0 => "no log line yet".to_owned(),
            _ if quiet >= self.delays.heartbeat => {
                format!("no log line for {}", human(quiet))
            }
            lines => format!("log lines so far: {lines}"),
        };
        format!("still {place} after {followed}{progress}; {log}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Task;
    use crate::model::{Event, Id, Level, Phase};

    const MINUTE: Duration = Duration::from_secs(60);

    fn report(events: &[Event]) -> BuildReport {
        let mut report = BuildReport::new(&Task::Attach(Id::new("build1").unwrap()));
        for event in events {
            report.observe(event);
        }
        report
    }

    fn in_status(status: Status) -> BuildReport {
        report(&[Event::Status(status)])
    }

    fn timers(now: Instant, timeout: Duration, queue_timeout: Option<Duration>) -> Timers {
        Timers::new(FollowDelays::default(), now.checked_add(timeout), queue_timeout, now)
    }

    fn after(timers: &Timers, report: &BuildReport, now: Instant) -> Option<(Duration, Timer)> {
        timers.next(report, false).map(|(at, timer)| (at - now, timer))
    }

    #[test]
    fn the_queue_time_counts_from_the_first_known_status() {
        let now = Instant::now();
        let mut timers = timers(now, 600 * MINUTE, Some(3 * MINUTE));
        let unknown = report(&[]);
        timers.on_status(&unknown, now);
        assert_eq!(after(&timers, &unknown, now), Some((5 * MINUTE, Timer::Heartbeat)));

        let queued = in_status(Status::Pending);
        timers.on_status(&queued, now + MINUTE);
        assert_eq!(after(&timers, &queued, now), Some((4 * MINUTE, Timer::QueueDeadline)));
        timers.on_status(&queued, now + 2 * MINUTE);
        assert_eq!(after(&timers, &queued, now), Some((4 * MINUTE, Timer::QueueDeadline)));

        // A build with an unknown status, or a running one, is not queued. If it is queued again,
        // its time in the queue still counts from the start.
        for status in [Status::Running, Status::Other("warming".to_owned())] {
            let report = in_status(status);
            assert_eq!(after(&timers, &report, now), Some((5 * MINUTE, Timer::Heartbeat)));
        }
        timers.on_status(&queued, now + 3 * MINUTE);
        assert_eq!(after(&timers, &queued, now), Some((4 * MINUTE, Timer::QueueDeadline)));
    }

    #[test]
    fn an_ended_build_and_an_endless_timeout_have_no_deadline() {
        let now = Instant::now();
        let soon = timers(now, MINUTE, Some(MINUTE));
        let timer = after(&soon, &in_status(Status::Running), now);
        assert_eq!(timer, Some((MINUTE, Timer::Deadline)));
        let timer = after(&soon, &in_status(Status::Failed), now);
        assert_eq!(timer, Some((5 * MINUTE, Timer::Heartbeat)));

        let mut never = timers(now, Duration::MAX, Some(Duration::MAX));
        let queued = in_status(Status::Pending);
        never.on_status(&queued, now);
        assert_eq!(after(&never, &queued, now), Some((5 * MINUTE, Timer::Heartbeat)));
    }

    #[test]
    fn silence_counts_from_the_last_output_and_not_while_output_waits() {
        let now = Instant::now();
        let mut timers = timers(now, 600 * MINUTE, None);
        let report = in_status(Status::Running);
        timers.on_output(now + 2 * MINUTE);
        timers.on_line(now + 4 * MINUTE);
        assert_eq!(after(&timers, &report, now), Some((7 * MINUTE, Timer::Heartbeat)));
        let waiting = timers.next(&report, true);
        assert_eq!(waiting, Some((now + 600 * MINUTE, Timer::Deadline)));
    }

    #[test]
    fn a_long_queue_gets_advice_once_and_heartbeats_continue() {
        let now = Instant::now();
        let mut timers = timers(now, 600 * MINUTE, None);
        let queued = in_status(Status::Pending);
        timers.on_status(&queued, now);
        timers.on_output(now + 59 * MINUTE);
        assert_eq!(after(&timers, &queued, now), Some((60 * MINUTE, Timer::LongQueue)));
        let advice = timers.long_queue(&queued, now + 60 * MINUTE);
        assert!(advice.starts_with("build build1 has been queued for 1h: "), "{advice}");
        assert_eq!(after(&timers, &queued, now), Some((64 * MINUTE, Timer::Heartbeat)));
    }

    #[test]
    fn the_heartbeat_shows_phase_duration_and_progress() {
        let now = Instant::now();
        let mut timers = timers(now, 600 * MINUTE, None);
        let later = now + Duration::from_secs(42 * 60 + 10);
        let says = |timers: &Timers, events: &[Event], progress| {
            timers.heartbeat(&report(events), progress, later)
        };
        let cook = Some(Progress::Packages { done: 400, total: 660 });
        let status = |status| Event::Status(status);
        let line = Event::Line { level: Level::Info, text: "x".to_owned() };
        assert_eq!(says(&timers, &[], None), "no status of the build yet after 42m 10s");
        let pending = status(Status::Pending);
        assert_eq!(says(&timers, &[pending], None), "still queued after 42m 10s");
        let running = status(Status::Running);
        let warming = status(Status::Other("warming".to_owned()));
        let logged = "after 42m 10s; no log line yet";
        assert_eq!(says(&timers, &[warming], None), format!("still warming {logged}"));
        assert_eq!(
            says(&timers, std::slice::from_ref(&running), None),
            format!("still running {logged}")
        );

        let cooking = [running.clone(), Event::PhaseStarted(Phase::Cook), line.clone()];
        timers.on_line(now + Duration::from_secs(37 * 60 + 10));
        assert_eq!(
            says(&timers, &cooking, cook),
            "still in Cook after 42m 10s: 400 of 660 packages cooked; \
             no log line for 5m"
        );
        timers.on_line(later);
        let cooked = Event::PhaseEnded { phase: Phase::Cook, took: None, completed: true };
        assert_eq!(
            says(&timers, &[running, Event::PhaseStarted(Phase::Cook), line, cooked], None),
            "still running after 42m 10s; log lines so far: 1"
        );
        let ended = says(&timers, &[status(Status::Failed)], None);
        assert!(ended.contains("waiting for BuildPixel to confirm"), "{ended}");
    }
}

//! What the clock has to say while a build is followed: deadlines, the long queue, and that we are still
//! here when nothing else is said.

use std::time::Duration;

use tokio::time::Instant;

use crate::event::Status;
use crate::follow::Timings;
use crate::log::progress::Progress;
use crate::outcome::Report;
use crate::outcome::verdict::human;

/// Since when things are as they are.
pub(super) struct Watch {
    timings: Timings,
    deadline: Option<Instant>,
    queue_timeout: Option<Duration>,
    followed: Instant,
    /// When the build was first known to be queued.
    queued: Option<Instant>,
    advised: bool,
    /// When something was last handed to stdout.
    spoke: Instant,
    /// When the build last logged something.
    heard: Option<Instant>,
}

/// Something that it is time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The `timeout` is over.
    Deadline,
    /// The `queue-timeout` is.
    QueueDeadline,
    /// It is time to say whom to ask about a long queue.
    LongQueue,
    /// It is time to say that we are still here.
    Heartbeat,
}

impl Watch {
    /// A deadline that no clock reaches is none.
    pub(super) fn new(
        timings: Timings,
        deadline: Option<Instant>,
        queue_timeout: Option<Duration>,
        now: Instant,
    ) -> Self {
        Self {
            timings,
            deadline,
            queue_timeout,
            followed: now,
            queued: None,
            advised: false,
            spoke: now,
            heard: None,
        }
    }

    /// What happens next if nothing else does. `waiting`: words wait for stdout, so that more of them
    /// would not be read any sooner.
    pub(super) fn next(&self, report: &Report, waiting: bool) -> Option<(Instant, Alarm)> {
        let queued = self.queued.filter(|_| report.is_queued());
        let after = |since: Option<Instant>, delay: Option<Duration>| since?.checked_add(delay?);
        let advice = Some(self.timings.long_queue).filter(|_| !self.advised);
        let alarms = [
            // What has ended has no deadline any more: only the final facts are missing.
            (self.deadline.filter(|_| !report.has_ended()), Alarm::Deadline),
            (after(queued, self.queue_timeout), Alarm::QueueDeadline),
            (after(queued, advice), Alarm::LongQueue),
            (
                after(Some(self.spoke), Some(self.timings.heartbeat)).filter(|_| !waiting),
                Alarm::Heartbeat,
            ),
        ];
        let alarms = alarms.into_iter().filter_map(|(at, alarm)| Some((at?, alarm)));
        alarms.min_by_key(|(at, _)| *at)
    }

    /// The status is another one. The time in the queue counts from when it is first known of.
    pub(super) fn status_is_known(&mut self, report: &Report, now: Instant) {
        if report.is_queued() {
            self.queued.get_or_insert(now);
        }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    pub(super) fn spoke(&mut self, now: Instant) {
        self.spoke = now;
    }

    /// Whom to ask about a long queue; once.
    pub(super) fn advice(&mut self, report: &Report, now: Instant) -> String {
        self.advised = true;
        let build = report.build.as_ref().map(ToString::to_string).unwrap_or_default();
        let queued = human(self.queued.map_or(Duration::ZERO, |since| now - since));
        format!(
            "build {build} has been queued for {queued}: BuildPixel's support looks into a queue of over an \
             hour and wants the build's id; on the Free plan one build runs at a time, so another may be \
             in its way"
        )
    }

    /// That we are still here, where the build is, and how far.
    pub(super) fn still_here(
        &self,
        report: &Report,
        progress: Option<Progress>,
        now: Instant,
    ) -> String {
        let followed = human(now - self.followed);
        let place = match &report.status {
            None => return format!("no word of the build yet, after {followed} of following it"),
            Some(Status::Pending) => {
                let queued = human(now - self.queued.unwrap_or(self.followed));
                return format!("still queued after {queued}");
            }
            Some(status) if status.is_terminal() => {
                return "the build has ended; waiting for BuildPixel's last word on it".to_owned();
            }
            Some(status) => status.as_str(),
        };
        let phase = report.phases.last().filter(|run| !run.ended);
        let place =
            phase.map_or_else(|| place.to_owned(), |run| format!("in {}", run.phase.title()));
        let progress = progress.map(|progress| format!(": {progress}")).unwrap_or_default();
        let quiet = now - self.heard.unwrap_or(self.followed);
        let log = match report.lines {
            0 => "nothing was logged yet".to_owned(),
            _ if quiet >= self.timings.heartbeat => {
                format!("nothing was logged for {}", human(quiet))
            }
            lines => format!("the log goes on, {lines} lines so far"),
        };
        format!("still {place} after {followed} of following the build{progress}; {log}")
    }
}

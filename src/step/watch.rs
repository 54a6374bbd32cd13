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
    /// When a line last came.
    heard: Option<Instant>,
    /// When the last line of the terminal changes, where one is watched.
    live: Option<Instant>,
}

/// How often the last line of a terminal may change.
const LIVE: Duration = Duration::from_millis(200);

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
    /// It is time for the last line of a terminal to move.
    Live,
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
            live: None,
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
            (self.live.filter(|_| !waiting), Alarm::Live),
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

    /// The last line of a terminal was just seen to.
    pub(super) fn live(&mut self, now: Instant) {
        self.live = now.checked_add(LIVE);
    }

    /// How long the build has been followed.
    pub(super) fn followed_for(&self, now: Instant) -> Duration {
        now - self.followed
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
            // Whether the build is silent or the service out of reach is not ours to say.
            0 => "no line has come yet".to_owned(),
            _ if quiet >= self.timings.heartbeat => {
                format!("no line has come for {}", human(quiet))
            }
            lines => format!("the log goes on; lines so far: {lines}"),
        };
        format!("still {place} after {followed} of following the build{progress}; {log}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Task;
    use crate::event::{Event, Id, Level, Phase};

    const MINUTE: Duration = Duration::from_secs(60);

    fn report(events: &[Event]) -> Report {
        let mut report = Report::new(&Task::Attach(Id::new("build1").unwrap()));
        for event in events {
            report.observe(event);
        }
        report
    }

    fn in_status(status: Status) -> Report {
        report(&[Event::Status(status)])
    }

    fn watch(now: Instant, timeout: Duration, queue_timeout: Option<Duration>) -> Watch {
        Watch::new(Timings::default(), now.checked_add(timeout), queue_timeout, now)
    }

    fn after(watch: &Watch, report: &Report, now: Instant) -> Option<(Duration, Alarm)> {
        watch.next(report, false).map(|(at, alarm)| (at - now, alarm))
    }

    #[test]
    fn the_time_in_the_queue_counts_from_when_it_is_first_known_of() {
        let now = Instant::now();
        let mut watch = watch(now, 600 * MINUTE, Some(3 * MINUTE));
        let unknown = report(&[]);
        watch.status_is_known(&unknown, now);
        assert_eq!(after(&watch, &unknown, now), Some((5 * MINUTE, Alarm::Heartbeat)));

        let queued = in_status(Status::Pending);
        watch.status_is_known(&queued, now + MINUTE);
        assert_eq!(after(&watch, &queued, now), Some((4 * MINUTE, Alarm::QueueDeadline)));
        watch.status_is_known(&queued, now + 2 * MINUTE);
        assert_eq!(after(&watch, &queued, now), Some((4 * MINUTE, Alarm::QueueDeadline)));

        // What has a word of its own for it, or runs, is not queued; should it be queued again, it has
        // been for as long.
        for status in [Status::Running, Status::Other("warming".to_owned())] {
            let report = in_status(status);
            assert_eq!(after(&watch, &report, now), Some((5 * MINUTE, Alarm::Heartbeat)));
        }
        watch.status_is_known(&queued, now + 3 * MINUTE);
        assert_eq!(after(&watch, &queued, now), Some((4 * MINUTE, Alarm::QueueDeadline)));
    }

    #[test]
    fn what_has_ended_has_no_deadline_and_one_beyond_all_clocks_is_none() {
        let now = Instant::now();
        let soon = watch(now, MINUTE, Some(MINUTE));
        let alarm = after(&soon, &in_status(Status::Running), now);
        assert_eq!(alarm, Some((MINUTE, Alarm::Deadline)));
        let alarm = after(&soon, &in_status(Status::Failed), now);
        assert_eq!(alarm, Some((5 * MINUTE, Alarm::Heartbeat)));

        let mut never = watch(now, Duration::MAX, Some(Duration::MAX));
        let queued = in_status(Status::Pending);
        never.status_is_known(&queued, now);
        assert_eq!(after(&never, &queued, now), Some((5 * MINUTE, Alarm::Heartbeat)));
    }

    #[test]
    fn silence_counts_from_the_last_word_and_not_while_words_wait() {
        let now = Instant::now();
        let mut watch = watch(now, 600 * MINUTE, None);
        let report = in_status(Status::Running);
        watch.spoke(now + 2 * MINUTE);
        watch.heard(now + 4 * MINUTE);
        assert_eq!(after(&watch, &report, now), Some((7 * MINUTE, Alarm::Heartbeat)));
        let waiting = watch.next(&report, true);
        assert_eq!(waiting, Some((now + 600 * MINUTE, Alarm::Deadline)));
    }

    #[test]
    fn a_long_queue_gets_advice_once_and_heartbeats_go_on() {
        let now = Instant::now();
        let mut watch = watch(now, 600 * MINUTE, None);
        let queued = in_status(Status::Pending);
        watch.status_is_known(&queued, now);
        watch.spoke(now + 59 * MINUTE);
        assert_eq!(after(&watch, &queued, now), Some((60 * MINUTE, Alarm::LongQueue)));
        let advice = watch.advice(&queued, now + 60 * MINUTE);
        assert!(advice.starts_with("build build1 has been queued for 1h: "), "{advice}");
        assert_eq!(after(&watch, &queued, now), Some((64 * MINUTE, Alarm::Heartbeat)));
    }

    #[test]
    fn we_say_where_the_build_is_for_how_long_and_how_far() {
        let now = Instant::now();
        let mut watch = watch(now, 600 * MINUTE, None);
        let later = now + Duration::from_secs(42 * 60 + 10);
        let says = |watch: &Watch, events: &[Event], progress| {
            watch.still_here(&report(events), progress, later)
        };
        let cook = Some(Progress::Packages { done: 400, total: 660 });
        let status = |status| Event::Status(status);
        let line = Event::Line { level: Level::Info, text: "x".to_owned() };
        assert_eq!(
            says(&watch, &[], None),
            "no word of the build yet, after 42m 10s of following it"
        );
        let pending = status(Status::Pending);
        assert_eq!(says(&watch, &[pending], None), "still queued after 42m 10s");
        let running = status(Status::Running);
        let warming = status(Status::Other("warming".to_owned()));
        let logged = "after 42m 10s of following the build; no line has come yet";
        assert_eq!(says(&watch, &[warming], None), format!("still warming {logged}"));
        assert_eq!(
            says(&watch, std::slice::from_ref(&running), None),
            format!("still running {logged}")
        );

        let cooking = [running.clone(), Event::PhaseStarted(Phase::Cook), line.clone()];
        watch.heard(now + Duration::from_secs(37 * 60 + 10));
        assert_eq!(
            says(&watch, &cooking, cook),
            "still in Cook after 42m 10s of following the build: 400 of 660 packages cooked; \
             no line has come for 5m"
        );
        watch.heard(later);
        let cooked = Event::PhaseEnded { phase: Phase::Cook, took: None, completed: true };
        assert_eq!(
            says(&watch, &[running, Event::PhaseStarted(Phase::Cook), line, cooked], None),
            "still running after 42m 10s of following the build; the log goes on; lines so far: 1"
        );
        let ended = says(&watch, &[status(Status::Failed)], None);
        assert!(ended.contains("waiting for BuildPixel's last word"), "{ended}");
    }
}

//! What was told about the build so far: every line once, every change of status, every trouble of the
//! way once.

use std::fmt::Write;
use std::time::SystemTime;

use tokio::time::Instant;

use super::BuildEventKind;
use super::cut::{self, Cut, Gap, News};
use super::queue::Sender;
use crate::api::{ApiError, Snapshot};
use crate::error::chain;
use crate::event::{Level, LogLine, Notice, Status};
use crate::socket::SocketError;

/// No service shows fewer lines than this when there are more.
const SHORTEST_VIEW: usize = 10;

pub(super) struct Told {
    updates: Sender,
    cut: Cut,
    pub(super) status: Option<Status>,
    /// When the terminal status came.
    pub(super) ended: Option<Instant>,
    /// Whether a session has its place at the end of what was passed on.
    ends_live: bool,
    /// Whether the session that stands goes on where the last one ended.
    recovered: bool,
    stream: Way,
    rest: Way,
    polls: bool,
    unreadable: u64,
    /// Whether the build had begun before it was followed.
    begun: bool,
    /// How many lines REST showed when none had been passed on.
    first_view: usize,
    /// How many lines REST has shown at most.
    longest_view: usize,
    /// Lines of sessions that ended before it was clear how they follow, oldest session first.
    orphans: Vec<Vec<LogLine>>,
    /// Whether REST has denied an end that was pushed.
    denied: bool,
}

/// The state of a way to the service, as far as it was told.
#[derive(PartialEq, Eq)]
enum Way {
    Fresh,
    Up,
    Down,
}

impl Told {
    pub(super) fn new(updates: Sender, begun: bool) -> Self {
        Self {
            updates,
            cut: Cut::default(),
            status: None,
            ended: None,
            ends_live: false,
            recovered: false,
            stream: Way::Fresh,
            rest: Way::Fresh,
            polls: false,
            unreadable: 0,
            begun,
            first_view: 0,
            longest_view: 0,
            orphans: Vec::new(),
            denied: false,
        }
    }

    pub(super) async fn send(&self, update: BuildEventKind) {
        self.updates.send(update).await;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// A line of a session whose place in the log is known.
    pub(super) async fn live(&mut self, line: LogLine) {
        self.begun = false;
        if self.cut.live(&line) {
            self.send(BuildEventKind::Line(line)).await;
        }
    }

    /// Whether what was passed on ends with what came live.
    pub(super) fn ends_live(&self) -> bool {
        self.ends_live && self.cut.is_paid()
    }

    /// A session begins. One that was recovered goes on where the last one ended, even if REST shows
    /// too little to see that.
    pub(super) fn new_session(&mut self, goes_on: bool) {
        self.ends_live = goes_on;
        self.recovered = goes_on;
    }

    /// A session ended before it was clear how these lines of it follow.
    pub(super) fn orphan(&mut self, lines: Vec<LogLine>) {
        if !lines.is_empty() {
            self.ends_live = false;
            self.orphans.push(lines);
        }
    }

    /// What REST shows. Whether it brought lines.
    pub(super) async fn recent(&mut self, snapshot: Snapshot) -> bool {
        self.settle_orphans(&snapshot.recent).await;
        self.measure(&snapshot.recent);
        self.around(snapshot.facts.status, |cut| cut.absorb(snapshot.recent)).await
    }

    /// What REST shows, and the lines that are held back. Takes these, and is true, once it is clear how
    /// they follow what was passed on; `is_later` tells that REST was asked after the first had come.
    pub(super) async fn meet(
        &mut self,
        snapshot: Snapshot,
        held: &mut Vec<LogLine>,
        is_later: bool,
    ) -> bool {
        let Snapshot { facts, recent } = snapshot;
        self.settle_orphans(&recent).await;
        if cut::starts_after(&recent, held) {
            let all = std::mem::take(held);
            self.unplaced(all).await;
            self.status(facts.status).await;
            return true;
        }
        self.measure(&recent);
        self.around(facts.status, |cut| cut.absorb(recent)).await;
        let placed = if is_later { self.cut.place(held) } else { None };
        let Some(lines) = placed else {
            return false;
        };
        self.around(None, |_| News { lines, gap: None }).await;
        self.is_placed();
        true
    }

    /// Lines that came live and that REST does not help to place.
    pub(super) async fn unplaced(&mut self, held: Vec<LogLine>) {
        self.settle_orphans(&[]).await;
        self.around(None, |cut| cut.append(held)).await;
        self.is_placed();
    }

    /// Passes on what still waits for a place, and says if the beginning of the log may be missing:
    /// had REST ever shown more lines than at first, it would have shown all there were then.
    pub(super) async fn finish(&mut self) {
        self.settle_orphans(&[]).await;
        if self.first_view >= SHORTEST_VIEW && self.first_view == self.longest_view {
            let text = format!(
                "the log may have begun before what is shown: BuildPixel shows only its last {} lines",
                self.first_view
            );
            self.notice(Level::Info, text).await;
        }
    }

    fn measure(&mut self, recent: &[LogLine]) {
        self.longest_view = self.longest_view.max(recent.len());
        if self.cut.is_fresh() && !self.begun {
            self.first_view = recent.len();
        }
    }

    fn is_placed(&mut self) {
        self.ends_live = true;
        // From here on a gap is one.
        self.recovered = false;
    }

    /// Passes on the lines of lost sessions as far as REST does not show them. Without a view, all.
    async fn settle_orphans(&mut self, recent: &[LogLine]) {
        for lines in std::mem::take(&mut self.orphans) {
            if recent.is_empty() || cut::starts_after(recent, &lines) {
                self.around(None, |cut| cut.append(lines)).await;
            }
        }
    }

    /// Whether nothing that REST shows is missing.
    pub(super) fn is_level_with(&self, recent: &[LogLine]) -> bool {
        self.cut.is_level_with(recent)
    }

    /// Lines between the status that precedes them and the one that they precede.
    async fn around(
        &mut self,
        status: Option<Status>,
        news: impl FnOnce(&mut Cut) -> News,
    ) -> bool {
        let (before, after) = match status {
            Some(status) if status.is_terminal() => (None, Some(status)),
            status => (status, None),
        };
        self.status(before).await;
        let News { lines, gap } = news(&mut self.cut);
        let any = !lines.is_empty();
        if let Some(gap) = gap.filter(|_| !self.recovered) {
            self.notice(Level::Warn, missing(gap)).await;
        }
        if any && std::mem::take(&mut self.begun) {
            let text = "the log begins with the last lines that BuildPixel still shows";
            self.notice(Level::Info, text.to_owned()).await;
        }
        if any {
            self.ends_live = false;
        }
        for line in lines {
            self.send(BuildEventKind::Line(line)).await;
        }
        self.status(after).await;
        any
    }

    /// A status that was pushed. An end that REST has denied once is for REST to tell.
    pub(super) async fn pushed(&mut self, status: Status) {
        if !(self.denied && status.is_terminal()) {
            self.status(Some(status)).await;
        }
    }

    /// A status that was heard or read. Statuses go forward only, and a terminal one is final.
    pub(super) async fn status(&mut self, status: Option<Status>) {
        let Some(status) = status else {
            return;
        };
        let known = self.status.as_ref();
        if known == Some(&status) || progress(known) > progress(Some(&status)) || self.has_ended() {
            return;
        }
        if status.is_terminal() {
            self.ended = Some(Instant::now());
        }
        self.status = Some(status.clone());
        self.send(BuildEventKind::Status(status)).await;
    }

    /// An end that was pushed, and that REST denies for good.
    pub(super) async fn has_not_ended(&mut self, status: Option<Status>) {
        let status = status.unwrap_or(Status::Running);
        let pushed = self.status.as_ref().map_or("", Status::as_str);
        let text = format!(
            "BuildPixel pushed the status {pushed}, but its API goes on saying {}: following on",
            status.as_str()
        );
        self.notice(Level::Warn, text).await;
        self.ended = None;
        self.denied = true;
        self.status = Some(status.clone());
        self.send(BuildEventKind::Status(status)).await;
    }

    pub(super) async fn stream_is_up(&mut self) {
        if self.stream == Way::Down || self.polls {
            self.notice(Level::Info, "the live log is back".to_owned()).await;
        }
        self.stream = Way::Up;
        self.polls = false;
    }

    pub(super) async fn stream_is_down(&mut self, error: &SocketError, stood: bool) {
        self.recovered = false;
        let text = match (&self.stream, stood) {
            (Way::Up, _) | (Way::Fresh, true) => "the live log was interrupted",
            (Way::Fresh, false) => "the live log cannot be reached",
            (Way::Down, _) => return,
        };
        self.stream = Way::Down;
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let text = format!("{text}; connecting again ({}){hint}", chain(error));
        self.notice(Level::Warn, text).await;
    }

    /// Polling has begun for want of a stream.
    pub(super) async fn polls(&mut self) {
        if !self.polls {
            self.polls = true;
            let text = "the live log stays away; polling the log until it is back";
            self.notice(Level::Warn, text.to_owned()).await;
        }
    }

    /// The stream stands, and brings nothing of what REST shows.
    pub(super) async fn stream_is_deaf(&mut self) {
        self.stream = Way::Down;
        self.polls = true;
        let text = "the live log brings nothing although the build logs; joining it again";
        self.notice(Level::Warn, text.to_owned()).await;
    }

    pub(super) async fn rest_is_up(&mut self) {
        if self.rest == Way::Down {
            self.notice(Level::Info, "the API answers again".to_owned()).await;
        }
        self.rest = Way::Up;
    }

    pub(super) async fn rest_is_down(&mut self, error: &ApiError) {
        if self.rest != Way::Down {
            let text = format!("the API is in trouble; trying again ({})", chain(error));
            self.notice(Level::Warn, text).await;
        }
        self.rest = Way::Down;
    }

    /// The build's end is known, its last lines are not.
    pub(super) async fn last_lines_are_unknown(&self, error: &ApiError) {
        let text = format!("the last lines of the log may be missing here ({})", chain(error));
        self.notice(Level::Warn, text).await;
    }

    /// An event of ours that could not be read. The first one is told at once.
    pub(super) async fn unreadable(&mut self, why: &str) {
        self.unreadable += 1;
        if self.unreadable == 1 {
            let text = format!("an event of the live log could not be read ({why})");
            self.notice(Level::Warn, text).await;
        }
    }

    pub(super) async fn unreadable_in_all(&mut self) {
        if self.unreadable > 1 {
            let text = format!("{} events of the live log could not be read", self.unreadable);
            self.notice(Level::Warn, text).await;
        }
    }

    async fn notice(&self, level: Level, text: String) {
        self.send(BuildEventKind::Notice(Notice { level, text })).await;
    }
}

/// How much is missing, as far as the times of the lines around tell.
fn missing(gap: Gap) -> String {
    let why = "BuildPixel shows only its last ones";
    let Some((after, before)) = gap.after.zip(gap.before) else {
        return format!("lines of the log may be missing here: {why}");
    };
    let count = match gap.estimate {
        Some(0) | None => String::new(),
        Some(1) => ", about 1 line".to_owned(),
        Some(lines) => format!(", about {lines} lines at the pace of those that follow"),
    };
    let (after, before) = (clock(after), clock(before));
    format!(
        "lines of the log may be missing here, logged from {after} to {before} UTC{count}: {why}"
    )
}

/// `14:23:45.123`.
fn clock(time: SystemTime) -> String {
    let mut text = String::new();
    // A time beyond the year 9999 cannot be written.
    let _beyond = write!(text, "{}", humantime::format_rfc3339_millis(time));
    let time = text.split_once('T').map_or("?", |(_, time)| time);
    time.trim_end_matches('Z').to_owned()
}

fn progress(status: Option<&Status>) -> u8 {
    match status {
        None => 0,
        Some(Status::Pending) => 1,
        Some(Status::Running | Status::Other(_)) => 2,
        Some(Status::Complete | Status::Failed | Status::Superseded) => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::queue::{Receiver, queue};
    use super::*;

    fn told() -> (Told, Receiver) {
        let (sender, receiver) = queue(1 << 20);
        (Told::new(sender, false), receiver)
    }

    /// What was passed on, in words.
    async fn heard(told: Told, mut updates: Receiver) -> Vec<String> {
        drop(told);
        let mut heard = Vec::new();
        while let Some(update) = updates.next().await {
            heard.push(match update {
                BuildEventKind::Line(line) | BuildEventKind::LateLine(line) => line.message,
                BuildEventKind::Status(status) => status.as_str().to_owned(),
                BuildEventKind::Notice(notice) => notice.text,
                BuildEventKind::End(_) => "the end".to_owned(),
            });
        }
        heard
    }

    fn at(millis: u64) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
    }

    #[tokio::test]
    async fn statuses_go_forward_only_and_a_terminal_one_is_final() {
        let (mut told, updates) = told();
        for word in ["pending", "running", "pending", "running", "thawing", "failed"] {
            told.status(Some(Status::new(word))).await;
        }
        for word in ["running", "complete", "thawing", "failed"] {
            told.status(Some(Status::new(word))).await;
        }
        told.status(None).await;
        assert_eq!(heard(told, updates).await, ["pending", "running", "thawing", "failed"]);
    }

    #[tokio::test]
    async fn an_end_that_rest_denies_for_good_is_taken_back_and_another_may_come() {
        let (mut told, updates) = told();
        told.status(Some(Status::Failed)).await;
        told.has_not_ended(Some(Status::Running)).await;
        assert!(!told.has_ended());
        told.status(Some(Status::Complete)).await;
        let heard = heard(told, updates).await;
        assert_eq!([&heard[0], &heard[2], &heard[3]], ["failed", "running", "complete"]);
        assert!(heard[1].contains("failed") && heard[1].contains("running"), "{}", heard[1]);
    }

    fn line(n: u64) -> LogLine {
        LogLine { timestamp: at(n), level: Level::Info, message: format!("line {n}") }
    }

    fn shows(numbers: std::ops::RangeInclusive<u64>) -> Snapshot {
        Snapshot { recent: numbers.map(line).collect(), ..Snapshot::default() }
    }

    #[tokio::test]
    async fn a_session_that_was_recovered_hides_no_later_gap() {
        let (mut told, updates) = told();
        told.recent(shows(1..=1)).await;
        told.new_session(true);
        told.unplaced(vec![line(2)]).await;
        told.recent(shows(50..=51)).await;
        let heard = heard(told, updates).await;
        assert_eq!(heard.iter().filter(|text| text.contains("missing")).count(), 1, "{heard:?}");
    }

    #[tokio::test]
    async fn only_a_session_that_has_its_place_can_be_gone_on_with() {
        let (mut told, _updates) = told();
        told.unplaced(vec![line(1)]).await;
        assert!(told.ends_live());
        told.new_session(false);
        assert!(!told.ends_live(), "the next session may recover this one, which has no place");
        told.recent(shows(1..=3)).await;
        assert!(told.meet(shows(1..=3), &mut vec![line(2)], true).await);
        assert!(!told.ends_live(), "line 3 came from REST");
        told.live(line(3)).await;
        assert!(told.ends_live());
    }

    #[tokio::test]
    async fn a_view_from_before_the_first_live_line_does_not_place_it() {
        let (mut told, updates) = told();
        let mut held = vec![line(2)];
        assert!(!told.meet(shows(1..=2), &mut held, false).await);
        assert_eq!(held, [line(2)]);
        drop((told, updates));
    }

    #[tokio::test]
    async fn lines_of_a_lost_session_stand_before_a_view_that_has_moved_past_them() {
        let (mut told, updates) = told();
        told.orphan(vec![line(1), line(2)]);
        told.recent(shows(3..=4)).await;
        let heard = heard(told, updates).await;
        assert_eq!([&heard[0], &heard[1]], ["line 1", "line 2"], "{heard:?}");
        assert!(heard[2].contains("missing") && heard[3] == "line 3", "{heard:?}");
    }

    #[test]
    fn a_gap_is_told_as_far_as_the_times_of_the_lines_around_go() {
        for (gap, words) in [
            (
                Gap { after: at(1_250), before: at(3_723_004), estimate: Some(120) },
                "logged from 00:00:01.250 to 01:02:03.004 UTC, about 120 lines at the pace of those",
            ),
            (Gap { after: at(0), before: at(9), estimate: Some(1) }, ", about 1 line: BuildPixel"),
            (
                Gap { after: at(0), before: at(9), estimate: Some(0) },
                "to 00:00:00.009 UTC: BuildPixel",
            ),
            (
                Gap { after: at(0), before: at(9), estimate: None },
                "to 00:00:00.009 UTC: BuildPixel",
            ),
            (Gap { after: None, before: at(9), estimate: None }, "may be missing here: BuildPixel"),
        ] {
            let text = missing(gap);
            assert!(text.contains(words), "{words} in {text}");
        }
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert_eq!(clock(late), "?");
    }
}

//! Merges the two sources of one log. The live stream may start late, drop lines and repeat them;
//! REST shows the last lines, without holes. Prints every line once, in order as far as the order
//! is known in time. Pure.

mod ahead;
mod pieces;
mod placing;
mod repeats;
mod stream;
mod uncertain;
mod unplaced;
mod views;

use std::time::Duration;

use tokio::time::Instant;

use super::effect::{Effect, Effects};
use super::gap::{self, Gap};
use super::polling::Request;
use super::window::{Insertion, Key, View, Window};
use crate::model::LogLine;
use ahead::Ahead;
use repeats::Repeats;
use uncertain::Uncertain;
use unplaced::Unplaced;

/// No service shows fewer lines than this when there are more.
const SHORTEST_VIEW: usize = 10;

/// Late lines of the stream are added to the window in batches of this size, because each batch
/// costs as much as the window.
const LATE_LINES_AT_ONCE: usize = 256;

/// How long lines are held back until their place is known better.
#[derive(Debug, Clone, Copy)]
pub(super) struct HoldTimes {
    /// Lines of the stream, until a snapshot shows the lines before them.
    pub(super) unplaced: Duration,
    /// Lines of REST with unknown lines before them, until the stream brings those.
    pub(super) ahead: Duration,
    /// Lines of REST that follow directly on printed ones, until the stream brings them.
    pub(super) adjacent: Duration,
    /// Lines that may be repeats, until more of them come.
    pub(super) repeats: Duration,
}

/// The state of the session when a snapshot is applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// True if the snapshot was requested after the first unplaced line came.
    pub(super) is_later: bool,
    /// True if a session should bring new lines: one is connected, or the next one will be soon.
    pub(super) is_linked: bool,
    /// True if it was connected when the lines before the new ones were known, so that it should
    /// bring the new ones.
    pub(super) hold: bool,
    pub(super) request: Request,
}

/// The position of the stream relative to the printed lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    /// Its next line is the next line of the log, or one that REST has already shown.
    InSync,
    /// Its position is not known yet, so its lines are held back.
    CatchingUp,
}

/// Consecutive lines.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: Key,
    last: Key,
    lines: usize,
}

impl Stretch {
    fn of(keys: &[Key]) -> Option<Self> {
        Some(Self { first: *keys.first()?, last: *keys.last()?, lines: keys.len() })
    }
}

/// The lines of one build.
#[derive(Debug)]
pub(super) struct LineMerger {
    holds: HoldTimes,
    window: Window,
    sync: Sync,
    /// How many of the last printed lines came from REST and have not come over the stream yet.
    pending_echo: usize,
    /// True if lines may be missing before the next one.
    after_gap: bool,
    /// Lines may be missing before the next new line of the stream. Holds the facts about the lines
    /// that follow.
    pending_gap: Option<Stretch>,
    unplaced: Unplaced,
    ahead: Ahead,
    repeats: Repeats,
    /// True if the session claims to resume the previous one, whose lines had a known place.
    continuous: bool,
    /// True if the lines of the current or last session have a known place.
    has_place: bool,
    /// How many of the last printed lines no snapshot has confirmed.
    unverified: usize,
    /// True if the current session has left out lines that REST has shown.
    lossy: bool,
    /// Lines that may be repeats.
    uncertain: Uncertain,
    /// True if equal runs of lines have been logged within one moment.
    lines_recur: bool,
    /// If the stream's current lines are late: the printed line that they belong before.
    late_place: Option<usize>,
    /// Late lines of the stream that are not in the window yet.
    late: Vec<Insertion>,
    /// True if the last printed line was late.
    prints_late: bool,
    /// How many lines were printed in all.
    printed: usize,
    /// When a line last came over the stream, or when following began.
    last_line: Instant,
    /// True if the build had begun before it was followed.
    begun: bool,
    /// How many lines the first printed view had.
    first_view: usize,
    /// The most lines that REST has shown at once.
    longest_view: usize,
}

impl LineMerger {
    /// `begun` says that the build had begun before it was followed.
    pub(super) fn new(now: Instant, holds: HoldTimes, begun: bool) -> Self {
        Self {
            holds,
            window: Window::default(),
            sync: Sync::CatchingUp,
            pending_echo: 0,
            after_gap: false,
            pending_gap: None,
            unplaced: Unplaced::default(),
            ahead: Ahead::default(),
            repeats: Repeats::default(),
            continuous: false,
            has_place: false,
            unverified: 0,
            lossy: false,
            uncertain: Uncertain::default(),
            lines_recur: false,
            late_place: None,
            late: Vec::new(),
            prints_late: false,
            printed: 0,
            last_line: now,
            begun,
            first_view: 0,
            longest_view: 0,
        }
    }

    /// A session has joined the build's room. A recovered session claims to bring first the lines
    /// missed since the previous one.
    pub(super) fn on_joined(&mut self, recovered: bool) {
        if self.unplaced.is_empty() {
            self.continuous = recovered && self.has_place;
        } else if !recovered {
            self.unplaced.breaks();
        }
        // If this session brings nothing, the next one may still resume the last one.
        self.has_place &= self.continuous;
        self.sync = Sync::CatchingUp;
        self.lossy = false;
    }

    /// The session is lost.
    pub(super) fn on_lost(&mut self, out: &mut Effects) {
        self.release_repeats(out);
        self.sync = Sync::CatchingUp;
        self.unplaced.close();
        if !self.unplaced.is_empty() {
            self.has_place = false;
        }
        self.lossy = false;
    }

    /// The stream has brought a line.
    pub(super) fn on_line(&mut self, now: Instant, line: LogLine, out: &mut Effects) {
        let key = Key::of(&line);
        self.last_line = now;
        match self.sync {
            Sync::InSync => self.in_sync(now, line, key, out),
            Sync::CatchingUp => {
                if self.unplaced.push(now, line, key) {
                    self.place_anyway(now, out);
                }
            }
        }
    }

    /// Since when lines of the stream have been waiting for their place.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.unplaced.since()
    }

    /// How many lines were printed.
    pub(super) fn printed(&self) -> usize {
        self.printed
    }

    /// True if the session has left out lines that REST has shown.
    pub(super) fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// True if lines were held back that may be new. The next snapshot shows whether they are.
    pub(super) fn has_uncertain(&self) -> bool {
        !self.uncertain.is_empty()
    }

    /// When `tick` is next due if nothing else happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unplaced = self.unplaced.since().map(|since| since + self.holds.unplaced);
        let repeats = self.repeats.since().map(|since| since + self.holds.repeats);
        let all = [unplaced, repeats, self.ahead_deadline(), self.uncertain.deadline()];
        all.into_iter().flatten().min()
    }

    /// When lines that only REST has shown are printed, unless the stream brings some first.
    fn ahead_deadline(&self) -> Option<Instant> {
        // The stream's waiting lines come before those, or show their place.
        let since = self.ahead.since().filter(|_| self.unplaced.is_empty())?;
        let quiet = self.last_line.max(since);
        let hold = if self.ahead.is_adjacent() { self.holds.adjacent } else { self.holds.ahead };
        Some((quiet + hold).min(self.ahead.overdue_at().unwrap_or(quiet + hold)))
    }

    /// True if the stream should bring lines that REST has shown.
    pub(super) fn expects_lines(&self) -> bool {
        !self.ahead.is_empty() && self.unplaced.is_empty() && self.repeats.since().is_none()
    }

    /// Does everything that is due.
    pub(super) fn on_tick(&mut self, now: Instant, out: &mut Effects) {
        let due = |since: Option<Instant>, hold| since.is_some_and(|since| since + hold <= now);
        if due(self.repeats.since(), self.holds.repeats) {
            self.release_repeats(out);
        }
        if due(self.unplaced.since(), self.holds.unplaced) {
            self.place_anyway(now, out);
        }
        if self.ahead_deadline().is_some_and(|at| at <= now) {
            let is_overdue = self.ahead.overdue_at().is_some_and(|at| at <= now);
            while is_overdue && self.print_overtaken(out) {}
            self.print_ahead(out);
        }
        if self.uncertain.deadline().is_some_and(|at| at <= now) {
            self.print_uncertain(out);
        }
    }

    /// Prints all that is held back.
    pub(super) fn flush(&mut self, now: Instant, out: &mut Effects) {
        self.release_repeats(out);
        self.place_anyway(now, out);
        self.release_repeats(out);
        self.print_ahead(out);
        self.print_uncertain(out);
    }

    /// How many lines BuildPixel shows at most, if the beginning of the log may be missing. If it
    /// had ever shown more lines than at first, the first view would have been the whole log.
    pub(super) fn lines_of_a_cut_beginning(&self) -> Option<usize> {
        let is_full = self.first_view >= SHORTEST_VIEW && self.first_view == self.longest_view;
        is_full.then_some(self.first_view)
    }

    /// True if an equal line was printed.
    fn was_printed(&self, key: Key) -> bool {
        self.window.places(key).next().is_some() || self.late.iter().any(|late| late.key == key)
    }

    /// Adds the late lines to the window.
    fn remember_late(&mut self) {
        let late = std::mem::take(&mut self.late);
        self.insert(late);
    }

    /// Inserts late lines into the window. They are before the lines that the stream has yet to
    /// bring.
    fn insert(&mut self, mut late: Vec<Insertion>) {
        if late.is_empty() {
            return;
        }
        late.sort_by_key(|line| line.place);
        let forgotten = self.window.insert(&late);
        let shifted = |place: usize| {
            let inserted = late.partition_point(|line| line.place <= place);
            (place + inserted).checked_sub(forgotten)
        };
        for line in &mut self.late {
            line.place = shifted(line.place).unwrap_or_default();
        }
        self.late_place = self.late_place.map(|place| shifted(place).unwrap_or_default());
        self.repeats.shift(shifted);
        self.uncertain.shift(shifted);
        self.pending_echo = self.pending_echo.min(self.window.len());
    }

    /// Prints the next line of the log.
    fn print(&mut self, line: LogLine, key: Key, only_rest: bool, out: &mut Effects) {
        if std::mem::take(&mut self.prints_late) {
            out.push(Effect::info("the late lines end here"));
        }
        if std::mem::take(&mut self.begun) && only_rest {
            let text = "the log begins with the last lines that BuildPixel still shows";
            out.push(Effect::info(text));
        }
        let after_gap = std::mem::take(&mut self.after_gap);
        if self.window.push(key, only_rest, after_gap) {
            let shifted = |place: usize| place.checked_sub(1);
            self.repeats.shift(shifted);
            self.uncertain.shift(shifted);
            self.late.iter_mut().for_each(|late| late.place = late.place.saturating_sub(1));
            self.unverified = self.unverified.min(self.window.len() - 1);
        }
        self.unverified = if only_rest { 0 } else { self.unverified + 1 };
        if only_rest {
            self.pending_echo = (self.pending_echo + 1).min(self.window.len());
        }
        self.printed += 1;
        out.push(Effect::Line(line));
        self.print_hopeless(out);
    }

    /// Prints a line after its place in the log.
    fn print_late(&mut self, line: LogLine, out: &mut Effects) {
        if !std::mem::replace(&mut self.prints_late, true) {
            let text = "the next lines belong further up: the live log left them out, brought them late, \
                        or seemed to repeat others";
            out.push(Effect::warn(text));
        }
        out.push(Effect::LateLine(line));
    }

    /// Prints uncertain lines that REST cannot decide about.
    fn print_hopeless(&mut self, out: &mut Effects) {
        if self.uncertain.is_hopeless() {
            self.print_uncertain(out);
        }
    }

    /// Prints the uncertain lines late, because repeating lines is better than losing them. The
    /// next ones are printed at once.
    fn print_uncertain(&mut self, out: &mut Effects) {
        let (lines, late): (Vec<_>, Vec<_>) = self.uncertain.take_all().unzip();
        lines.into_iter().for_each(|line| self.print_late(line, out));
        self.insert(late);
    }

    /// Reports that lines may be missing before these.
    fn report_gap(&mut self, behind: Stretch, out: &mut Effects) {
        let Stretch { first, last, lines } = behind;
        let after = self.window.last().and_then(Key::timestamp);
        let gap = Gap::new(after, first.timestamp(), last.timestamp(), lines);
        out.push(Effect::warn(gap.to_string()));
        self.after_gap = true;
        self.pending_gap = None;
    }

    /// Prints lines from REST behind everything that was printed.
    fn print_view(&mut self, view: View, out: &mut Effects) {
        if self.window.is_empty() {
            self.first_view = view.len();
            // The log may have begun earlier.
            self.after_gap = true;
        }
        for (line, key) in view.into_pairs() {
            let only_rest = !self.take_uncertain(key);
            self.print(line, key, only_rest, out);
        }
    }

    /// Reports that lines may be missing between the printed lines and these, if there are both.
    fn report_gap_before(&mut self, keys: &[Key], out: &mut Effects) {
        if let Some(stretch) = Stretch::of(keys).filter(|_| !self.window.is_empty()) {
            self.report_gap(stretch, out);
        }
    }

    /// Reports that more lines may be missing than a view has shown.
    fn report_more_missing(&self, from: Key, to: Key, out: &mut Effects) {
        let times = from.timestamp().zip(to.timestamp()).filter(|(from, to)| from <= to);
        let clock = gap::clock;
        let when = times.map_or_else(String::new, |(from, to)| {
            format!(", logged from {} to {} UTC", clock(from), clock(to))
        });
        out.push(Effect::warn(format!(
            "the live log leaves out lines: more may be missing further up{when}, and BuildPixel \
             shows only the last ones"
        )));
    }
}

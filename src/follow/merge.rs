//! Merges the two ways by which one log arrives: the live stream, which may start late, drop lines and
//! repeat them, and the last lines that REST shows, which have no holes. Prints every line once, in
//! order as far as it is known in time. Pure.

mod ahead;
mod repeats;
#[cfg(test)]
mod tests;
mod unplaced;
mod views;

use std::time::Duration;

use tokio::time::Instant;

use super::effect::{Effect, Effects};
use super::gap::Gap;
use super::window::{Key, View, Window};
use crate::event::LogLine;
use ahead::Ahead;
use repeats::Repeats;
use unplaced::Unplaced;
pub(super) use views::Circumstances;

/// No service shows fewer lines than this when there are more.
const SHORTEST_VIEW: usize = 10;

/// So many late lines of the stream are remembered together: each time costs as much as the window.
const LATE_LINES_AT_ONCE: usize = 256;

/// How long lines are held back for better knowledge of their place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holds {
    /// Lines of the stream, for a view of REST that shows what came before them.
    pub(super) unplaced: Duration,
    /// Lines of REST of which it is not known what comes before them, for the stream to bring that.
    pub(super) ahead: Duration,
    /// Lines of REST that follow directly on what was printed, for the stream to bring them.
    pub(super) adjacent: Duration,
    /// Lines that may be repeated, for more of them.
    pub(super) repeats: Duration,
}

/// How the stream's lines follow what was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sync {
    /// The next one is the next of the log, or one that REST has shown already.
    InSync,
    /// It is not known yet: they are held back.
    CatchingUp,
}

/// Lines in a row.
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
    holds: Holds,
    window: Window,
    sync: Sync,
    /// How many of the last printed lines came from REST and have not come over the stream yet.
    pending_echo: usize,
    /// Whether lines may be missing before the next one.
    after_gap: bool,
    /// Lines may be missing before the next new line of the stream: what is known of those that follow.
    pending_gap: Option<Stretch>,
    unplaced: Unplaced,
    ahead: Ahead,
    repeats: Repeats,
    /// Whether the session claims to go on where the one before ended, which had its place.
    continuous: bool,
    /// Whether the lines of the session that stands, or stood last, have their place.
    has_place: bool,
    /// How many of the last printed lines no view has confirmed.
    unverified: usize,
    /// Whether the session that stands has left out lines that REST has shown.
    lossy: bool,
    /// Before which printed line the lines of the stream belong that are being looked at, if they are late.
    late_place: Option<usize>,
    /// Late lines of the stream that the window does not hold yet.
    late: Vec<(usize, Key)>,
    /// Whether the last line that was printed came too late for its place.
    prints_late: bool,
    /// When a line last came over the stream.
    last_line: Option<Instant>,
    /// Whether the build had begun before it was followed.
    begun: bool,
    /// How many lines the view had with which the log began.
    first_view: usize,
    /// How many lines REST has shown at most.
    longest_view: usize,
}

impl LineMerger {
    /// `begun` tells that the build had begun before it was followed.
    pub(super) fn new(holds: Holds, begun: bool) -> Self {
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
            late_place: None,
            late: Vec::new(),
            prints_late: false,
            last_line: None,
            begun,
            first_view: 0,
            longest_view: 0,
        }
    }

    /// A session has joined the build's room. One that was recovered claims to bring first what was
    /// missed since the one before.
    pub(super) fn joined(&mut self, recovered: bool) {
        if self.unplaced.is_empty() {
            self.continuous = recovered && self.has_place;
        } else if !recovered {
            self.unplaced.breaks();
        }
        // As long as it brings nothing, the next session may go on where the last one ended.
        self.has_place &= self.continuous;
        self.sync = Sync::CatchingUp;
        self.lossy = false;
    }

    /// The session is lost.
    pub(super) fn lost(&mut self, out: &mut Effects) {
        self.release_repeats(out);
        self.sync = Sync::CatchingUp;
        self.unplaced.close();
        if !self.unplaced.is_empty() {
            self.has_place = false;
        }
        self.lossy = false;
    }

    /// The stream has brought a line.
    pub(super) fn line(&mut self, now: Instant, line: LogLine, out: &mut Effects) {
        let key = Key::of(&line);
        self.last_line = Some(now);
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

    /// Whether the session has left out lines that REST has shown.
    pub(super) fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// When something is to be done if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unplaced = self.unplaced.since().map(|since| since + self.holds.unplaced);
        let repeats = self.repeats.since().map(|since| since + self.holds.repeats);
        [unplaced, repeats, self.ahead_deadline()].into_iter().flatten().min()
    }

    /// When lines that only REST has shown are printed, unless the stream brings some before.
    fn ahead_deadline(&self) -> Option<Instant> {
        // What the stream has brought has its place before those, or tells it.
        let since = self.ahead.since().filter(|_| self.unplaced.is_empty())?;
        let since = self.last_line.map_or(since, |last| last.max(since));
        let hold = if self.ahead.is_adjacent() { self.holds.adjacent } else { self.holds.ahead };
        Some(since + hold)
    }

    /// Whether the stream is to bring lines that REST has shown.
    pub(super) fn expects_lines(&self) -> bool {
        !self.ahead.is_empty() && self.unplaced.is_empty()
    }

    /// Does what it is time for.
    pub(super) fn tick(&mut self, now: Instant, out: &mut Effects) {
        let due = |since: Option<Instant>, hold| since.is_some_and(|since| since + hold <= now);
        if due(self.repeats.since(), self.holds.repeats) {
            self.release_repeats(out);
        }
        if due(self.unplaced.since(), self.holds.unplaced) {
            self.place_anyway(now, out);
        }
        if self.ahead_deadline().is_some_and(|at| at <= now) {
            self.print_ahead(out);
        }
    }

    /// Prints all that is held back.
    pub(super) fn flush(&mut self, now: Instant, out: &mut Effects) {
        self.release_repeats(out);
        self.place_anyway(now, out);
        self.release_repeats(out);
        self.print_ahead(out);
    }

    /// How many lines BuildPixel shows at most, if the beginning of the log may be missing: had it ever
    /// shown more lines than at first, it would have shown all that there were then.
    pub(super) fn lines_of_a_cut_beginning(&self) -> Option<usize> {
        let is_full = self.first_view >= SHORTEST_VIEW && self.first_view == self.longest_view;
        is_full.then_some(self.first_view)
    }

    /// A line of a session whose place in the log is known.
    fn in_sync(&mut self, now: Instant, line: LogLine, key: Key, out: &mut Effects) {
        if self.repeats.is_idle() && self.is_new(key) {
            self.accept(line, key, out);
        } else {
            self.repeats.feed(now, line, key);
            self.examine(false, out);
        }
    }

    /// Whether the line is certainly none that was printed or that REST has shown.
    fn is_new(&self, key: Key) -> bool {
        self.pending_echo == 0 && self.ahead.is_empty() && self.window.places(key).next().is_none()
    }

    /// Whether REST has brought the line before the stream does.
    fn is_echo(&mut self, key: Key) -> bool {
        let len = self.window.len();
        let owed = self.window.keys().enumerate().skip(len - self.pending_echo.min(len));
        let echo = owed.map(|(place, known)| (place, known.is(key))).find(|(_, is)| *is);
        if let Some((place, _)) = echo {
            self.pending_echo = len - place - 1;
        }
        let place = echo.map(|(place, _)| place).or_else(|| {
            let mut places = self.window.places(key);
            places.find(|place| key.has_time() && self.window.is_only_rest(*place))
        });
        if let Some(place) = place {
            self.window.is_brought(place);
            self.repeats.may_go_on(place + 1, self.window.len());
        }
        place.is_some()
    }

    /// Takes a line of the stream that was not printed yet.
    fn accept(&mut self, line: LogLine, key: Key, out: &mut Effects) {
        let is_ahead = self.ahead.holds(key);
        let place = self.late_place.or_else(|| self.gap_of(key, true).filter(|_| !is_ahead));
        if let Some(place) = place {
            // What comes before the gap the stream has left out.
            self.pending_echo = self.window.len() - place;
            self.late.push((place, key));
            if self.late.len() == LATE_LINES_AT_ONCE {
                self.remember_late();
            }
            self.print_late(line, out);
            return;
        }
        if !self.ahead.is_empty() {
            self.print_ahead_before(key, out);
        }
        if let Some(stretch) = self.pending_gap.take() {
            self.report_gap(Stretch { first: key, ..stretch }, out);
        }
        self.pending_echo = 0;
        self.print(line, key, false, out);
    }

    /// The line from REST behind the gap into which a line of the stream belongs that lags. `ties`: whether
    /// it may be of the same moment as all that is behind the gap, which tells nothing.
    fn gap_of(&self, key: Key, ties: bool) -> Option<usize> {
        let len = self.window.len();
        let last = self.window.last()?;
        let mut owed = len - self.pending_echo.min(len)..len;
        // A session that goes on where the last one ended begins in front of what REST has shown since.
        let skips = last.is_before(key) && last.is_of_one_clock(key);
        let is_behind_gap =
            |place: usize| self.window.is_after_gap(place) && self.window.is_only_rest(place);
        if self.continuous && !skips && is_behind_gap(owed.start) {
            return Some(owed.start);
        }
        owed.find(|place| {
            let behind = self.window.key(*place).filter(|_| is_behind_gap(*place));
            behind.is_some_and(|behind| key.may_lag_behind(behind) && (ties || key.is_before(last)))
        })
    }

    /// Whether a line was printed that equals this one.
    fn was_printed(&self, key: Key) -> bool {
        self.window.places(key).next().is_some() || self.late.iter().any(|(_, late)| *late == key)
    }

    /// Puts the late lines among those that are remembered.
    fn remember_late(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let late = std::mem::take(&mut self.late);
        self.late_place = self.late_place.map(|place| place + late.len());
        self.window.insert(&late);
        self.repeats.shift(&late);
        // They are in front of those that the stream is still to bring, which the window still holds.
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
            self.repeats.forget();
            self.unverified = self.unverified.min(self.window.len() - 1);
        }
        self.unverified = if only_rest { 0 } else { self.unverified + 1 };
        if only_rest {
            self.pending_echo = (self.pending_echo + 1).min(self.window.len());
        }
        out.push(Effect::Line(line));
    }

    /// Prints a line that belongs further up.
    fn print_late(&mut self, line: LogLine, out: &mut Effects) {
        if !std::mem::replace(&mut self.prints_late, true) {
            let text = "the live log left out the next lines, or brought them late: they belong further up";
            out.push(Effect::warn(text));
        }
        out.push(Effect::LateLine(line));
    }

    /// Says that lines may be missing before these.
    fn report_gap(&mut self, behind: Stretch, out: &mut Effects) {
        let Stretch { first, last, lines } = behind;
        let after = self.window.last().and_then(Key::timestamp);
        let gap = Gap::new(after, first.timestamp(), last.timestamp(), lines);
        out.push(Effect::warn(gap.to_string()));
        self.after_gap = true;
        self.pending_gap = None;
    }

    /// Takes a stretch of lines from REST behind all that was printed.
    fn print_view(&mut self, view: View, out: &mut Effects) {
        if self.window.is_empty() {
            self.first_view = view.len();
            // The log may have begun before it.
            self.after_gap = true;
        }
        for (line, key) in view.into_pairs() {
            self.print(line, key, true, out);
        }
    }
}

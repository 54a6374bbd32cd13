//! Handles a line of the stream whose place is known: it is new, already shown by REST, late, or
//! repeated.

use tokio::time::Instant;

use super::repeats::{LONGEST_ALIKE, SHORTEST_REPEAT};
use super::{LATE_LINES_AT_ONCE, LineMerger, Stretch};
use crate::follow::effect::Effects;
use crate::follow::window::{Insertion, Key, View};
use crate::model::LogLine;

impl LineMerger {
    /// Handles a line of a session whose place in the log is known.
    pub(super) fn in_sync(&mut self, now: Instant, line: LogLine, key: Key, out: &mut Effects) {
        if self.repeats.is_idle() && self.is_new(key) {
            self.accept(line, key, out);
        } else {
            self.repeats.feed(now, line, key);
            self.examine(false, out);
        }
    }

    /// True if the line was certainly not printed before.
    fn is_new(&self, key: Key) -> bool {
        self.pending_echo == 0 && self.window.places(key).next().is_none()
    }

    /// True if REST showed the line before the stream brought it.
    fn is_echo(&mut self, key: Key) -> bool {
        let len = self.window.len();
        let pending = len - self.pending_echo.min(len);
        let echo = self.window.keys_from(pending).position(|known| known.is(key));
        let echo = echo.map(|after| pending + after);
        if let Some(place) = echo {
            self.pending_echo = len - place - 1;
        }
        let place = echo.or_else(|| {
            let mut places = self.window.places(key);
            places.find(|place| key.has_time() && self.window.is_only_rest(*place))
        });
        if let Some(place) = place {
            self.window.mark_delivered(place);
            self.repeats.may_go_on(place + 1, self.window.len());
        }
        place.is_some()
    }

    /// Prints a line of the stream that was not printed yet.
    fn accept(&mut self, line: LogLine, key: Key, out: &mut Effects) {
        let gap = || self.gap_of(key, true).filter(|_| !self.ahead.holds(key));
        let place = self.late_place.or_else(gap);
        if let Some(place) = place {
            // The stream has left out the lines before the gap.
            self.pending_echo = self.window.len().saturating_sub(place);
            self.late.push(Insertion { place, key, only_rest: false });
            if self.late.len() == LATE_LINES_AT_ONCE {
                self.remember_late();
            }
            self.print_late(line, out);
            return;
        }
        let behind = match self.ahead.is_empty() {
            true => View::default(),
            false => self.print_ahead_before(key, out),
        };
        if let Some(stretch) = self.pending_gap.take().filter(|_| !self.window.is_empty()) {
            self.report_gap(Stretch { first: key, ..stretch }, out);
        }
        self.pending_echo = 0;
        self.print(line, key, false, out);
        self.print_view(behind, out);
    }

    /// The line from REST behind the gap that a lagging line belongs in. `ties`: whether the line
    /// may have the same time as everything behind the gap, which does not show the order.
    pub(super) fn gap_of(&self, key: Key, ties: bool) -> Option<usize> {
        if self.pending_echo == 0 {
            return None;
        }
        let len = self.window.len();
        let last = self.window.last()?;
        let mut pending = len - self.pending_echo.min(len)..len;
        // A session that resumes the last one begins before the lines that REST has shown since.
        let skips = last.is_before(key) && last.is_of_one_clock(key);
        let is_behind_gap =
            |place: usize| self.window.is_after_gap(place) && self.window.is_only_rest(place);
        if self.continuous && !skips && is_behind_gap(pending.start) {
            return Some(pending.start);
        }
        pending.find(|place| {
            let behind = self.window.key(*place).filter(|_| is_behind_gap(*place));
            behind.is_some_and(|behind| key.may_lag_behind(behind) && (ties || key.is_before(last)))
        })
    }

    /// Examines possible repeats, and prints the lines that are none. `all`: leaves none waiting.
    pub(super) fn examine(&mut self, all: bool, out: &mut Effects) {
        loop {
            if let Some((line, key)) = self.repeats.waiting.pop_front() {
                if self.repeats.suspects.is_empty() {
                    if self.was_printed(key) {
                        self.remember_late();
                    }
                    if self.is_echo(key) {
                        self.close_gap();
                        continue;
                    }
                    if let Some(place) = self.repeats.goes_on(key, &self.window) {
                        let is_new = self.window.last().is_some_and(|last| key.is_as_old_as(last));
                        if self.repeats.is_certain || !is_new {
                            self.close_gap();
                            continue;
                        }
                        if !self.lines_recur {
                            self.hold_uncertain(vec![(line, key)], place, out);
                            continue;
                        }
                        self.repeats.next = None;
                    }
                }
                self.repeats.suspects.push((line, key));
            } else if !all || self.repeats.suspects.is_empty() {
                break;
            }
            let length = self.repeats.suspects.len();
            let is_new = self.repeats.begin_with(self.window.last());
            match self.repeats.end_of_run(&self.window).filter(|_| !(is_new && self.lines_recur)) {
                Some(end) if length >= SHORTEST_REPEAT && !self.repeats.are_alike() => {
                    let suspects = std::mem::take(&mut self.repeats.suspects);
                    self.repeats.next = Some(end).filter(|end| *end < self.window.len());
                    self.repeats.is_certain = !is_new;
                    if is_new {
                        self.hold_uncertain(suspects, end - length, out);
                    } else {
                        self.close_gap();
                    }
                }
                Some(_) if length < LONGEST_ALIKE && !self.is_final(all) => {}
                _ => self.release_first(out),
            }
        }
        if self.repeats.suspects.is_empty() {
            self.repeats.since = None;
        }
    }

    /// Holds lines back that are new or equal the printed ones from this place on.
    fn hold_uncertain(&mut self, lines: Vec<(LogLine, Key)>, place: usize, out: &mut Effects) {
        self.uncertain.push(self.last_line, lines, place, self.window.len());
        self.close_gap();
        self.print_hopeless(out);
    }

    /// The stream continues directly behind the printed lines.
    fn close_gap(&mut self) {
        if self.repeats.next.is_none() {
            self.pending_gap = None;
        }
    }

    fn is_final(&self, all: bool) -> bool {
        all && self.repeats.waiting.is_empty()
    }

    /// The first suspect begins no repeat: it is printed, and the others are examined again.
    fn release_first(&mut self, out: &mut Effects) {
        let suspects = std::mem::take(&mut self.repeats.suspects);
        let mut suspects = suspects.into_iter();
        let first = suspects.next();
        for suspect in suspects.rev() {
            self.repeats.waiting.push_front(suspect);
        }
        // REST may have shown it while it was held back.
        if let Some((line, key)) = first.filter(|(_, key)| !self.is_echo(*key)) {
            self.accept(line, key, out);
        }
    }

    /// Prints the lines that were held back as possible repeats.
    pub(super) fn release_repeats(&mut self, out: &mut Effects) {
        self.examine(true, out);
    }
}

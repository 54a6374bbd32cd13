//! Lines that the stream may be bringing once more. A repeat is a run of at least three lines, not all
//! alike, that equal a run of printed lines with their times; anything less is printed.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::LineMerger;
use crate::event::LogLine;
use crate::follow::effect::Effects;
use crate::follow::window::{Key, Window};

/// How long a run must be to count as repeated.
pub(super) const SHORTEST_REPEAT: usize = 3;

/// How many earlier lines that equal a line are looked at.
pub(super) const LONGEST_CHAIN: usize = 64;

/// How many lines are held back that are all alike.
const LONGEST_ALIKE: usize = 64;

/// What may be repeated, and what is.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Lines that were not looked at yet.
    waiting: VecDeque<(LogLine, Key)>,
    /// Lines that equal printed ones in a row.
    suspects: Vec<(LogLine, Key)>,
    /// Since when there are any of these.
    since: Option<Instant>,
    /// The place of the printed line that comes next, if the stream goes on repeating.
    next: Option<usize>,
}

impl Repeats {
    pub(super) fn is_idle(&self) -> bool {
        self.suspects.is_empty() && self.next.is_none()
    }

    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    pub(super) fn feed(&mut self, now: Instant, line: LogLine, key: Key) {
        self.since.get_or_insert(now);
        self.waiting.push_back((line, key));
    }

    /// The oldest printed line was forgotten.
    pub(super) fn forget(&mut self) {
        self.next = self.next.and_then(|next| next.checked_sub(1));
    }

    /// Lines were inserted among the printed ones.
    pub(super) fn shift(&mut self, inserted: &[(usize, Key)]) {
        self.next = self
            .next
            .map(|next| next + inserted.iter().filter(|(place, _)| *place <= next).count());
    }

    /// The stream has brought a line that was printed before; it may go on with the one in this place.
    pub(super) fn may_go_on(&mut self, place: usize, len: usize) {
        self.next = Some(place).filter(|place| *place < len);
    }

    /// Whether the stream goes on with a run that it repeats.
    fn goes_on(&mut self, key: Key, window: &Window) -> bool {
        let is_same = |next: &usize| key.has_time() && window.key(*next) == Some(key);
        let next = self.next.take().filter(is_same);
        self.next = next.map(|next| next + 1).filter(|next| *next < window.len());
        next.is_some()
    }

    /// Where the printed run ends that equals the suspects; it must be long enough to be a repeat.
    fn end_of_run(&self, window: &Window) -> Option<usize> {
        let (_, first) = self.suspects.first()?;
        let length = self.suspects.len();
        let is_run = |place: &usize| {
            let run = self.suspects.iter().enumerate();
            place + length.max(SHORTEST_REPEAT) <= window.len()
                && run.skip(1).all(|(at, (_, key))| window.key(place + at) == Some(*key))
        };
        window.places(*first).filter(|_| first.has_time()).find(is_run).map(|place| place + length)
    }

    fn are_alike(&self) -> bool {
        self.suspects.iter().all(|(_, key)| Some(*key) == self.suspects.first().map(|s| s.1))
    }
}

impl LineMerger {
    /// Looks at the lines that may be repeated, and lets go of those that are not. `all`: of all.
    pub(super) fn examine(&mut self, all: bool, out: &mut Effects) {
        loop {
            if let Some((line, key)) = self.repeats.waiting.pop_front() {
                if self.repeats.suspects.is_empty() {
                    if self.was_printed(key) {
                        self.remember_late();
                    }
                    if self.is_echo(key) || self.repeats.goes_on(key, &self.window) {
                        self.close_gap();
                        continue;
                    }
                }
                self.repeats.suspects.push((line, key));
            } else if !all || self.repeats.suspects.is_empty() {
                break;
            }
            let length = self.repeats.suspects.len();
            match self.repeats.end_of_run(&self.window) {
                Some(end) if length >= SHORTEST_REPEAT && !self.repeats.are_alike() => {
                    self.repeats.suspects.clear();
                    self.repeats.next = Some(end).filter(|end| *end < self.window.len());
                    self.close_gap();
                }
                Some(_) if length < LONGEST_ALIKE && !self.is_last_look(all) => {}
                _ => self.release_first(out),
            }
        }
        if self.repeats.suspects.is_empty() {
            self.repeats.since = None;
        }
    }

    /// The stream goes on directly behind what was printed.
    fn close_gap(&mut self) {
        if self.repeats.next.is_none() {
            self.pending_gap = None;
        }
    }

    fn is_last_look(&self, all: bool) -> bool {
        all && self.repeats.waiting.is_empty()
    }

    /// The first suspect begins no repeat: it is printed, and the others are looked at again.
    fn release_first(&mut self, out: &mut Effects) {
        let suspects = std::mem::take(&mut self.repeats.suspects);
        let mut suspects = suspects.into_iter();
        let first = suspects.next();
        for suspect in suspects.rev() {
            self.repeats.waiting.push_front(suspect);
        }
        if let Some((line, key)) = first {
            self.accept(line, key, out);
        }
    }

    /// Prints what was held back as a possible repeat.
    pub(super) fn release_repeats(&mut self, out: &mut Effects) {
        self.examine(true, out);
    }
}

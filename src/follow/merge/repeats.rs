//! Lines that the stream may be bringing once more. A repeat is a run of at least three lines, not all
//! alike, that equal a run of printed lines with their times; anything less is printed.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::follow::window::{Key, Window};
use crate::model::LogLine;

/// How long a run must be to count as repeated.
pub(super) const SHORTEST_REPEAT: usize = 3;

/// How many earlier lines that equal a line are looked at.
pub(super) const LONGEST_CHAIN: usize = 64;

/// How many lines are held back that are all alike.
pub(super) const LONGEST_ALIKE: usize = 64;

/// What may be repeated, and what is.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Lines that were not looked at yet.
    pub(super) waiting: VecDeque<(LogLine, Key)>,
    /// Lines that equal printed ones in a row.
    pub(super) suspects: Vec<(LogLine, Key)>,
    /// Since when there are any of these.
    pub(super) since: Option<Instant>,
    /// The place of the printed line that comes next, if the stream goes on repeating.
    pub(super) next: Option<usize>,
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
    pub(super) fn goes_on(&mut self, key: Key, window: &Window) -> bool {
        let is_same = |next: &usize| key.has_time() && window.key(*next) == Some(key);
        let next = self.next.take().filter(is_same);
        self.next = next.map(|next| next + 1).filter(|next| *next < window.len());
        next.is_some()
    }

    /// Where the printed run ends that equals the suspects; it must be long enough to be a repeat.
    pub(super) fn end_of_run(&self, window: &Window) -> Option<usize> {
        let (_, first) = self.suspects.first()?;
        let length = self.suspects.len();
        let is_run = |place: &usize| {
            let run = self.suspects.iter().enumerate();
            place + length.max(SHORTEST_REPEAT) <= window.len()
                && run.skip(1).all(|(at, (_, key))| window.key(place + at) == Some(*key))
        };
        window.places(*first).filter(|_| first.has_time()).find(is_run).map(|place| place + length)
    }

    /// Whether the same lines can have been logged again with the same times.
    pub(super) fn are_of_one_moment(&self) -> bool {
        let ends = self.suspects.first().zip(self.suspects.last());
        ends.is_some_and(|((_, first), (_, last))| !first.is_before(*last))
    }

    pub(super) fn are_alike(&self) -> bool {
        self.suspects.iter().all(|(_, key)| Some(*key) == self.suspects.first().map(|s| s.1))
    }
}

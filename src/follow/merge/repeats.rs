//! Lines that the stream may be repeating. A repeat is a run of at least three lines, not all
//! alike, that equals a printed run including its times. Shorter runs are printed.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::follow::window::{Key, Window};
use crate::model::LogLine;

/// How long a run must be to count as repeated.
pub(super) const SHORTEST_REPEAT: usize = 3;

/// How many lines are held back while all are alike.
pub(super) const LONGEST_ALIKE: usize = 64;

/// Suspected and confirmed repeats.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Lines that were not examined yet.
    pub(super) waiting: VecDeque<(LogLine, Key)>,
    /// Lines that equal consecutive printed lines.
    pub(super) suspects: Vec<(LogLine, Key)>,
    /// When the first of these came.
    pub(super) since: Option<Instant>,
    /// The place of the next printed line, if the stream continues to repeat.
    pub(super) next: Option<usize>,
    /// True if that run began at an earlier moment than the newest one. Equal lines may have been
    /// logged twice within one moment.
    pub(super) is_certain: bool,
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

    /// The places of the printed lines have changed.
    pub(super) fn shift(&mut self, shifted: impl Fn(usize) -> Option<usize>) {
        self.next = self.next.and_then(shifted);
    }

    /// The stream brought a line that was already printed, and may continue with the line at this
    /// place.
    pub(super) fn may_go_on(&mut self, place: usize, len: usize) {
        self.next = Some(place).filter(|place| *place < len);
        self.is_certain = false;
    }

    /// The place of the printed line that equals this one, if the stream continues a run that it
    /// repeats.
    pub(super) fn goes_on(&mut self, key: Key, window: &Window) -> Option<usize> {
        let is_same = |next: &usize| key.has_time() && window.key(*next) == Some(key);
        let place = self.next.take().filter(is_same);
        self.next = place.map(|place| place + 1).filter(|next| *next < window.len());
        place
    }

    /// The end of the printed run that equals the suspects. The run must be long enough to be a repeat.
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

    /// True if the first suspect was logged at this moment.
    pub(super) fn begin_with(&self, newest: Option<Key>) -> bool {
        self.suspects.first().zip(newest).is_some_and(|((_, first), last)| first.is_as_old_as(last))
    }

    pub(super) fn are_alike(&self) -> bool {
        self.suspects.iter().all(|(_, key)| Some(*key) == self.suspects.first().map(|s| s.1))
    }
}

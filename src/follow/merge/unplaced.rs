//! Lines of the stream whose place in the log is not known yet.

use std::collections::HashMap;

use tokio::time::Instant;

use super::repeats::{LONGEST_ALIKE, SHORTEST_REPEAT};
use crate::follow::window::Key;
use crate::model::LogLine;

/// How many equal earlier lines are compared with a line.
const COMPARED: usize = 8;

/// How much is held back, in bytes.
const UNPLACED_BYTES: usize = 4 * 1024 * 1024;

/// The lines that the stream brought since the room was joined.
#[derive(Debug, Default)]
pub(super) struct Unplaced {
    pub(super) lines: Vec<(LogLine, Key)>,
    pub(super) bytes: usize,
    /// When the first of them came.
    pub(super) since: Option<Instant>,
    /// The places at which another session began.
    pub(super) breaks: Vec<usize>,
    /// True if the session that brought the last one is still connected.
    pub(super) is_open: bool,
    /// How many snapshots since then have shown no line at all.
    pub(super) empty_views: u32,
}

impl Unplaced {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// The keys of the lines. A run that the stream brought twice gets empty keys the second time.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.lines.iter().map(|(_, key)| *key).collect();
        let mut places: HashMap<Key, Vec<usize>> = HashMap::new();
        let mut at = 0;
        while let Some(key) = keys.get(at).copied() {
            // Without times, equal lines are no sign of a repeat.
            let earlier = places.entry(key).or_default();
            let compared = earlier.iter().rev().take(if key.has_time() { COMPARED } else { 0 });
            match compared.filter_map(|place| repeat(&keys, *place, at)).max() {
                Some(length) => {
                    at += length;
                    let repeated = keys.get_mut(at - length..at).unwrap_or_default();
                    repeated.fill_with(|| Key::empty(at));
                }
                None => {
                    earlier.push(at);
                    at += 1;
                }
            }
        }
        keys
    }

    /// Holds a line back. Returns whether the buffer is full.
    pub(super) fn push(&mut self, now: Instant, line: LogLine, key: Key) -> bool {
        self.since.get_or_insert(now);
        self.bytes += size_of::<(LogLine, Key)>() + line.message.len();
        self.lines.push((line, key));
        self.is_open = true;
        self.bytes >= UNPLACED_BYTES
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The session that brought them is lost.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// The next line is from another session.
    pub(super) fn breaks(&mut self) {
        if !self.lines.is_empty() && self.breaks.last() != Some(&self.lines.len()) {
            self.breaks.push(self.lines.len());
        }
    }

    /// Removes the lines from this one on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let later = self.breaks.iter().filter(|place| **place >= at).map(|place| place - at);
        let (breaks, is_open) = (later.collect(), self.is_open);
        self.breaks.retain(|place| *place < at);
        let lines = self.lines.split_off(at);
        Self { lines, since: self.since, breaks, is_open, ..Self::default() }
    }

    /// A snapshot has shown no line. Returns whether it was not the first such snapshot: then REST
    /// will not show these lines at all.
    pub(super) fn was_shown_nothing_before(&mut self) -> bool {
        self.empty_views += 1;
        self.empty_views > 1
    }
}

/// The length of the run at `at` that repeats the one at `place`. A run whose first lines are all
/// alike counts as none, so that comparing stays linear.
fn repeat(keys: &[Key], place: usize, at: usize) -> Option<usize> {
    let (early, rest) = (keys.get(place..at)?, keys.get(at..)?);
    let equal = |pairs: usize| {
        early.iter().zip(rest).take(pairs).take_while(|(early, late)| early == late).count()
    };
    let beginning = rest.get(..equal(LONGEST_ALIKE))?;
    let is_repeat = beginning.len() >= SHORTEST_REPEAT
        && beginning.iter().any(|key| beginning.first() != Some(key));
    is_repeat.then(|| equal(usize::MAX))
}

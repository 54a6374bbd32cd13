//! Lines of the stream whose place in the log is not known yet.

use std::collections::HashMap;

use tokio::time::Instant;

use super::repeats::{LONGEST_CHAIN, SHORTEST_REPEAT};
use crate::follow::window::Key;
use crate::model::LogLine;

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
    /// Whether the session that brought the last one is still connected.
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
            let earlier = places.entry(key).or_default();
            let run = |place: &usize| {
                let (early, rest) = (keys.get(*place..at), keys.get(at..));
                let pairs = early.into_iter().flatten().zip(rest.into_iter().flatten());
                pairs.take_while(|(a, b)| a == b).count()
            };
            let longest = earlier.iter().rev().take(LONGEST_CHAIN).map(run).max();
            let repeated = keys.get_mut(at..at + longest.unwrap_or_default()).unwrap_or_default();
            if repeated.len() >= SHORTEST_REPEAT
                && key.has_time()
                && repeated.iter().any(|other| *other != key)
            {
                at += repeated.len();
                repeated.fill_with(|| Key::empty(at));
            } else {
                earlier.push(at);
                at += 1;
            }
        }
        keys
    }

    /// HoldTimes a line back. Returns whether the buffer is full.
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

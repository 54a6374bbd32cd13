//! Lines of the stream whose place in the log is not known yet.

use std::collections::HashMap;

use tokio::time::Instant;

use super::repeats::{LONGEST_CHAIN, SHORTEST_REPEAT};
use crate::follow::window::Key;
use crate::model::LogLine;

/// How much is held back.
const UNPLACED_BYTES: usize = 4 * 1024 * 1024;

/// What the stream has brought in since the room was joined.
#[derive(Debug, Default)]
pub(super) struct Unplaced {
    pub(super) lines: Vec<(LogLine, Key)>,
    pub(super) bytes: usize,
    /// When the first of them came.
    pub(super) since: Option<Instant>,
    /// Before which of them another session began.
    pub(super) breaks: Vec<usize>,
    /// Whether the session that has brought the last one still stands.
    pub(super) is_open: bool,
    /// How many views have shown no line at all since.
    pub(super) empty_views: u32,
}

impl Unplaced {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// What the lines are known by. Runs that the stream has brought twice meanwhile are known by nothing
    /// the second time.
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
                repeated.fill_with(|| Key::nothing(at));
            } else {
                earlier.push(at);
                at += 1;
            }
        }
        keys
    }

    /// Holds a line back. Whether there is no room for more.
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

    /// The session is lost that has brought them.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// The next line is of another session.
    pub(super) fn breaks(&mut self) {
        if !self.lines.is_empty() && self.breaks.last() != Some(&self.lines.len()) {
            self.breaks.push(self.lines.len());
        }
    }

    /// Takes the lines out from this one on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let later = self.breaks.iter().filter(|place| **place >= at).map(|place| place - at);
        let (breaks, is_open) = (later.collect(), self.is_open);
        self.breaks.retain(|place| *place < at);
        let lines = self.lines.split_off(at);
        Self { lines, since: self.since, breaks, is_open, ..Self::default() }
    }

    /// A view has shown no line. Whether it was not the first one: a service that shows no lines by REST
    /// will not show these.
    pub(super) fn sees_nothing(&mut self) -> bool {
        self.empty_views += 1;
        self.empty_views > 1
    }
}

//! Lines of the stream whose place in the log is not known yet.

use std::collections::HashMap;

use tokio::time::Instant;

use super::repeats::{LONGEST_CHAIN, SHORTEST_REPEAT};
use super::{LineMerger, Stretch, Sync};
use crate::event::LogLine;
use crate::follow::align::{self, Position};
use crate::follow::effect::{Effect, Effects};
use crate::follow::window::Key;

/// How much is held back.
const UNPLACED_BYTES: usize = 4 * 1024 * 1024;

/// What the stream has brought in since the room was joined.
#[derive(Debug, Default)]
pub(super) struct Unplaced {
    lines: Vec<(LogLine, Key)>,
    bytes: usize,
    /// When the first of them came.
    since: Option<Instant>,
    /// Before which of them another session began.
    breaks: Vec<usize>,
    /// Whether the session that has brought the last one still stands.
    is_open: bool,
    /// How many views have shown no line at all since.
    empty_views: u32,
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

impl LineMerger {
    /// Gives the held lines their place if what was printed tells it.
    pub(super) fn place(&mut self, now: Instant, out: &mut Effects) -> bool {
        let keys = self.unplaced.keys();
        match align::position(self.window.keys_and_origins(), &keys) {
            Position::At(place, before) => {
                self.go_on_from(place, before, now, out);
                true
            }
            Position::Ambiguous(_) | Position::Nowhere => false,
        }
    }

    /// Lets go of what is held back although no view helped to place it.
    pub(super) fn place_anyway(&mut self, now: Instant, out: &mut Effects) {
        if self.unplaced.is_empty() {
            return;
        }
        let keys = self.unplaced.keys();
        self.print_pieces_before(&keys, out);
        match align::position(self.window.keys_and_origins(), &keys) {
            Position::At(place, before) => self.go_on_from(place, before, now, out),
            Position::Ambiguous(place) => self.go_on_from(place, 0, now, out),
            Position::Nowhere => {
                if keys.first().is_none_or(|first| self.gap_of(*first, false).is_none()) {
                    self.begin_behind_all(&keys);
                }
                self.feed(now, out);
            }
        }
    }

    /// The held lines come behind everything that was printed.
    pub(super) fn begin_behind_all(&mut self, keys: &[Key]) {
        if !self.continuous && !self.window.is_empty() {
            self.pending_gap = Stretch::of(keys);
        }
        self.pending_echo = 0;
    }

    /// The first of the held lines that was printed is the one in this place; so many belong before it.
    fn go_on_from(&mut self, place: usize, before: usize, now: Instant, out: &mut Effects) {
        if before > 0 {
            let rest = self.unplaced.split_off(before);
            self.late_place = Some(place);
            self.feed(now, out);
            self.release_repeats(out);
            self.remember_late();
            self.unplaced = rest;
        }
        let place = self.late_place.take().unwrap_or(place);
        self.pending_echo = self.window.len().saturating_sub(place);
        self.feed(now, out);
    }

    /// Takes the held lines, one after the other, as lines whose place is known.
    pub(super) fn feed(&mut self, now: Instant, out: &mut Effects) {
        let held = std::mem::take(&mut self.unplaced);
        // The session that stands may have brought nothing yet.
        let begins_anew = held.breaks.contains(&held.lines.len());
        self.sync = if begins_anew { Sync::CatchingUp } else { Sync::InSync };
        self.has_place = !begins_anew;
        for (at, (line, key)) in held.lines.into_iter().enumerate() {
            if held.breaks.contains(&at) {
                self.release_repeats(out);
                self.pending_gap = Stretch::of(&[key]);
            }
            self.in_sync(now, line, key, out);
        }
    }

    /// Says nothing of what came before: REST shows no lines at all.
    pub(super) fn see_nothing(&mut self, now: Instant, out: &mut Effects) {
        if !self.unplaced.is_empty() && self.unplaced.sees_nothing() {
            self.place_anyway(now, out);
        }
    }

    /// Says that more lines may be missing than those that a view has shown.
    pub(super) fn report_more_missing(&self, from: Key, to: Key, out: &mut Effects) {
        let times = from.timestamp().zip(to.timestamp()).filter(|(from, to)| from <= to);
        let clock = crate::follow::gap::clock;
        let when = times.map_or_else(String::new, |(from, to)| {
            format!(", logged from {} to {} UTC", clock(from), clock(to))
        });
        out.push(Effect::warn(format!(
            "the live log leaves out lines: more of them may be missing further up{when}, and BuildPixel \
             shows only its last ones"
        )));
    }
}

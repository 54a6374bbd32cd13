//! Finds the place in the log for lines that the stream has brought.

use tokio::time::Instant;

use super::{LineMerger, Stretch, Sync};
use crate::follow::align::{self, Position};
use crate::follow::effect::Effects;
use crate::follow::window::Key;

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
        let is_first = self.window.is_empty() && self.ahead.is_empty();
        if !self.continuous && !is_first {
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
}

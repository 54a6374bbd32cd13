//! Finds the place of the stream's lines in the log.

use tokio::time::Instant;

use super::{LineMerger, Stretch, Sync};
use crate::follow::align::{self, Position};
use crate::follow::effect::Effects;
use crate::follow::window::Key;

impl LineMerger {
    /// Places the held lines if the printed ones show where they belong.
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

    /// Releases held lines although no snapshot helped to place them.
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

    /// The first held line that was printed is at this place; the given number of lines belong
    /// before it.
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

    /// Handles the held lines one by one, as lines with a known place.
    pub(super) fn feed(&mut self, now: Instant, out: &mut Effects) {
        let held = std::mem::take(&mut self.unplaced);
        // The current session may have brought nothing yet.
        let begins_anew = held.breaks.contains(&held.lines.len());
        self.sync = if begins_anew { Sync::CatchingUp } else { Sync::InSync };
        self.has_place = !begins_anew;
        for (at, (line, key)) in held.lines.into_iter().enumerate() {
            if held.breaks.contains(&at) {
                self.release_repeats(out);
                // The session behind the break has resumed none.
                self.continuous = false;
                self.pending_gap = Stretch::of(&[key]);
            }
            self.in_sync(now, line, key, out);
        }
        self.continuous &= !begins_anew;
    }

    /// Places the lines without knowing what came before: REST shows no lines at all.
    pub(super) fn on_empty_view(&mut self, now: Instant, out: &mut Effects) {
        if !self.unplaced.is_empty() && self.unplaced.was_shown_nothing_before() {
            self.place_anyway(now, out);
        }
    }
}

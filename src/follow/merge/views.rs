//! Applies the lines of a snapshot.

use tokio::time::Instant;

use super::ahead::Origin;
use super::uncertain::{Decision, Uncertain};
use super::{Circumstances, LineMerger, SHORTEST_VIEW, Sync};
use crate::follow::align::{Alignment, align};
use crate::follow::effect::Effects;
use crate::follow::window::{Insertion, Key, View};

impl LineMerger {
    /// Applies the lines that REST shows. Returns whether any of them was unknown.
    pub(in crate::follow) fn on_view(
        &mut self,
        now: Instant,
        view: View,
        circumstances: Circumstances,
        out: &mut Effects,
    ) -> bool {
        self.remember_late();
        self.longest_view = self.longest_view.max(view.len());
        let before = (out.len(), self.ahead.lines());
        let is_uncertain = self.uncertain.came_before(circumstances.request);
        if view.is_empty() {
            self.give_up_uncertain(is_uncertain, out);
            if circumstances.is_later {
                self.on_empty_view(now, out);
            }
            return false;
        }
        let forgotten = self.window.forgotten();
        match align(self.window.keys(), &view.keys, forgotten) {
            Some(alignment) => self.apply_overlapping(now, view, alignment, circumstances, out),
            None => {
                self.apply_separate(now, view, circumstances, out);
                self.give_up_uncertain(is_uncertain, out);
            }
        }
        if self.ahead.is_full() {
            self.print_ahead(out);
        }
        (out.len(), self.ahead.lines()) != before
    }

    /// Applies a view that shows printed lines.
    fn apply_overlapping(
        &mut self,
        now: Instant,
        mut view: View,
        alignment: Alignment,
        circumstances: Circumstances,
        out: &mut Effects,
    ) {
        let rest = view.split_off(alignment.ahead);
        let decision = self.uncertain.decision(circumstances.request, &alignment);
        self.compare(view, &alignment, out);
        let rest = self.ahead.extend(rest);
        let rest = self.print_recurring(rest, out);
        if !rest.is_empty() {
            if circumstances.hold && self.unplaced.is_empty() {
                self.ahead.follow_on(now, rest);
            } else {
                self.print_view(rest, out);
            }
        }
        match decision {
            Some(Decision::Repeats) => self.uncertain = Uncertain::default(),
            Some(Decision::Unknowable) => {
                // They may be among those lines.
                self.print_ahead(out);
                self.print_uncertain(out);
            }
            None => {}
        }
        if circumstances.is_later && !self.unplaced.is_empty() {
            self.place(now, out);
        }
    }

    /// Prints the uncertain lines if a snapshot shows nothing about them. Neither will the next.
    fn give_up_uncertain(&mut self, is_uncertain: bool, out: &mut Effects) {
        if is_uncertain {
            self.print_ahead(out);
            self.print_uncertain(out);
        }
    }

    /// True if REST has shown one of the uncertain lines again. Then it was no repeat.
    pub(super) fn take_uncertain(&mut self, key: Key) -> bool {
        let is_taken = self.uncertain.take(key);
        self.lines_recur |= is_taken;
        is_taken
    }

    /// Prints the uncertain lines behind all printed ones that REST has shown again. Returns the
    /// other lines.
    fn print_recurring(&mut self, mut view: View, out: &mut Effects) -> View {
        let is_uncertain = |key: &&Key| self.uncertain.holds(**key);
        let count = view.keys.iter().take_while(is_uncertain).count();
        let rest = view.split_off(count);
        self.print_view(view, out);
        rest
    }

    /// Compares the view with the printed lines, and prints the missing ones late.
    pub(super) fn compare(&mut self, view: View, alignment: &Alignment, out: &mut Effects) {
        let unverified = self.window.len().saturating_sub(self.unverified);
        let (first_known, _) = alignment.first;
        self.unverified = self.window.len() - 1 - alignment.last_known;
        let Some(&(place, at)) = alignment.holes.first() else {
            return;
        };
        // The lines before the beginning of the view may have holes as well.
        let reaches_back = first_known < unverified.max(1) && (at > 0 || place == 0);
        let ends = (self.window.key(unverified.saturating_sub(1)), view.keys.first().copied());
        let mut holes = alignment.holes.iter().peekable();
        let (mut lines, mut late) = (Vec::new(), Vec::new());
        for (at, (line, key)) in view.into_pairs().enumerate() {
            if let Some((place, _)) = holes.next_if(|(_, hole)| *hole == at) {
                let only_rest = !self.take_uncertain(key);
                late.push(Insertion { place: *place, key, only_rest });
                lines.push(line);
            }
        }
        let is_lossy = late.iter().any(|late| late.only_rest);
        self.lossy |= is_lossy;
        if let (Some(from), Some(to), false, true) = (ends.0, ends.1, reaches_back, is_lossy) {
            self.report_more_missing(from, to, out);
        }
        lines.into_iter().for_each(|line| self.print_late(line, out));
        self.insert(late);
    }

    /// Applies a view that shows no printed line.
    fn apply_separate(
        &mut self,
        now: Instant,
        view: View,
        circumstances: Circumstances,
        out: &mut Effects,
    ) {
        let waits = !self.unplaced.is_empty();
        if circumstances.is_later && waits && !self.window.is_empty() && self.place(now, out) {
            self.on_view(now, view, Circumstances { is_later: false, ..circumstances }, out);
            return;
        }
        if self.window.is_empty() && !waits && self.ahead.is_empty() && view.len() < SHORTEST_VIEW {
            // It shows the log from its beginning.
            self.print_view(view, out);
            return;
        }
        if self.sync == Sync::InSync && self.is_forgotten(&view, circumstances.request.printed) {
            // The next view may show whether the stream leaves lines out.
            self.lossy = true;
            return;
        }
        let origin = match (waits, circumstances.is_later) {
            (false, _) => Origin::Before,
            (true, false) => Origin::Between,
            (true, true) => Origin::Behind,
        };
        let number = self.ahead.add(now, view, origin, circumstances.request.printed);
        if waits {
            if circumstances.is_later {
                self.place_beside(number, now, out);
            }
        } else if !circumstances.is_linked {
            self.print_ahead(out);
        }
    }

    /// True if the view is older than all remembered lines: according to their times, or because
    /// so many were printed since it was requested.
    fn is_forgotten(&self, view: &View, printed: usize) -> bool {
        let ends = view.keys.last().zip(self.window.first());
        let is_older = ends.is_some_and(|(last, first)| last.is_before(first));
        let since = self.printed - printed;
        let is_late =
            since > 0 && since + view.len().min(self.window.len() / 2) > self.window.len();
        self.window.forgotten() > 0 && (is_older || is_late)
    }

    /// Places the held lines next to stretches that only REST has shown.
    fn place_beside(&mut self, newest: usize, now: Instant, out: &mut Effects) {
        let held = self.unplaced.keys();
        self.print_pieces_before(&held, out);
        let Some((number, alignment)) = self.ahead.beside(&held) else {
            // This snapshot was requested after the first held line came. It shows the lines before
            // it only if all times agree that it lags.
            let printed = self.window.last();
            if printed.is_some_and(|last| self.ahead.is_between(newest, last, &held)) {
                self.print_pieces(newest + 1, out);
            } else {
                self.place_anyway(now, out);
            }
            return;
        };
        // The lines before the first common line come before that stretch.
        let later = self.ahead.split_off(number);
        let (first_held, _) = alignment.first;
        let rest = self.unplaced.split_off(first_held);
        if self.unplaced.is_empty() {
            self.begin_behind_all(&held);
        } else {
            self.place_anyway(now, out);
        }
        self.ahead.append(later);
        self.unplaced = rest;
        self.feed(now, out);
    }
}

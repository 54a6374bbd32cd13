//! Prints lines that only REST has shown.

use super::LineMerger;
use crate::follow::align::{Alignment, align};
use crate::follow::effect::Effects;
use crate::follow::window::{Insertion, Key, View};

impl LineMerger {
    /// Prints all of them behind the printed lines, and reports where lines may be missing.
    pub(in crate::follow) fn print_ahead(&mut self, out: &mut Effects) {
        self.print_pieces(usize::MAX, out);
    }

    /// Does the same for the first pieces only.
    pub(super) fn print_pieces(&mut self, count: usize, out: &mut Effects) {
        for _ in 0..count {
            let Some(piece) = self.ahead.pieces.pop_front() else {
                break;
            };
            if piece.adjacent {
                self.print_view(piece.view, out);
                continue;
            }
            // Lines that came in the meantime may turn out to be the same ones.
            let forgotten = self.window.forgotten();
            match align(self.window.keys(), &piece.view.keys, forgotten) {
                Some(alignment) => self.print_overlapping(piece.view, &alignment, out),
                None => {
                    self.report_gap_before(&piece.view.keys, out);
                    self.print_view(piece.view, out);
                }
            }
        }
    }

    /// Prints the first piece late if the stream has brought other lines since it was requested.
    /// Returns whether it did.
    pub(super) fn print_overtaken(&mut self, out: &mut Effects) -> bool {
        let Some(piece) = self.ahead.pieces.pop_front() else {
            return false;
        };
        let since = self.printed - piece.printed;
        if since == 0 || align(self.window.keys(), &piece.view.keys, 0).is_some() {
            self.ahead.pieces.push_front(piece);
            return false;
        }
        let place = self.window.len().saturating_sub(since);
        self.lossy = true;
        let ends = (self.window.key(place.saturating_sub(1)), piece.view.keys.first());
        if let (Some(from), Some(to)) = ends {
            self.report_more_missing(from, *to, out);
        }
        let keys = piece.view.keys.iter();
        let late: Vec<_> =
            keys.map(|key| Insertion { place, key: *key, only_rest: true }).collect();
        piece.view.into_pairs().for_each(|(line, _)| self.print_late(line, out));
        self.insert(late);
        true
    }

    /// Prints the pieces that lie before these lines of the stream.
    pub(super) fn print_pieces_before(&mut self, held: &[Key], out: &mut Effects) {
        while self.ahead.came_before(held, self.unplaced.is_open()) {
            self.print_pieces(1, out);
        }
    }

    fn print_overlapping(&mut self, mut view: View, alignment: &Alignment, out: &mut Effects) {
        let rest = view.split_off(alignment.ahead);
        self.compare(view, alignment, out);
        self.print_view(rest, out);
    }

    /// Prints the lines before one that the stream has brought, and returns the lines after it. The
    /// caller prints the line itself.
    pub(super) fn print_ahead_before(&mut self, key: Key, out: &mut Effects) -> View {
        if let Some((number, at)) = self.ahead.find(key) {
            // The stream has left out these lines.
            self.lossy |= number > 0 || at > 0;
            self.print_pieces(number, out);
            let Some(mut piece) = self.ahead.pieces.pop_front() else {
                return View::default();
            };
            let rest = piece.view.split_off(at + 1);
            piece.view.split_off(at);
            if piece.adjacent {
                self.pending_gap = None;
            } else if number > 0 || at > 0 {
                self.report_gap_before(&piece.view.keys, out);
            }
            self.print_view(piece.view, out);
            return rest;
        }
        // Lines that may be missing before this line may also be missing behind the pieces.
        let gap = self.pending_gap;
        while self.ahead.pieces.front().is_some_and(|piece| piece.adjacent || piece.is_before(key))
        {
            self.lossy = true;
            self.print_pieces(1, out);
        }
        self.pending_gap = gap;
        View::default()
    }
}

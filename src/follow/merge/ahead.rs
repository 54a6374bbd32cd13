//! Lines that only REST has shown. The stream may still bring them, or lines before them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::follow::align::{Alignment, align};
use crate::follow::window::{Key, View};

/// How much is held back, in bytes.
const AHEAD_BYTES: usize = 8 * 1024 * 1024;

/// How long lines without times are held back while the stream brings others.
const LONGEST_AHEAD: Duration = Duration::from_secs(10);

/// Stretches of the log behind what was printed, in order.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    pub(super) pieces: VecDeque<Piece>,
    /// When REST showed the first of them.
    pub(super) since: Option<Instant>,
}

/// When a stretch was shown, relative to the unplaced lines of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// While no line of the stream was waiting for its place.
    Before,
    /// After the first of them had come, from a snapshot requested before that.
    Between,
    /// From a snapshot requested after that.
    Behind,
}

/// A stretch without holes.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) view: View,
    /// True if it follows directly on what was printed.
    pub(super) adjacent: bool,
    /// When it was shown, if that helps to order it.
    pub(super) origin: Origin,
    /// How many lines had been printed when it was requested.
    pub(super) printed: usize,
    /// Its texts, sorted.
    texts: Vec<u64>,
}

impl Piece {
    pub(super) fn new(view: View, adjacent: bool) -> Self {
        let mut texts: Vec<u64> = view.keys.iter().map(|key| key.id(false)).collect();
        texts.sort_unstable();
        Self { view, adjacent, origin: Origin::Behind, printed: 0, texts }
    }

    pub(super) fn place(&self, key: Key) -> Option<usize> {
        self.texts.binary_search(&key.id(false)).ok()?;
        self.view.keys.iter().position(|known| known.is(key))
    }

    /// True if it comes before a line of the stream that it does not contain. Times show whether
    /// the stream lags; without times it may lag.
    pub(super) fn is_before(&self, key: Key) -> bool {
        self.view.keys.first().is_some_and(|first| {
            let is_told = first.has_time() && key.has_time() && first.is_close_to(key);
            match is_told {
                true => first.is_before(key),
                false => key.has_time() && self.origin == Origin::Before,
            }
        })
    }
}

impl Ahead {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn since(&self) -> Option<Instant> {
        self.since.filter(|_| !self.pieces.is_empty())
    }

    /// True if the first one follows directly on what was printed.
    pub(super) fn is_adjacent(&self) -> bool {
        self.pieces.front().is_some_and(|piece| piece.adjacent)
    }

    /// When to stop waiting for the stream to bring the first ones although it brings others. The
    /// lines have no times that show whether it lags.
    pub(super) fn overdue_at(&self) -> Option<Instant> {
        let piece = self.pieces.front().filter(|piece| !piece.adjacent)?;
        let has_times = piece.view.keys.iter().any(|key| key.has_time());
        self.since().filter(|_| !has_times).map(|since| since + LONGEST_AHEAD)
    }

    /// How many lines they are.
    pub(super) fn lines(&self) -> usize {
        self.pieces.iter().map(|piece| piece.view.len()).sum()
    }

    /// Lines are held back from now on, unless some already are.
    pub(super) fn begin(&mut self, now: Instant) {
        self.since = self.since().or(Some(now));
    }

    /// The piece that shares the first common line with these, and its alignment.
    pub(super) fn beside(&self, lines: &[Key]) -> Option<(usize, Alignment)> {
        let pieces = self.pieces.iter().enumerate();
        let beside = pieces.filter_map(|(number, piece)| {
            Some((number, align(lines.iter().copied(), &piece.view.keys, 0)?))
        });
        beside.min_by_key(|(_, alignment)| alignment.first.0)
    }

    /// Removes the pieces from this one on.
    pub(super) fn split_off(&mut self, number: usize) -> Self {
        Self { pieces: self.pieces.split_off(number), since: self.since }
    }

    /// Puts them back.
    pub(super) fn append(&mut self, mut later: Self) {
        self.pieces.append(&mut later.pieces);
        self.since = self.since.or(later.since);
    }

    /// True if the first piece lies before all of these lines. It must have been shown before any
    /// of them came, contain none of them, and no time may show that the stream lags. `is_open`:
    /// whether the session that brought the last of them is still connected.
    pub(super) fn came_before(&self, lines: &[Key], is_open: bool) -> bool {
        let ends = self.pieces.front().zip(lines.first());
        ends.is_some_and(|(piece, held)| {
            let (first, last) = (piece.view.keys.first(), piece.view.keys.last());
            let lags = first.is_some_and(|first| held.is_before(*first));
            let is_older = last.is_some_and(|last| {
                // If lines come without delay, a view that has moved past them would show some of
                // them.
                let is_told = last.has_time() && held.has_time() && last.is_close_to(*held);
                if is_told { !held.is_before(*last) } else { is_open }
            });
            let came_before = match piece.origin {
                Origin::Before => !lags,
                Origin::Between => is_older,
                Origin::Behind => false,
            };
            came_before && align(lines.iter().copied(), &piece.view.keys, 0).is_none()
        })
    }

    /// True if a piece was logged between a line and all of these, according to their times.
    pub(super) fn is_between(&self, number: usize, before: Key, lines: &[Key]) -> bool {
        let keys = self.pieces.get(number).map(|piece| &piece.view.keys);
        let ends = keys.and_then(|keys| Some((*keys.first()?, *keys.last()?, *lines.first()?)));
        ends.is_some_and(|(first, last, behind)| before.is_before(first) && last.is_before(behind))
    }

    pub(super) fn is_full(&self) -> bool {
        let lines = self.pieces.iter().flat_map(|piece| &piece.view.lines);
        lines.map(|line| size_of_val(line) + line.message.len()).sum::<usize>() > AHEAD_BYTES
    }

    pub(super) fn holds(&self, key: Key) -> bool {
        self.find(key).is_some()
    }

    pub(super) fn find(&self, key: Key) -> Option<(usize, usize)> {
        let mut pieces = self.pieces.iter().enumerate();
        pieces.find_map(|(number, piece)| Some((number, piece.place(key)?)))
    }

    /// Adds lines that follow directly on the printed ones.
    pub(super) fn follow_on(&mut self, now: Instant, view: View) {
        let old = self.pieces.front().filter(|piece| piece.adjacent);
        if old.is_some_and(|old| old.view.len() >= view.len()) {
            return;
        }
        let is_known = old.is_some();
        self.begin(now);
        if is_known {
            self.pieces.pop_front();
        }
        self.pieces.push_front(Piece::new(view, true));
    }

    /// Appends the known lines that follow a stretch, and drops pieces that it contains.
    pub(super) fn extend(&mut self, mut view: View) -> View {
        if view.is_empty() {
            return view;
        }
        let mut rest = VecDeque::new();
        for mut piece in self.pieces.drain(..) {
            if piece.adjacent {
                // Both follow directly on the printed lines, so the longer one contains the
                // shorter.
                if piece.view.len() > view.len() {
                    std::mem::swap(&mut piece.view, &mut view);
                }
                continue;
            }
            match align(view.keys.iter().copied(), &piece.view.keys, 0) {
                Some(alignment) => view.append(piece.view.split_off(alignment.ahead)),
                None => rest.push_back(piece),
            }
        }
        self.pieces = rest;
        view
    }

    /// Adds lines whose distance to the printed ones is unknown. Returns the number of the piece
    /// that contains them now.
    pub(super) fn add(
        &mut self,
        now: Instant,
        mut view: View,
        origin: Origin,
        printed: usize,
    ) -> usize {
        for (number, piece) in self.pieces.iter_mut().enumerate() {
            let Some(alignment) = align(piece.view.keys.iter().copied(), &view.keys, 0) else {
                continue;
            };
            let tail = view.split_off(alignment.ahead);
            let (known, shown) = alignment.first;
            if known == 0 && shown > 0 && !piece.adjacent {
                view.split_off(shown);
                view.append(std::mem::take(&mut piece.view));
                piece.view = view;
            }
            piece.view.append(tail);
            let whole = std::mem::take(&mut piece.view);
            // A stretch that continues into a later view lies behind everything that came before
            // that view.
            let origin = if origin == Origin::Behind { origin } else { piece.origin };
            let printed = piece.printed;
            *piece = Piece { origin, printed, ..Piece::new(whole, piece.adjacent) };
            return number;
        }
        let later = |piece: &Piece| {
            let ends = view.keys.last().zip(piece.view.keys.first());
            let is_later =
                |(last, first): (&Key, &Key)| last.is_before(*first) && last.is_close_to(*first);
            !piece.adjacent && ends.is_some_and(is_later)
        };
        let number = self.pieces.iter().position(later).unwrap_or(self.pieces.len());
        self.begin(now);
        self.pieces.insert(number, Piece { origin, printed, ..Piece::new(view, false) });
        number
    }
}

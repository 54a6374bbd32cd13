//! Lines of the newest moment that the stream may have repeated. Equal lines may also have been
//! logged twice within one moment, and only REST shows which it was.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::follow::align::Alignment;
use crate::follow::polling::Request;
use crate::follow::window::{Insertion, Key};
use crate::model::LogLine;

/// How much is held back, in bytes.
const UNCERTAIN_BYTES: usize = 1024 * 1024;

/// How long REST may take to show which it was.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How far REST may lag behind the stream. A snapshot requested later than this shows all lines.
const REST_LAG: Duration = Duration::from_secs(1);

/// The result of a snapshot for the lines that it does not show twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The stream repeated them.
    Repeats,
    /// No snapshot can show it any more.
    Unknowable,
}

/// Lines that were not printed because they equal printed ones of the same moment.
#[derive(Debug, Default)]
pub(super) struct Uncertain {
    lines: VecDeque<UncertainLine>,
    /// How often each of them is held.
    counts: HashMap<Key, usize>,
    bytes: usize,
    /// When the first and the last of them came.
    since: Option<(Instant, Instant)>,
    /// The place of the first printed line that they equal; `None` if it was forgotten.
    original: Option<usize>,
}

/// A line of them.
#[derive(Debug)]
struct UncertainLine {
    line: LogLine,
    key: Key,
    /// The place of the printed line that it belongs before.
    place: usize,
}

impl Uncertain {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// When to stop waiting for REST.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|(first, _)| first + LONGEST_WAIT)
    }

    /// Holds lines back that belong at this place, and equal the printed ones from `original` on.
    pub(super) fn push(
        &mut self,
        now: Instant,
        lines: impl IntoIterator<Item = (LogLine, Key)>,
        original: usize,
        place: usize,
    ) {
        self.original = match self.since {
            Some(_) => self.original.map(|known| known.min(original)),
            None => Some(original),
        };
        let first = self.since.map_or(now, |(first, _)| first);
        self.since = Some((first, now));
        for (line, key) in lines {
            self.bytes += bytes_of(&line);
            *self.counts.entry(key).or_default() += 1;
            self.lines.push_back(UncertainLine { line, key, place });
        }
    }

    /// The places of the printed lines have changed.
    pub(super) fn shift(&mut self, shifted: impl Fn(usize) -> Option<usize>) {
        self.original = self.original.and_then(&shifted);
        for held in &mut self.lines {
            held.place = shifted(held.place).unwrap_or_default();
        }
    }

    /// Decides about the lines that a snapshot does not show twice. `None`: it cannot tell yet.
    pub(super) fn decision(&self, request: Request, alignment: &Alignment) -> Option<Decision> {
        let (_, last) = self.since.filter(|_| self.came_before(request))?;
        // A view that begins with what they equal may show the second of two runs.
        let reaches_back = |original| alignment.first.0 < original || alignment.first == (0, 0);
        if !self.original.is_some_and(reaches_back) {
            return Some(Decision::Unknowable);
        }
        // REST may lag behind the stream until it shows a line that was printed after them.
        let is_behind = self.lines.iter().all(|held| alignment.last_known >= held.place);
        (is_behind || request.at >= last + REST_LAG).then_some(Decision::Repeats)
    }

    /// True if they came before the snapshot was requested, if there are any.
    pub(super) fn came_before(&self, request: Request) -> bool {
        self.since.is_some_and(|(_, last)| request.at >= last)
    }

    /// True if the line is one of them.
    pub(super) fn holds(&self, key: Key) -> bool {
        self.counts.get(&key).is_some_and(|count| *count > 0)
    }

    /// True if the line is one of them. Then it is no longer.
    pub(super) fn take(&mut self, key: Key) -> bool {
        let Some(count) = self.counts.get_mut(&key).filter(|count| **count > 0) else {
            return false;
        };
        *count -= 1;
        let at = self.lines.iter().position(|held| held.key == key).unwrap_or_default();
        let taken = self.lines.remove(at);
        self.bytes -= taken.map_or(0, |taken| bytes_of(&taken.line));
        if self.lines.is_empty() {
            *self = Self::default();
        }
        true
    }

    /// Takes all lines, and their places.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = (LogLine, Insertion)> + use<> {
        std::mem::take(self).lines.into_iter().map(|UncertainLine { line, key, place }| {
            (line, Insertion { place, key, only_rest: false })
        })
    }

    /// True if waiting any longer is useless: what they equal was forgotten, or they are too many.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.is_empty() && (self.original.is_none() || self.bytes > UNCERTAIN_BYTES)
    }
}

fn bytes_of(line: &LogLine) -> usize {
    size_of::<UncertainLine>() + line.message.len()
}

//! Aligns a stretch of a log that has no holes with lines of the same log that may have holes.
//! Pure. Linear, except for a sort of the lines that occur once.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::window::Key;

/// The alignment of a view with known lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Alignment {
    /// The first line that is in both: its place among the known lines, and its place in the view.
    pub(super) first: (usize, usize),
    /// The lines of the view that are missing among the known ones and lie before the last of
    /// these, in order. Each has the known line that it belongs before, and its place in the view.
    pub(super) holes: Vec<(usize, usize)>,
    /// The last known line that is in both.
    pub(super) last_known: usize,
    /// The place in the view of the first line behind all known ones.
    pub(super) ahead: usize,
}

/// How often one text occurs among the known lines and in the view.
#[derive(Default)]
struct Occurrences {
    known: usize,
    known_count: usize,
    view: usize,
    view_count: usize,
}

/// Aligns a view with the known lines; `None` if they have nothing in common. `forgotten`: how many
/// lines there were before the first known one.
pub(super) fn align(
    known: impl Iterator<Item = Key>,
    view: &[Key],
    forgotten: usize,
) -> Option<Alignment> {
    let keys: Vec<Key> = known.collect();
    let timed = keys.iter().chain(view).all(|key| key.has_time());
    let known: Vec<u64> = keys.iter().map(|key| key.id(timed)).collect();
    let view: Vec<u64> = view.iter().map(|key| key.id(timed)).collect();
    let mut pairs = anchors(&known, &view);
    if pairs.is_empty() {
        pairs.extend(overlap(&known, &view, forgotten));
    }
    let pairs = extended(&known, &view, &pairs);
    let (first, last) = (*pairs.first()?, *pairs.last()?);
    let mut holes = Vec::new();
    before(&known, &view, first, forgotten == 0, &mut holes);
    for ends in pairs.windows(2) {
        if let [(known_from, view_from), (known_to, view_to)] = *ends {
            let mut rest = Remaining::of(known.get(known_from + 1..known_to).unwrap_or_default());
            let missing = (view_from + 1..view_to).filter(|at| !rest.take(view.get(*at)));
            holes.extend(missing.map(|at| (known_to, at)));
        }
    }
    let ahead = behind(&known, &view, last, &mut holes);
    // Lines that were printed out of order count as printed. Without other times, equal lines
    // before the first pair are older than the view.
    let newest = known.len().saturating_sub(view.len()).max(first.0);
    let is_older = |place: usize| {
        let same_time =
            keys.get(place).zip(keys.get(first.0)).is_some_and(|(a, b)| a.is_as_old_as(*b));
        if timed { place < first.0 && same_time } else { place < newest }
    };
    let mut rest = Remaining::unpaired(&known, &pairs, is_older);
    holes.retain(|(_, at)| !rest.take(view.get(*at)));
    Some(Alignment { first, holes, last_known: last.0, ahead })
}

/// Lines that occur once among the known ones and once in the view, in the order of both.
fn anchors(known: &[u64], view: &[u64]) -> Vec<(usize, usize)> {
    let mut occurrences: HashMap<u64, Occurrences> = HashMap::with_capacity(known.len());
    for (place, id) in known.iter().enumerate() {
        let seen = occurrences.entry(*id).or_default();
        (seen.known, seen.known_count) = (place, seen.known_count + 1);
    }
    for (place, id) in view.iter().enumerate() {
        if let Some(seen) = occurrences.get_mut(id) {
            (seen.view, seen.view_count) = (place, seen.view_count + 1);
        }
    }
    let once = occurrences.values().filter(|seen| seen.known_count == 1 && seen.view_count == 1);
    let mut pairs: Vec<_> = once.map(|seen| (seen.known, seen.view)).collect();
    // From the end, because the view has no holes: of selections of the same length, the one
    // closest to the end leaves the fewest known lines between its pairs that the view does not
    // show.
    pairs.sort_unstable_by_key(|(_, view)| Reverse(*view));
    let mut chosen = longest_decreasing(&pairs);
    chosen.reverse();
    chosen
}

/// The longest selection of pairs that is in order on both sides, from the end.
fn longest_decreasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    if pairs.is_sorted_by(|a, b| a.0 > b.0) {
        return pairs.to_vec();
    }
    // For each length, the pair that ends the selection of that length latest.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let known = |at: usize| pairs.get(at).map_or(0, |pair| pair.0);
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| known(*end) > pair.0);
        previous.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let last = ends.last().copied();
    let chain = std::iter::successors(last, |at| previous.get(*at).copied().flatten());
    let mut chosen: Vec<_> = chain.filter_map(|at| pairs.get(at).copied()).collect();
    chosen.reverse();
    chosen
}

/// Used if no line occurs only once. Finds the end of the known lines that agrees best with the
/// view. Among several such places it takes the earliest, because repeating a line is better than
/// losing one. Their number decides only if more lines were printed than can be compared.
fn overlap(known: &[u64], view: &[u64], forgotten: usize) -> Option<(usize, usize)> {
    let ends = agreements(known, view);
    let longest = ends.iter().copied().max().filter(|longest| *longest > 0);
    if let Some(longest) = longest {
        let place = ends.iter().position(|length| *length == longest)?;
        let place = match forgotten {
            1.. if longest == known.len() => {
                let last = ends.iter().rposition(|length| *length == longest)?;
                (forgotten + known.len() - 1).clamp(place, last)
            }
            _ => place,
        };
        return Some((known.len() - 1, place));
    }
    // The view may end before the known lines do.
    let ends = agreements(view, known);
    let best = ends.iter().enumerate().max_by_key(|(_, length)| **length);
    let (place, _) = best.filter(|(_, length)| **length > 0)?;
    Some((place, view.len() - 1))
}

/// For each place of `text`: how many lines up to it agree with the last ones of `pattern`.
fn agreements(pattern: &[u64], text: &[u64]) -> Vec<usize> {
    let longest = pattern.len().min(text.len());
    let reversed = joined(pattern.iter().rev().take(longest), text.iter().rev());
    prefix_lengths(&reversed).into_iter().skip(longest + 1).rev().collect()
}

/// A pattern and a text, with a mark between them that equals no line.
fn joined<'i>(
    pattern: impl Iterator<Item = &'i u64>,
    text: impl Iterator<Item = &'i u64>,
) -> Vec<Option<u64>> {
    pattern.copied().map(Some).chain([None]).chain(text.copied().map(Some)).collect()
}

/// The Z function: for each place how long the stretch from there agrees with the beginning.
fn prefix_lengths(text: &[Option<u64>]) -> Vec<usize> {
    let mut lengths = vec![0; text.len()];
    let (mut from, mut to) = (0, 0);
    for place in 1..text.len() {
        let known = lengths.get(place - from).copied().unwrap_or_default();
        let mut length = if place < to { known.min(to - place) } else { 0 };
        while place + length < text.len() && text.get(length) == text.get(place + length) {
            length += 1;
        }
        if place + length > to {
            (from, to) = (place, place + length);
        }
        if let Some(slot) = lengths.get_mut(place) {
            *slot = length;
        }
    }
    lengths
}

/// The pairs, and all equal lines directly before and behind each of them.
fn extended(known: &[u64], view: &[u64], pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut all: Vec<(usize, usize)> = Vec::with_capacity(known.len().min(view.len()));
    for (number, pair) in pairs.iter().enumerate() {
        let floor = all.last().map_or((0, 0), |(known, view)| (known + 1, view + 1));
        if pair.0 < floor.0 || pair.1 < floor.1 {
            continue;
        }
        let room = (pair.0 - floor.0).min(pair.1 - floor.1);
        let equal = |back: &usize| known.get(pair.0 - back) == view.get(pair.1 - back);
        let back = (1..=room).take_while(equal).count();
        all.extend((1..=back).rev().map(|back| (pair.0 - back, pair.1 - back)));
        all.push(*pair);
        let ceiling = pairs.get(number + 1).copied().unwrap_or((known.len(), view.len()));
        let forth = (1..)
            .map(|more| (pair.0 + more, pair.1 + more))
            .take_while(|(k, v)| *k < ceiling.0 && *v < ceiling.1 && known.get(*k) == view.get(*v));
        all.extend(forth);
    }
    all
}

/// Finds the missing lines that the view shows before the first line that is in both.
fn before(
    known: &[u64],
    view: &[u64],
    (known_to, view_to): (usize, usize),
    complete: bool,
    holes: &mut Vec<(usize, usize)>,
) {
    let from = known_to.saturating_sub(view_to);
    let mut rest = Remaining::of(known.get(from..known_to).unwrap_or_default());
    // Lines that are older than what is remembered were printed long ago.
    let from = if complete { 0 } else { view_to.saturating_sub(known_to) };
    holes.extend((from..view_to).filter(|at| !rest.take(view.get(*at))).map(|at| (known_to, at)));
}

/// Finds the missing lines that the view shows behind the last line that is in both. Returns the
/// place of the first line behind all known ones.
fn behind(
    known: &[u64],
    view: &[u64],
    (known_from, view_from): (usize, usize),
    holes: &mut Vec<(usize, usize)>,
) -> usize {
    let mut rest = Remaining::of(known.get(known_from + 1..).unwrap_or_default());
    let mut missing = Vec::new();
    let mut ahead = view_from + 1;
    for at in view_from + 1..view.len() {
        match rest.take(view.get(at)) {
            true => ahead = at + 1,
            false => missing.push((known_from + 1, at)),
        }
    }
    // A known line that the view does not show was logged after everything in the view.
    if rest.has_other_than(view) {
        ahead = view.len();
    }
    holes.extend(missing.into_iter().filter(|(_, at)| *at < ahead));
    ahead
}

/// How often each of some lines has yet to be found.
#[derive(Default)]
struct Remaining {
    counts: HashMap<u64, usize>,
    total: usize,
}

impl Remaining {
    fn of<'i>(ids: impl IntoIterator<Item = &'i u64>) -> Self {
        let mut remaining = Self::default();
        for id in ids {
            *remaining.counts.entry(*id).or_default() += 1;
            remaining.total += 1;
        }
        remaining
    }

    /// The known lines that are in no pair and not older than the view.
    fn unpaired(known: &[u64], pairs: &[(usize, usize)], is_older: impl Fn(usize) -> bool) -> Self {
        let mut pairs = pairs.iter().peekable();
        let mut is_unpaired = |place: &usize| {
            pairs.next_if(|(paired, _)| paired == place).is_none() && !is_older(*place)
        };
        let unpaired = known.iter().enumerate().filter(|(place, _)| is_unpaired(place));
        Self::of(unpaired.map(|(_, id)| id))
    }

    /// True if the line is one of them and was not found yet.
    fn take(&mut self, id: Option<&u64>) -> bool {
        if self.total == 0 {
            return false;
        }
        match id.and_then(|id| self.counts.get_mut(id)) {
            Some(count @ 1..) => {
                *count -= 1;
                self.total -= 1;
                true
            }
            Some(0) | None => false,
        }
    }

    /// True if any remaining line is not among these.
    fn has_other_than(&self, ids: &[u64]) -> bool {
        if self.total == 0 {
            return false;
        }
        let ids: HashSet<u64> = ids.iter().copied().collect();
        self.counts.iter().any(|(id, count)| *count > 0 && !ids.contains(id))
    }
}

/// The position among the known lines of consecutive lines from the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The first run line that is known equals this known line. The second number counts the run
    /// lines before it.
    At(usize, usize),
    /// They could begin with this known line, or with an earlier one.
    Ambiguous(usize),
    /// None of them is a known line.
    Nowhere,
}

/// Finds consecutive lines among the known ones. The run may continue behind them. It may also have
/// holes, where the known lines came from REST alone.
pub(super) fn position(known: impl Iterator<Item = (Key, bool)>, run: &[Key]) -> Position {
    let known: Vec<(Key, bool)> = known.collect();
    let (places, run): (Vec<usize>, Vec<Key>) =
        run.iter().copied().enumerate().filter(|(_, key)| !key.is_empty_key()).unzip();
    let timed = known.iter().map(|(key, _)| key).chain(&run).all(|key| key.has_time());
    let ids: Vec<u64> = known.iter().map(|(key, _)| key.id(timed)).collect();
    let run_ids: Vec<u64> = run.iter().map(|key| key.id(timed)).collect();
    let lengths = prefix_lengths(&joined(run_ids.iter(), ids.iter()));
    let fits = lengths
        .iter()
        .skip(run.len() + 1)
        .enumerate()
        .filter(|(place, length)| **length > 0 && **length == run.len().min(ids.len() - place));
    let mut fits = fits.map(|(place, _)| place);
    match (fits.next(), fits.next_back()) {
        (Some(only), None) => Position::At(only, 0),
        (Some(_), Some(last)) => Position::Ambiguous(last),
        (None, _) => {
            // The stream may be repeating lines that it has already brought.
            let new = known.iter().enumerate().filter(|(_, (_, only_rest))| *only_rest);
            let (new_places, new_ids): (Vec<usize>, Vec<u64>) =
                new.map(|(place, (key, _))| (place, key.id(timed))).unzip();
            let first = anchors(&new_ids, &run_ids).first().copied();
            let first = first.and_then(|(new, at)| Some((*new_places.get(new)?, at)));
            let before = |at: usize| places.get(at).copied().unwrap_or_default();
            first.map_or(Position::Nowhere, |(place, at)| Position::At(place, before(at)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::*;
    use crate::model::{Level, LogLine};

    /// One line per word; `a` and `a` are equal.
    fn keys(words: &str) -> Vec<Key> {
        words.split_whitespace().map(|word| key(word, Some(1))).collect()
    }

    fn key(text: &str, second: Option<u64>) -> Key {
        let timestamp = second.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
        Key::of(&LogLine { timestamp, level: Level::Info, message: text.to_owned() })
    }

    fn aligned(known: &str, view: &str) -> Option<(Vec<(usize, usize)>, usize)> {
        let alignment = align(keys(known).into_iter(), &keys(view), 0)?;
        Some((alignment.holes, alignment.ahead))
    }

    #[test]
    fn a_view_is_compared_line_by_line() {
        for (known, view, holes, ahead) in [
            ("a b c", "b c d e", vec![], 2),
            ("a b c", "a b c", vec![], 3),
            ("a b c d", "b c", vec![], 2),
            ("a c d", "a b c d e", vec![(1, 1)], 4),
            ("a d", "b c d", vec![(1, 0), (1, 1)], 3),
            ("c d", "a b c d", vec![(0, 0), (0, 1)], 4),
            // The view is older than the last known line, and shows one before it.
            ("a b d", "a b c", vec![(2, 2)], 3),
            // Recurring lines are distinguished by their neighbours.
            ("a x b x", "a x b x c x", vec![], 4),
            ("a x c", "a x b x c x", vec![(2, 2), (2, 3)], 5),
            ("a x x b", "a x x x b", vec![(3, 3)], 5),
            // A line that differs in the view is not a repeat of any.
            ("a b ? d e", "a b c d e f", vec![(3, 2)], 5),
            ("a b ? ? e", "a b c d e", vec![(4, 2), (4, 3)], 5),
            // Neither is a line that was printed out of order.
            ("b c a", "a b c d", vec![], 3),
            ("a c d b e", "a b c d e", vec![], 5),
            // Lines before the first common one are older than the view, so equal ones are missing.
            ("c d a b e", "a b c d e", vec![(4, 2), (4, 3)], 5),
            ("x a b", "a x b", vec![(2, 1)], 3),
        ] {
            assert_eq!(aligned(known, view), Some((holes, ahead)), "{known} | {view}");
        }
        assert_eq!(aligned("a b c", "d e f"), None);
        assert_eq!(aligned("a b c", ""), None);
        assert_eq!(aligned("", "a"), None);
    }

    #[test]
    fn equal_lines_are_repeated_rather_than_lost() {
        assert_eq!(aligned("x x", "x x x x"), Some((vec![], 2)));
        assert_eq!(aligned("a x x", "x x x x b"), Some((vec![], 2)));
        assert_eq!(aligned("x x x x", "x x"), Some((vec![], 2)));
        assert_eq!(aligned("x y x y", "x y x y x"), Some((vec![], 4)));
    }

    #[test]
    fn lines_older_than_the_window_count_as_printed() {
        let view = keys("a b c d e");
        let alignment = align(keys("c d").into_iter(), &view, 2).unwrap();
        assert_eq!((alignment.holes, alignment.ahead), (vec![], 4));
    }

    #[test]
    fn without_times_lines_are_compared_by_text() {
        let known = ["a", "b", "c"].map(|text| key(text, Some(7)));
        let view = ["b", "c", "d"].map(|text| key(text, None));
        let alignment = align(known.into_iter(), &view, 0).unwrap();
        assert_eq!((alignment.first, alignment.ahead), ((1, 0), 2));
    }

    #[test]
    fn a_run_is_found_at_its_first_known_line() {
        for (known, run, expected) in [
            ("a b c d", "c d e", Position::At(2, 0)),
            ("a b c d", "b c", Position::At(1, 0)),
            ("a b c d", "e f", Position::Nowhere),
            ("a x x", "x", Position::Ambiguous(2)),
            ("a x x b", "x x b c", Position::At(1, 0)),
            // The stream has left out lines.
            ("a b c d", "b d e", Position::At(1, 0)),
            ("c d e", "a b c d", Position::At(0, 2)),
            ("", "a", Position::Nowhere),
        ] {
            let known = keys(known).into_iter().map(|key| (key, true));
            assert_eq!(position(known, &keys(run)), expected, "{run}");
        }
    }

    #[test]
    fn the_longest_selection_in_order_is_kept() {
        let mut pairs = [(5, 0), (1, 1), (2, 2), (9, 3), (3, 4), (4, 5)];
        pairs.reverse();
        assert_eq!(longest_decreasing(&pairs), [(4, 5), (3, 4), (2, 2), (1, 1)]);
    }

    #[test]
    fn aligning_many_equal_lines_is_fast() {
        let view = vec![key("ok", Some(1)); 200_000];
        let known = vec![key("ok", Some(1)); 8_192];
        let started = Instant::now();
        let alignment = align(known.into_iter(), &view, 100_000).unwrap();
        assert_eq!(alignment.ahead, 108_192);
        // Comparing each line with each other line would take 1.6 billion comparisons.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

//! Where two views of one log meet: the lines that arrive live and the last lines that REST shows.
//! Tells which of them were not passed on yet. Pure.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

use crate::event::LogLine;

/// How many lines back an overlap is looked for.
const REACH: usize = 4096;

/// What was passed on so far, as far back as matters.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The last lines that were passed on, oldest first.
    passed: VecDeque<Key>,
    newest_passed: Option<SystemTime>,
    /// Lines that REST has shown and the live stream may still bring.
    ahead: VecDeque<Key>,
    newest_ahead: Option<SystemTime>,
    /// Whether the stream has reached the lines ahead: from then on it brings them one by one.
    aligned: bool,
}

/// What a line is known by. REST and the stream need not agree on its level, nor both know its time.
#[derive(Debug, Clone, Copy)]
struct Key {
    timestamp: Option<SystemTime>,
    message: u64,
}

impl Key {
    fn of(line: &LogLine) -> Self {
        let mut hasher = DefaultHasher::new();
        line.message.hash(&mut hasher);
        Self { timestamp: line.timestamp, message: hasher.finish() }
    }

    fn is(self, other: Self) -> bool {
        let at_another_time = self.timestamp.zip(other.timestamp).is_some_and(|(a, b)| a != b);
        self.message == other.message && !at_another_time
    }
}

/// What a look at REST added.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The lines that were not passed on yet, in order.
    pub(super) lines: Vec<LogLine>,
    /// Whether lines are missing before them.
    pub(super) gap: bool,
}

impl Cut {
    /// Whether a line that arrived live is to be passed on.
    pub(super) fn live(&mut self, line: &LogLine) -> bool {
        let key = Key::of(line);
        // Before the stream has reached the lines ahead, it may do so anywhere; then it brings them in
        // order. A line that merely looks like one of them is new: repeating beats losing.
        let reach = if self.aligned { 1 } else { self.ahead.len() };
        let place = self.ahead.iter().take(reach).rposition(|known| known.is(key));
        if let Some(place) = place {
            self.ahead.drain(..=place);
            self.aligned = true;
            return false;
        }
        if self.aligned || line.timestamp.is_none() || line.timestamp > self.newest_ahead {
            self.ahead.clear();
        }
        self.pass(key, line);
        true
    }

    /// Takes the last lines of the log, as REST shows them, and tells which are new. `arrived` are
    /// the lines that the stream has brought since it was joined and that were held back for this.
    pub(super) fn recent(&mut self, mut recent: Vec<LogLine>, arrived: &[LogLine]) -> News {
        if starts_after(&recent, arrived) {
            return News { lines: Vec::new(), gap: !self.passed.is_empty() };
        }
        let keys: Vec<_> = recent.iter().map(Key::of).collect();
        let (known, gap) = match self.overlap(&keys) {
            Some(known) => (known, false),
            None => (self.older(&recent), true),
        };
        self.newest_ahead = recent.iter().filter_map(|line| line.timestamp).max();
        let lines = recent.split_off(known);
        for (line, key) in lines.iter().zip(keys.iter().skip(known)) {
            self.pass(*key, line);
        }
        self.ahead = keys.into();
        self.ahead.drain(..self.ahead.len().saturating_sub(REACH));
        self.aligned = false;
        News { lines, gap }
    }

    fn pass(&mut self, key: Key, line: &LogLine) {
        if self.passed.len() == REACH {
            self.passed.pop_front();
        }
        self.passed.push_back(key);
        self.newest_passed = self.newest_passed.max(line.timestamp);
    }

    /// How many of the recent lines were passed on before; `None` if the two views do not touch.
    fn overlap(&self, recent: &[Key]) -> Option<usize> {
        let Some(last_passed) = self.passed.back() else {
            return Some(0);
        };
        // The line that was passed on last may stand there several times, if the log repeats itself.
        // The right one has the same lines before it; where that does not decide, repeating a line
        // is better than losing one.
        let places = recent.iter().enumerate().filter(|(_, key)| key.is(*last_passed));
        let longest = places
            .map(|(place, _)| (self.agreement(recent.iter().take(place)), place))
            .max_by_key(|(agreement, place)| (*agreement, std::cmp::Reverse(*place)));
        if let Some((_, place)) = longest {
            return Some(place + 1);
        }
        // REST may lag behind the stream.
        let lags = recent.last().is_none_or(|last| self.passed.iter().any(|known| known.is(*last)));
        lags.then_some(recent.len())
    }

    /// How many lines before the last one agree with what was passed on.
    fn agreement<'k>(&self, before: impl DoubleEndedIterator<Item = &'k Key>) -> usize {
        let passed = self.passed.iter().rev().skip(1);
        before.rev().zip(passed).take_while(|(a, b)| a.is(**b)).count()
    }

    /// How many lines at the front are no newer than what was passed on, by the build's own clock.
    fn older(&self, recent: &[LogLine]) -> usize {
        let old = |line: &LogLine| line.timestamp.is_some() && line.timestamp <= self.newest_passed;
        recent.iter().rposition(old).map_or(0, |place| place + 1)
    }
}

/// Whether everything that REST shows was logged after the first line that arrived live: so fast that
/// the window has already moved past it. The stream brings all of it.
fn starts_after(recent: &[LogLine], arrived: &[LogLine]) -> bool {
    let (Some(oldest), Some(first)) = (recent.first(), arrived.first()) else {
        return false;
    };
    !recent.contains(first)
        && (arrived.contains(oldest)
            || (first.timestamp.is_some() && oldest.timestamp > first.timestamp))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Level;

    fn line(second: u64, message: &str) -> LogLine {
        LogLine {
            timestamp: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second)),
            level: Level::Info,
            message: message.to_owned(),
        }
    }

    fn numbered(numbers: std::ops::RangeInclusive<u64>) -> Vec<LogLine> {
        numbers.map(|n| line(n, &format!("line {n}"))).collect()
    }

    fn after(lines: &[LogLine]) -> Cut {
        let mut cut = Cut::default();
        assert!(lines.iter().all(|line| cut.live(line)));
        cut
    }

    #[test]
    fn at_the_start_all_recent_lines_are_new_and_the_stream_does_not_repeat_them() {
        let mut cut = Cut::default();
        assert_eq!(cut.recent(numbered(1..=5), &[]), News { lines: numbered(1..=5), gap: false });
        let live = numbered(4..=7);
        let passed: Vec<_> = live.iter().filter(|line| cut.live(line)).collect();
        assert_eq!(passed, [&live[2], &live[3]]);
    }

    #[test]
    fn after_an_outage_only_the_missed_lines_are_new() {
        let mut cut = after(&numbered(1..=6));
        assert_eq!(cut.recent(numbered(3..=9), &[]), News { lines: numbered(7..=9), gap: false });
    }

    #[test]
    fn a_rest_view_that_lags_behind_the_stream_brings_nothing() {
        let mut cut = after(&numbered(1..=9));
        assert_eq!(cut.recent(numbered(2..=5), &[]), News { lines: vec![], gap: false });
        assert_eq!(cut.recent(vec![], &[]), News { lines: vec![], gap: false });
    }

    #[test]
    fn a_window_that_starts_after_the_last_line_is_a_gap() {
        let mut cut = after(&numbered(1..=6));
        assert_eq!(cut.recent(numbered(9..=11), &[]), News { lines: numbered(9..=11), gap: true });
    }

    #[test]
    fn a_line_that_was_never_passed_on_does_not_make_a_window_repeat() {
        let mut cut = after(&numbered(1..=6));
        let mut window = numbered(2..=8);
        window.remove(4);
        assert_eq!(cut.recent(window, &[]), News { lines: numbered(7..=8), gap: true });
    }

    #[test]
    fn the_right_one_of_several_equal_lines_is_found_by_what_stands_before_it() {
        let log: Vec<_> = ["a", "x", "b", "x", "c", "x"].map(|text| line(1, text)).into();
        let mut cut = after(&log[..4]);
        assert_eq!(cut.recent(log.clone(), &[]), News { lines: log[4..].to_vec(), gap: false });
    }

    #[test]
    fn equal_lines_in_a_row_are_not_lost() {
        let log = vec![line(1, "tick"); 4];
        let mut cut = after(&log[..2]);
        assert_eq!(cut.recent(log.clone(), &[]).lines, log[2..]);
    }

    #[test]
    fn a_window_that_has_moved_past_the_first_live_line_is_left_to_the_stream() {
        let mut cut = Cut::default();
        let news = cut.recent(numbered(40..=60), &numbered(1..=10));
        assert_eq!(news, News { lines: vec![], gap: false });
        assert!(numbered(1..=60).iter().all(|line| cut.live(line)));

        let mut cut = after(&numbered(1..=3));
        assert!(cut.recent(numbered(40..=60), &numbered(30..=45)).gap);
    }

    #[test]
    fn a_window_from_before_the_join_comes_first() {
        let mut cut = after(&numbered(1..=3));
        let news = cut.recent(numbered(2..=5), &numbered(7..=8));
        assert_eq!(news, News { lines: numbered(4..=5), gap: false });
    }

    #[test]
    fn lines_ahead_are_forgotten_once_the_stream_is_past_them() {
        let mut cut = Cut::default();
        cut.recent(numbered(1..=5), &[]);
        assert!(cut.live(&line(6, "line 6")));
        assert!(cut.ahead.is_empty());
    }

    #[test]
    fn a_line_that_looks_like_an_older_one_is_not_lost() {
        let tick = LogLine { timestamp: None, ..line(0, "tick") };
        let mut cut = Cut::default();
        let window = vec![tick.clone(), line(1, "a"), line(2, "b")];
        assert_eq!(cut.recent(window, &[]).lines.len(), 3);
        assert!(!cut.live(&line(2, "b")));
        assert!(cut.live(&tick));
    }

    #[test]
    fn a_view_without_times_is_still_recognised() {
        let bare = |lines: Vec<LogLine>| -> Vec<LogLine> {
            lines.into_iter().map(|line| LogLine { timestamp: None, ..line }).collect()
        };
        let mut cut = after(&numbered(1..=6));
        let news = cut.recent(bare(numbered(4..=8)), &[]);
        assert_eq!(news, News { lines: bare(numbered(7..=8)), gap: false });
    }

    #[test]
    fn a_long_view_is_not_cut() {
        let many = 2 * REACH as u64;
        let mut cut = Cut::default();
        assert_eq!(cut.recent(numbered(1..=many), &[]).lines.len(), 2 * REACH);
        let news = cut.recent(numbered(1..=many + 1), &[]);
        assert_eq!(news, News { lines: numbered(many + 1..=many + 1), gap: false });
    }

    #[test]
    fn memory_is_bounded_on_an_endless_log() {
        let mut cut = after(&numbered(1..=3 * REACH as u64));
        assert_eq!(cut.passed.len(), REACH);
        let end = 3 * REACH as u64;
        assert_eq!(
            cut.recent(numbered(end - 10..=end + 1), &[]).lines,
            numbered(end + 1..=end + 1)
        );
    }
}

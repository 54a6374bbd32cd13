//! Where views of one log meet: the lines that arrive live and the last lines that REST shows. Tells
//! which of them were not passed on yet. Pure.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use crate::event::LogLine;

/// How many lines back an overlap is looked for.
const REACH: usize = 8_192;

/// What was passed on so far, as far back as matters.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The last lines that were passed on, oldest first.
    passed: VecDeque<Key>,
    newest_passed: Option<SystemTime>,
    /// How many of the last ones came from REST, and will come live too.
    owed: usize,
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

/// What a stretch of the log added.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The lines that were not passed on yet, in order.
    pub(super) lines: Vec<LogLine>,
    /// Whether lines are missing before them.
    pub(super) gap: Option<Gap>,
}

/// Lines that nobody shows any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// When the line before them was logged.
    pub(super) after: Option<SystemTime>,
    /// When the line behind them was logged.
    pub(super) before: Option<SystemTime>,
    /// How many they are, if the log was as busy then as in the stretch behind them.
    pub(super) estimate: Option<u64>,
}

impl Cut {
    /// Whether a line that came live is to be passed on.
    pub(super) fn live(&mut self, line: &LogLine) -> bool {
        let key = Key::of(line);
        let owed = self.passed.iter().rev().take(self.owed).rev();
        match owed.clone().position(|passed| passed.is(key)) {
            Some(place) => {
                self.owed -= place + 1;
                false
            }
            None => {
                self.owed = 0;
                self.remember(key, line.timestamp);
                true
            }
        }
    }

    /// Whether nothing was passed on yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.passed.is_empty()
    }

    /// Whether the stream has brought everything that was passed on.
    pub(super) fn is_paid(&self) -> bool {
        self.owed == 0
    }

    /// Takes a stretch of the log without holes, oldest line first, and tells which of it is new.
    pub(super) fn absorb(&mut self, mut stretch: Vec<LogLine>) -> News {
        let keys: Vec<_> = stretch.iter().map(Key::of).collect();
        let (known, touches) = match self.overlap(&keys) {
            Some(known) => (known, true),
            None => (self.older(&keys), false),
        };
        let lines = stretch.split_off(known);
        let gap = (!touches && !lines.is_empty()).then(|| self.gap(&lines));
        for (line, key) in lines.iter().zip(keys.iter().skip(known)) {
            self.remember(*key, line.timestamp);
        }
        News { lines, gap }
    }

    /// Takes the lines that have come live since a session was joined, and tells which of them are new;
    /// `None` if it cannot be told yet how they follow: REST has not shown them, or they could be in
    /// several places.
    ///
    /// Only to be trusted once REST has been asked after the first of them came: before that, a line
    /// that merely looks like it may be all that was shown.
    pub(super) fn place(&mut self, live: &mut Vec<LogLine>) -> Option<Vec<LogLine>> {
        let keys: Vec<_> = live.iter().map(Key::of).collect();
        let first = keys.first()?;
        let fits = |place: &usize| {
            self.passed.iter().skip(*place).zip(&keys).all(|(passed, key)| passed.is(*key))
        };
        let places = self.passed.iter().enumerate().filter(|(_, key)| key.is(*first));
        let mut fitting = places.map(|(place, _)| place).filter(fits);
        let (Some(place), None) = (fitting.next(), fitting.next()) else {
            return None;
        };
        let shown = self.passed.len() - place;
        self.owed = shown.saturating_sub(live.len());
        let new = live.split_off(shown.min(live.len()));
        live.clear();
        for line in &new {
            self.remember(Key::of(line), line.timestamp);
        }
        Some(new)
    }

    /// The same where REST does not help: by the times of the lines, and with a gap if they touch
    /// nothing.
    pub(super) fn append(&mut self, live: Vec<LogLine>) -> News {
        let last = live.last().map(Key::of);
        let news = self.absorb(live);
        let behind = last.and_then(|last| self.passed.iter().rev().position(|key| key.is(last)));
        self.owed = behind.unwrap_or(0);
        news
    }

    /// Whether the newest line that REST shows was passed on, or something that is newer.
    pub(super) fn is_level_with(&self, recent: &[LogLine]) -> bool {
        recent.last().is_none_or(|last| {
            let key = Key::of(last);
            self.passed.iter().rev().any(|passed| passed.is(key))
                || (last.timestamp.is_some() && last.timestamp < self.newest_passed)
        })
    }

    fn remember(&mut self, key: Key, timestamp: Option<SystemTime>) {
        if self.passed.len() == REACH {
            self.passed.pop_front();
        }
        self.passed.push_back(key);
        self.newest_passed = self.newest_passed.max(timestamp);
    }

    /// How many lines of the stretch were passed on before; `None` if it does not touch them.
    fn overlap(&self, stretch: &[Key]) -> Option<usize> {
        let Some(last_passed) = self.passed.back() else {
            return Some(0);
        };
        // The line that was passed on last may stand there several times, if the log repeats itself.
        // The right one has the same lines before it; where that does not decide, repeating a line
        // is better than losing one.
        let places = stretch.iter().enumerate().filter(|(_, key)| key.is(*last_passed));
        let longest = places
            .map(|(place, _)| (self.agreement(stretch.iter().take(place)), place))
            .max_by_key(|(agreement, place)| (*agreement, std::cmp::Reverse(*place)));
        if let Some((_, place)) = longest {
            return Some(place + 1);
        }
        // REST may lag behind the stream.
        let lags =
            stretch.last().is_none_or(|last| self.passed.iter().any(|known| known.is(*last)));
        lags.then_some(stretch.len())
    }

    /// How many lines before the last one agree with what was passed on.
    fn agreement<'k>(&self, before: impl DoubleEndedIterator<Item = &'k Key>) -> usize {
        let passed = self.passed.iter().rev().skip(1);
        before.rev().zip(passed).take_while(|(a, b)| a.is(**b)).count()
    }

    /// How many lines at the front are no newer than what was passed on, by the build's own clock.
    fn older(&self, stretch: &[Key]) -> usize {
        let old = |key: &Key| match key.timestamp.cmp(&self.newest_passed) {
            Ordering::Less => key.timestamp.is_some(),
            // Of one moment, but perhaps another line.
            Ordering::Equal => self.passed.iter().any(|passed| passed.is(*key)),
            Ordering::Greater => false,
        };
        stretch.iter().rposition(old).map_or(0, |place| place + 1)
    }

    fn gap(&self, behind: &[LogLine]) -> Gap {
        let after = self.newest_passed;
        let before = behind.first().and_then(|line| line.timestamp);
        let span = |from: Option<SystemTime>, to: Option<SystemTime>| {
            to?.duration_since(from?).ok().filter(|span| !span.is_zero())
        };
        let last = behind.last().and_then(|line| line.timestamp);
        let estimate = span(after, before).zip(span(before, last)).map(|(missing, shown)| {
            let lines = (behind.len() as f64 - 1.0) * ratio(missing, shown);
            // The line behind the gap is none of those in it.
            (lines.round() as u64).saturating_sub(1)
        });
        Gap { after, before, estimate }
    }
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// Whether everything that REST shows was logged after the first line that came live: so fast that
/// the window has already moved past it. The stream brings all of it.
pub(super) fn starts_after(recent: &[LogLine], live: &[LogLine]) -> bool {
    let (Some(oldest), Some(first)) = (recent.first(), live.first()) else {
        return false;
    };
    !recent.contains(first)
        && (live.contains(oldest)
            || (first.timestamp.is_some() && oldest.timestamp > first.timestamp))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn whole(lines: Vec<LogLine>) -> News {
        News { lines, gap: None }
    }

    /// The lines that are passed on of a session that has brought `live`, and goes on with `more`.
    fn placed(cut: &mut Cut, mut live: Vec<LogLine>, more: &[LogLine]) -> Option<Vec<LogLine>> {
        let mut new = cut.place(&mut live)?;
        new.extend(more.iter().filter(|line| cut.live(line)).cloned());
        Some(new)
    }

    #[test]
    fn lines_that_rest_has_shown_are_not_repeated_when_they_come_live() {
        for (live, more) in [(4..=7, 8..=9), (4..=5, 6..=9), (2..=3, 4..=9), (1..=8, 9..=9)] {
            let mut cut = Cut::default();
            assert_eq!(cut.absorb(numbered(1..=5)), whole(numbered(1..=5)));
            let new = placed(&mut cut, numbered(live), &numbered(more));
            assert_eq!(new, Some(numbered(6..=9)));
            assert!(cut.is_paid());
        }
    }

    #[test]
    fn a_session_that_leaves_out_what_it_owes_loses_no_other_line() {
        let mut cut = after(&numbered(1..=8));
        assert_eq!(placed(&mut cut, numbered(3..=4), &numbered(7..=9)), Some(numbered(9..=9)));
        let mut cut = after(&numbered(1..=8));
        assert_eq!(placed(&mut cut, numbered(3..=4), &numbered(9..=10)), Some(numbered(9..=10)));
    }

    #[test]
    fn live_lines_that_rest_has_not_shown_yet_are_not_placed() {
        let mut cut = after(&numbered(1..=5));
        assert_eq!(placed(&mut cut, numbered(6..=7), &[]), None);
        assert_eq!(placed(&mut cut, vec![], &[]), None);
    }

    #[test]
    fn live_lines_that_fit_in_two_places_wait_for_more() {
        let tick = || line(1, "tick");
        let mut cut = after(&[line(0, "a"), tick(), tick()]);
        assert_eq!(placed(&mut cut, vec![tick()], &[]), None);
        cut.absorb(vec![line(0, "a"), tick(), tick(), line(2, "b")]);
        let held = vec![tick(), tick(), line(2, "b"), line(3, "c")];
        assert_eq!(placed(&mut cut, held, &[]), Some(vec![line(3, "c")]));
    }

    #[test]
    fn live_lines_without_a_place_go_on_where_they_seem_to_belong() {
        let mut cut = after(&numbered(1..=5));
        assert_eq!(cut.append(numbered(4..=7)), whole(numbered(6..=7)));
        assert!(cut.append(numbered(9..=10)).gap.is_some());
        // All of it was passed on, and the stream will bring the rest of that.
        assert_eq!(cut.append(numbered(2..=3)), whole(vec![]));
        let more = [numbered(4..=7), numbered(9..=11)].concat();
        let new: Vec<_> = more.into_iter().filter(|line| cut.live(line)).collect();
        assert_eq!(new, numbered(11..=11));
    }

    #[test]
    fn after_an_outage_only_the_missed_lines_are_new() {
        let mut cut = after(&numbered(1..=6));
        assert_eq!(cut.absorb(numbered(3..=9)), whole(numbered(7..=9)));
    }

    #[test]
    fn a_rest_view_that_lags_behind_the_stream_brings_nothing() {
        let mut cut = after(&numbered(1..=9));
        assert_eq!(cut.absorb(numbered(2..=5)), whole(vec![]));
        assert_eq!(cut.absorb(vec![]), whole(vec![]));
    }

    #[test]
    fn a_window_that_starts_after_the_last_line_is_a_gap_of_known_times() {
        let mut cut = after(&numbered(1..=6));
        let at = |second| line(second, "").timestamp;
        let gap = Gap { after: at(6), before: at(9), estimate: Some(2) };
        assert_eq!(cut.absorb(numbered(9..=11)), News { lines: numbered(9..=11), gap: Some(gap) });
    }

    #[test]
    fn a_view_that_lags_further_behind_than_is_remembered_is_no_gap() {
        let end = 2 * REACH as u64;
        let mut cut = after(&numbered(1..=end));
        assert_eq!(cut.absorb(numbered(1..=9)), whole(vec![]));
    }

    #[test]
    fn behind_a_gap_lines_of_the_last_moment_are_not_taken_for_old_ones() {
        let mut cut = after(&[line(5, "b")]);
        let stretch = vec![line(5, "d"), line(6, "e")];
        assert_eq!(cut.absorb(stretch.clone()).lines, stretch);
    }

    #[test]
    fn how_much_is_missing_is_not_guessed_without_times() {
        let bare = |text: &str| LogLine { timestamp: None, ..line(0, text) };
        let mut cut = after(&[bare("a")]);
        let gap = cut.absorb(vec![bare("c"), bare("d")]).gap.unwrap();
        assert_eq!(gap, Gap { after: None, before: None, estimate: None });
        let mut cut = after(&numbered(1..=2));
        assert_eq!(cut.absorb(vec![line(9, "x"), line(9, "y")]).gap.unwrap().estimate, None);
    }

    #[test]
    fn a_line_that_was_never_passed_on_does_not_make_a_window_repeat() {
        let mut cut = after(&numbered(1..=6));
        let mut window = numbered(2..=8);
        window.remove(4);
        let news = cut.absorb(window);
        assert_eq!(news.lines, numbered(7..=8));
        assert!(news.gap.is_some());
    }

    #[test]
    fn the_right_one_of_several_equal_lines_is_found_by_what_stands_before_it() {
        let log: Vec<_> = ["a", "x", "b", "x", "c", "x"].map(|text| line(1, text)).into();
        let mut cut = after(&log[..4]);
        assert_eq!(cut.absorb(log.clone()), whole(log[4..].to_vec()));
    }

    #[test]
    fn equal_lines_in_a_row_are_not_lost() {
        let log = vec![line(1, "tick"); 4];
        let mut cut = after(&log[..2]);
        assert_eq!(cut.absorb(log.clone()).lines, log[2..]);
    }

    #[test]
    fn a_window_that_has_moved_past_the_first_live_line_is_recognised() {
        assert!(starts_after(&numbered(40..=60), &numbered(1..=10)));
        assert!(starts_after(&numbered(8..=60), &numbered(1..=10)));
        assert!(!starts_after(&numbered(2..=5), &numbered(7..=8)));
        assert!(!starts_after(&numbered(2..=5), &numbered(4..=8)));
        assert!(!starts_after(&numbered(2..=5), &[]));
        assert!(!starts_after(&[], &numbered(2..=5)));
    }

    #[test]
    fn rest_is_level_with_the_stream_when_its_newest_line_was_passed_on() {
        let cut = after(&numbered(1..=6));
        assert!(cut.is_level_with(&numbered(2..=6)));
        assert!(cut.is_level_with(&numbered(2..=4)));
        assert!(cut.is_level_with(&[]));
        assert!(cut.is_level_with(&[line(3, "long forgotten")]));
        assert!(!cut.is_level_with(&numbered(2..=7)));
    }

    #[test]
    fn a_view_without_times_is_still_recognised() {
        let bare = |lines: Vec<LogLine>| -> Vec<LogLine> {
            lines.into_iter().map(|line| LogLine { timestamp: None, ..line }).collect()
        };
        let mut cut = after(&numbered(1..=6));
        assert_eq!(cut.absorb(bare(numbered(4..=8))), whole(bare(numbered(7..=8))));
    }

    #[test]
    fn a_long_view_is_not_cut() {
        let many = 2 * REACH as u64;
        let mut cut = Cut::default();
        assert_eq!(cut.absorb(numbered(1..=many)).lines.len(), 2 * REACH);
        assert_eq!(cut.absorb(numbered(1..=many + 1)), whole(numbered(many + 1..=many + 1)));
    }

    #[test]
    fn memory_is_bounded_on_an_endless_log() {
        let end = 3 * REACH as u64;
        let mut cut = after(&numbered(1..=end));
        assert_eq!(cut.passed.len(), REACH);
        assert_eq!(cut.absorb(numbered(end - 10..=end + 1)).lines, numbered(end + 1..=end + 1));
    }

    /// A log in which a few texts recur all the time and several lines share a moment.
    fn repetitive_log() -> impl Strategy<Value = Vec<LogLine>> {
        let step = prop_oneof![3 => Just(1_u64), 1 => Just(0_u64)];
        prop::collection::vec((step, 0..3_u8), 1..60).prop_map(|steps| {
            let mut second = 0;
            let line = |(step, text): (u64, u8)| {
                second += step;
                line(second, &format!("text {text}"))
            };
            steps.into_iter().map(line).collect()
        })
    }

    proptest! {
        /// What was passed on, what REST shows and what came live are three stretches of one log. REST
        /// is asked, and asked again with more lines heard, until it is clear how they fit together;
        /// wherever the stretches end and however the log repeats itself, the result is the log.
        #[test]
        fn a_resumed_log_is_whole_and_repeats_nothing(
            log in repetitive_log(),
            places: [prop::sample::Index; 4],
            hurry in 1..4_usize,
        ) {
            let place = |n: usize, from: usize, to: usize| from + places[n].index(to - from + 1);
            let passed = place(0, 0, log.len() - 1);
            let joined = place(1, passed, log.len() - 1);
            let mut heard = place(2, joined + 1, log.len());
            let mut shown = place(3, joined + 1, log.len());
            let mut cut = after(&log[..passed]);
            let mut told = log[..passed].to_vec();
            loop {
                let news = cut.absorb(log[..shown].to_vec());
                prop_assert_eq!(news.gap, None);
                told.extend(news.lines);
                prop_assert_eq!(&told, &log[..shown]);
                let mut held = log[joined..heard].to_vec();
                if let Some(new) = cut.place(&mut held) {
                    told.extend(new);
                    break;
                }
                if shown == log.len() && heard == log.len() {
                    told.extend(cut.append(held).lines);
                    break;
                }
                heard = log.len().min(heard + hurry);
                shown = log.len().min(shown + 1);
            }
            told.extend(log[heard..].iter().filter(|line| cut.live(line)).cloned());
            prop_assert_eq!(told, log);
        }

        /// With a window that may not reach back, no line is repeated or out of place, and none is
        /// missing without a word.
        #[test]
        fn what_a_short_window_cannot_show_is_told(
            places: [prop::sample::Index; 4],
            window in 1..12_usize,
        ) {
            let log = numbered(1..=40);
            let place = |n: usize, from: usize, to: usize| from + places[n].index(to - from + 1);
            let passed = place(0, 1, log.len() - 1);
            let joined = place(1, passed, log.len() - 1);
            let heard = place(2, joined + 1, log.len());
            let shown = place(3, joined + 1, log.len());
            let mut cut = after(&log[..passed]);
            let recent = log[shown.saturating_sub(window)..shown].to_vec();
            let mut held = log[joined..heard].to_vec();
            let (mut told, mut gap) = (log[..passed].to_vec(), false);
            let mut take = |news: News| {
                told.extend(news.lines);
                gap |= news.gap.is_some();
            };
            if starts_after(&recent, &held) {
                take(cut.append(held));
            } else {
                take(cut.absorb(recent));
                take(whole(cut.place(&mut held).unwrap()));
            }
            take(whole(log[heard..].iter().filter(|line| cut.live(line)).cloned().collect()));
            prop_assert!(told.is_sorted_by(|a, b| a.timestamp < b.timestamp), "{told:?}");
            prop_assert_eq!(told.last(), log.last());
            prop_assert!(gap || told == log, "{told:?}");
        }
    }
}

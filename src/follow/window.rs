//! The last printed lines, their keys and their places. Pure.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use crate::model::LogLine;

/// How many printed lines are remembered.
pub(super) const REMEMBERED_LINES: usize = 8_192;

/// How many chains the index has; a power of two.
const CHAINS: usize = 16_384;

/// How many earlier lines are compared with a line.
const LONGEST_CHAIN: usize = 64;

/// How far the stream may lag behind REST.
const LONGEST_LAG: Duration = Duration::from_secs(60);

/// The longest silence of a log. A longer jump of its times means that the clock was set.
const LONGEST_SILENCE: Duration = Duration::from_secs(30 * 60);

/// The key that identifies a line. REST and the stream may disagree on its level, and one of them
/// may lack its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    text: u64,
    /// Nanoseconds since 1970, or [`NO_TIME`].
    time: u64,
}

const NO_TIME: u64 = u64::MAX;

/// The time of an empty key.
const EMPTY: u64 = u64::MAX - 1;

impl Key {
    pub(super) fn of(line: &LogLine) -> Self {
        let mut hasher = DefaultHasher::new();
        // A service may append a line end in one of its two transports only.
        line.message.trim_end().hash(&mut hasher);
        let since =
            line.timestamp.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let time = since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(NO_TIME);
        Self { text: hasher.finish(), time }
    }

    /// An empty key, which no line has. Each number makes another one.
    pub(super) fn empty(number: usize) -> Self {
        Self { text: number as u64, time: EMPTY }
    }

    pub(super) fn is_empty_key(self) -> bool {
        self.time == EMPTY
    }

    pub(super) fn has_time(self) -> bool {
        self.time != NO_TIME
    }

    /// True if both may be the same line.
    pub(super) fn is(self, other: Self) -> bool {
        self.text == other.text
            && (self.time == other.time || !self.has_time() || !other.has_time())
    }

    /// One number for text and time, or for the text alone.
    pub(super) fn id(self, timed: bool) -> u64 {
        match timed {
            true => self.text ^ self.time.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31),
            false => self.text,
        }
    }

    /// True if this was logged before the other, as far as both have a time.
    pub(super) fn is_before(self, other: Self) -> bool {
        self.has_time() && other.has_time() && self.time < other.time
    }

    /// True if both have the same time.
    pub(super) fn is_as_old_as(self, other: Self) -> bool {
        self.has_time() && self.time == other.time
    }

    /// True if this line may lag behind the other. It was logged up to [`LONGEST_LAG`] before or at
    /// the same moment, as far as both have a time.
    pub(super) fn may_lag_behind(self, other: Self) -> bool {
        !self.has_time() || !other.has_time() || !other.is_before(self) && self.is_close_to(other)
    }

    /// True if the times of both are comparable. Times further apart mean that the clock was set.
    pub(super) fn is_close_to(self, other: Self) -> bool {
        Duration::from_nanos(other.time.abs_diff(self.time)) <= LONGEST_LAG
    }

    /// True if the clock was probably not set between both.
    pub(super) fn is_of_one_clock(self, other: Self) -> bool {
        Duration::from_nanos(other.time.abs_diff(self.time)) <= LONGEST_SILENCE
    }

    pub(super) fn timestamp(self) -> Option<SystemTime> {
        self.has_time().then(|| SystemTime::UNIX_EPOCH + Duration::from_nanos(self.time))
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    /// The place of the previous line in its chain, counted from the first line of all.
    previous: u32,
    /// True if only REST has shown it so far.
    only_rest: bool,
    /// True if lines may be missing before it.
    after_gap: bool,
}

/// A line that was printed late and is added at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Insertion {
    /// The printed line that it belongs before.
    pub(super) place: usize,
    pub(super) key: Key,
    /// True if only REST has shown it so far.
    pub(super) only_rest: bool,
}

/// The last printed lines, in the order of the log. Places count from the oldest of them.
#[derive(Debug)]
pub(super) struct Window {
    entries: VecDeque<Entry>,
    /// How many lines were forgotten.
    forgotten: u32,
    /// The first place of each chain, counted from the first line of all, plus one.
    chains: Vec<u32>,
}

impl Default for Window {
    fn default() -> Self {
        Self { entries: VecDeque::new(), forgotten: 0, chains: vec![0; CHAINS] }
    }
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many older lines were printed than are remembered.
    pub(super) fn forgotten(&self) -> usize {
        usize::try_from(self.forgotten).unwrap_or(usize::MAX)
    }

    pub(super) fn key(&self, place: usize) -> Option<Key> {
        self.entries.get(place).map(|entry| entry.key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.entries.iter().map(|entry| entry.key)
    }

    pub(super) fn keys_from(&self, place: usize) -> impl Iterator<Item = Key> {
        self.entries.range(place.min(self.entries.len())..).map(|entry| entry.key)
    }

    /// All keys, each with whether only REST has shown the line so far.
    pub(super) fn keys_and_origins(&self) -> impl Iterator<Item = (Key, bool)> {
        self.entries.iter().map(|entry| (entry.key, entry.only_rest))
    }

    pub(super) fn first(&self) -> Option<Key> {
        self.key(0)
    }

    pub(super) fn last(&self) -> Option<Key> {
        self.entries.back().map(|entry| entry.key)
    }

    /// Remembers the next line. Returns whether the oldest one was forgotten for it.
    pub(super) fn push(&mut self, key: Key, only_rest: bool, after_gap: bool) -> bool {
        let is_full = self.entries.len() == REMEMBERED_LINES;
        if is_full {
            self.entries.pop_front();
            self.forgotten = self.forgotten.wrapping_add(1);
        }
        self.append(key, only_rest, after_gap);
        is_full
    }

    fn append(&mut self, key: Key, only_rest: bool, after_gap: bool) {
        let number = self.number(self.entries.len()).wrapping_add(1);
        let chain = self.chains.get_mut(chain_of(key));
        let previous = chain.map_or(0, |chain| std::mem::replace(chain, number));
        self.entries.push_back(Entry { key, previous, only_rest, after_gap });
    }

    fn number(&self, place: usize) -> u32 {
        self.forgotten.wrapping_add(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// Inserts lines before the end, in the order of the log. Their places are those before the
    /// insertion. Returns how many of the oldest lines were forgotten for them.
    pub(super) fn insert(&mut self, lines: &[Insertion]) -> usize {
        let old = std::mem::take(&mut self.entries);
        self.chains.fill(0);
        let mut more = lines.iter().peekable();
        let len = old.len();
        for (place, entry) in old.into_iter().enumerate() {
            while let Some(line) = more.next_if(|line| line.place <= place) {
                self.append(line.key, line.only_rest, false);
            }
            self.append(entry.key, entry.only_rest, entry.after_gap);
        }
        let behind = more.filter(|line| line.place >= len);
        behind.for_each(|line| self.append(line.key, line.only_rest, false));
        let too_many = self.entries.len().saturating_sub(REMEMBERED_LINES);
        self.entries.drain(..too_many);
        self.forgotten = self.number(too_many);
        too_many
    }

    /// The stream has brought a line that only REST had shown.
    pub(super) fn mark_delivered(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.only_rest = false;
        }
    }

    pub(super) fn is_only_rest(&self, place: usize) -> bool {
        self.entries.get(place).is_some_and(|entry| entry.only_rest)
    }

    pub(super) fn is_after_gap(&self, place: usize) -> bool {
        self.entries.get(place).is_some_and(|entry| entry.after_gap)
    }

    /// The places of the lines with the same text and time, the latest first. There may be more
    /// than it returns.
    pub(super) fn places(&self, key: Key) -> impl Iterator<Item = usize> {
        let first = self.chains.get(chain_of(key)).copied().unwrap_or_default();
        let place = |number: u32| {
            let place = number.checked_sub(1)?.wrapping_sub(self.forgotten);
            usize::try_from(place).ok().filter(|place| *place < self.entries.len())
        };
        let mut next = place(first);
        let chain = std::iter::from_fn(move || {
            let here = next?;
            let entry = self.entries.get(here)?;
            next = place(entry.previous).filter(|before| *before < here);
            Some((here, entry.key))
        });
        chain.take(LONGEST_CHAIN).filter(move |(_, known)| *known == key).map(|(place, _)| place)
    }
}

fn chain_of(key: Key) -> usize {
    // The upper half of the hash, because maps use the lower half for their buckets.
    usize::try_from(key.id(true) >> 40).unwrap_or_default() % CHAINS
}

/// The lines of a snapshot: the last ones of the log.
#[derive(Debug, Default, Clone)]
pub struct View {
    pub(super) lines: Vec<LogLine>,
    pub(super) keys: Vec<Key>,
}

impl View {
    /// The time that this takes grows with the number of lines.
    pub fn new(lines: Vec<LogLine>) -> Self {
        let keys = lines.iter().map(Key::of).collect();
        Self { lines, keys }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Splits the view.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.lines.len());
        Self { lines: self.lines.split_off(at), keys: self.keys.split_off(at) }
    }

    pub(super) fn append(&mut self, mut later: Self) {
        self.lines.append(&mut later.lines);
        self.keys.append(&mut later.keys);
    }

    pub(super) fn into_pairs(self) -> impl Iterator<Item = (LogLine, Key)> {
        self.lines.into_iter().zip(self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;

    fn key(millis: u64, text: &str) -> Key {
        let timestamp = Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        Key::of(&LogLine { timestamp, level: Level::Info, message: text.to_owned() })
    }

    #[test]
    fn equal_lines_are_found_latest_first_also_after_lines_were_forgotten_or_inserted() {
        let mut window = Window::default();
        for number in 0..10 {
            window.push(key(number / 2, "x"), false, false);
        }
        assert_eq!(window.places(key(2, "x")).collect::<Vec<_>>(), [5, 4]);
        let late = [(0, key(9, "new")), (5, key(2, "x")), (10, key(11, "end"))];
        let late = late.map(|(place, key)| Insertion { place, key, only_rest: true });
        assert_eq!(window.insert(&late), 0);
        assert_eq!(window.places(key(2, "x")).collect::<Vec<_>>(), [7, 6, 5]);
        assert_eq!(window.places(key(9, "new")).collect::<Vec<_>>(), [0]);
        assert_eq!(window.places(key(11, "end")).collect::<Vec<_>>(), [12]);
        for number in 0..REMEMBERED_LINES as u64 {
            window.push(key(100 + number, "y"), false, false);
        }
        assert_eq!(window.places(key(2, "x")).next(), None);
        assert_eq!(window.places(key(100, "y")).collect::<Vec<_>>(), [0]);
        assert_eq!(window.len(), REMEMBERED_LINES);
        assert_eq!(window.forgotten(), 13);
    }

    #[test]
    fn lines_match_without_times_and_without_trailing_white_space() {
        let bare = Key::of(&LogLine { timestamp: None, level: Level::Info, message: "x".into() });
        assert!(bare.is(key(7, "x\n")) && key(7, "x").is(bare) && !key(7, "x").is(key(8, "x")));
    }
}

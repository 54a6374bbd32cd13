//! Reads durations, however the machine writes its numbers.

use std::time::Duration;

/// Characters. No real number has more, even with marks between groups of digits.
const LONGEST: usize = 32;
/// No build takes a year, so anything longer is not a duration.
const MOST_SECONDS: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// `33,52`, `1,060.65`, `127,01776290000001`: a number of seconds. If there are two kinds of marks, the last one is the
/// decimal mark. A mark that occurs twice groups digits, and so does the English comma before exactly three digits.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text.len() > LONGEST || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (whole, decimals) = match decimal_mark(text) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    if !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: String = whole.chars().filter(|c| *c != ' ' && !is_group_mark(*c)).collect();
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    duration(format!("{whole}.{decimals}").parse().ok()?)
}

/// `0:03.25`, `1:02:03`: minutes or hours before the seconds.
pub(crate) fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.trim().rsplit(':');
    let seconds = seconds(parts.next()?)?.as_secs_f64();
    let mut number = || parts.next().map(|part| part.parse::<u32>());
    let minutes = f64::from(number()?.ok()?);
    let hours = f64::from(number().transpose().ok()?.unwrap_or(0));
    duration(hours.mul_add(3600.0, minutes.mul_add(60.0, seconds)))
}

fn duration(seconds: f64) -> Option<Duration> {
    (seconds < MOST_SECONDS).then(|| Duration::try_from_secs_f64(seconds).ok())?
}

/// The position of the decimal mark, if there is one.
fn decimal_mark(text: &str) -> Option<usize> {
    let last = text.rfind([',', '.'])?;
    let mark = text.get(last..=last)?;
    let (before, after) = (text.get(..last)?, text.get(last + 1..)?);
    let groups = before.contains(mark) || mark == "," && after.len() == 3 && !before.contains('.');
    // `0,964` has no groups: no machine writes a nought before one.
    (!groups || before == "0").then_some(last)
}

/// True if a machine may group digits with this mark. Some machines use a blank too, if no other word can follow.
pub(crate) fn is_group_mark(c: char) -> bool {
    matches!(c, ',' | '.' | '\'' | '’' | '\u{a0}' | '\u{202f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_read_in_every_language() {
        for (text, millis) in [
            ("33,52", 33_520),
            ("33.52", 33_520),
            ("1,060.65", 1_060_650),
            ("1.060,65", 1_060_650),
            ("1 060,65", 1_060_650),
            ("1\u{a0}060,65", 1_060_650),
            ("1\u{202f}060,65", 1_060_650),
            ("1’060.65", 1_060_650),
            ("0,9647661", 965),
            ("127,01776290000001", 127_018),
            ("1,060", 1_060_000),
            ("0,964", 964),
            ("1,234,567", 1_234_567_000),
            ("1.234.567,5", 1_234_567_500),
            ("1.234,567", 1_234_567),
            ("8.580", 8_580),
            ("12", 12_000),
            ("0", 0),
            ("3.", 3_000),
        ] {
            let read = seconds(text).map(|took| took.as_secs_f64() * 1000.0);
            assert_eq!(read.map(f64::round), Some(f64::from(millis)), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_duration_gives_none() {
        for text in [
            "",
            ",5",
            "x",
            "-3",
            "1e9",
            "3s",
            "1,2x",
            "٣",
            "NaN",
            "inf",
            "1.2.3x",
            "99999999999999",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
        for text in ["3", "a:3", "1:2:x", "-1:3", ":3", "9999999999:3"] {
            assert_eq!(clock(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_has_minutes_and_may_have_hours() {
        for (text, millis) in
            [("0:03.25", 3_250), ("2:03,25", 123_250), ("1:02:03", 3_723_000), ("12:00", 720_000)]
        {
            assert_eq!(clock(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r"[0-9.,:' \u{a0}e+-]{0,40}|\PC{0,12}") {
            let _read = (seconds(&text), clock(&text));
        }

        #[test]
        fn both_decimal_marks_mean_the_same(whole in 0_u32..999, hundredths in 0_u32..100) {
            let point = seconds(&format!("{whole}.{hundredths:02}"));
            prop_assert!(point.is_some());
            prop_assert_eq!(point, seconds(&format!("{whole},{hundredths:02}")));
        }
    }
}

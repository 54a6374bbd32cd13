//! The notice about lines that are missing from the log.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime};

/// Lines that are missing, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// When the line before them was logged.
    pub(super) after: Option<SystemTime>,
    /// When the line behind them was logged.
    pub(super) before: Option<SystemTime>,
    /// An estimate of their number: the log is assumed to have been as busy as right behind the
    /// gap.
    pub(super) estimate: Option<u64>,
}

impl Gap {
    /// The gap between a line and a stretch of `lines` lines that begins and ends at these times.
    pub(super) fn new(
        after: Option<SystemTime>,
        before: Option<SystemTime>,
        last: Option<SystemTime>,
        lines: usize,
    ) -> Self {
        let span = |from: Option<SystemTime>, to: Option<SystemTime>| {
            to?.duration_since(from?).ok().filter(|span| !span.is_zero())
        };
        let estimate = span(after, before).zip(span(before, last)).map(|(missing, shown)| {
            let lines = (lines as f64 - 1.0) * ratio(missing, shown);
            // The line behind the gap is not part of it.
            (lines.round() as u64).saturating_sub(1)
        });
        Self { after, before, estimate }
    }
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lines of the log may be missing here")?;
        // A clock that went back gives no estimate.
        let times = self.after.zip(self.before).filter(|(after, before)| after <= before);
        if let Some((after, before)) = times {
            write!(f, ", logged from {} to {} UTC", clock(after), clock(before))?;
            match self.estimate {
                Some(0) | None => {}
                Some(1) => f.write_str(", about 1 line")?,
                Some(lines) => {
                    write!(f, ", about {lines} lines at the pace of the following ones")?;
                }
            }
        }
        f.write_str(": BuildPixel shows only the last ones")
    }
}

/// `14:23:45.123`.
pub(super) fn clock(time: SystemTime) -> String {
    let mut text = String::new();
    // A time beyond the year 9999 cannot be written.
    let _beyond = write!(text, "{}", humantime::format_rfc3339_millis(time));
    let time = text.split_once('T').map_or("?", |(_, time)| time);
    time.trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
    }

    #[test]
    fn a_gap_is_described_by_the_times_around_it() {
        for (gap, words) in [
            (
                Gap { after: at(1_250), before: at(3_723_004), estimate: Some(120) },
                "logged from 00:00:01.250 to 01:02:03.004 UTC, about 120 lines at the pace of the following ones",
            ),
            (Gap { after: at(0), before: at(9), estimate: Some(1) }, ", about 1 line: BuildPixel"),
            (
                Gap { after: at(0), before: at(9), estimate: Some(0) },
                "to 00:00:00.009 UTC: BuildPixel",
            ),
            (
                Gap { after: at(0), before: at(9), estimate: None },
                "to 00:00:00.009 UTC: BuildPixel",
            ),
            (Gap { after: None, before: at(9), estimate: None }, "may be missing here: BuildPixel"),
            (
                Gap { after: at(9), before: at(8), estimate: None },
                "may be missing here: BuildPixel",
            ),
        ] {
            let text = gap.to_string();
            assert!(text.contains(words), "{words} in {text}");
        }
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert_eq!(clock(late), "?");
    }

    #[test]
    fn the_size_of_a_gap_is_estimated_from_the_pace_of_the_following_lines() {
        assert_eq!(Gap::new(at(6), at(9), at(11), 3).estimate, Some(2));
        assert_eq!(Gap::new(None, at(9), at(11), 3).estimate, None);
        assert_eq!(Gap::new(at(2), at(9), at(9), 2).estimate, None);
        assert_eq!(Gap::new(at(9), at(2), at(3), 2).estimate, None);
    }
}

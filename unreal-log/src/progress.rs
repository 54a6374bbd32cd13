//! The progress of a phase: actions of the compiler, packages of the cook.

use std::fmt;

use crate::duration::is_group_mark;
use crate::finding::Phase;
use crate::log_event::LogEvent;
use crate::phases::{Phases, Speaker};

/// How much of a phase is done. The total may grow while the phase runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// UnrealBuildTool's actions.
    Actions {
        /// The number of the action that was logged last.
        done: u32,
        /// The number of actions. It is never 0 and never less than `done`.
        total: u32,
    },
    /// The packages of the cook.
    Packages {
        /// Cooked so far.
        done: u32,
        /// The number of packages. It is never 0 and never less than `done`.
        total: u32,
    },
}

impl Progress {
    /// How many are done, and of how many.
    pub fn parts(self) -> (u32, u32) {
        match self {
            Self::Actions { done, total } | Self::Packages { done, total } => (done, total),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Actions { done, total } => write!(f, "[{done}/{total}]"),
            Self::Packages { done, total } => write!(f, "{done} of {total} packages cooked"),
        }
    }
}

/// The latest progress, and the phase that it belongs to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meter {
    latest: Option<(Progress, Option<Phase>)>,
    cooked: Cooked,
}

impl Meter {
    /// Reads a line, stripped of its prefixes. `before` is the phase that was open before it: progress from before a
    /// phase began says nothing about the phase.
    pub(crate) fn read(&mut self, line: &str, before: Option<Phase>, phases: &Phases) {
        let phase = phases.current();
        let known = self.latest.filter(|_| phase == before);
        // The game's own counters are not the build's.
        let read = Progress::read(line).filter(|_| phases.speaker() != Speaker::Game);
        if let Some(Progress::Packages { done, total }) = read {
            self.cooked.latest = Some((done, total));
        }
        self.latest = read.map(|progress| (progress, phase)).or(known);
    }

    /// How far the cook has come, if that is a percent more than was reported.
    pub(crate) fn cooked(&mut self) -> Option<LogEvent> {
        let (done, total) = self.cooked.latest?;
        let percent = u64::from(done) * 100 / u64::from(total);
        if self.cooked.percent.is_some_and(|reported| percent <= reported) {
            return None;
        }
        self.cooked.percent = Some(percent);
        self.cooked.unreported()
    }

    /// How far the cook had come when its phase ended, unless that was reported.
    pub(crate) fn end_of_cook(&mut self) -> Option<LogEvent> {
        let last = self.cooked.unreported();
        self.cooked = Cooked::default();
        last
    }

    /// The progress of the open phase.
    pub(crate) fn of_open_phase(&self, phases: &Phases) -> Option<Progress> {
        let (progress, phase) = self.latest?;
        (phase == phases.current()).then_some(progress)
    }
}

/// How far the cook is, and how much of that was reported. The total grows during the cook, so the percentage may
/// fall. A reported percentage never falls.
#[derive(Debug, Default, Clone)]
struct Cooked {
    latest: Option<(u32, u32)>,
    reported: Option<(u32, u32)>,
    percent: Option<u64>,
}

impl Cooked {
    fn unreported(&mut self) -> Option<LogEvent> {
        let latest = self.latest.filter(|_| self.latest != self.reported);
        self.reported = self.latest;
        latest.map(|(done, total)| LogEvent::Cooked { done, total })
    }
}

impl Progress {
    /// The progress that the line, stripped of its prefixes, reports. The first byte rules nearly all lines out.
    fn read(line: &str) -> Option<Self> {
        let line = line.trim_ascii_start();
        match line.as_bytes().first()? {
            b'[' => actions(line),
            b'L' => packages(line),
            _ => None,
        }
    }
}

/// `[12/423] Compile [x64] Door.cpp`.
fn actions(line: &str) -> Option<Progress> {
    let ((done, total), _what) = counter(line)?;
    Some(Progress::Actions { done, total })
}

/// The counter before the name of an action, and the rest of the line: `[12/423] `, or with the action's target
/// `[12/423][Game Win64 Shipping] `.
pub(crate) fn counter(line: &str) -> Option<((u32, u32), &str)> {
    let (counter, rest) = line.trim_ascii_start().strip_prefix('[')?.split_once(']')?;
    let (done, total) = counter.split_once('/')?;
    let counter = sane(number(done.trim_ascii_start())?, number(total)?)?;
    let rest = match rest.strip_prefix('[') {
        Some(target) => target.split_once(']')?.1,
        None => rest,
    };
    Some((counter, rest.strip_prefix(' ')?))
}

/// `LogCook: Display: Cooked packages 400 Packages Remain 260 Total 660`.
fn packages(line: &str) -> Option<Progress> {
    let words = line.strip_prefix("LogCook: ")?;
    let words = words.strip_prefix("Display: ").unwrap_or(words);
    let (done, rest) = words.strip_prefix("Cooked packages ")?.split_once(" Packages Remain ")?;
    let (_remain, total) = rest.split_once(" Total ")?;
    let total = total.split(' ').next()?;
    let (done, total) = sane(number(done)?, number(total)?)?;
    Some(Progress::Packages { done, total })
}

/// Machines may group digits, each in its own way.
fn number(text: &str) -> Option<u32> {
    /// Characters. No real count has more, even with marks between groups of digits.
    const LONGEST: usize = 24;
    let starts_and_ends = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit())
    };
    if text.len() > LONGEST || !starts_and_ends(text) {
        return None;
    }
    let digits: String = text.chars().filter(|c| !is_group_mark(*c)).collect();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn sane(done: u32, total: u32) -> Option<(u32, u32)> {
    (total > 0 && done <= total).then_some((done, total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str) -> Option<String> {
        Progress::read(line).map(|progress| progress.to_string())
    }

    #[test]
    fn actions_and_packages_are_read_as_the_tools_print_them() {
        for (line, expected) in [
            ("[12/423] Compile [x64] Door.cpp", "[12/423]"),
            ("  [ 7/621] Door.cpp [armv7]", "[7/621]"),
            ("[38/119] Link [Apple] Door.dylib (UBA disabled)", "[38/119]"),
            ("[5/10] Resource Default.rc2", "[5/10]"),
            ("[1/10] Copy tbb12.dll", "[1/10]"),
            ("[12/423] (Wall: 3.32s CPU: 1.20s) Compile [x64] Door.cpp", "[12/423]"),
            ("[12/423][Game Win64 Shipping] Compile [x64] Door.cpp", "[12/423]"),
            (
                "LogCook: Display: Cooked packages 400 Packages Remain 260 Total 660",
                "400 of 660 packages cooked",
            ),
            ("LogCook: Cooked packages 0 Packages Remain 9 Total 9", "0 of 9 packages cooked"),
        ] {
            assert_eq!(shown(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn digits_are_read_however_the_machine_groups_them() {
        for mark in [",", ".", "'", "’", "\u{a0}", "\u{202f}"] {
            let line = format!(
                "LogCook: Display: Cooked packages 1{mark}234 Packages Remain 1{mark}111 Total 2{mark}345"
            );
            assert_eq!(shown(&line).as_deref(), Some("1234 of 2345 packages cooked"), "{mark:?}");
        }
    }

    #[test]
    fn impossible_counts_are_no_progress() {
        for line in [
            "",
            "[",
            "[12/423]",
            "[12/423]Compile",
            "[424/423] Compile",
            "[1/0] Compile",
            "[0/0] Compile",
            "[-1/3] Compile",
            "[1/3.] Compile",
            "[/3] Compile",
            "[1/99999999999] Compile",
            "[1/9999999999999999999999999999999999999999] Compile",
            "[٣/٤] Compile",
            "[1/2/3] Compile",
            "[1/2][Game",
            "[1/2][Game]Door.cpp",
            "[2026.05.10] x",
            "[x/y] Compile",
            "****** [9/10] Build DDC Win64",
            "LogCook: Display: Cooked packages 661 Packages Remain 0 Total 660",
            "LogCook: Display: Cooked packages 0 Packages Remain 0 Total 0",
            "LogCook: Display: Cooked packages many Packages Remain few Total all",
            "LogCook: Display: Cooked packages 400 Packages Remain 260 Total ",
            "LogCook: Display: Cooked packages 400 Total 660",
            "LogTemp: Cooked packages 400 Packages Remain 260 Total 660",
        ] {
            assert_eq!(shown(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in r"(\[|LogCook: Display: Cooked packages ).{0,40}") {
            let _read = Progress::read(&line);
        }
    }
}

//! How far a phase is, as far as the log tells: actions of the compiler, packages of the cook.

use std::fmt;

use super::phases::{Phases, Speaker};
use crate::model::{Event, Phase};

/// How much of a phase is done. The total may grow while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// UnrealBuildTool's actions.
    Actions {
        /// The one that was logged last.
        done: u32,
        /// Of how many; not less, and not none.
        total: u32,
    },
    /// The packages of the cook.
    Packages {
        /// Cooked so far.
        done: u32,
        /// Of how many; not less, and not none.
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

/// The latest progress, and the phase that it was told in.
#[derive(Debug, Default, Clone)]
pub(super) struct Meter {
    latest: Option<(Progress, Option<Phase>)>,
    cooked: Cooked,
}

impl Meter {
    /// Reads a line, stripped of its prefixes. `before`: the phase that was open before it. What was
    /// told before a phase began says nothing about it.
    pub(super) fn read(&mut self, line: &str, before: Option<Phase>, phases: &Phases) {
        let phase = phases.current();
        let known = self.latest.filter(|_| phase == before);
        // The game may count whatever it likes.
        let told = Progress::read(line).filter(|_| phases.speaker() != Speaker::Game);
        if let Some(Progress::Packages { done, total }) = told {
            self.cooked.latest = Some((done, total));
        }
        self.latest = told.map(|progress| (progress, phase)).or(known);
    }

    /// How far the cook has come, if that is worth telling.
    pub(super) fn cooked(&mut self) -> Option<Event> {
        let (done, total) = self.cooked.latest?;
        let percent = u64::from(done) * 100 / u64::from(total);
        if self.cooked.percent.is_some_and(|shown| percent <= shown) {
            return None;
        }
        self.cooked.percent = Some(percent);
        self.cooked.told()
    }

    /// How far the cook had come when its phase ended, unless that was told.
    pub(super) fn ended(&mut self) -> Option<Event> {
        let last = self.cooked.told();
        self.cooked = Cooked::default();
        last
    }

    /// What it shows of the phase that is open.
    pub(super) fn shows(&self, phases: &Phases) -> Option<Progress> {
        let (progress, phase) = self.latest?;
        (phase == phases.current()).then_some(progress)
    }
}

/// How far the cook is, and what of it was told. The total grows while it cooks, so the percentage may fall; what is
/// told never does.
#[derive(Debug, Default, Clone)]
struct Cooked {
    latest: Option<(u32, u32)>,
    told: Option<(u32, u32)>,
    percent: Option<u64>,
}

impl Cooked {
    fn told(&mut self) -> Option<Event> {
        let latest = self.latest.filter(|_| self.latest != self.told);
        self.told = self.latest;
        latest.map(|(done, total)| Event::Cooked { done, total })
    }
}

impl Progress {
    /// What the line, stripped of its prefixes, tells. Nearly all lines are done with after one byte.
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

/// What stands before the name of an action, and the rest of the line: `[12/423] `, or with the target that it is
/// for, `[12/423][Game Win64 Shipping] `.
pub(super) fn counter(line: &str) -> Option<((u32, u32), &str)> {
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

/// Some machines group digits, each in its own way.
fn number(text: &str) -> Option<u32> {
    /// More than any real count has, groups and all.
    const LONGEST: usize = 24;
    let is_group_mark = |c: char| matches!(c, ',' | '.' | '\'' | '’' | '\u{a0}' | '\u{202f}');
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

    fn told(line: &str) -> Option<String> {
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
            assert_eq!(told(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn digits_are_read_however_the_machine_groups_them() {
        for mark in [",", ".", "'", "’", "\u{a0}", "\u{202f}"] {
            let line = format!(
                "LogCook: Display: Cooked packages 1{mark}234 Packages Remain 1{mark}111 Total 2{mark}345"
            );
            assert_eq!(told(&line).as_deref(), Some("1234 of 2345 packages cooked"), "{mark:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_no_progress() {
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
            assert_eq!(told(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(line in r"(\[|LogCook: Display: Cooked packages ).{0,40}") {
            let _read = Progress::read(&line);
        }
    }
}

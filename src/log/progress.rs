//! How far a phase is, as far as the log tells: actions of the compiler, packages of the cook.

use std::fmt;

use super::phases::{Phases, Speaker};
use crate::event::Phase;

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
pub(super) struct Meter(Option<(Progress, Option<Phase>)>);

impl Meter {
    /// Reads a line, stripped of its prefixes. `before`: the phase that was open before it. What was
    /// told before a phase began says nothing about it.
    pub(super) fn read(&mut self, line: &str, before: Option<Phase>, phases: &Phases) {
        let phase = phases.current();
        let known = self.0.filter(|_| phase == before);
        // The game may count whatever it likes.
        let told = Progress::read(line).filter(|_| phases.speaker() != Speaker::Game);
        self.0 = told.map(|progress| (progress, phase)).or(known);
    }

    /// What it shows of the phase that is open.
    pub(super) fn shows(&self, phases: &Phases) -> Option<Progress> {
        let (progress, phase) = self.0?;
        (phase == phases.current()).then_some(progress)
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
    let (counter, _what) = line.strip_prefix('[')?.split_once("] ")?;
    let (done, total) = counter.split_once('/')?;
    let (done, total) = sane(number(done.trim_ascii_start())?, number(total)?)?;
    Some(Progress::Actions { done, total })
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

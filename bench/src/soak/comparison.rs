//! Compares the printed lines with the logged ones.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use buildpixel_ci::text::{Cleaner, Style};
use simulator::TOKEN;

use crate::logged::message;

/// How many differences are shown as they are.
const SHOWN: u64 = 5;

/// How many lines may be left out in one place, to be printed late.
const LOOK_AHEAD: usize = 30_000;

/// Takes the lines that the program prints, one by one.
pub(crate) struct Comparison {
    lines: u64,
    seed: u64,
    due: Box<dyn Iterator<Item = String>>,
    next: Option<String>,
    /// Texts that were left out so far, and how often.
    skipped: HashMap<String, u64>,
    /// Set between the two notices about late lines.
    is_late: bool,
    /// The late lines since the last notice.
    late_block: Vec<String>,
    misplaced: u64,
    repeated: u64,
    shown: u64,
    /// The last notice of the program.
    last_words: String,
    /// Lines of text that agree.
    pub(crate) agreeing: u64,
    /// Words of the program's own that tell of a lost stream.
    pub(crate) interruptions: u64,
    /// Words of its own that tell of lines that may be missing.
    pub(crate) gaps: u64,
    /// Lines that were printed late, and said to be.
    pub(crate) late: u64,
}

/// The result.
pub(crate) struct Result {
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    /// Blocks of late lines that are not in the order of the log.
    pub(crate) misplaced: u64,
}

impl Comparison {
    pub(crate) fn new(lines: u64, seed: u64) -> Self {
        let mut due = lines_of_text(1..=lines, seed);
        Self {
            lines,
            seed,
            next: due.next(),
            due: Box::new(due),
            skipped: HashMap::new(),
            is_late: false,
            late_block: Vec::new(),
            misplaced: 0,
            repeated: 0,
            shown: 0,
            last_words: String::new(),
            agreeing: 0,
            interruptions: 0,
            gaps: 0,
            late: 0,
        }
    }

    /// Takes a line that was printed.
    pub(crate) fn take(&mut self, line: &str) {
        if line.starts_with("buildpixel-ci") {
            self.check_late_block();
            self.interruptions += u64::from(line.contains("the live log was interrupted"));
            self.gaps += u64::from(line.contains("may be missing"));
            self.is_late |= line.contains("brought them late");
            self.is_late &= !line.contains("the late lines end here");
            self.last_words = format!("{}\n{line}", self.last_words.lines().last().unwrap_or(""));
            return;
        }
        if self.is_late {
            self.late += 1;
            self.late_block.push(line.to_owned());
            match self.skipped.get_mut(line) {
                Some(count @ 1..) => *count -= 1,
                Some(0) | None => self.differs(line),
            }
        } else if self.next.as_deref() == Some(line) || self.skip_to(line) {
            self.next = self.due.next();
            self.agreeing += 1;
        } else {
            self.differs(line);
        }
    }

    /// Leaves out what is due before a line, if that is due soon.
    fn skip_to(&mut self, line: &str) -> bool {
        let mut passed = Vec::new();
        while let Some(due) = self.next.take() {
            if due == line {
                passed.into_iter().for_each(|text| *self.skipped.entry(text).or_default() += 1);
                return true;
            }
            passed.push(due);
            if passed.len() == LOOK_AHEAD {
                break;
            }
            self.next = self.due.next();
        }
        let rest = std::mem::replace(&mut self.due, Box::new(std::iter::empty()));
        self.due = Box::new(passed.into_iter().chain(rest));
        self.next = self.due.next();
        false
    }

    /// The late lines of one block are in the order of the log. Lines without a number of their own
    /// count only behind the first one with a number.
    fn check_late_block(&mut self) {
        let block = std::mem::take(&mut self.late_block);
        let first = block.iter().enumerate().find_map(|(at, line)| Some((at, number_of(line)?)));
        let Some((at, number)) = first else { return };
        let mut logged = lines_of_text(number..=self.lines, self.seed);
        let mut numbered = block.iter().skip(at);
        if let Some(line) = numbered.find(|line| !logged.any(|logged| logged == **line)) {
            self.misplaced += 1;
            eprintln!("{}\n{line:?} is out of place in a late block", self.last_words);
        }
    }

    fn differs(&mut self, line: &str) {
        self.repeated += 1;
        if self.shown < SHOWN {
            self.shown += 1;
            eprintln!("{}\nprinted {line:?}\n    due {:?}", self.last_words, self.next);
        }
    }

    /// Counts what was due and was not printed.
    pub(crate) fn finish(mut self) -> Result {
        self.check_late_block();
        let lost = self.skipped.iter().filter(|(_, count)| **count > 0);
        for (text, count) in lost.take(SHOWN as usize) {
            let text: String = text.chars().take(100).collect();
            eprintln!("left out {count} times: {text:?}");
        }
        let rest = self.next.into_iter().chain(self.due).count() as u64;
        let lost = rest + self.skipped.values().sum::<u64>();
        Result { lost, repeated: self.repeated, misplaced: self.misplaced }
    }
}

/// The lines of text that these messages make.
fn lines_of_text(numbers: RangeInclusive<u64>, seed: u64) -> impl Iterator<Item = String> {
    let cleaner = Cleaner::new(&[TOKEN], Style::default());
    numbers.flat_map(move |number| {
        let message = message(number, seed);
        cleaner.lines(&message).map(|line| line.into_owned()).collect::<Vec<_>>()
    })
}

/// The number of the message that a line begins, if it says so.
fn number_of(line: &str) -> Option<u64> {
    line.split_once(' ')?.0.parse().ok()
}

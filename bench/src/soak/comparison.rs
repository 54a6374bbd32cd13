//! Compares the printed lines with the logged ones.

use std::collections::HashMap;

use buildpixel_ci::text::{Cleaner, Style};
use simulator::TOKEN;

use crate::logged::message;

/// How many differences are shown as they are.
const SHOWN: u64 = 5;

/// How many lines may be left out in one place, to be printed late.
const LOOK_AHEAD: usize = 30_000;

/// Takes the lines that the program prints, one by one.
pub(crate) struct Comparison {
    due: Box<dyn Iterator<Item = String>>,
    next: Option<String>,
    /// Texts that were left out so far, and how often.
    skipped: HashMap<String, u64>,
    /// Set between the two notices about late lines.
    is_late: bool,
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
}

impl Comparison {
    pub(crate) fn new(lines: u64, seed: u64) -> Self {
        let cleaner = Cleaner::new(&[TOKEN], Style::default());
        let mut due = (1..=lines).flat_map(move |number| {
            let message = message(number, seed);
            cleaner.lines(&message).map(|line| line.into_owned()).collect::<Vec<_>>()
        });
        Self {
            next: due.next(),
            due: Box::new(due),
            skipped: HashMap::new(),
            is_late: false,
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
            self.interruptions += u64::from(line.contains("the live log was interrupted"));
            self.gaps += u64::from(line.contains("may be missing"));
            self.is_late |= line.contains("brought them late");
            self.is_late &= !line.contains("the late lines end here");
            self.last_words = format!("{}\n{line}", self.last_words.lines().last().unwrap_or(""));
            return;
        }
        if self.is_late {
            self.late += 1;
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

    fn differs(&mut self, line: &str) {
        self.repeated += 1;
        if self.shown < SHOWN {
            self.shown += 1;
            eprintln!("{}\nprinted {line:?}\n    due {:?}", self.last_words, self.next);
        }
    }

    /// Counts what was due and was not printed.
    pub(crate) fn finish(self) -> Result {
        let lost = self.skipped.iter().filter(|(_, count)| **count > 0);
        for (text, count) in lost.take(SHOWN as usize) {
            let text: String = text.chars().take(100).collect();
            eprintln!("left out {count} times: {text:?}");
        }
        let rest = self.next.into_iter().chain(self.due).count() as u64;
        Result { lost: rest + self.skipped.values().sum::<u64>(), repeated: self.repeated }
    }
}

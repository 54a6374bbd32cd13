//! What was printed against what was logged.

use std::collections::HashMap;

use buildpixel_ci::log::text::{Cleaner, Style};
use simulator::TOKEN;

use crate::logged::message;

/// How many differences are shown as they are.
const SHOWN: u64 = 5;

/// Takes the lines that the program prints, one by one.
pub(crate) struct Comparison {
    due: Box<dyn Iterator<Item = String>>,
    next: Option<String>,
    /// Since the first difference: how much more often a text was due than printed.
    balance: HashMap<String, i64>,
    is_exact: bool,
    shown: u64,
    /// What the program said of itself last.
    last_words: String,
    /// Lines of text that agree.
    pub(crate) agreeing: u64,
    /// Words of the program's own that tell of a lost stream.
    pub(crate) interruptions: u64,
    /// Words of its own that tell of lines that are missing.
    pub(crate) gaps: u64,
}

/// What came of it.
pub(crate) struct Result {
    pub(crate) lost: i64,
    pub(crate) repeated: i64,
    /// Whether every byte is in its place, and nothing else was said.
    pub(crate) is_exact: bool,
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
            balance: HashMap::new(),
            is_exact: true,
            shown: 0,
            last_words: String::new(),
            agreeing: 0,
            interruptions: 0,
            gaps: 0,
        }
    }

    /// Takes a line that was printed.
    pub(crate) fn take(&mut self, line: &str) {
        if line.starts_with("buildpixel-ci") {
            self.interruptions += u64::from(line.contains("the live log was interrupted"));
            self.gaps += u64::from(line.contains("may be missing"));
            self.last_words = format!("{}\n{line}", self.last_words.lines().last().unwrap_or(""));
            return;
        }
        if self.is_exact && self.next.as_deref() == Some(line) {
            self.next = self.due.next();
            self.agreeing += 1;
            return;
        }
        self.is_exact = false;
        if self.shown < SHOWN {
            self.shown += 1;
            eprintln!("{}\nprinted {line:?}\n    due {:?}", self.last_words, self.next);
        }
        *self.balance.entry(line.to_owned()).or_default() -= 1;
    }

    /// Counts what was due and was not printed.
    pub(crate) fn finish(mut self) -> Result {
        for line in self.next.into_iter().chain(self.due) {
            self.is_exact = false;
            *self.balance.entry(line).or_default() += 1;
        }
        let count = |wanted: fn(&i64) -> bool| {
            self.balance.values().copied().filter(wanted).map(i64::abs).sum()
        };
        Result {
            lost: count(|balance| *balance > 0),
            repeated: count(|balance| *balance < 0),
            is_exact: self.is_exact && self.gaps == 0,
        }
    }
}

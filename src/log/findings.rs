//! Makes distinct findings of what the lines report: one for each event, however often it is repeated.
//! They are held until their phase ends, when it can be told what follows from what.

use std::collections::{HashMap, HashSet};

use super::cascades::Cascades;
use super::extent::{Extent, has_channel, is_frame, is_prelude};
use super::grouping::{EXAMPLES, Group, Held};
use super::keys::{Keys, hash};
use super::lies::Lies;
use super::locate::Locator;
use super::matchers::{Matchers, Report};
use super::pattern::Lazy;
use super::phases::Phases;
use super::settling::Settling;
use crate::model::{Finding, Rank, Severity};
use crate::text::Cleaner;

/// What no tool may be quoted between.
const SUSPENDED: &str = "<-- Suspend Log Parsing -->";
const RESUMED: &str = "<-- Resume Log Parsing -->";
/// How many findings a phase may hold; after that they are settled before it ends.
const HELD: usize = 2_000;

/// Reads findings from lines, each only once.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    matchers: Matchers,
    lies: Lazy<Lies>,
    cascades: Lazy<Cascades>,
    keys: Lazy<Keys>,
    settling: Settling,
    locator: Locator,
    /// What the lines before this one mean for it.
    before: Before,
    /// The same for the lines that are not read at the moment: those in order, or those that came late.
    aside: Before,
    /// Whether the lines that are read now came late.
    is_late: bool,
    held: Vec<Held>,
    /// How many events have begun.
    groups: u64,
    /// Which of the held ones says the same of something else, by its cause.
    by_cause: HashMap<u64, usize>,
    seen: Seen,
}

/// What was read before a line, as far as the line depends on it.
#[derive(Debug, Clone, Default)]
struct Before {
    /// The event whose lines are being read.
    open: Option<Group>,
    /// How a header came to be included, which stands before what is wrong with it.
    prelude: Vec<String>,
    /// The line before, if it reported nothing.
    previous: String,
    is_suspended: bool,
    /// Whether the compiler has said that warnings are errors from here on.
    promotes: bool,
}

impl Findings {
    pub(super) fn new(locator: Locator) -> Self {
        Self {
            matchers: Matchers::new(),
            lies: Lazy::new(Lies::new),
            cascades: Lazy::new(Cascades::new),
            keys: Lazy::new(Keys::new),
            settling: Settling::new(),
            locator,
            before: Before::default(),
            aside: Before::default(),
            is_late: false,
            held: Vec::new(),
            groups: 0,
            by_cause: HashMap::new(),
            seen: Seen::default(),
        }
    }

    /// Whether the lines that follow came too late for their place. They neither continue nor interrupt an
    /// event of the lines that came in order.
    pub(super) fn set_late(&mut self, is_late: bool) {
        if self.is_late != is_late {
            self.is_late = is_late;
            std::mem::swap(&mut self.before, &mut self.aside);
        }
    }

    /// Reads a line (colourless, stripped of its prefixes). `claims`: how grave its tool says that it is, which
    /// counts if the line itself does not tell.
    pub(super) fn read(&mut self, line: &str, claims: Option<Severity>, phases: &Phases) {
        self.locator.learn(line);
        if line.contains("<-- ") {
            self.before.is_suspended =
                (self.before.is_suspended || line.contains(SUSPENDED)) && !line.contains(RESUMED);
        }
        if self.before.is_suspended {
            return;
        }
        let claimed = claims.and_then(|severity| claimed(line, severity));
        let mut report = self.matchers.read(line, phases.speaker());
        let line = match &claimed {
            Some(worded) if report.is_none() => {
                report = self.matchers.read(worded, phases.speaker());
                worded
            }
            _ => line,
        };
        // The editor repeats what is going wrong while it still goes on.
        if let Some(echo) = report.filter(|report| report.extent == Extent::Echo) {
            let echo = self.group(&echo, line, phases);
            self.hold(echo);
            return;
        }
        if let Some(open) = &mut self.before.open {
            if open.absorb(line, report.as_ref()) {
                return;
            }
            if let Some(line) = open.unclaimed() {
                self.before.previous = line;
            }
            self.close();
        }
        match report {
            Some(report) => {
                self.before.previous.clear();
                self.begin(&report, line, phases);
            }
            None => self.pass(line, phases),
        }
    }

    /// Whether something was read that is not settled yet.
    pub(super) fn has_any(&self) -> bool {
        let reads = [&self.before, &self.aside].iter().any(|before| before.open.is_some());
        reads || !self.held.is_empty()
    }

    /// Whether so much is held that it had better be settled.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= HELD
    }

    /// A phase has completed: whatever a program that it ran made of itself, nobody minded.
    pub(super) fn forgive(&mut self) {
        self.close_all();
        self.held.retain(|held| held.group.code.as_deref() != Some("exit"));
        self.by_cause.clear();
    }

    /// Ends what is being read, and makes findings of all that is held, in the order of the log.
    pub(super) fn settle(&mut self, cleaner: &Cleaner, show: &mut dyn FnMut(Finding)) {
        self.close_all();
        for before in [&mut self.before, &mut self.aside] {
            // Nobody may forget to resume for longer than a phase.
            before.is_suspended = false;
            before.prelude.clear();
        }
        self.by_cause.clear();
        let mut held = std::mem::take(&mut self.held);
        // An echo is held before the event that it came amid.
        held.sort_by_key(|held| held.group.number);
        held.retain(|held| !self.is_echo(held));
        self.settling.settle(held, &self.locator, cleaner, show);
    }

    fn begin(&mut self, report: &Report<'_>, line: &str, phases: &Phases) {
        let mut group = self.group(report, line, phases);
        group.more.append(&mut self.before.prelude);
        self.before.open = Some(group);
    }

    fn group(&mut self, report: &Report<'_>, line: &str, phases: &Phases) -> Group {
        self.groups += 1;
        Group::new(report, line, phases.current(), self.groups)
    }

    /// A line that reports nothing, and belongs to no event.
    fn pass(&mut self, line: &str, phases: &Phases) {
        if is_trace(line) {
            self.blame_previous(phases);
        }
        let text = line.trim_start();
        if !text.is_empty() && !is_frame(text) {
            self.before.previous.clear();
            self.before.previous.push_str(line);
        }
        if self.before.promotes && line.trim_start().starts_with('[') {
            self.before.promotes = false;
        }
        if is_prelude(line.trim_start()) {
            self.before.prelude.push(line.to_owned());
            self.before.prelude.truncate(EXAMPLES);
        } else if !self.before.prelude.is_empty() {
            self.before.prelude.clear();
        }
    }

    /// AutomationTool says where its log is below whatever ended it, for which there are no words since 5.4.
    fn blame_previous(&mut self, phases: &Phases) {
        let previous = std::mem::take(&mut self.before.previous);
        if previous.trim().is_empty() {
            return;
        }
        let report = Report {
            severity: Severity::Error,
            code: Some("UAT"),
            message: previous.trim(),
            file: None,
            line: None,
            column: None,
            end_line: None,
            rank: Rank::Other,
            extent: Extent::Line,
        };
        self.begin(&report, &previous, phases);
    }

    fn close(&mut self) {
        if let Some(group) = self.before.open.take().filter(Group::is_event) {
            self.hold(group);
        }
    }

    /// Ends the event that is being read, and the one that was set aside.
    fn close_all(&mut self) {
        for _ in 0..2 {
            self.close();
            std::mem::swap(&mut self.before, &mut self.aside);
        }
    }

    fn hold(&mut self, mut group: Group) {
        let Some(severity) = self.lies.get().truth(&group.line, group.severity) else { return };
        group.severity = severity;
        // Says that the warnings behind it are errors, and not which.
        if group.code.as_deref() == Some("C2220") {
            self.before.promotes = true;
            return;
        }
        if self.before.promotes && is_compiler_warning(&group) {
            group.severity = Severity::Error;
        }
        if self.cascades.get().follow(&group.line) {
            group.rank = Rank::FollowUp;
        }
        if !self.seen.is_new(&group) {
            return;
        }
        let is_echo = group.extent == Extent::Echo;
        let cause = if is_echo { None } else { self.keys.get().cause(&group) };
        let same = cause.as_ref().and_then(|cause| self.by_cause.get(&cause.key));
        if let Some(same) = same.and_then(|index| self.held.get_mut(*index)) {
            same.repeats = same.repeats.saturating_add(1);
            let of = cause.and_then(|cause| cause.of);
            same.also.extend(of.filter(|of| same.also.len() < EXAMPLES && !same.also.contains(of)));
            return;
        }
        if let Some(cause) = cause {
            self.by_cause.insert(cause.key, self.held.len());
        }
        self.held.push(Held { group, repeats: 0, also: Vec::new() });
    }

    /// Whether somebody else has said it, before or after.
    fn is_echo(&self, held: &Held) -> bool {
        held.group.extent == Extent::Echo && self.seen.contains(said(&held.group.message))
    }
}

/// What a tool calls an error in a line that has no words for it, with the word that AutomationTool would
/// put in front. A channel of the engine has told already, and neither the progress of a whole event nor the
/// place of the log says anything.
fn claimed(line: &str, severity: Severity) -> Option<String> {
    let text = line.trim_start();
    let says_something = !text.is_empty() && !text.starts_with('[');
    let says_it = has_channel(text) || is_trace(text);
    let word = match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    (says_something && !says_it).then(|| format!("{word}: {text}"))
}

/// `(see C:\Logs\Log.txt for full exception trace)`.
fn is_trace(line: &str) -> bool {
    line.trim_start().starts_with("(see ") && line.trim_end().ends_with("for full exception trace)")
}

fn is_compiler_warning(group: &Group) -> bool {
    let code = group.code.as_deref().and_then(|code| code.strip_prefix('C'));
    let numbered = code.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
    numbered && group.severity == Severity::Warning
}

fn said(message: &str) -> u64 {
    hash(("said", message.trim()))
}

/// Hashes of the findings there were, the latest and those before them: an endless log may repeat
/// a finding of long ago, but never hides a new one.
#[derive(Debug, Clone, Default)]
struct Seen {
    latest: HashSet<u64>,
    earlier: HashSet<u64>,
}

impl Seen {
    /// Of each of the two; a finding has two hashes.
    const CAPACITY: usize = 100_000;

    fn is_new(&mut self, group: &Group) -> bool {
        let Group { code, message, place, severity, .. } = group;
        let said = said(message);
        if group.extent == Extent::Echo {
            return !self.contains(said) && self.insert(hash(("echoed", message.trim())));
        }
        self.insert(said);
        // An echo leaves out what kind of exception it was.
        if let Some((_exception, text)) = message.split_once(": ") {
            self.insert(self::said(text));
        }
        self.insert(hash((severity, code, message, place)))
    }

    fn contains(&self, hash: u64) -> bool {
        self.latest.contains(&hash) || self.earlier.contains(&hash)
    }

    /// Whether it was not there yet.
    fn insert(&mut self, hash: u64) -> bool {
        if self.latest.len() >= Self::CAPACITY {
            self.earlier = std::mem::take(&mut self.latest);
        }
        self.latest.insert(hash) && !self.earlier.contains(&hash)
    }
}

#[cfg(test)]
mod tests;

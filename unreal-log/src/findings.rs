//! Reads distinct findings from the lines: one for each problem, however often the log repeats it. They wait for the end
//! of their phase, when it is known which of them follow from others.

mod assembly;
mod block;
mod causality;
mod dedup;
mod follow_ups;
mod line_role;
mod suspension;

use std::collections::HashMap;

use crate::finding::{LogFinding, Rank, Severity};
use crate::locate::Locator;
use crate::pattern::Lazy;
use crate::phases::Phases;
use crate::rules::block_kind::BlockKind;
use crate::rules::rule::Match;
use crate::rules::sign::Meaning;
use crate::rules::{self, Rules};
use crate::severity_overrides::SeverityOverrides;
use crate::tool::Tool;
use assembly::Assembly;
use block::{Block, EXAMPLES, PendingFinding};
use dedup::{DedupKeys, Seen};
use follow_ups::FollowUps;
use line_role::{has_category, is_frame, is_prelude};
use suspension::SuspendedLines;

/// How many findings may wait for the end of a phase. If there are more, they are reported before it ends.
const MAX_PENDING: usize = 2_000;

/// Reads findings from lines, each finding once.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    rules: Rules,
    severity_overrides: Lazy<SeverityOverrides>,
    follow_ups: Lazy<FollowUps>,
    dedup_keys: Lazy<DedupKeys>,
    assembly: Assembly,
    locator: Locator,
    /// The context of the next line.
    context: Context,
    /// The context of the lines that are not read at the moment: those in order, or those that came late.
    other_context: Context,
    /// True if the lines that are read now came late.
    is_late: bool,
    pending: Vec<PendingFinding>,
    /// How many problems have begun.
    problems: u64,
    /// The index of the pending finding that has a key.
    by_key: HashMap<u64, usize>,
    seen: Seen,
    unread: SuspendedLines,
    /// True if an error of the open phase was reported.
    has_error: bool,
}

/// The lines before a line, as far as its meaning depends on them.
#[derive(Debug, Clone, Default)]
struct Context {
    /// The problem whose lines are being read.
    open: Option<Block>,
    /// The chain of includes that led to a header. It stands before the message about the header.
    prelude: Vec<String>,
    /// The line before, if it reported nothing.
    previous: String,
    is_suspended: bool,
    /// True if the compiler has said that warnings are errors from here on.
    promotes: bool,
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self {
            rules: Rules::new(),
            severity_overrides: Lazy::new(SeverityOverrides::new),
            follow_ups: Lazy::new(FollowUps::new),
            dedup_keys: Lazy::new(DedupKeys::new),
            assembly: Assembly::new(),
            locator: Locator::new(),
            context: Context::default(),
            other_context: Context::default(),
            is_late: false,
            pending: Vec::new(),
            problems: 0,
            by_key: HashMap::new(),
            seen: Seen::default(),
            unread: SuspendedLines::default(),
            has_error: false,
        }
    }

    /// Says whether the next lines came too late for their place. Such lines neither continue nor interrupt a problem of
    /// the lines that came in order.
    pub(super) fn set_late(&mut self, is_late: bool) {
        if self.is_late != is_late {
            self.is_late = is_late;
            std::mem::swap(&mut self.context, &mut self.other_context);
        }
    }

    /// Reads a line, stripped of its prefixes. `claimed` is the severity in the wrapping of the line. It counts if the
    /// line itself names none.
    pub(crate) fn read(&mut self, line: &str, claimed: Option<Severity>, phases: &Phases) {
        self.locator.learn(line);
        if line.contains("<-- ")
            && let Some(marker) = suspension::marker(line)
        {
            self.context.is_suspended = marker == suspension::Marker::Suspend;
        }
        if self.context.is_suspended {
            self.unread.push(line, claimed, phases);
            return;
        }
        self.read_own(line, claimed, phases);
    }

    /// Reads the lines that the log asked not to read, if nothing else says why the open phase failed.
    pub(crate) fn read_suspended_lines(&mut self) {
        self.close_all();
        if self.has_error || self.pending.iter().any(|pending| pending.block.is_cause()) {
            return;
        }
        let (lines, phases) = std::mem::take(&mut self.unread).into_lines();
        for (line, claimed) in lines {
            self.read_own(&line, claimed, &phases);
        }
    }

    /// The same at the end of the log, if no line resumed reading.
    pub(crate) fn read_suspended_lines_of_a_cut_log(&mut self) {
        if self.context.is_suspended {
            self.read_suspended_lines();
        }
    }

    fn read_own(&mut self, line: &str, claimed: Option<Severity>, phases: &Phases) {
        let with_word = claimed.and_then(|severity| with_severity_word(line, severity));
        let mut found = self.rules.read(line, phases.speaker());
        let line = match &with_word {
            Some(with_word) if found.is_none() => {
                found = self.rules.read(with_word, phases.speaker());
                with_word
            }
            _ => line,
        };
        // The editor repeats messages in the middle of other problems.
        if let Some(echo) = found.filter(|found| found.block == BlockKind::Echo) {
            let echo = self.new_block(&echo, line, phases);
            self.add(echo);
            return;
        }
        if let Some(open) = &mut self.context.open {
            if open.absorb(line, found.as_ref()) {
                return;
            }
            if let Some(line) = open.take_undecided() {
                self.context.previous = line;
            }
            self.close();
        }
        match found {
            Some(found) => {
                self.context.previous.clear();
                self.begin(&found, line, phases);
            }
            None => self.pass(line, phases),
        }
    }

    /// True if a finding was read that is not reported yet.
    pub(crate) fn has_any(&self) -> bool {
        let contexts = [&self.context, &self.other_context];
        contexts.iter().any(|context| context.open.is_some()) || !self.pending.is_empty()
    }

    /// True if so many findings wait that they should be reported before their phase ends.
    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= MAX_PENDING
    }

    /// Forgets the exit codes of programs that the phase has run. It has completed all the same, so they did not
    /// matter.
    pub(crate) fn drop_exit_codes_of_completed_phase(&mut self) {
        self.close_all();
        self.pending.retain(|problem| problem.block.tool != Some(Tool::Exit));
        self.by_key.clear();
    }

    /// Ends the open problem, and reports all pending findings in the order of the log.
    pub(crate) fn flush(&mut self, report: &mut dyn FnMut(LogFinding)) {
        self.close_all();
        for context in [&mut self.context, &mut self.other_context] {
            context.prelude.clear();
        }
        self.by_key.clear();
        let mut pending = std::mem::take(&mut self.pending);
        // An echo in the middle of a problem was added before it.
        pending.sort_by_key(|problem| problem.block.number);
        pending.retain(|problem| !self.is_echo(problem));
        self.has_error |= pending.iter().any(|problem| problem.block.is_cause());
        self.assembly.assemble(pending, &self.locator, report);
    }

    /// Reports all pending findings, because the open phase ends.
    pub(crate) fn end_phase(&mut self, report: &mut dyn FnMut(LogFinding)) {
        self.flush(report);
        self.forget_suspended_lines();
        self.has_error = false;
    }

    /// If the line that resumes is missing, reading resumes here.
    pub(crate) fn forget_suspended_lines(&mut self) {
        for context in [&mut self.context, &mut self.other_context] {
            context.is_suspended = false;
        }
        self.unread = SuspendedLines::default();
    }

    fn begin(&mut self, found: &Match<'_>, line: &str, phases: &Phases) {
        let mut block = self.new_block(found, line, phases);
        block.details.append(&mut self.context.prelude);
        self.context.open = Some(block);
    }

    fn new_block(&mut self, found: &Match<'_>, line: &str, phases: &Phases) -> Block {
        self.problems += 1;
        Block::new(found, line, phases.current(), self.problems)
    }

    /// Takes a line that reports nothing and belongs to no problem.
    fn pass(&mut self, line: &str, phases: &Phases) {
        if is_trace(line) {
            self.report_previous(phases);
        }
        let text = line.trim_start();
        if !text.is_empty() && !is_frame(text) {
            self.context.previous.clear();
            self.context.previous.push_str(line);
        }
        if self.context.promotes && line.trim_start().starts_with('[') {
            self.context.promotes = false;
        }
        if is_prelude(line.trim_start()) {
            self.context.prelude.push(line.to_owned());
            self.context.prelude.truncate(EXAMPLES);
        } else if !self.context.prelude.is_empty() {
            self.context.prelude.clear();
        }
    }

    /// Makes a problem of the line before this one. Below the exception that ended it, AutomationTool prints the place
    /// of its log. Since 5.4 it prints no `ERROR: ` before the exception.
    fn report_previous(&mut self, phases: &Phases) {
        let previous = std::mem::take(&mut self.context.previous);
        if previous.trim().is_empty() {
            return;
        }
        let found = rules::message_above_the_place_of_uats_log(previous.trim());
        self.begin(&found, &previous, phases);
    }

    fn close(&mut self) {
        if let Some(block) = self.context.open.take().filter(Block::is_problem) {
            self.add(block);
        }
    }

    /// Ends the open problems of both contexts.
    fn close_all(&mut self) {
        for _ in 0..2 {
            self.close();
            std::mem::swap(&mut self.context, &mut self.other_context);
        }
    }

    /// Adds a problem to those that wait for the end of the phase, unless it is a repetition.
    fn add(&mut self, mut block: Block) {
        let overrides = self.severity_overrides.get();
        let Some(severity) = overrides.actual(&block.line, block.severity) else { return };
        block.severity = severity;
        // Only errors are causes of others, and only warnings of MSVC can become errors.
        if severity == Severity::Error || block.tool == Some(Tool::Msvc) {
            block.meaning = self.rules.meaning(block.tool, block.code.as_deref(), &block.message);
        }
        // It says that the warnings after it are errors, and nothing else.
        if block.meaning == Some(Meaning::WarningsAreErrors) {
            self.context.promotes = true;
            return;
        }
        if self.context.promotes && is_warning_of_msvc(&block) {
            block.severity = Severity::Error;
        }
        if self.follow_ups.get().has(&block.line) {
            block.rank = Rank::FollowUp;
        }
        if !self.seen.is_new(&block) {
            return;
        }
        let is_echo = block.kind == BlockKind::Echo;
        let key = if is_echo { None } else { self.dedup_keys.get().key(&block) };
        let same = key.as_ref().and_then(|key| self.by_key.get(&key.key));
        if let Some(same) = same.and_then(|index| self.pending.get_mut(*index)) {
            same.repeats = same.repeats.saturating_add(1);
            let of = key.and_then(|key| key.of);
            same.also.extend(of.filter(|of| same.also.len() < EXAMPLES && !same.also.contains(of)));
            return;
        }
        if let Some(key) = key {
            self.by_key.insert(key.key, self.pending.len());
        }
        self.pending.push(PendingFinding { block, repeats: 0, also: Vec::new() });
    }

    /// True if it repeats a message that stands elsewhere in the log, before or after it.
    fn is_echo(&self, problem: &PendingFinding) -> bool {
        problem.block.kind == BlockKind::Echo && self.seen.has_message(&problem.block.message)
    }
}

/// The line with the word in front that AutomationTool puts before an error or a warning. None for lines that need no
/// such word: lines with a log category, progress, the place of the log.
fn with_severity_word(line: &str, severity: Severity) -> Option<String> {
    let text = line.trim_start();
    let has_message = !text.is_empty() && !text.starts_with('[');
    let needs_none = has_category(text) || is_trace(text);
    let word = match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    (has_message && !needs_none).then(|| format!("{word}: {text}"))
}

/// `(see C:\Logs\Log.txt for full exception trace)`.
fn is_trace(line: &str) -> bool {
    line.trim_start().starts_with("(see ") && line.trim_end().ends_with("for full exception trace)")
}

fn is_warning_of_msvc(block: &Block) -> bool {
    block.tool == Some(Tool::Msvc) && block.severity == Severity::Warning
}

#[cfg(test)]
mod tests;

//! Decides what is shown, in which order and how much of it; the sink knows how it is spelt.

mod ascii;
mod budget;

use std::time::Duration;

use crate::event::{Event, Finding, Level, Phase, Severity, Status};
use crate::outcome::verdict::{counted_as, human};
use crate::outcome::{Report, Verdict};
use crate::platform::{Annotation, Folding, Sink};
use budget::Budget;

/// How many findings of each severity are told in all; the rest is in the reports.
const TOLD: usize = 50;

/// What is to be seen.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The lowest level of log lines that is shown; none at all if absent.
    pub log_level: Option<Level>,
    /// Whether findings become annotations.
    pub annotations: bool,
    /// Whether there will be a step summary.
    pub summary: bool,
    /// Whether there will be report files.
    pub reports: bool,
    /// Whether everything is shown in ASCII.
    pub ascii: bool,
}

/// Shows a run. Everything goes through `out` in whole lines, in the order of the calls.
pub struct Renderer {
    sink: Box<dyn Sink>,
    options: Options,
    open: Option<Phase>,
    budget: Budget,
}

impl Renderer {
    /// Nothing is written yet.
    pub fn new(sink: Box<dyn Sink>, options: Options) -> Self {
        Self { sink, options, open: None, budget: Budget::default() }
    }

    /// Hides the secrets before anything else can show them; then says who is speaking.
    pub fn begin(&mut self, secrets: &[&str], out: &mut Vec<u8>) {
        let from = out.len();
        for secret in secrets {
            self.sink.mask(secret, out);
        }
        self.sink.line(concat!("buildpixel-ci ", env!("CARGO_PKG_VERSION")), out);
        self.spell(from, out);
    }

    /// Shows one event, which the report knows already. Findings wait until they can be ranked: for the
    /// end of their phase, or for the end.
    pub fn event(&mut self, event: &Event, report: &Report, out: &mut Vec<u8>) {
        let from = out.len();
        match event {
            Event::Status(status) if status.is_terminal() => {} // The verdict will say so.
            Event::Status(status) => {
                self.sink.say(Level::Info, &format!("build is {}", status.as_str()), out);
            }
            Event::PhaseStarted(phase) => {
                self.close(out);
                self.sink.group_begin(phase.title(), folding(*phase), out);
                self.open = Some(*phase);
            }
            Event::PhaseEnded { phase, took, .. } => {
                if self.open == Some(*phase) {
                    self.close(out);
                    if let Some(text) = farewell(*phase, *took, report) {
                        self.sink.say(Level::Info, &text, out);
                    }
                }
                self.annotate_phase(*phase, report, out);
            }
            Event::Line { level, text } => {
                if self.options.log_level.is_some_and(|lowest| *level >= lowest) {
                    self.sink.line(text, out);
                }
            }
            Event::Notice { level, text } => self.sink.say(*level, text, out),
            Event::Finding(_) | Event::Action { .. } | Event::Cooked { .. } => {}
        }
        self.spell(from, out);
    }

    /// Hands over what is known so far, or at the end everything.
    pub fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        let from = out.len();
        self.sink.outputs(outputs, out);
        self.spell(from, out);
    }

    /// Closes what is open, points at the findings that are left, those first that tell most, and ends
    /// with the verdict.
    pub fn conclude(&mut self, report: &Report, verdict: &Verdict, out: &mut Vec<u8>) {
        let from = out.len();
        self.close(out);
        let errors = report.ranked_errors();
        self.tell(Severity::Error, &errors, report.error_count(), verdict, out);
        let warnings = report.ranked_warnings();
        self.tell(Severity::Warning, &warnings, report.warnings, verdict, out);
        self.sink.verdict(verdict, out);
        self.spell(from, out);
    }

    /// Puts what was written from this byte on into characters that its reader knows.
    fn spell(&self, from: usize, out: &mut Vec<u8>) {
        if self.options.ascii {
            ascii::transcribe(out, from);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            self.sink.group_end(out);
        }
    }

    fn annotates(&self) -> bool {
        self.options.annotations && self.sink.annotates()
    }

    /// Points at the findings of a phase that is over, and at those from before it, as far as the budget
    /// allows. What merely follows from another error waits: that one may yet be found.
    fn annotate_phase(&mut self, phase: Phase, report: &Report, out: &mut Vec<u8>) {
        if !self.annotates() {
            return;
        }
        let is_due = |finding: &&Finding| {
            !finding.is_follow_up() && finding.phase.is_none_or(|of| of == phase)
        };
        for severity in [Severity::Error, Severity::Warning] {
            let share = self.budget.share_of_a_phase(severity);
            if share == 0 {
                continue;
            }
            let ranked = match severity {
                Severity::Error => report.ranked_errors(),
                Severity::Warning => report.ranked_warnings(),
            };
            let due = self.budget.pending(ranked.into_iter().filter(is_due));
            self.annotate(due.into_iter().take(share), out);
        }
    }

    fn annotate<'a>(&mut self, findings: impl Iterator<Item = &'a Finding>, out: &mut Vec<u8>) {
        for finding in findings {
            self.sink.annotate(&Annotation::from(finding), out);
            self.budget.spend(finding);
        }
    }

    /// Tells the findings of one severity that were not told yet: the first as annotations, the last of
    /// which counts the rest; some more in words, the rest of these as a number. `all` counts those too
    /// that the report did not keep.
    fn tell(
        &mut self,
        severity: Severity,
        ranked: &[&Finding],
        all: usize,
        verdict: &Verdict,
        out: &mut Vec<u8>,
    ) {
        let mut pending = self.budget.pending(ranked.iter().copied()).into_iter();
        if self.annotates() {
            let free = self.budget.left_at_the_end(severity, verdict);
            let left = all.saturating_sub(self.budget.spent(severity));
            let slots = if left > free { free.saturating_sub(1) } else { free };
            self.annotate(pending.by_ref().take(slots), out);
            let rest = all.saturating_sub(self.budget.spent(severity));
            if rest > 0 && free > slots {
                self.count(severity, rest, out);
            }
        }
        let room = TOLD.saturating_sub(self.budget.spent(severity));
        let mentioned: Vec<_> = pending.take(room).collect();
        for finding in &mentioned {
            self.sink.mention(&Annotation::from(*finding), out);
        }
        let more = all.saturating_sub(self.budget.spent(severity) + mentioned.len());
        if more > 0 {
            let text = format!("{}s not shown here: {more}", severity.as_str());
            self.sink.say(Level::Info, &text, out);
        }
    }

    /// Points at the rest by its number.
    fn count(&mut self, severity: Severity, rest: usize, out: &mut Vec<u8>) {
        let place = match (self.options.summary, self.options.reports) {
            (true, true) => "the step summary and the reports",
            (true, false) => "the step summary",
            (false, true) => "the reports",
            (false, false) => "the end of the log",
        };
        let rest = counted_as(rest, &format!("more {}", severity.as_str())).unwrap_or_default();
        let message = format!("and {rest}: see {place}").into();
        self.sink.annotate(&Annotation { severity, title: None, location: None, message }, out);
    }
}

/// Where people look for the line that broke the build, the lines are open. The others are chatty, and
/// their findings stand below the log.
fn folding(phase: Phase) -> Folding {
    match phase {
        Phase::Compile | Phase::Package => Folding::Expanded,
        Phase::SourceSync | Phase::Cook | Phase::Stage | Phase::Upload => Folding::Collapsed,
    }
}

/// How a phase ended, where there is something to say about it.
fn farewell(phase: Phase, took: Option<Duration>, report: &Report) -> Option<String> {
    let title = phase.title();
    let took = took.filter(|took| took.as_secs() > 0).map(human);
    let was_cut_off = report.status == Some(Status::Superseded);
    match (report.has_completed(phase), took) {
        (true, Some(took)) => Some(format!("{title} took {took}")),
        (true, None) => None,
        (false, Some(took)) if was_cut_off => Some(format!("{title} was cut off after {took}")),
        (false, None) if was_cut_off => Some(format!("{title} was cut off")),
        (false, Some(took)) => Some(format!("{title} failed after {took}")),
        (false, None) => Some(format!("{title} failed")),
    }
}

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
pub(crate) mod tests;

//! Decides what is shown, in which order and how much of it; the sink knows how it is spelt.

use crate::event::{Event, Finding, Level, Phase, Severity};
use crate::outcome::verdict::human;
use crate::outcome::{Report, Verdict};
use crate::platform::{Annotation, Sink};

/// How many annotations of each severity CIs keep (GitHub: the first ten of a step).
const ANNOTATED: usize = 10;
/// How many findings of each severity are told in all; the rest is in the reports.
const TOLD: usize = 50;

/// What the user wants to see.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The lowest level of log lines that is shown; none at all if absent.
    pub log_level: Option<Level>,
    /// Whether findings become annotations.
    pub annotations: bool,
}

/// Shows a run. Everything goes through `out` in whole lines, in the order of the calls.
pub struct Renderer {
    sink: Box<dyn Sink>,
    options: Options,
    open: Option<Phase>,
}

impl Renderer {
    /// Nothing is written yet.
    pub fn new(sink: Box<dyn Sink>, options: Options) -> Self {
        Self { sink, options, open: None }
    }

    /// Hides the secrets before anything else can show them; then says who is speaking.
    pub fn begin(&mut self, secrets: &[&str], out: &mut Vec<u8>) {
        for secret in secrets {
            self.sink.mask(secret, out);
        }
        self.sink.line(concat!("buildpixel-ci ", env!("CARGO_PKG_VERSION")), out);
    }

    /// Shows one event. Findings wait for the end, where they can be ranked.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Status(status) if status.is_terminal() => {} // The verdict will say so.
            Event::Status(status) => {
                self.sink.say(Level::Info, &format!("build is {}", status.as_str()), out);
            }
            Event::PhaseStarted(phase) => {
                self.close(out);
                self.sink.group_begin(phase.title(), out);
                self.open = Some(*phase);
            }
            Event::PhaseEnded { phase, took, .. } if self.open == Some(*phase) => {
                self.close(out);
                if let Some(took) = took.filter(|took| took.as_secs() > 0) {
                    let text = format!("{} took {}", phase.title(), human(took));
                    self.sink.say(Level::Info, &text, out);
                }
            }
            Event::PhaseEnded { .. }
            | Event::Finding(_)
            | Event::Action { .. }
            | Event::Cooked { .. } => {}
            Event::Line { level, text } => {
                if self.options.log_level.is_some_and(|lowest| *level >= lowest) {
                    self.sink.line(text, out);
                }
            }
            Event::Notice { level, text } => self.sink.say(*level, text, out),
        }
    }

    /// Closes what is open, points at the findings, root causes first, and ends with the verdict.
    pub fn conclude(&mut self, report: &Report, verdict: &Verdict, out: &mut Vec<u8>) {
        self.close(out);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            report.ranked().into_iter().partition(|finding| finding.severity == Severity::Error);
        // The verdict is an error too, and the one that must not be lost.
        let slots = ANNOTATED - usize::from(verdict.level == Level::Error);
        self.tell(&errors, slots, report.errors, out);
        self.tell(&warnings, ANNOTATED, report.warnings, out);
        self.sink.verdict(verdict, out);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            self.sink.group_end(out);
        }
    }

    /// Tells findings of one severity: the first as annotations, some more in words, the rest as a
    /// number. `all` counts those too that the report did not keep.
    fn tell(&mut self, ranked: &[&Finding], slots: usize, all: usize, out: &mut Vec<u8>) {
        let told = ranked.iter().take(TOLD);
        let slots = if self.options.annotations { slots } else { 0 };
        for (index, finding) in told.clone().enumerate() {
            let annotation = Annotation::from(*finding);
            if index < slots {
                self.sink.annotate(&annotation, out);
            } else {
                self.sink.mention(&annotation, out);
            }
        }
        let more = all - told.len();
        if let (Some(finding), 1..) = (ranked.first(), more) {
            let text = format!("{}s not shown here: {more}", finding.severity.as_str());
            self.sink.say(Level::Info, &text, out);
        }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
pub(crate) mod tests;

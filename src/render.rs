//! Decides what is shown, in which order and how much of it; the sink knows how it is spelt.

mod folder;

use std::path::PathBuf;

use folder::Folder;

use crate::event::{Event, Finding, Level, Phase, Severity};
use crate::log::text::Cleaner;
use crate::outcome::verdict::human;
use crate::outcome::{Outcome, Report, Verdict};
use crate::platform::{Annotation, PublishProblem, Sink};

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
    /// Whether to write the platform's summary.
    pub summary: bool,
    /// Where report files go, if anywhere.
    pub reports_dir: Option<PathBuf>,
}

/// Shows a run. Everything goes through `out` in whole lines, in the order of the calls.
pub struct Renderer {
    sink: Box<dyn Sink>,
    /// Knows what must not be published.
    cleaner: Cleaner,
    options: Options,
    folder: Option<Folder>,
    open: Option<Phase>,
}

impl Renderer {
    /// Nothing is written yet.
    pub fn new(sink: Box<dyn Sink>, cleaner: Cleaner, options: Options) -> Self {
        let folder = options.reports_dir.clone().map(Folder::new);
        Self { sink, cleaner, options, folder, open: None }
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
            Event::PhaseEnded { phase, took } if self.open == Some(*phase) => {
                self.close(out);
                if let Some(took) = took.filter(|took| took.as_secs() > 0) {
                    let text = format!("{} took {}", phase.title(), human(took));
                    self.sink.say(Level::Info, &text, out);
                }
            }
            Event::PhaseEnded { .. } | Event::Finding(_) => {}
            Event::Line { level, text } => {
                if self.options.log_level.is_some_and(|lowest| *level >= lowest) {
                    self.sink.line(text, out);
                }
                if let Some(folder) = &mut self.folder {
                    folder.log(text);
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

    /// Hands over what is known so far, so that a run that is killed leaves the build's id behind.
    #[must_use]
    pub fn publish_early(&mut self, report: &Report) -> Vec<PublishProblem> {
        self.publish_outputs(report, None)
    }

    /// Hands over everything; to be called on every way out. What could not be written is returned.
    #[must_use]
    pub fn publish(
        &mut self,
        report: &Report,
        outcome: &Outcome,
        verdict: &Verdict,
    ) -> Vec<PublishProblem> {
        let mut problems = self.publish_outputs(report, Some(outcome));
        if self.options.summary {
            problems.extend(self.sink.publish_summary(report, verdict).err());
        }
        if let Some(folder) = &mut self.folder {
            problems.extend(folder.publish_reports(report, verdict));
        }
        problems
    }

    fn publish_outputs(
        &mut self,
        report: &Report,
        outcome: Option<&Outcome>,
    ) -> Vec<PublishProblem> {
        let mut problems = Vec::new();
        let mut outputs = report.outputs(outcome);
        for (output, value) in &mut outputs {
            if self.cleaner.holds_secret(value) {
                value.clear();
                problems.push(PublishProblem::Withheld { output });
            }
        }
        problems.extend(self.sink.publish_outputs(&outputs).err());
        if let Some(folder) = &self.folder {
            problems.extend(folder.publish_outputs(&outputs));
        }
        problems
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
mod tests;

//! Decides what is shown, in which order and how much of it. The dialect of the CI decides how it is written.

mod annotation_budget;
mod ascii;
mod log_quota;

use std::time::Duration;

use crate::ci::{Annotation, Dialect, Folding, LogLimit};
use crate::model::{Event, Finding, Level, Notice, Phase, Severity};
use crate::report::verdict::{counted_as, human};
use crate::report::{BuildReport, Verdict};
use annotation_budget::Budget;
use log_quota::{LogQuota, Priority};

/// How many findings of each severity are shown; the reports have the others.
const SHOWN: usize = 50;

/// The choices of the user.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// The lowest level of log lines that is shown; none at all if absent.
    pub log_level: Option<Level>,
    /// True if findings become annotations.
    pub annotations: bool,
    /// True if there will be a step summary.
    pub summary: bool,
    /// True if there will be report files.
    pub reports: bool,
    /// True if everything is shown in ASCII.
    pub ascii: bool,
}

/// Shows a run. Everything goes through `out` in whole lines, in the order of the calls.
pub struct Renderer {
    dialect: Box<dyn Dialect>,
    options: RenderOptions,
    phase: Option<Phase>,
    group_is_open: bool,
    budget: Budget,
    status_line: StatusLine,
    log_quota: LogQuota,
    /// Of our own messages: at the end they are as important as the verdict.
    priority: Priority,
}

/// The last line of a terminal, which the next output replaces.
#[derive(Default)]
struct StatusLine {
    text: String,
    /// True if it is the last output.
    is_shown: bool,
}

impl Renderer {
    /// Nothing is written yet.
    pub fn new(dialect: Box<dyn Dialect>, options: RenderOptions) -> Self {
        let log_quota = LogQuota::new(dialect.limit());
        let budget = Budget::new(dialect.annotation_limit().unwrap_or_default());
        Self {
            dialect,
            options,
            phase: None,
            group_is_open: false,
            budget,
            status_line: StatusLine::default(),
            log_quota,
            priority: Priority::Progress,
        }
    }

    /// Masks the secrets before anything else can show them, then prints our name and version.
    pub fn begin(&mut self, secrets: &[&str], out: &mut Vec<u8>) {
        self.shown(out, |Self { dialect, log_quota, .. }, out| {
            log_quota.write(Priority::Verdict, out, |out| {
                for secret in secrets {
                    dialect.mask(secret, out);
                }
                dialect.line(concat!("buildpixel-ci ", env!("CARGO_PKG_VERSION")), out);
            });
        });
    }

    /// True if the CI has a status line.
    pub fn has_status_line(&self) -> bool {
        self.dialect.has_status_line()
    }

    /// Shows this status line until the next one.
    pub fn status_line(&mut self, text: &str, out: &mut Vec<u8>) {
        if self.status_line.text != text {
            self.status_line = StatusLine { text: text.to_owned(), is_shown: false };
        }
        self.redraw_status_line(out);
    }

    /// Shows the status line again below the lines that were printed since.
    pub fn redraw_status_line(&mut self, out: &mut Vec<u8>) {
        let StatusLine { text, is_shown } = &mut self.status_line;
        if !text.is_empty() && !*is_shown {
            self.dialect.status_line(text, out);
            *is_shown = true;
        }
    }

    /// Shows one event, which the report knows already. Findings are shown when they can be ranked: when their
    /// phase ends, or at the end.
    pub fn event(&mut self, event: &Event, report: &BuildReport, out: &mut Vec<u8>) {
        self.shown(out, |this, out| this.show_event(event, report, out));
    }

    /// All output passes here. If there is any, it replaces the status line, and it is converted to characters
    /// that the CI can read.
    fn shown(&mut self, out: &mut Vec<u8>, show: impl FnOnce(&mut Self, &mut Vec<u8>)) {
        let before = out.len();
        if self.status_line.is_shown {
            self.dialect.clear_status_line(out);
        }
        let cleared = out.len();
        show(self, out);
        if out.len() == cleared {
            out.truncate(before);
            return;
        }
        self.status_line.is_shown = false;
        if self.options.ascii {
            ascii::transcribe(out, before);
        }
    }

    fn show_event(&mut self, event: &Event, report: &BuildReport, out: &mut Vec<u8>) {
        match event {
            Event::Status(status) if status.is_terminal() => {} // The verdict shows it.
            Event::Status(status) => {
                self.print(Level::Info, &format!("build is {}", status.as_str()), out);
            }
            Event::PhaseStarted(phase) => {
                self.close(out);
                self.open(*phase, out);
                self.phase = Some(*phase);
            }
            Event::PhaseEnded { phase, took, .. } => {
                if self.phase == Some(*phase) {
                    if !report.has_completed(*phase) && !report.was_superseded() {
                        self.group_failed(out);
                    }
                    self.close(out);
                    self.phase = None;
                    if let Some(text) = phase_summary(*phase, *took, report) {
                        self.print(Level::Info, &text, out);
                    }
                }
                self.show_findings_of_phase(*phase, report, out);
            }
            Event::Line { level, text } => {
                if self.options.log_level.is_some_and(|lowest| *level >= lowest) {
                    self.line(text, out);
                }
            }
            Event::Notice(Notice { level, text }) => self.print(*level, text, out),
            Event::Finding(_) | Event::Action { .. } | Event::Cooked { .. } => {}
        }
    }

    /// Hands the outputs to the CI: those known so far, and at the end all of them.
    pub fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        self.shown(out, |Self { dialect, log_quota, .. }, out| {
            log_quota.write(Priority::Verdict, out, |out| dialect.outputs(outputs, out));
        });
    }

    /// Closes the open group, shows the findings that are left, most important first, and ends with the verdict.
    pub fn conclude(&mut self, report: &BuildReport, verdict: &Verdict, out: &mut Vec<u8>) {
        self.shown(out, |this, out| this.end(report, verdict, out));
    }

    fn end(&mut self, report: &BuildReport, verdict: &Verdict, out: &mut Vec<u8>) {
        if verdict.level == Level::Error {
            self.group_failed(out);
        }
        self.close(out);
        self.priority = Priority::Verdict;
        let Self { dialect, log_quota, .. } = self;
        log_quota.write(Priority::Verdict, out, |out| dialect.ending(verdict, out));
        let errors = report.ranked_errors();
        self.show_findings(Severity::Error, &errors, report.error_count(), verdict, out);
        let warnings = report.ranked_warnings();
        self.show_findings(Severity::Warning, &warnings, report.warnings, verdict, out);
        let Self { dialect, log_quota, .. } = self;
        if !log_quota.write(Priority::Verdict, out, |out| dialect.verdict(verdict, out)) {
            let brief = Verdict { details: Vec::new(), hint: None, ..verdict.clone() };
            log_quota.write(Priority::Verdict, out, |out| dialect.verdict(&brief, out));
        }
    }

    /// Shows a line of the log if there is room for it. If not, the log ends here and the group is closed, so
    /// that everything after it can be seen.
    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        let Self { dialect, log_quota, .. } = self;
        if log_quota.is_full() || log_quota.write(Priority::Log, out, |out| dialect.line(text, out))
        {
            return;
        }
        self.close(out);
        let place =
            if self.options.reports { "is in the reports, in build.log" } else { "is lost" };
        if let Some(LogLimit { keeper, bytes, .. }) = self.log_quota.end_log() {
            let limit = bytes / 1024 / 1024;
            let text = format!(
                "the rest of the log {place}: {keeper} keeps {limit} MiB of what a job prints, and the \
                 findings and the verdict must fit"
            );
            self.print(Level::Info, &text, out);
        }
    }

    fn print(&mut self, level: Level, text: &str, out: &mut Vec<u8>) {
        self.log_quota.write(self.priority, out, |out| self.dialect.own_line(level, text, out));
    }

    fn open(&mut self, phase: Phase, out: &mut Vec<u8>) {
        let Self { dialect, log_quota, .. } = self;
        // When the log has ended early, the group has only our own messages.
        let folding = if log_quota.is_full() { Folding::Expanded } else { folding(phase) };
        let begin = |out: &mut Vec<u8>| dialect.group_begin(phase.title(), folding, out);
        self.group_is_open = log_quota.write(Priority::Progress, out, begin);
        if !self.group_is_open {
            // Otherwise the dialect would take the group for open.
            self.dialect.group_end(&mut Vec::new());
        }
    }

    /// Names the file with the summary, on a CI that does not look for it by itself.
    pub fn summary_file(&mut self, path: &str, out: &mut Vec<u8>) {
        self.shown(out, |this, out| this.dialect.summary_file(path, out));
    }

    fn group_failed(&mut self, out: &mut Vec<u8>) {
        if self.group_is_open {
            let Self { dialect, log_quota, .. } = self;
            log_quota.write(Priority::Progress, out, |out| dialect.group_failed(out));
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.group_is_open) {
            self.log_quota.write(Priority::Verdict, out, |out| self.dialect.group_end(out));
        }
    }

    fn annotates(&self) -> bool {
        self.options.annotations && self.dialect.annotation_limit().is_some()
    }

    /// Annotates the findings of a phase that has ended, and those from before it, as far as the budget allows.
    /// After a log that has ended early, they are shown as text. Follow-up errors wait for the end, because their
    /// cause may still be found.
    fn show_findings_of_phase(&mut self, phase: Phase, report: &BuildReport, out: &mut Vec<u8>) {
        let as_text = !self.annotates();
        if as_text && !self.log_quota.is_full() {
            return;
        }
        let is_due = |finding: &&Finding| {
            !finding.is_follow_up() && finding.phase.is_none_or(|of| of == phase)
        };
        for severity in [Severity::Error, Severity::Warning] {
            let share = if as_text {
                // The other half is left for later phases.
                SHOWN.saturating_sub(self.budget.spent(severity)).div_ceil(2)
            } else {
                self.budget.share_of_a_phase(severity)
            };
            if share == 0 {
                continue;
            }
            let ranked = match severity {
                Severity::Error => report.ranked_errors(),
                Severity::Warning => report.ranked_warnings(),
            };
            let due = self.budget.pending(ranked.into_iter().filter(is_due));
            for finding in due.into_iter().take(share) {
                self.show(finding, Priority::Progress, as_text, out);
            }
        }
    }

    /// Shows a finding if there is room for it, and returns whether there was.
    fn show(
        &mut self,
        finding: &Finding,
        priority: Priority,
        as_text: bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let Self { dialect, log_quota, .. } = self;
        let is_shown = log_quota.write(priority, out, |out| match Annotation::from(finding) {
            annotation if as_text => dialect.annotate_as_text(&annotation, out),
            annotation => dialect.annotate(&annotation, out),
        });
        if is_shown {
            self.budget.spend(finding);
        }
        is_shown
    }

    /// Shows the findings of one severity that were not shown yet: the first as annotations, more as text, and
    /// the others as a number. If annotations do not suffice, the last one has the number of the others. `all`
    /// includes findings that the report did not keep.
    fn show_findings(
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
            for finding in pending.by_ref().take(slots) {
                self.show(finding, Priority::Findings, false, out);
            }
            let rest = all.saturating_sub(self.budget.spent(severity));
            if rest > 0 && free > slots {
                self.count(severity, rest, out);
            }
        }
        let room = SHOWN.saturating_sub(self.budget.spent(severity));
        for finding in pending.take(room) {
            self.show(finding, Priority::Findings, true, out);
        }
        let more = all.saturating_sub(self.budget.spent(severity));
        if more > 0 {
            self.print(Level::Info, &format!("{}s not shown here: {more}", severity.as_str()), out);
        }
    }

    /// Annotates how many other findings there are.
    fn count(&mut self, severity: Severity, rest: usize, out: &mut Vec<u8>) {
        let place = match (self.options.summary, self.options.reports) {
            (true, true) => "the step summary and the reports",
            (true, false) => "the step summary",
            (false, true) => "the reports",
            (false, false) => "the end of the log",
        };
        let rest = counted_as(rest, &format!("more {}", severity.as_str())).unwrap_or_default();
        let message = format!("and {rest}: see {place}").into();
        let annotation = Annotation { severity, title: None, location: None, message };
        let Self { dialect, log_quota, .. } = self;
        log_quota.write(Priority::Findings, out, |out| dialect.annotate(&annotation, out));
    }
}

/// People look for the line that broke the build in the phases that are open at first. The other phases have long
/// logs, and their findings are shown below them.
fn folding(phase: Phase) -> Folding {
    match phase {
        Phase::Compile | Phase::Package => Folding::Expanded,
        Phase::SourceSync | Phase::Cook | Phase::Stage | Phase::Upload => Folding::Collapsed,
    }
}

/// How a phase ended, and how long it took.
fn phase_summary(phase: Phase, took: Option<Duration>, report: &BuildReport) -> Option<String> {
    let title = phase.title();
    let took = took.filter(|took| took.as_secs() > 0).map(human);
    let was_cut_off = report.was_superseded();
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
mod annotation_budget_tests;
#[cfg(test)]
mod guide_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod log_quota_tests;
#[cfg(test)]
pub(crate) mod tests;

//! The log pipeline: makes the messages of one build's log safe, reads their lines with [`unreal_log::Reader`], and makes
//! the texts of its events safe.

#[cfg(any(test, fuzzing))]
pub mod invariants;
pub(crate) mod location;

#[cfg(test)]
mod fixtures_tests;
#[cfg(test)]
mod late_tests;
#[cfg(test)]
mod slow_lines;
#[cfg(test)]
mod tests;

use unreal_log::{LogEvent, LogFinding, Reader};

use crate::model::{Event, Finding, Level, LogLine, Progress};
use crate::text::{self, Cleaner, OpenKey};

/// Turns the messages of one build's log into events, in the order in which they are fed.
#[derive(Debug, Clone)]
pub struct Pipeline {
    reader: Reader,
    safe: Safe,
    /// The private key that the log is in the middle of.
    key: OpenKey,
    /// The same of the late lines, which stand elsewhere in the log.
    late_key: OpenKey,
}

impl Pipeline {
    /// `source_root` is the folder of the Unreal project inside the repository, if the user gave one.
    pub fn new(cleaner: Cleaner, source_root: Option<&str>) -> Self {
        let source_root = source_root.and_then(location::folder_in_repository);
        let safe = Safe { cleaner, source_root };
        Self { reader: Reader::new(), safe, key: OpenKey::default(), late_key: OpenKey::default() }
    }

    /// Shows the events of one message piece by piece: its lines, each within its phase and followed by the action that
    /// it reports. Findings are shown when their phase ends.
    pub fn feed(&mut self, line: &LogLine, show: &mut dyn FnMut(Event)) {
        let Self { reader, safe, key, .. } = self;
        for text in safe.cleaner.log_lines(&line.message, key) {
            reader.line(&text::plain(&text), line.timestamp, &mut |event| {
                show(safe.event(event, line.level, &text));
            });
        }
    }

    /// Shows the events of one message that came too late for its place in the log. Its findings and actions count. It
    /// neither begins nor ends a phase, and does not change the progress.
    pub fn feed_late(&mut self, line: &LogLine, show: &mut dyn FnMut(Event)) {
        let Self { reader, safe, late_key, .. } = self;
        for text in safe.cleaner.log_lines(&line.message, late_key) {
            reader.late_line(&text::plain(&text), &mut |event| {
                show(safe.event(event, line.level, &text));
            });
        }
    }

    /// How far the build is within the phase that is open, as far as the log says.
    pub fn progress(&self) -> Option<Progress> {
        self.reader.progress()
    }

    /// True if there will be a finding, so that its file will be looked up.
    pub fn has_findings(&self) -> bool {
        self.reader.has_pending_findings()
    }

    /// Shows the findings that wait for the end of their phase.
    pub fn settle(&mut self, show: &mut dyn FnMut(Event)) {
        let Self { reader, safe, .. } = self;
        reader.flush(&mut |event| show(safe.event(event, Level::Info, "")));
    }

    /// Ends the phase that is still open when the log is over.
    pub fn finish(&mut self, show: &mut dyn FnMut(Event)) {
        let Self { reader, safe, .. } = self;
        reader.finish(&mut |event| show(safe.event(event, Level::Info, "")));
    }
}

/// Makes the texts of events safe to print.
#[derive(Debug, Clone)]
struct Safe {
    cleaner: Cleaner,
    source_root: Option<String>,
}

impl Safe {
    /// The event of a line with this level and this safe text.
    fn event(&self, event: LogEvent, level: Level, text: &str) -> Event {
        match event {
            LogEvent::PhaseStarted(phase) => Event::PhaseStarted(phase),
            LogEvent::PhaseEnded { phase, took, completed } => {
                Event::PhaseEnded { phase, took, completed }
            }
            LogEvent::Line => Event::Line { level, text: text.to_owned() },
            LogEvent::Action { name, took } => {
                Event::Action { name: self.cleaner.title(&name), took }
            }
            LogEvent::Cooked { done, total } => Event::Cooked { done, total },
            LogEvent::Finding(finding) => Event::Finding(self.finding(finding)),
        }
    }

    fn finding(&self, finding: LogFinding) -> Finding {
        let code = finding.label().map(|code| self.cleaner.title(code));
        let location = finding.remote.as_ref().and_then(|remote| {
            let certain = location::certain(remote, self.source_root.as_deref())?;
            Some(location::safe(certain, &self.cleaner))
        });
        let hint = finding.hint.map(|hint| self.cleaner.message(&hint).replace('\n', " "));
        Finding {
            severity: finding.severity,
            code,
            message: self.cleaner.message(&finding.message),
            location,
            remote: finding.remote,
            phase: finding.phase,
            rank: finding.rank,
            owner: finding.owner,
            hint,
            repeats: finding.repeats,
            also: finding.also.iter().map(|other| self.cleaner.title(other)).collect(),
        }
    }
}

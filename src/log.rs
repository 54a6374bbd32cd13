//! Makes sense of a build log, one message at a time: pure, synchronous, without a clock. This
//! file is the order of the steps; each is a file beside it.

mod assets;
mod cascades;
mod findings;
mod lies;
mod matchers;
mod origins;
mod paths;
mod pattern;
mod phases;
mod prefix;
pub mod progress;
pub mod text;

#[cfg(any(test, fuzzing))]
pub mod promises;

#[cfg(test)]
mod tests;

use crate::event::{Event, LogLine};
use crate::worktree::Worktree;
use findings::Findings;
use paths::Paths;
use phases::Phases;
use prefix::Prefixes;
use progress::{Meter, Progress};
use text::Cleaner;

/// Turns the messages of one build's log into events, in the order in which they are fed.
#[derive(Debug, Clone)]
pub struct Pipeline {
    cleaner: Cleaner,
    prefixes: Prefixes,
    phases: Phases,
    meter: Meter,
    findings: Findings,
}

impl Pipeline {
    /// `source_root` is the folder of the Unreal project inside the repository, if that was said, and
    /// `worktree` the repository's files, as far as they are here.
    pub fn new(cleaner: Cleaner, source_root: Option<&str>, worktree: Worktree) -> Self {
        Self {
            cleaner,
            prefixes: Prefixes::new(),
            phases: Phases::default(),
            meter: Meter::default(),
            findings: Findings::new(Paths::new(source_root, worktree)),
        }
    }

    /// Shows what one message says, piece by piece: its lines, each within its phase and followed
    /// by the finding that was read from it.
    pub fn feed(&mut self, line: &LogLine, show: &mut dyn FnMut(Event)) {
        for text in self.cleaner.lines(&line.message) {
            let plain = text::plain(&text);
            let said = self.prefixes.strip(&plain);
            let marker = phases::marker(said);
            let before = self.phases.current();
            self.phases.enter(marker, line.timestamp, show);
            self.meter.read(said, before, &self.phases);
            let finding = self.findings.read(said, &self.phases, &self.cleaner);
            let text = text.into_owned();
            show(Event::Line { level: line.level, text });
            if let Some(finding) = finding {
                show(Event::Finding(finding));
            }
            self.phases.leave(marker, line.timestamp, show);
        }
    }

    /// How far the build is within what it is doing now, as far as it has told.
    pub fn progress(&self) -> Option<Progress> {
        self.meter.shows(&self.phases)
    }

    /// Ends the phase that is still open when the log is over.
    pub fn finish(&mut self, show: &mut dyn FnMut(Event)) {
        self.phases.finish(show);
    }
}

//! Makes sense of a build log, one message at a time: pure, synchronous, without a clock. This
//! file is the order of the steps; each is a file beside it.

mod actions;
pub(crate) mod assets;
mod cascades;
mod consequences;
mod duration;
mod exits;
mod explain;
mod extent;
mod findings;
mod grouping;
mod keys;
mod lies;
pub(crate) mod locate;
mod matchers;
mod origins;
mod pattern;
mod phases;
mod prefix;
pub mod progress;
mod settling;

mod timings;
mod unwrapping;

#[cfg(any(test, fuzzing))]
pub mod promises;

#[cfg(test)]
mod fixtures_tests;
#[cfg(test)]
mod late_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worst;

use std::borrow::Cow;

use crate::model::{Event, LogLine, Severity};
use crate::text::{self, Cleaner};
use actions::Actions;
use findings::Findings;
use locate::Locator;
use phases::Phases;
use prefix::Prefixes;
use progress::{Meter, Progress};

use unwrapping::Unwrapped;

/// Turns the messages of one build's log into events, in the order in which they are fed.
#[derive(Debug, Clone)]
pub struct Pipeline {
    cleaner: Cleaner,
    prefixes: Prefixes,
    phases: Phases,
    meter: Meter,
    actions: Actions,
    findings: Findings,
}

impl Pipeline {
    /// `source_root` is the folder of the Unreal project inside the repository, if that was said.
    pub fn new(cleaner: Cleaner, source_root: Option<&str>) -> Self {
        Self {
            cleaner,
            prefixes: Prefixes::new(),
            phases: Phases::default(),
            meter: Meter::default(),
            actions: Actions::default(),
            findings: Findings::new(Locator::new(source_root)),
        }
    }

    /// Shows what one message says, piece by piece: its lines, each within its phase and followed by the action that
    /// it tells of. Findings are told when their phase ends.
    pub fn feed(&mut self, line: &LogLine, show: &mut dyn FnMut(Event)) {
        self.read(line, false, show);
    }

    /// Shows what one message says that came too late for its place in the log. Its findings and actions
    /// count. It neither begins nor ends a phase, and says nothing about how far the build is now.
    pub fn feed_late(&mut self, line: &LogLine, show: &mut dyn FnMut(Event)) {
        self.read(line, true, show);
    }

    fn read(&mut self, line: &LogLine, is_late: bool, show: &mut dyn FnMut(Event)) {
        let Self { cleaner, prefixes, phases, meter, actions, findings } = self;
        findings.set_late(is_late);
        for text in cleaner.lines(&line.message) {
            let plain = text::plain(&text);
            let (said, claims) = said(prefixes, &plain);
            let marker = phases::marker(&said);
            if !is_late {
                let before = phases.current();
                phases.enter(marker, line.timestamp, &mut |event| {
                    settled(meter, findings, cleaner, event, show);
                });
                phases.hear(&said);
                meter.read(&said, before, phases);
            }
            findings.read(&said, claims, phases);
            let action = actions.read(&said, phases);
            let action =
                action.map(|(name, took)| Event::Action { name: cleaner.title(name), took });
            drop(said);
            drop(plain);
            show(Event::Line { level: line.level, text: text.into_owned() });
            action.into_iter().chain(meter.cooked()).for_each(&mut *show);
            if !is_late {
                phases.leave(marker, line.timestamp, &mut |event| {
                    settled(meter, findings, cleaner, event, show);
                });
            }
            if findings.is_full() {
                findings.settle(cleaner, &mut |finding| show(Event::Finding(finding)));
            }
        }
    }

    /// How far the build is within what it is doing now, as far as it has told.
    pub fn progress(&self) -> Option<Progress> {
        self.meter.shows(&self.phases)
    }

    /// Whether there will be a finding, so that its file will be looked for.
    pub fn has_findings(&self) -> bool {
        self.findings.has_any()
    }

    /// Tells the findings that are held until their phase ends.
    pub fn settle(&mut self, show: &mut dyn FnMut(Event)) {
        self.findings.settle(&self.cleaner, &mut |finding| show(Event::Finding(finding)));
    }

    /// Ends the phase that is still open when the log is over.
    pub fn finish(&mut self, show: &mut dyn FnMut(Event)) {
        self.meter.ended().into_iter().for_each(&mut *show);
        self.settle(show);
        self.phases.finish(show);
    }
}

/// Shows the beginning or the end of a phase after what was still to be told of the one before.
fn settled(
    meter: &mut Meter,
    findings: &mut Findings,
    cleaner: &Cleaner,
    event: Event,
    show: &mut dyn FnMut(Event),
) {
    meter.ended().into_iter().for_each(&mut *show);
    if matches!(event, Event::PhaseEnded { completed: true, .. }) {
        findings.forgive();
    }
    findings.settle(cleaner, &mut |finding| show(Event::Finding(finding)));
    show(event);
}

/// What the line itself says, without what others put before or around it, and how grave those say that
/// it is.
fn said<'t>(prefixes: &Prefixes, line: &'t str) -> (Cow<'t, str>, Option<Severity>) {
    let said = prefixes.strip(line);
    match unwrapping::unwrapped(said) {
        Some(Unwrapped { text, claims }) => (Cow::Owned(prefixes.strip(&text).to_owned()), claims),
        None => (Cow::Borrowed(said), None),
    }
}

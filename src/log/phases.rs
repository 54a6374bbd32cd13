//! Follows the phases of a build by the markers in its log: those that BuildPixel documents, and
//! the banners that RunUAT really prints. Any may be missing, repeated or never closed.

use std::time::{Duration, SystemTime};

use super::timings::Timings;
use crate::model::{Event, Phase};

/// What a line does to the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// It is the first line of a phase.
    Opens(Phase, Kind),
    /// It is the last line of this phase.
    Closes(Phase, End),
    /// It is the last line of whatever phase is open.
    ClosesAny(End),
    /// It is the last line of a build that prints the documented markers only. Where AutomationTool runs it
    /// says nothing: Turnkey prints it before the build begins.
    ClosesDocumented(End),
    /// It says that UnrealBuildTool fails; a phase that nobody announced does, too.
    FailsUnannounced,
    /// It is the last line of UnrealBuildTool, which ends a phase that nobody announced.
    ClosesUnannounced,
    /// It is the first line after the source sync.
    LeavesSync,
    /// The same, and AutomationTool begins, once more perhaps.
    StartsUat,
    /// It is the first line after whatever phase is open.
    LeavesAny,
    /// The same, and what follows is the log of the game itself.
    RunsGame,
    /// What follows is the build's again.
    GameEnded,
}

/// How a phase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It did what it was to do.
    Completed,
    /// It did not, or nobody knows.
    BrokenOff,
}

/// Whose words the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Git or Perforce, or whatever else comes before the build.
    SourceControl,
    /// UAT and the tools that it starts.
    Build,
    /// The game, which the build only launched, and UAT that watches it.
    Game,
}

/// Who prints a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Git or Perforce; only before anything else has begun.
    Sync,
    /// Documented by BuildPixel.
    Documented,
    /// RunUAT.
    Banner,
    /// UnrealBuildTool, when nobody else says what it is run for.
    Unannounced,
}

use End::{BrokenOff, Completed};
use Kind::{Banner, Documented, Sync, Unannounced};
use Marker::{
    Closes, ClosesAny, ClosesDocumented, ClosesUnannounced, FailsUnannounced, GameEnded, LeavesAny,
    LeavesSync, Opens, RunsGame, StartsUat,
};

/// How lines begin after their asterisks.
const BANNERS: &[(&str, Marker)] = &[
    ("COMPILING", Opens(Phase::Compile, Documented)),
    ("BUILD COMMAND STARTED", Opens(Phase::Compile, Banner)),
    ("BUILD COMMAND COMPLETED", Closes(Phase::Compile, Completed)),
    ("COOK COMMAND STARTED", Opens(Phase::Cook, Banner)),
    ("COOK COMMAND COMPLETED", Closes(Phase::Cook, Completed)),
    ("STAGE COMMAND STARTED", Opens(Phase::Stage, Banner)),
    ("STAGE COMMAND COMPLETED", Closes(Phase::Stage, Completed)),
    ("PACKAGE COMMAND STARTED", Opens(Phase::Package, Banner)),
    ("PACKAGE COMMAND COMPLETED", Closes(Phase::Package, Completed)),
    ("ARCHIVE COMMAND STARTED", Opens(Phase::Upload, Banner)),
    ("ARCHIVE COMMAND COMPLETED", Closes(Phase::Upload, Completed)),
    ("DEPLOY COMMAND STARTED", LeavesAny),
    ("RUN COMMAND STARTED", RunsGame),
    ("RUN COMMAND COMPLETED", GameEnded),
];

/// How other lines begin.
const STARTS: &[(&str, Marker)] = &[
    ("LogCook: Cooking maps from path", Opens(Phase::Cook, Documented)),
    ("LogStaging: Staging", Opens(Phase::Stage, Documented)),
    ("Cloning into '", Opens(Phase::SourceSync, Sync)),
    ("p4 sync", Opens(Phase::SourceSync, Sync)),
    ("Syncing ", Opens(Phase::SourceSync, Sync)),
    ("Running AutomationTool...", LeavesSync),
    ("Starting AutomationTool...", LeavesSync),
    ("Start UAT", LeavesSync),
    ("Parsing command line:", StartsUat),
    ("Parsing headers for ", Opens(Phase::Compile, Unannounced)),
    ("------ Building ", Opens(Phase::Compile, Unannounced)),
    ("Result: Failed (", FailsUnannounced),
    ("Total execution time: ", ClosesUnannounced),
    ("ERROR: Cook failed.", Closes(Phase::Cook, BrokenOff)),
    ("AutomationTool exiting with ExitCode=0 ", ClosesAny(Completed)),
    ("AutomationTool exiting with ExitCode=", ClosesAny(BrokenOff)),
];

/// Whole lines. `BUILD SUCCESSFUL in 35s` is Gradle's.
const LINES: &[(&str, Marker)] = &[
    ("BUILD SUCCESSFUL", ClosesDocumented(Completed)),
    ("BUILD FAILED", ClosesDocumented(BrokenOff)),
];

/// What the line, stripped of its prefixes, does to the phases.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let line = line.trim();
    let (table, line) = match line.strip_prefix("***") {
        Some(banner) => (BANNERS, banner.trim_start_matches(['*', ' '])),
        None => (STARTS, line),
    };
    let starts = table.iter().find(|(start, _)| line.starts_with(start));
    let found = starts.or_else(|| LINES.iter().find(|(whole, _)| line == *whole));
    found.map(|(_, marker)| *marker)
}

/// The phase that is open, and how long it has been.
#[derive(Debug, Clone, Default)]
pub(super) struct Phases {
    open: Option<Open>,
    has_left_sync: bool,
    /// Whether AutomationTool has spoken.
    has_uat: bool,
    /// How many AutomationTools were started within the phase that is open, and run.
    nested: u32,
    runs_game: bool,
    last_line: Option<SystemTime>,
}

#[derive(Debug, Clone)]
struct Open {
    phase: Phase,
    kind: Kind,
    since: Option<SystemTime>,
    timings: Timings,
    /// How it ends, if nobody says otherwise.
    end: End,
}

impl Phases {
    pub(super) fn current(&self) -> Option<Phase> {
        self.open.as_ref().map(|open| open.phase)
    }

    pub(super) fn speaker(&self) -> Speaker {
        match (self.runs_game, self.has_left_sync) {
            (true, _) => Speaker::Game,
            (false, true) => Speaker::Build,
            (false, false) => Speaker::SourceControl,
        }
    }

    /// What happens before the line is shown.
    pub(super) fn enter(
        &mut self,
        marker: Option<Marker>,
        at: Option<SystemTime>,
        show: &mut dyn FnMut(Event),
    ) {
        self.last_line = at.or(self.last_line);
        match marker {
            Some(Opens(phase, kind)) => self.open(phase, kind, at, show),
            Some(LeavesAny) => self.close(at, Completed, show),
            Some(RunsGame) => {
                self.close(at, Completed, show);
                self.runs_game = true;
            }
            Some(GameEnded) => self.runs_game = false,
            Some(FailsUnannounced) => {
                if let Some(open) = &mut self.open {
                    open.end = BrokenOff;
                }
            }
            Some(LeavesSync) => self.leave_sync(at, show),
            Some(StartsUat) => {
                self.leave_sync(at, show);
                self.has_uat = true;
                if self.open.as_ref().is_some_and(|open| open.kind == Banner) {
                    self.nested = self.nested.saturating_add(1);
                }
            }
            Some(Closes(..) | ClosesAny(_) | ClosesDocumented(_) | ClosesUnannounced) | None => {}
        }
    }

    /// Listens to what the line, stripped of its prefixes, tells of the phase that is open.
    pub(super) fn hear(&mut self, line: &str) {
        if let Some(open) = &mut self.open {
            open.timings.hear(line, open.phase);
        }
    }

    /// What happens after the line was shown.
    pub(super) fn leave(
        &mut self,
        marker: Option<Marker>,
        at: Option<SystemTime>,
        show: &mut dyn FnMut(Event),
    ) {
        self.runs_game &= !matches!(marker, Some(ClosesAny(_)));
        let end = match (marker, &self.open) {
            (Some(Closes(phase, end)), Some(open)) if open.phase == phase => end,
            (Some(ClosesDocumented(end)), Some(open))
                if open.kind == Documented && !self.has_uat =>
            {
                end
            }
            (Some(ClosesUnannounced), Some(open)) if open.kind == Unannounced => open.end,
            (Some(ClosesAny(_)), _) if self.nested > 0 => {
                self.nested -= 1;
                return;
            }
            (Some(ClosesAny(end)), _) => end,
            _ => return,
        };
        self.close(at, end, show);
    }

    /// The log is over.
    pub(super) fn finish(&mut self, show: &mut dyn FnMut(Event)) {
        self.close(self.last_line, BrokenOff, show);
    }

    fn leave_sync(&mut self, at: Option<SystemTime>, show: &mut dyn FnMut(Event)) {
        self.has_left_sync = true;
        self.runs_game = false;
        if self.current() == Some(Phase::SourceSync) {
            self.close(at, Completed, show);
        }
    }

    fn open(
        &mut self,
        phase: Phase,
        kind: Kind,
        at: Option<SystemTime>,
        show: &mut dyn FnMut(Event),
    ) {
        let is_late = kind == Sync && self.has_left_sync;
        let is_inside = kind == Unannounced && (self.has_phase_of_build() || self.runs_game);
        if is_late || is_inside {
            return;
        }
        self.has_left_sync |= kind != Sync;
        self.runs_game = false;
        if let Some(open) = self.open.as_mut().filter(|open| open.phase == phase) {
            let is_another_run = kind == Banner && open.kind == Banner;
            if !is_another_run {
                // Both kinds of marker stand in one log; the banners know better when it ends.
                if kind == Banner {
                    open.kind = Banner;
                }
                return;
            }
        }
        // AutomationTool does one thing after the other, unless it was killed and is run again.
        let end = if self.nested > 0 { BrokenOff } else { Completed };
        self.close(at, end, show);
        self.open =
            Some(Open { phase, kind, since: at, timings: Timings::default(), end: Completed });
        show(Event::PhaseStarted(phase));
    }

    fn has_phase_of_build(&self) -> bool {
        self.current().is_some_and(|phase| phase != Phase::SourceSync)
    }

    fn close(&mut self, at: Option<SystemTime>, end: End, show: &mut dyn FnMut(Event)) {
        self.nested = 0;
        if let Some(Open { phase, since, timings, .. }) = self.open.take() {
            let completed = end == Completed;
            let took = span(since, at).or_else(|| timings.took());
            show(Event::PhaseEnded { phase, took, completed });
        }
    }
}

/// None if either end is unknown or the clock ran backwards.
fn span(from: Option<SystemTime>, to: Option<SystemTime>) -> Option<Duration> {
    to?.duration_since(from?).ok()
}

#[cfg(test)]
mod tests;

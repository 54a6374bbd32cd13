//! Follows the phases of a build by the markers in its log: those that BuildPixel documents, and the banners that
//! RunUAT prints. A marker may be missing, repeated or never closed.

use std::time::{Duration, SystemTime};

use crate::finding::Phase;
use crate::log_event::LogEvent;
use crate::phase_durations::PhaseDurations;

/// The effect of a line on the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    /// It is the first line of a phase.
    Opens(Phase, Kind),
    /// It is the last line of this phase.
    Closes(Phase, End),
    /// It is the last line of the open phase, whichever that is.
    ClosesAny(End),
    /// It is the last line of a build that prints only the documented markers. If AutomationTool runs, the line means
    /// nothing: Turnkey prints it before the build begins.
    ClosesDocumented(End),
    /// UnrealBuildTool fails, and with it a phase that had no marker of its own.
    FailsUnannounced,
    /// It is the last line of UnrealBuildTool, which ends a phase that had no marker of its own.
    ClosesUnannounced,
    /// It is the first line after the source sync.
    LeavesSync,
    /// The same, and AutomationTool begins, perhaps not for the first time.
    StartsUat,
    /// It is the first line after the open phase, whichever that is.
    LeavesAny,
    /// The same, and the lines after it are the log of the game itself.
    RunsGame,
    /// The lines after it are the build's again.
    GameEnded,
}

/// How a phase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It did its work.
    Completed,
    /// It failed, or its end is unknown.
    BrokenOff,
}

/// The program whose lines the log holds at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// Git or Perforce, or anything else that comes before the build.
    SourceControl,
    /// UAT and the tools that it starts.
    Build,
    /// The game, which the build only launched, and AutomationTool, which watches it.
    Game,
}

/// The program that prints a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Git or Perforce. It counts only before anything else has begun.
    Sync,
    /// Documented by BuildPixel.
    Documented,
    /// RunUAT.
    Banner,
    /// UnrealBuildTool, if no other marker says what it is run for.
    Unannounced,
}

use End::{BrokenOff, Completed};
use Kind::{Banner, Documented, Sync, Unannounced};
use Marker::{
    Closes, ClosesAny, ClosesDocumented, ClosesUnannounced, FailsUnannounced, GameEnded, LeavesAny,
    LeavesSync, Opens, RunsGame, StartsUat,
};

/// The texts between the asterisks of whole lines.
const BANNERS: &[(&str, Marker)] = &[
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

/// The beginnings of other lines.
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

/// The effect of the line, stripped of its prefixes, on the phases.
pub(crate) fn marker(line: &str) -> Option<Marker> {
    let line = line.trim();
    if let Some(banner) = line.strip_prefix("***") {
        // A text that merely begins like a banner is somebody else's.
        let text = banner.strip_suffix("***")?.trim_matches(['*', ' ']);
        let is_compile = text.starts_with("COMPILING");
        return match BANNERS.iter().find(|(whole, _)| text == *whole) {
            None if is_compile => Some(Opens(Phase::Compile, Documented)),
            found => found.map(|(_, marker)| *marker),
        };
    }
    let starts = STARTS.iter().find(|(start, _)| line.starts_with(start));
    let found = starts.or_else(|| LINES.iter().find(|(whole, _)| line == *whole));
    found.map(|(_, marker)| *marker)
}

/// The phase that is open, and how long it has been.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phases {
    open: Option<Open>,
    has_left_sync: bool,
    /// True if AutomationTool has printed something.
    has_uat: bool,
    /// How many AutomationTools were started within the open phase and still run.
    nested: u32,
    runs_game: bool,
    last_line: Option<SystemTime>,
}

#[derive(Debug, Clone)]
struct Open {
    phase: Phase,
    kind: Kind,
    since: Option<SystemTime>,
    durations: PhaseDurations,
    /// The end that it has if no line says otherwise.
    end: End,
}

impl Phases {
    pub(crate) fn current(&self) -> Option<Phase> {
        self.open.as_ref().map(|open| open.phase)
    }

    pub(crate) fn speaker(&self) -> Speaker {
        match (self.runs_game, self.has_left_sync) {
            (true, _) => Speaker::Game,
            (false, true) => Speaker::Build,
            (false, false) => Speaker::SourceControl,
        }
    }

    /// Reports what happens before the line.
    pub(crate) fn enter(
        &mut self,
        marker: Option<Marker>,
        at: Option<SystemTime>,
        report: &mut dyn FnMut(LogEvent),
    ) {
        self.last_line = at.or(self.last_line);
        match marker {
            Some(Opens(phase, kind)) => self.open(phase, kind, at, report),
            Some(LeavesAny) => self.close(at, Completed, report),
            Some(RunsGame) => {
                self.close(at, Completed, report);
                self.runs_game = true;
            }
            Some(GameEnded) => self.runs_game = false,
            Some(FailsUnannounced) => {
                if let Some(open) = &mut self.open {
                    open.end = BrokenOff;
                }
            }
            Some(LeavesSync) => self.leave_sync(at, report),
            Some(StartsUat) => {
                self.leave_sync(at, report);
                self.has_uat = true;
                if self.open.as_ref().is_some_and(|open| open.kind == Banner) {
                    self.nested = self.nested.saturating_add(1);
                }
            }
            Some(Closes(..) | ClosesAny(_) | ClosesDocumented(_) | ClosesUnannounced) | None => {}
        }
    }

    /// Reads what the line, stripped of its prefixes, says about the open phase.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(open) = &mut self.open {
            open.durations.read(line, open.phase);
        }
    }

    /// Reports what happens after the line.
    pub(crate) fn leave(
        &mut self,
        marker: Option<Marker>,
        at: Option<SystemTime>,
        report: &mut dyn FnMut(LogEvent),
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
        self.close(at, end, report);
    }

    /// Reports the end of the open phase when the log is over.
    pub(crate) fn finish(&mut self, report: &mut dyn FnMut(LogEvent)) {
        self.close(self.last_line, BrokenOff, report);
    }

    fn leave_sync(&mut self, at: Option<SystemTime>, report: &mut dyn FnMut(LogEvent)) {
        self.has_left_sync = true;
        self.runs_game = false;
        if self.current() == Some(Phase::SourceSync) {
            self.close(at, Completed, report);
        }
    }

    fn open(
        &mut self,
        phase: Phase,
        kind: Kind,
        at: Option<SystemTime>,
        report: &mut dyn FnMut(LogEvent),
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
                // One log may have both kinds of markers. The banners mark its end more reliably.
                if kind == Banner {
                    open.kind = Banner;
                }
                return;
            }
        }
        // AutomationTool runs one command after the other, unless it was killed and is run again.
        let end = if self.nested > 0 { BrokenOff } else { Completed };
        self.close(at, end, report);
        self.open = Some(Open {
            phase,
            kind,
            since: at,
            durations: PhaseDurations::default(),
            end: Completed,
        });
        report(LogEvent::PhaseStarted(phase));
    }

    fn has_phase_of_build(&self) -> bool {
        self.current().is_some_and(|phase| phase != Phase::SourceSync)
    }

    fn close(&mut self, at: Option<SystemTime>, end: End, report: &mut dyn FnMut(LogEvent)) {
        self.nested = 0;
        if let Some(Open { phase, since, durations, .. }) = self.open.take() {
            let completed = end == Completed;
            let took = span(since, at).or_else(|| durations.took());
            report(LogEvent::PhaseEnded { phase, took, completed });
        }
    }
}

/// None if either end is unknown or the clock ran backwards.
fn span(from: Option<SystemTime>, to: Option<SystemTime>) -> Option<Duration> {
    to?.duration_since(from?).ok()
}

#[cfg(test)]
mod tests;

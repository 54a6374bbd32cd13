//! Follows the phases of a build by the markers in its log: those that BuildPixel documents, and
//! the banners that RunUAT really prints. Any may be missing, repeated or never closed.

use std::time::{Duration, SystemTime};

use crate::event::{Event, Phase};

/// What a line does to the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// It is the first line of a phase.
    Opens(Phase, Kind),
    /// It is the last line of this phase.
    Closes(Phase, End),
    /// It is the last line of whatever phase is open.
    ClosesAny(End),
    /// It is the last line of a build that prints the documented markers only. With banners it
    /// says nothing: Turnkey prints it before the build begins.
    ClosesDocumented(End),
    /// It is the first line after the source sync.
    LeavesSync,
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
}

use End::{BrokenOff, Completed};
use Kind::{Banner, Documented, Sync};
use Marker::{
    Closes, ClosesAny, ClosesDocumented, GameEnded, LeavesAny, LeavesSync, Opens, RunsGame,
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
    ("Parsing command line:", LeavesSync),
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
    runs_game: bool,
    last_line: Option<SystemTime>,
}

#[derive(Debug, Clone)]
struct Open {
    phase: Phase,
    kind: Kind,
    since: Option<SystemTime>,
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
            Some(LeavesSync) => {
                self.has_left_sync = true;
                self.runs_game = false;
                if self.current() == Some(Phase::SourceSync) {
                    self.close(at, Completed, show);
                }
            }
            Some(Closes(..) | ClosesAny(_) | ClosesDocumented(_)) | None => {}
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
            (Some(ClosesDocumented(end)), Some(open)) if open.kind == Documented => end,
            (Some(ClosesAny(end)), _) => end,
            _ => return,
        };
        self.close(at, end, show);
    }

    /// The log is over.
    pub(super) fn finish(&mut self, show: &mut dyn FnMut(Event)) {
        self.close(self.last_line, BrokenOff, show);
    }

    fn open(
        &mut self,
        phase: Phase,
        kind: Kind,
        at: Option<SystemTime>,
        show: &mut dyn FnMut(Event),
    ) {
        if kind == Sync && self.has_left_sync {
            return;
        }
        self.has_left_sync |= kind != Sync;
        self.runs_game = false;
        if let Some(open) = self.open.as_mut().filter(|open| open.phase == phase) {
            // Both kinds of marker stand in one log; the banners know better when it ends.
            if kind == Banner {
                open.kind = Banner;
            }
            return;
        }
        self.close(at, Completed, show);
        self.open = Some(Open { phase, kind, since: at });
        show(Event::PhaseStarted(phase));
    }

    fn close(&mut self, at: Option<SystemTime>, end: End, show: &mut dyn FnMut(Event)) {
        if let Some(Open { phase, since, .. }) = self.open.take() {
            let completed = end == Completed;
            show(Event::PhaseEnded { phase, took: span(since, at), completed });
        }
    }
}

/// None if either end is unknown or the clock ran backwards.
fn span(from: Option<SystemTime>, to: Option<SystemTime>) -> Option<Duration> {
    to?.duration_since(from?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `(second, line)` and writes down what happened, lines included.
    fn story(lines: &[(u64, &str)]) -> Vec<String> {
        let mut phases = Phases::default();
        let mut story = Vec::new();
        let mut tell = |event: Event| {
            story.push(match event {
                Event::PhaseStarted(phase) => format!("+{}", phase.as_str()),
                Event::PhaseEnded { phase, took, .. } => match took {
                    Some(took) => format!("-{} {}s", phase.as_str(), took.as_secs()),
                    None => format!("-{}", phase.as_str()),
                },
                Event::Line { text, .. } => text,
                other => format!("{other:?}"),
            });
        };
        for (second, line) in lines {
            let at = (*second > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(*second));
            phases.enter(marker(line), at, &mut tell);
            let level = crate::event::Level::Info;
            tell(Event::Line { level, text: (*line).to_owned() });
            phases.leave(marker(line), at, &mut tell);
        }
        phases.finish(&mut tell);
        story
    }

    #[test]
    fn a_marker_is_the_first_and_its_counterpart_the_last_line_of_a_phase() {
        let started = "********** COOK COMMAND STARTED **********";
        let completed = "********** COOK COMMAND COMPLETED **********";
        let told = story(&[(1, "a"), (2, started), (3, "b"), (9, completed), (10, "c")]);
        assert_eq!(told, ["a", "+cook", started, "b", completed, "-cook 7s", "c"]);
    }

    #[test]
    fn the_documented_markers_end_each_other_and_the_build_ends_the_last() {
        let told = story(&[
            (1, "*** COMPILING ... ***"),
            (2, "LogCook: Cooking maps from path..."),
            (4, "LogStaging: Staging..."),
            (7, "BUILD SUCCESSFUL"),
            (8, "z"),
        ]);
        let phases: Vec<_> = told.iter().filter(|line| line.starts_with(['+', '-'])).collect();
        assert_eq!(phases, ["+compile", "-compile 1s", "+cook", "-cook 2s", "+stage", "-stage 3s"]);
        assert_eq!(told.last().map(String::as_str), Some("z"));
    }

    #[test]
    fn both_kinds_of_marker_open_a_phase_once() {
        let banner = "********** BUILD COMMAND STARTED **********";
        for lines in [["*** COMPILING Game ***", banner], [banner, "*** COMPILING ... ***"]] {
            let told = story(&[(1, lines[0]), (2, lines[1]), (3, "BUILD SUCCESSFUL"), (4, "x")]);
            assert_eq!(
                told,
                ["+compile", lines[0], lines[1], "BUILD SUCCESSFUL", "x", "-compile 3s"]
            );
        }
    }

    #[test]
    fn a_success_of_turnkey_or_gradle_is_not_the_end() {
        let package = "********** PACKAGE COMMAND STARTED **********";
        let told = story(&[
            (1, "BUILD SUCCESSFUL"),
            (2, package),
            (3, "BUILD SUCCESSFUL"),
            (4, "BUILD SUCCESSFUL in 35s"),
        ]);
        assert_eq!(told.last().map(String::as_str), Some("-package 2s"));
        assert_eq!(told.len(), 6);
    }

    #[test]
    fn a_failed_cook_and_the_end_of_uat_end_a_phase() {
        let cook = "********** COOK COMMAND STARTED **********";
        let told = story(&[(1, cook), (2, "ERROR: Cook failed."), (3, "x")]);
        assert_eq!(told, ["+cook", cook, "ERROR: Cook failed.", "-cook 1s", "x"]);
        let exit = "AutomationTool exiting with ExitCode=6 (6)";
        let told = story(&[(1, cook), (2, exit), (3, "BUILD FAILED")]);
        assert_eq!(told, ["+cook", cook, exit, "-cook 1s", "BUILD FAILED"]);
    }

    #[test]
    fn what_has_no_phase_ends_the_one_before_it() {
        let stage = "********** STAGE COMMAND STARTED **********";
        let run = "********** RUN COMMAND STARTED **********";
        let other = "********** COOK COMMAND COMPLETED **********";
        let told = story(&[(1, stage), (2, other), (3, run), (4, "x")]);
        assert_eq!(told, ["+stage", stage, other, "-stage 2s", run, "x"]);
    }

    #[test]
    fn the_sources_are_synced_before_uat_starts_and_never_after() {
        let told = story(&[
            (1, "Cloning into 'Game'..."),
            (5, "Running AutomationTool..."),
            (6, "Syncing 3 files"),
        ]);
        let cloning = "Cloning into 'Game'...";
        let expected = [
            "+source-sync",
            cloning,
            "-source-sync 4s",
            "Running AutomationTool...",
            "Syncing 3 files",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_phase_may_come_again_and_its_time_may_be_unknown() {
        let cook = "********** COOK COMMAND STARTED **********";
        let completed = "********** COOK COMMAND COMPLETED **********";
        let told = story(&[(5, cook), (4, completed), (0, cook), (9, completed)]);
        assert_eq!(told, ["+cook", cook, completed, "-cook", "+cook", cook, completed, "-cook"]);
    }
}

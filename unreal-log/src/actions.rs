//! Actions of the compiler with the time that they took. UnrealBuildTool logs it on build machines, and so does
//! IncrediBuild.

use std::time::Duration;

use crate::duration::{clock, seconds};
use crate::finding::Phase;
use crate::phases::{Phases, Speaker};
use crate::progress;

/// Reads actions, each once. UnrealBuildTool lists the slowest again at the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actions {
    /// The phase whose actions are logged one by one.
    logged_in: Option<Option<Phase>>,
}

impl Actions {
    /// The action that the line, stripped of its prefixes, reports, and how long it took.
    pub(crate) fn read<'l>(
        &mut self,
        line: &'l str,
        phases: &Phases,
    ) -> Option<(&'l str, Duration)> {
        if !line.ends_with([')', ']']) && !line.trim_ascii_start().starts_with('[') {
            return None;
        }
        let compiles = phases.current().is_none_or(|phase| phase == Phase::Compile);
        if !compiles || phases.speaker() == Speaker::Game {
            return None;
        }
        let line = line.trim();
        if let Some(action) = timed(line).or_else(|| distributed(line)) {
            self.logged_in = Some(phases.current());
            return Some(action);
        }
        summed_up(line).filter(|_| self.logged_in != Some(phases.current()))
    }
}

/// `[12/423] (Wall: 3.32s CPU: 1.20s) Compile [x64] Door.cpp`, perhaps with the target in brackets.
fn timed(line: &str) -> Option<(&str, Duration)> {
    let (_counter, rest) = progress::counter(line)?;
    let (took, name) = rest.trim_ascii_start().strip_prefix("(Wall: ")?.split_once(") ")?;
    let (wall, _rest) = took.split_once('s')?;
    Some((name.trim(), seconds(wall)?))
}

/// IncrediBuild's `[13/474] Compile Door.cpp (0:03.25 at +0:15)`, or with the helping machine
/// `Door.cpp (Agent 'Box (Core #2)', 0:03.25 at +0:15)`.
fn distributed(line: &str) -> Option<(&str, Duration)> {
    let (start, _since_start) = line.strip_suffix(')')?.rsplit_once(" at +")?;
    let (name, took) = match start.rsplit_once("', ") {
        Some((agent, took)) => (agent.split_once(" (Agent '")?.0, took),
        None => start.rsplit_once(" (")?,
    };
    let name = progress::counter(name).map_or(name, |(_counter, name)| name);
    Some((name.trim(), clock(took)?))
}

/// `Compile [x64] Door.cpp [ Wall Time 3.32 s / CPU Time 1.20 s ]`, `… [ Time 3.32s ]`.
fn summed_up(line: &str) -> Option<(&str, Duration)> {
    let (name, times) = line.strip_suffix(" ]")?.rsplit_once(" [ ")?;
    let wall = times.strip_prefix("Wall ").unwrap_or(times).strip_prefix("Time ")?;
    let (wall, _rest) = wall.split_once('s')?;
    Some((name.trim(), seconds(wall)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases;

    fn actions(lines: &[&str]) -> Vec<String> {
        let mut actions = Actions::default();
        let mut phases = Phases::default();
        let mut read = Vec::new();
        for line in lines {
            phases.enter(phases::marker(line), None, &mut |_| ());
            read.extend(
                actions.read(line, &phases).map(|(name, took)| format!("{name}: {took:?}")),
            );
            phases.leave(phases::marker(line), None, &mut |_| ());
        }
        read
    }

    #[test]
    fn every_form_of_a_timed_action_is_read() {
        for (line, expected) in [
            (
                "[12/423] (Wall: 3.32s CPU: 1.20s) Compile [x64] Door.cpp",
                "Compile [x64] Door.cpp: 3.32s",
            ),
            ("  [ 1/9] (Wall: 61,50s) Link Door.dll", "Link Door.dll: 61.5s"),
            ("[1/9] (Wall: 3.32s CPU: 1.20s Mem: 1.5 GB) Door.cpp", "Door.cpp: 3.32s"),
            (
                "[1/9][Game Win64 Shipping] (Wall: 0.50s) Compile Door.cpp",
                "Compile Door.cpp: 500ms",
            ),
            ("[13/474] Compile Door.cpp (0:03.25 at +0:15)", "Compile Door.cpp: 3.25s"),
            ("Door.cpp (2:05.95 at +16:18)", "Door.cpp: 125.95s"),
            ("[4/24] Door.cpp (Agent 'Box (Core #2)', 0:03.25 at +0:15)", "Door.cpp: 3.25s"),
            (
                "Compile [x64] Door.cpp [ Wall Time 3.32 s / CPU Time 1.20 s ]",
                "Compile [x64] Door.cpp: 3.32s",
            ),
            ("Link Door.dll [ Time 3,32s ]", "Link Door.dll: 3.32s"),
            ("Door.cpp [ Wall Time 3.32s / CPU Time 1.20s / Mem 1.5 GB ]", "Door.cpp: 3.32s"),
        ] {
            assert_eq!(actions(&[line]), [expected], "{line}");
        }
    }

    #[test]
    fn an_action_without_a_time_is_skipped() {
        for line in [
            "[12/423] Compile [x64] Door.cpp",
            "[12/423] (Wall: s) Compile Door.cpp",
            "[12/423] (Wall: 3.32s CPU: 1.20s) ",
            "[12/423] (Wall: 3.32s CPU: 1.20s",
            "(Wall: 3.32s) Compile Door.cpp",
            "[x/y] (Wall: 3.32s) Compile Door.cpp",
            "Door.cpp (0:03.25)",
            "Door.cpp (at +0:15)",
            "Door.cpp (3.25 at +0:15)",
            "(0:03.25 at +0:15)",
            "Door.cpp [ Time s ]",
            "Door.cpp [ 3.32 s ]",
            " [ Time 3.32 s ]",
        ] {
            assert_eq!(actions(&[line]), [""; 0], "{line}");
        }
    }

    #[test]
    fn the_list_of_the_slowest_actions_counts_only_without_the_actions_themselves() {
        let action = "[1/2] (Wall: 3.32s CPU: 1.20s) Compile Door.cpp";
        let slowest = "Compile Door.cpp [ Wall Time 3.32 s / CPU Time 1.20 s ]";
        let build = "********** BUILD COMMAND STARTED **********";
        let built = "********** BUILD COMMAND COMPLETED **********";
        assert_eq!(actions(&[build, action, slowest]).len(), 1);
        assert_eq!(actions(&[build, slowest, action]).len(), 2);
        assert_eq!(actions(&[build, action, built, slowest]).len(), 2);
    }

    #[test]
    fn other_phases_have_no_compile_actions() {
        let stage = "********** STAGE COMMAND STARTED **********";
        assert_eq!(actions(&[stage, "[2/2] (Wall: 99.0s) Copy Door.pak"]), [""; 0]);
    }

    #[test]
    fn the_game_has_no_compile_actions() {
        let run = "********** RUN COMMAND STARTED **********";
        assert_eq!(actions(&[run, "[1/2] (Wall: 3.32s) Wave"]), [""; 0]);
    }
}

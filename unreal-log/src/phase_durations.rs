//! The duration of a phase in the log's own words, for logs whose lines have no times.

use std::time::Duration;

use crate::duration::seconds;
use crate::finding::Phase;

/// The durations that the log has reported of a phase so far. The one that covers most of the phase counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct PhaseDurations {
    /// The whole phase, by AutomationTool.
    command: Option<Duration>,
    /// The programs that AutomationTool ran in the phase, one after the other.
    programs: Option<Duration>,
    /// The durations that the programs themselves report.
    tools: Option<Duration>,
}

impl PhaseDurations {
    /// Reads a line of the phase, stripped of its prefixes.
    pub(crate) fn read(&mut self, line: &str, phase: Phase) {
        let line = line.trim();
        match line.as_bytes().first() {
            Some(b'A' | b'B' | b'C' | b'P' | b'S') => {
                self.command = command(line, phase).or(self.command)
            }
            Some(b'T' | b'E') => {
                add(&mut self.programs, program(line, phase));
                add(&mut self.tools, tool(line, phase));
            }
            _ => {}
        }
    }

    /// How long the phase took, if the log said so.
    pub(crate) fn took(&self) -> Option<Duration> {
        self.command.or(self.programs).or(self.tools)
    }
}

fn add(sum: &mut Option<Duration>, more: Option<Duration>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default().saturating_add(more));
    }
}

/// `Build command time: 38.33 s`.
fn command(line: &str, phase: Phase) -> Option<Duration> {
    let (command, took) = line.split_once(" command time: ")?;
    let of = match command {
        "Build" => Phase::Compile,
        "Cook" => Phase::Cook,
        "Stage" => Phase::Stage,
        "Package" => Phase::Package,
        "Archive" => Phase::Upload,
        _ => return None,
    };
    (of == phase).then(|| seconds(took.strip_suffix(" s")?))?
}

/// `Took 1,060.65s to run UnrealEditor-Cmd.exe, ExitCode=0`. In other phases programs run side by side.
fn program(line: &str, phase: Phase) -> Option<Duration> {
    let (took, _program) = line.strip_prefix("Took ")?.split_once("s to run ")?;
    matches!(phase, Phase::Compile | Phase::Cook | Phase::Package).then(|| seconds(took))?
}

/// `Total execution time: 33.33 seconds` of UnrealBuildTool, or `Execution of commandlet took:  8.58 seconds` of the
/// editor that cooks. A long cook has `7m 30s (450.12 seconds)` there.
fn tool(line: &str, phase: Phase) -> Option<Duration> {
    let took = match phase {
        Phase::Compile => line.strip_prefix("Total execution time: ")?,
        Phase::Cook => line.strip_prefix("Execution of commandlet took:")?,
        _ => return None,
    };
    let (took, _unit) = took.split_once(" second")?;
    seconds(took.rsplit_once('(').map_or(took, |(_, took)| took))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(phase: Phase, lines: &[&str]) -> Option<u128> {
        let mut durations = PhaseDurations::default();
        lines.iter().for_each(|line| durations.read(line, phase));
        durations.took().map(|took| took.as_millis())
    }

    #[test]
    fn every_form_of_a_phase_duration_is_read() {
        for (phase, line, expected) in [
            (Phase::Compile, "Build command time: 38.33 s", 38_330),
            (Phase::Cook, "Cook command time: 15,60 s", 15_600),
            (Phase::Stage, "Stage command time: 5.98 s", 5_980),
            (Phase::Package, "Package command time: 74.68 s", 74_680),
            (Phase::Upload, "Archive command time: 0.33 s", 330),
            (Phase::Compile, "Took 33,52s to run UnrealBuildTool.exe, ExitCode=0", 33_520),
            (Phase::Cook, "Took 1,060.65s to run UnrealEditor-Cmd.exe, ExitCode=1", 1_060_650),
            (Phase::Package, "Took 74.5s to run cmd.exe, ExitCode=0", 74_500),
            (Phase::Compile, "  Total execution time: 33.33 seconds", 33_330),
            (Phase::Cook, "Execution of commandlet took:  8.58 seconds", 8_580),
            (Phase::Cook, "Execution of commandlet took:  7m 30s (450.12 seconds)", 450_120),
        ] {
            assert_eq!(millis(phase, &[line]), Some(expected), "{line}");
        }
    }

    #[test]
    fn durations_of_other_things_do_not_count() {
        for (phase, line) in [
            (Phase::Cook, "Build command time: 38.33 s"),
            (Phase::Compile, "Run command time: 38.33 s"),
            (Phase::Compile, "Build command time: soon"),
            (Phase::Stage, "Took 1.2s to run UnrealPak.exe, ExitCode=0"),
            (Phase::Cook, "Took 1.2s to verify 300 packages"),
            (Phase::Stage, "Execution of commandlet took:  8.58 seconds"),
            (Phase::Cook, "Total execution time: 33.33 seconds"),
            (Phase::Compile, "LogX: Total execution time: 33.33 seconds"),
        ] {
            assert_eq!(millis(phase, &[line]), None, "{line}");
        }
    }

    #[test]
    fn the_duration_that_covers_most_counts_and_programs_are_added_up() {
        let tool = "Total execution time: 30.00 seconds";
        let program = "Took 31.00s to run dotnet.exe, ExitCode=0";
        let command = "Build command time: 64.00 s";
        assert_eq!(millis(Phase::Compile, &[tool, tool]), Some(60_000));
        assert_eq!(millis(Phase::Compile, &[tool, program, tool, program]), Some(62_000));
        assert_eq!(millis(Phase::Compile, &[tool, program, command, "Built"]), Some(64_000));
    }
}

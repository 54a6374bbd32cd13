//! The builds that the demo can show.

use std::io::{self, Write};

/// One of them.
pub(crate) struct Show {
    pub(crate) name: &'static str,
    about: &'static str,
    /// How the step must end.
    pub(crate) exit_code: i32,
    /// The script form of a scenario.
    pub(crate) script: &'static str,
}

const SHOWS: &[Show] = &[
    Show {
        name: "success",
        about: "a Win64 build that compiles, cooks, stages and uploads",
        exit_code: 0,
        script: include_str!("../../scenarios/success.scenario"),
    },
    Show {
        name: "compile-error",
        about: "a C++ file that does not compile",
        exit_code: 10,
        script: include_str!("../../scenarios/compile-error.scenario"),
    },
    Show {
        name: "cook-error",
        about: "a Blueprint that does not compile, so that its map cannot be cooked",
        exit_code: 10,
        script: include_str!("../../scenarios/cook-error.scenario"),
    },
    Show {
        name: "superseded",
        about: "a newer build of the same target takes the place of this one",
        exit_code: 11,
        script: include_str!("../../scenarios/superseded.scenario"),
    },
    Show {
        name: "flaky-connection",
        about: "the connection is cut and freezes, the service restarts, and the build succeeds",
        exit_code: 0,
        script: include_str!("../../scenarios/flaky-connection.scenario"),
    },
    Show {
        name: "hostile",
        about: "a log full of lines that try to command the CI",
        exit_code: 10,
        script: include_str!("../../scenarios/hostile.scenario"),
    },
    Show {
        name: "flood",
        about: "200,000 lines as fast as they are taken",
        exit_code: 0,
        script: include_str!("../../scenarios/flood.scenario"),
    },
    Show {
        name: "refused",
        about: "a token that was revoked",
        exit_code: 21,
        script: include_str!("../../scenarios/refused.scenario"),
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Show> {
    SHOWS.iter().find(|show| show.name == name)
}

pub(crate) fn names() -> Vec<&'static str> {
    SHOWS.iter().map(|show| show.name).collect()
}

pub(crate) fn list(out: &mut dyn Write) -> io::Result<()> {
    for Show { name, about, exit_code, .. } in SHOWS {
        writeln!(out, "{name:<17} {about} (exit code {exit_code})")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use simulator::{Scenario, Step};

    use super::*;

    /// In milliseconds.
    fn paused(scenario: &Scenario) -> u64 {
        let pauses = scenario.timeline.iter().map(|step| match step {
            Step::Pause(milliseconds) => *milliseconds,
            _ => 0,
        });
        pauses.sum()
    }

    #[test]
    fn every_script_can_be_read_and_takes_less_than_fifteen_seconds() {
        for show in SHOWS {
            let scenario: Scenario = show.script.parse().unwrap();
            assert!(paused(&scenario) < 15_000, "{}", show.name);
        }
    }

    /// The demo is the first thing that people run, again and again.
    #[test]
    fn the_default_scenario_takes_less_than_two_seconds() {
        let scenario: Scenario = find("compile-error").unwrap().script.parse().unwrap();
        assert!(paused(&scenario) < 2_000);
    }

    /// A difference in one character would make two errors of one.
    #[test]
    fn the_summary_of_a_cook_repeats_lines_of_its_log() {
        let (log, summary) =
            find("cook-error").unwrap().script.split_once("Warning/Error Summary").unwrap();
        let repeated = |line: &&str| line.contains(": Error: ") || line.contains(": Warning: ");
        let messages =
            summary.lines().filter(repeated).map(|line| line.replace("LogInit: Display: ", ""));
        let messages: Vec<_> = messages.collect();
        assert_eq!(messages.len(), 2);
        for message in messages {
            assert!(log.lines().any(|line| line.ends_with(&message)), "{message}");
        }
    }
}

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

    #[test]
    fn every_script_can_be_read_and_takes_less_than_fifteen_seconds() {
        for show in SHOWS {
            let scenario: Scenario = show.script.parse().unwrap();
            let pauses = scenario.timeline.iter().map(|step| match step {
                Step::Pause(milliseconds) => *milliseconds,
                _ => 0,
            });
            assert!(pauses.sum::<u64>() < 15_000, "{}", show.name);
        }
    }
}

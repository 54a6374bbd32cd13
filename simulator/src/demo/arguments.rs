//! The command line of the demo.

use anyhow::{Context, bail};
use simulator::ci::Ci;

use crate::scenarios::{self, Show};

pub(crate) enum Command {
    Help,
    List,
    Show { ci: Ci, show: &'static Show, speed: f64 },
}

/// The text of `--help`.
pub(crate) fn usage() -> String {
    format!(
        "\
usage: cargo demo [OPTIONS]

  --ci NAME         whose output to show (default: github):
                    {}
  --scenario NAME   what happens to the build (default: compile-error):
                    {}
  --speed FACTOR    how much faster than scripted (default: 1)
  --list            say what happens in each scenario
  --help            show this

In a terminal the output is shown as on the CI's web page. In a pipe it is exactly what the
CI gets.",
        listed(&ci_names()),
        listed(&scenarios::names()),
    )
}

fn ci_names() -> Vec<&'static str> {
    Ci::ALL.into_iter().map(Ci::name).collect()
}

/// Names for the help, in rows that fit a terminal.
fn listed(names: &[&str]) -> String {
    let rows: Vec<_> = names.chunks(5).map(|row| row.join(", ")).collect();
    rows.join(",\n                    ")
}

/// Reads the arguments, without the name of the program.
pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Command> {
    let (mut ci, mut name, mut speed) = (Ci::GitHub, "compile-error".to_owned(), 1.0);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            // The alias ends with one already, but people type another one.
            "--" => {}
            "--help" | "-h" => return Ok(Command::Help),
            "--list" => return Ok(Command::List),
            "--ci" => ci = ci_named(&value()?)?,
            "--scenario" => name = value()?,
            "--speed" => speed = factor(&value()?)?,
            _ => bail!("unknown argument `{argument}`"),
        }
    }
    let Some(show) = scenarios::find(&name) else {
        bail!("unknown scenario `{name}`; known: {}", scenarios::names().join(", "));
    };
    Ok(Command::Show { ci, show, speed })
}

fn ci_named(name: &str) -> anyhow::Result<Ci> {
    let unknown = || format!("unknown CI `{name}`; known: {}", ci_names().join(", "));
    Ci::named(name).with_context(unknown)
}

fn factor(text: &str) -> anyhow::Result<f64> {
    match text.parse() {
        Ok(factor) if factor > 0.0 => Ok(factor),
        _ => bail!("--speed takes a number above 0, not `{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(line: &str) -> anyhow::Result<Command> {
        read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_choose_what_is_shown() {
        let Command::Show { ci, show, speed } = read_all("").unwrap() else { panic!() };
        assert!(matches!((ci, show.name, speed), (Ci::GitHub, "compile-error", 1.0)));
        let line = "-- --ci gitlab --scenario success --speed 2.5";
        let Command::Show { ci, show, speed } = read_all(line).unwrap() else { panic!() };
        assert!(matches!((ci, show.name, speed), (Ci::GitLab, "success", 2.5)));
    }

    #[test]
    fn a_mistake_is_one_error_that_names_the_known_values() {
        for (line, error) in [
            ("--cj github", "unknown argument `--cj`"),
            ("--ci", "--ci needs a value"),
            (
                "--ci bamboo",
                "unknown CI `bamboo`; known: github, gitea, forgejo, act, gitlab, azure, buildkite, teamcity, \
                 circleci, bitbucket, travis, jenkins, plain, terminal",
            ),
            ("--speed 0", "--speed takes a number above 0, not `0`"),
            (
                "--scenario nope",
                "unknown scenario `nope`; known: success, compile-error, cook-error, superseded, \
                 flaky-connection, hostile, flood, refused",
            ),
        ] {
            assert_eq!(read_all(line).err().unwrap().to_string(), error);
        }
    }
}

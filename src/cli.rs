//! The command line: `--help` and `--version`. All inputs are environment variables.

use std::ffi::OsString;
use std::fmt::Write;

use crate::config::inputs::INPUTS;
use crate::error::ExitCode;
use crate::report::OUTPUTS;

/// The request on the command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Run a build.
    Run,
    /// Print this and succeed.
    Print(String),
    /// Print this and fail: the command line is wrong.
    Usage(String),
}

const USAGE: &str = "Usage: buildpixel-ci [--help | --version]";

/// Reads the arguments after the program's name.
pub fn command(arguments: &[OsString]) -> Command {
    match arguments {
        [] => Command::Run,
        [only] if only == "--help" || only == "-h" => Command::Print(help()),
        [only] if only == "--version" || only == "-V" => {
            Command::Print(format!("buildpixel-ci {}\n", env!("CARGO_PKG_VERSION")))
        }
        [first, ..] => Command::Usage(format!(
            "error: unknown argument {first:?}; give inputs as environment variables, for example BUILDPIXEL_PROJECT\n{USAGE}\n"
        )),
    }
}

fn help() -> String {
    let mut text = format!(
        "{}\n\n{USAGE}\n\n\
         Triggers a build, follows its log live, and exits with the build's result. All inputs are environment\n\
         variables: `build-id` is read from INPUT_BUILD-ID, then INPUT_BUILD_ID, then BUILDPIXEL_BUILD_ID.\n\
         INPUT_* variables of an action that calls this program are ignored.\n",
        env!("CARGO_PKG_DESCRIPTION"),
    );
    table(
        &mut text,
        "Inputs (default)",
        INPUTS.iter().map(|input| match input.default {
            "–" => (input.name.to_owned(), input.meaning),
            default => (format!("{} ({default})", input.name), input.meaning),
        }),
    );
    table(
        &mut text,
        "Outputs",
        OUTPUTS.iter().map(|output| (output.name.to_owned(), output.value)),
    );
    table(
        &mut text,
        "Exit codes (1x the build's result, 2x fix the workflow, 3x no verdict: 30 retry, 31 check or \
         follow the build with `build-id`; 4x a problem on the runner)",
        ExitCode::ALL
            .into_iter()
            .map(|code| (format!("{} {}", code.number(), code.name()), code.meaning())),
    );
    text
}

fn table<'t>(
    text: &mut String,
    title: &str,
    rows: impl Iterator<Item = (String, &'t str)> + Clone,
) {
    // The longest default is a URL. Its row may be wider than the column.
    let width = rows.clone().map(|(name, _)| name.len()).filter(|width| *width < 24).max();
    let width = width.unwrap_or_default();
    // Writing to a String cannot fail.
    let _written = write!(text, "\n{title}:\n");
    for (name, meaning) in rows {
        let _written = writeln!(text, "  {name:width$}  {meaning}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(arguments: &[&str]) -> Command {
        super::command(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn only_help_and_version_are_known() {
        assert_eq!(command(&[]), Command::Run);
        assert!(matches!(command(&["--version"]), Command::Print(text) if text.contains("0.1.0")));
        for unknown in [&["--token=x"][..], &["--help", "--version"], &["build"], &[""]] {
            assert!(matches!(command(unknown), Command::Usage(text) if text.contains(USAGE)));
        }
    }
}

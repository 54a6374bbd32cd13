//! Runs the step as a CI would, and shows what comes of it.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use simulator::{Scenario, Simulator};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::ci::Ci;
use crate::scenarios::Show;
use crate::screen::{self, BOLD, RESET, Screen};

/// Returns whether the step ended as its scenario expects.
pub(crate) async fn show(
    program: &Path,
    ci: Ci,
    show: &'static Show,
    speed: f64,
) -> anyhow::Result<bool> {
    let workspace = tempfile::tempdir()?;
    std::fs::create_dir_all(workspace.path().join(".runner"))?;
    let scenario: Scenario = show.script.parse().context("the scenario cannot be read")?;
    let simulator = Simulator::start(scenario.speed(speed)).await?;

    let terminal = io::stdout().is_terminal();
    let mut command = Command::new(program);
    command
        .current_dir(workspace.path())
        .env_clear()
        .envs(inherited(terminal && ci == Ci::Plain))
        .envs(ci.environment(workspace.path()))
        .envs(ci.inputs(simulator.url()));
    let status = if terminal && ci.has_markup() {
        draw(command).await?
    } else {
        wait(command.spawn().context("cannot run the step")?).await?
    };
    if terminal {
        show_results(ci, workspace.path())?;
    }
    report(status, show.exit_code)
}

/// The little that a process needs to run at all; in a terminal also what it says of its colours.
#[expect(clippy::disallowed_methods, reason = "the step gets no variable that is not chosen here")]
fn inherited(terminal: bool) -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let colours: &[_] = if terminal { &["TERM", "NO_COLOR"] } else { &[] };
    let needed = ["PATH", "HOME", "TMPDIR", "SystemRoot", "TEMP"];
    let names = needed.into_iter().chain(colours.iter().copied());
    names.filter_map(|name| Some((name, std::env::var_os(name)?)))
}

async fn draw(mut command: Command) -> anyhow::Result<ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run the step")?;
    let output = child.stdout.take().context("the step has no output")?;
    let drawing = tokio::spawn(async move {
        let mut lines = BufReader::new(output).split(b'\n');
        let mut screen = Screen::new(io::stdout());
        while let Some(line) = lines.next_segment().await? {
            screen.line(&String::from_utf8_lossy(&line))?;
        }
        io::Result::Ok(())
    });
    let status = wait(child).await?;
    drawing.await??;
    Ok(status)
}

/// Waits for the step. An interrupt reaches the step by itself, and how it ends is worth seeing.
async fn wait(mut child: tokio::process::Child) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    }
}

fn show_results(ci: Ci, workspace: &Path) -> io::Result<()> {
    let mut out = io::stdout();
    for (title, text) in ci.results(workspace) {
        writeln!(out, "\n{BOLD}── {title} ──{RESET}")?;
        screen::harmless_lines(&text).try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn report(status: ExitStatus, expected: i32) -> anyhow::Result<bool> {
    let mut out = io::stderr();
    let Some(code) = status.code() else {
        writeln!(out, "\nthe step was killed: {status}")?;
        return Ok(false);
    };
    writeln!(out, "\nthe step's exit code: {code} ({})", meaning(code))?;
    if code != expected {
        writeln!(out, "expected: {expected} ({})", meaning(expected))?;
    }
    Ok(code == expected)
}

fn meaning(code: i32) -> &'static str {
    match code {
        0 => "success",
        1 => "internal: a bug",
        10 => "build-failed: the build failed",
        11 => "superseded: a newer build replaced it",
        12 => "timed-out: the deadline passed, the build runs on",
        20 => "config: an input is missing or invalid",
        21 => "refused: the API refused",
        30 => "unavailable: the API cannot be reached, safe to retry",
        31 => "lost: the verdict could not be learnt",
        32 => "protocol: the API's answer could not be understood",
        40 => "artifact: the download failed",
        41 => "output: results could not be written",
        130 => "interrupted",
        143 => "terminated",
        _ => "no code of this program",
    }
}

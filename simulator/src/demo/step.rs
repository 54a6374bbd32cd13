//! Runs the step as a CI would, and shows its output, its exit code and the files that it leaves behind.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use simulator::ci::Ci;
use simulator::{Scenario, Simulator};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::results;
use crate::scenarios::Show;
use crate::screen::{GREEN, RED, RESET, Screen};

/// The program and the files of the demo, in cargo's target folder.
pub(crate) struct Places {
    program: PathBuf,
    results: PathBuf,
}

impl Places {
    /// Finds them from where the demo is.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let demo = std::env::current_exe()?;
        let folder = demo.parent().context("the demo has no folder")?;
        let program = folder.join(format!("buildpixel-ci{}", std::env::consts::EXE_SUFFIX));
        anyhow::ensure!(program.is_file(), "{} is missing: use `cargo demo`", program.display());
        Ok(Self { program, results: folder.with_file_name("demo") })
    }
}

/// Returns whether the step ended as its scenario expects.
pub(crate) async fn show(
    places: &Places,
    ci: Ci,
    show: &'static Show,
    speed: f64,
) -> anyhow::Result<bool> {
    let workspace = tempfile::tempdir()?;
    std::fs::create_dir_all(workspace.path().join(".runner"))?;
    let scenario: Scenario = show.script.parse().context("the scenario cannot be read")?;
    let simulator = Simulator::start(scenario.speed(speed)).await?;

    let is_terminal = io::stdout().is_terminal();
    let mut command = Command::new(&places.program);
    command
        .current_dir(workspace.path())
        .env_clear()
        .envs(inherited(is_terminal && ci == Ci::Terminal))
        .envs(ci.environment(workspace.path()))
        .envs(ci.inputs(simulator.url()));
    let status = match ci {
        // The program draws on a terminal by itself.
        Ci::Terminal => wait(command.spawn().context("cannot run the step")?).await?,
        _ if is_terminal => draw(ci, command).await?,
        _ => wait(command.spawn().context("cannot run the step")?).await?,
    };
    let kept = results::keep(ci, workspace.path(), &places.results)?;
    report(status, show.exit_code, &kept)
}

/// The few variables that a process needs to run at all. A program that draws on the terminal also gets those that
/// describe it.
#[expect(clippy::disallowed_methods, reason = "the step gets no variable that is not chosen here")]
fn inherited(terminal: bool) -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    let drawing: &[_] = if terminal { &["TERM", "NO_COLOR"] } else { &[] };
    let needed = ["PATH", "HOME", "TMPDIR", "SystemRoot", "TEMP"];
    let names = needed.into_iter().chain(drawing.iter().copied());
    names.filter_map(|name| Some((name, std::env::var_os(name)?)))
}

async fn draw(ci: Ci, mut command: Command) -> anyhow::Result<ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run the step")?;
    let output = child.stdout.take().context("the step has no output")?;
    let drawing = tokio::spawn(async move {
        let mut output = BufReader::new(output);
        let mut screen = Screen::new(ci, io::stdout());
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).await? > 0 {
            let text = String::from_utf8_lossy(&line);
            screen.line(text.strip_suffix('\n').unwrap_or(&text));
            line.clear();
            if output.buffer().is_empty() {
                screen.draw()?;
            }
        }
        screen.end()
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

/// Goes to stderr: stdout has what the CI gets, and nothing else.
fn report(
    status: ExitStatus,
    expected: i32,
    kept: &[(&'static str, PathBuf)],
) -> anyhow::Result<bool> {
    let mut out = io::stderr();
    let Some(code) = status.code() else {
        writeln!(out, "\nthe step was killed: {status}")?;
        return Ok(false);
    };
    let (colour, reset) = match (out.is_terminal(), code) {
        (false, _) => ("", ""),
        (true, 0) => (GREEN, RESET),
        (true, _) => (RED, RESET),
    };
    writeln!(out, "\nexit code: {colour}{code} ({}){reset}", meaning(code))?;
    for (name, path) in kept {
        writeln!(out, "{name}: {}", near(path).display())?;
    }
    if code != expected {
        writeln!(out, "error: the scenario expects exit code {expected} ({})", meaning(expected))?;
    }
    Ok(code == expected)
}

/// The path from the current folder, if it is below.
fn near(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
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

//! One run: a build that logs so many lines, and what following it cost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bench::process::{self, Usage};
use simulator::{PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN};

/// The cost of one run.
pub(crate) struct Cost {
    /// From the first line to the last, as the reader of the pipe saw it.
    pub(crate) took: Duration,
    pub(crate) usage: Usage,
}

/// Runs the program on a log of so many lines.
///
/// # Errors
/// Also when a line is lost, repeated or out of place: then there is nothing to measure.
pub(crate) async fn measure(program: &Path, lines: u64) -> anyhow::Result<Cost> {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .flood(lines)
        // The costs are read while the program still lives.
        .await_requests("GET", "/go", 1)
        .status("complete");
    let simulator = Simulator::start(scenario).await?;
    let mut child = Command::new(program)
        .env_clear()
        .env("BUILDPIXEL_TOKEN", TOKEN)
        .env("BUILDPIXEL_PROJECT", PROJECT_ID)
        .env("BUILDPIXEL_BUILD_SETTING", SETTING_ID)
        .env("BUILDPIXEL_API_URL", simulator.url())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| program.display().to_string())?;
    let mut stdout = BufReader::new(child.stdout.take().context("no stdout")?);

    let took = read_all(&mut stdout, lines)?;
    let usage = process::usage(child.id())?;

    let mut go = TcpStream::connect(simulator.url().replace("http://", ""))?;
    go.write_all(b"GET /go HTTP/1.0\r\n\r\n")?;
    stdout.read_to_end(&mut Vec::new())?;
    ensure!(child.wait()?.success(), "the program failed");
    Ok(Cost { took, usage })
}

fn read_all(stdout: &mut impl BufRead, lines: u64) -> anyhow::Result<Duration> {
    let mut line = String::new();
    let mut started = None;
    let mut expected = 1;
    while expected <= lines {
        line.clear();
        ensure!(stdout.read_line(&mut line)? > 0, "line {expected} is missing");
        let Some(number) = line.strip_prefix("flood line ") else {
            continue;
        };
        started.get_or_insert_with(Instant::now);
        ensure!(number.trim_end() == expected.to_string(), "not line {expected}: {line}");
        expected += 1;
    }
    Ok(started.map(|started| started.elapsed()).unwrap_or_default())
}

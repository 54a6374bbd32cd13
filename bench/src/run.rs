//! One run: a build that logs so many lines, and what following it cost.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use simulator::{PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN};

/// What `/proc` counts processor time in (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What one run cost.
pub(crate) struct Cost {
    /// From the first line to the last, as the reader of the pipe saw it.
    pub(crate) took: Duration,
    pub(crate) user_seconds: f64,
    pub(crate) system_seconds: f64,
    /// The most that was ever resident.
    pub(crate) peak_kib: u64,
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
    let process = format!("/proc/{}", child.id());
    let peak_kib = peak_kib(&fs::read_to_string(format!("{process}/status"))?)?;
    let (user_seconds, system_seconds) =
        processor(&fs::read_to_string(format!("{process}/stat"))?)?;

    let mut go = TcpStream::connect(simulator.url().replace("http://", ""))?;
    go.write_all(b"GET /go HTTP/1.0\r\n\r\n")?;
    stdout.read_to_end(&mut Vec::new())?;
    ensure!(child.wait()?.success(), "the program failed");
    Ok(Cost { took, user_seconds, system_seconds, peak_kib })
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

fn peak_kib(status: &str) -> anyhow::Result<u64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.context("no VmHWM")?.trim().trim_end_matches(" kB");
    peak.parse().context("VmHWM")
}

/// User and system seconds: the 14th and 15th field, of which the second is in brackets.
fn processor(stat: &str) -> anyhow::Result<(f64, f64)> {
    let (_, fields) = stat.rsplit_once(") ").context("no name")?;
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<f64>);
    let mut next = || anyhow::Ok(ticks.next().context("too short")?? / TICKS_PER_SECOND);
    Ok((next()?, next()?))
}

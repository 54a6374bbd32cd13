//! Follows a long build through one fault after the other, and compares what the program printed with
//! what the service logged, byte for byte. Linux only.
//!
//! `cargo run --release --bin soak -- [--lines N] [--pace LINES/S] [--seed N] [--load N] PROGRAM`. Ends with an
//! error if a line is missing, repeated, not as it should be, or out of place without being called
//! late, and if more lines are late or more notices of missing lines come than usual.

mod comparison;
mod logged;
mod script;

use std::io::{BufRead, BufReader, Write, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use bench::process;
use comparison::Comparison;
use script::Script;
use simulator::{Entry, PROJECT_ID, SETTING_ID, Simulator, TOKEN};

/// At most one line of text in so many is printed late, and the lines of one outage. Runs of a million
/// lines have had 7 in 1,000, and 15 on a busy machine.
const ONE_LATE_IN: u64 = 100;

/// The longest outage, in seconds. A short run may have its late lines at once.
const OUTAGE_S: u64 = 2;

/// At most one notice of missing lines comes for so many lines, and a few more. Runs of a million
/// lines have had 2 to 7 of them.
const ONE_GAP_IN: u64 = 100_000;
const FEW_GAPS: u64 = 3;

struct Options {
    lines: u64,
    pace: u64,
    seed: u64,
    /// How many times as many late lines and notices are accepted, because the machine is busy.
    load: u64,
    program: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = read(std::env::args().skip(1))?;
    let script = Script::new(options.lines, options.pace, options.seed);
    let simulator = Simulator::start(script.scenario).await?;
    let started = Instant::now();
    let mut child = Command::new(&options.program)
        .env_clear()
        .env("BUILDPIXEL_TOKEN", TOKEN)
        .env("BUILDPIXEL_PROJECT", PROJECT_ID)
        .env("BUILDPIXEL_BUILD_SETTING", SETTING_ID)
        .env("BUILDPIXEL_API_URL", simulator.url())
        .env("BUILDPIXEL_CI", "plain")
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| options.program.display().to_string())?;
    let mut shown = BufReader::new(child.stdout.take().context("no stdout")?);

    let mut comparison = Comparison::new(options.lines, options.seed);
    let mut line = String::new();
    let mut lines: u64 = 0;
    let mut usage = process::usage(child.id())?;
    while shown.read_line(&mut line)? > 0 {
        comparison.take(line.trim_end_matches('\n'));
        line.clear();
        lines += 1;
        if lines.is_multiple_of(1_000) {
            // Fails once the program has ended.
            usage = process::usage(child.id()).unwrap_or(usage);
        }
    }
    let took = started.elapsed();
    ensure!(child.wait()?.success(), "the program failed");

    let journal = simulator.journal();
    let sessions = journal.iter().filter(|entry| **entry == Entry::Connected).count();
    let requests = journal.iter().filter(|e| matches!(e, Entry::Request { .. })).count();
    let mut out = stdout();
    for (fault, times) in &script.faults {
        writeln!(out, "{times:>9} × {fault}")?;
    }
    let faults: u64 = script.faults.values().sum();
    writeln!(out, "{faults:>9} faults in {:.0} s", took.as_secs_f64())?;
    writeln!(out, "{:>9} times the stream was lost", comparison.interruptions)?;
    writeln!(out, "{sessions:>9} sessions, {requests} requests to REST")?;
    writeln!(out, "{:>9} lines logged", options.lines)?;
    writeln!(out, "{:>9} lines of text agree", comparison.agreeing)?;
    writeln!(out, "{:>9} lines printed late", comparison.late)?;
    writeln!(out, "{:>9} notices that lines may be missing", comparison.gaps)?;
    let (late, gaps) = (comparison.late, comparison.gaps);
    let usual_late = (comparison.agreeing + late) / ONE_LATE_IN + options.pace * OUTAGE_S;
    let usual_gaps = options.lines / ONE_GAP_IN + FEW_GAPS;
    let (most_late, most_gaps) = (options.load * usual_late, options.load * usual_gaps);
    let result = comparison.finish();
    writeln!(out, "{:>9} lost", result.lost)?;
    writeln!(out, "{:>9} repeated", result.repeated)?;
    writeln!(out, "{:>9} blocks of late lines out of order", result.misplaced)?;
    writeln!(out, "{:>9} KiB resident at most", usage.peak_kib)?;
    writeln!(out, "{:>9.2} s user, {:.2} s system", usage.user_seconds, usage.system_seconds)?;
    let is_whole = result.lost == 0 && result.repeated == 0 && result.misplaced == 0;
    ensure!(is_whole, "the printed lines are not the logged ones");
    ensure!(late <= most_late, "{late} lines were late; at most {most_late} may be");
    ensure!(gaps <= most_gaps, "{gaps} notices of missing lines; at most {most_gaps} may come");
    Ok(())
}

fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options =
        Options { lines: 1_000_000, pace: 2_000, seed: 1, load: 1, program: PathBuf::new() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--lines" => options.lines = value()?.parse()?,
            "--pace" => options.pace = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--load" => options.load = value()?.parse()?,
            _ => options.program = std::path::absolute(&argument)?,
        }
    }
    ensure!(
        options.program.is_file(),
        "usage: soak [--lines N] [--pace LINES/S] [--seed N] [--load N] PROGRAM"
    );
    Ok(options)
}

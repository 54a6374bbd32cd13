//! Streams long logs through real binaries into a pipe, and prints what each run cost. Linux only.
//!
//! `cargo run --release -- [--rounds N] [--lines N,N,…] PROGRAM…`: several programs, such as one
//! from before a change and one from after it, take turns, so that a busy machine treats them alike.

mod run;

use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::{Context, bail};

struct Options {
    rounds: u32,
    lines: Vec<u64>,
    programs: Vec<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = read(std::env::args().skip(1))?;
    let mut out = stdout();
    writeln!(
        out,
        "{:>9} {:>9} {:>8} {:>8} {:>8}  program",
        "lines", "lines/s", "user s", "sys s", "KiB"
    )?;
    for _ in 0..options.rounds {
        for &lines in &options.lines {
            for program in &options.programs {
                let cost = run::measure(program, lines).await?;
                let pace = lines as f64 / cost.took.as_secs_f64();
                writeln!(
                    out,
                    "{lines:>9} {pace:>9.0} {:>8.2} {:>8.2} {:>8}  {}",
                    cost.usage.user_seconds,
                    cost.usage.system_seconds,
                    cost.usage.peak_kib,
                    program.display()
                )?;
            }
        }
    }
    Ok(())
}

fn read(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options =
        Options { rounds: 3, lines: vec![50_000, 200_000, 1_000_000], programs: Vec::new() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--rounds" => options.rounds = value()?.parse()?,
            "--lines" => {
                options.lines = value()?.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            _ => options.programs.push(std::path::absolute(&argument)?),
        }
    }
    if options.programs.is_empty() {
        bail!("usage: bench [--rounds N] [--lines N,N,…] PROGRAM…");
    }
    Ok(options)
}

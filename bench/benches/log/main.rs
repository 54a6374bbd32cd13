//! How fast the pipeline reads a log, without processes and network. `--check` instead says whether it is fast enough,
//! and fails if not: tests have no clock, so this is where it is held.

mod mix;
#[path = "../../../src/reader/slow_lines.rs"]
mod slow_lines;

use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use buildpixel_ci::model::{Level, LogLine};
use buildpixel_ci::reader::Pipeline;
use buildpixel_ci::text::{Cleaner, Style};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

/// Lines of a mix.
const LINES: usize = 20_000;
const MEGABYTE: usize = 1 << 20;
/// An ordinary log must be read so fast.
const LINES_PER_SECOND: f64 = 500_000.0;
/// Any line of a megabyte must be read within this time.
const LONGEST: Duration = Duration::from_millis(50);
/// The best of so many counts: others may be busy on this machine.
const TRIES: usize = 7;

/// Compiling the tables is not measured.
static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| {
    Pipeline::new(Cleaner::new(&["tok123456", "hunter2!"], Style::default()), None)
});

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--check") {
        return check();
    }
    divan::main();
    ExitCode::SUCCESS
}

#[divan::bench]
fn ordinary_lines(bencher: Bencher) {
    mixed(bencher, &mix::ordinary(LINES));
}

#[divan::bench]
fn five_in_a_hundred_are_warnings(bencher: Bencher) {
    mixed(bencher, &mix::with_warnings(LINES));
}

#[divan::bench]
fn a_cook_that_floods_with_errors(bencher: Bencher) {
    mixed(bencher, &mix::cook_errors(LINES));
}

#[divan::bench(args = slow_lines::lines(MEGABYTE).map(|(name, _)| name), sample_count = 10)]
fn a_line_of_a_megabyte(bencher: Bencher, name: &str) {
    let line =
        slow_lines::lines(MEGABYTE).find(|(other, _)| name == other).map(|(_, line)| message(line));
    let line = line.into_iter().collect::<Vec<_>>();
    let pipeline = || PIPELINE.clone();
    bencher
        .counter(BytesCount::new(MEGABYTE))
        .with_inputs(pipeline)
        .bench_local_values(|pipeline| feed(pipeline, &line));
}

fn mixed(bencher: Bencher, lines: &[String]) {
    let lines: Vec<_> = lines.iter().cloned().map(message).collect();
    let pipeline = || PIPELINE.clone();
    bencher
        .counter(ItemsCount::new(lines.len()))
        .with_inputs(pipeline)
        .bench_local_values(|pipeline| feed(pipeline, &lines));
}

fn message(message: String) -> LogLine {
    LogLine { timestamp: None, level: Level::Info, message }
}

/// The pipeline is given back, so that its end is not measured.
fn feed(mut pipeline: Pipeline, lines: &[LogLine]) -> Pipeline {
    for line in lines {
        pipeline.feed(line, &mut |event| drop(black_box(event)));
    }
    pipeline.finish(&mut |event| drop(black_box(event)));
    pipeline
}

fn check() -> ExitCode {
    let mut fast_enough = true;
    for (name, lines) in [
        ("ordinary lines", mix::ordinary(LINES)),
        ("5 % warnings", mix::with_warnings(LINES)),
        ("a flood of errors", mix::cook_errors(LINES)),
    ] {
        let took = best(&lines.into_iter().map(message).collect::<Vec<_>>());
        let rate = LINES as f64 / took.as_secs_f64();
        println!("{rate:>9.0} lines a second: {name}");
        fast_enough &= name != "ordinary lines" || rate >= LINES_PER_SECOND;
    }
    let mut worst: Vec<_> =
        slow_lines::lines(MEGABYTE).map(|(name, line)| (best(&[message(line)]), name)).collect();
    worst.sort();
    for (took, name) in worst.iter().rev().take(10) {
        println!("{:>6.1} ms for a line of 1 MB: {name}", took.as_secs_f64() * 1000.0);
    }
    fast_enough &= worst.iter().all(|(took, _)| *took < LONGEST);
    if !fast_enough {
        eprintln!(
            "too slow: {LINES_PER_SECOND} ordinary lines a second and less than {LONGEST:?} for a line are asked"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn best(lines: &[LogLine]) -> Duration {
    let once = || {
        let pipeline = PIPELINE.clone();
        let start = Instant::now();
        let pipeline = feed(pipeline, lines);
        let took = start.elapsed();
        drop(pipeline);
        took
    };
    (0..TRIES).map(|_| once()).min().unwrap_or_default()
}

//! The cost of a process so far, from `/proc`. Linux only.

use std::fs;

use anyhow::Context;

/// The unit in which `/proc` counts processor time (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

/// The cost of a process so far.
pub struct Usage {
    /// Processor time in the program, in seconds.
    pub user_seconds: f64,
    /// Processor time in the kernel, in seconds.
    pub system_seconds: f64,
    /// The most that was ever resident, in KiB.
    pub peak_kib: u64,
}

/// Asks about a process that still lives.
///
/// # Errors
/// `/proc` has no such process, or does not have the usual form.
pub fn usage(process: u32) -> anyhow::Result<Usage> {
    let read = |file| fs::read_to_string(format!("/proc/{process}/{file}"));
    let (user_seconds, system_seconds) = processor(&read("stat")?)?;
    Ok(Usage { user_seconds, system_seconds, peak_kib: peak_kib(&read("status")?)? })
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

//! A log that is long, through the real pipe: nothing lost, nothing repeated, memory flat.

use simulator::Scenario;

use crate::program::Program;

const LINES: u64 = 200_000;

#[tokio::test]
async fn a_long_log_comes_through_whole_and_in_order_in_little_memory() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .flood(LINES)
        .await_requests("GET", "/go", 1)
        .status("complete");
    let program = Program::new(scenario).await.env("BUILDPIXEL_REPORTS_DIR", "reports");
    let mut running = program.start();
    running.shows("build is running\n");
    let mut line = String::new();
    for number in 1..=LINES {
        assert_eq!(running.line(&mut line), format!("flood line {number}\n"));
    }
    #[cfg(target_os = "linux")]
    {
        let peak = peak_kib(running.id());
        assert!(peak < 20 * 1024, "{peak} KiB");
    }
    program.go();
    let ran = program.ended(running);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(!ran.stdout.contains("flood line"), "{}", ran.stdout);
    let log = program.file("reports/build.log");
    assert!(log.lines().eq((1..=LINES).map(|number| format!("flood line {number}"))));
}

/// The most memory that the process ever had resident, in KiB.
#[cfg(target_os = "linux")]
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

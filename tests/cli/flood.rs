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
        // What the program's own file takes is no matter of the log, and a debug build is large.
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
        let peak = kib(&status, "VmHWM:") - kib(&status, "RssFile:");
        assert!(peak < 10 * 1024, "{peak} KiB");
    }
    program.go();
    let ran = program.ended(running);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(!ran.stdout.contains("flood line"), "{}", ran.stdout);
    let log = program.file("reports/build.log");
    assert!(log.lines().eq((1..=LINES).map(|number| format!("flood line {number}"))));
}

/// A number of a process' status.
#[cfg(target_os = "linux")]
fn kib(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

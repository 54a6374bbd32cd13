//! A long log through a real pipe: nothing is lost or repeated, and memory stays flat. A CI that
//! keeps only part of the log keeps its end.

use simulator::Scenario;

use crate::harness::{GO, Job, lines};

const LINES: u64 = 200_000;

/// As many of them wait at most: the rest is logged when these were read. Otherwise memory would depend on how busy the
/// machine is.
const AT_ONCE: u64 = 2_000;

#[tokio::test]
async fn a_long_log_comes_through_whole_and_in_order_in_little_memory() {
    let mut scenario = Scenario::new().await_join().status("running");
    for times in 1..=LINES / AT_ONCE {
        scenario = lines(scenario, (times - 1) * AT_ONCE + 1..=times * AT_ONCE);
        scenario = scenario.await_requests("GET", GO, times as usize);
    }
    let job = Job::new(scenario.status("complete")).await.env("BUILDPIXEL_REPORTS_DIR", "reports");
    let mut running = job.start();
    running.shows("build is running\n");
    let mut line = String::new();
    for number in 1..=LINES {
        assert_eq!(running.line(&mut line), format!("line {number}\n"));
        if number.is_multiple_of(AT_ONCE) && number < LINES {
            job.go();
        }
    }
    #[cfg(target_os = "linux")]
    {
        // The size of the program's own file does not matter, and a debug build is large.
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
        let peak = kib(&status, "VmHWM:") - kib(&status, "RssFile:");
        assert!(peak < 10 * 1024, "{peak} KiB");
    }
    job.go();
    let ran = job.ended(running);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\nline "), "{}", ran.stdout);
    let log = job.file("reports/build.log");
    assert!(log.lines().eq((1..=LINES).map(|number| format!("line {number}"))));
}

/// GitLab's runner drops all that comes after so many bytes, and puts a timestamp before each line.
const GITLAB_KEEPS: usize = 4 * 1024 * 1024;
const TIMESTAMP: usize = 32;

#[tokio::test]
async fn gitlab_sees_the_verdict_and_the_findings_of_a_log_that_it_cannot_keep() {
    const LINES: u64 = 80_000;
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** BUILD COMMAND STARTED **********")
        .flood(LINES)
        .log("info", r"Source\Game\Door.cpp(42): error C2065: 'hinge': undeclared identifier")
        .status("failed");
    let job = Job::new(scenario).await.on_gitlab();
    let ran = job.run();
    assert_eq!(ran.code, Some(10));
    let lines = ran.stdout.matches('\n').count();
    let kept = ran.stdout.len() + lines * TIMESTAMP;
    assert!(kept < GITLAB_KEEPS, "{kept}");
    let (shown, rest) = ran.stdout.split_once("the rest of the log is ").unwrap();
    assert!(
        shown.lines().rev().nth(1).unwrap().contains("section_end:"),
        "it is seen, not folded away"
    );
    assert!(!rest.contains("flood line"), "{rest}");
    let finding = "error:\x1b[0m Source/Game/Door.cpp:42: C2065: 'hinge': undeclared identifier\n";
    assert_eq!(rest.matches(finding).count(), 1, "{rest}");
    let (_, verdict) = rest.rsplit_once("error:\x1b[0m ").unwrap();
    assert!(verdict.starts_with("build ") && verdict.contains(" failed in compile"), "{rest}");
    let log = job.file("buildpixel-reports/build.log");
    let flood = log.lines().filter(|line| line.starts_with("flood"));
    assert!(flood.eq((1..=LINES).map(|number| format!("flood line {number}"))));
    assert_eq!(log.lines().count() as u64, LINES + 2);
}

/// A number of a process' status.
#[cfg(target_os = "linux")]
fn kib(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

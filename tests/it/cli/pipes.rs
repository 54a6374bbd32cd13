//! A stdout whose reader does not stay to the end, or stops reading, or never was there.

#[cfg(target_os = "linux")]
use std::io::Write;
#[cfg(unix)]
use std::process::Command;

use simulator::{BUILD_ID, Entry, Scenario};

#[cfg(target_os = "linux")]
use crate::harness::LONG;
use crate::harness::{GO, Job, Journal, ScenarioExt};
#[cfg(unix)]
use crate::harness::{binary, scrubbed};
#[cfg(unix)]
use crate::skipped::skipped;

#[tokio::test]
async fn a_reader_that_closes_the_pipe_changes_neither_the_result_nor_the_outputs() {
    for (status, code, result) in [("complete", 0, "success"), ("failed", 10, "failure")] {
        let scenario = Scenario::new()
            .await_join()
            .status("running")
            .log("info", "line 1")
            .await_requests("GET", GO, 1)
            .flood(5000)
            .status(status);
        let job = Job::new(scenario).await.on_github();
        let mut running = job.start();
        running.shows("line 1\n");
        running.close_stdout();
        job.go();
        let ran = job.ended(running);
        assert_eq!(ran.code, Some(code));
        assert_eq!(job.output("result"), result);
        assert_eq!(job.output("build-id"), BUILD_ID);
    }
}

#[tokio::test]
async fn a_reader_that_stops_for_long_costs_no_line_and_no_connection() {
    // More than the pipe and all batches hold.
    const LINES: u64 = 40_000;
    /// As many as a service sends in four minutes.
    const PINGS: usize = 10;
    let scenario = Scenario::new()
        .pings_every(50)
        .await_join()
        .status("running")
        .log("info", "line 1")
        .await_requests("GET", GO, 1)
        .flood(LINES)
        .await_requests("GET", GO, 2)
        .status("failed");
    let job = Job::new(scenario).await.on_github();
    let mut running = job.start();
    running.shows("line 1\n");
    job.go();
    // The service sends no ping before it has sent all lines.
    let answered = job.simulator.journal().pongs() + PINGS;
    job.until(|journal| journal.pongs() >= answered).await;
    let mut line = String::new();
    for number in 1..=LINES {
        assert_eq!(running.line(&mut line), format!("flood line {number}\n"));
    }
    job.go();
    let ran = job.ended(running);
    assert_eq!(ran.code, Some(10), "{}", ran.stdout);
    assert!(!ran.stdout.contains("interrupted"), "{}", ran.stdout);
    let sockets = |entry: &&Entry| matches!(entry, Entry::Connected | Entry::SocketClosed { .. });
    let journal = job.simulator.journal();
    assert_eq!(journal.iter().filter(sockets).collect::<Vec<_>>(), [&Entry::Connected]);
}

/// The program with its stdout elsewhere.
#[cfg(unix)]
fn redirected(to: &str) -> Command {
    let mut shell = scrubbed("/bin/sh");
    shell.args(["-c", &format!(r#"exec "$0" {to}"#)]).arg(binary());
    shell
}

#[cfg(unix)]
#[tokio::test]
async fn a_closed_or_full_stdout_fails_only_a_success() {
    for (to, complete) in [(">&-", 0), (">/dev/full", 41)] {
        for (status, code, result) in [("complete", complete, "success"), ("failed", 10, "failure")]
        {
            if to == ">/dev/full" && !std::path::Path::new("/dev/full").exists() {
                skipped("a stdout that is full", "there is no /dev/full");
                continue;
            }
            let scenario = Scenario::new().await_join().log("info", "line 1").status(status);
            let job = Job::new(scenario).await.on_github();
            let ran = job.ended(job.launch(redirected(to)));
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{to}");
            assert_eq!(job.output("result"), result, "{to}");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_blocking_stderr_delays_no_step() {
    let (unread, mut stderr) = std::io::pipe().unwrap();
    // All that it holds.
    stderr.write_all(&[b'.'; 64 * 1024]).unwrap();
    let (ended, end) = std::sync::mpsc::channel::<()>();
    // A program that waits for it fails the test, and does not hang it.
    let reader = std::thread::spawn(move || {
        let in_time = end.recv_timeout(LONG);
        drop(unread);
        in_time
    });
    let scenario = Scenario::new().await_join().log("info", "line 1").status("complete");
    let job = Job::new(scenario).await.on_github().env("BUILDPIXEL_DEBUG", "true");
    let ran = job.launch_with(scrubbed(binary()), stderr).end();
    let _too_late = ended.send(());
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(reader.join().unwrap(), Ok(()), "it has waited");
}

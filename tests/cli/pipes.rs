//! A stdout whose reader does not stay to the end, or stops reading, or never was there.

#[cfg(target_os = "linux")]
use std::io::Write;
#[cfg(unix)]
use std::process::Command;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use simulator::{BUILD_ID, Entry, Scenario};

use crate::program::Program;
#[cfg(unix)]
use crate::program::{binary, scrubbed};

#[tokio::test]
async fn a_reader_that_leaves_changes_neither_the_end_nor_the_outputs() {
    for (status, code, result) in [("complete", 0, "success"), ("failed", 10, "failure")] {
        let scenario = Scenario::new()
            .await_join()
            .status("running")
            .log("info", "line 1")
            .await_requests("GET", "/go", 1)
            .flood(5000)
            .status(status);
        let program = Program::new(scenario).await.on_github();
        let mut running = program.start();
        running.shows("line 1\n");
        running.close_stdout();
        program.go();
        let ran = program.ended(running);
        assert_eq!(ran.code, Some(code));
        assert_eq!(program.output("result"), result);
        assert_eq!(program.output("build-id"), BUILD_ID);
    }
}

#[tokio::test]
async fn a_reader_that_stops_for_long_costs_no_line_and_no_connection() {
    // More than the pipe and all batches hold.
    const LINES: u64 = 40_000;
    let scenario = Scenario {
        ping_interval_ms: 300,
        ping_timeout_ms: 3000,
        ..Scenario::new()
            .await_join()
            .status("running")
            .log("info", "line 1")
            .await_requests("GET", "/go", 1)
            .flood(LINES)
            .await_requests("GET", "/go", 2)
            .status("failed")
    };
    let program = Program::new(scenario).await.on_github();
    let mut running = program.start();
    running.shows("line 1\n");
    program.go();
    // Not for luck: whoever leaves the pings unanswered loses the connection meanwhile.
    std::thread::sleep(Duration::from_secs(4));
    let mut line = String::new();
    for number in 1..=LINES {
        assert_eq!(running.line(&mut line), format!("flood line {number}\n"));
    }
    program.go();
    let ran = program.ended(running);
    assert_eq!(ran.code, Some(10), "{}", ran.stdout);
    assert!(!ran.stdout.contains("interrupted"), "{}", ran.stdout);
    let sockets = |entry: &&Entry| matches!(entry, Entry::Connected | Entry::SocketClosed { .. });
    let journal = program.simulator.journal();
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
async fn a_stdout_that_was_never_open_or_is_full_changes_only_a_good_end() {
    for (to, complete) in [(">&-", 0), (">/dev/full", 41)] {
        for (status, code, result) in [("complete", complete, "success"), ("failed", 10, "failure")]
        {
            if to == ">/dev/full" && !std::path::Path::new("/dev/full").exists() {
                eprintln!("not tried: there is no /dev/full");
                continue;
            }
            let scenario = Scenario::new().await_join().log("info", "line 1").status(status);
            let program = Program::new(scenario).await.on_github();
            let ran = program.ended(program.launch(redirected(to)));
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{to}");
            assert_eq!(program.output("result"), result, "{to}");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_stderr_that_blocks_holds_up_nothing() {
    const LONG: Duration = Duration::from_secs(10);
    let (unread, mut stderr) = std::io::pipe().unwrap();
    // All that it holds.
    stderr.write_all(&[b'.'; 64 * 1024]).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(LONG);
        drop(unread);
    });
    let scenario = Scenario::new().await_join().log("info", "line 1").status("complete");
    let program = Program::new(scenario).await.on_github().env("BUILDPIXEL_DEBUG", "true");
    let started = Instant::now();
    let ran = program.launch_with(scrubbed(binary()), stderr).end();
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

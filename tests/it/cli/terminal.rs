//! The live view on a pseudo-terminal.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use simulator::Scenario;

use crate::harness::{GO, Job};

/// The two ends of a terminal: the one that a person looks at, and the one that programs write to.
fn terminal() -> (File, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let job = File::options().read(true).write(true).open(path).unwrap();
    (File::from(screen), job)
}

/// Reads until the text was written; at the end of the program also without it.
fn read_until(screen: &mut File, text: &str, written: &mut String) {
    let mut chunk = [0; 4096];
    while !written.contains(text) {
        // A terminal whose programs have gone has an error instead of an end.
        let Ok(read @ 1..) = screen.read(&mut chunk) else { return };
        written.push_str(&String::from_utf8_lossy(chunk.get(..read).unwrap()));
    }
}

/// The lines that are left on the screen.
fn left(written: &str) -> Vec<String> {
    let lines = written.split('\n').map(|line| {
        let line = line.rsplit_once("\x1b[K").map_or(line, |(_, rest)| rest);
        line.trim_end_matches('\r').to_owned()
    });
    lines.collect()
}

#[tokio::test]
async fn a_terminal_shows_progress_on_a_last_line_and_clears_it() {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "LogCook: Display: Cooked packages 25 Packages Remain 75 Total 100")
        .await_requests("GET", GO, 1)
        .log("info", "********** COOK COMMAND COMPLETED **********")
        .status("complete");
    let job = Job::new(scenario).await.env("TERM", "xterm");
    let (mut screen, stdout) = terminal();
    let running = job.start_on(stdout);
    let mut written = String::new();
    let alive = "Cook [=====>              ] 25 of 100 packages cooked - ";
    read_until(&mut screen, alive, &mut written);
    assert!(written.contains(&format!("\r\x1b[K\x1b[?7l{alive}")), "{written:?}");
    job.go();
    read_until(&mut screen, "never written", &mut written);
    assert_eq!(running.end().code, Some(0), "{written}");
    let left = left(&written);
    assert!(left.iter().all(|line| !line.contains("[=")), "{left:#?}");
    assert!(left.iter().any(|line| line.contains("is complete")), "{left:#?}");
    assert_eq!(left.last().map(String::as_str), Some(""), "{left:#?}");
}

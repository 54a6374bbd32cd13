//! Runs programs of a CI: what is told goes through stdin and never through a shell, and none is waited for
//! without end.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look whether a program has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A program that runs.
pub(super) struct Process(Child);

impl Process {
    /// What the program prints is not shown: it is not ours, and stdout is read for commands.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(program: &Path, arguments: &[&str], input: String) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // On a thread, because a program that does not read keeps whoever writes waiting; when it ends,
            // so does the pipe. That it has not read all is its own affair: its exit status tells.
            thread::spawn(move || {
                let _read = stdin.write_all(input.as_bytes());
            });
        }
        Ok(Self(child))
    }

    /// Waits for the end, which must be a good one; at the deadline the program is killed.
    ///
    /// # Errors
    /// When it fails, or is killed.
    pub(super) fn end(mut self, deadline: Instant) -> Result<(), Failure> {
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(Failure::Told(status.to_string())),
                Err(error) => return Err(Failure::Told(error.to_string())),
                Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
                Ok(None) => {
                    // If it has just ended, there is nothing to kill.
                    let _killed = self.0.kill();
                    let _reaped = self.0.wait();
                    return Err(Failure::TooLong);
                }
            }
        }
    }
}

/// Why a program did not do what it was to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It said so.
    Told(String),
    /// It did not end in time.
    TooLong,
}

//! Runs programs of a CI: what is told goes through stdin and never through a shell, and none is waited for
//! without end.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::threads::{self, Refused};

/// How often to look whether a program has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A program that runs.
pub(super) struct Process(Child);

/// Why a program did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be started, or not be waited for.
    #[error(transparent)]
    System(#[from] io::Error),
    /// There is no thread to write its input on.
    #[error(transparent)]
    NoThread(#[from] Refused),
    /// It ended, and not well.
    #[error("{0}")]
    Ended(ExitStatus),
    /// It did not end in time.
    #[error("it takes too long")]
    TooLong,
}

impl Process {
    /// What the program prints is not shown: it is not ours, and stdout is read for commands.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        input: String,
    ) -> Result<Self, ProgramError> {
        // First, so that no program is started in vain. On a thread, because a program that does not read
        // keeps whoever writes waiting; when the program ends, so does the pipe. That it has not read all is
        // its own affair: its exit status tells.
        let (hand_over, stdin) = mpsc::sync_channel::<ChildStdin>(1);
        let write = move |input: String| {
            if let Ok(mut stdin) = stdin.recv() {
                let _read = stdin.write_all(input.as_bytes());
            }
        };
        threads::start("stdin", "writes to a program", input, write)
            .map_err(|(_, refused)| refused)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        if let Some(stdin) = child.stdin.take() {
            // The thread waits for it.
            let _taken = hand_over.send(stdin);
        }
        Ok(Self(child))
    }

    /// Waits for the end, which must be a good one; at the deadline the program is killed.
    ///
    /// # Errors
    /// When it fails, or is killed.
    pub(super) fn end(mut self, deadline: Instant) -> Result<(), ProgramError> {
        loop {
            match self.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(ProgramError::Ended(status)),
                None if Instant::now() < deadline => sleep(LOOK),
                None => {
                    // If it has just ended, there is nothing to kill.
                    let _killed = self.0.kill();
                    let _reaped = self.0.wait();
                    return Err(ProgramError::TooLong);
                }
            }
        }
    }
}

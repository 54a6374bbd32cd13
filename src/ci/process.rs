//! Runs a CI's programs. Values go through stdin and never through a shell. No program is waited for beyond its
//! deadline.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::threads::{self, Refused};

/// The time between two checks whether a program has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// A program that runs.
pub(super) struct Process(Child);

/// Why a program failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be started, or not be waited for.
    #[error(transparent)]
    System(#[from] io::Error),
    /// There is no thread to write its input on.
    #[error(transparent)]
    NoThread(#[from] Refused),
    /// It ended with an exit status that means a failure.
    #[error("{0}")]
    Ended(ExitStatus),
    /// It did not end in time.
    #[error("it takes too long")]
    TooLong,
}

impl Process {
    /// The program's output is dropped: the CI reads our stdout for commands.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        input: String,
    ) -> Result<Self, ProgramError> {
        // The thread comes first, so that no program is started in vain. It is a thread because a program that
        // does not read blocks the writer. The pipe closes when the program ends. A program that has not read all
        // may still have succeeded: the exit status decides.
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

    /// Waits for the program to succeed; at the deadline the program is killed.
    ///
    /// # Errors
    /// When it fails, or is killed.
    pub(super) fn end(mut self, deadline: Instant) -> Result<(), ProgramError> {
        loop {
            match self.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(ProgramError::Ended(status)),
                None if Instant::now() < deadline => sleep(CHECK_INTERVAL),
                None => {
                    // It may have just ended.
                    let _killed = self.0.kill();
                    let _reaped = self.0.wait();
                    return Err(ProgramError::TooLong);
                }
            }
        }
    }
}

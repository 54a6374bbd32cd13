//! The step of a job as a program, with the environment and the working folder of the job.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::job::Job;

/// A program with nothing in its environment but what the system itself needs.
#[expect(clippy::disallowed_methods, reason = "Windows has no sockets without its SystemRoot")]
pub(crate) fn scrubbed(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    let system = std::env::vars_os().filter(|(name, _)| name.eq_ignore_ascii_case("SystemRoot"));
    command.env_clear().envs(system).stdin(Stdio::null());
    command
}

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_buildpixel-ci"))
}

impl Job {
    pub(crate) fn start(&self) -> Running {
        self.launch(scrubbed(binary()))
    }

    /// Starts what a prepared command starts; the environment and the folder are the same.
    pub(crate) fn launch(&self, command: Command) -> Running {
        self.launch_with(command, File::create(self.path_of("stderr")).unwrap())
    }

    /// The same, with a stderr that the test has prepared, too.
    pub(crate) fn launch_with(&self, mut command: Command, stderr: impl Into<Stdio>) -> Running {
        self.spawn(command.stdout(Stdio::piped()).stderr(stderr))
    }

    /// Starts the program with a stdout that the test has prepared.
    #[cfg(unix)]
    pub(crate) fn start_on(&self, stdout: impl Into<Stdio>) -> Running {
        self.spawn(scrubbed(binary()).stdout(stdout).stderr(Stdio::inherit()))
    }

    fn spawn(&self, command: &mut Command) -> Running {
        let command = command.envs(self.variables()).current_dir(self.path());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Running { child, stdout, shown: String::new() }
    }

    pub(crate) fn run(&self) -> Ended {
        self.ended(self.start())
    }

    /// The same, and nothing was on stderr: a step has one stream to speak on.
    pub(crate) fn ended(&self, running: Running) -> Ended {
        let ended = running.end();
        assert_eq!(self.file("stderr"), "", "{}", ended.stdout);
        ended
    }
}

/// A program that runs; it does not outlive its test.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    shown: String,
}

/// The result of a run of the program.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads until a line contains the text.
    pub(crate) fn shows(&mut self, text: &str) {
        loop {
            let from = self.shown.len();
            let read = self.stdout.as_mut().unwrap().read_line(&mut self.shown).unwrap();
            assert!(read > 0, "no {text:?} in {}", self.shown);
            if self.shown.get(from..).unwrap_or_default().contains(text) {
                return;
            }
        }
    }

    /// Reads one line, with its end; empty at the end of the stream.
    pub(crate) fn line<'l>(&mut self, line: &'l mut String) -> &'l str {
        line.clear();
        self.stdout.as_mut().unwrap().read_line(line).unwrap();
        line
    }

    /// Nobody reads on, as when `head` has enough.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Waits for the end without reading what it writes.
    #[cfg(unix)]
    pub(crate) fn code_without_reading(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = std::mem::take(&mut self.shown);
        if let Some(pipe) = &mut self.stdout {
            pipe.read_to_string(&mut stdout).unwrap();
        }
        Ended { code: self.child.wait().unwrap().code(), stdout }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended, which is well.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

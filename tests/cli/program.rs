//! The program under test, with an environment and a working folder of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use simulator::{PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN};
use tempfile::TempDir;

/// The binary alone, with nothing in its environment but what the system itself needs.
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

/// A step that is about to run against a simulator of its own.
pub(crate) struct Program {
    pub(crate) simulator: Simulator,
    pub(crate) folder: TempDir,
    env: BTreeMap<String, String>,
}

impl Program {
    /// On no CI in particular.
    pub(crate) async fn new(scenario: Scenario) -> Self {
        let simulator = Simulator::start(scenario).await.unwrap();
        let env = [
            ("BUILDPIXEL_TOKEN", TOKEN.to_owned()),
            ("BUILDPIXEL_PROJECT", PROJECT_ID.to_owned()),
            ("BUILDPIXEL_BUILD_SETTING", SETTING_ID.to_owned()),
            ("BUILDPIXEL_API_URL", simulator.url()),
            // A program that hangs fails its test.
            ("BUILDPIXEL_TIMEOUT", "3m".to_owned()),
        ];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { simulator, folder: tempfile::tempdir().unwrap(), env }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn on_github(self) -> Self {
        let file = |name| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (output, summary) = (file("output"), file("summary"));
        self.env("GITHUB_ACTIONS", "true")
            .env("GITHUB_RUN_ID", "1")
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
    }

    pub(crate) fn on_gitlab(self) -> Self {
        self.env("GITLAB_CI", "true").env("CI_JOB_ID", "1")
    }

    pub(crate) fn on_jenkins(self) -> Self {
        self.env("JENKINS_URL", "http://jenkins.invalid/").env("BUILD_ID", "1")
    }

    pub(crate) fn start(&self) -> Running {
        self.launch(scrubbed(binary()))
    }

    /// Starts what a prepared command starts; the environment and the folder are the same.
    pub(crate) fn launch(&self, command: Command) -> Running {
        self.launch_with(command, File::create(self.folder.path().join("stderr")).unwrap())
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
        let mut child = command.envs(&self.env).current_dir(&self.folder).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Running { child, stdout, shown: String::new() }
    }

    pub(crate) fn run(&self) -> Ran {
        self.ended(self.start())
    }

    /// The same, and nothing was on stderr: a step has one stream to speak on.
    pub(crate) fn ended(&self, running: Running) -> Ran {
        let ran = running.end();
        assert_eq!(self.file("stderr"), "", "{}", ran.stdout);
        ran
    }

    /// Lets a timeline go on that waits for `GET /go`.
    pub(crate) fn go(&self) {
        let address = self.simulator.url().replace("http://", "");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /go HTTP/1.0\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }

    /// A file of the working folder; empty if there is none.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// The last value that `$GITHUB_OUTPUT` has for a name.
    pub(crate) fn output(&self, name: &str) -> String {
        let file = self.file("output");
        let (_, record) = file.rsplit_once(&format!("{name}<<")).unwrap_or_default();
        record.lines().nth(1).unwrap_or_default().to_owned()
    }
}

/// A program that runs; it does not outlive its test.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    shown: String,
}

/// What came of it.
pub(crate) struct Ran {
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
    pub(crate) fn end(mut self) -> Ran {
        let mut stdout = std::mem::take(&mut self.shown);
        if let Some(pipe) = &mut self.stdout {
            pipe.read_to_string(&mut stdout).unwrap();
        }
        Ran { code: self.child.wait().unwrap().code(), stdout }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended, which is well.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

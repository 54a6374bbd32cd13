//! A CI job before its step: a service of its own, a working folder and an environment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use simulator::{Entry, PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN};
use tempfile::TempDir;
use tokio::time::timeout;

use super::journal::Journal;
use super::scenario::GO;
use super::wait::LONG;

/// How long a service waits for the answer to a ping, unless the test sets another time. A step that is busy with much to
/// read answers late.
const PATIENCE_MS: u64 = 3_600_000;

/// A CI job whose step is about to run against a simulator of its own.
pub(crate) struct Job {
    pub(crate) simulator: Simulator,
    env: BTreeMap<String, String>,
    folder: TempDir,
}

impl Job {
    /// On no CI in particular.
    pub(crate) async fn new(scenario: Scenario) -> Self {
        Self::with_inputs(scenario, |input| {
            format!("BUILDPIXEL_{}", input.to_uppercase().replace('-', "_"))
        })
        .await
        // A program that hangs fails its test.
        .env("BUILDPIXEL_TIMEOUT", "15m")
    }

    /// As an action of GitHub, which has its own names for the variables of inputs.
    pub(crate) async fn of_the_action(scenario: Scenario) -> Self {
        Self::with_inputs(scenario, action_variable).await.on_github()
    }

    async fn with_inputs(mut scenario: Scenario, variable: fn(&str) -> String) -> Self {
        if scenario.ping_timeout_ms == Scenario::default().ping_timeout_ms {
            scenario.ping_timeout_ms = PATIENCE_MS;
        }
        let simulator = Simulator::start(scenario).await.unwrap();
        let env = [
            ("token", TOKEN.to_owned()),
            ("project", PROJECT_ID.to_owned()),
            ("build-setting", SETTING_ID.to_owned()),
            ("api-url", simulator.url()),
        ];
        let env = env.into_iter().map(|(input, value)| (variable(input), value)).collect();
        Self { simulator, folder: tempfile::tempdir().unwrap(), env }
    }

    pub(crate) fn on_github(self) -> Self {
        let file = |name| self.path_of(name).to_str().unwrap().to_owned();
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

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// The working folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the working folder.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the working folder; empty if there is none.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path_of(name)).unwrap_or_default()
    }

    /// The outputs that later steps would get if the step were killed now.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        outputs(&self.file("output"))
    }

    /// The outputs that later steps get after the step has ended; none if it wrote no such file, as on
    /// another CI. An unreadable or incomplete file fails the test.
    pub(crate) fn final_outputs(&self) -> BTreeMap<String, String> {
        let path = self.path_of("output");
        let file = match fs::read_to_string(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) => panic!("{}: {error}", path.display()),
        };
        records(&file).collect::<Option<_>>().unwrap_or_else(|| panic!("incomplete: {file:?}"))
    }

    /// One of the outputs; empty if it is not there.
    pub(crate) fn output(&self, name: &str) -> String {
        self.outputs().remove(name).unwrap_or_default()
    }

    /// Lets a timeline go on that waits at [`GO`]. A service that restarts opens its port again soon.
    pub(crate) fn go(&self) {
        let address = self.simulator.address();
        let until = Instant::now() + LONG;
        let mut stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) => {
                    assert!(
                        error.kind() == ErrorKind::ConnectionRefused && Instant::now() < until,
                        "{error}"
                    );
                    thread::yield_now();
                }
            }
        };
        stream.write_all(format!("GET {GO} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }

    /// Resolves when what came in satisfies the predicate.
    pub(crate) async fn until(&self, is_enough: impl Fn(&[Entry]) -> bool) {
        if timeout(LONG, self.simulator.until(is_enough)).await.is_err() {
            panic!("never: {:?}", self.simulator.journal());
        }
    }

    /// Resolves when REST was asked for the build so many times.
    pub(crate) async fn asked(&self, times: usize) {
        self.until(|journal| journal.polls() >= times).await;
    }

    /// Resolves when a session has asked to join a room so many times.
    pub(crate) async fn joined(&self, times: usize) {
        self.until(|journal| journal.joins() >= times).await;
    }

    /// Resolves when all that was sent so far on a session with short pings was read.
    pub(crate) async fn read_all(&self) {
        // The first one may be the answer to a ping that was sent before.
        let pongs = self.simulator.journal().pongs() + 2;
        self.until(|journal| journal.pongs() >= pongs).await;
    }

    /// Resolves when REST was asked for the build so many times more.
    pub(crate) async fn asked_again(&self, times: usize) {
        self.asked(self.simulator.journal().polls() + times).await;
    }
}

/// The variable in which GitHub gives an action this input.
pub(crate) fn action_variable(input: &str) -> String {
    format!("INPUT_{}", input.to_uppercase())
}

/// Reads `$GITHUB_OUTPUT` as the runner does: the last record of a name wins.
fn outputs(file: &str) -> BTreeMap<String, String> {
    // A record may be read while it is written.
    records(file).map_while(|record| record).collect()
}

/// The records of `$GITHUB_OUTPUT`; `None` for one without its end.
fn records(file: &str) -> impl Iterator<Item = Option<(String, String)>> {
    let mut lines = file.lines();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let Some((name, delimiter)) = line.split_once("<<") else { return Some(None) };
        let mut value = Vec::new();
        for line in lines.by_ref() {
            if line == delimiter {
                return Some(Some((name.to_owned(), value.join("\n"))));
            }
            value.push(line);
        }
        Some(None)
    })
}

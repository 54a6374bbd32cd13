//! One step of a CI job, in the process of the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use buildpixel_ci::Host;
use buildpixel_ci::config::Env;
use buildpixel_ci::follow::Timings;
use buildpixel_ci::report::Signal;
use buildpixel_ci::retry::Policy;
use buildpixel_ci::trigger;
use simulator::{Entry, PROJECT_ID, SETTING_ID, Scenario, Simulator, TOKEN};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// No run of a test takes nearly as long, unless it hangs.
const HANGS: Duration = Duration::from_secs(60);

/// A path that nobody but a test asks for: `.await_requests("GET", GO, 1)` waits for [`Step::go`].
pub(crate) const GO: &str = "/go";

/// A GitHub step that is about to run against a simulator of its own.
pub(crate) struct Step {
    pub(crate) simulator: Simulator,
    pub(crate) stdout: Stdout,
    env: BTreeMap<String, String>,
    folder: TempDir,
    timings: Timings,
    trigger: trigger::Timings,
    signalled: Option<Signal>,
    is_terminal: bool,
}

/// What came of it.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    pub(crate) journal: Vec<Entry>,
    /// The builds that came of our triggers.
    pub(crate) builds: Vec<String>,
}

impl Step {
    pub(crate) async fn new(scenario: Scenario) -> Self {
        let simulator = Simulator::start(scenario).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = |name| folder.path().join(name).to_str().unwrap().to_owned();
        let env = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_RUN_ID", "1".to_owned()),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_STEP_SUMMARY", file("summary")),
            ("INPUT_TOKEN", TOKEN.to_owned()),
            ("INPUT_PROJECT", PROJECT_ID.to_owned()),
            ("INPUT_BUILD-SETTING", SETTING_ID.to_owned()),
            ("INPUT_API-URL", simulator.url()),
        ];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self {
            simulator,
            stdout: Stdout::default(),
            env,
            folder,
            timings: impatient(),
            trigger: hasty(),
            signalled: None,
            is_terminal: false,
        }
    }

    /// Somebody watches.
    pub(crate) fn on_a_terminal(self) -> Self {
        let step = self.input("ci", "terminal").variable("TERM", "xterm");
        Self { is_terminal: true, ..step }
    }

    pub(crate) fn input(self, name: &str, value: &str) -> Self {
        self.variable(&format!("INPUT_{}", name.to_uppercase()), value)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn timings(mut self, change: impl FnOnce(&mut Timings)) -> Self {
        change(&mut self.timings);
        self
    }

    pub(crate) fn trigger_timings(mut self, change: impl FnOnce(&mut trigger::Timings)) -> Self {
        change(&mut self.trigger);
        self
    }

    /// The signal is there before the run.
    pub(crate) fn signalled(mut self, signal: Signal) -> Self {
        self.signalled = Some(signal);
        self
    }

    pub(crate) async fn run(self) -> Ran {
        self.run_while(async |_, _| {}).await
    }

    /// The working folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the later steps would get if the run were killed now.
    pub(crate) fn outputs_so_far(&self) -> BTreeMap<String, String> {
        outputs(&fs::read_to_string(self.folder.path().join("output")).unwrap_or_default())
    }

    /// Resolves when the later steps would get this value.
    pub(crate) async fn hands_over(&self, output: &str, value: &str) {
        while self.outputs_so_far().get(output).is_none_or(|known| known != value) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets a timeline go on that waits at [`GO`].
    pub(crate) async fn go(&self) {
        let address = self.simulator.url().replace("http://", "");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {GO} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }

    /// Runs the step, and lets a timeline go on that waits at [`GO`] when the text was printed.
    pub(crate) async fn run_and_go_on_after(self, text: &str) -> Ran {
        self.run_while(async |step, _| {
            step.stdout.shows(text).await;
            step.go().await;
        })
        .await
    }

    /// Runs the step, and meanwhile lets the test do something to it.
    pub(crate) async fn run_while(
        self,
        meanwhile: impl AsyncFnOnce(&Self, mpsc::Sender<Signal>),
    ) -> Ran {
        let (sender, signals) = mpsc::channel(4);
        if let Some(signal) = self.signalled {
            sender.send(signal).await.unwrap();
        }
        let host = Host {
            env: self.env.clone().into_iter().collect::<Env>(),
            stdout: Box::new(self.stdout.clone()),
            is_terminal: self.is_terminal,
            signals,
            timings: self.timings,
            trigger: self.trigger,
        };
        // On the heap: several runs at once are too much for the stack of a test.
        let run = Box::pin(buildpixel_ci::run(host));
        let both = async { tokio::join!(run, Box::pin(meanwhile(&self, sender))) };
        let (code, ()) = timeout(HANGS, both).await.expect("the run hangs");
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        Ran {
            code: code.number(),
            stdout: self.stdout.text(),
            outputs: outputs(&read("output")),
            summary: read("summary"),
            journal: self.simulator.journal(),
            builds: self.simulator.builds(),
        }
    }
}

impl Ran {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}: {:?}", self.outputs))
    }

    /// The lines of the build log that are numbered, `… 17`, in the order in which they were printed.
    pub(crate) fn numbered(&self, prefix: &str) -> Vec<u64> {
        let number = |line: &str| line.strip_prefix(prefix)?.trim().parse().ok();
        self.stdout.lines().filter_map(number).collect()
    }

    pub(crate) fn requests(&self, wanted: &str) -> usize {
        let is_wanted =
            |entry: &&Entry| matches!(entry, Entry::Request { method, .. } if method == wanted);
        self.journal.iter().filter(is_wanted).count()
    }
}

/// The real pace, a hundred times as fast where a test would wait for it.
fn impatient() -> Timings {
    let soon = Duration::from_millis(20);
    Timings {
        poll: soon,
        retry: Policy { first: soon, longest: soon, retries: u32::MAX },
        grace: soon,
        look_again: Policy { first: soon, longest: soon, retries: u32::MAX },
        longest_denial: Duration::from_millis(300),
        longest_last_word: Duration::from_secs(1),
        silence: Duration::from_millis(100),
        reconnect: Policy { first: soon, longest: soon, retries: u32::MAX },
        ..Timings::default()
    }
}

/// The same for triggering.
fn hasty() -> trigger::Timings {
    let soon = Duration::from_millis(20);
    let policy = Policy { first: soon, longest: soon, retries: 3 };
    trigger::Timings {
        longest: Duration::from_secs(30),
        again: policy,
        looks: [10, 20, 40, 80].map(Duration::from_millis),
        reread: policy,
        ..trigger::Timings::default()
    }
}

/// A stdout that the test can read, and block.
#[derive(Clone, Default)]
pub(crate) struct Stdout {
    text: Arc<Mutex<Vec<u8>>>,
    blocked: Arc<AtomicBool>,
    unflushed: Arc<AtomicUsize>,
    largest: Arc<AtomicUsize>,
}

impl Stdout {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    /// How much it was given before it was flushed, at most.
    pub(crate) fn largest_batch_bytes(&self) -> usize {
        self.largest.load(Ordering::Relaxed)
    }

    /// Takes nothing any more.
    pub(crate) fn block(&self) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    /// Takes everything again.
    pub(crate) fn unblock(&self) {
        self.blocked.store(false, Ordering::Relaxed);
    }

    /// Resolves when the text was printed.
    pub(crate) async fn shows(&self, text: &str) {
        while !self.text().contains(text) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while self.blocked.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(1));
        }
        self.unflushed.fetch_add(bytes.len(), Ordering::Relaxed);
        self.text.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let batch = self.unflushed.swap(0, Ordering::Relaxed);
        self.largest.fetch_max(batch, Ordering::Relaxed);
        Ok(())
    }
}

/// Reads `$GITHUB_OUTPUT` as the runner does: the last record of a name wins.
fn outputs(file: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

//! The step of a job, in the process of the test.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use buildpixel_ci::Host;
use buildpixel_ci::config::Env;
use buildpixel_ci::diagnostics::Diagnostics;
use buildpixel_ci::follow::FollowDelays;
use buildpixel_ci::report::Signal;
use buildpixel_ci::retry::Policy;
use buildpixel_ci::trigger;
use simulator::{Entry, Scenario};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::job::{Job, action_variable};
use super::journal::Journal;
use super::stdout::Stdout;
use super::wait::{LONG, eventually};

/// A GitHub step that is about to run.
pub(crate) struct Step {
    pub(crate) stdout: Stdout,
    job: Job,
    follow_delays: FollowDelays,
    trigger_delays: trigger::TriggerDelays,
    signalled: Option<Signal>,
    is_terminal: bool,
}

/// A step is in the middle of its job.
impl Deref for Step {
    type Target = Job;

    fn deref(&self) -> &Job {
        &self.job
    }
}

/// The result of a step.
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
        Self {
            stdout: Stdout::default(),
            job: Job::of_the_action(scenario).await,
            follow_delays: impatient(),
            trigger_delays: hasty(),
            signalled: None,
            is_terminal: false,
        }
    }

    /// Somebody watches.
    pub(crate) fn on_a_terminal(self) -> Self {
        let step = self.input("ci", "terminal").env("TERM", "xterm");
        Self { is_terminal: true, ..step }
    }

    pub(crate) fn input(self, name: &str, value: &str) -> Self {
        self.env(&action_variable(name), value)
    }

    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        self.with(|job| job.env(name, value))
    }

    /// The same step in another job.
    pub(crate) fn with(self, change: impl FnOnce(Job) -> Job) -> Self {
        Self { job: change(self.job), ..self }
    }

    pub(crate) fn follow_delays(mut self, change: impl FnOnce(&mut FollowDelays)) -> Self {
        change(&mut self.follow_delays);
        self
    }

    pub(crate) fn trigger_delays(
        mut self,
        change: impl FnOnce(&mut trigger::TriggerDelays),
    ) -> Self {
        change(&mut self.trigger_delays);
        self
    }

    /// The signal is there before the run.
    pub(crate) fn signalled(mut self, signal: Signal) -> Self {
        self.signalled = Some(signal);
        self
    }

    /// The same step, asking REST often.
    pub(crate) fn watchful(self) -> Self {
        self.follow_delays(|delays| delays.status_poll = Duration::from_millis(30))
    }

    pub(crate) async fn run(self) -> Ran {
        self.run_while(async |_, _| {}).await
    }

    /// Resolves when the later steps would get this value.
    pub(crate) async fn hands_over(&self, output: &str, value: &str) {
        let is_there = || (self.output(output) == value).then_some(());
        eventually(&format!("{output} is {value}"), is_there).await;
    }

    /// Resolves when the line was printed, and REST was asked often enough since then to know that it came live.
    pub(crate) async fn settled(&self, line: &str) {
        self.stdout.shows(line).await;
        self.asked_again(3).await;
    }

    /// Runs the step, and lets a timeline go on that waits for it when the text was printed.
    pub(crate) async fn run_and_go_on_after(self, text: &str) -> Ran {
        self.run_and_go_on_after_each([text]).await
    }

    /// The same, for a timeline that waits several times.
    pub(crate) async fn run_and_go_on_after_each<const N: usize>(self, texts: [&str; N]) -> Ran {
        self.run_while(async |step, _| {
            for text in texts {
                step.stdout.shows(text).await;
                step.go();
            }
        })
        .await
    }

    /// Runs the step, and lets a timeline go on that waits for it when the line is settled; then also when each of the
    /// texts was printed.
    pub(crate) async fn run_and_go_on_behind<const N: usize>(
        self,
        line: &str,
        texts: [&str; N],
    ) -> Ran {
        self.run_while(async |step, _| {
            step.settled(line).await;
            step.go();
            for text in texts {
                step.stdout.shows(text).await;
                step.go();
            }
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
            env: self.variables().clone().into_iter().collect::<Env>(),
            stdout: Box::new(self.stdout.clone()),
            is_terminal: self.is_terminal,
            diagnostics: Diagnostics::default(),
            signals,
            follow_delays: self.follow_delays,
            trigger_delays: self.trigger_delays,
        };
        // On the heap: several runs at once are too much for the stack of a test.
        let run = Box::pin(buildpixel_ci::run(host));
        let both = async { tokio::join!(run, Box::pin(meanwhile(&self, sender))) };
        let Ok((code, ())) = timeout(LONG, both).await else {
            panic!("the run hangs: {}", self.stdout.text());
        };
        Ran {
            code: code.number(),
            stdout: self.stdout.text(),
            outputs: self.final_outputs(),
            summary: self.file("summary"),
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

    pub(crate) fn requests(&self, method: &str) -> usize {
        self.journal.requests(method)
    }

    /// How many requests there were to this path.
    pub(crate) fn asked(&self, method: &str, path: &str) -> usize {
        self.journal.asked(method, path)
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.stdout.contains(words), "{words} in {}", self.stdout);
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(!self.stdout.contains(words), "{words} in {}", self.stdout);
    }
}

/// The real pace, a hundred times as fast where a test would wait for it.
fn impatient() -> FollowDelays {
    let soon = Duration::from_millis(20);
    FollowDelays {
        poll: soon,
        retry: Policy { first: soon, longest: soon, retries: u32::MAX },
        grace: Duration::from_millis(300),
        recheck: Policy { first: soon, longest: soon, retries: u32::MAX },
        denied_alone: Duration::from_millis(100),
        denied_connected: Duration::from_millis(300),
        appears: Duration::from_millis(600),
        longest_denial: Duration::from_millis(300),
        longest_final_facts: Duration::from_secs(1),
        silence: Duration::from_millis(100),
        reconnect: Policy { first: soon, longest: soon, retries: u32::MAX },
        ..FollowDelays::default()
    }
}

/// The same for triggering.
fn hasty() -> trigger::TriggerDelays {
    let soon = Duration::from_millis(20);
    let policy = Policy { first: soon, longest: soon, retries: 3 };
    trigger::TriggerDelays {
        longest: LONG,
        again: policy,
        lookup_delays: [10, 20, 40, 80].map(Duration::from_millis),
        reread: policy,
        ..trigger::TriggerDelays::default()
    }
}

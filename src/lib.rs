//! Drives BuildPixel cloud builds of Unreal Engine games from any CI: triggers a build, follows its log
//! live, and ends with its verdict.

pub mod api;
pub mod cli;
pub mod config;
pub mod diagnostics;
pub mod error;
pub mod event;
pub mod follow;
pub mod json;
pub mod log;
pub mod net;
pub mod outcome;
pub mod platform;
pub mod render;
pub mod report;
pub mod retry;
pub mod signals;
pub mod socket;
pub mod summary;
mod writer;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use api::{ApiError, Triggered};
use config::inputs::misspelt;
use config::{Config, Env, Inputs, Mistake, OnSuperseded, Override, Secret, Task};
use error::{Error, ExitCode};
use event::{Event, Facts, Level, Status};
use follow::{Follow, Plan, Timings, Update};
use log::Pipeline;
use log::text::Cleaner;
use net::Net;
use outcome::{Outcome, Report, Signal, Verdict};
use platform::{Checkout, Platform, PublishProblem};
use render::Renderer;
use writer::Writer;

/// A batch for stdout is handed over at this size at the latest; before that, whenever nothing else
/// is waiting.
const BATCH_BYTES: usize = 64 * 1024;

/// How long an interrupted trigger may still take to tell the id of the build that it may have made.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// How long stdout may make no progress with the last words.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same after a signal: whoever sent it is waiting.
const SHORT_PATIENCE: Duration = Duration::from_millis(300);

/// Signals come in pairs, to a shell and to its group; the last words get this much in any case.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// What the process is given by whoever starts it.
pub struct Host {
    /// The environment.
    pub env: Env,
    /// Where everything is written.
    pub stdout: Box<dyn Write + Send>,
    /// Whether a person watches.
    pub is_terminal: bool,
    /// The wish that we stop.
    pub signals: mpsc::Receiver<Signal>,
    /// Patience.
    pub timings: Timings,
}

/// Runs one step of a CI job, from the inputs to the exit code. Says why on every way out, and
/// writes the outputs.
pub async fn run(host: Host) -> ExitCode {
    let Host { env, stdout, is_terminal, signals, timings } = host;
    let inputs = Inputs::read(&env);
    let token = inputs.token.clone();
    let chosen = Platform::choose(inputs.ci.as_deref(), &env, is_terminal);
    let (platform, mistake) = match chosen {
        Ok(platform) => (platform, None),
        Err(mistake) => (Platform::detect(&env, is_terminal), Some(mistake)),
    };
    let config = match (Config::new(inputs, &env), mistake) {
        (config, None) => config,
        (Ok(_), Some(mistake)) => Err(vec![mistake]),
        (Err(mistakes), Some(mistake)) => Err(mistakes.into_iter().chain([mistake]).collect()),
    };
    let valid = config.as_ref().ok();

    let proxy = valid.map(|config| config.network.secrets()).unwrap_or_default();
    let secrets: Vec<_> = token.iter().chain(&proxy).map(Secret::expose).collect();
    let style = platform.text_style(&env, is_terminal);
    let cleaner = Cleaner::new(&secrets, style);
    let source_root = valid.and_then(|config| config.source_root.as_deref());
    let options = valid.map(|config| showing(config, platform)).unwrap_or_default();
    let mut step = Step {
        pipeline: Pipeline::new(cleaner.clone(), source_root),
        cleaner,
        report: valid.map(|config| Report::new(&config.task)).unwrap_or_default(),
        renderer: Renderer::new(platform.open(&env, style, SystemTime::now), options),
        out: Vec::new(),
        writer: Writer::start(stdout),
        signals,
        started: Instant::now(),
    };
    step.renderer.begin(&secrets, &mut step.out);
    for warning in misspelt(&env) {
        step.notice(Level::Warn, &warning);
    }
    match config {
        Ok(config) => {
            let checkout = platform.checkout(&env);
            let (outcome, follow) = step.build(&config, &env, checkout, timings).await;
            step.end(outcome, follow).await
        }
        Err(mistakes) => step.end(Outcome::from(Error::Config(mistakes)), None).await,
    }
}

fn showing(config: &Config, platform: Platform) -> render::Options {
    let usual = || platform.default_reports_dir().map(PathBuf::from);
    render::Options {
        log_level: config.log_level,
        annotations: config.annotations,
        summary: config.summary,
        reports_dir: config.reports_dir.clone().or_else(usual),
    }
}

/// One step of a CI job: what it knows, and where it shows it.
struct Step {
    cleaner: Cleaner,
    pipeline: Pipeline,
    report: Report,
    renderer: Renderer,
    /// Rendered, and not yet with the writer.
    out: Vec<u8>,
    writer: Writer,
    signals: mpsc::Receiver<Signal>,
    started: Instant,
}

impl Step {
    /// From the configuration to the outcome. What still follows the build is returned with it.
    async fn build(
        &mut self,
        config: &Config,
        env: &Env,
        checkout: Checkout,
        timings: Timings,
    ) -> (Outcome, Option<Follow>) {
        let net = match Net::new(&config.network) {
            Ok(net) => net,
            Err(error) => return (Outcome::from(Error::Network(error)), None),
        };
        let client = api::Client::new(&config.api_url, &config.token, &net);
        let trigger = match &config.task {
            Task::Attach(_) => None,
            Task::Trigger { project, build_setting, overrides } => {
                match resolved(overrides, checkout, env) {
                    Ok(overrides) => Some((project, build_setting, overrides)),
                    Err(mistakes) => return (Outcome::from(Error::Config(mistakes)), None),
                }
            }
        };
        let mut follow = config.wait.then(|| {
            Follow::start(Plan {
                client: client.clone(),
                socket: socket::Options {
                    api_url: config.api_url.clone(),
                    token: config.token.clone(),
                    net,
                    connect_timeout: socket::CONNECT_TIMEOUT,
                },
                transport: config.transport,
                confirmed: trigger.is_some(),
                timings,
            })
        });
        if let Some((project, build_setting, overrides)) = trigger {
            let trigger = client.trigger(project, build_setting, &overrides);
            if let Err(outcome) = self.trigger(trigger).await {
                return (outcome, follow);
            }
        }
        self.build_is_known();
        let outcome = match &mut follow {
            Some(follow) => self.drive(follow, config).await,
            None => Outcome::Detached,
        };
        (outcome, follow)
    }

    async fn trigger(
        &mut self,
        trigger: impl Future<Output = Result<Triggered, ApiError>>,
    ) -> Result<(), Outcome> {
        tokio::pin!(trigger);
        let triggered = tokio::select! {
            biased;
            Some(signal) = self.signals.recv() => {
                // The build may exist already; its id is worth a moment.
                tokio::select! {
                    biased;
                    Some(_) = self.signals.recv() => {}
                    Ok(Ok(triggered)) = timeout(LAST_ANSWER, trigger) => self.know(triggered),
                    else => {}
                }
                return Err(Outcome::Interrupted(signal));
            }
            triggered = &mut trigger => triggered.map_err(Error::Trigger)?,
        };
        self.know(triggered);
        Ok(())
    }

    fn know(&mut self, triggered: Triggered) {
        self.report.build = Some(triggered.build);
        // Not shown: following the build will.
        self.report.observe(&Event::Status(self.safe(triggered.status)));
    }

    fn build_is_known(&mut self) {
        if let Some(build) = &self.report.build {
            self.renderer.build_known(build, &mut self.out);
        }
        let problems = self.renderer.publish_early(&self.report);
        self.tell(&problems);
    }

    /// Shows what is learnt about the build, until it ends, or a signal or a deadline comes first.
    async fn drive(&mut self, follow: &mut Follow, config: &Config) -> Outcome {
        if let Some(build) = &self.report.build {
            follow.build(build.clone());
        }
        let left = config.timeout.saturating_sub(self.started.elapsed());
        let deadline = sleep(left);
        let queue_deadline = sleep(config.queue_timeout.unwrap_or(config.timeout));
        tokio::pin!(deadline, queue_deadline);
        loop {
            let queued = config.queue_timeout.filter(|_| self.is_queued());
            tokio::select! {
                biased;
                Some(signal) = self.signals.recv() => return Outcome::Interrupted(signal),
                // What has ended has no deadline any more: only the final facts are missing.
                () = &mut deadline, if !self.report.has_ended() => {
                    return Outcome::TimedOut { after: config.timeout, queued: false };
                }
                () = &mut queue_deadline, if queued.is_some() => {
                    return Outcome::TimedOut { after: queued.unwrap_or_default(), queued: true };
                }
                update = follow.next(), if self.out.len() < BATCH_BYTES => match update {
                    Some(Update::End(end)) => return self.finish(*end, config.on_superseded),
                    Some(update) => self.take(update),
                    None => return Outcome::from(Error::Internal),
                },
                // Reached as soon as no update is waiting: what was rendered never waits for a timer.
                () = self.writer.write(&mut self.out), if !self.out.is_empty() => {}
            }
        }
    }

    fn take(&mut self, update: Update) {
        match update {
            Update::Line(line) => self.pipeline.feed(&line, &mut |event| {
                self.report.observe(&event);
                self.renderer.event(&event, &mut self.out);
            }),
            Update::Status(status) => self.show(&Event::Status(self.safe(status))),
            Update::Notice { level, text } => self.notice(level, &text),
            Update::End(_) => {}
        }
    }

    /// The verdict is the API's alone.
    fn finish(&mut self, end: Result<Facts, Error>, on_superseded: OnSuperseded) -> Outcome {
        let facts = match end {
            Ok(facts) => facts,
            Err(error) => return error.into(),
        };
        let facts = self.safe_facts(facts);
        let status = facts.status.clone();
        self.report.learn(facts);
        match (status, &self.report.build) {
            (Some(Status::Complete), _) => Outcome::Success,
            (Some(Status::Failed), _) => Outcome::Failure,
            (Some(Status::Superseded), _) => Outcome::Superseded(on_superseded),
            (
                Some(status @ (Status::Pending | Status::Running | Status::Other(_))),
                Some(build),
            ) => {
                let status = status.as_str().to_owned();
                Outcome::from(Error::Verdict { build: build.clone(), status })
            }
            (_, None) | (None, _) => Outcome::from(Error::Internal),
        }
    }

    /// Publishes, then ends: verdict, outputs and reports on every path. A second signal does not wait.
    async fn end(mut self, outcome: Outcome, follow: Option<Follow>) -> ExitCode {
        self.pipeline.finish(&mut |event| {
            self.report.observe(&event);
            self.renderer.event(&event, &mut self.out);
        });
        let verdict = Verdict::new(&self.report, &outcome).cleaned(|text| self.sentence(text));
        self.renderer.conclude(&self.report, &verdict, &mut self.out);
        let problems = self.renderer.publish(&self.report, &outcome, &verdict);
        self.tell(&problems);
        let mut unwritten = problems.iter().any(PublishProblem::is_failure);
        let patience = match outcome {
            Outcome::Interrupted(_) => SHORT_PATIENCE,
            _ => PATIENCE,
        };
        let goodbye = async {
            if let Some(follow) = follow {
                follow.stop().await;
            }
        };
        let ending = async { tokio::join!(self.writer.finish(self.out, patience), goodbye) };
        tokio::pin!(ending);
        let ended = match timeout(LAST_MOMENT, &mut ending).await {
            Ok(ended) => Some(ended),
            Err(_elapsed) => tokio::select! {
                biased;
                ended = &mut ending => Some(ended),
                Some(_) = self.signals.recv() => None,
            },
        };
        if let Some((written, ())) = ended {
            unwritten |= !written;
        }
        match outcome.exit_code() {
            ExitCode::Success if unwritten => ExitCode::Output,
            code => code,
        }
    }

    fn show(&mut self, event: &Event) {
        self.report.observe(event);
        self.renderer.event(event, &mut self.out);
    }

    fn notice(&mut self, level: Level, text: &str) {
        self.show(&Event::Notice { level, text: self.sentence(text) });
    }

    fn tell(&mut self, problems: &[PublishProblem]) {
        for problem in problems {
            let level = if problem.is_failure() { Level::Error } else { Level::Warn };
            self.notice(level, &problem.to_string());
        }
    }

    /// A whole sentence of ours with foreign words in it, on one line.
    fn sentence(&self, text: &str) -> String {
        self.cleaner.message(text).replace('\n', " ")
    }

    fn is_queued(&self) -> bool {
        matches!(self.report.status, None | Some(Status::Pending))
    }

    fn safe(&self, status: Status) -> Status {
        match status {
            Status::Other(word) => Status::Other(self.cleaner.title(&word)),
            known => known,
        }
    }

    fn safe_facts(&self, facts: Facts) -> Facts {
        let safe = |text: Option<String>| text.map(|text| self.cleaner.title(&text));
        Facts {
            status: facts.status.map(|status| self.safe(status)),
            platform: safe(facts.platform),
            build_type: safe(facts.build_type),
            branch: safe(facts.branch),
            commit: safe(facts.commit),
            ue_version: safe(facts.ue_version),
            ..facts
        }
    }
}

/// Puts what the CI is building where an override says `auto`.
fn resolved(
    overrides: &config::Overrides,
    checkout: Checkout,
    env: &Env,
) -> Result<api::Overrides, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut resolve = |input, given: &Option<Override>, found: Option<String>| match given {
        None => None,
        Some(Override::Value(value)) => Some(value.clone()),
        Some(Override::Auto) => {
            if found.is_none() {
                let problem =
                    format!("this CI does not tell the {input}; give it, or leave it out");
                mistakes.push(Mistake::new(env, input, Some("auto".to_owned()), problem));
            }
            found
        }
    };
    let resolved = api::Overrides {
        branch: resolve("branch", &overrides.branch, checkout.branch),
        commit: resolve("commit", &overrides.commit, checkout.commit),
        changelist: resolve("changelist", &overrides.changelist, checkout.changelist),
    };
    if mistakes.is_empty() { Ok(resolved) } else { Err(mistakes) }
}

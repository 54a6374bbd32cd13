//! Drives BuildPixel cloud builds of Unreal Engine games from any CI: triggers a build, follows its log
//! live, and ends with its verdict.

pub mod api;
pub mod causes;
pub mod checkout;
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
mod publish;
pub mod render;
pub mod report;
mod reporter;
pub mod retry;
pub mod session;
pub mod signals;
pub mod socket;
mod step;
pub mod summary;
pub mod threads;
pub mod trigger;
mod writer;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};

use config::inputs::misspelt;
use config::{Config, Env, Inputs, Secret};
use error::{Error, ExitCode, chain};
use follow::Timings;
use log::text::Cleaner;
use outcome::{Outcome, Report, Signal, SourceLinks};
use platform::Platform;
use publish::Publisher;
use render::Renderer;
use reporter::Reporter;
use step::{Road, Signals, Step};
use threads::Refused;

/// GitLab hands the outputs of one job to the next as variables, and one of them is this input.
const ATTACHES: &str = "`build-id` is given: that build is followed and none is triggered; what else says what to build \
     is not used";

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
    /// Patience with a build.
    pub timings: Timings,
    /// Patience until there is a build.
    pub trigger: trigger::Timings,
}

/// Runs one step of a CI job, from the inputs to the exit code. Says why on every way out, and
/// writes the outputs.
pub async fn run(host: Host) -> ExitCode {
    let Host { env, stdout, is_terminal, signals, timings, trigger } = host;
    let (env, mut signals) = (Arc::new(env), Signals::new(signals));
    let (wish, road) = match read(Arc::clone(&env), is_terminal) {
        Ok(reading) => tokio::select! {
            biased;
            Ok(read) = reading => read,
            Some(signal) = signals.recv() => {
                (Wish::unread(&env, is_terminal), Err(Outcome::Interrupted(signal)))
            }
            else => (Wish::unread(&env, is_terminal), Err(Error::Internal.into())),
        },
        // Signals wait until the files are read.
        Err(refused) => {
            let (mut wish, road) = Wish::read(&env, is_terminal);
            wish.warnings.push(format!("{}; hint: {}", chain(&refused), threads::HINT));
            (wish, road)
        }
    };
    let (mut reporter, publisher) = wish.reporter(&env, is_terminal);
    if matches!(road, Err(Outcome::Interrupted(_))) {
        reporter.nothing_was_triggered();
    }
    let mut step = Step::new(reporter, publisher, stdout, signals, timings.last_words);
    let (outcome, follow) = match (&wish.config, road) {
        (Some(config), Ok(road)) => step.build(config, road, timings, trigger).await,
        (_, road) => (road.err().unwrap_or_else(|| Error::Internal.into()), None),
    };
    step.end(outcome, follow).await
}

/// Ends a step that cannot run because the operating system does not give it what it needs: says so,
/// and writes the outputs. Needs a runtime with nothing but a clock.
pub async fn refuse(host: Host, cause: io::Error) -> ExitCode {
    let Host { env, stdout, is_terminal, signals, timings, .. } = host;
    let wish = Wish::unread(&env, is_terminal);
    let (mut reporter, publisher) = wish.reporter(&env, is_terminal);
    reporter.nothing_was_triggered();
    let signals = Signals::new(signals);
    let step = Step::new(reporter, publisher, stdout, signals, timings.last_words);
    step.end(Error::Machine(cause).into(), None).await
}

type Reading = oneshot::Receiver<(Wish, Result<Road, Outcome>)>;

/// On a thread of its own: some inputs are files, and a disk that hangs keeps no signal waiting.
fn read(env: Arc<Env>, is_terminal: bool) -> Result<Reading, Refused> {
    let (sender, receiver) = oneshot::channel();
    let work = move |env: Arc<Env>| {
        // An error means that a signal came first.
        let _nobody_waits = sender.send(Wish::read(&env, is_terminal));
    };
    let started = threads::start("inputs", "reads the inputs", env, work);
    started.map(|_detached| receiver).map_err(|(_, refused)| refused)
}

/// What the environment asks for. Where it is to be shown is known even if it cannot be done.
struct Wish {
    platform: Platform,
    config: Option<Config>,
    token: Option<Secret>,
    reports_dir: Option<String>,
    warnings: Vec<String>,
    source: SourceLinks,
}

impl Wish {
    /// Reads files, too.
    fn read(env: &Env, is_terminal: bool) -> (Self, Result<Road, Outcome>) {
        let (inputs, unreadable) = Inputs::read(env);
        let (token, reports_dir) = (inputs.token.clone(), inputs.reports_dir.clone());
        let attaches = inputs.build_id.is_some() && inputs.project.is_some();
        let chosen = Platform::choose(inputs.ci.as_deref(), env, is_terminal);
        let mut config = Config::new((inputs, unreadable), env);
        let platform = chosen.unwrap_or_else(|mistake| {
            let others = config.as_mut().err().map(std::mem::take);
            config = Err(others.into_iter().flatten().chain([mistake]).collect());
            Platform::detect(env, is_terminal)
        });
        let mut warnings = misspelt(env);
        warnings.extend(attaches.then(|| ATTACHES.to_owned()));
        warnings.extend(platform.doubt(env).map(str::to_owned));
        let (config, road) = match config {
            Ok(config) => {
                let road = Road::prepare(&config, platform, env);
                (Some(config), road)
            }
            Err(mistakes) => (None, Err(Error::Config(mistakes).into())),
        };
        let asked = road.as_ref().ok().and_then(Road::commit);
        let source = platform.source_links(env).asked_for(asked);
        (Self { platform, config, token, reports_dir, warnings, source }, road)
    }

    /// What can be told of it without a file.
    fn unread(env: &Env, is_terminal: bool) -> Self {
        // Whatever is wrong with the inputs is of no interest any more.
        let (Inputs { token, reports_dir, ci, .. }, _mistakes) = Inputs::read(env);
        let chosen = Platform::choose(ci.as_deref(), env, is_terminal);
        let platform = chosen.unwrap_or_else(|_| Platform::detect(env, is_terminal));
        let (warnings, source) = (Vec::new(), SourceLinks::default());
        Self { platform, config: None, token, reports_dir, warnings, source }
    }

    /// Opens the platform's output, hides the secrets, and tells what is odd about the wish.
    fn reporter(&self, env: &Env, is_terminal: bool) -> (Reporter, Publisher) {
        let config = self.config.as_ref();
        let proxy = config.map(|config| config.network.secrets()).unwrap_or_default();
        let secrets: Vec<_> = self.token.iter().chain(&proxy).map(Secret::expose).collect();
        let style = self.platform.text_style(env, is_terminal);
        let cleaner = Cleaner::new(&secrets, style);
        let usual = self.platform.default_reports_dir();
        let reports_dir = self.reports_dir.as_deref().or(usual).map(PathBuf::from);
        let handover = self.platform.handover(env);
        let summary = config.is_none_or(|config| config.summary);
        let options = render::Options {
            log_level: config.and_then(|config| config.log_level),
            annotations: config.is_none_or(|config| config.annotations),
            summary: summary && handover.has_summary(),
            reports: reports_dir.is_some(),
            ascii: self.platform.wants_ascii(env),
        };
        let publisher = Publisher::start(cleaner.clone(), handover, summary, reports_dir);
        let report = config.map(|config| Report::new(&config.task)).unwrap_or_default();
        let report = Report { source: self.source.clone(), ..report };
        let source_root = config.and_then(|config| config.source_root.as_deref());
        let checkout = self.platform.checkout(env);
        let sink = self.platform.open(env, is_terminal, &checkout, SystemTime::now);
        let renderer = Renderer::new(sink, options);
        let keeps_log = publisher.keeps_log();
        let mut reporter =
            Reporter::new(cleaner, source_root, checkout, report, renderer, keeps_log);
        reporter.begin(&secrets, &self.warnings);
        (reporter, publisher)
    }
}

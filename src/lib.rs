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
mod publish;
pub mod render;
pub mod report;
mod reporter;
pub mod retry;
pub mod signals;
pub mod socket;
mod step;
pub mod summary;
pub mod trigger;
mod writer;

use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use tokio::sync::mpsc;

use config::inputs::misspelt;
use config::{Config, Env, Inputs, Mistake, Secret};
use error::{Error, ExitCode};
use follow::Timings;
use log::text::Cleaner;
use outcome::{Outcome, Report, Signal};
use platform::Platform;
use publish::Publisher;
use render::Renderer;
use reporter::Reporter;
use step::Step;

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
    let wish = Wish::read(&env, is_terminal);
    let (reporter, publisher) = wish.reporter(&env, is_terminal);
    let mut step = Step::new(reporter, publisher, stdout, signals, timings.last_words);
    match wish.config {
        Ok(config) => {
            let checkout = wish.platform.checkout(&env).resolve(&config.task, &env);
            let (outcome, follow) = step.build(&config, checkout, timings, trigger).await;
            step.end(outcome, follow).await
        }
        Err(mistakes) => step.end(Outcome::from(Error::Config(mistakes)), None).await,
    }
}

/// What the environment asks for. Where it is to be shown is known even if it cannot be done.
struct Wish {
    platform: Platform,
    config: Result<Config, Vec<Mistake>>,
    token: Option<Secret>,
    reports_dir: Option<String>,
    warnings: Vec<String>,
}

impl Wish {
    fn read(env: &Env, is_terminal: bool) -> Self {
        let inputs = Inputs::read(env);
        let (token, reports_dir) = (inputs.token.clone(), inputs.reports_dir.clone());
        let attaches = inputs.build_id.is_some() && inputs.project.is_some();
        let chosen = Platform::choose(inputs.ci.as_deref(), env, is_terminal);
        let mut config = Config::new(inputs, env);
        let platform = chosen.unwrap_or_else(|mistake| {
            let others = config.as_mut().err().map(std::mem::take);
            config = Err(others.into_iter().flatten().chain([mistake]).collect());
            Platform::detect(env, is_terminal)
        });
        let mut warnings = misspelt(env);
        warnings.extend(attaches.then(|| ATTACHES.to_owned()));
        warnings.extend(platform.doubt(env).map(str::to_owned));
        Self { platform, config, token, reports_dir, warnings }
    }

    /// Opens the platform's output, hides the secrets, and tells what is odd about the wish.
    fn reporter(&self, env: &Env, is_terminal: bool) -> (Reporter, Publisher) {
        let config = self.config.as_ref().ok();
        let proxy = config.map(|config| config.network.secrets()).unwrap_or_default();
        let secrets: Vec<_> = self.token.iter().chain(&proxy).map(Secret::expose).collect();
        let style = self.platform.text_style(env, is_terminal);
        let cleaner = Cleaner::new(&secrets, style);
        let sink = self.platform.open(style, SystemTime::now);
        let usual = self.platform.default_reports_dir();
        let options = render::Options {
            log_level: config.and_then(|config| config.log_level),
            annotations: config.is_none_or(|config| config.annotations),
        };
        let publisher = Publisher::start(
            cleaner.clone(),
            self.platform.handover(env),
            config.is_none_or(|config| config.summary),
            self.reports_dir.as_deref().or(usual).map(PathBuf::from),
        );
        let report = config.map(|config| Report::new(&config.task)).unwrap_or_default();
        let source_root = config.and_then(|config| config.source_root.as_deref());
        let renderer = Renderer::new(sink, options);
        let keeps_log = publisher.keeps_log();
        let mut reporter = Reporter::new(cleaner, source_root, report, renderer, keeps_log);
        reporter.begin(&secrets, &self.warnings);
        (reporter, publisher)
    }
}

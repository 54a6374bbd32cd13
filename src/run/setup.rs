//! Turns the environment into everything that a step needs before its first request.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};

use super::overrides;
use crate::causes::one_line;
use crate::ci::{self, Ci};
use crate::config::inputs::{ignored, misspelt};
use crate::config::{Config, Env, Inputs, Mistake, Secret, Task};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::follow::FollowDelays;
use crate::model::Notice;
use crate::net::Net;
use crate::publish::{Publisher, ReportsDir};
use crate::render::{self, Renderer};
use crate::report::{BuildReport, Outcome, Signal, SourceLinks};
use crate::reporter::Reporter;
use crate::service::TriggerOverrides;
use crate::text::Cleaner;
use crate::threads;
use crate::trigger::TriggerDelays;
use crate::writer::{Output, Overflow};

/// GitLab passes the outputs of one job to the next as variables, and one of them is also an input.
const ATTACHES: &str = "`build-id` is given: that build is followed and none is triggered; \
     the other build inputs are ignored";

/// The process's environment and streams.
pub struct Host {
    /// The environment.
    pub env: Env,
    /// The output stream.
    pub stdout: Box<dyn Write + Send>,
    /// True if stdout is a terminal.
    pub is_terminal: bool,
    /// The diagnostics, which must not show the token.
    pub diagnostics: Diagnostics,
    /// The signals that ask the step to end.
    pub signals: mpsc::Receiver<Signal>,
    /// Delays and limits of following a build.
    pub follow_delays: FollowDelays,
    /// Delays and limits of triggering a build.
    pub trigger_delays: TriggerDelays,
}

/// The setup, and the prepared task if the inputs are valid.
pub(super) type Reading = (Setup, Result<Prepared, Outcome>);

/// Everything that must be known before the first request.
pub(super) struct Prepared {
    pub(super) overrides: TriggerOverrides,
    pub(super) net: Net,
}

impl Prepared {
    /// Reads files.
    fn new(config: &Config, ci: &dyn Ci, env: &Env) -> Result<Self, Outcome> {
        let overrides = overrides::resolve(&config.task, ci.revision(env), env);
        let overrides = overrides.map_err(Error::Config)?;
        let net = Net::new(&config.network).map_err(Error::Network)?;
        Ok(Self { overrides, net })
    }

    /// The commit that the build will be asked for.
    fn commit(&self) -> Option<&str> {
        self.overrides.commit.as_deref()
    }
}

/// The settings for output and reports. They are known even if inputs are invalid.
pub(super) struct Setup {
    ci: &'static dyn Ci,
    pub(super) config: Option<Config>,
    token: Option<Secret>,
    reports_dir: Option<String>,
    warnings: Vec<String>,
    source: SourceLinks,
}

impl Setup {
    /// Reads on a separate thread: some inputs are files, and a hanging disk must not delay a
    /// signal.
    pub(super) fn start(
        env: Arc<Env>,
        is_terminal: bool,
        diagnostics: Diagnostics,
    ) -> oneshot::Receiver<Reading> {
        let (sender, receiver) = oneshot::channel();
        let task = "reads the inputs";
        // An error means that a signal came first.
        let work =
            move |(env, diagnostics, sender): (Arc<Env>, Diagnostics, oneshot::Sender<Reading>)| {
                let _nobody_waits = sender.send(Self::read(&env, is_terminal, &diagnostics));
            };
        let all = (env, diagnostics, sender);
        if let Err(((env, diagnostics, sender), refused)) =
            threads::start("inputs", task, all, work)
        {
            // Signals wait until the files are read.
            let (mut setup, prepared) = Self::read(&env, is_terminal, &diagnostics);
            setup.warnings.push(format!("{}; hint: {}", one_line(&refused), threads::HINT));
            let _nobody_waits = sender.send((setup, prepared));
        }
        receiver
    }

    /// This reads files, too.
    fn read(env: &Env, is_terminal: bool, diagnostics: &Diagnostics) -> Reading {
        let (inputs, unreadable) = Inputs::load(env);
        inputs.token.iter().for_each(|token| diagnostics.mask(token));
        let (token, reports_dir) = (inputs.token.clone(), inputs.reports_dir.clone());
        let attaches = inputs.build_id.is_some() && inputs.project.is_some();
        let chosen = ci::choose(inputs.ci.as_deref(), env, is_terminal);
        let mut config = Config::new((inputs, unreadable), env);
        let ci = chosen.unwrap_or_else(|mistake| {
            let others = config.as_mut().err().map(std::mem::take);
            config = Err(others.into_iter().flatten().chain([mistake]).collect());
            ci::detect(env, is_terminal)
        });
        if let (Err(mistakes), None) = (&mut config, &token) {
            explain_missing_token(mistakes, ci, env);
        }
        let mut warnings = misspelt(env);
        warnings.extend(ignored(env));
        warnings.extend(attaches.then(|| ATTACHES.to_owned()));
        warnings.extend(ci::near_miss(ci, env).map(str::to_owned));
        let (config, prepared) = match config {
            Ok(config) => {
                let prepared = Prepared::new(&config, ci, env);
                (Some(config), prepared)
            }
            Err(mistakes) => (None, Err(Error::Config(mistakes).into())),
        };
        let asked = prepared.as_ref().ok().and_then(Prepared::commit);
        let source = ci.source_links(env).asked_for(asked);
        (Self { ci, config, token, reports_dir, warnings, source }, prepared)
    }

    /// The settings that are known without reading a file.
    pub(super) fn unread(env: &Env, is_terminal: bool) -> Self {
        // Invalid inputs no longer matter.
        let (Inputs { token, reports_dir, ci: given, .. }, _mistakes) = Inputs::read(env);
        let chosen = ci::choose(given.as_deref(), env, is_terminal);
        let ci = chosen.unwrap_or_else(|_| ci::detect(env, is_terminal));
        let (warnings, source) = (Vec::new(), SourceLinks::default());
        Self { ci, config: None, token, reports_dir, warnings, source }
    }

    /// Opens the CI's output, hides the secrets, and warns of odd inputs.
    pub(super) fn open(
        &self,
        env: &Env,
        is_terminal: bool,
        stdout: Box<dyn Write + Send>,
    ) -> (Reporter, Publisher) {
        let config = self.config.as_ref();
        let proxy = config.map(|config| config.network.secrets()).unwrap_or_default();
        let secrets: Vec<_> = self.token.iter().chain(&proxy).map(Secret::expose).collect();
        let style = self.ci.text_style(env, is_terminal);
        let cleaner = Cleaner::new(&secrets, style);
        let usual = self.ci.default_reports_dir();
        let checkout = self.ci.checkout(env);
        let reports_dir = self.reports_dir.as_deref().or(usual).map(|path| ReportsDir {
            path: PathBuf::from(path),
            workspace: checkout.folder().map(Path::to_owned),
            step: config.map(|config| name(&config.task)).unwrap_or_default(),
        });
        let step_files = self.ci.step_files(env);
        let summary = config.is_none_or(|config| config.summary);
        let options = render::RenderOptions {
            log_level: config.and_then(|config| config.log_level),
            annotations: config.is_none_or(|config| config.annotations),
            summary: summary && step_files.has_summary(),
            reports: reports_dir.is_some(),
            ascii: self.ci.wants_ascii(env),
        };
        let publisher = Publisher::start(cleaner.clone(), step_files, summary, reports_dir);
        let report = config.map(|config| BuildReport::new(&config.task)).unwrap_or_default();
        let report = BuildReport { source: self.source.clone(), ..report };
        let source_root = config.and_then(|config| config.source_root.as_deref());
        let dialect = self.ci.open(env, is_terminal, &checkout, SystemTime::now);
        let renderer = Renderer::new(dialect, options);
        let stdout = Output::start(stdout, Overflow::Wait);
        let log = publisher.open_log();
        let mut reporter =
            Reporter::new(cleaner, source_root, checkout, report, renderer, stdout, log);
        reporter.begin(&secrets, &self.warnings);
        if let Some(refused) = reporter.stdout.refused().map(|refused| one_line(refused)) {
            reporter.notice(Notice::warn(refused));
        }
        (reporter, publisher)
    }
}

/// The name of the step's report folder beside those of other steps. The build setting of a build that is followed is
/// not known yet.
fn name(task: &Task) -> String {
    match task {
        Task::Trigger { build_setting, .. } => build_setting.to_string(),
        Task::Attach(build) => build.to_string(),
    }
}

/// Adds the CI's reason to the mistakes of a token that is empty, or a variable that has no value.
fn explain_missing_token(mistakes: &mut [Mistake], ci: &dyn Ci, env: &Env) {
    let tokens = mistakes.iter_mut().filter(|mistake| mistake.input == "token");
    for mistake in tokens {
        if let Some(reason) = ci.why_no_secrets(env) {
            mistake.problem = format!("{}; {reason}", mistake.problem);
        }
    }
}

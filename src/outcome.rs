//! What happened, counted; what the step made of it; and the outputs that tell both to later steps.

pub mod verdict;

use std::time::Duration;

pub use verdict::Verdict;

use crate::config::{OnSuperseded, Task};
use crate::error::{Error, ExitCode};
use crate::event::{Event, Facts, Finding, Id, Phase, Severity, Status};

/// Everything that is known about the build. All its texts are safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The build, as soon as there is one.
    pub build: Option<Id>,
    /// Whether it is certain that no build was triggered.
    pub untriggered: bool,
    /// The last status seen.
    pub status: Option<Status>,
    /// What the API told.
    pub facts: Facts,
    /// The phases that began, in order.
    pub phases: Vec<PhaseRun>,
    /// The findings in the order of the log: of each severity the first [`Report::KEPT`].
    pub findings: Vec<Finding>,
    /// Distinct errors, kept or not.
    pub errors: usize,
    /// Distinct warnings, kept or not.
    pub warnings: usize,
    /// Lines of the build log.
    pub lines: u64,
}

/// One phase of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseRun {
    /// Which.
    pub phase: Phase,
    /// How long, by the build machine's clock, where it could be told.
    pub took: Option<Duration>,
    /// Whether it is over.
    pub ended: bool,
}

impl Report {
    /// How many findings of each severity are kept; the rest is only counted.
    pub const KEPT: usize = 500;

    /// Nothing has happened yet; only the task is known.
    pub fn new(task: &Task) -> Self {
        let (build, project, build_setting) = match task {
            Task::Trigger { project, build_setting, .. } => {
                (None, Some(project.clone()), Some(build_setting.clone()))
            }
            Task::Attach(build) => (Some(build.clone()), None, None),
        };
        Self {
            build,
            untriggered: false,
            status: None,
            facts: Facts { project, build_setting, ..Facts::default() },
            phases: Vec::new(),
            findings: Vec::new(),
            errors: 0,
            warnings: 0,
            lines: 0,
        }
    }

    /// Counts one event in.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Status(status) => self.status = Some(status.clone()),
            Event::PhaseStarted(phase) => self.start(*phase),
            Event::PhaseEnded { phase, took, .. } => self.end(*phase, *took),
            Event::Line { .. } => self.lines += 1,
            Event::Finding(finding) => self.find(finding),
            Event::Action { .. } | Event::Cooked { .. } | Event::Notice { .. } => {}
        }
    }

    /// Adds what the API told; what it does not tell this time stays. The texts must have been made
    /// safe to print before.
    pub fn learn(&mut self, facts: Facts) {
        self.status = facts.status.clone().or(self.status.take());
        let known = std::mem::take(&mut self.facts);
        self.facts = Facts {
            project: facts.project.or(known.project),
            build_setting: facts.build_setting.or(known.build_setting),
            status: facts.status.or(known.status),
            platform: facts.platform.or(known.platform),
            build_type: facts.build_type.or(known.build_type),
            branch: facts.branch.or(known.branch),
            commit: facts.commit.or(known.commit),
            ue_version: facts.ue_version.or(known.ue_version),
            created_at: facts.created_at.or(known.created_at),
            finished_at: facts.finished_at.or(known.finished_at),
            duration: facts.duration.or(known.duration),
        };
    }

    /// Whether the build has not started yet, as far as is known.
    pub fn is_queued(&self) -> bool {
        self.status == Some(Status::Pending)
    }

    /// The findings by rank: root causes, what merely follows from them, warnings.
    pub fn ranked(&self) -> Vec<&Finding> {
        let mut ranked: Vec<_> = self.findings.iter().collect();
        ranked
            .sort_by_key(|finding| (finding.severity == Severity::Warning, finding.is_follow_up()));
        ranked
    }

    /// The error that all others seem to follow from.
    pub fn first_error(&self) -> Option<&Finding> {
        let errors = || self.findings.iter().filter(|f| f.severity == Severity::Error);
        errors().find(|error| !error.is_follow_up()).or_else(|| errors().next())
    }

    /// What a failed build failed of. Builds that did not fail have their errors too.
    pub fn root_cause(&self) -> Option<&Finding> {
        self.first_error().filter(|_| self.has_failed())
    }

    /// The phase that a failed build failed in: its root cause's, else the last that began.
    pub fn failed_phase(&self) -> Option<Phase> {
        let blamed = self.first_error().and_then(|finding| finding.phase);
        let last = self.phases.last().map(|run| run.phase);
        blamed.or(last).filter(|_| self.has_failed())
    }

    /// How long the build was queued. The API does not say, but what was not running was queueing.
    pub fn queued(&self) -> Option<Duration> {
        let Facts { created_at, finished_at, duration, .. } = self.facts;
        finished_at?.duration_since(created_at?).ok()?.checked_sub(duration?)
    }

    /// All outputs by name, in the order of [`OUTPUTS`]; `result` is empty before the end.
    pub fn outputs(&self, outcome: Option<&Outcome>) -> Vec<(&'static str, String)> {
        OUTPUTS.iter().map(|output| (output.name, (output.read)(self, outcome))).collect()
    }

    /// Whether the build was seen to end.
    pub fn has_ended(&self) -> bool {
        self.status.as_ref().is_some_and(Status::is_terminal)
    }

    fn has_failed(&self) -> bool {
        self.status == Some(Status::Failed)
    }

    fn start(&mut self, phase: Phase) {
        for run in &mut self.phases {
            run.ended = true;
        }
        match self.run_of(phase) {
            Some(run) => run.ended = false,
            None => self.phases.push(PhaseRun { phase, took: None, ended: false }),
        }
    }

    fn end(&mut self, phase: Phase, took: Option<Duration>) {
        if let Some(run) = self.run_of(phase) {
            run.ended = true;
            run.took = took.map(|took| took + run.took.unwrap_or_default()).or(run.took);
        }
    }

    fn run_of(&mut self, phase: Phase) -> Option<&mut PhaseRun> {
        self.phases.iter_mut().find(|run| run.phase == phase)
    }

    fn find(&mut self, finding: &Finding) {
        let count = match finding.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= Self::KEPT {
            self.findings.push(finding.clone());
        }
    }
}

/// What the step decided.
#[derive(Debug)]
pub enum Outcome {
    /// The build is complete.
    Success,
    /// The build failed.
    Failure,
    /// A newer build replaced it; what that means was for the user to say.
    Superseded(OnSuperseded),
    /// Our patience ended before the build did.
    TimedOut {
        /// How long we followed, or waited for it to start.
        after: Duration,
        /// Whether it was still queued, so that `queue-timeout` ended it.
        queued: bool,
    },
    /// Nobody wanted to wait.
    Detached,
    /// A signal stopped us.
    Interrupted(Signal),
    /// Something else went wrong.
    Failed(Box<Error>),
}

/// The signals that end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Int,
    /// SIGTERM.
    Term,
    /// SIGHUP: the terminal or the connection behind it has gone. Ends like SIGTERM.
    Hup,
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl Outcome {
    /// What the process exits with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Success | Self::Superseded(OnSuperseded::Pass) | Self::Detached => {
                ExitCode::Success
            }
            Self::Failure => ExitCode::BuildFailed,
            Self::Superseded(OnSuperseded::Fail) => ExitCode::Superseded,
            Self::TimedOut { .. } => ExitCode::TimedOut,
            Self::Interrupted(Signal::Int) => ExitCode::Sigint,
            Self::Interrupted(Signal::Term | Signal::Hup) => ExitCode::Sigterm,
            Self::Failed(error) => error.exit_code(),
        }
    }

    /// The word in the `result` output.
    pub fn result(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Superseded(_) => "superseded",
            Self::TimedOut { .. } => "timeout",
            Self::Detached => "detached",
            Self::Interrupted(_) => "interrupted",
            Self::Failed(_) => "error",
        }
    }
}

/// One output, as the documentation shows it.
pub struct Output {
    /// Name, as GitHub users write it.
    pub name: &'static str,
    /// What it holds.
    pub value: &'static str,
    read: fn(&Report, Option<&Outcome>) -> String,
}

/// Every output, in the order of the documentation.
pub const OUTPUTS: &[Output] = &[
    output("build-id", "Id of the build.", |r, _| text(r.build.as_ref())),
    output("project-id", "Id of the project.", |r, _| text(r.facts.project.as_ref())),
    output("build-setting-id", "Id of the build setting.", |r, _| {
        text(r.facts.build_setting.as_ref())
    }),
    output(
        "status",
        "Last status seen: `pending`, `running`, `complete`, `failed`, `superseded` or `unknown`.",
        |r, _| match &r.status {
            Some(Status::Other(_)) | None => "unknown".to_owned(),
            Some(known) => known.as_str().to_owned(),
        },
    ),
    output(
        "result",
        "What the step decided: `success`, `failure`, `superseded`, `timeout`, `detached` \
         (`wait: false`), `interrupted`, `error`.",
        |_, outcome| text(outcome.map(Outcome::result)),
    ),
    output("platform", "`Win64`, `Linux`, …, as the API reported it.", |r, _| {
        text(r.facts.platform.as_ref())
    }),
    output("build-type", "`Development`, `Shipping`, …, as the API reported it.", |r, _| {
        text(r.facts.build_type.as_ref())
    }),
    output("branch", "Branch that was built.", |r, _| text(r.facts.branch.as_ref())),
    output("commit", "Commit that was built.", |r, _| text(r.facts.commit.as_ref())),
    output("ue-version", "Unreal Engine version.", |r, _| text(r.facts.ue_version.as_ref())),
    output("queued-seconds", "How long the build was queued.", |r, _| seconds(r.queued())),
    output("duration-seconds", "How long the build ran.", |r, _| seconds(r.facts.duration)),
    output("error-count", "Distinct errors, not lines.", |r, _| r.errors.to_string()),
    output("warning-count", "Distinct warnings, not lines.", |r, _| r.warnings.to_string()),
    output(
        "first-error",
        "The root cause in one line: `Source/A.cpp:42: C2065: 'undefined': undeclared identifier`.",
        |r, _| text(r.first_error()),
    ),
    output(
        "failed-phase",
        "`source-sync`, `compile`, `cook`, `stage`, `package`, `upload` or empty.",
        |r, _| text(r.failed_phase().map(Phase::as_str)),
    ),
];

const fn output(
    name: &'static str,
    value: &'static str,
    read: fn(&Report, Option<&Outcome>) -> String,
) -> Output {
    Output { name, value, read }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn seconds(duration: Option<Duration>) -> String {
    text(duration.map(|duration| duration.as_secs()))
}

#[cfg(test)]
mod tests;

//! The facts of one build, counted from its events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::source::SourceLinks;
use crate::config::Task;
use crate::model::{Event, Facts, Finding, Id, Phase, Status};

/// Everything known about one build. All its texts are safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildReport {
    /// The build, as soon as there is one.
    pub build: Option<Id>,
    /// True if it is certain that no build was triggered.
    pub untriggered: bool,
    /// The last status seen.
    pub status: Option<Status>,
    /// The facts from the API.
    pub facts: Facts,
    /// The phases, in the order in which they last began.
    pub phases: Vec<PhaseRun>,
    /// The retained findings, in the order of the log: see [`BuildReport::RETAINED`].
    pub findings: Vec<Finding>,
    /// Distinct root errors, retained or not.
    pub errors: usize,
    /// Distinct follow-up errors, retained or not.
    pub follow_ups: usize,
    /// Distinct warnings, retained or not.
    pub warnings: usize,
    /// Warnings per code. A similar warning about something else counts here, too: see [`Finding::repeats`].
    pub kinds: BTreeMap<String, u64>,
    /// The slowest actions of the compile, slowest first.
    pub actions: Vec<(String, Duration)>,
    /// Cooked packages, and packages in all.
    pub cooked: Option<(u32, u32)>,
    /// Lines of the build log.
    pub lines: u64,
    /// Links to its sources.
    pub source: SourceLinks,
}

/// One phase of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseRun {
    /// The phase.
    pub phase: Phase,
    /// Its duration by the build machine's clock, if that is known.
    pub took: Option<Duration>,
    /// True if it is over.
    pub ended: bool,
    /// True if it completed the last time it ran.
    pub completed: bool,
}

impl BuildReport {
    /// A build without events; only the task is known.
    pub fn new(task: &Task) -> Self {
        let (build, project, build_setting) = match task {
            Task::Trigger { project, build_setting, .. } => {
                (None, Some(project.clone()), Some(build_setting.clone()))
            }
            Task::Attach(build) => (Some(build.clone()), None, None),
        };
        let facts = Facts { project, build_setting, ..Facts::default() };
        Self { build, facts, ..Self::default() }
    }

    /// Counts one event in.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Status(status) => self.status = Some(status.clone()),
            Event::PhaseStarted(phase) => self.start(*phase),
            Event::PhaseEnded { phase, took, completed } => self.end(*phase, *took, *completed),
            Event::Line { .. } => self.lines += 1,
            Event::Finding(finding) => self.record_finding(finding),
            Event::Action { name, took } => self.record_action(name, *took),
            Event::Cooked { done, total } => self.cooked = Some((*done, *total)),
            Event::Notice(_) => {}
        }
    }

    /// Adds facts from the API; facts that are missing this time stay. The texts must be safe to
    /// print.
    pub fn add_facts(&mut self, facts: Facts) {
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
            deploy_status: facts.deploy_status.or(known.deploy_status),
            created_at: facts.created_at.or(known.created_at),
            finished_at: facts.finished_at.or(known.finished_at),
            duration: facts.duration.or(known.duration),
        };
    }

    /// The URL of the place of a finding, if it is in the repository.
    pub fn link(&self, finding: &Finding) -> Option<String> {
        self.source.line(finding.location.as_ref()?, self.facts.commit.as_deref())
    }

    /// True if the build has not started yet, as far as known.
    pub fn is_queued(&self) -> bool {
        self.status == Some(Status::Pending)
    }

    /// How long the build was queued. The API does not report it, but a build that was not running
    /// was queued.
    pub fn queued(&self) -> Option<Duration> {
        let Facts { created_at, finished_at, duration, .. } = self.facts;
        finished_at?.duration_since(created_at?).ok()?.checked_sub(duration?)
    }

    /// True if the build was seen to end.
    pub fn has_ended(&self) -> bool {
        self.status.as_ref().is_some_and(Status::is_terminal)
    }

    /// True if the build was seen to fail. An end without a documented status is a failure.
    pub fn has_failed(&self) -> bool {
        matches!(self.status, Some(Status::Failed | Status::OtherEnd(_)))
    }

    /// The status of the automatic deployment, if it is one of a failure.
    pub fn failed_deployment(&self) -> Option<&str> {
        let status = self.facts.deploy_status.as_deref()?;
        let word = status.to_ascii_lowercase();
        ["fail", "error", "abort"].iter().any(|failure| word.contains(failure)).then_some(status)
    }

    /// True if a newer build replaced this one. Then a phase that did not complete has not failed.
    pub fn was_superseded(&self) -> bool {
        self.status == Some(Status::Superseded)
    }

    /// True if the phase completed. The last phase of a complete build did, whatever its log says.
    pub fn has_completed(&self, phase: Phase) -> bool {
        let is_complete = self.status == Some(Status::Complete);
        let last = self.phases.last().map(|run| run.phase);
        self.phases.iter().any(|run| run.phase == phase && run.completed)
            || (is_complete && last == Some(phase))
    }

    fn start(&mut self, phase: Phase) {
        // A build continues only after a successful phase.
        for run in self.phases.iter_mut().filter(|run| !run.ended) {
            (run.ended, run.completed) = (true, true);
        }
        let before = self.phases.iter().position(|run| run.phase == phase);
        let took = before.and_then(|at| self.phases.remove(at).took);
        self.phases.push(PhaseRun { phase, took, ended: false, completed: false });
    }

    fn end(&mut self, phase: Phase, took: Option<Duration>, completed: bool) {
        if let Some(run) = self.phases.iter_mut().find(|run| run.phase == phase) {
            (run.ended, run.completed) = (true, completed);
            run.took = took.map(|took| took + run.took.unwrap_or_default()).or(run.took);
        }
    }
}

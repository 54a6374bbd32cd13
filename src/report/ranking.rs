//! Ranks the findings: the likely root cause first, then one finding of each cause.

use std::collections::{HashMap, HashSet};

use super::build::BuildReport;
use crate::model::{Finding, Owner, Phase, Severity};

impl BuildReport {
    /// The shown findings, the most useful first: the errors, then the warnings.
    pub fn ranked(&self) -> Vec<&Finding> {
        let mut ranked = self.ranked_errors();
        ranked.extend(self.ranked_warnings());
        ranked
    }

    /// Errors of the failed phase, and those outside phases, come first. Among them, likely root
    /// causes come first, in the order of the log. Follow-ups are shown only if there is nothing
    /// else where the build failed.
    pub fn ranked_errors(&self) -> Vec<&Finding> {
        let shows_follow_ups = self.shows_follow_ups();
        let is_shown = |error: &&Finding| shows_follow_ups || !error.is_follow_up();
        let mut errors: Vec<_> = self.of(Severity::Error).filter(is_shown).collect();
        let failed: Vec<_> = self
            .unfinished()
            .filter(|phase| errors.iter().any(|error| error.phase == Some(*phase)))
            .collect();
        let distance = |phase: Option<Phase>| match phase {
            // The border between failed phases and others.
            None => failed.len(),
            Some(phase) => failed.iter().position(|failed| *failed == phase).unwrap_or(usize::MAX),
        };
        errors.sort_by_key(|error| (distance(error.phase), error.rank));
        spread(errors, |error| (error.code.as_deref(), error.message.lines().next()))
    }

    /// True if only follow-ups are left to show: of the whole build, or of its failed phase.
    pub(super) fn shows_follow_ups(&self) -> bool {
        let failed: Vec<_> = self.unfinished().collect();
        let errors = self.of(Severity::Error).filter(|error| match error.phase {
            None => !error.is_follow_up(),
            Some(phase) => failed.contains(&phase),
        });
        let mut errors = errors.peekable();
        self.errors == 0 || (errors.peek().is_some() && errors.all(Finding::is_follow_up))
    }

    /// The warnings in the order of the log, with the first of each code before all others.
    pub fn ranked_warnings(&self) -> Vec<&Finding> {
        spread(self.of(Severity::Warning).collect(), |warning| {
            let code = warning.code.as_deref();
            code.or_else(|| warning.message.lines().next())
        })
    }

    /// The error that all others seem to follow from.
    pub fn first_error(&self) -> Option<&Finding> {
        self.ranked_errors().first().copied()
    }

    /// The cause of a failed build. Builds that did not fail have their errors too.
    pub fn root_cause(&self) -> Option<&Finding> {
        self.first_error().filter(|_| self.has_failed())
    }

    /// The likely owner of the failure: the output `failure-class`.
    pub fn owner_of_failure(&self) -> Option<Owner> {
        self.root_cause()?.owner
    }

    /// The phase in which the build failed: that of its root cause, unless it completed and another
    /// phase did not.
    pub fn failed_phase(&self) -> Option<Phase> {
        let blamed = self.first_error().and_then(|error| error.phase);
        let failed = blamed.filter(|blamed| self.unfinished().any(|phase| phase == *blamed));
        failed.or_else(|| self.unfinished().next()).or(blamed).filter(|_| self.has_failed())
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// The phases that did not complete, the last first.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = Phase> {
        let phases = self.phases.iter().rev().map(|run| run.phase);
        phases.filter(|phase| !self.has_completed(*phase))
    }
}

/// The first of each cause before the others, which take turns by file.
fn spread<'a, C: Eq + std::hash::Hash>(
    findings: Vec<&'a Finding>,
    cause: impl Fn(&'a Finding) -> C,
) -> Vec<&'a Finding> {
    let mut causes = HashSet::new();
    let (mut spread, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| causes.insert(cause(finding)));
    let mut turns: HashMap<Option<&str>, usize> = HashMap::new();
    let mut turn = |finding: &'a Finding| {
        let file = finding.location.as_ref().map(|location| location.file.as_str());
        let turn = turns.entry(file).or_default();
        *turn += 1;
        *turn
    };
    for finding in &spread {
        turn(finding);
    }
    let mut others: Vec<_> = others.into_iter().map(|finding| (turn(finding), finding)).collect();
    others.sort_by_key(|(turn, _)| *turn);
    spread.extend(others.into_iter().map(|(_, finding)| finding));
    spread
}

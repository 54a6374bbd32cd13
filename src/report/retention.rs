//! Limits how many findings and actions are retained.

use std::time::Duration;

use super::build::BuildReport;
use crate::model::{Finding, Severity};

impl BuildReport {
    /// How many root errors, and how many warnings, are retained; further ones are only counted.
    /// The phases share them, so that a flood in one phase does not displace the root cause in
    /// another.
    pub const RETAINED: usize = 500;
    /// The same for follow-up errors.
    pub const FOLLOW_UPS_RETAINED: usize = 20;
    /// The same for kinds of warnings.
    const KINDS: usize = 200;
    /// The same for compile actions.
    const ACTIONS: usize = 5;

    /// Distinct errors. Follow-ups count only if there is no root error.
    pub fn error_count(&self) -> usize {
        if self.shows_follow_ups() { self.errors + self.follow_ups } else { self.errors }
    }

    /// Follow-up errors that are hidden, because their root errors are shown.
    pub fn hidden(&self) -> usize {
        if self.shows_follow_ups() { 0 } else { self.follow_ups }
    }

    pub(super) fn record_finding(&mut self, finding: &Finding) {
        match (finding.severity, finding.is_follow_up()) {
            (Severity::Error, false) => self.errors += 1,
            (Severity::Error, true) => self.follow_ups += 1,
            (Severity::Warning, _) => {
                self.warnings += 1;
                self.count_warning(finding);
            }
        }
        self.retain(finding);
    }

    fn count_warning(&mut self, warning: &Finding) {
        let kind = warning.code.as_deref().unwrap_or("other");
        let times = 1 + u64::from(warning.repeats);
        if let Some(known) = self.kinds.get_mut(kind) {
            *known += times;
        } else if self.kinds.len() < Self::KINDS {
            self.kinds.insert(kind.to_owned(), times);
        }
    }

    fn retain(&mut self, finding: &Finding) {
        let kind = |finding: &Finding| (finding.severity, finding.is_follow_up());
        let is_like = |retained: &Finding| kind(retained) == kind(finding);
        let room = match kind(finding) {
            (Severity::Error, true) => Self::FOLLOW_UPS_RETAINED,
            _ => Self::RETAINED,
        };
        let mut crowds = Vec::new();
        for retained in self.findings.iter().filter(|retained| is_like(retained)) {
            match crowds.iter_mut().find(|(phase, _)| *phase == retained.phase) {
                Some((_, size)) => *size += 1,
                None => crowds.push((retained.phase, 1)),
            }
        }
        let size_of = |crowd: &&(_, usize)| crowd.1;
        if crowds.iter().map(|crowd| size_of(&crowd)).sum::<usize>() >= room {
            let own =
                crowds.iter().find(|(phase, _)| *phase == finding.phase).map_or(0, |own| own.1);
            let Some((phase, _)) = crowds.iter().max_by_key(size_of).filter(|(_, n)| own + 1 < *n)
            else {
                return;
            };
            let last = self
                .findings
                .iter()
                .rposition(|retained| is_like(retained) && retained.phase == *phase);
            last.map(|last| self.findings.remove(last));
        }
        self.findings.push(finding.clone());
    }

    pub(super) fn record_action(&mut self, name: &str, took: Duration) {
        let at = self.actions.partition_point(|(_, slower)| *slower >= took);
        if at < Self::ACTIONS {
            self.actions.insert(at, (name.to_owned(), took));
            self.actions.truncate(Self::ACTIONS);
        }
    }
}

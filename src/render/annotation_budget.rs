//! Divides the annotations of a step among its phases and its end, because CIs keep only the first few of each
//! severity. It also remembers which findings were shown, so that none is shown twice.

use crate::model::{Finding, Level, Severity};
use crate::report::Verdict;

/// The findings that were shown, as annotations or as text.
#[derive(Debug)]
pub(super) struct Budget {
    /// How many annotations of each severity there are.
    limit: usize,
    shown: Vec<Finding>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, shown: Vec::new() }
    }

    pub(super) fn spend(&mut self, finding: &Finding) {
        self.shown.push(finding.clone());
    }

    pub(super) fn spent(&self, severity: Severity) -> usize {
        self.shown.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The findings that were not shown yet, each once.
    pub(super) fn pending<'a>(
        &self,
        findings: impl Iterator<Item = &'a Finding>,
    ) -> Vec<&'a Finding> {
        let mut pending = Vec::new();
        for finding in findings {
            if !self.shown.contains(finding) && !pending.contains(&finding) {
                pending.push(finding);
            }
        }
        pending
    }

    /// How many annotations a phase may use when it ends: half of those left, rounded up, so that later phases
    /// can use the other half. The end always has one left for the number of the other findings and, of
    /// errors, one for the root cause and one for the verdict.
    pub(super) fn share_of_a_phase(&self, severity: Severity) -> usize {
        let (verdict, reserve) = match severity {
            Severity::Error => (1, 2),
            Severity::Warning => (0, 1),
        };
        let left = self.limit.saturating_sub(self.spent(severity) + verdict);
        left.div_ceil(2).min(left.saturating_sub(reserve))
    }

    /// How many annotations are left for findings. A failing verdict needs one, and it must not be lost.
    pub(super) fn left_at_the_end(&self, severity: Severity, verdict: &Verdict) -> usize {
        let verdict = usize::from(severity == Severity::Error && verdict.level == Level::Error);
        self.limit.saturating_sub(self.spent(severity) + verdict)
    }
}

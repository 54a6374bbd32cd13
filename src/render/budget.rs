//! The annotations of a step: CIs keep the first few of each severity (GitHub: ten), so none is spent
//! twice, and some are saved for later phases and for the end. What is told in words counts as told, too.

use crate::model::{Finding, Level, Severity};
use crate::report::Verdict;

/// How many of each severity there are.
const ANNOTATIONS: usize = 10;

/// What was spent on which findings.
#[derive(Debug, Default)]
pub(super) struct Budget {
    told: Vec<Finding>,
}

impl Budget {
    pub(super) fn spend(&mut self, finding: &Finding) {
        self.told.push(finding.clone());
    }

    pub(super) fn spent(&self, severity: Severity) -> usize {
        self.told.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Those that nothing was spent on yet, each once.
    pub(super) fn pending<'a>(
        &self,
        findings: impl Iterator<Item = &'a Finding>,
    ) -> Vec<&'a Finding> {
        let mut pending = Vec::new();
        for finding in findings {
            if !self.told.contains(finding) && !pending.contains(&finding) {
                pending.push(finding);
            }
        }
        pending
    }

    /// How many a phase that ends may spend: half of what is left, rounded up, so that a phase to come has as
    /// much to say. At the end there is always one left for the number of the rest and, of errors, one
    /// for the root cause and one for the verdict.
    pub(super) fn share_of_a_phase(&self, severity: Severity) -> usize {
        let (verdict, reserve) = match severity {
            Severity::Error => (1, 2),
            Severity::Warning => (0, 1),
        };
        let left = ANNOTATIONS.saturating_sub(self.spent(severity) + verdict);
        left.div_ceil(2).min(left.saturating_sub(reserve))
    }

    /// How many are left for findings. The verdict may be an error too, and the one that must not be lost.
    pub(super) fn left_at_the_end(&self, severity: Severity, verdict: &Verdict) -> usize {
        let verdict = usize::from(severity == Severity::Error && verdict.level == Level::Error);
        ANNOTATIONS.saturating_sub(self.spent(severity) + verdict)
    }
}

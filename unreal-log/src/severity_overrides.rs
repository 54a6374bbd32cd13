//! Corrects the severity of lines that the rules list: some tools call something an error or a warning that is none.

use regex::Regex;

use crate::finding::Severity;
use crate::pattern;
use crate::rules;
use crate::rules::rule::SeverityOverride;

/// The overrides of all rules, compiled.
#[derive(Debug, Clone)]
pub(crate) struct SeverityOverrides(Vec<(Regex, Option<Severity>)>);

impl SeverityOverrides {
    pub(crate) fn new() -> Self {
        let row = |row: &SeverityOverride| (pattern::compile(row.pattern), row.actual);
        Self(rules::severity_overrides().map(row).collect())
    }

    /// The actual severity of a line that claims this one. None if the line is not worth reporting.
    pub(crate) fn actual(&self, line: &str, claimed: Severity) -> Option<Severity> {
        let row = self.0.iter().find(|(pattern, _)| pattern.is_match(line));
        row.map_or(Some(claimed), |(_, actual)| *actual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claimed_severity_is_right_unless_an_override_says_otherwise() {
        let overrides = SeverityOverrides::new();
        for claimed in [Severity::Error, Severity::Warning] {
            let line = "A.cpp(42): error C2065: 'x': undeclared identifier";
            assert_eq!(overrides.actual(line, claimed), Some(claimed));
        }
    }
}

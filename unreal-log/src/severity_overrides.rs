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

    /// The actual severity of each line, which claims to be an error.
    const EXAMPLES: &[(&str, Option<Severity>)] = &[
        (
            "C:/Game/Source/A.cpp(1): error: Expected A.h to be first header included.",
            Some(Severity::Warning),
        ),
        (
            "A.targets(3,5): warning MSB3026: Could not copy \"a\" to \"b\". Beginning retry 2 in 1000ms.",
            None,
        ),
        ("LogDerivedDataCache: Warning: Access to C:/DDC appears to be slow.", None),
        (
            "LogHttp: Warning: 0000: HTTP request timed out after 30.00 seconds URL=https://host/generate_204",
            None,
        ),
        ("error: device unauthorized.", None),
        ("ERROR: Error: EC_OK -- ??", None),
    ];

    #[test]
    fn each_override_corrects_its_example() {
        let overrides = SeverityOverrides::new();
        assert_eq!(EXAMPLES.len(), overrides.0.len());
        for (example, actual) in EXAMPLES {
            let fitting = overrides.0.iter().filter(|(pattern, _)| pattern.is_match(example));
            assert_eq!(fitting.count(), 1, "{example}");
            assert_eq!(overrides.actual(example, Severity::Error), *actual, "{example}");
        }
        let other = "A.cpp(42): error C2065: 'x': undeclared identifier";
        assert_eq!(overrides.actual(other, Severity::Error), Some(Severity::Error));
    }
}

//! Lines whose own severity is wrong.

use regex::Regex;

use crate::finding::Severity;
use crate::pattern;

/// Lines that fit the pattern have another severity than they say.
struct SeverityOverride {
    pattern: &'static str,
    /// None if the line is not worth reporting.
    actual: Option<Severity>,
}

const TABLE: &[SeverityOverride] = &[
    // UnrealBuildTool's check of the order of includes does not fail the build.
    SeverityOverride {
        pattern: r"error: Expected .* to be first header included",
        actual: Some(Severity::Warning),
    },
    // MSBuild tries the copy again.
    SeverityOverride { pattern: r"warning MSB3026\b", actual: None },
    SeverityOverride { pattern: r"^\s*LogDerivedDataCache: Warning", actual: None },
    SeverityOverride { pattern: r"^\s*LogHttp: Warning: .*HTTP request timed out", actual: None },
    // The build does not need a phone.
    SeverityOverride {
        pattern: r"^error: (?:device (?:unauthorized|offline|'[^']*' not found)|no devices/emulators found)",
        actual: None,
    },
    // pdbcopy reports its success like this.
    SeverityOverride { pattern: r"ERROR: Error: EC_OK\b", actual: None },
];

/// The table, compiled.
#[derive(Debug, Clone)]
pub(crate) struct SeverityOverrides(Vec<(Regex, Option<Severity>)>);

impl SeverityOverrides {
    pub(crate) fn new() -> Self {
        let row = |row: &SeverityOverride| (pattern::compile(row.pattern), row.actual);
        Self(TABLE.iter().map(row).collect())
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

    /// One for each row.
    const EXAMPLES: [&str; TABLE.len()] = [
        "C:/Game/Source/A.cpp(1): error: Expected A.h to be first header included.",
        "A.targets(3,5): warning MSB3026: Could not copy \"a\" to \"b\". Beginning retry 2 in 1000ms.",
        "LogDerivedDataCache: Warning: Access to C:/DDC appears to be slow.",
        "LogHttp: Warning: 0000: HTTP request timed out after 30.00 seconds URL=https://host/generate_204",
        "error: device unauthorized.",
        "ERROR: Error: EC_OK -- ??",
    ];

    #[test]
    fn each_row_overrides_the_severity_of_its_example() {
        let overrides = SeverityOverrides::new();
        for (row, example) in TABLE.iter().zip(EXAMPLES) {
            assert_eq!(overrides.actual(example, Severity::Error), row.actual, "{example}");
        }
        let other = "A.cpp(42): error C2065: 'x': undeclared identifier";
        assert_eq!(overrides.actual(other, Severity::Error), Some(Severity::Error));
    }
}

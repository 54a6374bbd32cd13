//! Lines that lie about how grave they are.

use regex::Regex;

use super::pattern;
use crate::model::Severity;

#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Lie {
    pattern: &'static str,
    /// None: nothing worth reporting.
    truth: Option<Severity>,
    example: &'static str,
}

const TABLE: &[Lie] = &[
    // UBT's check of include order; it does not fail the build.
    Lie {
        pattern: r"error: Expected .* to be first header included",
        truth: Some(Severity::Warning),
        example: "C:/Game/Source/A.cpp(1): error: Expected A.h to be first header included.",
    },
    // It is tried again.
    Lie {
        pattern: r"warning MSB3026\b",
        truth: None,
        example: "A.targets(3,5): warning MSB3026: Could not copy \"a\" to \"b\". Beginning retry 2 in 1000ms.",
    },
    Lie {
        pattern: r"^\s*LogDerivedDataCache: Warning",
        truth: None,
        example: "LogDerivedDataCache: Warning: Access to C:/DDC appears to be slow.",
    },
    Lie {
        pattern: r"^\s*LogHttp: Warning: .*HTTP request timed out",
        truth: None,
        example: "LogHttp: Warning: 0000: HTTP request timed out after 30.00 seconds URL=https://host/generate_204",
    },
    // Whether a phone is at hand is no matter of the build.
    Lie {
        pattern: r"^error: (?:device (?:unauthorized|offline|'[^']*' not found)|no devices/emulators found)",
        truth: None,
        example: "error: device unauthorized.",
    },
    // pdbcopy's way of saying that all is well.
    Lie { pattern: r"ERROR: Error: EC_OK\b", truth: None, example: "ERROR: Error: EC_OK -- ??" },
];

/// The table, compiled.
#[derive(Debug, Clone)]
pub(super) struct Lies(Vec<(Regex, Option<Severity>)>);

impl Lies {
    pub(super) fn new() -> Self {
        let row = |lie: &Lie| (pattern::compile(lie.pattern), lie.truth);
        Self(TABLE.iter().map(row).collect())
    }

    /// How grave the line is, given how grave it says it is; None if it is nothing.
    pub(super) fn truth(&self, line: &str, claimed: Severity) -> Option<Severity> {
        let lie = self.0.iter().find(|(pattern, _)| pattern.is_match(line));
        lie.map_or(Some(claimed), |(_, truth)| *truth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lie_is_seen_through() {
        let lies = Lies::new();
        for Lie { truth, example, .. } in TABLE {
            assert_eq!(lies.truth(example, Severity::Error), *truth, "{example}");
        }
        let honest = "A.cpp(42): error C2065: 'x': undeclared identifier";
        assert_eq!(lies.truth(honest, Severity::Error), Some(Severity::Error));
    }
}

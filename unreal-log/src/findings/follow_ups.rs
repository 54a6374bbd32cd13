//! Recognises lines that merely follow from another failure by the words that the rules list.

use regex::RegexSet;

use crate::pattern;
use crate::rules;

/// The patterns, compiled.
#[derive(Debug, Clone)]
pub(super) struct FollowUps(RegexSet);

impl FollowUps {
    pub(super) fn new() -> Self {
        Self(pattern::compile_set(rules::follow_ups()))
    }

    /// True if the line, of which a finding was made, only follows from an earlier failure.
    pub(super) fn has(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_only_resembles_a_follow_up_is_none() {
        let follow_ups = FollowUps::new();
        for line in [
            "A.cpp(42): error C2065: 'undefined': undeclared identifier",
            "LogCook: Error: Content is missing from cook.",
            "LogHttp: Error: Result: Failed (404)",
            "LogDoor: Error: BUILD FAILED in the minds of many",
            "FAILURE: Build failed with an exception.",
            "Execution failed for task ':app:processDebugResources'.",
            "Took 4.25s to run UnrealEditor-Cmd.exe, ExitCode=3",
            "Took 4.25s to run UnrealEditor-Cmd.exe, ExitCode=137",
            "Took 4.25s to run UnrealEditor-Cmd.exe, ExitCode=-1073741819",
            "Took 4.25s to run UnrealEditor-Cmd.exe, ExitCode=0",
            "AutomationTool exiting with ExitCode=0 (Success)",
            "ld: library not found for -lDoor",
        ] {
            assert!(!follow_ups.has(line), "{line}");
        }
    }
}

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

    /// Whether the line, of which a finding was made, only follows from an earlier failure.
    pub(super) fn has(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLES: &[&str] = &[
        "Error executing cl.exe (tool returned code: 2)",
        "ERROR: UBT ERROR: Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
        "ERROR: UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
        "ERROR: UnrealHeaderTool failed for target 'GameEditor'",
        "Makefile.Targets(45,5): error MSB3073: The command \"Build.bat\" exited with code 6.",
        "Game.exe : fatal error LNK1120: 1 unresolved externals",
        "clang++: error: linker command failed with exit code 1 (use -v to see invocation)",
        "collect2: error: ld returned 1 exit status",
        "ERROR: Editor terminated with exit code 1 while running Cook for C:/Game/Game.uproject",
        "ERROR: Cook failed.",
        "LogCook: Error: Failed to cook /Game/Maps/Belt",
        "ERROR: BUILD FAILED: failed, retries not enabled:",
        "RunUAT.bat ERROR: AutomationTool was unable to run successfully.",
        "PackagingResults: Error: Unknown Cook Failure",
        "ERROR: cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
        "ERROR: Client exited with error code: 3",
        "error: external filter 'git-lfs filter-process' failed",
        "Game.xcodeproj: error: Code signing is required for product type 'Application'",
        "ld: symbol(s) not found for architecture arm64",
        "3 warnings and 20 errors generated.",
        "Result: Failed (OtherCompilationError)",
        "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
        "Took 33,52s to run dotnet.exe, ExitCode=6",
        "       (see C:\\Logs\\Log.txt for full exception trace)",
        "make: *** [package] Error 25",
        "> Task :app:compileDebugJavaWithJavac FAILED",
        "> Compilation failed; see the compiler error output for details.",
        "Execution failed for task ':app:compileDebugJavaWithJavac'.",
        "** ARCHIVE FAILED **",
        "Command CodeSign failed with a nonzero exit code",
    ];

    #[test]
    fn each_example_fits_one_pattern_and_each_pattern_one_example() {
        let follow_ups = FollowUps::new();
        let mut fitting = Vec::new();
        for example in EXAMPLES {
            let patterns: Vec<_> = follow_ups.0.matches(example).iter().collect();
            assert_eq!(patterns.len(), 1, "{example}");
            fitting.extend(patterns);
        }
        fitting.sort_unstable();
        assert_eq!(fitting, (0..rules::follow_ups().count()).collect::<Vec<_>>());
    }

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

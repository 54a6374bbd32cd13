//! Lines that merely follow from another failure, by their words.

use regex::RegexSet;

use crate::pattern;

/// The patterns of such lines.
const FOLLOW_UP_PATTERNS: &[&str] = &[
    r"tool returned code: ",
    r"UBT ERROR: Failed to produce item: ",
    r"UnrealBuildTool failed\. See log",
    r"UnrealHeaderTool failed for target",
    r"\bMSB3073\b",
    r"\bLNK1120\b|\bLNK1169\b",
    r"linker command failed with exit code",
    r"\bld returned \d+ exit status",
    r"Editor terminated with exit code ",
    r"ERROR: Cook failed\.",
    // The lines after it say why.
    r"LogCook: Error: Failed to cook ",
    r"^\s*(?:ERROR: )?BUILD FAILED(?:$|:| in )",
    r"AutomationTool was unable to run successfully",
    r"(?:PackagingResults|CookResults): Error: (?:Unknown Error|Unknown Cook Failure|Launch failed)",
    r"\S failed with args .*\brungradle\.(?:bat|sh)\b",
    r"Client exited with error code: ",
    r"external filter 'git-lfs filter-process' failed|smudge filter lfs failed",
    r"Code signing is required for product type",
    r"^\s*ld: symbol\(s\) not found",
    r"^\s*(?:\d+ warnings? and )?\d+ errors? generated\.",
    r"^\s*Result: Failed \(",
    r"^\s*AutomationTool exiting with ExitCode=(?:-\d|[1-9])",
    // 3, the signals and the NTSTATUS values mean a crash.
    r"^\s*Took [\d.,]+s to run .*\bExitCode=(?:[124-9]|[1-9]\d|1[0-24-9]\d|2\d\d|-\d{1,5})$",
    r"\(see .* for full exception trace\)",
    r"^\s*make: \*\*\* \[",
    // The reason stands below `What went wrong`, or the task's own tool reports it.
    r"^\s*> Task \S+ FAILED",
    r"^\s*> Compilation failed; see the compiler ",
    r"^\s*Execution failed for task ':\S*:compile\w*(?:Java|Kotlin)\w*'\.",
    r"^\s*\*\* (?:BUILD|ARCHIVE|EXPORT) FAILED \*\*",
    r"^\s*Command (?:PhaseScriptExecution|CodeSign) failed",
];

/// The patterns, compiled.
#[derive(Debug, Clone)]
pub(super) struct FollowUps(RegexSet);

impl FollowUps {
    pub(super) fn new() -> Self {
        Self(pattern::compile_set(FOLLOW_UP_PATTERNS.iter().copied()))
    }

    /// Whether the line, of which a finding was made, only follows from an earlier failure.
    pub(super) fn has(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One for each pattern.
    const EXAMPLES: [&str; FOLLOW_UP_PATTERNS.len()] = [
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
    fn each_pattern_fits_its_example_and_no_other_pattern_does() {
        let follow_ups = FollowUps::new();
        for (row, example) in EXAMPLES.iter().enumerate() {
            let matching: Vec<_> = follow_ups.0.matches(example).iter().collect();
            assert_eq!(matching, [row], "{example}");
        }
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

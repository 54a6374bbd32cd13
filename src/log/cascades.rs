//! Tells failures that merely follow from another one.

use regex::RegexSet;

#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Cascade {
    pattern: &'static str,
    example: &'static str,
}

const TABLE: &[Cascade] = &[
    Cascade {
        pattern: r"tool returned code: ",
        example: "Error executing cl.exe (tool returned code: 2)",
    },
    Cascade {
        pattern: r"UBT ERROR: Failed to produce item: ",
        example: "ERROR: UBT ERROR: Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
    },
    Cascade {
        pattern: r"UnrealBuildTool failed\. See log",
        example: "ERROR: UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
    },
    Cascade {
        pattern: r"UnrealHeaderTool failed for target",
        example: "ERROR: UnrealHeaderTool failed for target 'GameEditor'",
    },
    Cascade {
        pattern: r"\bMSB3073\b",
        example: "Makefile.Targets(45,5): error MSB3073: The command \"Build.bat\" exited with code 6.",
    },
    Cascade {
        pattern: r"\bLNK1120\b|\bLNK1169\b",
        example: "Game.exe : fatal error LNK1120: 1 unresolved externals",
    },
    Cascade {
        pattern: r"linker command failed with exit code",
        example: "clang++: error: linker command failed with exit code 1 (use -v to see invocation)",
    },
    Cascade {
        pattern: r"\bld returned \d+ exit status",
        example: "collect2: error: ld returned 1 exit status",
    },
    Cascade {
        pattern: r"Editor terminated with exit code ",
        example: "ERROR: Editor terminated with exit code 1 while running Cook for C:/Game/Game.uproject",
    },
    Cascade { pattern: r"ERROR: Cook failed\.", example: "ERROR: Cook failed." },
    // Why stands in the lines after it.
    Cascade {
        pattern: r"LogCook: Error: Failed to cook ",
        example: "LogCook: Error: Failed to cook /Game/Maps/Belt",
    },
    Cascade {
        pattern: r"^\s*(?:ERROR: )?BUILD FAILED(?:$|:| in )",
        example: "ERROR: BUILD FAILED: failed, retries not enabled:",
    },
    Cascade {
        pattern: r"AutomationTool was unable to run successfully",
        example: "RunUAT.bat ERROR: AutomationTool was unable to run successfully.",
    },
    Cascade {
        pattern: r"(?:PackagingResults|CookResults): Error: (?:Unknown Error|Unknown Cook Failure|Launch failed)",
        example: "PackagingResults: Error: Unknown Cook Failure",
    },
    Cascade {
        pattern: r"\S failed with args .*\brungradle\.(?:bat|sh)\b",
        example: "ERROR: cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
    },
    Cascade {
        pattern: r"Client exited with error code: ",
        example: "ERROR: Client exited with error code: 3",
    },
    Cascade {
        pattern: r"external filter 'git-lfs filter-process' failed|smudge filter lfs failed",
        example: "error: external filter 'git-lfs filter-process' failed",
    },
    Cascade {
        pattern: r"Code signing is required for product type",
        example: "Game.xcodeproj: error: Code signing is required for product type 'Application'",
    },
    Cascade {
        pattern: r"^\s*ld: symbol\(s\) not found",
        example: "ld: symbol(s) not found for architecture arm64",
    },
    Cascade {
        pattern: r"^\s*(?:\d+ warnings? and )?\d+ errors? generated\.",
        example: "3 warnings and 20 errors generated.",
    },
    Cascade {
        pattern: r"^\s*Result: Failed \(",
        example: "Result: Failed (OtherCompilationError)",
    },
    Cascade {
        pattern: r"^\s*AutomationTool exiting with ExitCode=(?:-\d|[1-9])",
        example: "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
    },
    // 3, the signals and the NTSTATUS are how a crash is told.
    Cascade {
        pattern: r"^\s*Took [\d.,]+s to run .*\bExitCode=(?:[124-9]|[1-9]\d|1[0-24-9]\d|2\d\d|-\d{1,5})$",
        example: "Took 33,52s to run dotnet.exe, ExitCode=6",
    },
    Cascade {
        pattern: r"\(see .* for full exception trace\)",
        example: "       (see C:\\Logs\\Log.txt for full exception trace)",
    },
    Cascade { pattern: r"^\s*make: \*\*\* \[", example: "make: *** [package] Error 25" },
    // Why stands under `What went wrong`, or is said by the task's own tool.
    Cascade {
        pattern: r"^\s*> Task \S+ FAILED",
        example: "> Task :app:compileDebugJavaWithJavac FAILED",
    },
    Cascade {
        pattern: r"^\s*> Compilation failed; see the compiler ",
        example: "> Compilation failed; see the compiler error output for details.",
    },
    Cascade {
        pattern: r"^\s*Execution failed for task ':\S*:compile\w*(?:Java|Kotlin)\w*'\.",
        example: "Execution failed for task ':app:compileDebugJavaWithJavac'.",
    },
    Cascade {
        pattern: r"^\s*\*\* (?:BUILD|ARCHIVE|EXPORT) FAILED \*\*",
        example: "** ARCHIVE FAILED **",
    },
    Cascade {
        pattern: r"^\s*Command (?:PhaseScriptExecution|CodeSign) failed",
        example: "Command CodeSign failed with a nonzero exit code",
    },
];

/// The table, compiled.
#[derive(Debug, Clone)]
pub(super) struct Cascades(RegexSet);

impl Cascades {
    pub(super) fn new() -> Self {
        Self(super::pattern::compile_set(TABLE.iter().map(|row| row.pattern)))
    }

    /// Whether the line, of which a finding was made, only follows from an earlier failure.
    pub(super) fn follow(&self, line: &str) -> bool {
        self.0.is_match(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cascade_is_told_from_a_root_cause() {
        let cascades = Cascades::new();
        for (row, Cascade { example, .. }) in TABLE.iter().enumerate() {
            let matching: Vec<_> = cascades.0.matches(example).iter().collect();
            assert_eq!(matching, [row], "{example}");
        }
    }

    #[test]
    fn what_only_reads_like_a_cascade_is_a_root() {
        let cascades = Cascades::new();
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
            assert!(!cascades.follow(line), "{line}");
        }
    }
}

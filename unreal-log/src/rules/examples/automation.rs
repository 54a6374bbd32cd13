//! Examples for the rules and cases of `rules/automation.rs`.

use super::{CaseExample, NOTHING, OverrideExample, RuleExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const SAID: Match<'static> =
    Match { tool: Some(Tool::Uat), block: BlockKind::DotNetStack, ..NOTHING };

const EXIT: Match<'static> =
    Match { tool: Some(Tool::Exit), rank: Rank::FollowUp, block: BlockKind::Line, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Sdk,
        line: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
        found: Some(Match {
            tool: Some(Tool::Turnkey),
            message: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
            rank: Rank::Toolchain,
            block: BlockKind::Line,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Stage,
        line: "ERROR: Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
        found: Some(Match {
            message: "Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
            rank: Rank::Stage,
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::Uat,
        line: "ERROR: System.IO.IOException: The directory name is invalid.",
        found: Some(Match {
            message: "System.IO.IOException: The directory name is invalid.",
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::UatFile,
        line: r"ERROR: C:\Game\Build\Graph.xml(50): Unknown element",
        found: Some(Match {
            tool: Some(Tool::Uat),
            message: "Unknown element",
            file: Some(r"C:\Game\Build\Graph.xml"),
            line: Some(50),
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Exception,
        line: "System.IO.IOException: The directory name is invalid.",
        found: Some(Match {
            message: "System.IO.IOException: The directory name is invalid.",
            block: BlockKind::BareDotNetStack,
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::Command,
        line: "cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
        found: Some(Match {
            message: "cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
            rank: Rank::FollowUp,
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::UatExit,
        line: "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
        found: Some(Match {
            message: "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
            ..EXIT
        }),
    },
    RuleExample {
        rule: RuleId::ToolExit,
        line: "Error executing C:/VC/bin/cl.exe (tool returned code: 2)",
        found: Some(Match {
            message: "Error executing C:/VC/bin/cl.exe (tool returned code: 2)",
            ..EXIT
        }),
    },
    RuleExample {
        rule: RuleId::Make,
        line: "make: *** [package] Error 25",
        found: Some(Match { message: "make: *** [package] Error 25", ..EXIT }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b, Allowed_AutoSdk=r25b, Current_AutoSdk=)",
        hint: "Install the Android SDK r25b on the build machine, which this engine needs: it has r21b.",
    },
    CaseExample {
        message: "Linux: (Status=Invalid, Allowed_Sdk=v22_clang-16, Current_Sdk=, Allowed_AutoSdk=v22, Current_AutoSdk=)",
        hint: "Install the Linux SDK v22_clang-16 on the build machine, which this engine needs: it has none.",
    },
    CaseExample {
        message: "Failed to install Android SDK",
        hint: "Install the platform's SDK on the build machine by hand: Turnkey could not.",
    },
    CaseExample {
        message: "Stage Failed. Missing receipt 'D:/Game/Binaries/Win64/Door.target'. Check that this target has been built.",
        hint: "Build the target Door before it is staged (-build), with this platform and configuration.",
    },
    CaseExample {
        message: "System.IO.IOException: The directory name is invalid.\n   at Project.StageAdditionalDirectoriesFromConfig(DeploymentContext SC)",
        hint: "Correct Additional Non-Asset Directories to Package or Copy in Config/DefaultGame.ini: one of them is no directory.",
    },
    CaseExample {
        message: "Missing D:/UE/Engine/Binaries/Win64/UnrealEditor-Cmd.exe executable.",
        hint: "Build the editor of the engine first, or take an installed engine: UnrealEditor-Cmd is missing, and it is what cooks.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "Error executing cl.exe (tool returned code: 2)",
    "ERROR: Editor terminated with exit code 1 while running Cook for C:/Game/Game.uproject",
    "ERROR: Cook failed.",
    "ERROR: BUILD FAILED: failed, retries not enabled:",
    "RunUAT.bat ERROR: AutomationTool was unable to run successfully.",
    "ERROR: cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
    "ERROR: Client exited with error code: 3",
    "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
    "       (see C:\\Logs\\Log.txt for full exception trace)",
    "make: *** [package] Error 25",
];

pub(super) const OVERRIDES: &[OverrideExample] =
    &[OverrideExample { line: "ERROR: Error: EC_OK -- ??", actual: None }];

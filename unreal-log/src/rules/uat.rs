//! What Unreal's own build tools say in their own words: AutomationTool, UnrealBuildTool, and how they
//! and what they start come to an end.

use super::block_kind::BlockKind;
use super::rule::{ANYONE, Match, NOTHING, ROW, Rule};
use crate::finding::{Rank, Severity};
use crate::tool::Tool;

const UAT: Rule =
    Rule { said_by: ANYONE, tool: Some(Tool::Uat), block: BlockKind::DotNetStack, ..ROW };

const SAID: Match<'static> =
    Match { tool: Some(Tool::Uat), block: BlockKind::DotNetStack, ..NOTHING };

const UBT: Rule = Rule { tool: Some(Tool::Ubt), ..ROW };

const RULES: Match<'static> = Match { tool: Some(Tool::Ubt), rank: Rank::Rules, ..NOTHING };

const MACHINE: Match<'static> = Match { tool: Some(Tool::Ubt), rank: Rank::Toolchain, ..NOTHING };

const EXIT: Match<'static> =
    Match { tool: Some(Tool::Exit), rank: Rank::FollowUp, block: BlockKind::Line, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    Rule {
        name: "rules",
        words: &[
            "could not find definition for module",
            "unable to instantiate module",
            "expecting to find a type to be declared in a module rules",
            "missing precompiled manifest for",
            "non-editor build cannot depend on",
            "couldn't find target rules file",
            "could not find a module named",
        ],
        pattern: r"^\s*(?:(?:UBT )?ERROR: |UnrealBuildTool ?: error ?: |Unhandled exception[.:] |\w+Exception: )*(?<message>(?:Could not find definition for module|Unable to instantiate module|Expecting to find a type to be declared in a module rules|Missing precompiled manifest for|Non-editor build cannot depend on|Couldn't find (?:target|module) rules file|Could not find a module named) ?.*)$",
        rank: Rank::Rules,
        example: "ERROR: Could not find definition for module 'Hinges' (referenced via Target -> Door.Build.cs)",
        expected: Some(Match {
            message: "Could not find definition for module 'Hinges' (referenced via Target -> Door.Build.cs)",
            ..RULES
        }),
        ..UBT
    },
    Rule {
        name: "project",
        words: &[
            "unable to find plugin '",
            "unable to load plugin '",
            "' failed to load because module '",
            "unable to build while live coding is active",
            "a conflicting instance of ",
        ],
        pattern: r"^\s*(?:(?:UBT )?ERROR: |UnrealBuildTool ?: error ?: |Unhandled exception[.:] |\w+Exception: )*(?<message>(?:Unable to (?:find|load) plugin '|Plugin '[^']*' failed to load because module '|Unable to build while Live Coding is active|A conflicting instance of |Plugin '[^']*' .*does not contain the '[^']*' module).*)$",
        rank: Rank::Rules,
        example: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
        expected: Some(Match {
            message: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
            ..RULES
        }),
        ..UBT
    },
    Rule {
        name: "dotnet",
        words: &[
            "to find any compatible framework version",
            "you must install or update .net",
            "hostfxr",
        ],
        pattern: r"^\s*(?<message>It was not possible to find any compatible framework version.*|You must install or update \.NET .*|.*\bhostfxr\S* could not be found.*)$",
        rank: Rank::Toolchain,
        tool: Some(Tool::DotNet),
        example: "You must install or update .NET to run this application.",
        expected: Some(Match {
            tool: Some(Tool::DotNet),
            message: "You must install or update .NET to run this application.",
            ..MACHINE
        }),
        ..UBT
    },
    Rule {
        name: "toolchain",
        words: &[
            "must be installed",
            "could not find netfxsdk",
            "is not a valid platform to build",
            "unable to find installation of",
            "no available toolchains",
            "sdk validation failed",
            "unable to find compiler",
            "is missing the c++ toolchain",
        ],
        pattern: r"^\s*(?:UBT |UnrealBuildTool ?: )?(?<severity>ERROR|WARNING|error|warning) ?: (?<message>(?:.*\bmust be installed\b|.*\bis missing the C\+\+ toolchain\b|Could not find NetFxSDK|Platform \w+ is not a valid platform to build|Unable to find installation of|No available toolchains|Unable to find compiler).*)$",
        rank: Rank::Toolchain,
        example: "ERROR: Visual Studio 2022 must be installed in order to build this target.",
        expected: Some(Match {
            message: "Visual Studio 2022 must be installed in order to build this target.",
            ..MACHINE
        }),
        ..UBT
    },
    Rule {
        name: "uat-file",
        said_by: ANYONE,
        pattern: r#"^\s*(?<severity>ERROR|WARNING): (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\((?<line>\d+)(?:,(?<column>\d+))?\): (?<message>.*)$"#,
        tool: Some(Tool::Uat),
        example: r"ERROR: C:\Game\Build\Graph.xml(50): Unknown element",
        expected: Some(Match {
            tool: Some(Tool::Uat),
            message: "Unknown element",
            file: Some(r"C:\Game\Build\Graph.xml"),
            line: Some(50),
            ..NOTHING
        }),
        ..ROW
    },
    // The same without a word in front, of what cannot be meant otherwise.
    Rule {
        name: "toolchain-bare",
        words: &[
            "must be installed",
            "could not find netfxsdk",
            "is not a valid platform to build",
            "no available toolchains",
            "unable to find compiler",
            "is missing the c++ toolchain",
        ],
        pattern: r"^\s*(?<message>(?:(?:The )?(?:Visual Studio|Windows SDK|Windows 10 SDK|Xcode|Android NDK|Android SDK|JDK|\.NET)\b[^:]* must be installed in order\b|Visual Studio [^:]* is missing the C\+\+ toolchain\b|Could not find NetFxSDK|No available toolchains found\b|Unable to find compiler for \w+ in \S|Platform \w+ is not a valid platform to build).*)$",
        rank: Rank::Toolchain,
        example: "Visual Studio 2022 must be installed in order to build this target.",
        expected: Some(Match {
            message: "Visual Studio 2022 must be installed in order to build this target.",
            ..MACHINE
        }),
        ..UBT
    },
    // UnrealBuildTool, of the rules of a module.
    Rule {
        name: "file",
        words: &[": warning: ", ": error: "],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.(?:Build\.cs|Target\.cs|uplugin|uproject|ini)): (?<severity>warning|error): (?<message>.*)$"#,
        rank: Rank::Rules,
        example: "C:/Game/Source/Door/Door.Build.cs: warning: Referenced directory 'C:/Hinges' does not exist.",
        expected: Some(Match {
            severity: Severity::Warning,
            message: "Referenced directory 'C:/Hinges' does not exist.",
            file: Some("C:/Game/Source/Door/Door.Build.cs"),
            ..RULES
        }),
        ..UBT
    },
    Rule {
        name: "stage",
        words: &["stage failed. "],
        pattern: r"^\s*(?:ERROR: )?(?<message>Stage Failed\. .*)$",
        rank: Rank::Stage,
        example: "ERROR: Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
        expected: Some(Match {
            message: "Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
            rank: Rank::Stage,
            ..SAID
        }),
        ..UAT
    },
    Rule {
        name: "ubt",
        words: &["ubt error: ", "ubt warning: "],
        pattern: r"^\s*(?:ERROR: )?UBT (?<severity>ERROR|WARNING): (?<message>.*)$",
        example: "UBT ERROR: Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
        expected: Some(Match {
            tool: Some(Tool::Ubt),
            message: "Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
            ..NOTHING
        }),
        ..UBT
    },
    Rule {
        name: "uht-failed",
        words: &["error: unrealheadertool failed"],
        pattern: r"^\s*(?:ERROR|Error): (?<message>UnrealHeaderTool failed .*)$",
        rank: Rank::FollowUp,
        example: "Error: UnrealHeaderTool failed for target 'GameEditor'",
        expected: Some(Match {
            tool: Some(Tool::Ubt),
            message: "UnrealHeaderTool failed for target 'GameEditor'",
            rank: Rank::FollowUp,
            ..NOTHING
        }),
        ..UBT
    },
    Rule {
        name: "uat",
        pattern: r"^\s*(?:RunUAT(?:\.\w+)? )?(?<severity>ERROR|WARNING): (?<message>.*)$",
        example: "ERROR: System.IO.IOException: The directory name is invalid.",
        expected: Some(Match {
            message: "System.IO.IOException: The directory name is invalid.",
            ..SAID
        }),
        ..UAT
    },
    // Since 5.4 without the word in front. Only with frames below it, or it is somebody's chatter.
    Rule {
        name: "exception",
        words: &["exception: "],
        pattern: r"^\s*(?:Unhandled exception[.:]? ?)?(?<message>(?:[A-Z]\w*\.)*[A-Z]\w*Exception: .*)$",
        block: BlockKind::BareDotNetStack,
        example: "System.IO.IOException: The directory name is invalid.",
        expected: Some(Match {
            message: "System.IO.IOException: The directory name is invalid.",
            block: BlockKind::BareDotNetStack,
            ..SAID
        }),
        ..UAT
    },
    Rule {
        name: "ubt-failed",
        words: &["unrealbuildtool failed. see log"],
        pattern: r"^\s*(?<message>UnrealBuildTool failed\. See log.*)$",
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
        expected: Some(Match {
            tool: Some(Tool::Ubt),
            message: "UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
            rank: Rank::FollowUp,
            block: BlockKind::Line,
            ..NOTHING
        }),
        ..UBT
    },
    Rule {
        name: "command",
        words: &[" failed with args "],
        pattern: r"^\s*(?<message>\S+ failed with args .*)$",
        rank: Rank::FollowUp,
        example: "cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
        expected: Some(Match {
            message: "cmd.exe failed with args /c \"C:/Game/gradle/rungradle.bat\" :app:assembleDebug",
            rank: Rank::FollowUp,
            ..SAID
        }),
        ..UAT
    },
    Rule {
        name: "uat-exit",
        said_by: ANYONE,
        words: &["automationtool exiting with exitcode="],
        pattern: r"^\s*(?<message>AutomationTool exiting with ExitCode=(?:-\d|[1-9]).*)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
        expected: Some(Match {
            message: "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)",
            ..EXIT
        }),
        ..ROW
    },
    Rule {
        name: "ubt-result",
        words: &["result: failed ("],
        pattern: r"^\s*(?<message>Result: Failed \(\w+\))",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "Result: Failed (OtherCompilationError)",
        expected: Some(Match { message: "Result: Failed (OtherCompilationError)", ..EXIT }),
        ..ROW
    },
    Rule {
        name: "tool-exit",
        words: &["(tool returned code: "],
        pattern: r"^\s*(?<message>Error executing .*\(tool returned code: -?\d+\))",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "Error executing C:/VC/bin/cl.exe (tool returned code: 2)",
        expected: Some(Match {
            message: "Error executing C:/VC/bin/cl.exe (tool returned code: 2)",
            ..EXIT
        }),
        ..ROW
    },
    Rule {
        name: "make",
        words: &["make: *** [", "make[1]: *** ["],
        pattern: r"^\s*(?<message>make(?:\[\d+\])?: \*\*\* \[.*\] Error \d+)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "make: *** [package] Error 25",
        expected: Some(Match { message: "make: *** [package] Error 25", ..EXIT }),
        ..ROW
    },
    // How a crash is told by who started it: 3 is an abort, 137 and the like are signals.
    Rule {
        name: "process-exit",
        said_by: ANYONE,
        words: &["exitcode="],
        pattern: r"^\s*Took [\d.,]+s to run (?<message>(?:(?:UE4Editor|UnrealEditor)\S*?,? ExitCode=(?:255|-\d+)|[^\s,]+,? ExitCode=(?:3|132|134|135|136|137|139|-\d{6,}|3221\d{6})))$",
        tool: Some(Tool::Crash),
        rank: Rank::Cook,
        block: BlockKind::Line,
        example: "Took 1,060.65s to run UnrealEditor-Cmd.exe, ExitCode=3",
        expected: Some(Match {
            tool: Some(Tool::Crash),
            message: "UnrealEditor-Cmd.exe, ExitCode=3",
            rank: Rank::Cook,
            block: BlockKind::Line,
            ..NOTHING
        }),
        ..ROW
    },
    Rule {
        name: "child-exit",
        words: &["exitcode="],
        pattern: r"^\s*(?<message>Took [\d.,]+s to run (?:UnrealBuildTool|dotnet|UE4Editor|UnrealEditor)\S*?,? ExitCode=[1-9]\d*)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "Took 33.52s to run dotnet.exe, ExitCode=6",
        expected: Some(Match { message: "Took 33.52s to run dotnet.exe, ExitCode=6", ..EXIT }),
        ..ROW
    },
];

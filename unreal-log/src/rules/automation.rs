//! AutomationTool and Turnkey, and the exit codes of the processes that they start.

use super::block_kind::BlockKind;
use super::case::{Case, OF_CONFIG, OF_TOOLCHAIN};
use super::id::RuleId;
use super::rule::{ANYONE, ROW, Rule, SeverityOverride, UsualOwner};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const STAGED_DIRECTORIES: &str = "Correct Additional Non-Asset Directories to Package or Copy in Config/DefaultGame.ini: \
    one of them is no directory.";

const UAT_BASE: Rule =
    Rule { reported_by: ANYONE, tool: Some(Tool::Uat), block: BlockKind::DotNetStack, ..ROW };

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Sdk,
        words: &["status=invalid"],
        pattern: r"^\s*(?<message>\w+: \(Status=Invalid,.*)$",
        tool: Some(Tool::Turnkey),
        rank: Rank::Toolchain,
        block: BlockKind::Line,
        owner: UsualOwner::Is(Owner::Toolchain),
        cases: &[
            Case {
                pattern: r"(?<platform>\w+): \(Status=Invalid,[^\n]*?\bAllowed_Sdk=(?<allowed>[^\s,)]+)[^\n]*?\bCurrent_Sdk=(?<current>[^\s,)]+)",
                hint: "Install the {platform} SDK {allowed} on the build machine, which this engine needs: it has {current}.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?<platform>\w+): \(Status=Invalid,[^\n]*?\bAllowed_Sdk=(?<allowed>[^\s,)]+)",
                hint: "Install the {platform} SDK {allowed} on the build machine, which this engine needs: it has none.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?i)\bSDKInstallFailed\b|(?:failed|unable) to install (?:the )?(?:\w+ )?SDK\b",
                hint: "Install the platform's SDK on the build machine by hand: Turnkey could not.",
                ..OF_TOOLCHAIN
            },
        ],
        ..ROW
    },
    Rule {
        id: RuleId::Stage,
        words: &["stage failed. "],
        pattern: r"^\s*(?:ERROR: )?(?<message>Stage Failed\. .*)$",
        rank: Rank::Stage,
        cases: &[Case {
            pattern: r"Missing receipt '?(?:[^'\n]*[/\\])?(?<target>[\w.-]+?)\.target\b",
            hint: "Build the target {target} before it is staged (-build), with this platform and configuration.",
            ..OF_CONFIG
        }],
        ..UAT_BASE
    },
    Rule {
        id: RuleId::Uat,
        pattern: r"^\s*(?:RunUAT(?:\.\w+)? )?(?<severity>ERROR|WARNING): (?<message>.*)$",
        severity_overrides: &[
            // pdbcopy reports its success like this.
            SeverityOverride { pattern: r"ERROR: Error: EC_OK\b", actual: None },
        ],
        follow_ups: &[
            r"Editor terminated with exit code ",
            r"ERROR: Cook failed\.",
            r"^\s*(?:ERROR: )?BUILD FAILED(?:$|:| in )",
            r"AutomationTool was unable to run successfully",
            r"Client exited with error code: ",
        ],
        cases: &[
            Case {
                pattern: r"StageAdditionalDirectoriesFromConfig",
                hint: STAGED_DIRECTORIES,
                ..OF_CONFIG
            },
            Case {
                pattern: r"(?i)(?:missing|unable to find|could not find|couldn't find)[^\n]*?(?<editor>(?:UnrealEditor|UE4Editor)-Cmd)",
                hint: "Build the editor of the engine first, or take an installed engine: {editor} is missing, and it is what cooks.",
                ..OF_CONFIG
            },
        ],
        ..UAT_BASE
    },
    Rule {
        id: RuleId::UatFile,
        reported_by: ANYONE,
        pattern: r#"^\s*(?<severity>ERROR|WARNING): (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\((?<line>\d+)(?:,(?<column>\d+))?\): (?<message>.*)$"#,
        tool: Some(Tool::Uat),
        ..ROW
    },
    // Since 5.4 without the word in front. Without frames below it, it is no exception.
    Rule {
        id: RuleId::Exception,
        words: &["exception: "],
        pattern: r"^\s*(?:Unhandled exception[.:]? ?)?(?<message>(?:[A-Z]\w*\.)*[A-Z]\w*Exception: .*)$",
        block: BlockKind::BareDotNetStack,
        follow_ups: &[r"\(see .* for full exception trace\)"],
        ..UAT_BASE
    },
    Rule {
        id: RuleId::Command,
        words: &[" failed with args "],
        pattern: r"^\s*(?<message>\S+ failed with args .*)$",
        rank: Rank::FollowUp,
        follow_ups: &[r"\S failed with args .*\brungradle\.(?:bat|sh)\b"],
        ..UAT_BASE
    },
    Rule {
        id: RuleId::UatExit,
        reported_by: ANYONE,
        words: &["automationtool exiting with exitcode="],
        pattern: r"^\s*(?<message>AutomationTool exiting with ExitCode=(?:-\d|[1-9]).*)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        follow_ups: &[r"^\s*AutomationTool exiting with ExitCode=(?:-\d|[1-9])"],
        ..ROW
    },
    Rule {
        id: RuleId::ToolExit,
        words: &["(tool returned code: "],
        pattern: r"^\s*(?<message>Error executing .*\(tool returned code: -?\d+\))",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        follow_ups: &[r"tool returned code: "],
        ..ROW
    },
    Rule {
        id: RuleId::Make,
        words: &["make: *** [", "make[1]: *** ["],
        pattern: r"^\s*(?<message>make(?:\[\d+\])?: \*\*\* \[.*\] Error \d+)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        follow_ups: &[r"^\s*make: \*\*\* \["],
        ..ROW
    },
];

/// A message without any mark, known only by the place of the log below it. No line has this shape.
pub(super) static UNMARKED: Rule = Rule { id: RuleId::UatUnmarked, words: &[], ..UAT_BASE };

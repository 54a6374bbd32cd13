//! How programs of the engine say that they crash. Each says it in several lines, which are one event.

use super::block_kind::BlockKind;
use super::rule::{ANYONE, Match, NOTHING, ROW, Rule};
use crate::finding::{Rank, Severity};
use crate::tool::Tool;

const CRASH: Rule = Rule {
    said_by: ANYONE,
    tool: Some(Tool::Crash),
    rank: Rank::Cook,
    block: BlockKind::Crash,
    ..ROW
};

const CRASHED: Match<'static> =
    Match { tool: Some(Tool::Crash), rank: Rank::Cook, block: BlockKind::Crash, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    // The engine went on; how it was logged does not matter.
    Rule {
        name: "ensure",
        words: &["handled ensure", "ensure condition failed"],
        pattern: r"^.*?(?<message>(?:=== )?(?:Handled ensure: ===|Ensure condition failed: .*))$",
        severity: Severity::Warning,
        tool: Some(Tool::Ensure),
        example: "LogOutputDevice: Error: === Handled ensure: ===",
        expected: Some(Match {
            severity: Severity::Warning,
            tool: Some(Tool::Ensure),
            message: "=== Handled ensure: ===",
            ..CRASHED
        }),
        ..CRASH
    },
    Rule {
        name: "assertion",
        words: &["assertion failed: "],
        pattern: r"^.*?(?<message>Assertion failed: .*? \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        example: "LogWindows: Error: appError called: Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
        expected: Some(Match {
            message: "Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(42),
            ..CRASHED
        }),
        ..CRASH
    },
    Rule {
        name: "fatal-error",
        words: &["fatal error: [file:"],
        pattern: r"^.*?(?<message>Fatal error: \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        example: "LogWindows: Error: Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
        expected: Some(Match {
            message: "Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(198),
            ..CRASHED
        }),
        ..CRASH
    },
    Rule {
        name: "unhandled",
        words: &[
            "unhandled exception: ",
            "exception_access_violation",
            "signal",
            "segmentation fault",
        ],
        pattern: r"^.*?(?<message>Unhandled Exception: (?:0x[0-9A-Fa-f]+|[A-Z_]{3,})\b.*|EXCEPTION_ACCESS_VIOLATION.*|(?:Caught signal |CommonUnixCrashHandler: Signal=)(?:4|6|7|8|11)\b.*|Signal (?:4|6|7|8|11) caught.*|Segmentation fault\s+\(core dumped\).*)$",
        example: "LogWindows: Error: Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
        expected: Some(Match {
            message: "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
            ..CRASHED
        }),
        ..CRASH
    },
    // What crashed stands below it.
    Rule {
        name: "critical",
        words: &["=== critical error: ===", "begin: stack for uat"],
        pattern: r"^.*?(?<message>=== Critical error: ===|begin: stack for UAT)",
        example: "LogWindows: Error: === Critical error: ===",
        expected: Some(Match { message: "=== Critical error: ===", ..CRASHED }),
        ..CRASH
    },
    // Frames and ends of a crash that was reported.
    Rule {
        name: "frame",
        said_by: ANYONE,
        words: &["[callstack]", "end: stack for uat"],
        pattern: r"(?<severity>\[Callstack\]|end: stack for UAT)(?<message>)",
        example: "LogWindows: Error: [Callstack] 0x00007ffd UnrealEditor-Engine.dll!UWorld::Tick() []",
        ..ROW
    },
];

//! How programs of the engine say that they crash. Each says it in several lines, which are one event.

use super::{ANYONE, Matcher, NOTHING, ROW, Report};
use crate::log::extent::Extent;
use crate::model::{Rank, Severity};

const CRASH: Matcher = Matcher {
    said_by: ANYONE,
    tool: Some("crash"),
    rank: Rank::Cook,
    extent: Extent::Crash,
    ..ROW
};

const CRASHED: Report<'static> =
    Report { code: Some("crash"), rank: Rank::Cook, extent: Extent::Crash, ..NOTHING };

pub(super) const TABLE: &[Matcher] = &[
    // The engine went on; how it was logged does not matter.
    Matcher {
        name: "ensure",
        words: &["handled ensure", "ensure condition failed"],
        pattern: r"^.*?(?<message>(?:=== )?(?:Handled ensure: ===|Ensure condition failed: .*))$",
        severity: Severity::Warning,
        tool: Some("ensure"),
        example: "LogOutputDevice: Error: === Handled ensure: ===",
        expected: Some(Report {
            severity: Severity::Warning,
            code: Some("ensure"),
            message: "=== Handled ensure: ===",
            ..CRASHED
        }),
        ..CRASH
    },
    Matcher {
        name: "assertion",
        words: &["assertion failed: "],
        pattern: r"^.*?(?<message>Assertion failed: .*? \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        example: "LogWindows: Error: appError called: Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
        expected: Some(Report {
            message: "Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(42),
            ..CRASHED
        }),
        ..CRASH
    },
    Matcher {
        name: "fatal-error",
        words: &["fatal error: [file:"],
        pattern: r"^.*?(?<message>Fatal error: \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        example: "LogWindows: Error: Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
        expected: Some(Report {
            message: "Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(198),
            ..CRASHED
        }),
        ..CRASH
    },
    Matcher {
        name: "unhandled",
        words: &[
            "unhandled exception: ",
            "exception_access_violation",
            "signal",
            "segmentation fault",
        ],
        pattern: r"^.*?(?<message>Unhandled Exception: (?:0x[0-9A-Fa-f]+|[A-Z_]{3,})\b.*|EXCEPTION_ACCESS_VIOLATION.*|(?:Caught signal |CommonUnixCrashHandler: Signal=)(?:4|6|7|8|11)\b.*|Signal (?:4|6|7|8|11) caught.*|Segmentation fault\s+\(core dumped\).*)$",
        example: "LogWindows: Error: Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
        expected: Some(Report {
            message: "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
            ..CRASHED
        }),
        ..CRASH
    },
    // What crashed stands below it.
    Matcher {
        name: "critical",
        words: &["=== critical error: ===", "begin: stack for uat"],
        pattern: r"^.*?(?<message>=== Critical error: ===|begin: stack for UAT)",
        example: "LogWindows: Error: === Critical error: ===",
        expected: Some(Report { message: "=== Critical error: ===", ..CRASHED }),
        ..CRASH
    },
    // Frames and ends of a crash that was reported.
    Matcher {
        name: "frame",
        said_by: ANYONE,
        words: &["[callstack]", "end: stack for uat"],
        pattern: r"(?<severity>\[Callstack\]|end: stack for UAT)(?<message>)",
        example: "LogWindows: Error: [Callstack] 0x00007ffd UnrealEditor-Engine.dll!UWorld::Tick() []",
        ..ROW
    },
];

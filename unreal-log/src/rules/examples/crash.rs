//! Examples for the rules and cases of `rules/crash.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::{Rank, Severity};
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const CRASHED: Match<'static> =
    Match { tool: Some(Tool::Crash), rank: Rank::Cook, block: BlockKind::Crash, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Ensure,
        line: "LogOutputDevice: Error: === Handled ensure: ===",
        found: Some(Match {
            severity: Severity::Warning,
            tool: Some(Tool::Ensure),
            message: "=== Handled ensure: ===",
            ..CRASHED
        }),
    },
    RuleExample {
        rule: RuleId::Assertion,
        line: "LogWindows: Error: appError called: Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
        found: Some(Match {
            message: "Assertion failed: Door [File:D:/UE/Engine/Source/A.cpp] [Line: 42]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(42),
            ..CRASHED
        }),
    },
    RuleExample {
        rule: RuleId::FatalError,
        line: "LogWindows: Error: Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
        found: Some(Match {
            message: "Fatal error: [File:D:/UE/Engine/Source/A.cpp] [Line: 198]",
            file: Some("D:/UE/Engine/Source/A.cpp"),
            line: Some(198),
            ..CRASHED
        }),
    },
    RuleExample {
        rule: RuleId::Unhandled,
        line: "LogWindows: Error: Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
        found: Some(Match {
            message: "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
            ..CRASHED
        }),
    },
    RuleExample {
        rule: RuleId::Critical,
        line: "LogWindows: Error: === Critical error: ===",
        found: Some(Match { message: "=== Critical error: ===", ..CRASHED }),
    },
    RuleExample {
        rule: RuleId::Frame,
        line: "LogWindows: Error: [Callstack] 0x00007ffd UnrealEditor-Engine.dll!UWorld::Tick() []",
        found: None,
    },
    RuleExample {
        rule: RuleId::ProcessExit,
        line: "Took 1,060.65s to run UnrealEditor-Cmd.exe, ExitCode=3",
        found: Some(Match {
            tool: Some(Tool::Crash),
            message: "UnrealEditor-Cmd.exe, ExitCode=3",
            rank: Rank::Cook,
            block: BlockKind::Line,
            ..NOTHING
        }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Assertion failed: Hinge != nullptr [File:A.cpp] [Line: 42]",
        hint: "Look at the top frame of the game's own code: the program ended because this was not true: Hinge != nullptr.",
    },
    CaseExample {
        message: "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
        hint: "Look at the top frame of the game's own code in the call stack: the program crashed there.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &["Took 33,52s to run UnrealEditor-Cmd.exe, ExitCode=-1"];

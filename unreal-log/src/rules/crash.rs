//! Crashes and ensures of the engine's programs. Each has several lines, which are one problem.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE};
use super::id::RuleId;
use super::rule::{ANYONE, ROW, Rule, UsualOwner};
use crate::finding::{Owner, Rank, Severity};
use crate::tool::Tool;

const CRASH_BASE: Rule = Rule {
    reported_by: ANYONE,
    tool: Some(Tool::Crash),
    rank: Rank::Cook,
    block: BlockKind::Crash,
    ..ROW
};

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    // The engine went on, so it is a warning whatever its log line says.
    Rule {
        id: RuleId::Ensure,
        words: &["handled ensure", "ensure condition failed"],
        pattern: r"^.*?(?<message>(?:=== )?(?:Handled ensure: ===|Ensure condition failed: .*))$",
        severity: Severity::Warning,
        tool: Some(Tool::Ensure),
        owner: UsualOwner::Is(Owner::Code),
        ..CRASH_BASE
    },
    Rule {
        id: RuleId::Assertion,
        words: &["assertion failed: "],
        pattern: r"^.*?(?<message>Assertion failed: .*? \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        owner: UsualOwner::Is(Owner::Code),
        cases: &[Case {
            by: &[By::Tool(Tool::Crash)],
            pattern: r"Assertion failed: (?<assert>[^\n]+?) \[File:",
            hint: "Look at the top frame of the game's own code: the program ended because this was not true: {assert}.",
            ..OF_CODE
        }],
        ..CRASH_BASE
    },
    Rule {
        id: RuleId::FatalError,
        words: &["fatal error: [file:"],
        pattern: r"^.*?(?<message>Fatal error: \[File:(?<file>[^\]]+)\] ?\[Line: ?(?<line>\d+)\].*)$",
        owner: UsualOwner::Is(Owner::Code),
        ..CRASH_BASE
    },
    Rule {
        id: RuleId::Unhandled,
        words: &[
            "unhandled exception: ",
            "exception_access_violation",
            "signal",
            "segmentation fault",
        ],
        pattern: r"^.*?(?<message>Unhandled Exception: (?:0x[0-9A-Fa-f]+|[A-Z_]{3,})\b.*|EXCEPTION_ACCESS_VIOLATION.*|(?:Caught signal |CommonUnixCrashHandler: Signal=)(?:4|6|7|8|11)\b.*|Signal (?:4|6|7|8|11) caught.*|Segmentation fault\s+\(core dumped\).*)$",
        owner: UsualOwner::Is(Owner::Code),
        cases: &[Case {
            by: &[By::Tool(Tool::Crash)],
            pattern: r"(?i)unhandled exception|access.violation|caught signal|signal (?:\d+ caught|=\d)|fatal error|critical error|stack for UAT",
            hint: "Look at the top frame of the game's own code in the call stack: the program crashed there.",
            ..OF_CODE
        }],
        ..CRASH_BASE
    },
    // The assertion or exception stands below it.
    Rule {
        id: RuleId::Critical,
        words: &["=== critical error: ===", "begin: stack for uat"],
        pattern: r"^.*?(?<message>=== Critical error: ===|begin: stack for UAT)",
        owner: UsualOwner::Is(Owner::Code),
        ..CRASH_BASE
    },
    // Frames and ends of a crash that was reported already.
    Rule {
        id: RuleId::Frame,
        reported_by: ANYONE,
        words: &["[callstack]", "end: stack for uat"],
        pattern: r"(?<severity>\[Callstack\]|end: stack for UAT)(?<message>)",
        ..ROW
    },
    // The parent process reports a crash like this: 3 is an abort, 137 and the like are signals.
    Rule {
        id: RuleId::ProcessExit,
        reported_by: ANYONE,
        words: &["exitcode="],
        pattern: r"^\s*Took [\d.,]+s to run (?<message>(?:(?:UE4Editor|UnrealEditor)\S*?,? ExitCode=(?:255|-\d+)|[^\s,]+,? ExitCode=(?:3|132|134|135|136|137|139|-\d{6,}|3221\d{6})))$",
        tool: Some(Tool::Crash),
        rank: Rank::Cook,
        block: BlockKind::Line,
        follow_ups: &[
            // With these codes the program did not crash.
            r"^\s*Took [\d.,]+s to run .*\bExitCode=(?:255|-\d{1,5})$",
        ],
        owner: UsualOwner::Is(Owner::Code),
        ..ROW
    },
];

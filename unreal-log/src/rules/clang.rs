//! Clang, and compilers that write like it.

use super::case::{
    By, Case, GENERATED_HEADER, MISSING_HEADER, OF_CODE, UNKNOWN_MEMBER, UNKNOWN_NAME,
};
use super::id::RuleId;
use super::rule::{COMPILER_BASE, Rule, UsualOwner, VendorPage};
use super::sign::{Meaning, Sign};
use crate::finding::{Owner, Severity};
use crate::tool::Tool;

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Clang,
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*):(?<line>\d+)(?::(?<column>\d+))?:\s*(?<severity>(?i:fatal error|error|warning)):\s*(?<message>.*?)(?:\s\[(?:[^\]]*,)?(?<code>-W[^\],]+)\])?$"#,
        owner: UsualOwner::Is(Owner::Code),
        docs: Some(VendorPage {
            tools: &[Tool::Clang],
            address: "https://clang.llvm.org/docs/DiagnosticsReference.html",
        }),
        signs: &[Sign {
            by: &[By::Tool(Tool::Clang)],
            texts: &["undeclared identifier", "unknown type name"],
            meaning: Meaning::UnknownName,
        }],
        cases: &[
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r#"['"“](?<header>[^'"”\n]+\.generated\.h)"#,
                hint: GENERATED_HEADER,
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"'(?<header>[^'\n]+)' file not found",
                hint: MISSING_HEADER,
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"(?:undeclared identifier|unknown (?:type|class) name) '(?<name>[^'\n]+)'",
                hint: UNKNOWN_NAME,
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"no member named '(?<name>[^'\n]+)' in '(?<class>[^'\n]+)'",
                hint: UNKNOWN_MEMBER,
                ..OF_CODE
            },
        ],
        ..COMPILER_BASE
    },
    Rule {
        id: RuleId::Compiler,
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:clang|clang\+\+|gcc|g\+\+|cc1plus)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        tool: Some(Tool::Clang),
        follow_ups: &[
            r"linker command failed with exit code",
            r"^\s*(?:\d+ warnings? and )?\d+ errors? generated\.",
        ],
        owner: UsualOwner::Is(Owner::Code),
        ..COMPILER_BASE
    },
    Rule {
        id: RuleId::Llvm,
        words: &["llvm error: "],
        pattern: r"^\s*LLVM ERROR: (?<message>.*)$",
        severity: Severity::Error,
        tool: Some(Tool::Clang),
        owner: UsualOwner::Is(Owner::Code),
        ..COMPILER_BASE
    },
];

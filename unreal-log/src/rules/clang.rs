//! Clang, and compilers that write like it.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE};
use super::id::RuleId;
use super::rule::{ROW, Rule, UsualOwner, VendorPage};
use crate::finding::{Owner, Rank, Severity};
use crate::tool::Tool;

const COMPILER_BASE: Rule = Rule { rank: Rank::Compile, block: BlockKind::Compiler, ..ROW };

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
        cases: &[
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r#"['"“](?<header>[^'"”\n]+\.generated\.h)"#,
                hint: "Give the class of {header} a UCLASS, USTRUCT or UENUM and its file to a module with a Build.cs, or no such header is made.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"'(?<header>[^'\n]+)' file not found",
                hint: "Check the case of {header}, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"(?:undeclared identifier|unknown (?:type|class) name) '(?<name>[^'\n]+)'",
                hint: "Include the header that declares {name} and depend on its module in Build.cs, or correct the spelling.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Clang)],
                pattern: r"no member named '(?<name>[^'\n]+)' in '(?<class>[^'\n]+)'",
                hint: "Use a member that {class} has: {name} is misspelt, was renamed or is not in this engine version.",
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

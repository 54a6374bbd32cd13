//! Microsoft's compilers and other tools that number their messages.

use super::block_kind::BlockKind;
use super::case::{
    By, Case, GENERATED_HEADER, MISSING_HEADER, OF_CODE, OF_TOOLCHAIN, UNKNOWN_MEMBER, UNKNOWN_NAME,
};
use super::id::RuleId;
use super::rule::{COMPILER_BASE, Rule, SeverityOverride, UsualOwner, VendorPage};
use super::sign::{Meaning, Sign};
use crate::tool::Tool;

const BUILD_ERRORS: VendorPage = VendorPage {
    tools: &[Tool::Msvc, Tool::MsvcLinker],
    address: "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/c-cpp-build-errors",
};

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Msvc,
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\s*\((?<line>\d+)(?:-(?<end>\d+))?(?:,\s?(?<column>\d+)(?:,\s?(?<last>\d+),\s?\d+|(?:[-,]\s?\d+)*))?\)\s*:\s+(?<severity>(?i:fatal error|error|warning))\s?(?<code>[A-Z]{1,6}\d{2,5})?\s*:\s*(?<message>.*)$"#,
        severity_overrides: &[
            // MSBuild tries the copy again.
            SeverityOverride { pattern: r"warning MSB3026\b", actual: None },
        ],
        follow_ups: &[r"\bMSB3073\b"],
        signs: &[
            Sign { by: &[By::Code("C2220")], texts: &[], meaning: Meaning::WarningsAreErrors },
            Sign {
                by: &[By::Code("C2065"), By::Code("C2653"), By::Code("C3536"), By::Code("C3861")],
                texts: &[],
                meaning: Meaning::UnknownName,
            },
            Sign {
                by: &[By::Code("C4390"), By::Code("C4552"), By::Code("C4555")],
                texts: &[],
                meaning: Meaning::RestOfStatement,
            },
        ],
        owner: UsualOwner::OfCode,
        docs: Some(BUILD_ERRORS),
        cases: &[
            Case {
                by: &[By::Code("C1001"), By::Code("LNK1000")],
                pattern: "",
                hint: "Update the MSVC toolset of the build machine or simplify the code: the compiler itself failed.",
                ..OF_TOOLCHAIN
            },
            Case {
                by: &[By::Code("C1083")],
                pattern: r#"['"“](?<header>[^'"”\n]+\.generated\.h)"#,
                hint: GENERATED_HEADER,
                docs: Some(
                    "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/fatal-error-c1083",
                ),
                ..OF_CODE
            },
            // Other languages have other quotes and words.
            Case {
                by: &[By::Code("C1083")],
                pattern: r#"['"“‘«「](?<header>[^'"”’»」\n]+)"#,
                hint: MISSING_HEADER,
                docs: Some(
                    "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/fatal-error-c1083",
                ),
                ..OF_CODE
            },
            Case {
                by: &[By::Code("C2065"), By::Code("C2653"), By::Code("C3861")],
                pattern: r#"^\s*['"“‘«「](?<name>[^'"”’»」\n]+)"#,
                hint: UNKNOWN_NAME,
                ..OF_CODE
            },
            Case {
                by: &[By::Code("C2039")],
                pattern: r#"^\s*['"“‘«「](?<name>[^'"”’»」\n]+)['"”’»」][^\n]*['"“‘«「](?<class>[^'"”’»」\n]+)['"”’»」]"#,
                hint: UNKNOWN_MEMBER,
                docs: Some(
                    "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/compiler-error-c2039",
                ),
                ..OF_CODE
            },
        ],
        ..COMPILER_BASE
    },
    Rule {
        id: RuleId::MsvcTool,
        pattern: r#"^\s*(?:(?:[A-Za-z]:)?[^:"]*[/\\])?[A-Za-z][\w.+-]*\s*:\s+(?:Command line )?(?<severity>fatal error|error|warning) (?<code>[A-Z]+\d+)\s*:\s*(?<message>.*)$"#,
        block: BlockKind::Linker,
        owner: UsualOwner::OfCode,
        docs: Some(BUILD_ERRORS),
        ..COMPILER_BASE
    },
];

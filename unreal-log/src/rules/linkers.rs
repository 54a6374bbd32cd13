//! Linkers. The symbol matters more than the object that refers to it.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE};
use super::id::RuleId;
use super::rule::{ROW, Rule, UsualOwner};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const LINKER_BASE: Rule =
    Rule { tool: Some(Tool::Ld), rank: Rank::Link, block: BlockKind::Linker, ..ROW };

/// Hints of more than one linker.
const LINK_LIBRARY: &str = "Link the library that has {symbol}: add it to PublicAdditionalLibraries \
    in Build.cs, for this platform.";
const ADD_MODULE: &str = "Add the module that owns {symbol} to Build.cs, export it there with the \
    module's _API macro, or define it.";
const PROVIDE_LIBRARY: &str = "Provide {library}: fetch it (submodule, Git LFS), build it for this \
    platform, or correct its path in Build.cs.";

/// The codes of link.exe for a symbol that is missing.
const OF_UNRESOLVED: Case = Case {
    by: &[By::Code("LNK2001"), By::Code("LNK2019")],
    docs: Some(
        "https://learn.microsoft.com/cpp/error-messages/tool-errors/linker-tools-error-lnk2019",
    ),
    ..OF_CODE
};

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::MsvcLink,
        words: &["lnk"],
        pattern: r"^\s*\S.*?\.(?:obj|lib|exe|dll|o)(?:\([^)]*\))?\s*:\s*(?<severity>fatal error|error|warning) (?<code>LNK\d{4})\s*:\s*(?<message>.*)$",
        follow_ups: &[r"\bLNK1120\b|\bLNK1169\b"],
        owner: UsualOwner::OfCode,
        cases: &[
            // The library refers to symbols of a later standard library than the linker has.
            Case {
                pattern: r"\s(?<symbol>_(?:_std_|Cnd_|Mtx_|Thrd_)\w+)",
                owner: Owner::Toolchain,
                hint: "Rebuild the third-party library that uses {symbol} with the MSVC toolset of the build machine, or install the newer toolset that it was built with.",
                ..OF_UNRESOLVED
            },
            // The name of a C symbol is not quoted. The function that refers to it is.
            Case {
                pattern: r#"external symbol (?<symbol>[^\s"]\S*)"#,
                hint: LINK_LIBRARY,
                ..OF_UNRESOLVED
            },
            Case {
                pattern: r#"^[^"_?\n]*"(?:__declspec\(\w+\) )?(?:[^"(\n]*\s)?(?<symbol>[^\s"(]+)(?:\(|" \()"#,
                hint: ADD_MODULE,
                ..OF_UNRESOLVED
            },
            Case { pattern: r"\s(?<symbol>[?_][\w@?$]+)", hint: LINK_LIBRARY, ..OF_UNRESOLVED },
            Case {
                pattern: "",
                hint: "Add the module that owns the symbol to Build.cs, export it there with the module's _API macro, or define it.",
                ..OF_UNRESOLVED
            },
            Case {
                by: &[By::Code("LNK2005")],
                pattern: r#"^\s*"?(?:[^"(\n]*\s)?(?<symbol>[^\s"(]+)(?:\(|" \(|\s)"#,
                hint: "Define {symbol} once: move its body out of the header or make it inline, and link its library once.",
                docs: Some(
                    "https://learn.microsoft.com/cpp/error-messages/tool-errors/linker-tools-error-lnk2005",
                ),
                ..OF_CODE
            },
            Case {
                by: &[By::Code("LNK1104"), By::Code("LNK1181")],
                pattern: r#"['"“‘«「](?<library>[^'"”’»」\n]+)"#,
                hint: PROVIDE_LIBRARY,
                docs: Some(
                    "https://learn.microsoft.com/cpp/error-messages/tool-errors/linker-tools-error-lnk1104",
                ),
                ..OF_CODE
            },
        ],
        ..LINKER_BASE
    },
    Rule {
        id: RuleId::Lld,
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:collect2|ld|ld\.lld|ld\.gold|ld64\.lld|lld-link|wasm-ld)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        follow_ups: &[r"\bld returned \d+ exit status"],
        owner: UsualOwner::Is(Owner::Code),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Ld)],
                pattern: r"(?:undefined symbol: |undefined reference to [`'])(?<symbol>[^'(\n]+[^'(\n\s])",
                hint: ADD_MODULE,
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Ld)],
                pattern: r"duplicate symbol:? '?(?<symbol>[^'(\n]+[^'(\n\s])|multiple definition of [`'](?<other>[^'(\n]+)",
                hint: "Define {symbol}{other} once: move its body out of the header or make it inline, and link its library once.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Ld)],
                pattern: r"(?:library not found for|unable to find library|cannot find|library|framework not found|framework) '?(?<library>[^\s']+)'?(?: not found|:|$)",
                hint: PROVIDE_LIBRARY,
                ..OF_CODE
            },
            Case {
                by: &[By::Code("LNK1107"), By::Code("LNK1136"), By::Tool(Tool::Ld)],
                pattern: r"invalid or corrupt file|unknown file type|file format not recognized",
                hint: "Fetch the library with Git LFS and check its platform: what was checked out is no library (an LFS pointer?).",
                ..OF_CODE
            },
        ],
        ..LINKER_BASE
    },
    Rule {
        id: RuleId::GnuLd,
        words: &["undefined reference to "],
        pattern: r"^\s*(?:\S.*:\s)?(?<message>undefined reference to .*)$",
        owner: UsualOwner::Is(Owner::Code),
        ..LINKER_BASE
    },
    // Each of the symbols stands below, with the objects that refer to it.
    Rule {
        id: RuleId::AppleLd,
        words: &["undefined symbols for architecture "],
        pattern: r"^\s*(?<message>Undefined symbols for architecture \w+):$",
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        owner: UsualOwner::Is(Owner::Code),
        ..LINKER_BASE
    },
    Rule {
        id: RuleId::AppleSymbol,
        words: &["\", referenced from:"],
        pattern: r#"^\s+"(?<message>.+)", referenced from:$"#,
        block: BlockKind::AppleSymbol,
        owner: UsualOwner::Is(Owner::Code),
        ..LINKER_BASE
    },
    Rule {
        id: RuleId::AppleLdOther,
        words: &["ld: "],
        pattern: r"^\s*ld: (?<message>(?:symbol\(s\) not found|library not found|library '|framework not found|framework '|file not found|duplicate symbol|\d+ duplicate symbol|building for ).*)$",
        follow_ups: &[r"^\s*ld: symbol\(s\) not found"],
        owner: UsualOwner::Is(Owner::Code),
        ..LINKER_BASE
    },
    Rule {
        id: RuleId::Duplicate,
        words: &["duplicate symbol "],
        pattern: r"^\s*(?<message>duplicate symbol '?.+?'? in:)$",
        owner: UsualOwner::Is(Owner::Code),
        ..LINKER_BASE
    },
];

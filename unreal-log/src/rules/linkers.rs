//! What linkers miss. The symbol is what matters, not who asked for it.

use super::block_kind::BlockKind;
use super::rule::{Match, NOTHING, ROW, Rule};
use crate::finding::Rank;
use crate::tool::Tool;

const LINKER: Rule =
    Rule { tool: Some(Tool::Ld), rank: Rank::Link, block: BlockKind::Linker, ..ROW };

const LINKED: Match<'static> =
    Match { tool: Some(Tool::Ld), rank: Rank::Link, block: BlockKind::Linker, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    Rule {
        name: "msvc-link",
        words: &["lnk"],
        pattern: r"^\s*\S.*?\.(?:obj|lib|exe|dll|o)(?:\([^)]*\))?\s*:\s*(?<severity>fatal error|error|warning) (?<code>LNK\d{4})\s*:\s*(?<message>.*)$",
        example: r#"Module.Game.cpp.obj : error LNK2019: unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
        expected: Some(Match {
            tool: Some(Tool::MsvcLinker),
            code: Some("LNK2019"),
            message: r#"unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
            ..LINKED
        }),
        ..LINKER
    },
    Rule {
        name: "lld",
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:collect2|ld|ld\.lld|ld\.gold|ld64\.lld|lld-link|wasm-ld)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        example: "ld.lld: error: undefined symbol: UGame::GetPrivateStaticClass()",
        expected: Some(Match {
            message: "undefined symbol: UGame::GetPrivateStaticClass()",
            ..LINKED
        }),
        ..LINKER
    },
    Rule {
        name: "gnu-ld",
        words: &["undefined reference to "],
        pattern: r"^\s*(?:\S.*:\s)?(?<message>undefined reference to .*)$",
        example: "A.cpp:(.text+0x5): undefined reference to `Foo::Bar()'",
        expected: Some(Match { message: "undefined reference to `Foo::Bar()'", ..LINKED }),
        ..LINKER
    },
    // Each of the symbols stands below, with those who refer to it.
    Rule {
        name: "apple-ld",
        words: &["undefined symbols for architecture "],
        pattern: r"^\s*(?<message>Undefined symbols for architecture \w+):$",
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "Undefined symbols for architecture arm64:",
        expected: Some(Match {
            message: "Undefined symbols for architecture arm64",
            rank: Rank::FollowUp,
            block: BlockKind::Line,
            ..LINKED
        }),
        ..LINKER
    },
    Rule {
        name: "apple-symbol",
        words: &["\", referenced from:"],
        pattern: r#"^\s+"(?<message>.+)", referenced from:$"#,
        block: BlockKind::AppleSymbol,
        example: r#"  "Door::Open(int)", referenced from:"#,
        expected: Some(Match {
            message: "Door::Open(int)",
            block: BlockKind::AppleSymbol,
            ..LINKED
        }),
        ..LINKER
    },
    Rule {
        name: "apple-ld-other",
        words: &["ld: "],
        pattern: r"^\s*ld: (?<message>(?:symbol\(s\) not found|library not found|library '|framework not found|framework '|file not found|duplicate symbol|\d+ duplicate symbol|building for ).*)$",
        example: "ld: library not found for -lDoor",
        expected: Some(Match { message: "library not found for -lDoor", ..LINKED }),
        ..LINKER
    },
    Rule {
        name: "duplicate",
        words: &["duplicate symbol "],
        pattern: r"^\s*(?<message>duplicate symbol '?.+?'? in:)$",
        example: "duplicate symbol 'Door::Open()' in:",
        expected: Some(Match { message: "duplicate symbol 'Door::Open()' in:", ..LINKED }),
        ..LINKER
    },
];

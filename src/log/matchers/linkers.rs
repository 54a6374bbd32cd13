//! What linkers miss. The symbol is what matters, not who asked for it.

use super::{Matcher, NOTHING, ROW, Report};
use crate::log::extent::Extent;
use crate::model::Rank;

const LINKER: Matcher =
    Matcher { tool: Some("ld"), rank: Rank::Link, extent: Extent::Linker, ..ROW };

const LINKED: Report<'static> =
    Report { code: Some("ld"), rank: Rank::Link, extent: Extent::Linker, ..NOTHING };

pub(super) const TABLE: &[Matcher] = &[
    Matcher {
        name: "msvc-link",
        words: &["lnk"],
        pattern: r"^\s*\S.*?\.(?:obj|lib|exe|dll|o)(?:\([^)]*\))?\s*:\s*(?<severity>fatal error|error|warning) (?<code>LNK\d{4})\s*:\s*(?<message>.*)$",
        example: r#"Module.Game.cpp.obj : error LNK2019: unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
        expected: Some(Report {
            code: Some("LNK2019"),
            message: r#"unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
            ..LINKED
        }),
        ..LINKER
    },
    Matcher {
        name: "lld",
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:collect2|ld|ld\.lld|ld\.gold|ld64\.lld|lld-link|wasm-ld)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        example: "ld.lld: error: undefined symbol: UGame::GetPrivateStaticClass()",
        expected: Some(Report {
            message: "undefined symbol: UGame::GetPrivateStaticClass()",
            ..LINKED
        }),
        ..LINKER
    },
    Matcher {
        name: "gnu-ld",
        words: &["undefined reference to "],
        pattern: r"^\s*(?:\S.*:\s)?(?<message>undefined reference to .*)$",
        example: "A.cpp:(.text+0x5): undefined reference to `Foo::Bar()'",
        expected: Some(Report { message: "undefined reference to `Foo::Bar()'", ..LINKED }),
        ..LINKER
    },
    // Each of the symbols stands below, with those who refer to it.
    Matcher {
        name: "apple-ld",
        words: &["undefined symbols for architecture "],
        pattern: r"^\s*(?<message>Undefined symbols for architecture \w+):$",
        rank: Rank::FollowUp,
        extent: Extent::Line,
        example: "Undefined symbols for architecture arm64:",
        expected: Some(Report {
            message: "Undefined symbols for architecture arm64",
            rank: Rank::FollowUp,
            extent: Extent::Line,
            ..LINKED
        }),
        ..LINKER
    },
    Matcher {
        name: "apple-symbol",
        words: &["\", referenced from:"],
        pattern: r#"^\s+"(?<message>.+)", referenced from:$"#,
        extent: Extent::Symbol,
        example: r#"  "Door::Open(int)", referenced from:"#,
        expected: Some(Report { message: "Door::Open(int)", extent: Extent::Symbol, ..LINKED }),
        ..LINKER
    },
    Matcher {
        name: "apple-ld-other",
        words: &["ld: "],
        pattern: r"^\s*ld: (?<message>(?:symbol\(s\) not found|library not found|library '|framework not found|framework '|file not found|duplicate symbol|\d+ duplicate symbol|building for ).*)$",
        example: "ld: library not found for -lDoor",
        expected: Some(Report { message: "library not found for -lDoor", ..LINKED }),
        ..LINKER
    },
    Matcher {
        name: "duplicate",
        words: &["duplicate symbol "],
        pattern: r"^\s*(?<message>duplicate symbol '?.+?'? in:)$",
        example: "duplicate symbol 'Door::Open()' in:",
        expected: Some(Report { message: "duplicate symbol 'Door::Open()' in:", ..LINKED }),
        ..LINKER
    },
];

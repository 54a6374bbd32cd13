//! What compilers say about a place in a file.

use super::block_kind::BlockKind;
use super::rule::{Match, NOTHING, ROW, Rule};
use crate::finding::{Rank, Severity};
use crate::tool::Tool;

const COMPILER: Rule = Rule { rank: Rank::Compile, block: BlockKind::Compiler, ..ROW };

const COMPILED: Match<'static> =
    Match { rank: Rank::Compile, block: BlockKind::Compiler, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    // UnrealHeaderTool, which has no codes. MSBuild and every version of it spell this differently.
    Rule {
        name: "uht",
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.(?i:h|hpp))\s*\((?<line>\d+)(?:,\s?(?<column>\d+))?\)\s*:\s+(?<severity>(?i:error|warning))\s?:\s*(?<message>.*)$"#,
        tool: Some(Tool::Uht),
        rank: Rank::Rules,
        example: "/Game/Source/Door.h(16)  : Error: Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
        expected: Some(Match {
            tool: Some(Tool::Uht),
            message: "Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
            file: Some("/Game/Source/Door.h"),
            line: Some(16),
            rank: Rank::Rules,
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "iwyu",
        words: &["to be first header included"],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\s*\((?<line>\d+)\)\s*:\s+(?<severity>(?i:error|warning))\s?:\s*(?<message>Expected .* to be first header included.*)$"#,
        tool: Some(Tool::Iwyu),
        example: "Source/Door.cpp(1): error: Expected Door.h to be first header included.",
        expected: Some(Match {
            tool: Some(Tool::Iwyu),
            message: "Expected Door.h to be first header included.",
            file: Some("Source/Door.cpp"),
            line: Some(1),
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "msvc",
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\s*\((?<line>\d+)(?:-(?<end>\d+))?(?:,\s?(?<column>\d+)(?:,\s?(?<last>\d+),\s?\d+|(?:[-,]\s?\d+)*))?\)\s*:\s+(?<severity>(?i:fatal error|error|warning))\s?(?<code>[A-Z]{1,6}\d{2,5})?\s*:\s*(?<message>.*)$"#,
        example: r"C:\Program Files (x86)\Game\Source\A.cpp(42,17): fatal error C1083: Cannot open include file: 'B.h'",
        expected: Some(Match {
            tool: Some(Tool::Msvc),
            code: Some("C1083"),
            message: "Cannot open include file: 'B.h'",
            file: Some(r"C:\Program Files (x86)\Game\Source\A.cpp"),
            line: Some(42),
            column: Some(17),
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "msvc-tool",
        pattern: r#"^\s*(?:(?:[A-Za-z]:)?[^:"]*[/\\])?[A-Za-z][\w.+-]*\s*:\s+(?:Command line )?(?<severity>fatal error|error|warning) (?<code>[A-Z]+\d+)\s*:\s*(?<message>.*)$"#,
        block: BlockKind::Linker,
        example: "LINK : fatal error LNK1181: cannot open input file 'x.lib'",
        expected: Some(Match {
            tool: Some(Tool::MsvcLinker),
            code: Some("LNK1181"),
            message: "cannot open input file 'x.lib'",
            block: BlockKind::Linker,
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "clang",
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*):(?<line>\d+)(?::(?<column>\d+))?:\s*(?<severity>(?i:fatal error|error|warning)):\s*(?<message>.*?)(?:\s\[(?:[^\]]*,)?(?<code>-W[^\],]+)\])?$"#,
        example: "../Source/Game/A.cpp:12:8: error: declaration shadows a field of 'AGame' [-Werror,-Wshadow]",
        expected: Some(Match {
            tool: Some(Tool::Clang),
            code: Some("-Wshadow"),
            message: "declaration shadows a field of 'AGame'",
            file: Some("../Source/Game/A.cpp"),
            line: Some(12),
            column: Some(8),
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "kotlin",
        words: &["e: ", "w: "],
        pattern: r#"^\s*(?<severity>[ew]): (?:file://)?(?<file>[^*?"<>|]*?\.kts?):(?: \()?(?<line>\d+)(?::|, )(?<column>\d+)\)?:? (?<message>.*)$"#,
        example: "e: file:///game/src/Door.kt:12:8 Unresolved reference: hinge",
        expected: Some(Match {
            tool: Some(Tool::Kotlin),
            message: "Unresolved reference: hinge",
            file: Some("/game/src/Door.kt"),
            line: Some(12),
            column: Some(8),
            rank: Rank::Package,
            ..COMPILED
        }),
        rank: Rank::Package,
        ..COMPILER
    },
    Rule {
        name: "compiler",
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:clang|clang\+\+|gcc|g\+\+|cc1plus)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        tool: Some(Tool::Clang),
        example: "clang++: error: no such file or directory: 'Door.cpp'",
        expected: Some(Match {
            tool: Some(Tool::Clang),
            message: "no such file or directory: 'Door.cpp'",
            ..COMPILED
        }),
        ..COMPILER
    },
    Rule {
        name: "llvm",
        words: &["llvm error: "],
        pattern: r"^\s*LLVM ERROR: (?<message>.*)$",
        severity: Severity::Error,
        tool: Some(Tool::Clang),
        example: "LLVM ERROR: out of memory",
        expected: Some(Match { tool: Some(Tool::Clang), message: "out of memory", ..COMPILED }),
        ..COMPILER
    },
];

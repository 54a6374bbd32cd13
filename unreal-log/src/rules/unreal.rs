//! What the engine logs: `LogCook: Error: …`, with or without the asset that it is about.

use super::block_kind::BlockKind;
use super::rule::{ANYONE, Match, NOTHING, ROW, Rule};
use crate::finding::{Rank, Severity};
use crate::tool::Tool;

/// What says that it is no error comes before all that reads like one.
pub(super) const FIRST: &[Rule] = &[
    // The cook repeats its errors at its end.
    Rule {
        name: "summary",
        words: &["loginit: display: "],
        pattern: r"^\s*LogInit: Display: (?<message>\w+:\s?Error: .*)$",
        block: BlockKind::Echo,
        example: "LogInit: Display: LogCook: Error: a line of the summary",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogCook"),
            message: "a line of the summary",
            rank: Rank::Cook,
            block: BlockKind::Echo,
            ..NOTHING
        }),
        ..ROW
    },
    Rule {
        name: "channel-info",
        said_by: ANYONE,
        words: &[": display: ", ": log: ", ": verbose: ", ": veryverbose: "],
        pattern: r"^\s*\w+:\s?(?<severity>Display|Log|Verbose|VeryVerbose): (?<message>.)",
        example: "LogShaders: Display: 3 errors were mended",
        ..ROW
    },
];

pub(super) const TABLE: &[Rule] = &[
    // The editor that started the build repeats them, too.
    Rule {
        name: "results",
        words: &["packagingresults:", "cookresults:"],
        pattern: r"^\s*(?<code>PackagingResults|CookResults):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?:[A-Za-z]:)?[^:]*\.(?:uasset|umap): )?(?<message>.*)$",
        block: BlockKind::Echo,
        example: r"PackagingResults: Error: [AssetLog] C:\Game\Content\Door.uasset: Content is missing from cook",
        expected: Some(Match {
            tool: Some(Tool::MessageLog),
            code: Some("PackagingResults"),
            message: "Content is missing from cook",
            block: BlockKind::Echo,
            ..NOTHING
        }),
        ..ROW
    },
    // No channel is called so.
    Rule {
        name: "level",
        pattern: r"^\s*(?<severity>(?:Critical|Debug|Error|Fatal|Info|Note|Trace|Warning):)\s?(?:Fatal|Error|Warning): (?<message>.?)",
        example: "Info: Error: x",
        ..ROW
    },
    // What is wrong with it stands below, in the words of the shader's compiler.
    Rule {
        name: "material",
        words: &["failed to compile material ", "failed to compile global shader "],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): )?(?<message>.*\bFailed to compile (?:Material|Global Shader) .*)$"#,
        rank: Rank::Cook,
        block: BlockKind::ShaderMessages,
        example: r"LogMaterial: Warning: [AssetLog] C:\Game\Content\M_Door.uasset: Failed to compile Material for platform PCD3D_SM6",
        expected: Some(Match {
            severity: Severity::Warning,
            tool: Some(Tool::Engine),
            code: Some("LogMaterial"),
            message: "Failed to compile Material for platform PCD3D_SM6",
            file: Some(r"C:\Game\Content\M_Door.uasset"),
            rank: Rank::Cook,
            block: BlockKind::ShaderMessages,
            ..NOTHING
        }),
        ..ROW
    },
    Rule {
        name: "asset",
        words: &[".uasset", ".umap"],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] )?(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): (?<message>.*)$"#,
        rank: Rank::Cook,
        block: BlockKind::Asset,
        example: r"LogBlueprint: Error: [AssetLog] C:\Game\Content\Door.uasset: [Compiler] Could not find a function",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogBlueprint"),
            message: "[Compiler] Could not find a function",
            file: Some(r"C:\Game\Content\Door.uasset"),
            rank: Rank::Cook,
            block: BlockKind::Asset,
            ..NOTHING
        }),
        ..ROW
    },
    // Up to 4.26 the name of the asset stands before what is said, and its path behind.
    Rule {
        name: "blueprint",
        words: &["[compiler "],
        pattern: r"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?<message>\[Compiler \w+\] .*)$",
        rank: Rank::Cook,
        block: BlockKind::Asset,
        example: "LogBlueprint: Error: [Compiler Door] Target must have a connection. from Source: /Game/Door",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogBlueprint"),
            message: "[Compiler Door] Target must have a connection. from Source: /Game/Door",
            rank: Rank::Cook,
            block: BlockKind::Asset,
            ..NOTHING
        }),
        ..ROW
    },
    Rule {
        name: "shader",
        words: &["logshadercompilers:"],
        pattern: r#"^\s*(?<code>LogShaderCompilers):\s?(?<severity>Fatal|Error|Warning): ?(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\): (?<message>.*)$"#,
        rank: Rank::Cook,
        example: "LogShaderCompilers: Error: /Engine/Private/Fog.usf(810:95): Shader FFogCS: error X3004",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogShaderCompilers"),
            message: "Shader FFogCS: error X3004",
            file: Some("/Engine/Private/Fog.usf"),
            line: Some(810),
            column: Some(95),
            rank: Rank::Cook,
            ..NOTHING
        }),
        ..ROW
    },
    // Each line of it is logged as an error; the last one says which.
    Rule {
        name: "traceback",
        words: &["traceback (most recent call last)"],
        pattern: r"^\s*(?<code>LogPython):\s?(?<severity>Error|Warning): ?(?<message>Traceback \(most recent call last\):)$",
        rank: Rank::Cook,
        block: BlockKind::Python,
        example: "LogPython: Error: Traceback (most recent call last):",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogPython"),
            message: "Traceback (most recent call last):",
            rank: Rank::Cook,
            block: BlockKind::Python,
            ..NOTHING
        }),
        ..ROW
    },
    Rule {
        name: "channel",
        pattern: r"^\s*(?<code>Log\w*|[A-Z]\w*[a-z]\w{2,}):\s?(?<severity>Fatal|Error|Warning): ?(?<message>.*)$",
        rank: Rank::Cook,
        example: "LogCook: Error: Content is missing from cook: /Game/Maps/Level3",
        expected: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogCook"),
            message: "Content is missing from cook: /Game/Maps/Level3",
            rank: Rank::Cook,
            ..NOTHING
        }),
        ..ROW
    },
    // In the words of a channel, or below it.
    Rule {
        name: "shader-place",
        words: &[".usf", ".ush"],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\):\s+(?<severity>err0r|error|warning)\s?(?<code>[A-Z]+\d+)?\s*:?\s*(?<message>.*)$"#,
        rank: Rank::Cook,
        example: "/Engine/Private/Fog.ush(12:3):  err0r X3004: undeclared identifier 'Density'",
        expected: Some(Match {
            tool: Some(Tool::ShaderCompiler),
            code: Some("X3004"),
            message: "undeclared identifier 'Density'",
            file: Some("/Engine/Private/Fog.ush"),
            line: Some(12),
            column: Some(3),
            rank: Rank::Cook,
            severity: Severity::Error,
            ..NOTHING
        }),
        ..ROW
    },
];

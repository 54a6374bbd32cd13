//! What the engine logs: `LogCook: Error: …`, with or without the asset that it is about.

use super::{ANYONE, Matcher, NOTHING, ROW, Report};
use crate::log::extent::Extent;
use crate::model::{Rank, Severity};

/// What says that it is no error comes before all that reads like one.
pub(super) const FIRST: &[Matcher] = &[
    // The cook repeats its errors at its end.
    Matcher {
        name: "summary",
        words: &["loginit: display: "],
        pattern: r"^\s*LogInit: Display: (?<message>\w+:\s?Error: .*)$",
        extent: Extent::Echo,
        example: "LogInit: Display: LogCook: Error: a line of the summary",
        expected: Some(Report {
            code: Some("LogCook"),
            message: "a line of the summary",
            rank: Rank::Cook,
            extent: Extent::Echo,
            ..NOTHING
        }),
        ..ROW
    },
    Matcher {
        name: "channel-info",
        said_by: ANYONE,
        words: &[": display: ", ": log: ", ": verbose: ", ": veryverbose: "],
        pattern: r"^\s*\w+:\s?(?<severity>Display|Log|Verbose|VeryVerbose): (?<message>.)",
        example: "LogShaders: Display: 3 errors were mended",
        ..ROW
    },
];

pub(super) const TABLE: &[Matcher] = &[
    // The editor that started the build repeats them, too.
    Matcher {
        name: "results",
        words: &["packagingresults:", "cookresults:"],
        pattern: r"^\s*(?<code>PackagingResults|CookResults):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?:[A-Za-z]:)?[^:]*\.(?:uasset|umap): )?(?<message>.*)$",
        extent: Extent::Echo,
        example: r"PackagingResults: Error: [AssetLog] C:\Game\Content\Door.uasset: Content is missing from cook",
        expected: Some(Report {
            code: Some("PackagingResults"),
            message: "Content is missing from cook",
            extent: Extent::Echo,
            ..NOTHING
        }),
        ..ROW
    },
    // No channel is called so.
    Matcher {
        name: "level",
        pattern: r"^\s*(?<severity>(?:Critical|Debug|Error|Fatal|Info|Note|Trace|Warning):)\s?(?:Fatal|Error|Warning): (?<message>.?)",
        example: "Info: Error: x",
        ..ROW
    },
    // What is wrong with it stands below, in the words of the shader's compiler.
    Matcher {
        name: "material",
        words: &["failed to compile material ", "failed to compile global shader "],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): )?(?<message>.*\bFailed to compile (?:Material|Global Shader) .*)$"#,
        rank: Rank::Cook,
        extent: Extent::Block,
        example: r"LogMaterial: Warning: [AssetLog] C:\Game\Content\M_Door.uasset: Failed to compile Material for platform PCD3D_SM6",
        expected: Some(Report {
            severity: Severity::Warning,
            code: Some("LogMaterial"),
            message: "Failed to compile Material for platform PCD3D_SM6",
            file: Some(r"C:\Game\Content\M_Door.uasset"),
            rank: Rank::Cook,
            extent: Extent::Block,
            ..NOTHING
        }),
        ..ROW
    },
    Matcher {
        name: "asset",
        words: &[".uasset", ".umap"],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] )?(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): (?<message>.*)$"#,
        rank: Rank::Cook,
        extent: Extent::Asset,
        example: r"LogBlueprint: Error: [AssetLog] C:\Game\Content\Door.uasset: [Compiler] Could not find a function",
        expected: Some(Report {
            code: Some("LogBlueprint"),
            message: "[Compiler] Could not find a function",
            file: Some(r"C:\Game\Content\Door.uasset"),
            rank: Rank::Cook,
            extent: Extent::Asset,
            ..NOTHING
        }),
        ..ROW
    },
    // Up to 4.26 the name of the asset stands before what is said, and its path behind.
    Matcher {
        name: "blueprint",
        words: &["[compiler "],
        pattern: r"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?<message>\[Compiler \w+\] .*)$",
        rank: Rank::Cook,
        extent: Extent::Asset,
        example: "LogBlueprint: Error: [Compiler Door] Target must have a connection. from Source: /Game/Door",
        expected: Some(Report {
            code: Some("LogBlueprint"),
            message: "[Compiler Door] Target must have a connection. from Source: /Game/Door",
            rank: Rank::Cook,
            extent: Extent::Asset,
            ..NOTHING
        }),
        ..ROW
    },
    Matcher {
        name: "shader",
        words: &["logshadercompilers:"],
        pattern: r#"^\s*(?<code>LogShaderCompilers):\s?(?<severity>Fatal|Error|Warning): ?(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\): (?<message>.*)$"#,
        rank: Rank::Cook,
        example: "LogShaderCompilers: Error: /Engine/Private/Fog.usf(810:95): Shader FFogCS: error X3004",
        expected: Some(Report {
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
    Matcher {
        name: "traceback",
        words: &["traceback (most recent call last)"],
        pattern: r"^\s*(?<code>LogPython):\s?(?<severity>Error|Warning): ?(?<message>Traceback \(most recent call last\):)$",
        rank: Rank::Cook,
        extent: Extent::Python,
        example: "LogPython: Error: Traceback (most recent call last):",
        expected: Some(Report {
            code: Some("LogPython"),
            message: "Traceback (most recent call last):",
            rank: Rank::Cook,
            extent: Extent::Python,
            ..NOTHING
        }),
        ..ROW
    },
    Matcher {
        name: "channel",
        pattern: r"^\s*(?<code>Log\w*|[A-Z]\w*[a-z]\w{2,}):\s?(?<severity>Fatal|Error|Warning): ?(?<message>.*)$",
        rank: Rank::Cook,
        example: "LogCook: Error: Content is missing from cook: /Game/Maps/Level3",
        expected: Some(Report {
            code: Some("LogCook"),
            message: "Content is missing from cook: /Game/Maps/Level3",
            rank: Rank::Cook,
            ..NOTHING
        }),
        ..ROW
    },
    // In the words of a channel, or below it.
    Matcher {
        name: "shader-place",
        words: &[".usf", ".ush"],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\):\s+(?<severity>err0r|error|warning)\s?(?<code>[A-Z]+\d+)?\s*:?\s*(?<message>.*)$"#,
        rank: Rank::Cook,
        example: "/Engine/Private/Fog.ush(12:3):  err0r X3004: undeclared identifier 'Density'",
        expected: Some(Report {
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

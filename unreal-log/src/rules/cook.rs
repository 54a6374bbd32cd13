//! The engine's log, mostly while it cooks: `LogCook: Error: …`, with or without the asset that it is about.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE, OF_CONFIG, OF_CONTENT};
use super::id::RuleId;
use super::rule::{ANYONE, ROW, Rule, SeverityOverride, UsualOwner};
use super::sign::{Meaning, Nearness, Sign};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const MISSING_VARIABLE: &str = "Restore the variable {variable} of {class}, or replace the nodes \
    that use it.";

/// Log categories of the engine's compiler of Blueprints.
const BLUEPRINTS: &[By] =
    &[By::Code("LogBlueprint"), By::Code("LogProperty"), By::Code("LogClass")];

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    // The cook repeats its errors at its end.
    Rule {
        id: RuleId::Summary,
        words: &["loginit: display: "],
        pattern: r"^\s*LogInit: Display: (?<message>\w+:\s?Error: .*)$",
        block: BlockKind::Echo,
        owner: UsualOwner::OfCategory,
        ..ROW
    },
    Rule {
        id: RuleId::ChannelInfo,
        reported_by: ANYONE,
        words: &[": display: ", ": log: ", ": verbose: ", ": veryverbose: "],
        pattern: r"^\s*\w+:\s?(?<severity>Display|Log|Verbose|VeryVerbose): (?<message>.)",
        ..ROW
    },
    // The editor that started the build repeats them too.
    Rule {
        id: RuleId::Results,
        words: &["packagingresults:", "cookresults:"],
        pattern: r"^\s*(?<code>PackagingResults|CookResults):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?:[A-Za-z]:)?[^:]*\.(?:uasset|umap): )?(?<message>.*)$",
        block: BlockKind::Echo,
        follow_ups: &[
            r"(?:PackagingResults|CookResults): Error: (?:Unknown Error|Unknown Cook Failure|Launch failed)",
        ],
        owner: UsualOwner::OfCategory,
        ..ROW
    },
    // No log category has such a name.
    Rule {
        id: RuleId::Level,
        pattern: r"^\s*(?<severity>(?:Critical|Debug|Error|Fatal|Info|Note|Trace|Warning):)\s?(?:Fatal|Error|Warning): (?<message>.?)",
        ..ROW
    },
    // Up to 4.26 the name of the asset stands before the message, and its path after it.
    Rule {
        id: RuleId::Blueprint,
        words: &["[compiler "],
        pattern: r"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?<message>\[Compiler \w+\] .*)$",
        rank: Rank::Cook,
        block: BlockKind::Asset,
        signs: &[
            Sign {
                by: BLUEPRINTS,
                texts: &[
                    "Could not find a function named",
                    "Could not find a variable named",
                    "Failed to find a class member",
                ],
                meaning: Meaning::InBlueprint(Nearness::Missing),
            },
            Sign {
                by: BLUEPRINTS,
                texts: &["Unknown structure"],
                meaning: Meaning::InBlueprint(Nearness::Unreadable),
            },
            Sign {
                by: BLUEPRINTS,
                texts: &[
                    "In use pin ",
                    "must have a connection",
                    "pin is invalid",
                    "failed building connection",
                    "no longer exists on node",
                ],
                meaning: Meaning::InBlueprint(Nearness::Pins),
            },
            Sign { by: BLUEPRINTS, texts: &[], meaning: Meaning::InBlueprint(Nearness::Other) },
        ],
        owner: UsualOwner::OfCategory,
        cases: &[
            Case {
                pattern: r#"Could not find a function named "(?<function>[^"]+)" in '(?<class>[^']+)'"#,
                hint: "Refresh or replace the node {function} ({class}): the function was removed, or its plugin or module is not in this build.",
                ..OF_CONTENT
            },
            Case {
                pattern: r#"Could not find a variable named "(?<variable>[^"]+)" in '(?<class>[^']+)'"#,
                hint: MISSING_VARIABLE,
                ..OF_CONTENT
            },
            Case {
                pattern: r"property associated with\s+(?<variable>\S[^\n]*?)\s+could not be found in '(?<class>[^']+)'",
                hint: MISSING_VARIABLE,
                ..OF_CONTENT
            },
            Case {
                pattern: r"Property '(?:\w+ )?(?<property>[^']+)'\. Unknown structure",
                hint: "Restore the structure of {property}, or enable the plugin that has it, then re-save the asset.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"no longer exists on node\s+(?<node>\S[^\n]*?)\s*\. Please refresh",
                hint: "Refresh the node {node} in the Blueprint editor and connect its pins again.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"\[Compiler (?<asset>\w+)\][^\n]*must have a connection",
                hint: "Open the Blueprint {asset} and connect the pin of the node that has none.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Compile of (?<asset>\S+) failed",
                hint: "Open the Blueprint {asset}, compile it and fix the nodes that it marks: it ships broken even if the cook goes on.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"\[Compiler (?<asset>\w+)\]",
                hint: "Open the Blueprint {asset}, compile it and fix the nodes that it marks.",
                ..OF_CONTENT
            },
            Case {
                by: &[By::Code("LogBlueprint")],
                pattern: r"\[Compiler\]",
                hint: "Open the Blueprint, compile it and fix the nodes that it marks.",
                ..OF_CONTENT
            },
        ],
        ..ROW
    },
    Rule {
        id: RuleId::Asset,
        words: &[".uasset", ".umap"],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] )?(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): (?<message>.*)$"#,
        rank: Rank::Cook,
        block: BlockKind::Asset,
        owner: UsualOwner::OfCategory,
        cases: &[
            // The engine's own content cannot be newer than the engine.
            Case {
                pattern: r"Package [^\n]*[/\\]Engine[/\\](?:[^\n]*[/\\])?(?:Content|Plugins)[/\\][^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) (?:is too new|has newer custom version)",
                owner: Owner::Toolchain,
                hint: "Repair the engine on the build machine: its own asset {asset} is of a later version than its programs.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Package [^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) (?:is too new|has newer custom version)",
                owner: Owner::Config,
                hint: "Build with the engine version in which {asset} was saved, or re-save it in the build's: it was saved in a later one.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Package [^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) is too old",
                hint: "Open and re-save {asset} in an engine that can still read it, or remove it: it was saved in a very old one.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"(?s)Source package: (?<source>\S+).*Target package: (?<target>\S+)",
                hint: "Remove the reference from {source} to {target}, which is not cooked: editor-only, NeverCook, or of a plugin without this platform.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Content is missing from cook|(?i:NeverCook|editor[- ]only (?:asset|content|package|object))",
                hint: "Remove the reference to what is not cooked (editor-only, NeverCook), or enable its plugin for this platform.",
                ..OF_CONTENT
            },
        ],
        ..ROW
    },
    // Each line is logged as an error. The last one is the exception.
    Rule {
        id: RuleId::Traceback,
        words: &["traceback (most recent call last)"],
        pattern: r"^\s*(?<code>LogPython):\s?(?<severity>Error|Warning): ?(?<message>Traceback \(most recent call last\):)$",
        rank: Rank::Cook,
        block: BlockKind::Python,
        owner: UsualOwner::OfCategory,
        ..ROW
    },
    Rule {
        id: RuleId::Channel,
        pattern: r"^\s*(?<code>Log\w*|[A-Z]\w*[a-z]\w{2,}):\s?(?<severity>Fatal|Error|Warning): ?(?<message>.*)$",
        rank: Rank::Cook,
        severity_overrides: &[
            SeverityOverride { pattern: r"^\s*LogDerivedDataCache: Warning", actual: None },
            SeverityOverride {
                pattern: r"^\s*LogHttp: Warning: .*HTTP request timed out",
                actual: None,
            },
        ],
        follow_ups: &[
            // The lines after it say why.
            r"LogCook: Error: Failed to cook ",
        ],
        owner: UsualOwner::OfCategory,
        cases: &[
            Case {
                pattern: r"(?<key>\w+) contains a redirected reference '(?<asset>[^']+)'",
                hint: "Select {asset} again for {key} in Project Settings > Maps & Modes (Config/DefaultEngine.ini).",
                ..OF_CONFIG
            },
            Case {
                pattern: r"Unable to find package for cooking '?(?<package>[^\s']+)",
                hint: "Take {package} out of the maps and directories to cook, or add it to the repository.",
                ..OF_CONFIG
            },
            Case {
                by: &[By::EngineLog, By::Code("LoadErrors")],
                pattern: r"(?i)script package[^\n]*?/Script/(?<module>\w+)|(?:Failed to load|Can't find file for (?:package|asset)|VerifyImport)[^\n]*?/Script/(?<other>\w+)",
                hint: "Enable the plugin that has the module {module}{other} for this platform, or remove from the content what uses it.",
                ..OF_CONFIG
            },
            Case {
                by: &[By::EngineLog],
                pattern: r"Project Settings ?-> ?(?<page>[^\n.]*[^\n.\s])",
                hint: "Correct this in Project Settings -> {page}: any Error-level line fails a cook, even if the content is fine.",
                ..OF_CONFIG
            },
            Case {
                by: &[By::EngineLog, By::Code("LoadErrors")],
                pattern: r"(?:Failed to (?:load|find)|Unable to load|Can't find file for (?:asset|package)|VerifyImport)[^\n/]*'?(?<asset>/(?:Game|Engine|[A-Z]\w*)/[^\s':]+)",
                hint: "Add {asset} to the repository, or remove what refers to it.",
                ..OF_CONTENT
            },
            Case {
                by: &[By::EngineLog],
                pattern: r"(?i)graph is linked to (?:private|external) object\S* (?<object>\S[^\n]*)",
                hint: "Remove the reference to {object}, which is private to another package, and save again.",
                ..OF_CONTENT
            },
            Case {
                by: &[By::EngineLog],
                pattern: r"(?i)(?:path|filename|file name) is too long",
                hint: "Shorten the path of the asset, or build in a folder with a shorter one: Windows does not take it.",
                ..OF_CONTENT
            },
            Case {
                by: &[By::EngineLog],
                pattern: r"(?<property>\S+) is not initialized properly",
                hint: "Give {property} a default value in the header that declares it.",
                ..OF_CODE
            },
        ],
        ..ROW
    },
];

/// Log categories and message lists that are about assets.
const OF_ASSETS: &[&str] = &[
    "LoadErrors",
    "LogAnimation",
    "LogAssetRegistry",
    "LogBlueprint",
    "LogContentValidation",
    "LogCook",
    "LogLinker",
    "LogMaterial",
    "LogNiagara",
    "LogProperty",
    "LogShaderCompilers",
    "LogSkeletalMesh",
    "LogStaticMesh",
    "LogStreaming",
    "LogTexture",
    "LogUObjectGlobals",
    "MapCheck",
];

/// Log categories that are about code.
const OF_CODE_CATEGORIES: &[&str] = &["LogClass", "LogPython"];

/// The people who usually fix what the engine logs in this category.
pub(super) fn owner_of_category(tool: Tool, category: &str) -> Option<Owner> {
    if OF_ASSETS.contains(&category) {
        return Some(Owner::Content);
    }
    let is_code = OF_CODE_CATEGORIES.contains(&category);
    match tool {
        Tool::Engine if is_code => Some(Owner::Code),
        // Mostly plugins and their settings.
        Tool::Engine => Some(Owner::Config),
        _ => None,
    }
}

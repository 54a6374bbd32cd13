//! Compilers of shaders, and materials that do not compile.

use super::block_kind::BlockKind;
use super::case::{Case, OF_CONTENT};
use super::id::RuleId;
use super::rule::{ROW, Rule, UsualOwner};
use crate::finding::{Owner, Rank};

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    // The messages of the shader's compiler stand below it.
    Rule {
        id: RuleId::Material,
        words: &["failed to compile material ", "failed to compile global shader "],
        pattern: r#"^\s*(?<code>[A-Za-z_]\w*):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): )?(?<message>.*\bFailed to compile (?:Material|Global Shader) .*)$"#,
        rank: Rank::Cook,
        block: BlockKind::ShaderMessages,
        owner: UsualOwner::OfCategory,
        cases: &[
            Case {
                pattern: r"Failed to compile Material (?<material>/\S+)(?: \(MI:[^)\n]*\))? for platform (?<platform>\w+)",
                hint: "Open the material {material}, fix it for {platform} and save it: until then it is drawn as the default material.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Failed to compile Material[^\n]* for platform (?<platform>\w+)",
                hint: "Open the material, fix it for {platform} and save it: until then it is drawn as the default material.",
                ..OF_CONTENT
            },
            Case {
                pattern: r"Failed to compile (?i:global shader) (?<shader>\w+)",
                owner: Owner::Code,
                hint: "Correct the shader {shader} where its compiler says, or repair the engine's Shaders folder if it is not the project's.",
                ..OF_CONTENT
            },
        ],
        ..ROW
    },
    Rule {
        id: RuleId::Shader,
        words: &["logshadercompilers:"],
        pattern: r#"^\s*(?<code>LogShaderCompilers):\s?(?<severity>Fatal|Error|Warning): ?(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\): (?<message>.*)$"#,
        rank: Rank::Cook,
        owner: UsualOwner::OfCategory,
        ..ROW
    },
    // Within a message of the engine's log, or below one.
    Rule {
        id: RuleId::ShaderPlace,
        words: &[".usf", ".ush"],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|()]*\.(?:usf|ush))\((?<line>\d+)(?::(?<column>\d+)(?:-\d+)?)?\):\s+(?<severity>err0r|error|warning)\s?(?<code>[A-Z]+\d+)?\s*:?\s*(?<message>.*)$"#,
        rank: Rank::Cook,
        owner: UsualOwner::OfCode,
        ..ROW
    },
];

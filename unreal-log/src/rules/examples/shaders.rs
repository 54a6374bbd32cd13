//! Examples for the rules and cases of `rules/shaders.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::{Rank, Severity};
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Material,
        line: r"LogMaterial: Warning: [AssetLog] C:\Game\Content\M_Door.uasset: Failed to compile Material for platform PCD3D_SM6",
        found: Some(Match {
            severity: Severity::Warning,
            tool: Some(Tool::Engine),
            code: Some("LogMaterial"),
            message: "Failed to compile Material for platform PCD3D_SM6",
            file: Some(r"C:\Game\Content\M_Door.uasset"),
            rank: Rank::Cook,
            block: BlockKind::ShaderMessages,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Shader,
        line: "LogShaderCompilers: Error: /Engine/Private/Fog.usf(810:95): Shader FFogCS: error X3004",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogShaderCompilers"),
            message: "Shader FFogCS: error X3004",
            file: Some("/Engine/Private/Fog.usf"),
            line: Some(810),
            column: Some(95),
            rank: Rank::Cook,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::ShaderPlace,
        line: "/Engine/Private/Fog.ush(12:3):  err0r X3004: undeclared identifier 'Density'",
        found: Some(Match {
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
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Failed to compile Material /Game/M_Door (MI:/Game/MI_Door) for platform PCD3D_SM6",
        hint: "Open the material /Game/M_Door, fix it for PCD3D_SM6 and save it: until then it is drawn as the default material.",
    },
    CaseExample {
        message: "Failed to compile Material for platform PCD3D_SM6",
        hint: "Open the material, fix it for PCD3D_SM6 and save it: until then it is drawn as the default material.",
    },
    CaseExample {
        message: "Failed to compile global shader FDoorPS",
        hint: "Correct the shader FDoorPS where its compiler says, or repair the engine's Shaders folder if it is not the project's.",
    },
];

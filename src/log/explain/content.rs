//! What those who make assets have to mend.

use super::{ROW, Row};
use crate::event::FailureClass;

const CONTENT: Row = Row { class: FailureClass::Content, ..ROW };

pub(super) const TABLE: &[Row] = &[
    Row {
        pattern: "Could not find a (?:function|variable) named \"(?<name>[^\"\n]+)\" in '(?<owner>[^'\n]+)'",
        hint: "Refresh or replace the node of {name}: {owner} has none any more, or its module or plugin is not built.",
        example: "[Compiler] Could not find a function named \"Open\" in 'Door_C'.",
        expected: "Refresh or replace the node of Open: Door_C has none any more, or its module or plugin is not built.",
        ..CONTENT
    },
    Row {
        codes: &["LogProperty"],
        pattern: r"Unknown structure",
        hint: "Restore the structure, or remove its use from the asset; a plugin that has it may be missing or disabled.",
        example: "Property 'StructProperty /Game/Door.Door_C:Hinge'. Unknown structure.",
        expected: "Restore the structure, or remove its use from the asset; a plugin that has it may be missing or disabled.",
        ..CONTENT
    },
    Row {
        pattern: r"\.(?:uasset|umap) (?:is too new|has newer custom version)",
        class: FailureClass::Config,
        hint: "Build with the engine version that saved these assets, or save them again with the older one.",
        example: "Package D:/G/Content/Door.uasset is too new. Engine Version: 8  Package Version: 9",
        expected: "Build with the engine version that saved these assets, or save them again with the older one.",
        ..CONTENT
    },
    Row {
        codes: &["LogCook"],
        pattern: r"Content is missing from cook",
        hint: "Remove the reference to editor-only or NeverCook content, or enable its plugin for this platform.",
        example: "Content is missing from cook. Source package: /Game/Door",
        expected: "Remove the reference to editor-only or NeverCook content, or enable its plugin for this platform.",
        ..CONTENT
    },
    Row {
        codes: &["LogBlueprint"],
        pattern: r"\[Compiler",
        hint: "Open the Blueprint in the editor, compile it there and mend what its compiler reports.",
        example: "[Compiler] This blueprint (self) is not a Frame.",
        expected: "Open the Blueprint in the editor, compile it there and mend what its compiler reports.",
        ..CONTENT
    },
];

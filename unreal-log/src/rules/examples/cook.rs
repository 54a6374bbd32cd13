//! Examples for the rules and cases of `rules/cook.rs`.

use super::{CaseExample, NOTHING, OverrideExample, RuleExample, SignExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::rules::sign::{Meaning, Nearness};
use crate::tool::Tool;

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Summary,
        line: "LogInit: Display: LogCook: Error: a line of the summary",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogCook"),
            message: "a line of the summary",
            rank: Rank::Cook,
            block: BlockKind::Echo,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::ChannelInfo,
        line: "LogShaders: Display: 3 errors were fixed",
        found: None,
    },
    RuleExample {
        rule: RuleId::Results,
        line: r"PackagingResults: Error: [AssetLog] C:\Game\Content\Door.uasset: Content is missing from cook",
        found: Some(Match {
            tool: Some(Tool::MessageLog),
            code: Some("PackagingResults"),
            message: "Content is missing from cook",
            block: BlockKind::Echo,
            ..NOTHING
        }),
    },
    RuleExample { rule: RuleId::Level, line: "Info: Error: x", found: None },
    RuleExample {
        rule: RuleId::Blueprint,
        line: "LogBlueprint: Error: [Compiler Door] Target must have a connection. from Source: /Game/Door",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogBlueprint"),
            message: "[Compiler Door] Target must have a connection. from Source: /Game/Door",
            rank: Rank::Cook,
            block: BlockKind::Asset,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Asset,
        line: r"LogBlueprint: Error: [AssetLog] C:\Game\Content\Door.uasset: [Compiler] Could not find a function",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogBlueprint"),
            message: "[Compiler] Could not find a function",
            file: Some(r"C:\Game\Content\Door.uasset"),
            rank: Rank::Cook,
            block: BlockKind::Asset,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Traceback,
        line: "LogPython: Error: Traceback (most recent call last):",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogPython"),
            message: "Traceback (most recent call last):",
            rank: Rank::Cook,
            block: BlockKind::Python,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::Channel,
        line: "LogCook: Error: Content is missing from cook: /Game/Maps/Level3",
        found: Some(Match {
            tool: Some(Tool::Engine),
            code: Some("LogCook"),
            message: "Content is missing from cook: /Game/Maps/Level3",
            rank: Rank::Cook,
            ..NOTHING
        }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: r#"[Compiler] Could not find a function named "Open" in 'BP_Door_C'."#,
        hint: "Refresh or replace the node Open (BP_Door_C): the function was removed, or its plugin or module is not in this build.",
    },
    CaseExample {
        message: r#"[Compiler] Could not find a variable named "IsOpen" in 'BP_Door_C'."#,
        hint: "Restore the variable IsOpen of BP_Door_C, or replace the nodes that use it.",
    },
    CaseExample {
        message: "[Compiler] The property associated with  Is Open  could not be found in '/Game/BP_Door.BP_Door_C'",
        hint: "Restore the variable Is Open of /Game/BP_Door.BP_Door_C, or replace the nodes that use it.",
    },
    CaseExample {
        message: "FStructProperty::Serialize Loading: Property 'StructProperty /Game/BP_Door.BP_Door_C:Open:Hinge'. Unknown structure.",
        hint: "Restore the structure of /Game/BP_Door.BP_Door_C:Open:Hinge, or enable the plugin that has it, then re-save the asset.",
    },
    CaseExample {
        message: "[Compiler] In use pin  Hinge  no longer exists on node  Open . Please refresh node or break links to remove pin.",
        hint: "Refresh the node Open in the Blueprint editor and connect its pins again.",
    },
    CaseExample {
        message: "[Compiler BP_Door] This blueprint (self) is not a Door, therefore ' Target ' must have a connection.",
        hint: "Open the Blueprint BP_Door and connect the pin of the node that has none.",
    },
    CaseExample {
        message: "[0490.78] Compile of BP_Door failed. 1 Fatal Issue(s)",
        hint: "Open the Blueprint BP_Door, compile it and fix the nodes that it marks: it ships broken even if the cook goes on.",
    },
    CaseExample {
        message: "[Compiler BP_Door] Hinge is not blueprint visible.",
        hint: "Open the Blueprint BP_Door, compile it and fix the nodes that it marks.",
    },
    CaseExample {
        message: "[Compiler] Hinge is not blueprint visible.",
        hint: "Open the Blueprint, compile it and fix the nodes that it marks.",
    },
    CaseExample {
        message: "Package D:/UE/Engine/Content/Doors/Hinge.uasset has newer custom version of Doors",
        hint: "Repair the engine on the build machine: its own asset Hinge.uasset is of a later version than its programs.",
    },
    CaseExample {
        message: "Package C:/Game/Content/Door.uasset is too new. Engine Version: 1008  Package Version: 1009",
        hint: "Build with the engine version in which Door.uasset was saved, or re-save it in the build's: it was saved in a later one.",
    },
    CaseExample {
        message: "Package C:/Game/Content/Door.uasset is too old. Min Version: 214  Package Version: 120",
        hint: "Open and re-save Door.uasset in an engine that can still read it, or remove it: it was saved in a very old one.",
    },
    CaseExample {
        message: "Content is missing from cook.\n      Source package: /Game/House\n      Target package: /Game/Editor/Door",
        hint: "Remove the reference from /Game/House to /Game/Editor/Door, which is not cooked: editor-only, NeverCook, or of a plugin without this platform.",
    },
    CaseExample {
        message: "Content is missing from cook: /Game/Maps/House",
        hint: "Remove the reference to what is not cooked (editor-only, NeverCook), or enable its plugin for this platform.",
    },
    CaseExample {
        message: "GameDefaultMap contains a redirected reference '/Game/Maps/House'. The intended asset will fail to load",
        hint: "Select /Game/Maps/House again for GameDefaultMap in Project Settings > Maps & Modes (Config/DefaultEngine.ini).",
    },
    CaseExample {
        message: "Unable to find package for cooking /Game/Maps/House",
        hint: "Take /Game/Maps/House out of the maps and directories to cook, or add it to the repository.",
    },
    CaseExample {
        message: "VerifyImport: Failed to find script package for import object 'Package /Script/Hinges'",
        hint: "Enable the plugin that has the module Hinges for this platform, or remove from the content what uses it.",
    },
    CaseExample {
        message: "Invalid Network Interface IP for Port. Please update your Ports in Project Settings -> Plugins -> Doors",
        hint: "Correct this in Project Settings -> Plugins -> Doors: any Error-level line fails a cook, even if the content is fine.",
    },
    CaseExample {
        message: "Failed to load '/Game/Png/Door': Can't find file.",
        hint: "Add /Game/Png/Door to the repository, or remove what refers to it.",
    },
    CaseExample {
        message: "Can't save Door.uasset: Graph is linked to external object StaticMesh /Game/House.House:Mesh",
        hint: "Remove the reference to StaticMesh /Game/House.House:Mesh, which is private to another package, and save again.",
    },
    CaseExample {
        message: "Couldn't save package, filename is too long (280 >= 260): D:/Game/Door.uasset",
        hint: "Shorten the path of the asset, or build in a folder with a shorter one: Windows does not take it.",
    },
    CaseExample {
        message: "EnumProperty FDoor::Hinge is not initialized properly even though its struct probably has a custom default constructor.",
        hint: "Give FDoor::Hinge a default value in the header that declares it.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "LogCook: Error: Failed to cook /Game/Maps/Belt",
    "PackagingResults: Error: Unknown Cook Failure",
];

pub(super) const SIGNS: &[SignExample] = &[
    SignExample {
        message: "[Compiler] Could not find a function named \"Open\" in 'BP_Door_C'.",
        meaning: Meaning::InBlueprint(Nearness::Missing),
    },
    SignExample {
        message: "[Compiler] Could not find a variable named \"Hinge\" in 'BP_Door_C'.",
        meaning: Meaning::InBlueprint(Nearness::Missing),
    },
    SignExample {
        message: "[Compiler] Failed to find a class member for Hinge",
        meaning: Meaning::InBlueprint(Nearness::Missing),
    },
    SignExample {
        message: "Property 'StructProperty Hinge'. Unknown structure.",
        meaning: Meaning::InBlueprint(Nearness::Unreadable),
    },
    SignExample {
        message: "[Compiler Door] In use pin  Hinge  no longer exists on node  Open . Please refresh node.",
        meaning: Meaning::InBlueprint(Nearness::Pins),
    },
    SignExample {
        message: "[Compiler Door] The pin Hinge must have a connection",
        meaning: Meaning::InBlueprint(Nearness::Pins),
    },
    SignExample {
        message: "[Compiler Door] The pin is invalid",
        meaning: Meaning::InBlueprint(Nearness::Pins),
    },
    SignExample {
        message: "[Compiler Door] Connect Hinge : failed building connection",
        meaning: Meaning::InBlueprint(Nearness::Pins),
    },
    SignExample {
        message: "[Compiler Door] This Blueprint is wrong.",
        meaning: Meaning::InBlueprint(Nearness::Other),
    },
];

pub(super) const OVERRIDES: &[OverrideExample] = &[
    OverrideExample {
        line: "LogDerivedDataCache: Warning: Access to C:/DDC appears to be slow.",
        actual: None,
    },
    OverrideExample {
        line: "LogHttp: Warning: 0000: HTTP request timed out after 30.00 seconds URL=https://host/generate_204",
        actual: None,
    },
];

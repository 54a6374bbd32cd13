//! What is wrong with assets: Blueprints, materials, packages, references.

use super::row::{By, ROW, Row};
use crate::finding::Owner;

const CONTENT: Row = Row { owner: Owner::Content, ..ROW };

pub(super) const TABLE: &[Row] = &[
    Row {
        pattern: r#"Could not find a function named "(?<function>[^"]+)" in '(?<class>[^']+)'"#,
        hint: "Refresh or replace the node {function} ({class}): the function was removed, or its plugin or module is not in this build.",
        example: r#"[Compiler] Could not find a function named "Open" in 'BP_Door_C'."#,
        expected: "Refresh or replace the node Open (BP_Door_C): the function was removed, or its plugin or module is not in this build.",
        ..CONTENT
    },
    Row {
        pattern: r#"Could not find a variable named "(?<variable>[^"]+)" in '(?<class>[^']+)'"#,
        hint: "Restore the variable {variable} of {class}, or replace the nodes that use it.",
        example: r#"[Compiler] Could not find a variable named "IsOpen" in 'BP_Door_C'."#,
        expected: "Restore the variable IsOpen of BP_Door_C, or replace the nodes that use it.",
        ..CONTENT
    },
    Row {
        pattern: r"property associated with\s+(?<variable>\S[^\n]*?)\s+could not be found in '(?<class>[^']+)'",
        hint: "Restore the variable {variable} of {class}, or replace the nodes that use it.",
        example: "[Compiler] The property associated with  Is Open  could not be found in '/Game/BP_Door.BP_Door_C'",
        expected: "Restore the variable Is Open of /Game/BP_Door.BP_Door_C, or replace the nodes that use it.",
        ..CONTENT
    },
    Row {
        pattern: r"Property '(?:\w+ )?(?<property>[^']+)'\. Unknown structure",
        hint: "Restore the structure of {property}, or enable the plugin that has it, then re-save the asset.",
        example: "FStructProperty::Serialize Loading: Property 'StructProperty /Game/BP_Door.BP_Door_C:Open:Hinge'. Unknown structure.",
        expected: "Restore the structure of /Game/BP_Door.BP_Door_C:Open:Hinge, or enable the plugin that has it, then re-save the asset.",
        ..CONTENT
    },
    Row {
        pattern: r"no longer exists on node\s+(?<node>\S[^\n]*?)\s*\. Please refresh",
        hint: "Refresh the node {node} in the Blueprint editor and connect its pins again.",
        example: "[Compiler] In use pin  Hinge  no longer exists on node  Open . Please refresh node or break links to remove pin.",
        expected: "Refresh the node Open in the Blueprint editor and connect its pins again.",
        ..CONTENT
    },
    Row {
        pattern: r"\[Compiler (?<asset>\w+)\][^\n]*must have a connection",
        hint: "Open the Blueprint {asset} and connect the pin of the node that has none.",
        example: "[Compiler BP_Door] This blueprint (self) is not a Door, therefore ' Target ' must have a connection.",
        expected: "Open the Blueprint BP_Door and connect the pin of the node that has none.",
        ..CONTENT
    },
    Row {
        pattern: r"Compile of (?<asset>\S+) failed",
        hint: "Open the Blueprint {asset}, compile it and mend the nodes that it marks: it ships broken even if the cook goes on.",
        example: "[0490.78] Compile of BP_Door failed. 1 Fatal Issue(s)",
        expected: "Open the Blueprint BP_Door, compile it and mend the nodes that it marks: it ships broken even if the cook goes on.",
        ..CONTENT
    },
    Row {
        pattern: r"\[Compiler (?<asset>\w+)\]",
        hint: "Open the Blueprint {asset}, compile it and mend the nodes that it marks.",
        example: "[Compiler BP_Door] Hinge is not blueprint visible.",
        expected: "Open the Blueprint BP_Door, compile it and mend the nodes that it marks.",
        ..CONTENT
    },
    Row {
        by: &[By::Code("LogBlueprint")],
        pattern: r"\[Compiler\]",
        hint: "Open the Blueprint, compile it and mend the nodes that it marks.",
        example: "[Compiler] Hinge is not blueprint visible.",
        expected: "Open the Blueprint, compile it and mend the nodes that it marks.",
        ..CONTENT
    },
    // The engine's own content cannot be newer than the engine.
    Row {
        pattern: r"Package [^\n]*[/\\]Engine[/\\](?:[^\n]*[/\\])?(?:Content|Plugins)[/\\][^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) (?:is too new|has newer custom version)",
        owner: Owner::Toolchain,
        hint: "Repair the engine on the build machine: its own asset {asset} is of a later version than its programs.",
        example: "Package D:/UE/Engine/Content/Doors/Hinge.uasset has newer custom version of Doors",
        expected: "Repair the engine on the build machine: its own asset Hinge.uasset is of a later version than its programs.",
        ..CONTENT
    },
    Row {
        pattern: r"Package [^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) (?:is too new|has newer custom version)",
        owner: Owner::Config,
        hint: "Build with the engine version in which {asset} was saved, or re-save it in the build's: it was saved in a later one.",
        example: "Package C:/Game/Content/Door.uasset is too new. Engine Version: 1008  Package Version: 1009",
        expected: "Build with the engine version in which Door.uasset was saved, or re-save it in the build's: it was saved in a later one.",
        ..CONTENT
    },
    Row {
        pattern: r"Package [^\n]*?(?<asset>[^/\\\n]+\.(?:uasset|umap)) is too old",
        hint: "Open and re-save {asset} in an engine that can still read it, or remove it: it was saved in a very old one.",
        example: "Package C:/Game/Content/Door.uasset is too old. Min Version: 214  Package Version: 120",
        expected: "Open and re-save Door.uasset in an engine that can still read it, or remove it: it was saved in a very old one.",
        ..CONTENT
    },
    Row {
        pattern: r"(?s)Source package: (?<source>\S+).*Target package: (?<target>\S+)",
        hint: "Remove the reference from {source} to {target}, which is not cooked: editor-only, NeverCook, or of a plugin without this platform.",
        example: "Content is missing from cook.\n      Source package: /Game/House\n      Target package: /Game/Editor/Door",
        expected: "Remove the reference from /Game/House to /Game/Editor/Door, which is not cooked: editor-only, NeverCook, or of a plugin without this platform.",
        ..CONTENT
    },
    Row {
        pattern: r"Content is missing from cook|(?i:NeverCook|editor[- ]only (?:asset|content|package|object))",
        hint: "Remove the reference to what is not cooked (editor-only, NeverCook), or enable its plugin for this platform.",
        example: "Content is missing from cook: /Game/Maps/House",
        expected: "Remove the reference to what is not cooked (editor-only, NeverCook), or enable its plugin for this platform.",
        ..CONTENT
    },
    Row {
        pattern: r"Failed to compile Material (?<material>/\S+)(?: \(MI:[^)\n]*\))? for platform (?<platform>\w+)",
        hint: "Open the material {material}, mend it for {platform} and save it: until then it is drawn as the default material.",
        example: "Failed to compile Material /Game/M_Door (MI:/Game/MI_Door) for platform PCD3D_SM6",
        expected: "Open the material /Game/M_Door, mend it for PCD3D_SM6 and save it: until then it is drawn as the default material.",
        ..CONTENT
    },
    Row {
        pattern: r"Failed to compile Material[^\n]* for platform (?<platform>\w+)",
        hint: "Open the material, mend it for {platform} and save it: until then it is drawn as the default material.",
        example: "Failed to compile Material for platform PCD3D_SM6",
        expected: "Open the material, mend it for PCD3D_SM6 and save it: until then it is drawn as the default material.",
        ..CONTENT
    },
    Row {
        pattern: r"Failed to compile (?i:global shader) (?<shader>\w+)",
        owner: Owner::Code,
        hint: "Correct the shader {shader} where its compiler says, or repair the engine's Shaders folder if it is not the project's.",
        example: "Failed to compile global shader FDoorPS",
        expected: "Correct the shader FDoorPS where its compiler says, or repair the engine's Shaders folder if it is not the project's.",
        ..CONTENT
    },
    Row {
        by: &[By::EngineLog, By::Code("LoadErrors")],
        pattern: r"(?:Failed to (?:load|find)|Unable to load|Can't find file for (?:asset|package)|VerifyImport)[^\n/]*'?(?<asset>/(?:Game|Engine|[A-Z]\w*)/[^\s':]+)",
        hint: "Add {asset} to the repository, or remove what refers to it.",
        example: "Failed to load '/Game/Png/Door': Can't find file.",
        expected: "Add /Game/Png/Door to the repository, or remove what refers to it.",
        ..CONTENT
    },
    Row {
        by: &[By::EngineLog],
        pattern: r"(?i)graph is linked to (?:private|external) object\S* (?<object>\S[^\n]*)",
        hint: "Remove the reference to {object}, which is private to another package, and save again.",
        example: "Can't save Door.uasset: Graph is linked to external object StaticMesh /Game/House.House:Mesh",
        expected: "Remove the reference to StaticMesh /Game/House.House:Mesh, which is private to another package, and save again.",
        ..CONTENT
    },
    Row {
        by: &[By::EngineLog],
        pattern: r"(?i)(?:path|filename|file name) is too long",
        hint: "Shorten the path of the asset, or build in a folder with a shorter one: Windows does not take it.",
        example: "Couldn't save package, filename is too long (280 >= 260): D:/Game/Door.uasset",
        expected: "Shorten the path of the asset, or build in a folder with a shorter one: Windows does not take it.",
        ..CONTENT
    },
];

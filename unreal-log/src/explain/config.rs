//! How the project is set up: module rules, targets, plugins, ini files, signing.

use super::row::{By, ROW, Row};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const CONFIG: Row = Row { owner: Owner::Config, ..ROW };
const RULES: Row = Row { rank: Some(Rank::Rules), ..CONFIG };

const STAGED_DIRECTORIES: &str = "Correct Additional Non-Asset Directories to Package or Copy in Config/DefaultGame.ini: \
    one of them is no directory.";

pub(super) const TABLE: &[Row] = &[
    Row {
        pattern: r"(?s)(?:Could not find definition for|Could not find a|Unable to instantiate) module (?:named )?'(?<module>[^']+)'.*\b(?<rules>\w+\.Build\.cs)",
        hint: "Correct the dependency on {module} in {rules}, or add the plugin that has this module.",
        example: "Could not find definition for module 'Hinges', (referenced via Target -> House.Build.cs -> Door.Build.cs)",
        expected: "Correct the dependency on Hinges in Door.Build.cs, or add the plugin that has this module.",
        ..RULES
    },
    Row {
        pattern: r"(?:Could not find definition for|Could not find a|Unable to instantiate) module (?:named )?'(?<module>[^']+)'",
        hint: "Correct the dependency on module {module} in the Build.cs or Target.cs that has it, or add the plugin that has this module.",
        example: "Unable to instantiate module 'Hinges': no such constructor",
        expected: "Correct the dependency on module Hinges in the Build.cs or Target.cs that has it, or add the plugin that has this module.",
        ..RULES
    },
    Row {
        pattern: r"declared in a module rules named '(?<module>[^']+)'",
        hint: "Declare the class {module} in {module}.Build.cs, derived from ModuleRules: file and class must have the module's name.",
        example: "Expecting to find a type to be declared in a module rules named 'Hinges' in Rules.dll",
        expected: "Declare the class Hinges in Hinges.Build.cs, derived from ModuleRules: file and class must have the module's name.",
        ..RULES
    },
    Row {
        pattern: r"Missing precompiled manifest for '(?<module>[^']+)'",
        hint: "Take {module} out of the target's dependencies or build the engine from source: the installed engine has no binary of it for this target.",
        example: "Missing precompiled manifest for 'Hinges', 'Intermediate/Hinges.precompiled'.",
        expected: "Take Hinges out of the target's dependencies or build the engine from source: the installed engine has no binary of it for this target.",
        ..RULES
    },
    Row {
        pattern: r"Non-editor build cannot depend on",
        hint: "Guard the dependencies on editor modules with Target.bBuildEditor in Build.cs: a game cannot ship them.",
        example: "Non-editor build cannot depend on non-redistributable modules.",
        expected: "Guard the dependencies on editor modules with Target.bBuildEditor in Build.cs: a game cannot ship them.",
        ..RULES
    },
    Row {
        pattern: r"Couldn't find (?:target|module) rules file for (?:target |module )?'(?<name>[^']+)'",
        hint: "Check the name {name} in the build settings, or add its rules: no Target.cs or Build.cs in the project has that name.",
        example: "Couldn't find target rules file for target 'Door' in rules assembly 'HouseModuleRules'.",
        expected: "Check the name Door in the build settings, or add its rules: no Target.cs or Build.cs in the project has that name.",
        ..RULES
    },
    Row {
        pattern: r"(?<target>\w+) modifies the values? of propert",
        hint: "Set BuildEnvironment to Unique in {target}.Target.cs, or take the properties back that differ from the installed engine's.",
        example: "DoorEditor modifies the values of properties: [ bStrict ]. This is not allowed, as DoorEditor has build products in common with UnrealEditor.",
        expected: "Set BuildEnvironment to Unique in DoorEditor.Target.cs, or take the properties back that differ from the installed engine's.",
        ..RULES
    },
    Row {
        pattern: r"Plugin '(?<plugin>[^']+)' failed to load because module '(?<module>[^']+)'",
        hint: "Add module {module} of plugin {plugin} for this target and platform, or disable the plugin in the .uproject.",
        example: "Plugin 'Doors' failed to load because module 'Hinges' could not be found.",
        expected: "Add module Hinges of plugin Doors for this target and platform, or disable the plugin in the .uproject.",
        ..RULES
    },
    Row {
        pattern: r"Plugin '(?<plugin>[^']+)'[^\n]* does not contain the '(?<module>[^']+)' module",
        hint: "Add the plugin {plugin} to the dependencies of whoever uses its module {module}, or correct the name of the module.",
        example: "Plugin 'Doors' (referenced via House.uproject) does not contain the 'Hinges' module",
        expected: "Add the plugin Doors to the dependencies of whoever uses its module Hinges, or correct the name of the module.",
        ..RULES
    },
    Row {
        pattern: r"Unable to (?:find|load) plugin '(?<plugin>[^']+)'",
        hint: "Add the plugin {plugin} to the repository or to the engine of the build, or disable it in the .uproject.",
        example: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
        expected: "Add the plugin Hinges to the repository or to the engine of the build, or disable it in the .uproject.",
        ..RULES
    },
    Row {
        by: &[By::Tool(Tool::Ubt)],
        pattern: r"Referenced directory '(?<directory>[^']+)' does not exist",
        hint: "Fetch {directory} (a submodule?), or take it out of the paths in Build.cs.",
        example: "Referenced directory 'C:/Hinges/include' does not exist.",
        expected: "Fetch C:/Hinges/include (a submodule?), or take it out of the paths in Build.cs.",
        ..RULES
    },
    Row {
        pattern: r"(?<file>[\w.-]+\.(?:uproject|uplugin))\b[^\n]*(?i:invalid json|unable to parse|failed to parse|JsonException)",
        hint: "Correct the JSON in {file}.",
        example: "Door.uproject: Invalid Json Token. Line: 43 Ch: 4",
        expected: "Correct the JSON in Door.uproject.",
        ..RULES
    },
    Row {
        pattern: r"StageAdditionalDirectoriesFromConfig",
        hint: STAGED_DIRECTORIES,
        example: "System.IO.IOException: The directory name is invalid.\n   at Project.StageAdditionalDirectoriesFromConfig(DeploymentContext SC)",
        expected: STAGED_DIRECTORIES,
        ..CONFIG
    },
    Row {
        pattern: r"Missing receipt '?(?:[^'\n]*[/\\])?(?<target>[\w.-]+?)\.target\b",
        hint: "Build the target {target} before it is staged (-build), with this platform and configuration.",
        example: "Stage Failed. Missing receipt 'D:/Game/Binaries/Win64/Door.target'. Check that this target has been built.",
        expected: "Build the target Door before it is staged (-build), with this platform and configuration.",
        ..CONFIG
    },
    Row {
        pattern: r"(?i)(?:missing|unable to find|could not find|couldn't find)[^\n]*?(?<editor>(?:UnrealEditor|UE4Editor)-Cmd)",
        hint: "Build the editor of the engine first, or take an installed engine: {editor} is missing, and it is what cooks.",
        example: "Missing D:/UE/Engine/Binaries/Win64/UnrealEditor-Cmd.exe executable.",
        expected: "Build the editor of the engine first, or take an installed engine: UnrealEditor-Cmd is missing, and it is what cooks.",
        ..CONFIG
    },
    Row {
        pattern: r"(?<key>\w+) contains a redirected reference '(?<asset>[^']+)'",
        hint: "Select {asset} again for {key} in Project Settings > Maps & Modes (Config/DefaultEngine.ini).",
        example: "GameDefaultMap contains a redirected reference '/Game/Maps/House'. The intended asset will fail to load",
        expected: "Select /Game/Maps/House again for GameDefaultMap in Project Settings > Maps & Modes (Config/DefaultEngine.ini).",
        ..CONFIG
    },
    Row {
        pattern: r"Unable to find package for cooking '?(?<package>[^\s']+)",
        hint: "Take {package} out of the maps and directories to cook, or add it to the repository.",
        example: "Unable to find package for cooking /Game/Maps/House",
        expected: "Take /Game/Maps/House out of the maps and directories to cook, or add it to the repository.",
        ..CONFIG
    },
    Row {
        by: &[By::EngineLog, By::Code("LoadErrors")],
        pattern: r"(?i)script package[^\n]*?/Script/(?<module>\w+)|(?:Failed to load|Can't find file for (?:package|asset)|VerifyImport)[^\n]*?/Script/(?<other>\w+)",
        hint: "Enable the plugin that has the module {module}{other} for this platform, or remove from the content what uses it.",
        example: "VerifyImport: Failed to find script package for import object 'Package /Script/Hinges'",
        expected: "Enable the plugin that has the module Hinges for this platform, or remove from the content what uses it.",
        ..CONFIG
    },
    Row {
        by: &[By::EngineLog],
        pattern: r"Project Settings ?-> ?(?<page>[^\n.]*[^\n.\s])",
        hint: "Correct this in Project Settings -> {page}: any Error-level line fails a cook, even if the content is fine.",
        example: "Invalid Network Interface IP for Port. Please update your Ports in Project Settings -> Plugins -> Doors",
        expected: "Correct this in Project Settings -> Plugins -> Doors: any Error-level line fails a cook, even if the content is fine.",
        ..CONFIG
    },
    Row {
        pattern: r"No profiles for '(?<bundle>[^']+)'",
        hint: "Install a provisioning profile for {bundle} on the build machine, or correct the bundle identifier in the iOS settings.",
        example: "No profiles for 'com.example.door' were found",
        expected: "Install a provisioning profile for com.example.door on the build machine, or correct the bundle identifier in the iOS settings.",
        ..CONFIG
    },
    Row {
        pattern: r#"Provisioning profile "(?<profile>[^"]+)""#,
        hint: "Renew the provisioning profile {profile}, with this bundle identifier and certificate, and install it on the build machine.",
        example: r#"Provisioning profile "Door Distribution" doesn't include signing certificate "Apple Distribution"."#,
        expected: "Renew the provisioning profile Door Distribution, with this bundle identifier and certificate, and install it on the build machine.",
        ..CONFIG
    },
    Row {
        pattern: r#"No (?:valid )?(?:signing|code signing|"?iOS) [^\n"]*"(?<certificate>[^"]+)""#,
        hint: "Install the certificate {certificate}, with its private key, in the keychain of the build machine.",
        example: r#"No signing certificate "iOS Distribution" found"#,
        expected: "Install the certificate iOS Distribution, with its private key, in the keychain of the build machine.",
        ..CONFIG
    },
    Row {
        pattern: r#"Signing for "(?<target>[^"]+)" requires"#,
        hint: "Set the development team for {target} in the iOS settings of the project.",
        example: r#"Signing for "Door" requires a development team."#,
        expected: "Set the development team for Door in the iOS settings of the project.",
        ..CONFIG
    },
    Row {
        pattern: r"errSecInternalComponent|User interaction is not allowed",
        owner: Owner::Infrastructure,
        hint: "Unlock the keychain of the build machine for codesign: security unlock-keychain, then set-key-partition-list.",
        example: "/g/Game.app: errSecInternalComponent",
        expected: "Unlock the keychain of the build machine for codesign: security unlock-keychain, then set-key-partition-list.",
        ..CONFIG
    },
    Row {
        pattern: r"Manifest merger failed",
        hint: "Make the entries in AndroidManifest.xml agree that the project, its plugins and their UPL files add.",
        example: "Manifest merger failed : uses-sdk:minSdkVersion 21 cannot be smaller than version 24",
        expected: "Make the entries in AndroidManifest.xml agree that the project, its plugins and their UPL files add.",
        ..CONFIG
    },
    Row {
        by: &[By::Tool(Tool::Aapt), By::Tool(Tool::Gradle)],
        pattern: r"resource (?<resource>\S+) (?:\([^)]*\) )?not found",
        hint: "Add the Android resource {resource} to the project, or take out what refers to it (UPL, manifest).",
        example: "AAPT: error: resource string/door not found.",
        expected: "Add the Android resource string/door to the project, or take out what refers to it (UPL, manifest).",
        ..CONFIG
    },
    Row {
        by: &[By::Tool(Tool::Gradle)],
        pattern: r"Could not find (?<artifact>[\w.-]+:[\w.-]+:[\w.-]*\w)",
        hint: "Correct the version of {artifact} in the UPL or Gradle file that asks for it, or add the repository that has it.",
        example: "Could not find com.example:door:1.2.3.",
        expected: "Correct the version of com.example:door:1.2.3 in the UPL or Gradle file that asks for it, or add the repository that has it.",
        ..CONFIG
    },
    Row {
        pattern: r"(?i)\bobb\b[^\n]*(?:too large|too big|larger than|exceed|limit)|AndroidOBBError",
        hint: "Make the OBB smaller: package fewer maps, put data into chunks, or let the project use Android App Bundles.",
        example: "OBB file is too large: 4294967297 bytes",
        expected: "Make the OBB smaller: package fewer maps, put data into chunks, or let the project use Android App Bundles.",
        ..CONFIG
    },
];

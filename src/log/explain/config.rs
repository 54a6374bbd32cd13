//! How the project is set up: module rules, targets, plugins, ini files, signing.

use super::{ROW, Row};
use crate::event::{FailureClass, Rank};

const CONFIG: Row = Row { class: FailureClass::Config, ..ROW };
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
        codes: &["UBT"],
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
];

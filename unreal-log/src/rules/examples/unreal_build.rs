//! Examples for the rules and cases of `rules/unreal_build.rs`.

use super::{CaseExample, NOTHING, OverrideExample, RuleExample};
use crate::finding::{Rank, Severity};
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const TOOLCHAIN: Match<'static> = Match { tool: Some(Tool::Ubt), rank: Rank::Toolchain, ..NOTHING };

const MODULE_RULES: Match<'static> = Match { tool: Some(Tool::Ubt), rank: Rank::Rules, ..NOTHING };

const COMPILED: Match<'static> =
    Match { rank: Rank::Compile, block: BlockKind::Compiler, ..NOTHING };

const EXIT: Match<'static> =
    Match { tool: Some(Tool::Exit), rank: Rank::FollowUp, block: BlockKind::Line, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Toolchain,
        line: "ERROR: Visual Studio 2022 must be installed in order to build this target.",
        found: Some(Match {
            message: "Visual Studio 2022 must be installed in order to build this target.",
            ..TOOLCHAIN
        }),
    },
    RuleExample {
        rule: RuleId::ToolchainBare,
        line: "Visual Studio 2022 must be installed in order to build this target.",
        found: Some(Match {
            message: "Visual Studio 2022 must be installed in order to build this target.",
            ..TOOLCHAIN
        }),
    },
    RuleExample {
        rule: RuleId::Dotnet,
        line: "You must install or update .NET to run this application.",
        found: Some(Match {
            tool: Some(Tool::DotNet),
            message: "You must install or update .NET to run this application.",
            ..TOOLCHAIN
        }),
    },
    RuleExample {
        rule: RuleId::ModuleRules,
        line: "ERROR: Could not find definition for module 'Hinges' (referenced via Target -> Door.Build.cs)",
        found: Some(Match {
            message: "Could not find definition for module 'Hinges' (referenced via Target -> Door.Build.cs)",
            ..MODULE_RULES
        }),
    },
    RuleExample {
        rule: RuleId::Project,
        line: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
        found: Some(Match {
            message: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
            ..MODULE_RULES
        }),
    },
    RuleExample {
        rule: RuleId::File,
        line: "C:/Game/Source/Door/Door.Build.cs: warning: Referenced directory 'C:/Hinges' does not exist.",
        found: Some(Match {
            severity: Severity::Warning,
            message: "Referenced directory 'C:/Hinges' does not exist.",
            file: Some("C:/Game/Source/Door/Door.Build.cs"),
            ..MODULE_RULES
        }),
    },
    RuleExample {
        rule: RuleId::Uht,
        line: "/Game/Source/Door.h(16)  : Error: Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
        found: Some(Match {
            tool: Some(Tool::Uht),
            message: "Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
            file: Some("/Game/Source/Door.h"),
            line: Some(16),
            rank: Rank::Rules,
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::Iwyu,
        line: "Source/Door.cpp(1): error: Expected Door.h to be first header included.",
        found: Some(Match {
            tool: Some(Tool::Iwyu),
            message: "Expected Door.h to be first header included.",
            file: Some("Source/Door.cpp"),
            line: Some(1),
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::Ubt,
        line: "UBT ERROR: Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
        found: Some(Match {
            tool: Some(Tool::Ubt),
            message: "Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::UhtFailed,
        line: "Error: UnrealHeaderTool failed for target 'GameEditor'",
        found: Some(Match {
            tool: Some(Tool::Ubt),
            message: "UnrealHeaderTool failed for target 'GameEditor'",
            rank: Rank::FollowUp,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::UbtFailed,
        line: "UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
        found: Some(Match {
            tool: Some(Tool::Ubt),
            message: "UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
            block: BlockKind::Line,
            ..NOTHING
        }),
    },
    RuleExample {
        rule: RuleId::UbtResult,
        line: "Result: Failed (OtherCompilationError)",
        found: Some(Match { message: "Result: Failed (OtherCompilationError)", ..EXIT }),
    },
    RuleExample {
        rule: RuleId::ChildExit,
        line: "Took 33.52s to run dotnet.exe, ExitCode=6",
        found: Some(Match { message: "Took 33.52s to run dotnet.exe, ExitCode=6", ..EXIT }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Could not find NetFxSDK install dir; this will prevent SwarmInterface from installing.",
        hint: "Install a .NET Framework SDK, 4.6 or newer, on the build machine: NetFxSDK is missing.",
    },
    CaseExample {
        message: "Visual Studio 2022 is installed, but is missing the C++ toolchain.",
        hint: "Install the C++ build tools of Visual Studio 2022 on the build machine: they are missing.",
    },
    CaseExample {
        message: "Visual Studio 2019 must be installed in order to build this target.",
        hint: "Install Visual Studio 2019 on the build machine, or build with an engine that uses what is there.",
    },
    CaseExample {
        message: "Unable to find valid 14.38.33130 C++ toolchain for VisualStudio2022 x64",
        hint: "Install the MSVC toolset 14.38.33130 on the build machine, which this engine needs.",
    },
    CaseExample {
        message: "Unable to find installation of MSVC",
        hint: "Install the C++ compiler that this engine needs on the build machine: none was found.",
    },
    CaseExample {
        message: "LINUX_MULTIARCH_ROOT is not set",
        hint: "Install the engine's Linux cross-compile toolchain on the build machine and set LINUX_MULTIARCH_ROOT.",
    },
    CaseExample {
        message: "Platform Android is not a valid platform to build. Check that the SDK is installed properly.",
        hint: "Install the SDK of Android that this engine needs on the build machine, and the engine's support for Android.",
    },
    CaseExample {
        message: "You must install or update .NET to run this application.",
        hint: "Install the .NET runtime that the message names on the build machine, or let the engine use the one that it brings.",
    },
    CaseExample {
        message: "Could not find definition for module 'Hinges', (referenced via Target -> House.Build.cs -> Door.Build.cs)",
        hint: "Correct the dependency on Hinges in Door.Build.cs, or add the plugin that has this module.",
    },
    CaseExample {
        message: "Unable to instantiate module 'Hinges': no such constructor",
        hint: "Correct the dependency on module Hinges in the Build.cs or Target.cs that has it, or add the plugin that has this module.",
    },
    CaseExample {
        message: "Expecting to find a type to be declared in a module rules named 'Hinges' in Rules.dll",
        hint: "Declare the class Hinges in Hinges.Build.cs, derived from ModuleRules: file and class must have the module's name.",
    },
    CaseExample {
        message: "Missing precompiled manifest for 'Hinges', 'Intermediate/Hinges.precompiled'.",
        hint: "Take Hinges out of the target's dependencies or build the engine from source: the installed engine has no binary of it for this target.",
    },
    CaseExample {
        message: "Non-editor build cannot depend on non-redistributable modules.",
        hint: "Guard the dependencies on editor modules with Target.bBuildEditor in Build.cs: a game cannot ship them.",
    },
    CaseExample {
        message: "Couldn't find target rules file for target 'Door' in rules assembly 'HouseModuleRules'.",
        hint: "Check the name Door in the build settings, or add its rules: no Target.cs or Build.cs in the project has that name.",
    },
    CaseExample {
        message: "DoorEditor modifies the values of properties: [ bStrict ]. This is not allowed, as DoorEditor has build products in common with UnrealEditor.",
        hint: "Set BuildEnvironment to Unique in DoorEditor.Target.cs, or take the properties back that differ from the installed engine's.",
    },
    CaseExample {
        message: "A conflicting instance of AutomationTool is already running.",
        hint: "Let only one AutomationTool run on the build machine at a time, or end the one that is left over.",
    },
    CaseExample {
        message: "Unable to build while Live Coding is active. Exit the editor and game, or press Ctrl+Alt+F11",
        hint: "Close the editor on the build machine, or switch Live Coding off in it.",
    },
    CaseExample {
        message: "Plugin 'Doors' failed to load because module 'Hinges' could not be found.",
        hint: "Add module Hinges of plugin Doors for this target and platform, or disable the plugin in the .uproject.",
    },
    CaseExample {
        message: "Plugin 'Doors' (referenced via House.uproject) does not contain the 'Hinges' module",
        hint: "Add the plugin Doors to the dependencies of the plugin or project that uses its module Hinges, or correct the name of the module.",
    },
    CaseExample {
        message: "Unable to find plugin 'Hinges' (referenced via Door.uproject). Install it and try again",
        hint: "Add the plugin Hinges to the repository or to the engine of the build, or disable it in the .uproject.",
    },
    CaseExample {
        message: "Door.uproject: Invalid Json Token. Line: 43 Ch: 4",
        hint: "Correct the JSON in Door.uproject.",
    },
    CaseExample {
        message: "Referenced directory 'C:/Hinges/include' does not exist.",
        hint: "Fetch C:/Hinges/include (a submodule?), or take it out of the paths in Build.cs.",
    },
    CaseExample {
        message: "Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
        hint: "Include the header that declares FHinge before the .generated.h, or update its plugin to this engine version.",
    },
    CaseExample {
        message: "Struct 'FDoor' shares engine name 'Door' with struct 'FDoor' in Hinge.h",
        hint: "Rename FDoor: the engine has a type of that name.",
    },
    CaseExample {
        message: "#include found after .generated.h file - the .generated.h file should always be the last #include in a header",
        hint: "Move the include of the .generated.h below all others.",
    },
    CaseExample {
        message: "Expected Door.h to be first header included.",
        hint: "Include Door.h before all other headers in this file.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "ERROR: UBT ERROR: Failed to produce item: C:/Game/Binaries/Win64/Game.exe",
    "ERROR: UnrealBuildTool failed. See log for more details. (C:/Logs/UBT.txt)",
    "ERROR: UnrealHeaderTool failed for target 'GameEditor'",
];

pub(super) const OVERRIDES: &[OverrideExample] = &[OverrideExample {
    line: "C:/Game/Source/A.cpp(1): error: Expected A.h to be first header included.",
    actual: Some(Severity::Warning),
}];

//! UnrealBuildTool and UnrealHeaderTool: module rules, plugins, missing toolchains, reflection.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE, OF_MACHINE, OF_MODULE_RULES, OF_TOOLCHAIN};
use super::id::RuleId;
use super::rule::{COMPILER_BASE, ROW, Rule, SeverityOverride, UsualOwner};
use crate::finding::{Owner, Rank, Severity};
use crate::tool::Tool;

const UBT_BASE: Rule = Rule { tool: Some(Tool::Ubt), ..ROW };

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Toolchain,
        words: &[
            "must be installed",
            "could not find netfxsdk",
            "is not a valid platform to build",
            "unable to find installation of",
            "no available toolchains",
            "sdk validation failed",
            "unable to find compiler",
            "is missing the c++ toolchain",
        ],
        pattern: r"^\s*(?:UBT |UnrealBuildTool ?: )?(?<severity>ERROR|WARNING|error|warning) ?: (?<message>(?:.*\bmust be installed\b|.*\bis missing the C\+\+ toolchain\b|Could not find NetFxSDK|Platform \w+ is not a valid platform to build|Unable to find installation of|No available toolchains|Unable to find compiler).*)$",
        rank: Rank::Toolchain,
        cases: &[
            Case {
                pattern: r"\bNetFxSDK\b",
                hint: "Install a .NET Framework SDK, 4.6 or newer, on the build machine: NetFxSDK is missing.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?<product>Visual Studio [\d.]+)[^\n]* is missing the C\+\+ toolchain",
                hint: "Install the C++ build tools of {product} on the build machine: they are missing.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?<product>[A-Za-z.][^\n:]*?) must be installed\b",
                hint: "Install {product} on the build machine, or build with an engine that uses what is there.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"Unable to find (?:valid )?(?<version>\S[^\n]*?) C\+\+ toolchain",
                hint: "Install the MSVC toolset {version} on the build machine, which this engine needs.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"No available toolchains|Unable to find (?:a )?(?:compiler|installation of)",
                hint: "Install the C++ compiler that this engine needs on the build machine: none was found.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"LINUX_MULTIARCH_ROOT|LINUX_ROOT\b",
                hint: "Install the engine's Linux cross-compile toolchain on the build machine and set LINUX_MULTIARCH_ROOT.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"Platform (?<platform>\w+) is not a valid platform to build",
                hint: "Install the SDK of {platform} that this engine needs on the build machine, and the engine's support for {platform}.",
                ..OF_TOOLCHAIN
            },
        ],
        ..UBT_BASE
    },
    // The same without a word in front, if the text can mean nothing else.
    Rule {
        id: RuleId::ToolchainBare,
        words: &[
            "must be installed",
            "could not find netfxsdk",
            "is not a valid platform to build",
            "no available toolchains",
            "unable to find compiler",
            "is missing the c++ toolchain",
        ],
        pattern: r"^\s*(?<message>(?:(?:The )?(?:Visual Studio|Windows SDK|Windows 10 SDK|Xcode|Android NDK|Android SDK|JDK|\.NET)\b[^:]* must be installed in order\b|Visual Studio [^:]* is missing the C\+\+ toolchain\b|Could not find NetFxSDK|No available toolchains found\b|Unable to find compiler for \w+ in \S|Platform \w+ is not a valid platform to build).*)$",
        rank: Rank::Toolchain,
        ..UBT_BASE
    },
    Rule {
        id: RuleId::Dotnet,
        words: &[
            "to find any compatible framework version",
            "you must install or update .net",
            "hostfxr",
        ],
        pattern: r"^\s*(?<message>It was not possible to find any compatible framework version.*|You must install or update \.NET .*|.*\bhostfxr\S* could not be found.*)$",
        tool: Some(Tool::DotNet),
        rank: Rank::Toolchain,
        owner: UsualOwner::Is(Owner::Toolchain),
        cases: &[Case {
            by: &[By::Tool(Tool::DotNet)],
            pattern: "",
            hint: "Install the .NET runtime that the message names on the build machine, or let the engine use the one that it brings.",
            docs: Some("https://aka.ms/dotnet/app-launch-failed"),
            ..OF_TOOLCHAIN
        }],
        ..UBT_BASE
    },
    Rule {
        id: RuleId::ModuleRules,
        words: &[
            "could not find definition for module",
            "unable to instantiate module",
            "expecting to find a type to be declared in a module rules",
            "missing precompiled manifest for",
            "non-editor build cannot depend on",
            "couldn't find target rules file",
            "could not find a module named",
        ],
        pattern: r"^\s*(?:(?:UBT )?ERROR: |UnrealBuildTool ?: error ?: |Unhandled exception[.:] |\w+Exception: )*(?<message>(?:Could not find definition for module|Unable to instantiate module|Expecting to find a type to be declared in a module rules|Missing precompiled manifest for|Non-editor build cannot depend on|Couldn't find (?:target|module) rules file|Could not find a module named) ?.*)$",
        rank: Rank::Rules,
        cases: &[
            Case {
                pattern: r"(?s)(?:Could not find definition for|Could not find a|Unable to instantiate) module (?:named )?'(?<module>[^']+)'.*\b(?<rules>\w+\.Build\.cs)",
                hint: "Correct the dependency on {module} in {rules}, or add the plugin that has this module.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"(?:Could not find definition for|Could not find a|Unable to instantiate) module (?:named )?'(?<module>[^']+)'",
                hint: "Correct the dependency on module {module} in the Build.cs or Target.cs that has it, or add the plugin that has this module.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"declared in a module rules named '(?<module>[^']+)'",
                hint: "Declare the class {module} in {module}.Build.cs, derived from ModuleRules: file and class must have the module's name.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"Missing precompiled manifest for '(?<module>[^']+)'",
                hint: "Take {module} out of the target's dependencies or build the engine from source: the installed engine has no binary of it for this target.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"Non-editor build cannot depend on",
                hint: "Guard the dependencies on editor modules with Target.bBuildEditor in Build.cs: a game cannot ship them.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"Couldn't find (?:target|module) rules file for (?:target |module )?'(?<name>[^']+)'",
                hint: "Check the name {name} in the build settings, or add its rules: no Target.cs or Build.cs in the project has that name.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"(?<target>\w+) modifies the values? of propert",
                hint: "Set BuildEnvironment to Unique in {target}.Target.cs, or take the properties back that differ from the installed engine's.",
                ..OF_MODULE_RULES
            },
        ],
        ..UBT_BASE
    },
    Rule {
        id: RuleId::Project,
        words: &[
            "unable to find plugin '",
            "unable to load plugin '",
            "' failed to load because module '",
            "unable to build while live coding is active",
            "a conflicting instance of ",
        ],
        pattern: r"^\s*(?:(?:UBT )?ERROR: |UnrealBuildTool ?: error ?: |Unhandled exception[.:] |\w+Exception: )*(?<message>(?:Unable to (?:find|load) plugin '|Plugin '[^']*' failed to load because module '|Unable to build while Live Coding is active|A conflicting instance of |Plugin '[^']*' .*does not contain the '[^']*' module).*)$",
        rank: Rank::Rules,
        cases: &[
            Case {
                pattern: r"A conflicting instance of (?<tool>\w+)",
                hint: "Let only one {tool} run on the build machine at a time, or end the one that is left over.",
                ..OF_MACHINE
            },
            Case {
                pattern: r"Unable to build while Live Coding is active",
                hint: "Close the editor on the build machine, or switch Live Coding off in it.",
                ..OF_MACHINE
            },
            Case {
                pattern: r"Plugin '(?<plugin>[^']+)' failed to load because module '(?<module>[^']+)'",
                hint: "Add module {module} of plugin {plugin} for this target and platform, or disable the plugin in the .uproject.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"Plugin '(?<plugin>[^']+)'[^\n]* does not contain the '(?<module>[^']+)' module",
                hint: "Add the plugin {plugin} to the dependencies of the plugin or project that uses its module {module}, or correct the name of the module.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"Unable to (?:find|load) plugin '(?<plugin>[^']+)'",
                hint: "Add the plugin {plugin} to the repository or to the engine of the build, or disable it in the .uproject.",
                ..OF_MODULE_RULES
            },
            Case {
                pattern: r"(?<file>[\w.-]+\.(?:uproject|uplugin))\b[^\n]*(?i:invalid json|unable to parse|failed to parse|JsonException)",
                hint: "Correct the JSON in {file}.",
                ..OF_MODULE_RULES
            },
        ],
        ..UBT_BASE
    },
    // UnrealBuildTool on the rules of a module.
    Rule {
        id: RuleId::File,
        words: &[": warning: ", ": error: "],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.(?:Build\.cs|Target\.cs|uplugin|uproject|ini)): (?<severity>warning|error): (?<message>.*)$"#,
        rank: Rank::Rules,
        cases: &[Case {
            by: &[By::Tool(Tool::Ubt)],
            pattern: r"Referenced directory '(?<directory>[^']+)' does not exist",
            hint: "Fetch {directory} (a submodule?), or take it out of the paths in Build.cs.",
            ..OF_MODULE_RULES
        }],
        ..UBT_BASE
    },
    // UnrealHeaderTool has no codes. Its versions and MSBuild write this differently.
    Rule {
        id: RuleId::Uht,
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.(?i:h|hpp))\s*\((?<line>\d+)(?:,\s?(?<column>\d+))?\)\s*:\s+(?<severity>(?i:error|warning))\s?:\s*(?<message>.*)$"#,
        tool: Some(Tool::Uht),
        rank: Rank::Rules,
        owner: UsualOwner::Is(Owner::Code),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Uht)],
                pattern: r"(?:Unrecognized type|Unable to find '[^\n]*' with name) '(?<type>[^'\n]+)'",
                hint: "Include the header that declares {type} before the .generated.h, or update its plugin to this engine version.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Uht)],
                pattern: r"(?:Struct|Class|Enum) '?(?<name>\w+)'? shares engine name",
                hint: "Rename {name}: the engine has a type of that name.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Uht)],
                pattern: r"#include found after \.generated\.h",
                hint: "Move the include of the .generated.h below all others.",
                ..OF_CODE
            },
        ],
        ..COMPILER_BASE
    },
    Rule {
        id: RuleId::Iwyu,
        words: &["to be first header included"],
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\s*\((?<line>\d+)\)\s*:\s+(?<severity>(?i:error|warning))\s?:\s*(?<message>Expected .* to be first header included.*)$"#,
        tool: Some(Tool::Iwyu),
        severity_overrides: &[
            // UnrealBuildTool's check of the order of includes does not fail the build.
            SeverityOverride {
                pattern: r"error: Expected .* to be first header included",
                actual: Some(Severity::Warning),
            },
        ],
        owner: UsualOwner::Is(Owner::Code),
        cases: &[Case {
            by: &[By::Tool(Tool::Iwyu)],
            pattern: r"Expected (?<header>\S+) to be first",
            hint: "Include {header} before all other headers in this file.",
            ..OF_CODE
        }],
        ..COMPILER_BASE
    },
    Rule {
        id: RuleId::Ubt,
        words: &["ubt error: ", "ubt warning: "],
        pattern: r"^\s*(?:ERROR: )?UBT (?<severity>ERROR|WARNING): (?<message>.*)$",
        follow_ups: &[r"UBT ERROR: Failed to produce item: "],
        ..UBT_BASE
    },
    Rule {
        id: RuleId::UhtFailed,
        words: &["error: unrealheadertool failed"],
        pattern: r"^\s*(?:ERROR|Error): (?<message>UnrealHeaderTool failed .*)$",
        rank: Rank::FollowUp,
        // Other rules read the message if UnrealBuildTool quotes it.
        follow_ups: &[r"UnrealHeaderTool failed for target"],
        ..UBT_BASE
    },
    Rule {
        id: RuleId::UbtFailed,
        words: &["unrealbuildtool failed. see log"],
        pattern: r"^\s*(?<message>UnrealBuildTool failed\. See log.*)$",
        block: BlockKind::Line,
        follow_ups: &[r"UnrealBuildTool failed\. See log"],
        ..UBT_BASE
    },
    Rule {
        id: RuleId::UbtResult,
        words: &["result: failed ("],
        pattern: r"^\s*(?<message>Result: Failed \(\w+\))",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        ..ROW
    },
    Rule {
        id: RuleId::ChildExit,
        words: &["exitcode="],
        pattern: r"^\s*(?<message>Took [\d.,]+s to run (?:UnrealBuildTool|dotnet|UE4Editor|UnrealEditor)\S*?,? ExitCode=[1-9]\d*)$",
        tool: Some(Tool::Exit),
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        ..ROW
    },
];

//! Xcode and the tools that sign.

use super::case::{Case, OF_CONFIG, OF_TOOLCHAIN};
use super::id::RuleId;
use super::rule::{ROW, Rule, SeverityOverride, UsualOwner};
use crate::finding::{Owner, Rank};
use crate::phases::Speaker;
use crate::tool::Tool;

const APPLE_BASE: Rule = Rule { rank: Rank::Package, tool: Some(Tool::Xcode), ..ROW };

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Xcode,
        words: &[": error: ", "xcodebuild: error: "],
        pattern: r"^\s*(?:\S.*\.xcodeproj|xcodebuild|\S+-Info\.plist|exportArchive): error: (?<message>.*)$",
        follow_ups: &[r"Code signing is required for product type"],
        cases: &[Case {
            pattern: r"xcrun: error|xcode-select: error|SDK \S+ cannot be located|(?i:requires Xcode \d)",
            hint: "Install the Xcode that this engine needs on the build machine and choose it with xcode-select.",
            ..OF_TOOLCHAIN
        }],
        ..APPLE_BASE
    },
    Rule {
        id: RuleId::XcodeExport,
        words: &["error: exportarchive"],
        pattern: r"^\s*error: exportArchive:? (?<message>.*)$",
        ..APPLE_BASE
    },
    Rule {
        id: RuleId::Signing,
        words: &[
            "code signing error: ",
            "errsecinternalcomponent",
            "no signing certificate",
            "provisioning profile",
            "signing for ",
            "xcode license agreements",
        ],
        pattern: r#"^\s*(?:error: )?(?:Code Signing Error: )?(?<message>.*errSecInternalComponent.*|(?:No signing certificate .*|No profiles for .* were found.*|Signing for .* requires .*|Provisioning profile ".*" (?:doesn't|does not|has expired|is not|isn't|is invalid|expired)\b.*|You have not agreed to the Xcode license agreements.*)|Code Signing Error: .*)$"#,
        tool: Some(Tool::Codesign),
        owner: UsualOwner::Is(Owner::Config),
        cases: &[
            Case {
                pattern: r"No profiles for '(?<bundle>[^']+)'",
                hint: "Install a provisioning profile for {bundle} on the build machine, or correct the bundle identifier in the iOS settings.",
                ..OF_CONFIG
            },
            Case {
                pattern: r#"Provisioning profile "(?<profile>[^"]+)""#,
                hint: "Renew the provisioning profile {profile}, with this bundle identifier and certificate, and install it on the build machine.",
                ..OF_CONFIG
            },
            Case {
                pattern: r#"No (?:valid )?(?:signing|code signing|"?iOS) [^\n"]*"(?<certificate>[^"]+)""#,
                hint: "Install the certificate {certificate}, with its private key, in the keychain of the build machine.",
                ..OF_CONFIG
            },
            Case {
                pattern: r#"Signing for "(?<target>[^"]+)" requires"#,
                hint: "Set the development team for {target} in the iOS settings of the project.",
                ..OF_CONFIG
            },
            Case {
                pattern: r"errSecInternalComponent|User interaction is not allowed",
                owner: Owner::Infrastructure,
                hint: "Unlock the keychain of the build machine for codesign: security unlock-keychain, then set-key-partition-list.",
                ..OF_CONFIG
            },
        ],
        ..APPLE_BASE
    },
    // Xcode's own messages have nothing in front.
    Rule {
        id: RuleId::XcodeBare,
        reported_by: &[Speaker::Build],
        words: &["error: "],
        pattern: r"^error: (?<message>\S.*)$",
        tool: None,
        severity_overrides: &[
            // The build does not need a phone.
            SeverityOverride {
                pattern: r"^error: (?:device (?:unauthorized|offline|'[^']*' not found)|no devices/emulators found)",
                actual: None,
            },
        ],
        ..APPLE_BASE
    },
    Rule {
        id: RuleId::Xcpretty,
        words: &["❌"],
        pattern: r"^\s*❌\s+(?<message>\S.*)$",
        ..APPLE_BASE
    },
    Rule {
        id: RuleId::XcodeFailed,
        words: &[
            "** build failed **",
            "** archive failed **",
            "** export failed **",
            "command phasescriptexecution failed",
            "command codesign failed",
        ],
        pattern: r"^\s*(?<message>\*\* (?:BUILD|ARCHIVE|EXPORT) FAILED \*\*|Command (?:PhaseScriptExecution|CodeSign) failed.*)",
        rank: Rank::FollowUp,
        follow_ups: &[
            r"^\s*\*\* (?:BUILD|ARCHIVE|EXPORT) FAILED \*\*",
            r"^\s*Command (?:PhaseScriptExecution|CodeSign) failed",
        ],
        ..APPLE_BASE
    },
];

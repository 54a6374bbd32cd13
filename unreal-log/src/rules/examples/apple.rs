//! Examples for the rules and cases of `rules/apple.rs`.

use super::{CaseExample, NOTHING, OverrideExample, RuleExample};
use crate::finding::Rank;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const FAILED: Match<'static> = Match { tool: Some(Tool::Xcode), rank: Rank::Package, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Xcode,
        line: "/g/Game.xcodeproj: error: No profiles for 'com.example.game' were found",
        found: Some(Match { message: "No profiles for 'com.example.game' were found", ..FAILED }),
    },
    RuleExample {
        rule: RuleId::XcodeExport,
        line: "error: exportArchive: No signing certificate \"iOS Distribution\" found",
        found: Some(Match {
            message: "No signing certificate \"iOS Distribution\" found",
            ..FAILED
        }),
    },
    RuleExample {
        rule: RuleId::Signing,
        line: "/g/Game.app: errSecInternalComponent",
        found: Some(Match {
            tool: Some(Tool::Codesign),
            message: "/g/Game.app: errSecInternalComponent",
            ..FAILED
        }),
    },
    RuleExample {
        rule: RuleId::XcodeBare,
        line: "error: the door is not signed",
        found: Some(Match { tool: None, message: "the door is not signed", ..FAILED }),
    },
    RuleExample {
        rule: RuleId::Xcpretty,
        line: "❌  No profiles for 'com.example.game' were found",
        found: Some(Match { message: "No profiles for 'com.example.game' were found", ..FAILED }),
    },
    RuleExample {
        rule: RuleId::XcodeFailed,
        line: "** ARCHIVE FAILED **",
        found: Some(Match { message: "** ARCHIVE FAILED **", rank: Rank::FollowUp, ..FAILED }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "xcrun: error: SDK \"iphoneos\" cannot be located",
        hint: "Install the Xcode that this engine needs on the build machine and choose it with xcode-select.",
    },
    CaseExample {
        message: "No profiles for 'com.example.door' were found",
        hint: "Install a provisioning profile for com.example.door on the build machine, or correct the bundle identifier in the iOS settings.",
    },
    CaseExample {
        message: r#"Provisioning profile "Door Distribution" doesn't include signing certificate "Apple Distribution"."#,
        hint: "Renew the provisioning profile Door Distribution, with this bundle identifier and certificate, and install it on the build machine.",
    },
    CaseExample {
        message: r#"No signing certificate "iOS Distribution" found"#,
        hint: "Install the certificate iOS Distribution, with its private key, in the keychain of the build machine.",
    },
    CaseExample {
        message: r#"Signing for "Door" requires a development team."#,
        hint: "Set the development team for Door in the iOS settings of the project.",
    },
    CaseExample {
        message: "/g/Game.app: errSecInternalComponent",
        hint: "Unlock the keychain of the build machine for codesign: security unlock-keychain, then set-key-partition-list.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "Game.xcodeproj: error: Code signing is required for product type 'Application'",
    "** ARCHIVE FAILED **",
    "Command CodeSign failed with a nonzero exit code",
];

pub(super) const OVERRIDES: &[OverrideExample] =
    &[OverrideExample { line: "error: device unauthorized.", actual: None }];

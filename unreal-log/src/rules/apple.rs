//! What Xcode and the tools that sign say.

use super::rule::{Match, NOTHING, ROW, Rule};
use crate::finding::Rank;
use crate::phases::Speaker;
use crate::tool::Tool;

const APPLE: Rule = Rule { rank: Rank::Package, tool: Some(Tool::Xcode), ..ROW };

const FAILED: Match<'static> = Match { tool: Some(Tool::Xcode), rank: Rank::Package, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    Rule {
        name: "xcode",
        words: &[": error: ", "xcodebuild: error: "],
        pattern: r"^\s*(?:\S.*\.xcodeproj|xcodebuild|\S+-Info\.plist|exportArchive): error: (?<message>.*)$",
        example: "/g/Game.xcodeproj: error: No profiles for 'com.example.game' were found",
        expected: Some(Match {
            message: "No profiles for 'com.example.game' were found",
            ..FAILED
        }),
        ..APPLE
    },
    Rule {
        name: "xcode-export",
        words: &["error: exportarchive"],
        pattern: r"^\s*error: exportArchive:? (?<message>.*)$",
        example: "error: exportArchive: No signing certificate \"iOS Distribution\" found",
        expected: Some(Match {
            message: "No signing certificate \"iOS Distribution\" found",
            ..FAILED
        }),
        ..APPLE
    },
    Rule {
        name: "signing",
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
        example: "/g/Game.app: errSecInternalComponent",
        expected: Some(Match {
            tool: Some(Tool::Codesign),
            message: "/g/Game.app: errSecInternalComponent",
            ..FAILED
        }),
        ..APPLE
    },
    // Xcode's own words have nothing in front.
    Rule {
        name: "xcode-bare",
        said_by: &[Speaker::Build],
        words: &["error: "],
        pattern: r"^error: (?<message>\S.*)$",
        tool: None,
        example: "error: the door is not signed",
        expected: Some(Match { tool: None, message: "the door is not signed", ..FAILED }),
        ..APPLE
    },
    Rule {
        name: "xcpretty",
        words: &["❌"],
        pattern: r"^\s*❌\s+(?<message>\S.*)$",
        example: "❌  No profiles for 'com.example.game' were found",
        expected: Some(Match {
            message: "No profiles for 'com.example.game' were found",
            ..FAILED
        }),
        ..APPLE
    },
    Rule {
        name: "xcode-failed",
        words: &[
            "** build failed **",
            "** archive failed **",
            "** export failed **",
            "command phasescriptexecution failed",
            "command codesign failed",
        ],
        pattern: r"^\s*(?<message>\*\* (?:BUILD|ARCHIVE|EXPORT) FAILED \*\*|Command (?:PhaseScriptExecution|CodeSign) failed.*)",
        rank: Rank::FollowUp,
        example: "** ARCHIVE FAILED **",
        expected: Some(Match { message: "** ARCHIVE FAILED **", rank: Rank::FollowUp, ..FAILED }),
        ..APPLE
    },
];

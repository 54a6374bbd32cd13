//! What Gradle and the tools of Android say while a package is made.

use super::block_kind::BlockKind;
use super::rule::{Match, NOTHING, ROW, Rule};
use crate::finding::Rank;
use crate::tool::Tool;

const ANDROID: Rule = Rule { rank: Rank::Package, tool: Some(Tool::Gradle), ..ROW };

const FAILED: Match<'static> = Match { tool: Some(Tool::Gradle), rank: Rank::Package, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    // What went wrong stands below it.
    Rule {
        name: "gradle",
        words: &[
            "failure: build failed with an exception",
            "failure: build completed with ",
            ": task failed with an exception.",
        ],
        pattern: r"^\s*(?<message>FAILURE: Build (?:failed with an exception|completed with \d+ failures)\.|\d+: Task failed with an exception\.)",
        block: BlockKind::Gradle,
        example: "FAILURE: Build failed with an exception.",
        expected: Some(Match {
            message: "FAILURE: Build failed with an exception.",
            block: BlockKind::Gradle,
            ..FAILED
        }),
        ..ANDROID
    },
    Rule {
        name: "aapt",
        words: &["aapt: ", "manifest merger failed", "manifest.xml:"],
        pattern: r#"^\s*(?:ERROR:\s?)?(?:(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.xml):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+)?(?::\d+)?:? )?(?<message>(?:AAPT: (?:error|warning): |Error:|Manifest merger failed\b).*)$"#,
        tool: Some(Tool::Aapt),
        example: r"Z:\app\src\main\AndroidManifest.xml:12:5-40: AAPT: error: resource string/door not found.",
        expected: Some(Match {
            tool: Some(Tool::Aapt),
            message: "AAPT: error: resource string/door not found.",
            file: Some(r"Z:\app\src\main\AndroidManifest.xml"),
            line: Some(12),
            column: Some(5),
            ..FAILED
        }),
        ..ANDROID
    },
    Rule {
        name: "task",
        words: &["> task "],
        pattern: r"^\s*(?<message>> Task \S+ FAILED)$",
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        example: "> Task :app:packageDebug FAILED",
        expected: Some(Match {
            message: "> Task :app:packageDebug FAILED",
            rank: Rank::FollowUp,
            block: BlockKind::Line,
            ..FAILED
        }),
        ..ANDROID
    },
    // Only with frames below it, or it is somebody's chatter.
    Rule {
        name: "java",
        words: &["exception", "error"],
        pattern: r#"^(?:\s*Exception in thread "[^"]*" |Caused by: )?(?<message>(?:[a-z]\w*\.)+(?:[A-Z]\w*[.$])?[A-Z]\w*(?:Exception|Error)(?:: .*)?)$"#,
        block: BlockKind::JavaStack,
        example: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
        expected: Some(Match {
            message: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
            block: BlockKind::JavaStack,
            ..FAILED
        }),
        ..ANDROID
    },
    Rule {
        name: "sdk",
        words: &["status=invalid"],
        pattern: r"^\s*(?<message>\w+: \(Status=Invalid,.*)$",
        tool: Some(Tool::Turnkey),
        rank: Rank::Toolchain,
        block: BlockKind::Line,
        example: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
        expected: Some(Match {
            tool: Some(Tool::Turnkey),
            message: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
            rank: Rank::Toolchain,
            block: BlockKind::Line,
            ..NOTHING
        }),
        ..ANDROID
    },
];

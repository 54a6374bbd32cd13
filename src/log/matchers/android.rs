//! What Gradle and the tools of Android say while a package is made.

use super::{Matcher, NOTHING, ROW, Report};
use crate::log::extent::Extent;
use crate::model::Rank;

const ANDROID: Matcher = Matcher { rank: Rank::Package, tool: Some("Gradle"), ..ROW };

const FAILED: Report<'static> = Report { code: Some("Gradle"), rank: Rank::Package, ..NOTHING };

pub(super) const TABLE: &[Matcher] = &[
    // What went wrong stands below it.
    Matcher {
        name: "gradle",
        words: &[
            "failure: build failed with an exception",
            "failure: build completed with ",
            ": task failed with an exception.",
        ],
        pattern: r"^\s*(?<message>FAILURE: Build (?:failed with an exception|completed with \d+ failures)\.|\d+: Task failed with an exception\.)",
        extent: Extent::Gradle,
        example: "FAILURE: Build failed with an exception.",
        expected: Some(Report {
            message: "FAILURE: Build failed with an exception.",
            extent: Extent::Gradle,
            ..FAILED
        }),
        ..ANDROID
    },
    Matcher {
        name: "aapt",
        words: &["aapt: ", "manifest merger failed", "manifest.xml:"],
        pattern: r#"^\s*(?:ERROR:\s?)?(?:(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.xml):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+)?(?::\d+)?:? )?(?<message>(?:AAPT: (?:error|warning): |Error:|Manifest merger failed\b).*)$"#,
        tool: Some("aapt"),
        example: r"Z:\app\src\main\AndroidManifest.xml:12:5-40: AAPT: error: resource string/door not found.",
        expected: Some(Report {
            code: Some("aapt"),
            message: "AAPT: error: resource string/door not found.",
            file: Some(r"Z:\app\src\main\AndroidManifest.xml"),
            line: Some(12),
            column: Some(5),
            ..FAILED
        }),
        ..ANDROID
    },
    Matcher {
        name: "task",
        words: &["> task "],
        pattern: r"^\s*(?<message>> Task \S+ FAILED)$",
        rank: Rank::FollowUp,
        extent: Extent::Line,
        example: "> Task :app:packageDebug FAILED",
        expected: Some(Report {
            message: "> Task :app:packageDebug FAILED",
            rank: Rank::FollowUp,
            extent: Extent::Line,
            ..FAILED
        }),
        ..ANDROID
    },
    // Only with frames below it, or it is somebody's chatter.
    Matcher {
        name: "java",
        words: &["exception", "error"],
        pattern: r#"^(?:\s*Exception in thread "[^"]*" |Caused by: )?(?<message>(?:[a-z]\w*\.)+(?:[A-Z]\w*[.$])?[A-Z]\w*(?:Exception|Error)(?:: .*)?)$"#,
        extent: Extent::JavaStack,
        example: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
        expected: Some(Report {
            message: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
            extent: Extent::JavaStack,
            ..FAILED
        }),
        ..ANDROID
    },
    Matcher {
        name: "sdk",
        words: &["status=invalid"],
        pattern: r"^\s*(?<message>\w+: \(Status=Invalid,.*)$",
        tool: Some("Turnkey"),
        rank: Rank::Toolchain,
        extent: Extent::Line,
        example: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
        expected: Some(Report {
            code: Some("Turnkey"),
            message: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b)",
            rank: Rank::Toolchain,
            extent: Extent::Line,
            ..NOTHING
        }),
        ..ANDROID
    },
];

//! Gradle and the tools that it runs to make an Android package.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_CODE, OF_CONFIG, OF_MACHINE, OF_TOOLCHAIN};
use super::id::RuleId;
use super::rule::{COMPILER_BASE, ROW, Rule, UsualOwner};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const ANDROID_BASE: Rule = Rule { rank: Rank::Package, tool: Some(Tool::Gradle), ..ROW };

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    // The reason stands below it.
    Rule {
        id: RuleId::Gradle,
        words: &[
            "failure: build failed with an exception",
            "failure: build completed with ",
            ": task failed with an exception.",
        ],
        pattern: r"^\s*(?<message>FAILURE: Build (?:failed with an exception|completed with \d+ failures)\.|\d+: Task failed with an exception\.)",
        block: BlockKind::Gradle,
        follow_ups: &[
            // The reason stands below `What went wrong`, or the task's own tool reports it.
            r"^\s*> Compilation failed; see the compiler ",
            r"^\s*Execution failed for task ':\S*:compile\w*(?:Java|Kotlin)\w*'\.",
        ],
        cases: &[
            Case {
                by: &[By::Tool(Tool::Gradle), By::Tool(Tool::Uat), By::Tool(Tool::Turnkey)],
                pattern: r"Could not (?:resolve|GET|HEAD|download) |(?i:connection (?:timed out|reset|refused)|read timed out|UnknownHostException|SocketTimeoutException|ConnectException|SSLHandshakeException)",
                hint: "Try again, or give the build machine access to the server: something could not be downloaded.",
                ..OF_MACHINE
            },
            Case {
                pattern: r"Installation of apk '(?:[^']*[/\\])?(?<apk>[^'/\\]+)' failed",
                hint: "Check the connected device: {apk} was built, and could not be installed on it.",
                ..OF_MACHINE
            },
            Case {
                pattern: r"Could not initialize class org\.codehaus\.groovy|Unsupported class file major version|Could not determine java version",
                hint: "Set JAVA_HOME on the build machine to the JDK that the engine's Gradle runs on: JDK 8 for UE4, JDK 17 for UE5.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"requires (?:at least )?(?:Java|JVM|JDK) (?<version>\d+)",
                hint: "Set JAVA_HOME on the build machine to a JDK {version}.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?i)licen[cs]es? (?:have|has) not been accepted|not agreed to the Xcode license|You have not accepted the licen[cs]e",
                owner: Owner::Config,
                rank: Some(Rank::Infrastructure),
                hint: "Accept the licences on the build machine: sdkmanager --licenses for Android, xcodebuild -license accept for Xcode.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"Failed to find target with hash string '(?<platform>[^']+)'",
                hint: "Install the Android SDK platform {platform} on the build machine.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"(?i)Failed to find Build Tools revision (?<version>[\w.-]+)",
                hint: "Install the Android build tools {version} on the build machine.",
                ..OF_TOOLCHAIN
            },
            Case {
                pattern: r"SDK location not found|NDK (?:is )?not configured|No toolchains found in the NDK|\b(?:ANDROID_HOME|NDKROOT)\b[^\n]* (?:not|invalid)",
                hint: "Install the Android SDK and NDK that this engine needs on the build machine, and set ANDROID_HOME and NDKROOT.",
                ..OF_TOOLCHAIN
            },
            Case {
                by: &[By::Tool(Tool::Gradle)],
                pattern: r"Could not find (?<artifact>[\w.-]+:[\w.-]+:[\w.-]*\w)",
                hint: "Correct the version of {artifact} in the UPL or Gradle file that asks for it, or add the repository that has it.",
                ..OF_CONFIG
            },
        ],
        ..ANDROID_BASE
    },
    Rule {
        id: RuleId::Aapt,
        words: &["aapt: ", "manifest merger failed", "manifest.xml:"],
        pattern: r#"^\s*(?:ERROR:\s?)?(?:(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.xml):(?<line>\d+)(?::(?<column>\d+))?(?:-\d+)?(?::\d+)?:? )?(?<message>(?:AAPT: (?:error|warning): |Error:|Manifest merger failed\b).*)$"#,
        tool: Some(Tool::Aapt),
        owner: UsualOwner::Is(Owner::Config),
        cases: &[
            Case {
                pattern: r"Manifest merger failed",
                hint: "Make the entries in AndroidManifest.xml agree that the project, its plugins and their UPL files add.",
                docs: Some("https://developer.android.com/build/manage-manifests"),
                ..OF_CONFIG
            },
            Case {
                by: &[By::Tool(Tool::Aapt), By::Tool(Tool::Gradle)],
                pattern: r"resource (?<resource>\S+) (?:\([^)]*\) )?not found",
                hint: "Add the Android resource {resource} to the project, or take out what refers to it (UPL, manifest).",
                ..OF_CONFIG
            },
            Case {
                pattern: r"(?i)\bobb\b[^\n]*(?:too large|too big|larger than|exceed|limit)|AndroidOBBError",
                hint: "Make the OBB smaller: package fewer maps, put data into chunks, or let the project use Android App Bundles.",
                ..OF_CONFIG
            },
        ],
        ..ANDROID_BASE
    },
    Rule {
        id: RuleId::Kotlin,
        words: &["e: ", "w: "],
        pattern: r#"^\s*(?<severity>[ew]): (?:file://)?(?<file>[^*?"<>|]*?\.kts?):(?: \()?(?<line>\d+)(?::|, )(?<column>\d+)\)?:? (?<message>.*)$"#,
        rank: Rank::Package,
        owner: UsualOwner::Is(Owner::Code),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Javac), By::Tool(Tool::Kotlin)],
                pattern: r"(?i)\bRECEIVER_(?:NOT_)?EXPORTED\b",
                hint: "Install Android SDK platform 33 or newer on the build machine and set the project's SDK API Level to it: RECEIVER_EXPORTED is new there.",
                ..OF_TOOLCHAIN
            },
            Case {
                by: &[By::Tool(Tool::Javac)],
                pattern: r"package (?<package>\S+) does not exist",
                hint: "Add the library that has the Java package {package} to the build: in the UPL of the plugin that uses it, or its libs folder.",
                ..OF_CODE
            },
            Case {
                by: &[By::Tool(Tool::Javac)],
                pattern: r"cannot find symbol: (?<symbol>[^\n]+)",
                hint: "Use an Android SDK platform or library that has {symbol}, or correct the Java code that the plugin adds.",
                ..OF_CODE
            },
        ],
        ..COMPILER_BASE
    },
    // Without frames below it, it is no exception.
    Rule {
        id: RuleId::Java,
        words: &["exception", "error"],
        pattern: r#"^(?:\s*Exception in thread "[^"]*" |Caused by: )?(?<message>(?:[a-z]\w*\.)+(?:[A-Z]\w*[.$])?[A-Z]\w*(?:Exception|Error)(?:: .*)?)$"#,
        block: BlockKind::JavaStack,
        ..ANDROID_BASE
    },
    Rule {
        id: RuleId::Task,
        words: &["> task "],
        pattern: r"^\s*(?<message>> Task \S+ FAILED)$",
        rank: Rank::FollowUp,
        block: BlockKind::Line,
        follow_ups: &[
            // The reason stands below `What went wrong`, or the task's own tool reports it.
            r"^\s*> Task \S+ FAILED",
        ],
        ..ANDROID_BASE
    },
];

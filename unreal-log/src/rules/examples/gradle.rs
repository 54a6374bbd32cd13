//! Examples for the rules and cases of `rules/gradle.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const FAILED: Match<'static> = Match { tool: Some(Tool::Gradle), rank: Rank::Package, ..NOTHING };

const COMPILED: Match<'static> =
    Match { rank: Rank::Compile, block: BlockKind::Compiler, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Gradle,
        line: "FAILURE: Build failed with an exception.",
        found: Some(Match {
            message: "FAILURE: Build failed with an exception.",
            block: BlockKind::Gradle,
            ..FAILED
        }),
    },
    RuleExample {
        rule: RuleId::Aapt,
        line: r"Z:\app\src\main\AndroidManifest.xml:12:5-40: AAPT: error: resource string/door not found.",
        found: Some(Match {
            tool: Some(Tool::Aapt),
            message: "AAPT: error: resource string/door not found.",
            file: Some(r"Z:\app\src\main\AndroidManifest.xml"),
            line: Some(12),
            column: Some(5),
            ..FAILED
        }),
    },
    RuleExample {
        rule: RuleId::Kotlin,
        line: "e: file:///game/src/Door.kt:12:8 Unresolved reference: hinge",
        found: Some(Match {
            tool: Some(Tool::Kotlin),
            message: "Unresolved reference: hinge",
            file: Some("/game/src/Door.kt"),
            line: Some(12),
            column: Some(8),
            rank: Rank::Package,
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::Java,
        line: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
        found: Some(Match {
            message: "java.lang.NoClassDefFoundError: Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
            block: BlockKind::JavaStack,
            ..FAILED
        }),
    },
    RuleExample {
        rule: RuleId::Task,
        line: "> Task :app:packageDebug FAILED",
        found: Some(Match {
            message: "> Task :app:packageDebug FAILED",
            rank: Rank::FollowUp,
            block: BlockKind::Line,
            ..FAILED
        }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "java.net.ConnectException: Connection timed out: connect",
        hint: "Try again, or give the build machine access to the server: something could not be downloaded.",
    },
    CaseExample {
        message: r"Installation of apk 'D:\Game\Binaries\Android\Door.apk' failed",
        hint: "Check the connected device: Door.apk was built, and could not be installed on it.",
    },
    CaseExample {
        message: "Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
        hint: "Set JAVA_HOME on the build machine to the JDK that the engine's Gradle runs on: JDK 8 for UE4, JDK 17 for UE5.",
    },
    CaseExample {
        message: "Android Gradle plugin requires Java 17 to run. You are currently using Java 11.",
        hint: "Set JAVA_HOME on the build machine to a JDK 17.",
    },
    CaseExample {
        message: "You have not agreed to the Xcode license agreements.",
        hint: "Accept the licences on the build machine: sdkmanager --licenses for Android, xcodebuild -license accept for Xcode.",
    },
    CaseExample {
        message: "Failed to find target with hash string 'android-33' in: D:/Android/Sdk",
        hint: "Install the Android SDK platform android-33 on the build machine.",
    },
    CaseExample {
        message: "Failed to find Build Tools revision 33.0.1",
        hint: "Install the Android build tools 33.0.1 on the build machine.",
    },
    CaseExample {
        message: "SDK location not found. Define location with sdk.dir in the local.properties file",
        hint: "Install the Android SDK and NDK that this engine needs on the build machine, and set ANDROID_HOME and NDKROOT.",
    },
    CaseExample {
        message: "Could not find com.example:door:1.2.3.",
        hint: "Correct the version of com.example:door:1.2.3 in the UPL or Gradle file that asks for it, or add the repository that has it.",
    },
    CaseExample {
        message: "OBB file is too large: 4294967297 bytes",
        hint: "Make the OBB smaller: package fewer maps, put data into chunks, or let the project use Android App Bundles.",
    },
    CaseExample {
        message: "Manifest merger failed : uses-sdk:minSdkVersion 21 cannot be smaller than version 24",
        hint: "Make the entries in AndroidManifest.xml agree that the project, its plugins and their UPL files add.",
    },
    CaseExample {
        message: "AAPT: error: resource string/door not found.",
        hint: "Add the Android resource string/door to the project, or take out what refers to it (UPL, manifest).",
    },
    CaseExample {
        message: "cannot find symbol: variable RECEIVER_EXPORTED",
        hint: "Install Android SDK platform 33 or newer on the build machine and set the project's SDK API Level to it: RECEIVER_EXPORTED is new there.",
    },
    CaseExample {
        message: "package com.example.door does not exist",
        hint: "Add the library that has the Java package com.example.door to the build: in the UPL of the plugin that uses it, or its libs folder.",
    },
    CaseExample {
        message: "cannot find symbol: variable HINGE",
        hint: "Use an Android SDK platform or library that has variable HINGE, or correct the Java code that the plugin adds.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "> Task :app:compileDebugJavaWithJavac FAILED",
    "> Compilation failed; see the compiler error output for details.",
    "Execution failed for task ':app:compileDebugJavaWithJavac'.",
];

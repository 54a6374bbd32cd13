//! Compilers and SDKs that are missing on the build machine, or are of another version than the engine needs.

use super::row::{By, ROW, Row};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

const TOOLCHAIN: Row = Row { owner: Owner::Toolchain, rank: Some(Rank::Toolchain), ..ROW };

pub(super) const TABLE: &[Row] = &[
    Row {
        pattern: r"\bNetFxSDK\b",
        hint: "Install a .NET Framework SDK, 4.6 or newer, on the build machine: NetFxSDK is missing.",
        example: "Could not find NetFxSDK install dir; this will prevent SwarmInterface from installing.",
        expected: "Install a .NET Framework SDK, 4.6 or newer, on the build machine: NetFxSDK is missing.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?<product>Visual Studio [\d.]+)[^\n]* is missing the C\+\+ toolchain",
        hint: "Install the C++ build tools of {product} on the build machine: they are missing.",
        example: "Visual Studio 2022 is installed, but is missing the C++ toolchain.",
        expected: "Install the C++ build tools of Visual Studio 2022 on the build machine: they are missing.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?<product>[A-Za-z.][^\n:]*?) must be installed\b",
        hint: "Install {product} on the build machine, or build with an engine that uses what is there.",
        example: "Visual Studio 2019 must be installed in order to build this target.",
        expected: "Install Visual Studio 2019 on the build machine, or build with an engine that uses what is there.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"Unable to find (?:valid )?(?<version>\S[^\n]*?) C\+\+ toolchain",
        hint: "Install the MSVC toolset {version} on the build machine, which this engine needs.",
        example: "Unable to find valid 14.38.33130 C++ toolchain for VisualStudio2022 x64",
        expected: "Install the MSVC toolset 14.38.33130 on the build machine, which this engine needs.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"No available toolchains|Unable to find (?:a )?(?:compiler|installation of)",
        hint: "Install the C++ compiler that this engine needs on the build machine: none was found.",
        example: "Unable to find installation of MSVC",
        expected: "Install the C++ compiler that this engine needs on the build machine: none was found.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"LINUX_MULTIARCH_ROOT|LINUX_ROOT\b",
        hint: "Install the engine's Linux cross-compile toolchain on the build machine and set LINUX_MULTIARCH_ROOT.",
        example: "LINUX_MULTIARCH_ROOT is not set",
        expected: "Install the engine's Linux cross-compile toolchain on the build machine and set LINUX_MULTIARCH_ROOT.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"Platform (?<platform>\w+) is not a valid platform to build",
        hint: "Install the SDK of {platform} that this engine needs on the build machine, and the engine's support for {platform}.",
        example: "Platform Android is not a valid platform to build. Check that the SDK is installed properly.",
        expected: "Install the SDK of Android that this engine needs on the build machine, and the engine's support for Android.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?<platform>\w+): \(Status=Invalid,[^\n]*?\bAllowed_Sdk=(?<allowed>[^\s,)]+)[^\n]*?\bCurrent_Sdk=(?<current>[^\s,)]+)",
        hint: "Install the {platform} SDK {allowed} on the build machine, which this engine needs: it has {current}.",
        example: "Android: (Status=Invalid, Allowed_Sdk=r25b, Current_Sdk=r21b, Allowed_AutoSdk=r25b, Current_AutoSdk=)",
        expected: "Install the Android SDK r25b on the build machine, which this engine needs: it has r21b.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?<platform>\w+): \(Status=Invalid,[^\n]*?\bAllowed_Sdk=(?<allowed>[^\s,)]+)",
        hint: "Install the {platform} SDK {allowed} on the build machine, which this engine needs: it has none.",
        example: "Linux: (Status=Invalid, Allowed_Sdk=v22_clang-16, Current_Sdk=, Allowed_AutoSdk=v22, Current_AutoSdk=)",
        expected: "Install the Linux SDK v22_clang-16 on the build machine, which this engine needs: it has none.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?i)\bSDKInstallFailed\b|(?:failed|unable) to install (?:the )?(?:\w+ )?SDK\b",
        hint: "Install the platform's SDK on the build machine by hand: Turnkey could not.",
        example: "Failed to install Android SDK",
        expected: "Install the platform's SDK on the build machine by hand: Turnkey could not.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"Could not initialize class org\.codehaus\.groovy|Unsupported class file major version|Could not determine java version",
        hint: "Set JAVA_HOME on the build machine to the JDK that the engine's Gradle runs on: JDK 8 for UE4, JDK 17 for UE5.",
        example: "Could not initialize class org.codehaus.groovy.vmplugin.v7.Java7",
        expected: "Set JAVA_HOME on the build machine to the JDK that the engine's Gradle runs on: JDK 8 for UE4, JDK 17 for UE5.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"requires (?:at least )?(?:Java|JVM|JDK) (?<version>\d+)",
        hint: "Set JAVA_HOME on the build machine to a JDK {version}.",
        example: "Android Gradle plugin requires Java 17 to run. You are currently using Java 11.",
        expected: "Set JAVA_HOME on the build machine to a JDK 17.",
        ..TOOLCHAIN
    },
    Row {
        by: &[By::Tool(Tool::Javac), By::Tool(Tool::Kotlin)],
        pattern: r"(?i)\bRECEIVER_(?:NOT_)?EXPORTED\b",
        hint: "Install Android SDK platform 33 or newer on the build machine and set the project's SDK API Level to it: RECEIVER_EXPORTED is new there.",
        example: "cannot find symbol: variable RECEIVER_EXPORTED",
        expected: "Install Android SDK platform 33 or newer on the build machine and set the project's SDK API Level to it: RECEIVER_EXPORTED is new there.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?i)licen[cs]es? (?:have|has) not been accepted|not agreed to the Xcode license|You have not accepted the licen[cs]e",
        owner: Owner::Config,
        rank: Some(Rank::Infrastructure),
        hint: "Accept the licences on the build machine: sdkmanager --licenses for Android, xcodebuild -license accept for Xcode.",
        example: "You have not agreed to the Xcode license agreements.",
        expected: "Accept the licences on the build machine: sdkmanager --licenses for Android, xcodebuild -license accept for Xcode.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"Failed to find target with hash string '(?<platform>[^']+)'",
        hint: "Install the Android SDK platform {platform} on the build machine.",
        example: "Failed to find target with hash string 'android-33' in: D:/Android/Sdk",
        expected: "Install the Android SDK platform android-33 on the build machine.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"(?i)Failed to find Build Tools revision (?<version>[\w.-]+)",
        hint: "Install the Android build tools {version} on the build machine.",
        example: "Failed to find Build Tools revision 33.0.1",
        expected: "Install the Android build tools 33.0.1 on the build machine.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"SDK location not found|NDK (?:is )?not configured|No toolchains found in the NDK|\b(?:ANDROID_HOME|NDKROOT)\b[^\n]* (?:not|invalid)",
        hint: "Install the Android SDK and NDK that this engine needs on the build machine, and set ANDROID_HOME and NDKROOT.",
        example: "SDK location not found. Define location with sdk.dir in the local.properties file",
        expected: "Install the Android SDK and NDK that this engine needs on the build machine, and set ANDROID_HOME and NDKROOT.",
        ..TOOLCHAIN
    },
    Row {
        by: &[By::Tool(Tool::DotNet)],
        pattern: "",
        hint: "Install the .NET runtime that the message names on the build machine, or let the engine use the one that it brings.",
        example: "You must install or update .NET to run this application.",
        expected: "Install the .NET runtime that the message names on the build machine, or let the engine use the one that it brings.",
        ..TOOLCHAIN
    },
    Row {
        pattern: r"xcrun: error|xcode-select: error|SDK \S+ cannot be located|(?i:requires Xcode \d)",
        hint: "Install the Xcode that this engine needs on the build machine and choose it with xcode-select.",
        example: "xcrun: error: SDK \"iphoneos\" cannot be located",
        expected: "Install the Xcode that this engine needs on the build machine and choose it with xcode-select.",
        ..TOOLCHAIN
    },
    Row {
        by: &[By::Code("C1001"), By::Code("LNK1000")],
        pattern: "",
        hint: "Update the MSVC toolset of the build machine or simplify the code: the compiler itself failed.",
        example: "Internal compiler error.",
        expected: "Update the MSVC toolset of the build machine or simplify the code: the compiler itself failed.",
        ..TOOLCHAIN
    },
    // What the library refers to came with a later standard library than the linker has.
    Row {
        by: &[By::Code("LNK2001"), By::Code("LNK2019")],
        pattern: r"\s(?<symbol>_(?:_std_|Cnd_|Mtx_|Thrd_)\w+)",
        rank: None,
        hint: "Rebuild the third-party library that uses {symbol} with the MSVC toolset of the build machine, or install the newer toolset that it was built with.",
        example: "unresolved external symbol _Cnd_timedwait_for referenced in function f",
        expected: "Rebuild the third-party library that uses _Cnd_timedwait_for with the MSVC toolset of the build machine, or install the newer toolset that it was built with.",
        ..TOOLCHAIN
    },
];

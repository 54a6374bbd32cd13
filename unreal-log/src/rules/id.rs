//! The ids of the rules. Their order here is the order in which the rules are tried on a line.

/// Makes the ids with their names.
macro_rules! rule_ids {
    ($($(#[$docs:meta])+ $id:ident = $name:literal,)+) => {
        /// The rule that found a problem: the shape in which a tool reports it.
        ///
        /// The ids are in the order in which rules are tried on a line. The first rule that fits decides about the
        /// line.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $($(#[$docs])+ $id,)+
        }

        impl RuleId {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$id,)+];

            /// The name in reports: `msvc-link`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)+
                }
            }
        }
    };
}

rule_ids! {
    /// The cook repeats an error at its end.
    Summary = "summary",
    /// A line of the engine's log that is neither an error nor a warning. It is never found.
    ChannelInfo = "channel-info",
    /// An `ensure` of the engine failed.
    Ensure = "ensure",
    /// An assertion of the engine failed.
    Assertion = "assertion",
    /// The engine ended itself: `Fatal error: [File:…]`.
    FatalError = "fatal-error",
    /// An exception or a signal ended a program of the engine.
    Unhandled = "unhandled",
    /// The banner of a crash, with the reason below it.
    Critical = "critical",
    /// A frame or the end of a crash that was reported already. It is never found.
    Frame = "frame",
    /// The editor repeats an error of the cook or of the packaging.
    Results = "results",
    /// A severity in the place of a log category. It is never found.
    Level = "level",
    /// A material or a global shader does not compile.
    Material = "material",
    /// A message of the engine's log that names an asset first.
    Asset = "asset",
    /// A message of the compiler of Blueprints.
    Blueprint = "blueprint",
    /// A message of the engine's log about a place in a shader.
    Shader = "shader",
    /// An exception of Python in the editor.
    Traceback = "traceback",
    /// Any other error or warning of the engine's log: `LogCook: Error: …`.
    Channel = "channel",
    /// A message of a shader's compiler.
    ShaderPlace = "shader-place",
    /// A message of Microsoft's linker: `Door.obj : error LNK2019: …`.
    MsvcLink = "msvc-link",
    /// A message of a linker that begins with the linker's name: `ld.lld: error: …`.
    Lld = "lld",
    /// A reference that GNU ld cannot resolve.
    GnuLd = "gnu-ld",
    /// The headline of Apple's linker above undefined symbols.
    AppleLd = "apple-ld",
    /// An undefined symbol of Apple's linker.
    AppleSymbol = "apple-symbol",
    /// Any other message of Apple's linker.
    AppleLdOther = "apple-ld-other",
    /// A symbol that is defined more than once.
    Duplicate = "duplicate",
    /// A message of UnrealHeaderTool about a place in a header.
    Uht = "uht",
    /// UnrealBuildTool's check of the order of includes.
    Iwyu = "iwyu",
    /// A message about a place in a file, in the form of Microsoft's tools: `Door.cpp(42): error C2065: …`.
    Msvc = "msvc",
    /// A numbered message without a place, in the form of Microsoft's tools: `LINK : fatal error LNK1181: …`.
    MsvcTool = "msvc-tool",
    /// A message about a place in a file, in the form of Clang: `Door.cpp:42:17: error: …`.
    Clang = "clang",
    /// A message of the Kotlin compiler.
    Kotlin = "kotlin",
    /// A message of Clang or GCC without a place: `clang++: error: …`.
    Compiler = "compiler",
    /// A crash of LLVM.
    Llvm = "llvm",
    /// A build that Gradle reports as failed, with the reason below it.
    Gradle = "gradle",
    /// A message of the Android asset packaging tool, or of the merger of Android manifests.
    Aapt = "aapt",
    /// A task of Gradle that failed.
    Task = "task",
    /// An exception of a Java program.
    Java = "java",
    /// Turnkey on a platform whose SDK is missing or wrong.
    Sdk = "sdk",
    /// A message of Xcode about a project or its settings.
    Xcode = "xcode",
    /// Xcode cannot export an archive.
    XcodeExport = "xcode-export",
    /// Signing for Apple's platforms failed.
    Signing = "signing",
    /// A message of Xcode that only begins with `error: `.
    XcodeBare = "xcode-bare",
    /// A message of xcpretty.
    Xcpretty = "xcpretty",
    /// A build, an archive or a command that Xcode reports as failed.
    XcodeFailed = "xcode-failed",
    /// The disk is full.
    Disk = "disk",
    /// Memory ran out.
    Memory = "memory",
    /// The system killed a process.
    Killed = "killed",
    /// UnrealBuildTool on modules that do not exist or do not fit.
    ModuleRules = "module-rules",
    /// UnrealBuildTool on plugins, and on other instances of itself.
    Project = "project",
    /// The .NET runtime that a program needs is missing.
    Dotnet = "dotnet",
    /// A compiler or an SDK is missing.
    Toolchain = "toolchain",
    /// A message of AutomationTool about a place in a file.
    UatFile = "uat-file",
    /// A compiler or an SDK is missing. The line has no severity.
    ToolchainBare = "toolchain-bare",
    /// UnrealBuildTool on a file of rules or settings.
    File = "file",
    /// Staging failed.
    Stage = "stage",
    /// Any other message of UnrealBuildTool.
    Ubt = "ubt",
    /// UnrealHeaderTool failed.
    UhtFailed = "uht-failed",
    /// A message of AutomationTool: `ERROR: …`.
    Uat = "uat",
    /// An exception of AutomationTool.
    Exception = "exception",
    /// UnrealBuildTool failed, with its log elsewhere.
    UbtFailed = "ubt-failed",
    /// A command that AutomationTool ran has failed.
    Command = "command",
    /// AutomationTool ended with an exit code.
    UatExit = "uat-exit",
    /// UnrealBuildTool ended with a result.
    UbtResult = "ubt-result",
    /// A tool that UnrealBuildTool ran ended with an exit code.
    ToolExit = "tool-exit",
    /// A recipe of make failed.
    Make = "make",
    /// A program ended with the exit code of a crash.
    ProcessExit = "process-exit",
    /// A program of the engine ended with an exit code.
    ChildExit = "child-exit",
    /// Git LFS cannot fetch a file.
    Lfs = "lfs",
    /// The Git server refuses.
    GitServer = "git-server",
    /// Perforce refuses, or cannot be reached.
    Perforce = "perforce",
    /// Files that Perforce does not have.
    PerforceFile = "perforce-file",
    /// A message of Git: `fatal: …`.
    Git = "git",
    /// A message of AutomationTool that is known only by the place of its log below it.
    UatUnmarked = "uat-unmarked",
}

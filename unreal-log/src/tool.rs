//! The tools that report findings, and the families of their codes.

/// The tool that reports a finding.
///
/// Some tools number their messages (`C2065`, `CS1501`) or name them (`-Wshadow`, `LogCook`). That code is kept as
/// text. The tool itself is known by this type, so that no program has to compare names that are made for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// The Android asset packaging tool, and the merger of Android manifests.
    Aapt,
    /// Clang, of any platform. Its warnings have names: `-Wshadow`.
    Clang,
    /// Apple's tools that sign.
    Codesign,
    /// A program that crashed, in the engine's own words or in the words of its parent process.
    Crash,
    /// The C# compiler, with codes such as `CS1501`.
    CSharp,
    /// The host of .NET programs.
    DotNet,
    /// The engine's log. The code is the category, which begins with `Log`: `LogCook`.
    Engine,
    /// An `ensure` of the engine, which failed and let the program run on.
    Ensure,
    /// A process that ended with an exit code other than 0.
    Exit,
    /// Git.
    Git,
    /// Git LFS.
    GitLfs,
    /// Gradle, and Java programs that it runs.
    Gradle,
    /// The ISPC compiler.
    Ispc,
    /// UnrealBuildTool's check of the order of includes.
    Iwyu,
    /// The Java compiler.
    Javac,
    /// The Kotlin compiler.
    Kotlin,
    /// Linkers other than Microsoft's: lld, GNU ld, Apple's ld.
    Ld,
    /// MSBuild, with codes such as `MSB3073`.
    MsBuild,
    /// Microsoft's C++ compiler, with codes such as `C2065`.
    Msvc,
    /// Microsoft's linker, with codes such as `LNK2019`.
    MsvcLinker,
    /// The operating system: it has run out of memory or disk space, or has killed a process.
    Os,
    /// Any other tool that numbers its messages, such as `NU1101`.
    OtherNumbered,
    /// A log category or message list of the engine whose name does not begin with `Log`: `LoadErrors`.
    MessageLog,
    /// Perforce.
    Perforce,
    /// A compiler of shaders. Microsoft's has codes such as `X3004`.
    ShaderCompiler,
    /// Turnkey, which installs and checks the SDKs of platforms.
    Turnkey,
    /// AutomationTool.
    Uat,
    /// UnrealBuildTool.
    Ubt,
    /// UnrealHeaderTool.
    Uht,
    /// Xcode.
    Xcode,
}

impl Tool {
    /// The short name of the tool. It stands in the place of a code where the message has none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aapt => "aapt",
            Self::Clang => "clang",
            Self::Codesign => "codesign",
            Self::Crash => "crash",
            Self::CSharp => "C#",
            Self::DotNet => "dotnet",
            Self::Engine | Self::MessageLog => "Unreal",
            Self::Ensure => "ensure",
            Self::Exit => "exit",
            Self::Git => "git",
            Self::GitLfs => "git-lfs",
            Self::Gradle => "Gradle",
            Self::Ispc => "ispc",
            Self::Iwyu => "IWYU",
            Self::Javac => "javac",
            Self::Kotlin => "kotlin",
            Self::Ld => "ld",
            Self::MsBuild => "MSBuild",
            Self::Msvc => "MSVC",
            Self::MsvcLinker => "LINK",
            Self::Os => "OS",
            Self::OtherNumbered => "tool",
            Self::Perforce => "Perforce",
            Self::ShaderCompiler => "shader",
            Self::Turnkey => "Turnkey",
            Self::Uat => "UAT",
            Self::Ubt => "UBT",
            Self::Uht => "UHT",
            Self::Xcode => "Xcode",
        }
    }

    /// The tool whose messages have such a code.
    pub(crate) fn of_code(code: &str) -> Self {
        let families = [
            ("C", Self::Msvc),
            ("LNK", Self::MsvcLinker),
            ("CS", Self::CSharp),
            ("X", Self::ShaderCompiler),
            ("MSB", Self::MsBuild),
        ];
        let numbered = families.into_iter().find(|(family, _)| is_numbered(code, family));
        match numbered {
            Some((_, tool)) => tool,
            None if code.starts_with('-') => Self::Clang,
            None if code.starts_with("Log") => Self::Engine,
            None if code.ends_with(|last: char| last.is_ascii_digit()) && !has_lower_case(code) => {
                Self::OtherNumbered
            }
            None => Self::MessageLog,
        }
    }

    /// The tool that reads such files, for messages without a code.
    pub(crate) fn of_file(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        let is_one = |of: &[&str]| of.iter().any(|known| extension.eq_ignore_ascii_case(known));
        LANGUAGES.iter().find(|(_, extensions)| is_one(extensions)).map(|(tool, _)| *tool)
    }

    /// True if the tool compiles or links code.
    pub(crate) fn compiles_or_links(self) -> bool {
        matches!(
            self,
            Self::Clang
                | Self::CSharp
                | Self::Ispc
                | Self::Javac
                | Self::Kotlin
                | Self::Ld
                | Self::Msvc
                | Self::MsvcLinker
                | Self::ShaderCompiler
        )
    }

    /// True if the code is a warning's. MSVC numbers its warnings from C4000 on. Clang names its warnings, and has no
    /// other codes.
    pub(crate) fn has_warning(self, code: &str) -> bool {
        match self {
            Self::Clang => true,
            Self::Msvc => matches!(code.as_bytes(), [_, b'4' | b'5', ..]),
            _ => false,
        }
    }

    /// True if the tool numbers its messages, so that its messages name no assets and no settings.
    pub(crate) fn numbers_messages(self) -> bool {
        matches!(
            self,
            Self::CSharp
                | Self::MsBuild
                | Self::Msvc
                | Self::MsvcLinker
                | Self::OtherNumbered
                | Self::ShaderCompiler
        )
    }
}

/// The endings of the files that a compiler reads.
const LANGUAGES: &[(Tool, &[&str])] = &[
    (Tool::Clang, &["c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "inl", "inc", "m", "mm"]),
    (Tool::Javac, &["java"]),
    (Tool::Kotlin, &["kt", "kts"]),
    (Tool::Ispc, &["ispc", "isph"]),
    (Tool::ShaderCompiler, &["usf", "ush", "hlsl", "glsl", "metal"]),
];

fn is_numbered(code: &str, family: &str) -> bool {
    let number = code.strip_prefix(family);
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn has_lower_case(code: &str) -> bool {
    code.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_belongs_to_the_tool_that_has_such_codes() {
        for (code, tool) in [
            ("C2065", Tool::Msvc),
            ("CS1501", Tool::CSharp),
            ("LNK2019", Tool::MsvcLinker),
            ("X3004", Tool::ShaderCompiler),
            ("MSB3073", Tool::MsBuild),
            ("NU1101", Tool::OtherNumbered),
            ("-Wshadow", Tool::Clang),
            ("LogCook", Tool::Engine),
            ("LogDoor2", Tool::Engine),
            ("LoadErrors", Tool::MessageLog),
            ("Door2", Tool::MessageLog),
            ("CDoor", Tool::MessageLog),
        ] {
            assert_eq!(Tool::of_code(code), tool, "{code}");
        }
    }
}

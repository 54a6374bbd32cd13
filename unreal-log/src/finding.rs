//! The vocabulary of findings: what is wrong, how grave it is, in which phase, and whose task it is.

use std::fmt;

use crate::remote::RemotePath;
use crate::rules::id::RuleId;
use crate::tool::Tool;

/// A stage of an Unreal build. The order is the one in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Fetching the sources from Git or Perforce.
    SourceSync,
    /// Building the code.
    Compile,
    /// Converting the content for the platform.
    Cook,
    /// Laying out (and packing) the files to ship.
    Stage,
    /// Making the platform's package.
    Package,
    /// Archiving and uploading the artifact.
    Upload,
}

impl Phase {
    /// The name in reports: `source-sync`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SourceSync => "source-sync",
            Self::Compile => "compile",
            Self::Cook => "cook",
            Self::Stage => "stage",
            Self::Package => "package",
            Self::Upload => "upload",
        }
    }

    /// The name for people, as a heading: `Source sync`.
    pub fn title(self) -> &'static str {
        match self {
            Self::SourceSync => "Source sync",
            Self::Compile => "Compile",
            Self::Cook => "Cook",
            Self::Stage => "Stage",
            Self::Package => "Package",
            Self::Upload => "Upload",
        }
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Breaks the build.
    Error,
}

impl Severity {
    /// The word that tools use: `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The people who most likely have to fix a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The programmers.
    Code,
    /// The people who make assets.
    Content,
    /// The people who set up the project: its ini files, module rules and build settings.
    Config,
    /// The people who install compilers and SDKs on the build machine.
    Toolchain,
    /// The people who run machines and networks.
    Infrastructure,
    /// The people who pay: the limit of an account is used up.
    Quota,
}

impl Owner {
    /// The name in reports: `code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Content => "content",
            Self::Config => "config",
            Self::Toolchain => "toolchain",
            Self::Infrastructure => "infrastructure",
            Self::Quota => "quota",
        }
    }
}

/// How likely a finding is the cause of all others in its phase. The first is the likeliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Disk, memory, network, licence, quota.
    Infrastructure,
    /// A compiler or an SDK that is missing or wrong.
    Toolchain,
    /// Module rules, and messages of UnrealHeaderTool.
    Rules,
    /// Messages of a compiler.
    Compile,
    /// Messages of a linker.
    Link,
    /// Messages of the cook, and crashes.
    Cook,
    /// Messages about files that are laid out.
    Stage,
    /// Messages of the platform's own tools.
    Package,
    /// Anything else.
    Other,
    /// Merely follows from another failure: `Cook failed.`, `UnrealBuildTool failed`.
    FollowUp,
}

/// One distinct problem, however often the log repeats it.
///
/// Its message is made of the lines that were read. Only the exit codes of programs are put into other words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogFinding {
    /// The rule that found it. It is the same for all findings of the same shape.
    pub rule: RuleId,
    /// How grave it is.
    pub severity: Severity,
    /// The tool that reports it, if it is known.
    pub tool: Option<Tool>,
    /// The tool's own code, where it has codes: `C2065`, `-Wshadow`, `LogCook`.
    pub code: Option<String>,
    /// The message without place and code. The first line is the essence. The other lines belong to it: notes, the line
    /// of source, the object that refers to a symbol. Lines are separated by `\n`.
    pub message: String,
    /// The place in the words of the log, if the log names one.
    pub remote: Option<Box<RemotePath>>,
    /// The phase in which it was reported. None if no phase was open.
    pub phase: Option<Phase>,
    /// How likely it is the cause of all others in its phase.
    pub rank: Rank,
    /// The people who most likely have to fix it, if the rule knows them.
    pub owner: Option<Owner>,
    /// One sentence on what to do about it, if it is a common failure. Names in it are from the log.
    pub hint: Option<String>,
    /// The address of the vendor's page about it, where there is one.
    pub docs: Option<&'static str>,
    /// How often the log says the same of something else: other files, symbols or assets. It is 0 for most findings.
    pub repeats: u32,
    /// Some of these others, at most ten.
    pub also: Vec<String>,
}

impl LogFinding {
    /// True if it merely follows from another failure.
    pub fn is_follow_up(&self) -> bool {
        self.rank == Rank::FollowUp
    }

    /// The code, or the name of the tool if there is no code: `C2065`, `javac`.
    pub fn label(&self) -> Option<&str> {
        label(self.tool, self.code.as_deref())
    }
}

/// The code, or the name of the tool if there is no code.
pub(crate) fn label(tool: Option<Tool>, code: Option<&str>) -> Option<&str> {
    code.or_else(|| tool.map(Tool::name))
}

impl fmt::Display for LogFinding {
    /// One line: `Source/Door.cpp:42:17: C2065: 'Hinge': undeclared identifier (+4 more)`. The path is below the
    /// project's folder, or the build machine's if the file is not certain to be in the project.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.remote.as_ref().and_then(|remote| remote.certain()) {
            write!(f, "{file}: ")?;
        }
        if let Some(label) = self.label() {
            write!(f, "{label}: ")?;
        }
        f.write_str(self.message.lines().next().unwrap_or_default())?;
        match self.repeats {
            0 => Ok(()),
            more => write!(f, " (+{more} more)"),
        }
    }
}

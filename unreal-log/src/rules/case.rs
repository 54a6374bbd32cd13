//! A case: one cause of a finding that is known by the words of its message, and what to do about it.

use crate::finding::{Owner, Rank};
use crate::tool::Tool;

/// A row of a rule's cases. It applies to the messages of any rule, because tools quote each other; `by` narrows it. The
/// pattern is searched for anywhere in the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// The findings that the case is about. An empty list means all.
    pub(crate) by: &'static [By],
    pub(crate) pattern: &'static str,
    pub(crate) owner: Owner,
    /// A rank that is better than the rule's.
    pub(crate) rank: Option<Rank>,
    /// One sentence: what to do. `{name}` is replaced by the group of that name.
    pub(crate) hint: &'static str,
    /// The vendor's page about it, if there is a stable address.
    pub(crate) docs: Option<&'static str>,
}

/// Findings of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Messages of a tool that have no code.
    Tool(Tool),
    /// Messages with this code.
    Code(&'static str),
    /// Messages of the engine's log, of any category.
    EngineLog,
}

/// The values that most cases of an owner have in common.
pub(super) const OF_CODE: Case =
    Case { by: &[], pattern: "", owner: Owner::Code, rank: None, hint: "", docs: None };
pub(super) const OF_CONTENT: Case = Case { owner: Owner::Content, ..OF_CODE };
pub(super) const OF_CONFIG: Case = Case { owner: Owner::Config, ..OF_CODE };
pub(super) const OF_MODULE_RULES: Case = Case { rank: Some(Rank::Rules), ..OF_CONFIG };
pub(super) const OF_TOOLCHAIN: Case =
    Case { owner: Owner::Toolchain, rank: Some(Rank::Toolchain), ..OF_CODE };
pub(super) const OF_MACHINE: Case =
    Case { owner: Owner::Infrastructure, rank: Some(Rank::Infrastructure), ..OF_CODE };

/// Hints of more than one compiler.
pub(super) const GENERATED_HEADER: &str = "Give the class of {header} a UCLASS, USTRUCT or UENUM and \
    its file to a module with a Build.cs, or no such header is made.";
pub(super) const MISSING_HEADER: &str = "Check the case of {header}, submodules, Git LFS and the \
    include paths in Build.cs: it is not on the build machine.";
pub(super) const UNKNOWN_NAME: &str = "Include the header that declares {name} and depend on its \
    module in Build.cs, or correct the spelling.";
pub(super) const UNKNOWN_MEMBER: &str = "Use a member that {class} has: {name} is misspelt, was \
    renamed or is not in this engine version.";

impl Case {
    /// True if the case is about messages of this tool with this code.
    pub(crate) fn is_about(&self, tool: Option<Tool>, code: Option<&str>) -> bool {
        self.by.is_empty() || By::any(self.by, tool, code)
    }
}

impl By {
    /// True if messages of this tool with this code are among these.
    pub(super) fn any(these: &[Self], tool: Option<Tool>, code: Option<&str>) -> bool {
        these.iter().any(|by| match by {
            Self::Tool(by) => tool == Some(*by) && code.is_none(),
            Self::Code(by) => code == Some(*by),
            Self::EngineLog => tool == Some(Tool::Engine),
        })
    }
}

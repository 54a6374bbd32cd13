//! A rule: one shape in which a tool reports an error or a warning. And the match of a rule with a line.

use regex::Captures;

use super::block_kind::BlockKind;
use super::case::Case;
use super::id::RuleId;
use super::sign::Sign;
use crate::finding::{Owner, Rank, Severity};
use crate::phases::Speaker;
use crate::remote::place_number;
use crate::tool::Tool;

/// One shape, with everything that is true of it. The names of the groups in its pattern say what the groups hold. A
/// `severity` group that is neither an error nor a warning says that the line reports nothing, whatever follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// An id that no other rule has. It also says when the rule is tried.
    pub(crate) id: RuleId,
    /// The programs that report in this shape.
    pub(super) reported_by: &'static [Speaker],
    /// Words in lower case. A line without any of them does not have the shape.
    pub(super) words: &'static [&'static str],
    pub(super) pattern: &'static str,
    /// How grave it is if the line does not say.
    pub(super) severity: Severity,
    /// The tool, if the line has no code.
    pub(super) tool: Option<Tool>,
    pub(super) rank: Rank,
    /// The lines after the first that belong to the problem.
    pub(super) block: BlockKind,
    /// Lines whose own severity is wrong.
    pub(crate) severity_overrides: &'static [SeverityOverride],
    /// Patterns of lines that merely follow from another failure. Like overrides, signs and cases they apply to the lines of
    /// any rule, because tools quote each other.
    pub(crate) follow_ups: &'static [&'static str],
    /// Messages whose meaning decides about the problems around them. The first that fits decides.
    pub(crate) signs: &'static [Sign],
    /// The owner if no case applies.
    pub(crate) owner: UsualOwner,
    /// The vendor's page about such messages, if there is a stable address and no case has a page of its own.
    pub(super) docs: Option<VendorPage>,
    /// Causes that are known by the words of the message. The first that applies decides.
    pub(crate) cases: &'static [Case],
}

/// Lines that fit the pattern have another severity than they say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SeverityOverride {
    pub(crate) pattern: &'static str,
    /// None if the line is not worth reporting.
    pub(crate) actual: Option<Severity>,
}

/// A page on a tool's messages. Other tools that report in the same shape have other pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VendorPage {
    pub(super) tools: &'static [Tool],
    pub(super) address: &'static str,
}

/// The people who usually fix the findings of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsualOwner {
    Unknown,
    Is(Owner),
    /// Programmers, if the code or the file is a compiler's or a linker's.
    OfCode,
    /// By the category of the engine's log.
    OfCategory,
}

/// The values that most rules have in common. Each rule replaces the id.
pub(super) const ROW: Rule = Rule {
    id: RuleId::UatUnmarked,
    reported_by: TOOLS,
    words: &["error", "warning", "fatal"],
    pattern: "",
    severity: Severity::Error,
    tool: None,
    rank: Rank::Other,
    block: BlockKind::Indented,
    severity_overrides: &[],
    follow_ups: &[],
    signs: &[],
    owner: UsualOwner::Unknown,
    docs: None,
    cases: &[],
};

/// The values that most rules of compilers have in common.
pub(super) const COMPILER_BASE: Rule =
    Rule { rank: Rank::Compile, block: BlockKind::Compiler, ..ROW };

/// All but the game. Its messages do not matter to the build, except crashes.
pub(super) const TOOLS: &[Speaker] = &[Speaker::SourceControl, Speaker::Build];
pub(super) const ANYONE: &[Speaker] = &[Speaker::SourceControl, Speaker::Build, Speaker::Game];

/// The message of a line, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match<'l> {
    /// The rule that reports it.
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    pub(crate) tool: Option<Tool>,
    /// The tool's own code.
    pub(crate) code: Option<&'l str>,
    pub(crate) message: &'l str,
    pub(crate) file: Option<&'l str>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// The last of several lines.
    pub(crate) end_line: Option<u32>,
    pub(crate) rank: Rank,
    pub(crate) block: BlockKind,
}

impl Match<'_> {
    /// True if it is about the source of a shader.
    pub(crate) fn is_of_shader(&self) -> bool {
        self.file.and_then(Tool::of_file) == Some(Tool::ShaderCompiler)
    }

    /// The code, or the name of the tool if there is no code.
    #[cfg(test)]
    pub(crate) fn label(&self) -> Option<&str> {
        crate::finding::label(self.tool, self.code)
    }
}

impl Rule {
    /// The address of the vendor's page about what the tool reports by this rule.
    pub(crate) fn docs_of(&self, tool: Option<Tool>) -> Option<&'static str> {
        let tool = tool?;
        self.docs.filter(|page| page.tools.contains(&tool)).map(|page| page.address)
    }

    /// The message in a line that has the shape. None if it is empty, or no error and no warning.
    pub(super) fn read<'l>(&'static self, found: &Captures<'l>) -> Option<Match<'l>> {
        let text = |group: &str| found.name(group).map(|text| text.as_str().trim());
        let number = |group: &str| place_number(text(group)?);
        let message = text("message").filter(|message| !message.is_empty())?;
        let severity = text("severity").map_or(Some(self.severity), severity)?;
        let line = number("line");
        let column = line.and_then(|_| number("column"));
        let end_line = number("end").or_else(|| number("last")).filter(|end| Some(*end) > line);
        let file = text("file");
        let code = text("code");
        let by_shape = self.tool.or_else(|| file.and_then(Tool::of_file));
        let tool = code.map(Tool::of_code).or(by_shape);
        let of_package = matches!(by_shape, Some(Tool::Javac | Tool::Kotlin));
        let rank = if of_package { Rank::Package } else { self.rank };
        let block = self.block;
        let rule = self;
        Some(Match {
            rule,
            severity,
            tool,
            code,
            message,
            file,
            line,
            column,
            end_line,
            rank,
            block,
        })
    }
}

fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "fatal error" | "err0r" | "e" => Some(Severity::Error),
        "warning" | "w" => Some(Severity::Warning),
        _ => None,
    }
}

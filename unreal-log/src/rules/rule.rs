//! A rule: one shape in which a tool reports an error or a warning. And the match of a rule with a line.

use regex::Captures;

use super::block_kind::BlockKind;
use crate::finding::{Rank, Severity};
use crate::phases::Speaker;
use crate::tool::Tool;

/// A row of the tables. The names of the groups in its pattern say what the groups hold. A `severity` group that is
/// neither an error nor a warning says that the line reports nothing, whatever follows.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// The programs that report in this shape.
    pub(super) said_by: &'static [Speaker],
    /// Words in lower case. A line without any of them does not have the shape.
    pub(super) words: &'static [&'static str],
    pub(super) pattern: &'static str,
    /// How grave it is if the line does not say.
    pub(super) severity: Severity,
    /// The tool, if the line has no code.
    pub(super) tool: Option<Tool>,
    pub(super) rank: Rank,
    pub(super) block: BlockKind,
    pub(super) example: &'static str,
    pub(super) expected: Option<Match<'static>>,
}

/// The values that most rules have in common.
pub(super) const ROW: Rule = Rule {
    name: "",
    said_by: TOOLS,
    words: &["error", "warning", "fatal"],
    pattern: "",
    severity: Severity::Error,
    tool: None,
    rank: Rank::Other,
    block: BlockKind::Indented,
    example: "",
    expected: None,
};

/// All but the game. Its messages do not matter to the build, except crashes.
pub(super) const TOOLS: &[Speaker] = &[Speaker::SourceControl, Speaker::Build];
pub(super) const ANYONE: &[Speaker] = &[Speaker::SourceControl, Speaker::Build, Speaker::Game];

/// The message of a line, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match<'l> {
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
    /// Whether it is about the source of a shader.
    pub(crate) fn is_of_shader(&self) -> bool {
        self.file.and_then(Tool::of_file) == Some(Tool::ShaderCompiler)
    }

    /// The code, or the name of the tool if there is no code.
    #[cfg(test)]
    pub(crate) fn label(&self) -> Option<&str> {
        crate::finding::label(self.tool, self.code)
    }
}

pub(super) const NOTHING: Match<'static> = Match {
    severity: Severity::Error,
    tool: None,
    code: None,
    message: "",
    file: None,
    line: None,
    column: None,
    end_line: None,
    rank: Rank::Other,
    block: BlockKind::Indented,
};

/// Consumers of the numbers count in signed ones.
const MAX_NUMBER: u32 = i32::MAX.unsigned_abs();

impl Rule {
    /// The message in a line that has the shape. None if it is empty, or no error and no warning.
    pub(super) fn read<'l>(&self, found: &Captures<'l>) -> Option<Match<'l>> {
        let text = |group: &str| found.name(group).map(|text| text.as_str().trim());
        let number = |group: &str| {
            text(group)?.parse().ok().filter(|number| (1..=MAX_NUMBER).contains(number))
        };
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
        Some(Match { severity, tool, code, message, file, line, column, end_line, rank, block })
    }
}

fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "fatal error" | "err0r" | "e" => Some(Severity::Error),
        "warning" | "w" => Some(Severity::Warning),
        _ => None,
    }
}

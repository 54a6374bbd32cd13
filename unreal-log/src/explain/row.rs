//! A row of the explanations.

use crate::finding::{Owner, Rank};
use crate::tool::Tool;

/// The pattern is searched for anywhere in the message.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the tables reads their examples"))]
pub(super) struct Row {
    /// The findings that the row is about. An empty list means all.
    pub(super) by: &'static [By],
    pub(super) pattern: &'static str,
    pub(super) owner: Owner,
    pub(super) rank: Option<Rank>,
    /// `{name}` is replaced by the group of that name.
    pub(super) hint: &'static str,
    pub(super) example: &'static str,
    /// The hint of the example.
    pub(super) expected: &'static str,
}

/// Findings of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Messages of a tool that have no code.
    Tool(Tool),
    /// Messages with this code.
    Code(&'static str),
    /// Messages of the engine's log, of any category.
    EngineLog,
}

/// The values that most rows have in common.
pub(super) const ROW: Row = Row {
    by: &[],
    pattern: "",
    owner: Owner::Code,
    rank: None,
    hint: "",
    example: "",
    expected: "",
};

impl Row {
    /// Whether the row is about messages of this tool with this code.
    pub(super) fn is_about(&self, tool: Option<Tool>, code: Option<&str>) -> bool {
        let is_one = |by: &By| match by {
            By::Tool(by) => tool == Some(*by) && code.is_none(),
            By::Code(by) => code == Some(*by),
            By::EngineLog => tool == Some(Tool::Engine),
        };
        self.by.is_empty() || self.by.iter().any(is_one)
    }
}

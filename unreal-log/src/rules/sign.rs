//! A sign: messages whose meaning decides which of several problems is the cause of the others.

use super::case::By;
use crate::tool::Tool;

/// A row of a rule's signs. Like a case it applies to the messages of any rule; `by` narrows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sign {
    /// The messages that the sign is about.
    pub(crate) by: &'static [By],
    /// The message contains one of these texts. An empty list means any message.
    pub(crate) texts: &'static [&'static str],
    pub(crate) meaning: Meaning,
}

/// The meaning of a message for the problems around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The warnings after it are treated as errors.
    WarningsAreErrors,
    /// A name is unknown.
    UnknownName,
    /// The rest of a broken statement controls nothing or does nothing.
    RestOfStatement,
    /// A Blueprint is wrong.
    InBlueprint(Nearness),
}

/// How near a message about a Blueprint is to the root cause. The first is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    /// It asks for something that is missing.
    Missing,
    /// Its data cannot be read.
    Unreadable,
    Other,
    /// Its pins and connections are wrong. Any of the above has that effect.
    Pins,
}

impl Sign {
    /// True if the sign fits a message of this tool with this code.
    pub(super) fn fits(&self, tool: Option<Tool>, code: Option<&str>, message: &str) -> bool {
        let has_text =
            || self.texts.is_empty() || self.texts.iter().any(|text| message.contains(text));
        By::any(self.by, tool, code) && has_text()
    }
}

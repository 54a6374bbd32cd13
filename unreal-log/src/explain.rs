//! Explains a finding by the cases of the rules: who has to fix it and, in one sentence, what to do. The first case that
//! applies decides.

use regex::{Captures, RegexSet};

use crate::finding::{Owner, Phase, Rank, Severity};
use crate::pattern::{self, Lazy, LazyPattern};
use crate::rules::rule::Rule;
use crate::rules::{self, cases};
use crate::tool::Tool;

/// The finding to explain. Its texts are as the log has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'s> {
    pub(crate) rule: &'static Rule,
    pub(crate) tool: Option<Tool>,
    /// The tool's own code.
    pub(crate) code: Option<&'s str>,
    /// All its lines.
    pub(crate) message: &'s str,
    pub(crate) file: Option<&'s str>,
    pub(crate) phase: Option<Phase>,
    pub(crate) severity: Severity,
}

/// The explanation of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    pub(crate) owner: Owner,
    /// A rank that is better than the rule's.
    pub(crate) rank: Option<Rank>,
    /// Names in it are from the log.
    pub(crate) hint: Option<String>,
    /// The address of the vendor's page about this case.
    pub(crate) docs: Option<&'static str>,
}

/// How much of a message is searched.
const SEARCHED_BYTES: usize = 8 * 1024;
/// How many characters a name in a hint may have.
const MAX_NAME: usize = 120;

/// The cases, compiled on first use: a build that succeeds does not need them, and they cost time and memory.
#[derive(Debug, Clone)]
pub(crate) struct Explanations {
    all: Lazy<RegexSet>,
    /// For the names in the message.
    cases: Vec<LazyPattern>,
}

impl Explanations {
    pub(crate) fn new() -> Self {
        Self {
            all: Lazy::new(|| pattern::compile_set(cases().map(|case| case.pattern))),
            cases: cases().map(|case| LazyPattern::new(case.pattern)).collect(),
        }
    }

    /// The explanation, if there is one.
    pub(crate) fn explain(&self, subject: &Subject<'_>) -> Option<Explanation> {
        self.by_case(subject).or_else(|| by_default(subject))
    }

    fn by_case(&self, subject: &Subject<'_>) -> Option<Explanation> {
        let message = pattern::beginning(subject.message, SEARCHED_BYTES);
        let index = self.case(subject.tool, subject.code, message)?;
        let case = cases().nth(index)?;
        let hint = if case.hint.contains('{') {
            let pattern = self.cases.get(index)?.get();
            filled(case.hint, &pattern.captures(message)?)
        } else {
            case.hint.to_owned()
        };
        Some(Explanation { owner: case.owner, rank: case.rank, hint: Some(hint), docs: case.docs })
    }

    /// The index of the case that decides.
    pub(crate) fn case(
        &self,
        tool: Option<Tool>,
        code: Option<&str>,
        message: &str,
    ) -> Option<usize> {
        let fitting = self.all.get().matches(message);
        let mut fitting = cases().enumerate().filter(|(index, _)| fitting.matched(*index));
        fitting.find(|(_, case)| case.is_about(tool, code)).map(|(index, _)| index)
    }
}

/// The hint with names from the log.
fn filled(hint: &str, found: &Captures<'_>) -> String {
    let mut filled = String::new();
    for part in hint.split('{') {
        match part.split_once('}') {
            Some((name, rest)) => {
                filled += &short(found.name(name).map_or("", |name| name.as_str()));
                filled += rest;
            }
            None => filled += part,
        }
    }
    filled
}

fn short(name: &str) -> String {
    let name = squeezed(name);
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}

/// The text on one line, with one blank between its words.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const PROMOTED: &str = "Fix what this warning is about: the build treats it as an error, often since the compiler \
    or the engine was updated.";
const FAILS_COOK: &str = "Look at this even if the content is fine: any Error-level line fails a cook, whatever it is \
    about.";

/// The explanation without a case: the usual owner of the rule's findings.
fn by_default(subject: &Subject<'_>) -> Option<Explanation> {
    let owner = usual_owner(subject)?;
    let is_error = subject.severity == Severity::Error;
    let hint = if is_error && is_warning(subject) {
        Some(PROMOTED)
    } else if is_error && subject.phase == Some(Phase::Cook) && subject.tool == Some(Tool::Engine) {
        Some(FAILS_COOK)
    } else {
        None
    };
    Some(Explanation { owner, rank: None, hint: hint.map(str::to_owned), docs: None })
}

fn usual_owner(subject: &Subject<'_>) -> Option<Owner> {
    let is_asset = |file: &str| file.ends_with(".uasset") || file.ends_with(".umap");
    let tool = subject.tool?;
    if subject.file.is_some_and(is_asset) {
        return Some(Owner::Content);
    }
    rules::usual_owner(subject.rule, tool, subject.code)
}

/// True if the tool's own code is a warning's.
fn is_warning(subject: &Subject<'_>) -> bool {
    subject.tool.zip(subject.code).is_some_and(|(tool, code)| tool.has_warning(code))
}

#[cfg(test)]
mod tests;

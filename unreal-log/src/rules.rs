//! The shapes in which tools report errors and warnings. The first rule that fits a line decides. This file reads lines
//! with the rules; the tables are beside it, one for each family of tools, in the order in which they are tried.

mod android;
mod apple;
pub(crate) mod block_kind;
mod compilers;
mod crashes;
mod linkers;
mod machine;
pub(crate) mod rule;
mod sources;
mod uat;
mod unreal;

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Captures;

use crate::pattern::LazyPattern;
use crate::phases::Speaker;
use crate::tool::Tool;
use block_kind::BlockKind;
use rule::{Match, Rule};

const TABLES: &[&[Rule]] = &[
    unreal::FIRST,
    crashes::TABLE,
    unreal::TABLE,
    linkers::TABLE,
    compilers::TABLE,
    android::TABLE,
    apple::TABLE,
    machine::TABLE,
    uat::TABLE,
    sources::TABLE,
];

/// Endings of files that are not source files, even if a place in them is named.
const BINARIES: [&str; 6] = [".obj", ".o", ".lib", ".dll", ".exe", ".pch"];

/// The rules, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    words: Option<AhoCorasick>,
    /// For each word the rules that ask for it, one bit each.
    rules_of_word: Vec<u128>,
    patterns: Vec<LazyPattern>,
}

impl Rules {
    pub(crate) fn new() -> Self {
        let mut rules_of: HashMap<&str, u128> = HashMap::new();
        for (index, rule) in rules().enumerate() {
            for word in rule.words {
                *rules_of.entry(word).or_default() |= 1 << index;
            }
        }
        let (words, rules_of_word): (Vec<_>, Vec<_>) = rules_of.into_iter().unzip();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words);
        let patterns = rules().map(|rule| LazyPattern::new(rule.pattern)).collect();
        // Without the words every line takes the slow way, to the same result.
        Self { words: words.ok(), rules_of_word, patterns }
    }

    /// The message of the line, which was stripped of its prefixes.
    pub(crate) fn read<'l>(&self, line: &'l str, speaker: Speaker) -> Option<Match<'l>> {
        let line = without_project(line);
        let (rule, found) = self.first(line, speaker)?;
        let read = rule.read(&found)?;
        if read.block == BlockKind::Echo {
            return Some(self.echoed(&read, speaker));
        }
        Some(self.quoted(&read, speaker).unwrap_or(read))
    }

    /// The repeated message, as the tool that reported it first put it.
    fn echoed<'l>(&self, echo: &Match<'l>, speaker: Speaker) -> Match<'l> {
        let first = self.first(echo.message, speaker);
        let original = first.and_then(|(rule, found)| rule.read(&found));
        let original = original.filter(|original| original.block != BlockKind::Echo);
        original.map_or(*echo, |original| Match { block: BlockKind::Echo, ..original })
    }

    /// The message of a compiler inside a message of the engine's log. The milder severity of the two is right.
    fn quoted<'l>(&self, outer: &Match<'l>, speaker: Speaker) -> Option<Match<'l>> {
        outer.tool.filter(|tool| outer.file.is_none() && *tool == Tool::Engine)?;
        let (rule, found) = self.first(outer.message, speaker)?;
        let inner = rule.read(&found).filter(|inner| inner.line.is_some())?;
        let severity = outer.severity.min(inner.severity);
        // A shader is known by the log category that reports it.
        let from = if inner.is_of_shader() { outer } else { &inner };
        Some(Match { severity, tool: from.tool, code: from.code, ..inner })
    }

    /// The rule that decides about the line.
    fn first<'l>(&self, line: &'l str, speaker: Speaker) -> Option<(&'static Rule, Captures<'l>)> {
        let candidates = self.candidates(line);
        if candidates == 0 {
            return None;
        }
        let rules = rules().zip(&self.patterns).enumerate();
        let rules = rules.filter(|(index, _)| candidates & (1 << index) != 0);
        let rules = rules.map(|(_, rule)| rule).filter(|(rule, _)| rule.said_by.contains(&speaker));
        let mut fits =
            rules.filter_map(|(rule, pattern)| Some((rule, pattern.get().captures(line)?)));
        fits.find(|(_, found)| !names_a_binary(found))
    }

    /// The rules of which the line has a word. Nearly all lines have none.
    fn candidates(&self, line: &str) -> u128 {
        let Some(words) = &self.words else { return u128::MAX };
        let rules = |found: aho_corasick::Match| {
            self.rules_of_word.get(found.pattern().as_usize()).copied().unwrap_or(u128::MAX)
        };
        words.find_overlapping_iter(line).map(rules).fold(0, |all, rules| all | rules)
    }
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().copied().flatten()
}

/// The line without the ` [C:\Game\Game.vcxproj]` that MSBuild appends.
fn without_project(line: &str) -> &str {
    let line = line.trim_end();
    let split = line.strip_suffix(']').and_then(|line| line.rsplit_once(" ["));
    let file =
        |project: &str| project.split("::").next().is_some_and(|file| file.ends_with("proj"));
    split.filter(|(_, project)| file(project)).map_or(line, |(line, _)| line)
}

fn names_a_binary(found: &Captures<'_>) -> bool {
    found.name("file").is_some_and(|file| {
        BINARIES.iter().any(|end| {
            let start = file.as_str().len().checked_sub(end.len());
            let tail = start.and_then(|start| file.as_str().get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        })
    })
}

#[cfg(test)]
mod tests;

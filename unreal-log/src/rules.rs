//! The shapes in which tools report errors and warnings. A rule is one shape with everything that is true of it; the rules
//! are beside this file, in one file for each family of tools. This file reads lines with them.

mod apple;
mod automation;
pub(crate) mod block_kind;
pub(crate) mod case;
mod clang;
mod cook;
mod crash;
#[cfg(test)]
mod examples;
mod gradle;
pub(crate) mod id;
mod linkers;
mod machine;
mod msvc;
pub(crate) mod rule;
mod shaders;
pub(crate) mod sign;
mod source_control;
mod unreal_build;

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Captures;

use crate::finding::{Owner, Rank, Severity};
use crate::pattern::LazyPattern;
use crate::phases::Speaker;
use crate::tool::Tool;
use block_kind::BlockKind;
use case::Case;
use rule::{Match, Rule, SeverityOverride, UsualOwner};
use sign::{Meaning, Sign};

/// The families in the order in which their cases are tried.
static FAMILIES: &[&[Rule]] = &[
    machine::RULES,
    source_control::RULES,
    unreal_build::RULES,
    automation::RULES,
    gradle::RULES,
    apple::RULES,
    shaders::RULES,
    cook::RULES,
    msvc::RULES,
    clang::RULES,
    linkers::RULES,
    crash::RULES,
];

/// Endings of files that are not source files, even if a place in them is named.
const BINARIES: [&str; 6] = [".obj", ".o", ".lib", ".dll", ".exe", ".pch"];

/// The rules, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    words: Option<AhoCorasick>,
    /// For each word the rules that ask for it, one bit each.
    rules_of_word: Vec<u128>,
    /// The rules in the order in which they are tried.
    in_order: Vec<(&'static Rule, LazyPattern)>,
    /// The signs of all rules.
    signs: Vec<&'static Sign>,
}

impl Rules {
    pub(crate) fn new() -> Self {
        let mut in_order: Vec<_> = rules().collect();
        in_order.sort_by_key(|rule| rule.id);
        let mut rules_of: HashMap<&str, u128> = HashMap::new();
        for (index, rule) in in_order.iter().enumerate() {
            for word in rule.words {
                *rules_of.entry(word).or_default() |= 1 << index;
            }
        }
        let (words, rules_of_word): (Vec<_>, Vec<_>) = rules_of.into_iter().unzip();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words);
        let with_pattern = |rule: &'static Rule| (rule, LazyPattern::new(rule.pattern));
        let in_order = in_order.into_iter().map(with_pattern).collect();
        // Without the words every line takes the slow way, to the same result.
        Self { words: words.ok(), rules_of_word, in_order, signs: signs().collect() }
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

    /// The meaning of a message of this tool with this code for the problems around it.
    pub(crate) fn meaning(
        &self,
        tool: Option<Tool>,
        code: Option<&str>,
        message: &str,
    ) -> Option<Meaning> {
        let mut signs = self.signs.iter();
        signs.find(|sign| sign.fits(tool, code, message)).map(|sign| sign.meaning)
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
        let Match { rule, tool, code, .. } = *from;
        Some(Match { rule, severity, tool, code, ..inner })
    }

    /// The rule that decides about the line.
    fn first<'l>(&self, line: &'l str, speaker: Speaker) -> Option<(&'static Rule, Captures<'l>)> {
        let candidates = self.candidates(line);
        if candidates == 0 {
            return None;
        }
        let rules = self.in_order.iter().enumerate();
        let rules = rules.filter(|(index, _)| candidates & (1 << index) != 0);
        let rules =
            rules.map(|(_, rule)| rule).filter(|(rule, _)| rule.reported_by.contains(&speaker));
        let mut fits =
            rules.filter_map(|(rule, pattern)| Some((*rule, pattern.get().captures(line)?)));
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

/// All rules, family by family.
fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}

/// The cases of all rules in the order in which they are tried.
pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    machine::CAUSES.iter().chain(rules().flat_map(|rule| rule.cases))
}

/// The patterns of lines that merely follow from another failure.
pub(crate) fn follow_ups() -> impl Iterator<Item = &'static str> {
    rules().flat_map(|rule| rule.follow_ups).copied()
}

/// The signs of all rules in the order in which they are tried.
fn signs() -> impl Iterator<Item = &'static Sign> {
    rules().flat_map(|rule| rule.signs)
}

/// Lines whose own severity is wrong.
pub(crate) fn severity_overrides() -> impl Iterator<Item = &'static SeverityOverride> {
    rules().flat_map(|rule| rule.severity_overrides)
}

/// The message of a line that is known to have ended AutomationTool only by the place of its log below it.
pub(crate) fn message_above_the_place_of_uats_log(message: &str) -> Match<'_> {
    Match {
        rule: &automation::UNMARKED,
        severity: Severity::Error,
        tool: Some(Tool::Uat),
        code: None,
        message,
        file: None,
        line: None,
        column: None,
        end_line: None,
        rank: Rank::Other,
        block: BlockKind::Line,
    }
}

/// The people who usually fix what a tool reports by this rule.
pub(crate) fn usual_owner(rule: &Rule, tool: Tool, code: Option<&str>) -> Option<Owner> {
    match rule.owner {
        UsualOwner::Unknown => None,
        UsualOwner::Is(owner) => Some(owner),
        UsualOwner::OfCode => tool.compiles_or_links().then_some(Owner::Code),
        UsualOwner::OfCategory => cook::owner_of_category(tool, code.unwrap_or_default()),
    }
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

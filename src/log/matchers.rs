//! The shapes in which tools report errors and warnings. A matcher is a row that carries its own
//! example; the first row that fits decides. This file reads lines with the rows; the tables are beside
//! it, one for each family of tools, in the order in which they are tried.

mod android;
mod apple;
mod compilers;
mod crashes;
mod linkers;
mod machine;
mod sources;
mod uat;
mod unreal;

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Captures;

use super::extent::Extent;
use super::pattern::LazyPattern;
use super::phases::Speaker;
use crate::model::{Rank, Severity};

/// A row: what the groups of its pattern are called is what they mean. A `severity` that is
/// neither an error nor a warning says that the line is none, whatever follows.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Matcher {
    name: &'static str,
    /// Who reports in this shape.
    said_by: &'static [Speaker],
    /// Without one of these words, in lower case, no line has the shape.
    words: &'static [&'static str],
    pattern: &'static str,
    /// How grave it is if the line does not say.
    severity: Severity,
    /// Who speaks, if the line names no code.
    tool: Option<&'static str>,
    rank: Rank,
    extent: Extent,
    example: &'static str,
    expected: Option<Report<'static>>,
}

/// What most rows have in common.
const ROW: Matcher = Matcher {
    name: "",
    said_by: TOOLS,
    words: &["error", "warning", "fatal"],
    pattern: "",
    severity: Severity::Error,
    tool: None,
    rank: Rank::Other,
    extent: Extent::Indented,
    example: "",
    expected: None,
};

/// What a line reports, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report<'l> {
    pub(super) severity: Severity,
    pub(super) code: Option<&'l str>,
    pub(super) message: &'l str,
    pub(super) file: Option<&'l str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    /// The last of several.
    pub(super) end_line: Option<u32>,
    pub(super) rank: Rank,
    pub(super) extent: Extent,
}

impl Report<'_> {
    /// Whether it is about the source of a shader.
    pub(super) fn is_of_shader(&self) -> bool {
        is_shader(self.file)
    }
}

const NOTHING: Report<'static> = Report {
    severity: Severity::Error,
    code: None,
    message: "",
    file: None,
    line: None,
    column: None,
    end_line: None,
    rank: Rank::Other,
    extent: Extent::Indented,
};

/// Not the game: how it fares is no matter of the build, unless it crashes.
const TOOLS: &[Speaker] = &[Speaker::SourceControl, Speaker::Build];
const ANYONE: &[Speaker] = &[Speaker::SourceControl, Speaker::Build, Speaker::Game];

const TABLES: &[&[Matcher]] = &[
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

/// Consumers of the numbers count in signed ones.
const MAX_NUMBER: u32 = i32::MAX.unsigned_abs();
/// What is no source file, whatever its place looks like.
const BINARIES: [&str; 6] = [".obj", ".o", ".lib", ".dll", ".exe", ".pch"];

/// The tables, compiled.
#[derive(Debug, Clone)]
pub(super) struct Matchers {
    words: Option<AhoCorasick>,
    /// For each word the rows that ask for it, one bit each.
    rows_of_word: Vec<u128>,
    rows: Vec<LazyPattern>,
}

impl Matchers {
    pub(super) fn new() -> Self {
        let mut rows_of: HashMap<&str, u128> = HashMap::new();
        for (index, row) in rows().enumerate() {
            for word in row.words {
                *rows_of.entry(word).or_default() |= 1 << index;
            }
        }
        let (words, rows_of_word): (Vec<_>, Vec<_>) = rows_of.into_iter().unzip();
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words);
        let rows = rows().map(|row| LazyPattern::new(row.pattern)).collect();
        // Without the words every line takes the slow way, to the same result.
        Self { words: words.ok(), rows_of_word, rows }
    }

    /// What the line, stripped of its prefixes, reports.
    pub(super) fn read<'l>(&self, line: &'l str, speaker: Speaker) -> Option<Report<'l>> {
        let line = without_project(line);
        let (row, found) = self.first(line, speaker)?;
        let report = report(row, &found)?;
        if report.extent == Extent::Echo {
            return Some(self.echoed(&report, speaker));
        }
        Some(self.quoted(&report, speaker).unwrap_or(report))
    }

    /// What is echoed, in the words of who said it first.
    fn echoed<'l>(&self, echo: &Report<'l>, speaker: Speaker) -> Report<'l> {
        let first = self.first(echo.message, speaker);
        let said = first.and_then(|(row, found)| report(row, &found));
        let said = said.filter(|said| said.extent != Extent::Echo);
        said.map_or(*echo, |said| Report { extent: Extent::Echo, ..said })
    }

    /// What a compiler reports inside the words of a channel; the milder of the two is right.
    fn quoted<'l>(&self, outer: &Report<'l>, speaker: Speaker) -> Option<Report<'l>> {
        outer.code.filter(|code| outer.file.is_none() && code.starts_with("Log"))?;
        let (row, found) = self.first(outer.message, speaker)?;
        let inner = report(row, &found).filter(|inner| inner.line.is_some())?;
        let severity = outer.severity.min(inner.severity);
        // A shader is known by the channel that speaks of it.
        let code = if is_shader(inner.file) { outer.code } else { inner.code };
        Some(Report { severity, code, ..inner })
    }

    /// The row that decides about the line.
    fn first<'l>(
        &self,
        line: &'l str,
        speaker: Speaker,
    ) -> Option<(&'static Matcher, Captures<'l>)> {
        let candidates = self.candidates(line);
        if candidates == 0 {
            return None;
        }
        let rows = rows().zip(&self.rows).enumerate();
        let rows = rows.filter(|(index, _)| candidates & (1 << index) != 0);
        let rows = rows.map(|(_, row)| row).filter(|(row, _)| row.said_by.contains(&speaker));
        let mut fits = rows.filter_map(|(row, pattern)| Some((row, pattern.get().captures(line)?)));
        fits.find(|(_, found)| !names_a_binary(found))
    }

    /// The rows whose words stand in the line. Nearly all lines have none, and are done with.
    fn candidates(&self, line: &str) -> u128 {
        let Some(words) = &self.words else { return u128::MAX };
        let rows = |found: aho_corasick::Match| {
            self.rows_of_word.get(found.pattern().as_usize()).copied().unwrap_or(u128::MAX)
        };
        words.find_overlapping_iter(line).map(rows).fold(0, |all, rows| all | rows)
    }
}

fn rows() -> impl Iterator<Item = &'static Matcher> {
    TABLES.iter().copied().flatten()
}

/// Without the ` [C:\Game\Game.vcxproj]` that MSBuild appends, once for each project that it builds.
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

fn report<'l>(row: &Matcher, found: &Captures<'l>) -> Option<Report<'l>> {
    let text = |group: &str| found.name(group).map(|text| text.as_str().trim());
    let number =
        |group: &str| text(group)?.parse().ok().filter(|number| (1..=MAX_NUMBER).contains(number));
    let message = text("message").filter(|message| !message.is_empty())?;
    let severity = text("severity").map_or(Some(row.severity), severity)?;
    let line = number("line");
    let column = line.and_then(|_| number("column"));
    let end_line = number("end").or_else(|| number("last")).filter(|end| Some(*end) > line);
    let file = text("file");
    let tool = row.tool.or_else(|| file.and_then(tool_of));
    let code = text("code").or(tool);
    let rank = if matches!(tool, Some("javac" | "kotlin")) { Rank::Package } else { row.rank };
    let extent = row.extent;
    Some(Report { severity, code, message, file, line, column, end_line, rank, extent })
}

fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "fatal error" | "err0r" | "e" => Some(Severity::Error),
        "warning" | "w" => Some(Severity::Warning),
        _ => None,
    }
}

/// Whose language it is.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("clang", &["c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "inl", "inc", "m", "mm"]),
    ("javac", &["java"]),
    ("kotlin", &["kt", "kts"]),
    ("ispc", &["ispc", "isph"]),
    ("shader", SHADERS),
];
const SHADERS: &[&str] = &["usf", "ush", "hlsl", "glsl", "metal"];

/// Which tool reads such files, for reports without a code.
fn tool_of(file: &str) -> Option<&'static str> {
    let (_, extension) = file.rsplit_once('.')?;
    let is_one = |of: &[&str]| of.iter().any(|known| extension.eq_ignore_ascii_case(known));
    LANGUAGES.iter().find(|(_, extensions)| is_one(extensions)).map(|(tool, _)| *tool)
}

fn is_shader(file: Option<&str>) -> bool {
    file.and_then(tool_of) == Some("shader")
}

#[cfg(test)]
mod tests;

//! Says of a finding whose turn it is and, in one sentence, what to do. An explanation is a row that
//! carries its own example; the first row that fits decides. This file looks rows up; the tables are
//! beside it, one for each cause.

mod code;
mod config;
mod content;
mod machine;
mod toolchain;

use regex::{Captures, RegexSet};

use super::pattern::{self, Lazy, LazyPattern};
use crate::model::{FailureClass, Phase, Rank, Severity};

/// What there is to explain; its texts are as the log has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'s> {
    pub(super) code: Option<&'s str>,
    /// All its lines.
    pub(super) message: &'s str,
    pub(super) file: Option<&'s str>,
    pub(super) phase: Option<Phase>,
    pub(super) severity: Severity,
}

/// What is known of such a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explanation {
    pub(super) class: FailureClass,
    /// If it is graver than its shape says.
    pub(super) rank: Option<Rank>,
    /// In part foreign text.
    pub(super) hint: Option<String>,
}

/// A row: the pattern is looked for anywhere in the message.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the tables reads their examples"))]
struct Row {
    /// Who says it, if that matters; `Log*` is whatever begins so.
    codes: &'static [&'static str],
    pattern: &'static str,
    class: FailureClass,
    rank: Option<Rank>,
    /// `{name}` is what the group of that name holds.
    hint: &'static str,
    example: &'static str,
    /// The hint that the example gets.
    expected: &'static str,
}

/// What most rows have in common.
const ROW: Row = Row {
    codes: &[],
    pattern: "",
    class: FailureClass::Code,
    rank: None,
    hint: "",
    example: "",
    expected: "",
};

/// What the machine lacks comes first: it can be the reason of anything.
const TABLES: &[&[Row]] =
    &[machine::TABLE, toolchain::TABLE, config::TABLE, content::TABLE, code::TABLE];

/// How much of a message is looked at, in bytes.
const READ: usize = 8 * 1024;
/// How long a name in a hint may be, in characters.
const NAME: usize = 120;

/// The tables, compiled once they are asked: a build that goes well does without them, and they cost time and memory.
#[derive(Debug, Clone)]
pub(super) struct Explanations {
    all: Lazy<RegexSet>,
    /// For what things are called.
    rows: Vec<LazyPattern>,
}

impl Explanations {
    pub(super) fn new() -> Self {
        Self {
            all: Lazy::new(|| pattern::compile_set(rows().map(|row| row.pattern))),
            rows: rows().map(|row| LazyPattern::new(row.pattern)).collect(),
        }
    }

    /// What is known of it, if anything is.
    pub(super) fn explain(&self, subject: &Subject<'_>) -> Option<Explanation> {
        self.by_table(subject).or_else(|| by_default(subject))
    }

    fn by_table(&self, subject: &Subject<'_>) -> Option<Explanation> {
        let message = beginning(subject.message);
        let index = self.row(subject.code, message)?;
        let row = rows().nth(index)?;
        let hint = if row.hint.contains('{') {
            let pattern = self.rows.get(index)?.get();
            filled(row.hint, &pattern.captures(message)?)
        } else {
            row.hint.to_owned()
        };
        Some(Explanation { class: row.class, rank: row.rank, hint: Some(hint) })
    }

    /// The row that decides.
    fn row(&self, code: Option<&str>, message: &str) -> Option<usize> {
        let fitting = self.all.get().matches(message);
        let mut fitting = rows().enumerate().filter(|(index, _)| fitting.matched(*index));
        fitting.find(|(_, row)| is_said_by(row.codes, code)).map(|(index, _)| index)
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().copied().flatten()
}

fn is_said_by(codes: &[&str], code: Option<&str>) -> bool {
    let is_one = |code: &str| {
        codes.iter().any(|of| of.strip_suffix('*').map_or(code == *of, |of| code.starts_with(of)))
    };
    codes.is_empty() || code.is_some_and(is_one)
}

fn beginning(message: &str) -> &str {
    message.get(..message.floor_char_boundary(READ)).unwrap_or(message)
}

/// The hint with what the log calls things.
fn filled(hint: &str, found: &Captures<'_>) -> String {
    let mut filled = String::new();
    for part in hint.split('{') {
        match part.split_once('}') {
            Some((name, rest)) => {
                filled += &named(found.name(name).map_or("", |name| name.as_str()));
                filled += rest;
            }
            None => filled += part,
        }
    }
    filled
}

fn named(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}

const PROMOTED: &str = "Fix what this warning is about: the build treats it as an error, often since the compiler \
    or the engine was updated.";
const FAILS_COOK: &str = "Look at this even if the content is fine: any Error-level line fails a cook, whatever it is \
    about.";

/// Where no row fits: whose turn it mostly is, by who says it.
fn by_default(subject: &Subject<'_>) -> Option<Explanation> {
    let code = subject.code?;
    let class = class_of(code, subject.file)?;
    let is_error = subject.severity == Severity::Error;
    let hint = if is_error && is_warning(code) {
        Some(PROMOTED)
    } else if is_error && subject.phase == Some(Phase::Cook) && code.starts_with("Log") {
        Some(FAILS_COOK)
    } else {
        None
    };
    Some(Explanation { class, rank: None, hint: hint.map(str::to_owned) })
}

/// What the engine says of assets.
const OF_ASSETS: &[&str] = &[
    "LoadErrors",
    "LogAnimation",
    "LogAssetRegistry",
    "LogBlueprint",
    "LogContentValidation",
    "LogCook",
    "LogLinker",
    "LogMaterial",
    "LogNiagara",
    "LogProperty",
    "LogShaderCompilers",
    "LogSkeletalMesh",
    "LogStaticMesh",
    "LogStreaming",
    "LogTexture",
    "LogUObjectGlobals",
    "MapCheck",
];

fn class_of(code: &str, file: Option<&str>) -> Option<FailureClass> {
    let is_asset = file.is_some_and(|file| file.ends_with(".uasset") || file.ends_with(".umap"));
    match code {
        _ if is_asset || OF_ASSETS.contains(&code) => Some(FailureClass::Content),
        "clang" | "javac" | "kotlin" | "ispc" | "shader" | "UHT" | "IWYU" | "ld" | "ensure"
        | "crash" | "LogPython" | "LogClass" => Some(FailureClass::Code),
        "OS" | "git" | "git-lfs" | "Perforce" => Some(FailureClass::Infrastructure),
        "Turnkey" | "dotnet" => Some(FailureClass::Toolchain),
        "aapt" | "codesign" => Some(FailureClass::Config),
        // Plugins and their settings, for the most part.
        _ if code.starts_with("Log") => Some(FailureClass::Config),
        _ if code.starts_with("-W") => Some(FailureClass::Code),
        _ if ["C", "CS", "LNK", "X"].iter().any(|family| is_numbered(code, family)) => {
            Some(FailureClass::Code)
        }
        _ => None,
    }
}

/// MSVC counts its warnings from C4000, and clang names them.
fn is_warning(code: &str) -> bool {
    code.starts_with("-W")
        || (is_numbered(code, "C") && matches!(code.as_bytes(), [_, b'4' | b'5', ..]))
}

fn is_numbered(code: &str, family: &str) -> bool {
    let number = code.strip_prefix(family);
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;

//! Explains a finding: who has to fix it and, in one sentence, what to do. The first row that fits decides. This file
//! looks rows up; the tables are beside it, one for each kind of cause.

mod code;
mod config;
mod content;
mod machine;
mod row;
mod toolchain;

use regex::{Captures, RegexSet};

use crate::finding::{Owner, Phase, Rank, Severity};
use crate::pattern::{self, Lazy, LazyPattern};
use crate::tool::Tool;
use row::Row;

/// The finding to explain. Its texts are as the log has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'s> {
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
    /// The rank, if the shape of the line does not tell it.
    pub(crate) rank: Option<Rank>,
    /// Names in it are from the log.
    pub(crate) hint: Option<String>,
}

/// A lack of the machine can cause anything, so it comes first.
const TABLES: &[&[Row]] =
    &[machine::TABLE, toolchain::TABLE, config::TABLE, content::TABLE, code::TABLE];

/// How much of a message is searched.
const SEARCHED_BYTES: usize = 8 * 1024;
/// How many characters a name in a hint may have.
const MAX_NAME: usize = 120;

/// The tables, compiled on first use: a build that succeeds does not need them, and they cost time and memory.
#[derive(Debug, Clone)]
pub(crate) struct Explanations {
    all: Lazy<RegexSet>,
    /// For the names in the message.
    rows: Vec<LazyPattern>,
}

impl Explanations {
    pub(crate) fn new() -> Self {
        Self {
            all: Lazy::new(|| pattern::compile_set(rows().map(|row| row.pattern))),
            rows: rows().map(|row| LazyPattern::new(row.pattern)).collect(),
        }
    }

    /// The explanation, if there is one.
    pub(crate) fn explain(&self, subject: &Subject<'_>) -> Option<Explanation> {
        self.by_table(subject).or_else(|| by_default(subject))
    }

    fn by_table(&self, subject: &Subject<'_>) -> Option<Explanation> {
        let message = beginning(subject.message);
        let index = self.row(subject.tool, subject.code, message)?;
        let row = rows().nth(index)?;
        let hint = if row.hint.contains('{') {
            let pattern = self.rows.get(index)?.get();
            filled(row.hint, &pattern.captures(message)?)
        } else {
            row.hint.to_owned()
        };
        Some(Explanation { owner: row.owner, rank: row.rank, hint: Some(hint) })
    }

    /// The row that decides.
    fn row(&self, tool: Option<Tool>, code: Option<&str>, message: &str) -> Option<usize> {
        let fitting = self.all.get().matches(message);
        let mut fitting = rows().enumerate().filter(|(index, _)| fitting.matched(*index));
        fitting.find(|(_, row)| row.is_about(tool, code)).map(|(index, _)| index)
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().copied().flatten()
}

fn beginning(message: &str) -> &str {
    message.get(..message.floor_char_boundary(SEARCHED_BYTES)).unwrap_or(message)
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
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}

const PROMOTED: &str = "Fix what this warning is about: the build treats it as an error, often since the compiler \
    or the engine was updated.";
const FAILS_COOK: &str = "Look at this even if the content is fine: any Error-level line fails a cook, whatever it is \
    about.";

/// The explanation without a row: the usual owner of the tool's messages.
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
    Some(Explanation { owner, rank: None, hint: hint.map(str::to_owned) })
}

/// Log categories and message lists that are about assets.
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

/// Log categories that are about code.
const OF_CODE: &[&str] = &["LogClass", "LogPython"];

fn usual_owner(subject: &Subject<'_>) -> Option<Owner> {
    let is_asset = |file: &str| file.ends_with(".uasset") || file.ends_with(".umap");
    let has_code = |codes: &[&str]| subject.code.is_some_and(|code| codes.contains(&code));
    let tool = subject.tool?;
    if subject.file.is_some_and(is_asset) || has_code(OF_ASSETS) {
        return Some(Owner::Content);
    }
    match tool {
        Tool::Clang
        | Tool::Crash
        | Tool::CSharp
        | Tool::Ensure
        | Tool::Ispc
        | Tool::Iwyu
        | Tool::Javac
        | Tool::Kotlin
        | Tool::Ld
        | Tool::Msvc
        | Tool::MsvcLinker
        | Tool::ShaderCompiler
        | Tool::Uht => Some(Owner::Code),
        Tool::Engine if has_code(OF_CODE) => Some(Owner::Code),
        // Mostly plugins and their settings.
        Tool::Engine => Some(Owner::Config),
        Tool::Os | Tool::Git | Tool::GitLfs | Tool::Perforce => Some(Owner::Infrastructure),
        Tool::Turnkey | Tool::DotNet => Some(Owner::Toolchain),
        Tool::Aapt | Tool::Codesign => Some(Owner::Config),
        Tool::Exit
        | Tool::Gradle
        | Tool::MessageLog
        | Tool::MsBuild
        | Tool::OtherNumbered
        | Tool::Uat
        | Tool::Ubt
        | Tool::Xcode => None,
    }
}

/// Whether the code is a warning's. MSVC numbers its warnings from C4000, and clang names its own.
fn is_warning(subject: &Subject<'_>) -> bool {
    match subject.tool {
        Some(Tool::Clang) => subject.code.is_some(),
        Some(Tool::Msvc) => {
            let code = subject.code.unwrap_or_default();
            matches!(code.as_bytes(), [_, b'4' | b'5', ..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;

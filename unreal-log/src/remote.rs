//! The place of a finding in the words of the log, so that its file can be looked up in a repository later. No text here
//! was made safe to print.

use std::fmt;
use std::sync::Arc;

/// A place in a file of the build machine, or a name that leads to one, with what the log has said of that machine.
///
/// The file system is never asked. [`RemotePath::certain`] gives the file as far as it is certain without a repository.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RemotePath {
    /// The file or the names in the log.
    pub clue: Clue,
    /// The folders of the build machine, as far as the log had named them by then.
    pub machine: Arc<BuildMachine>,
}

/// Shows nothing, because a path may hold a secret.
impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemotePath").finish_non_exhaustive()
    }
}

/// The file or the names in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clue {
    /// A file.
    File(RemoteFile),
    /// The first of these files that is in the repository, or else the last resort.
    FirstInRepository {
        /// Callers, or files that refer to a symbol. The nearest is first.
        files: Vec<RemoteFile>,
        /// The file to show if none of the others is in the repository, wherever it is.
        or_else: Option<RemoteFile>,
    },
    /// An asset that certainly exists, by the engine's name for it: `/Game/Maps/Level.Level`.
    Asset(String),
    /// Names in a message, which need not exist.
    Names {
        /// The subject of the message. It is tried first.
        source: Option<Source>,
        /// Assets that are mentioned.
        assets: Vec<String>,
        /// Files that are mentioned. They are tried last.
        files: Vec<String>,
    },
}

/// A file of the build machine, as the log spells it. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteFile {
    /// The path, with the separators and the spelling of the log.
    pub path: String,
    /// The first line.
    pub line: Option<u32>,
    /// The first column. It never stands without a line.
    pub column: Option<u32>,
    /// The last line, if there are several.
    pub end_line: Option<u32>,
}

impl RemoteFile {
    /// The whole file.
    pub fn whole(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, column: None, end_line: None }
    }
}

/// The number of a line or of a column. Programs that read reports use signed 32-bit numbers, so a higher number is
/// left out.
pub(crate) fn place_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| (1..=i32::MAX.unsigned_abs()).contains(number))
}

/// The subject of a message that names no file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A key of the project's `Config/Default<ini>.ini`. The beginning of the key is enough.
    Setting {
        /// `Engine`, `Game`, …
        ini: String,
        /// The section, if it is named.
        section: Option<String>,
        /// The key, or its beginning.
        key: String,
    },
    /// A file by its name, or by its path on the build machine.
    File(String),
    /// A plugin, or the project that asks for it.
    Plugin(String),
    /// The rules of a module.
    Module(String),
}

/// The folders of projects and engine on the build machine, as far as the log has named them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BuildMachine {
    /// The projects. The latest is last.
    pub projects: Vec<RemoteProject>,
    /// The path of the folder that is called `Engine`.
    pub engine: Option<String>,
    /// The folder that the repository was cloned to.
    pub clone: Option<String>,
}

/// A project on the build machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteProject {
    /// Its folder, normalised. It is unknown if the log named it relative to some other folder.
    pub folder: Option<String>,
    /// The name of its file: `Game.uproject`.
    pub file: String,
}

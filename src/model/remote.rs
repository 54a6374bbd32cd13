//! Where a finding is in the words of the build log, so that its file can be looked up in the repository
//! later. Nothing here was made safe to print.

use std::fmt;
use std::sync::Arc;

/// What is needed to find the file of a finding in the repository.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RemotePlace {
    /// What the log names.
    pub clue: Clue,
    /// What the log had said of its machine by then.
    pub machine: Arc<BuildMachine>,
}

/// A path may hold a secret.
impl fmt::Debug for RemotePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemotePlace").finish_non_exhaustive()
    }
}

/// What the log names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clue {
    /// A file.
    File(RemoteFile),
    /// The first of these files that is in the repository, or else the last resort.
    FirstInRepository {
        /// Callers, or files that refer to a symbol; the nearest first.
        files: Vec<RemoteFile>,
        /// Shown wherever it is.
        or_else: Option<RemoteFile>,
    },
    /// An asset that certainly exists, by the engine's name for it: `/Game/Maps/Level.Level`.
    Asset(String),
    /// Names in a message, which need not exist.
    Names {
        /// What the message is about. It comes first.
        source: Option<Source>,
        /// Assets that are mentioned.
        assets: Vec<String>,
        /// Files that are mentioned. They come last.
        files: Vec<String>,
    },
}

/// A file of the build machine, as the log spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteFile {
    /// With the separators and the spelling of the log.
    pub path: String,
    /// First line.
    pub line: Option<u32>,
    /// First column.
    pub column: Option<u32>,
    /// Last line, if there are several.
    pub end_line: Option<u32>,
}

impl RemoteFile {
    /// The whole file.
    pub fn whole(path: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, column: None, end_line: None }
    }
}

/// What a message names instead of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A key of the project's `Config/Default<ini>.ini`. What the key begins with is enough.
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

/// Where projects and engine are on the build machine, as far as the log has said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BuildMachine {
    /// The latest one last.
    pub projects: Vec<RemoteProject>,
    /// The folder that is called `Engine`.
    pub engine: Option<String>,
    /// The folder that the repository was cloned to.
    pub clone: Option<String>,
}

/// A project on the build machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteProject {
    /// Its folder, normalised; unknown if it was named relative to some other folder.
    pub folder: Option<String>,
    /// `Game.uproject`
    pub file: String,
}

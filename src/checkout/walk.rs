//! Walks over every file of a checkout once, within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::fs::{self, DirEntry, ReadDir};
use std::path::{Path, PathBuf};

use super::index::Index;
use crate::files::read;
use unreal_log::locate::spelling::GENERATED_FOLDERS;

/// The bounds of the walk. The largest games have some hundred thousand files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) entries: usize,
    pub(super) depth: usize,
    pub(super) texts: usize,
    pub(super) text_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 300_000, depth: 32, texts: 64, text_bytes: 256 * 1024 }
    }
}

/// Folders that no log mentions.
const SKIPPED: [&str; 2] = [".git", "node_modules"];
/// Below these, folders may have any name.
const AUTHORED: [&str; 2] = ["Source", "Content"];

struct Folder {
    path: PathBuf,
    /// From the top: empty, or ending in `/`.
    name: String,
    depth: usize,
    is_authored: bool,
}

/// All files below the folder, the upper ones first; `None` if it cannot be read. Links are not
/// followed.
pub(super) fn walk(root: &Path, bounds: Bounds) -> Option<Index> {
    fs::read_dir(root).ok()?;
    let mut index = Index::of(root);
    if is_sparse(root) {
        index.cut();
    }
    let mut left = bounds.entries;
    let top = Folder { path: root.to_owned(), name: String::new(), depth: 0, is_authored: false };
    let mut folders = VecDeque::from([top]);
    while let Some(folder) = folders.pop_front() {
        if folder.depth > 0 && folder.path.join(".git").exists() {
            // A submodule is a repository of its own.
            continue;
        }
        // A folder that cannot be read does not belong to the checkout.
        let Ok(entries) = fs::read_dir(&folder.path) else { continue };
        let (entries, is_cut) = first(entries, left);
        left = left.saturating_sub(entries.len());
        for (name, entry) in entries {
            let Some(name) = name.to_str().filter(|name| is_plain(name)) else { continue };
            match entry.file_type() {
                Ok(kind) if kind.is_file() => index.add(&folder.name, name),
                Ok(kind) if kind.is_dir() && !folder.skips(name) => {
                    if folder.depth >= bounds.depth {
                        index.cut();
                        continue;
                    }
                    folders.push_back(folder.inner(entry.path(), name));
                }
                _ => {}
            }
        }
        if is_cut {
            index.cut();
            break;
        }
    }
    index.sort();
    read_texts(root, bounds, &mut index);
    Some(index)
}

/// The entries of a folder by name, at most so many, and whether there are more. File systems list them in different
/// orders.
fn first(entries: ReadDir, most: usize) -> (BTreeMap<OsString, DirEntry>, bool) {
    let mut first = BTreeMap::new();
    let mut is_cut = false;
    for entry in entries.flatten() {
        first.insert(entry.file_name(), entry);
        if first.len() > most {
            first.pop_last();
            is_cut = true;
        }
    }
    (first, is_cut)
}

/// A file `.git` has one path.
const GIT_FILE_BYTES: u64 = 64 * 1024;

/// True if Git leaves files out of the checkout.
fn is_sparse(root: &Path) -> bool {
    let git = root.join(".git");
    // In a worktree or a submodule `.git` is a file with the path of the folder.
    let elsewhere = read::whole(&git, GIT_FILE_BYTES).ok();
    let elsewhere = elsewhere.and_then(|text| String::from_utf8(text).ok());
    let elsewhere = elsewhere.as_deref().and_then(|text| text.strip_prefix("gitdir: "));
    let git = elsewhere.map_or(git, |folder| root.join(folder.trim_end()));
    git.join("info/sparse-checkout").exists()
}

/// The repository of a workspace, which may be in a folder of its own.
pub(super) fn repository(workspace: PathBuf) -> PathBuf {
    let is_repository = |folder: &PathBuf| folder.join(".git").exists();
    // Some checkouts have no `.git`, and one of several in the same folder may.
    if is_repository(&workspace) || has_project(&workspace) {
        return workspace;
    }
    let inner = fs::read_dir(&workspace).into_iter().flatten().flatten();
    let mut inner = inner.map(|entry| entry.path()).filter(is_repository);
    match (inner.next(), inner.next()) {
        (Some(only), None) => only,
        _ => workspace,
    }
}

/// The top of the checkout around the folder.
pub(super) fn top(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    if let Some(top) = folder.ancestors().find(|above| above.join(".git").exists()) {
        return Some(top.to_owned());
    }
    has_project(&folder).then_some(folder)
}

/// True if this folder directly contains an Unreal project.
fn has_project(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    names.any(|name| Path::new(&name).extension().is_some_and(|end| end == "uproject"))
}

impl Folder {
    fn skips(&self, name: &str) -> bool {
        let is_one_of = |names: &[&str]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        is_one_of(&SKIPPED) || (!self.is_authored && is_one_of(&GENERATED_FOLDERS))
    }

    fn inner(&self, path: PathBuf, name: &str) -> Self {
        let is_authored = self.is_authored || AUTHORED.contains(&name);
        Self { path, name: format!("{}{name}/", self.name), depth: self.depth + 1, is_authored }
    }
}

/// Other names have a special meaning to one of the programs that read paths.
fn is_plain(name: &str) -> bool {
    !name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
}

/// Reads the files that are likely to be looked up: configuration for settings, projects for
/// plugins.
fn read_texts(root: &Path, bounds: Bounds, index: &mut Index) {
    let mut files: Vec<_> =
        index.paths().filter(|path| is_asked_for(path)).map(str::to_owned).collect();
    files.sort_unstable_by_key(|path| (path.matches('/').count(), path.clone()));
    for file in files.into_iter().take(bounds.texts) {
        if let Ok(bytes) = read::beginning(&root.join(&file), bounds.text_bytes) {
            index.keep_text(file, decoded(&bytes));
        }
    }
}

fn is_asked_for(path: &str) -> bool {
    let mut names = path.rsplit('/');
    let name = names.next().unwrap_or_default();
    let (name, folder) = (name.to_ascii_lowercase(), names.next());
    let is_ini = name.starts_with("default") && name.ends_with(".ini");
    let is_config = folder.is_some_and(|folder| folder.eq_ignore_ascii_case("Config"));
    name.ends_with(".uproject") || (is_ini && is_config)
}

/// The editor saves texts with non-ASCII characters in UTF-16.
fn decoded(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, text @ ..] => {
            let units = text.chunks_exact(2).filter_map(|pair| pair.first_chunk());
            String::from_utf16_lossy(
                &units.map(|pair| u16::from_le_bytes(*pair)).collect::<Vec<_>>(),
            )
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

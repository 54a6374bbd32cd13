//! An index that finds files by the names in a log. Pure.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The files of a checkout. All paths share one string, because a large repository has hundreds of
/// thousands.
#[derive(Debug, Default)]
pub(super) struct Index {
    top: PathBuf,
    paths: String,
    /// Sorted by name once the index is complete.
    files: Vec<File>,
    /// The ranges of the project files in `paths`.
    projects: Vec<Range<usize>>,
    texts: BTreeMap<String, String>,
    is_cut: bool,
}

#[derive(Debug)]
struct File {
    /// Hash of the name, in lower case.
    name: u64,
    place: Range<usize>,
}

/// A file whose path ends like another path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suffix<'t> {
    /// Path of the file in the repository.
    pub(super) file: &'t str,
    /// How many names at the end of both paths are equal.
    pub(super) names: usize,
}

/// A name that more files than this share is not looked up.
const MAX_SAME_NAME: usize = 256;

impl Index {
    /// Adds a file, by its path from the top.
    pub(super) fn of(top: &Path) -> Self {
        Self { top: top.to_owned(), ..Self::default() }
    }

    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    pub(super) fn add(&mut self, folder: &str, name: &str) {
        let start = self.paths.len();
        self.paths.push_str(folder);
        self.paths.push_str(name);
        let place = start..self.paths.len();
        if name.ends_with(".uproject") {
            self.projects.push(place.clone());
        }
        self.files.push(File { name: hash(name), place });
    }

    /// Some of the files are missing from it.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
    }

    pub(super) fn keep_text(&mut self, file: String, text: String) {
        self.texts.insert(file, text);
    }

    /// Call it after all files were added.
    pub(super) fn sort(&mut self) {
        self.files.sort_unstable_by_key(|file| file.name);
    }

    /// True if this is a complete repository with an Unreal project. Then a file that is not in it
    /// is not in the repository.
    pub(super) fn is_authoritative(&self) -> bool {
        !self.is_cut && !self.projects.is_empty()
    }

    /// The files of Unreal projects.
    pub(super) fn projects(&self) -> impl Iterator<Item = &str> {
        self.projects.iter().map(|place| self.path(place))
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| self.path(&file.place))
    }

    /// The file with this path, as spelt in the repository. Case is ignored, unless two files
    /// differ in nothing else.
    pub(super) fn file(&self, path: &str) -> Option<&str> {
        let exact = self.with_hash_of(last(path)).find(|file| *file == path);
        exact.or_else(|| only(self.named(last(path)).into_iter().filter(|file| same(file, path))))
    }

    /// The only file of this name, in any folder.
    pub(super) fn only(&self, name: &str) -> Option<&str> {
        self.complete()?;
        only(self.named(name).into_iter())
    }

    /// The file that shares the longest end with the given path, if only one does.
    pub(super) fn ending(&self, path: &str) -> Option<Suffix<'_>> {
        self.complete()?;
        let shared = |file: &str| {
            file.rsplit('/').zip(path.rsplit('/')).take_while(|(a, b)| same(a, b)).count()
        };
        let named = self.named(last(path)).into_iter();
        let files: Vec<_> = named.map(|file| Suffix { file, names: shared(file) }).collect();
        let most = files.iter().map(|file| file.names).max()?;
        only(files.into_iter().filter(|file| file.names == most))
    }

    /// The text of a configuration file or project file, at least its beginning. Other files are
    /// not read.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// A file of an incomplete index cannot be called the only one.
    fn complete(&self) -> Option<()> {
        (!self.is_cut).then_some(())
    }

    fn named(&self, name: &str) -> Vec<&str> {
        let named: Vec<_> = self.with_hash_of(name).take(MAX_SAME_NAME + 1).collect();
        if named.len() > MAX_SAME_NAME {
            return Vec::new();
        }
        named.into_iter().filter(|path| same(last(path), name)).collect()
    }

    /// The files whose names have the same hash.
    fn with_hash_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let wanted = hash(name);
        let first = self.files.partition_point(|file| file.name < wanted);
        let files = self.files.iter().skip(first).take_while(move |file| file.name == wanted);
        files.map(|file| self.path(&file.place))
    }

    fn path(&self, place: &Range<usize>) -> &str {
        self.paths.get(place.clone()).unwrap_or_default()
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

/// True if both are equal except for case.
fn same(a: &str, b: &str) -> bool {
    lower(a).eq(lower(b))
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    lower(name).for_each(|c| c.hash(&mut hasher));
    hasher.finish()
}

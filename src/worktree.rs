//! The files of the repository as they are checked out where we run. Disks may hang, so a thread of
//! its own looks at them, once, and nobody waits long for it.

mod index;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, Once, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use index::Index;
pub use index::Suffix;
use walk::Bounds;

/// How long all questions together may wait for the walk. What is asked after that is not known, until
/// the walk is over.
const PATIENCE: Duration = Duration::from_secs(1);

/// A checkout, or none. Nothing is read before [`begin`](Self::begin).
#[derive(Clone, Default)]
pub struct Worktree(Option<Arc<Tree>>);

struct Tree {
    walk: Mutex<Option<Walk>>,
    begun: Once,
    /// What the walk found; nothing if there is no checkout after all.
    index: OnceLock<Option<Index>>,
    patience: Mutex<Duration>,
    found: Condvar,
}

/// Where tools keep what they make, beside what people write.
pub(crate) const MADE: [&str; 4] = ["Intermediate", "Binaries", "Saved", "DerivedDataCache"];

type Walk = Box<dyn FnOnce() -> Option<Index> + Send>;

impl Worktree {
    /// No checkout.
    pub fn none() -> Self {
        Self(None)
    }

    /// The checkout whose top is this folder.
    pub fn at(root: PathBuf) -> Self {
        Self::walked_by(PATIENCE, move || walk::walk(&root, Bounds::default()))
    }

    /// The checkout of a workspace: the only repository in a folder of it, if it is none itself.
    pub fn within(workspace: PathBuf) -> Self {
        Self::walked_by(PATIENCE, move || {
            walk::walk(&walk::repository(workspace), Bounds::default())
        })
    }

    /// The checkout that this folder is in: the nearest folder above it that is the top of a Git
    /// repository, or the folder itself if there is an Unreal project in it.
    pub fn around(folder: PathBuf) -> Self {
        Self::walked_by(PATIENCE, move || walk::walk(&walk::top(&folder)?, Bounds::default()))
    }

    fn walked_by(
        patience: Duration,
        walk: impl FnOnce() -> Option<Index> + Send + 'static,
    ) -> Self {
        Self(Some(Arc::new(Tree {
            walk: Mutex::new(Some(Box::new(walk))),
            begun: Once::new(),
            index: OnceLock::new(),
            patience: Mutex::new(patience),
            found: Condvar::new(),
        })))
    }

    /// Starts to look at the files, unless that was done. Does not wait; to be called as soon as it is
    /// likely that something will be asked.
    pub fn begin(&self) {
        let Some(tree) = &self.0 else { return };
        tree.begun.call_once(|| {
            let walk = tree.walk.lock().unwrap_or_else(PoisonError::into_inner).take();
            let tree = Arc::clone(tree);
            let work = move || {
                let index = walk.and_then(|walk| walk());
                let _first = tree.index.set(index);
                // Whoever is about to wait has looked for the index with this in hand.
                let _held = tree.patience.lock();
                tree.found.notify_all();
            };
            // Without a thread the tree stays unknown.
            let _detached = thread::Builder::new().name("worktree".to_owned()).spawn(work);
        });
    }

    /// Whoever asks from now on waits no more.
    pub fn hurry(&self) {
        if let Some(tree) = &self.0 {
            *tree.patience.lock().unwrap_or_else(PoisonError::into_inner) = Duration::ZERO;
        }
    }

    /// The folder that paths in the repository are relative to, if that is known already. Does not wait.
    pub fn top(&self) -> Option<&Path> {
        Some(self.0.as_ref()?.index.get()?.as_ref()?.top())
    }

    /// Whether this is all of a repository that has an Unreal project: what is not in it is not in the
    /// repository.
    pub fn is_authoritative(&self) -> bool {
        self.index().is_some_and(|index| index.is_complete() && index.has_project())
    }

    /// The file with this path, as it is spelt in the repository. Upper and lower case are the same,
    /// unless two files differ in nothing else.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.index()?.file(path)
    }

    /// The only file whose path ends as the given path does, for more of its folders than that of any
    /// other.
    pub fn ending(&self, path: &str) -> Option<Suffix<'_>> {
        self.complete()?.ending(path)
    }

    /// The only file of this name, wherever it is.
    pub fn only(&self, name: &str) -> Option<&str> {
        self.complete()?.only(name)
    }

    /// The files of Unreal projects.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.index().into_iter().flat_map(Index::projects)
    }

    /// The text of a configuration file or of a project's file, at least its beginning. Others are not
    /// read.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.index()?.text(file)
    }

    /// Of what was cut no file can be called the only one.
    fn complete(&self) -> Option<&Index> {
        self.index().filter(|index| index.is_complete())
    }

    fn index(&self) -> Option<&Index> {
        let tree = self.0.as_ref()?;
        if tree.index.get().is_none() {
            self.begin();
            tree.wait();
        }
        tree.index.get()?.as_ref()
    }
}

impl Tree {
    fn wait(&self) {
        let began = Instant::now();
        let patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = *patience;
        let waited =
            self.found.wait_timeout_while(patience, longest, |_| self.index.get().is_none());
        let (mut patience, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *patience = longest.saturating_sub(began.elapsed());
    }
}

impl fmt::Debug for Worktree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.0.as_ref().map(|tree| tree.index.get()) {
            None => "none",
            Some(None) => "not known yet",
            Some(Some(None)) => "not there",
            Some(Some(Some(_))) => "known",
        };
        f.debug_tuple("Worktree").field(&state).finish()
    }
}

//! The repository's files as they are checked out on this machine, and lookups in them. Disks may
//! hang, so a separate thread walks over the files once, and only a future waits for it.

mod index;
mod lines;
pub(crate) mod placing;
#[cfg(test)]
mod placing_tests;
mod resolve;
#[cfg(test)]
mod resolve_property_tests;
#[cfg(test)]
mod resolve_tests;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::sync::Notify;

use index::Index;
use walk::Bounds;

type Walk = Box<dyn FnOnce() -> Option<Index> + Send>;

/// A checkout, or none. Reads nothing before [`begin`](Self::begin).
#[derive(Default)]
pub struct Checkout {
    folder: Option<PathBuf>,
    walk: Option<Walk>,
    walked: Arc<Walked>,
}

/// The result of the walk.
#[derive(Default)]
struct Walked {
    /// Empty until the walk is over; then `None` if there is no checkout.
    index: OnceLock<Option<Index>>,
    over: Notify,
}

/// The folder that paths in the repository are relative to.
#[derive(Clone)]
pub struct Top(Arc<Walked>);

impl Checkout {
    /// No checkout.
    pub fn none() -> Self {
        let none = Self::default();
        none.walked.end(None);
        none
    }

    /// The checkout whose top is this folder.
    pub fn at(root: PathBuf) -> Self {
        let folder = Some(root.clone());
        Self { folder, ..Self::walked_by(move || walk::walk(&root, Bounds::default())) }
    }

    /// The checkout of a workspace: the workspace itself if it is a repository, or else the only
    /// repository in one of its folders.
    pub fn within(workspace: PathBuf) -> Self {
        let folder = Some(workspace.clone());
        let walk = move || walk::walk(&walk::repository(workspace), Bounds::default());
        Self { folder, ..Self::walked_by(walk) }
    }

    /// The checkout around this folder: the nearest Git repository above it, or the folder itself
    /// if it contains an Unreal project.
    pub fn around(folder: PathBuf) -> Self {
        let start = folder.clone();
        let walk = move || walk::walk(&walk::top(&start)?, Bounds::default());
        Self { folder: Some(folder), ..Self::walked_by(walk) }
    }

    fn walked_by(walk: impl FnOnce() -> Option<Index> + Send + 'static) -> Self {
        Self { folder: None, walk: Some(Box::new(walk)), walked: Arc::default() }
    }

    /// The folder that this was made from, if any: the CI's workspace, or a folder in it.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Starts the walk, unless it was started. Does not wait. Call it as soon as a lookup becomes
    /// likely.
    ///
    /// # Errors
    /// The system refused a thread. Then there is no checkout.
    pub fn begin(&mut self) -> io::Result<()> {
        self.begin_on(thread::Builder::new())
    }

    fn begin_on(&mut self, thread: thread::Builder) -> io::Result<()> {
        let Some(walk) = self.walk.take() else { return Ok(()) };
        // Ends the walk also if there is no thread, or if the walk panics.
        let ending = EndOnDrop(Arc::clone(&self.walked));
        let walking = thread.name("checkout".to_owned()).spawn(move || ending.0.end(walk()));
        walking.map(|_detached| ())
    }

    /// True if the walk is over.
    pub fn is_walked(&self) -> bool {
        self.walked.index.get().is_some()
    }

    /// Resolves when the walk, which must have begun, is over. Cancel safe.
    pub async fn walked(&self) {
        let over = self.walked.over.notified();
        tokio::pin!(over);
        over.as_mut().enable();
        if !self.is_walked() {
            over.await;
        }
    }

    /// The files, if they are known already and there are any. Does not wait.
    fn index(&self) -> Option<&Index> {
        self.walked.index.get()?.as_ref()
    }

    /// A handle on the top of the checkout.
    pub fn top(&self) -> Top {
        Top(Arc::clone(&self.walked))
    }
}

impl Top {
    /// The folder, if it is known already. Does not wait.
    pub fn path(&self) -> Option<&Path> {
        Some(self.0.index.get()?.as_ref()?.top())
    }
}

impl Walked {
    /// Only the first call has an effect.
    fn end(&self, index: Option<Index>) {
        let _first = self.index.set(index);
        self.over.notify_waiters();
    }
}

struct EndOnDrop(Arc<Walked>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end(None);
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.walked.index.get() {
            None => "not known yet",
            Some(None) => "none",
            Some(Some(_)) => "known",
        };
        f.debug_tuple("Checkout").field(&state).finish()
    }
}

//! The repository's files as they are checked out where we run, and which of them a finding is in. Disks
//! may hang, so a thread of its own walks over the files, once, and nothing waits for it but a future.

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

/// A checkout, or none. Nothing is read before [`begin`](Self::begin).
#[derive(Default)]
pub struct Checkout {
    walk: Option<Walk>,
    walked: Arc<Walked>,
}

/// What came of the walk.
#[derive(Default)]
struct Walked {
    /// Empty until the walk is over; then nothing if there is no checkout after all.
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
        Self::walked_by(move || walk::walk(&root, Bounds::default()))
    }

    /// The checkout of a workspace: the only repository in a folder of it, if it is none itself.
    pub fn within(workspace: PathBuf) -> Self {
        Self::walked_by(move || walk::walk(&walk::repository(workspace), Bounds::default()))
    }

    /// The checkout that this folder is in: the nearest folder above it that is the top of a Git
    /// repository, or the folder itself if there is an Unreal project in it.
    pub fn around(folder: PathBuf) -> Self {
        Self::walked_by(move || walk::walk(&walk::top(&folder)?, Bounds::default()))
    }

    fn walked_by(walk: impl FnOnce() -> Option<Index> + Send + 'static) -> Self {
        Self { walk: Some(Box::new(walk)), walked: Arc::default() }
    }

    /// Starts to look at the files, unless that was done. Does not wait; to be called as soon as it is
    /// likely that a file will be looked for.
    ///
    /// # Errors
    /// The system refused a thread. Then there is no checkout.
    pub fn begin(&mut self) -> io::Result<()> {
        self.begin_on(thread::Builder::new())
    }

    fn begin_on(&mut self, thread: thread::Builder) -> io::Result<()> {
        let Some(walk) = self.walk.take() else { return Ok(()) };
        // Ends the walk also if there is no thread, or if the walk panics.
        let ending = Ending(Arc::clone(&self.walked));
        let walking = thread.name("checkout".to_owned()).spawn(move || ending.0.end(walk()));
        walking.map(|_detached| ())
    }

    /// Whether the walk is over.
    pub fn is_walked(&self) -> bool {
        self.walked.index.get().is_some()
    }

    /// Resolves when the walk is over, which has begun. Cancel safe.
    pub async fn walked(&self) {
        let over = self.walked.over.notified();
        tokio::pin!(over);
        over.as_mut().enable();
        if !self.is_walked() {
            over.await;
        }
    }

    /// The files, if there are any and they are known already. Does not wait.
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
    /// The first end counts.
    fn end(&self, index: Option<Index>) {
        let _first = self.index.set(index);
        self.over.notify_waiters();
    }
}

struct Ending(Arc<Walked>);

impl Drop for Ending {
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

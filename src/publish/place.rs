//! Decides which folder the report files of this step go into: `reports-dir`, or a folder in it if another step is
//! writing to that one.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use super::problem::PublishProblem;
use crate::causes::copy;
use crate::ci::file_updates::WriteError;
use crate::files::folder::{Lock, OpenFolder};

/// The folder that the user or the CI wants report files in.
pub(crate) struct ReportsDir {
    pub(crate) path: PathBuf,
    /// The CI's workspace. No link in it is followed.
    pub(crate) workspace: Option<PathBuf>,
    /// The name of the folder in it if another step uses it.
    pub(crate) step: String,
}

/// The place of the report files. It is shared by the threads that write to it.
pub(super) struct Place {
    wanted: ReportsDir,
    /// The report files by name.
    files: Vec<&'static str>,
    claim: Mutex<Option<Claim>>,
}

/// A folder that no other step writes to.
#[derive(Clone)]
pub(super) struct Claim {
    top: Arc<OpenFolder>,
    /// `top`, or a folder in it.
    own: Arc<OpenFolder>,
    /// Its name in `top`.
    inner: Option<PathBuf>,
    lock: Arc<io::Result<Lock>>,
    /// Its path as people know it.
    path: PathBuf,
}

/// How many steps can use one `reports-dir` at once, and how many folders in it are searched for old files.
const MOST_STEPS: usize = 100;

/// This file shows that a folder in `reports-dir` was made for a step, so that its report files are cleared too.
const MARK: &str = ".buildpixel-ci";

const MARK_TEXT: &str =
    "buildpixel-ci made this folder because another step was writing to the one above.\n";

impl Place {
    pub(super) fn new(wanted: ReportsDir, files: Vec<&'static str>) -> Self {
        Self { wanted, files, claim: Mutex::default() }
    }

    /// The path that was asked for.
    pub(super) fn wanted(&self) -> &Path {
        &self.wanted.path
    }

    /// The path of the report files as far as it is known. Does not wait.
    pub(super) fn path(&self) -> PathBuf {
        let claim = match self.claim.try_lock() {
            Ok(claim) => claim,
            Err(TryLockError::Poisoned(claim)) => claim.into_inner(),
            Err(TryLockError::WouldBlock) => return self.wanted.path.clone(),
        };
        claim.as_ref().map_or(&self.wanted.path, |claim| &claim.path).clone()
    }

    /// The folder, without the report files of an earlier step. It stays the same until somebody removes it, or puts
    /// another one in its place.
    pub(super) fn claim(&self) -> Result<Claim, WriteError> {
        let claimed = || {
            let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
            let workspaces = self.wanted.workspace.as_slice();
            let top = OpenFolder::make(&self.wanted.path, workspaces)?;
            if let Some(claim) = claim.take_if(|claim| !claim.is_still_in(&top)) {
                drop(claim);
            }
            match &*claim {
                Some(claim) => Ok(claim.clone()),
                None => Ok(claim.insert(self.new_claim(top)?).clone()),
            }
        };
        claimed().map_err(WriteError::of(&self.wanted.path))
    }

    fn new_claim(&self, top: OpenFolder) -> io::Result<Claim> {
        let top = Arc::new(top);
        let path = &self.wanted.path;
        // Without locks all steps write to one folder.
        if let Some(lock) = top.lock().transpose() {
            self.clear(&top);
            self.clear_folders_of_earlier_steps(&top);
            let (own, lock) = (Arc::clone(&top), Arc::new(lock));
            return Ok(Claim { top, own, inner: None, lock, path: path.clone() });
        }
        let step = file_name(&self.wanted.step);
        let numbered = (2..=MOST_STEPS).map(|number| format!("{step}-{number}"));
        for name in [step.clone()].into_iter().chain(numbered).map(PathBuf::from) {
            let own = top.inner(&name)?;
            if let Some(lock) = own.lock().transpose() {
                self.clear(&own);
                own.replace(MARK, MARK_TEXT)?;
                let (own, lock, path) = (Arc::new(own), Arc::new(lock), path.join(&name));
                return Ok(Claim { top, own, inner: Some(name), lock, path });
            }
        }
        Err(io::Error::new(ErrorKind::ResourceBusy, "too many steps write to it at the same time"))
    }

    fn clear(&self, folder: &OpenFolder) {
        for name in &self.files {
            folder.clear(name);
        }
    }

    /// Jobs collect the files of all folders in `reports-dir`.
    fn clear_folders_of_earlier_steps(&self, top: &OpenFolder) {
        let marked = top.folders(MOST_STEPS).into_iter().filter(|folder| folder.has(MARK));
        for folder in marked {
            if let Ok(Some(_lock)) = folder.lock() {
                self.clear(&folder);
                folder.clear(MARK);
            }
        }
    }

    /// The problem that the user should know about.
    pub(super) fn problem(&self) -> Option<PublishProblem> {
        let claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let claim = claim.as_ref()?;
        let (wanted, path) = (self.wanted.path.display(), claim.path.display());
        match &*claim.lock {
            Err(cause) => {
                Some(PublishProblem::NoLock { folder: path.to_string(), cause: copy(cause) })
            }
            Ok(_) if claim.inner.is_some() => {
                Some(PublishProblem::Shared { wanted: wanted.to_string(), path: path.to_string() })
            }
            Ok(_) => None,
        }
    }

    /// Lets the next step have the folder. Without this it gets it when this process ends.
    pub(super) fn release(&self) {
        if let Ok(mut claim) = self.claim.try_lock() {
            *claim = None;
        }
    }
}

impl Claim {
    /// The folder for the reports.
    pub(super) fn folder(&self) -> &OpenFolder {
        &self.own
    }

    /// The path of a file as people know it.
    pub(super) fn path_of(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// True if the folder is still where it was.
    fn is_still_in(&self, top: &OpenFolder) -> bool {
        let same_inner = |name| top.inner(name).is_ok_and(|inner| inner.is_same(&self.own));
        top.is_same(&self.top) && self.inner.as_deref().is_none_or(same_inner)
    }
}

/// A name of a folder on every system, and none of a report file.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    match name.chars().take(64).map(plain).collect::<String>() {
        none if none.is_empty() => "step".to_owned(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_step_has_a_name_that_is_safe_and_no_name_of_a_report() {
        for (name, expected) in [
            ("665f1a2b3c4d5e6f70820001", "665f1a2b3c4d5e6f70820001"),
            ("Win64/Shipping@//depot/main", "Win64-Shipping---depot-main"),
            ("..", "--"),
            ("junit.xml", "junit-xml"),
            ("", "step"),
        ] {
            assert_eq!(file_name(name), expected);
        }
    }
}

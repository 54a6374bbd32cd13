//! A folder that is opened once. No link on the way to it from the workspace is followed, and neither is one in it: a
//! commit could have put it there.

#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

#[cfg(unix)]
use unix::Dir;
#[cfg(windows)]
use windows::Dir;

/// How often another program may put something in the place of a new file.
const ATTEMPTS: usize = 8;

/// An open folder.
#[derive(Debug)]
pub struct OpenFolder {
    dir: Dir,
    path: PathBuf,
}

impl OpenFolder {
    /// Opens the folder and makes it if it does not exist. The folder itself is no link, and neither is any folder
    /// between it and the first of the `workspaces`, the working folder or its repository on the way to it.
    ///
    /// # Errors
    /// It cannot be made or opened, or a link is in the way.
    pub fn make(path: &Path, workspaces: &[PathBuf]) -> io::Result<Self> {
        let here = env::current_dir()?;
        let (base, names) = split(&normalised(&here.join(path)), &tops(&here, workspaces));
        // Only the owner of the machine makes links there.
        let folder = Self::follow(&base)?;
        names.into_iter().try_fold(folder, |folder, name| folder.inner(Path::new(&name)))
    }

    /// Opens the folder over any links, and makes it if it does not exist. For paths that no commit decides about.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn follow(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self { dir: Dir::open(path)?, path: path.to_owned() })
    }

    /// Opens a folder in this one, and makes it if it does not exist.
    ///
    /// # Errors
    /// It cannot be made or opened, or is a link.
    pub fn inner(&self, name: &Path) -> io::Result<Self> {
        let path = self.path.join(name);
        let opened = match self.dir.inner(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match self.dir.make(name) {
                    // Another program has just made it.
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    made => made?,
                }
                self.dir.inner(name)
            }
            opened => opened,
        };
        match opened {
            Ok(dir) => Ok(Self { dir, path }),
            Err(_) if self.dir.is_link(name) => Err(io::Error::new(
                ErrorKind::InvalidInput,
                format!("{} is a link, and links are not followed", path.display()),
            )),
            Err(error) => Err(error),
        }
    }

    /// The folders in this one, links excluded; at most so many.
    pub fn folders(&self, most: usize) -> Vec<Self> {
        let names = self.dir.names().unwrap_or_default().into_iter();
        let existing = |name: OsString| {
            let dir = self.dir.inner(Path::new(&name)).ok()?;
            Some(Self { dir, path: self.path.join(name) })
        };
        names.filter_map(existing).take(most).collect()
    }

    /// True if there is a regular file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.dir.is_file(name)
    }

    /// True if both are the same folder, and not only the same path.
    pub fn is_same(&self, other: &Self) -> bool {
        self.dir.is_same(&other.dir)
    }

    /// Locks the folder for as long as the lock lives, or until this process ends. `None` if another step has locked it.
    ///
    /// # Errors
    /// The folder cannot be locked.
    pub fn lock(&self) -> io::Result<Option<Lock>> {
        self.dir.lock().map(|file| file.map(Lock))
    }

    /// Makes a new file, in the place of whatever else has this name.
    ///
    /// # Errors
    /// It cannot be made, or a folder has this name.
    pub fn create(&self, name: &str) -> io::Result<File> {
        #[cfg(debug_assertions)]
        super::hang::hang_if_asked(&self.path.join(name));
        for _ in 0..ATTEMPTS {
            self.remove(name)?;
            match self.dir.create(name) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => return created,
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Replaces the file, so that a reader sees the old text or the new one and never a part.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn replace(&self, name: &str, text: &str) -> io::Result<()> {
        let unfinished = unfinished(name);
        let replaced = self
            .create(&unfinished)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| self.dir.rename(&unfinished, name));
        if replaced.is_err() {
            // There may be no file to remove.
            let _gone = self.remove(&unfinished);
        }
        replaced
    }

    /// Removes the file with this name, and what is left of replacing it. Neither needs to exist.
    pub fn clear(&self, name: &str) {
        for name in [name, &unfinished(name)] {
            // A file that cannot be removed cannot be written either, and that is reported.
            let _gone = self.remove(name);
        }
    }

    /// Removes what has this name, a link too, and no folder.
    fn remove(&self, name: &str) -> io::Result<()> {
        match self.dir.remove(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// A lock on a folder. The operating system removes it when the process ends, however that happens.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

fn unfinished(name: &str) -> String {
    format!("{name}.tmp")
}

/// The workspaces as the system spells them. The root of a file system is none: links in it belong to the machine.
fn tops(here: &Path, workspaces: &[PathBuf]) -> Vec<PathBuf> {
    let here = here.canonicalize().ok();
    let has_repository = |folder: &&Path| folder.join(".git").exists();
    let repository = here.as_deref().and_then(|here| here.ancestors().find(has_repository));
    let repository = repository.map(Path::to_owned);
    let given = workspaces.iter().filter_map(|folder| folder.canonicalize().ok());
    let tops = given.chain(repository).chain(here);
    tops.filter(|top| top.parent().is_some()).collect()
}

/// Splits a path into a folder that may be reached over links, and the names below it that are no links.
fn split(path: &Path, tops: &[PathBuf]) -> (PathBuf, Vec<OsString>) {
    let is_top = |prefix: &&Path| prefix.canonicalize().is_ok_and(|prefix| tops.contains(&prefix));
    let prefixes: Vec<_> = path.ancestors().collect();
    let top = prefixes.iter().rev().copied().find(is_top);
    // Outside of a workspace only the folder itself is certainly ours.
    let base = top.or(path.parent()).unwrap_or(path);
    let names = path.strip_prefix(base).unwrap_or(Path::new("")).iter();
    (base.to_owned(), names.map(ToOwned::to_owned).collect())
}

/// The path without `.` and `..`. A name before `..` counts as a folder.
fn normalised(path: &Path) -> PathBuf {
    let mut normalised = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normalised.pop()),
            part => normalised.push(part),
        }
    }
    normalised
}

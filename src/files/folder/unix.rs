//! Folders by their descriptors: whatever takes the place of a folder later is not touched.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};

#[derive(Debug)]
pub(super) struct Dir(File);

/// The rights of a new folder, without those that the process's mask takes away.
const FOLDER: Mode = Mode::from_raw_mode(0o777);
const FILE: Mode = Mode::from_raw_mode(0o666);

/// A folder on the way may be one that can be entered and not listed.
#[cfg(target_os = "linux")]
const ENTER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const ENTER: OFlags = LIST;

const LIST: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Dir {
    /// Follows links.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(path, ENTER, Mode::empty())?.into()))
    }

    pub(super) fn inner(&self, name: &Path) -> io::Result<Self> {
        let flags = ENTER | OFlags::NOFOLLOW;
        Ok(Self(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into()))
    }

    pub(super) fn make(&self, name: &Path) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.0, name, FOLDER)?)
    }

    pub(super) fn is_link(&self, name: &Path) -> bool {
        self.kind(name) == Some(FileType::Symlink)
    }

    pub(super) fn is_file(&self, name: &str) -> bool {
        self.kind(Path::new(name)) == Some(FileType::RegularFile)
    }

    fn kind(&self, name: &Path) -> Option<FileType> {
        let file = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(file.st_mode))
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.listable()?)? {
            let name = entry?;
            let name = name.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        let id = |dir: &Self| rustix::fs::fstat(&dir.0).ok().map(|file| (file.st_dev, file.st_ino));
        id(self).is_some_and(|own| id(other) == Some(own))
    }

    /// A lock on the folder needs no file in it.
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        let file = self.listable()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The same folder, with a descriptor of its own.
    fn listable(&self) -> io::Result<File> {
        Ok(rustix::fs::openat(&self.0, ".", LIST, Mode::empty())?.into())
    }

    /// Fails if anything has this name.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, FILE)?.into())
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }
}

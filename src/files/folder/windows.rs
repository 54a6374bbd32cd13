//! Folders by their paths. Windows lets nobody rename or remove a folder that is open, or one above it, so each path
//! leads to the same folder for as long as this process needs it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Dir {
    path: PathBuf,
    /// This folder and those on the way to it.
    open: Vec<Arc<File>>,
}

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
const DELETE: u32 = 0x0001_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const ERROR_SHARING_VIOLATION: i32 = 32;

/// Windows locks no folders, so this file is in it while a step writes.
const LOCK: &str = ".buildpixel-ci.lock";

impl Dir {
    /// Follows links.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = pin(path, FILE_FLAG_BACKUP_SEMANTICS)?;
        Ok(Self { path: path.to_owned(), open: vec![Arc::new(file)] })
    }

    pub(super) fn inner(&self, name: &Path) -> io::Result<Self> {
        let path = self.path.join(name);
        let file = pin(&path, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)?;
        if !file.metadata()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        let open = self.open.iter().cloned().chain([Arc::new(file)]).collect();
        Ok(Self { path, open })
    }

    pub(super) fn make(&self, name: &Path) -> io::Result<()> {
        fs::create_dir(self.path.join(name))
    }

    pub(super) fn is_link(&self, name: &Path) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok_and(|file| file.is_symlink())
    }

    pub(super) fn is_file(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok_and(|file| file.is_file())
    }

    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// No folder can take the place of an open one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// The open file belongs to this process alone, and Windows removes it when it is closed.
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        options.access_mode(GENERIC_WRITE | DELETE).share_mode(0);
        options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT);
        match options.open(self.path.join(LOCK)) {
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Fails if anything has this name.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        options.open(self.path.join(name))
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }
}

/// Opens a folder so that it keeps its name.
fn pin(path: &Path, flags: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).custom_flags(flags);
    options.open(path)
}

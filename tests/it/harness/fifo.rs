//! Disks that hang: files that make everybody wait who accesses them.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::job::Job;
use super::wait::LONG;

/// A named pipe: opening one end takes until the other end is opened too.
pub(crate) struct Fifo(PathBuf);

impl Fifo {
    pub(crate) fn make(path: &Path) -> Self {
        let made = Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
        Self::at(path)
    }

    /// Every access to this file hangs. `src/files/hang.rs` explains how.
    pub(crate) fn hang(path: &Path) -> Self {
        Self::make(&path.with_added_extension("hangs"))
    }

    /// The one that makes this file hang.
    pub(crate) fn hanging(path: &Path) -> Self {
        Self::at(&path.with_added_extension("hangs"))
    }

    fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Resolves when somebody has begun to read. The reader hangs until the file is dropped.
    pub(crate) async fn is_read(&self) -> File {
        let (opened, is_read) = oneshot::channel();
        let path = self.0.clone();
        // The runtime would wait for a thread of its own even after the test has failed.
        thread::spawn(move || opened.send(OpenOptions::new().write(true).open(path).unwrap()));
        timeout(LONG, is_read).await.expect("nobody reads").unwrap()
    }
}

impl Job {
    /// Writing this report never ends, as on a disk that hangs.
    pub(crate) fn with_hanging_report(self, name: &str) -> Self {
        let reports = self.path_of("reports");
        fs::create_dir(&reports).unwrap();
        Fifo::hang(&reports.join(name));
        self.env("BUILDPIXEL_REPORTS_DIR", reports.to_str().unwrap())
    }
}

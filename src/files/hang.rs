//! Disks that hang, for tests of debug builds: a named pipe `NAME.hangs` stops every access to the file `NAME`. No
//! test can make a real disk hang.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Waits until the other end of the pipe was opened and closed, if there is a pipe.
pub(super) fn hang_if_asked(path: &Path) {
    let pipe = path.with_added_extension("hangs");
    if fs::metadata(&pipe).is_ok_and(|pipe| is_pipe(&pipe)) {
        let read = |mut pipe: File| io::copy(&mut pipe.by_ref(), &mut io::sink());
        let _over = File::open(pipe).and_then(read);
    }
}

#[cfg(unix)]
fn is_pipe(file: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&file.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}

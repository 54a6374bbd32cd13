//! Updates files that others read. A file is replaced as a whole, and a file of the CI gets all of a text or none
//! of it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::files::folder::OpenFolder;

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

impl WriteError {
    /// For `map_err`.
    pub fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |cause| Self { path: path.to_owned(), cause }
    }
}

/// Replaces the file, so that a reader sees the old text or the new one and never a part.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), WriteError> {
    let write = || {
        let name = path.file_name().and_then(OsStr::to_str).ok_or(ErrorKind::InvalidFilename)?;
        let folder = path.parent().ok_or(ErrorKind::InvalidFilename)?;
        OpenFolder::follow(folder)?.replace(name, text)
    };
    write().map_err(WriteError::of(path))
}

/// Appends to a file that may not exist yet, on a line of its own. A failure leaves nothing of the text in the
/// file, since half a record would swallow the next one.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), WriteError> {
    let write = || {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let gap = if ends_mid_line(&mut file)? { "\n" } else { "" };
        let before = file.metadata()?.len();
        let appended = file.write_all(format!("{gap}{text}").as_bytes());
        if appended.is_err() {
            // Only a regular file can be shortened. The first error is the one to report.
            let _as_before = file.set_len(before);
        }
        appended
    };
    write().map_err(WriteError::of(path))
}

fn ends_mid_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::causes::one_line;

    #[test]
    fn a_replaced_file_is_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/outputs.env");
        for text in ["first", "second"] {
            replace(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn appending_ends_an_unfinished_line_first_and_leaves_no_blank_one() {
        let folder = tempfile::tempdir().unwrap();
        for (before, expected) in [("", "x\n"), ("a=b\n", "a=b\nx\n"), ("a=b", "a=b\nx\n")] {
            let path = folder.path().join("output");
            fs::write(&path, before).unwrap();
            append(&path, "x\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        }
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outputs.env");
        fs::create_dir(&path).unwrap();
        replace(&path, "x").unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = append(&folder.path().join("no/such"), "x").unwrap_err();
        let text = one_line(&error);
        assert!(text.contains("no/such: "), "{text}");
    }
}

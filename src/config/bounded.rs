//! Reads files of limited size.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system's error.
    #[error(transparent)]
    System(#[from] io::Error),
    /// A folder, a pipe or a device.
    #[error("it is not a regular file")]
    NotRegular,
    /// It is longer than the limit.
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
}

/// Reads a regular file of at most `limit_bytes`. Opening a pipe could wait forever, and a device may never end.
///
/// # Errors
/// When it is something else, or cannot be read.
pub fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    if !fs::metadata(path)?.is_file() {
        return Err(FileError::NotRegular);
    }
    let mut content = Vec::new();
    let read = File::open(path)?.take(limit_bytes + 1).read_to_end(&mut content)?;
    if u64::try_from(read).is_ok_and(|read| read <= limit_bytes) {
        Ok(content)
    } else {
        Err(FileError::TooLong(limit_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(matches!(read(&file, 4), Err(FileError::TooLong(4))));
        assert!(matches!(read(folder.path(), 5), Err(FileError::NotRegular)));
        assert!(matches!(read(&folder.path().join("no"), 5), Err(FileError::System(_))));
    }

    #[test]
    #[cfg(unix)]
    fn a_device_that_never_ends_is_not_read() {
        assert!(matches!(read(Path::new("/dev/zero"), 5), Err(FileError::NotRegular)));
    }
}

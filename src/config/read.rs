//! Reads regular files within bounds. A device or a pipe could hang, or never end.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The whole of a regular file that has at most `max_bytes`.
///
/// # Errors
/// It cannot be read, is not a regular file, or is larger.
pub fn whole(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    // Opening a pipe could wait forever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= max_bytes) {
        return Ok(bytes);
    }
    let problem = match max_bytes / 1024 {
        kib if kib < 1024 => format!("it is larger than {kib} KiB"),
        kib => format!("it is larger than {} MiB", kib / 1024),
    };
    Err(io::Error::new(ErrorKind::FileTooLarge, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, [7; 2049]).unwrap();
        assert_eq!(whole(&file, 2049).unwrap(), [7; 2049]);
        assert_eq!(whole(&file, 2048).unwrap_err().to_string(), "it is larger than 2 KiB");
        let error = whole(folder.path(), 5).unwrap_err().to_string();
        assert_eq!(error, "it is not a regular file");
        assert_eq!(whole(&folder.path().join("no"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    #[cfg(unix)]
    fn a_device_that_never_ends_is_not_read() {
        let error = whole(Path::new("/dev/zero"), 5).unwrap_err().to_string();
        assert_eq!(error, "it is not a regular file");
    }
}

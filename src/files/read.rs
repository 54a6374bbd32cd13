//! Reads regular files within bounds. A device or a pipe could hang, or never end.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The whole of a regular file that has at most `max_bytes`.
///
/// # Errors
/// It cannot be read, is not a regular file, or is larger.
pub fn whole(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let bytes = beginning(path, max_bytes.saturating_add(1))?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= max_bytes) {
        return Ok(bytes);
    }
    let problem = match max_bytes / 1024 {
        kib if kib < 1024 => format!("it is larger than {kib} KiB"),
        kib => format!("it is larger than {} MiB", kib / 1024),
    };
    Err(io::Error::new(ErrorKind::FileTooLarge, problem))
}

/// The first bytes of a regular file, `max_bytes` at most.
///
/// # Errors
/// It cannot be read, or is not a regular file.
pub fn beginning(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular(path)?.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file.
fn regular(path: &Path) -> io::Result<File> {
    #[cfg(debug_assertions)]
    super::hang::hang_if_asked(path);
    // Opening a pipe or a device can have an effect.
    check(&fs::metadata(path)?)?;
    // Another file can have taken its place.
    let file = open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(file: &fs::Metadata) -> io::Result<()> {
    match file.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

/// Does not wait for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound_and_a_larger_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [7; 3000]).unwrap();
        assert_eq!(whole(&path, 3000).unwrap(), [7; 3000]);
        assert_eq!(beginning(&path, 2000).unwrap(), [7; 2000]);
        let error = whole(&path, 2048).unwrap_err().to_string();
        assert_eq!(error, "it is larger than 2 KiB");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let error = whole(&path, 3 << 20).unwrap_err().to_string();
        assert_eq!(error, "it is larger than 3 MiB");
    }

    #[test]
    fn only_a_regular_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = whole(folder.path(), 10).unwrap_err().to_string();
        assert_eq!(error, "it is not a regular file");
        assert_eq!(whole(&folder.path().join("none"), 10).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_device_and_links_to_them_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &link, Path::new("/dev/zero")] {
            let error = whole(path, 10).unwrap_err().to_string();
            assert_eq!(error, "it is not a regular file", "{path:?}");
        }
        // As if it had taken the place of a file.
        assert!(check(&open(&pipe).unwrap().metadata().unwrap()).is_err());
    }
}

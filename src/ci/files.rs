//! Writing what others will read: whole files or none, and appending to files that the CI owns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::process::ProgramError;
use crate::threads::Refused;

/// Something that was to be published and was not. Told, never swallowed; never hides a verdict.
#[derive(Debug, thiserror::Error)]
pub enum PublishProblem {
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It takes too long: the disk hangs, or the file is a pipe that nobody reads.
    #[error("cannot write {0}: it takes too long")]
    Stuck(String),
    /// The platform did not say where its file is.
    #[error("{0} is not set: the outputs were not handed over")]
    Unset(&'static str),
    /// An output that holds a secret.
    #[error("the output {output} is withheld: it holds a secret")]
    Withheld {
        /// Name of the output.
        output: &'static str,
    },
    /// A program of the CI did not take something.
    #[error("buildkite-agent did not take {what}")]
    Declined {
        /// What.
        what: String,
        /// Why.
        #[source]
        cause: ProgramError,
    },
    /// What should have a thread did without, so that a disk or a pipe that hangs holds up the rest.
    #[error(transparent)]
    NoThread(Refused),
    /// A report format cannot hold an output.
    #[error("{file} does not hold the output {output}: {reason}")]
    LeftOut {
        /// The report file.
        file: &'static str,
        /// Name of the output.
        output: String,
        /// The format's rule.
        reason: &'static str,
    },
}

impl PublishProblem {
    /// Whether this ends an otherwise good run with exit code 41, or is merely worth a warning.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Write { .. } | Self::Stuck(_) => true,
            Self::Unset(_)
            | Self::Withheld { .. }
            | Self::Declined { .. }
            | Self::NoThread(_)
            | Self::LeftOut { .. } => false,
        }
    }

    /// For `map_err`.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |cause| Self::Write { path: path.to_owned(), cause }
    }
}

/// Replaces the file, so that a reader sees the old text or the new and never a half.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), PublishProblem> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let unfinished = path.with_added_extension("tmp");
        let replaced = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
        if replaced.is_err() {
            // What could not be written may not be there to be removed.
            let _gone = fs::remove_file(&unfinished);
        }
        replaced
    };
    write().map_err(PublishProblem::write(path))
}

/// Appends to a file that may not exist yet, on a line of its own: all of the text or none, since half a
/// record would swallow the next one.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), PublishProblem> {
    let write = || {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let gap = if ends_mid_line(&mut file)? { "\n" } else { "" };
        let before = file.metadata()?.len();
        let appended = file.write_all(format!("{gap}{text}").as_bytes());
        if appended.is_err() {
            // What is no regular file cannot be shortened; the first error is the one to tell.
            let _as_before = file.set_len(before);
        }
        appended
    };
    write().map_err(PublishProblem::write(path))
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
    fn appending_finishes_a_foreign_line_first_and_never_leaves_a_blank_one() {
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
    fn a_problem_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let problem = append(&folder.path().join("no/such"), "x").unwrap_err();
        assert!(problem.is_failure());
        let text = one_line(&problem);
        assert!(text.contains("no/such: "), "{text}");
    }
}

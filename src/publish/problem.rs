//! Things that were to be published and were not. Each is reported; none hides a failing verdict.

use std::io;

use crate::causes::one_line;
use crate::ci::StepFilesError;
use crate::ci::file_updates::WriteError;
use crate::model::{Level, Notice};
use crate::threads::Refused;

/// Something that was to be published and was not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishProblem {
    /// A report file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The CI did not get its outputs or its summary.
    #[error(transparent)]
    StepFiles(#[from] StepFilesError),
    /// It takes too long: the disk hangs, or the file is a pipe that nobody reads.
    #[error("cannot write {0}: it takes too long")]
    Stuck(String),
    /// An output that holds a secret.
    #[error("the output {output} is withheld: it holds a secret")]
    Withheld {
        /// Name of the output.
        output: &'static str,
    },
    /// Something was done without a thread, so that a disk or a pipe that hangs blocks the rest.
    #[error(transparent)]
    NoThread(Refused),
    /// Another step writes to `reports-dir`.
    #[error("another step is writing to {wanted}: the reports of this step are in {path}")]
    Shared {
        /// `reports-dir`.
        wanted: String,
        /// The folder of this step in it.
        path: String,
    },
    /// Other steps do not notice that this one writes to the folder.
    #[error("cannot lock {folder}: two steps at the same time would replace each other's reports")]
    NoLock {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
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
    /// True if this ends an otherwise good run with exit code 41. If not, it is a warning.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::Write(_) | Self::Stuck(_) => true,
            Self::StepFiles(error) => error.is_failure(),
            Self::Withheld { .. }
            | Self::NoThread(_)
            | Self::Shared { .. }
            | Self::NoLock { .. }
            | Self::LeftOut { .. } => false,
        }
    }

    /// The problem in words.
    pub(crate) fn notice(&self) -> Notice {
        let level = if self.is_failure() { Level::Error } else { Level::Warn };
        Notice::new(level, one_line(self))
    }
}

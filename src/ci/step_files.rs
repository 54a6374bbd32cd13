//! The trait [`StepFiles`], through which a CI takes outputs and summary beside stdout.

use std::path::PathBuf;

use super::file_updates::WriteError;
use super::process::ProgramError;
use crate::report::{BuildReport, Verdict};

/// The files and programs through which a CI takes outputs and summary. They are apart from the
/// [`Dialect`](super::Dialect) because a disk may be slow. The defaults are for a CI that has none.
pub trait StepFiles: Send {
    /// True if the CI shows a summary.
    fn has_summary(&self) -> bool {
        false
    }

    /// Sets the outputs for later steps.
    ///
    /// # Errors
    /// When they cannot be written.
    fn outputs(&self, _outputs: &[(&str, String)]) -> Result<(), StepFilesError> {
        Ok(())
    }

    /// Writes the summary, which `render` returns in at most as many bytes as it is given. Returns the file
    /// if a command must name it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn summary(
        &self,
        _report: &BuildReport,
        _verdict: &Verdict,
        _render: &dyn Fn(usize) -> String,
    ) -> Result<Option<PathBuf>, StepFilesError> {
        Ok(None)
    }
}

impl StepFiles for () {}

/// Why a CI did not get its outputs or its summary.
#[derive(Debug, thiserror::Error)]
pub enum StepFilesError {
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The variable with the path of the file is not set.
    #[error("{0} is not set: the outputs were not handed over")]
    Unset(&'static str),
    /// A program of the CI failed.
    #[error("{program} did not take {what}")]
    Declined {
        /// The program.
        program: &'static str,
        /// The value that it was given.
        what: String,
        /// Why.
        #[source]
        cause: ProgramError,
    },
}

impl StepFilesError {
    /// True if this fails an otherwise good run. If not, it is a warning.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Write(_) => true,
            Self::Unset(_) | Self::Declined { .. } => false,
        }
    }
}

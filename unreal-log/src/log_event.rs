//! The events that a reader reports.

use std::time::Duration;

use crate::finding::{LogFinding, Phase};

/// One thing that a line says, or that becomes certain with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// A phase began. The phase before it, if it was still open, has ended.
    PhaseStarted(Phase),
    /// The line itself. Events that were reported before it belong above it. It is reported once for each line that is
    /// read.
    Line,
    /// One action of the compile is done, such as a file or a link.
    Action {
        /// The name of the action: `Compile [x64] Door.cpp`.
        name: String,
        /// How long it took.
        took: Duration,
    },
    /// How far the cook is. It is reported once per percent, and at the end of the cook.
    Cooked {
        /// Packages that are done.
        done: u32,
        /// Packages in all, as far as is known by now. The number may grow.
        total: u32,
    },
    /// Something is wrong that was not reported before. Findings are reported when their phase ends.
    Finding(LogFinding),
    /// A phase ended.
    PhaseEnded {
        /// The phase.
        phase: Phase,
        /// How long it took: by the times of its lines or else by the log's own words.
        took: Option<Duration>,
        /// True if it came to its own end. A phase that failed never does.
        completed: bool,
    },
}

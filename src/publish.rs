//! Publishes the outputs, summary, reports and log of a step. Disks may hang, so the CI's files, the report folder
//! and the log have a thread each, and the caller decides how long it waits.

mod folder;
mod place;
mod problem;
#[cfg(test)]
mod tests;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::ci::StepFiles;
use crate::ci::file_updates::WriteError;
use crate::export::summary;
use crate::report::{BuildReport, Verdict};
use crate::text::Cleaner;
use crate::threads::Refused;
use crate::writer::{Output, Overflow, Written};
use folder::{Folder, LOG, Log};
use place::Place;
pub(crate) use place::ReportsDir;
pub(crate) use problem::PublishProblem;
use worker::Worker;

/// Outputs by name, none of which holds a secret.
#[derive(Clone)]
pub(crate) struct Outputs {
    values: Vec<(&'static str, String)>,
    withheld: Vec<&'static str>,
}

impl Outputs {
    pub(crate) fn values(&self) -> &[(&'static str, String)] {
        &self.values
    }
}

/// Everything that is published at the end.
#[derive(Clone)]
pub(crate) struct FinalReport {
    pub(crate) outputs: Outputs,
    pub(crate) report: BuildReport,
    pub(crate) verdict: Verdict,
}

/// How publishing went.
#[derive(Debug)]
pub(crate) struct PublishResult {
    /// Everything that could not be published, or not in time.
    pub(crate) problems: Vec<PublishProblem>,
    /// The file with the summary, if a command must name it.
    pub(crate) summary_file: Option<PathBuf>,
}

/// Publishes the results of one step. The CI's files and the folder have a thread each, so that one disk that
/// hangs does not block the other.
pub(crate) struct Publisher {
    /// Finds the secrets, which must not be published.
    cleaner: Cleaner,
    ci: Worker<StepFilesWriter>,
    reports: Option<Reports>,
}

/// Writes what the CI takes.
struct StepFilesWriter {
    files: Box<dyn StepFiles>,
    wants_summary: bool,
}

struct Reports {
    place: Arc<Place>,
    folder: Worker<Folder>,
}

impl Publisher {
    /// The CI gets a summary if `wants_summary`. `reports_dir`: the folder for report files, if any.
    pub(crate) fn start(
        cleaner: Cleaner,
        files: Box<dyn StepFiles>,
        wants_summary: bool,
        reports_dir: Option<ReportsDir>,
    ) -> Self {
        let reports = reports_dir.map(|wanted| {
            let place = Arc::new(Place::new(wanted, folder::names()));
            let folder = Folder::new(Arc::clone(&place));
            let folder = Worker::start("reports", "writes the reports", folder);
            drop(folder.ask(Folder::begin));
            Reports { place, folder }
        });
        let writer = StepFilesWriter { files, wants_summary };
        let ci = Worker::start("outputs", "writes outputs and summary", writer);
        Self { cleaner, ci, reports }
    }

    /// The threads that were refused. Their work is done without them.
    fn refused(&self, log: Option<&Output>) -> Vec<Refused> {
        let reports = self.reports.as_ref().and_then(|reports| reports.folder.refused());
        let all = [self.ci.refused(), reports, log.and_then(Output::refused)];
        all.into_iter().flatten().cloned().collect()
    }

    /// Opens `build.log`, if there is a folder for it. [`publish`](Self::publish) takes it back. It is abandoned
    /// if the disk falls behind, because neither the output nor the end waits for a disk.
    pub(crate) fn open_log(&self) -> Option<Output> {
        let Reports { place, .. } = self.reports.as_ref()?;
        Some(Output::start(Log::new(Arc::clone(place)), Overflow::Abandon))
    }

    /// Publishes the outputs that are known so far, so that a run that is killed leaves the build's id behind. A
    /// problem is not reported now: the end tries again.
    pub(crate) fn publish_early(&self, outputs: &Outputs) {
        if let Some(reports) = &self.reports {
            let outputs = outputs.values.clone();
            drop(reports.folder.ask(move |folder| folder.publish_outputs(&outputs)));
        }
        let outputs = outputs.values.clone();
        drop(self.ci.ask(move |ci| ci.files.outputs(&outputs)));
    }

    /// Publishes everything and finishes the log; to be called on every way out. It does not wait any more when it
    /// is `late`.
    pub(crate) async fn publish(
        self,
        report: FinalReport,
        log: Option<Output>,
        late: &watch::Receiver<bool>,
    ) -> PublishResult {
        let refused = self.refused(log.as_ref());
        let withheld = report.outputs.withheld.clone();
        let for_the_ci = report.clone();
        let step_files = self.ci.ask(move |ci| ci.publish(&for_the_ci));
        let step_files = in_time(step_files, late, || {
            PublishProblem::Stuck("the step's outputs and summary".to_owned())
        });
        let reports = async {
            match self.reports {
                Some(reports) => reports.publish(report, log, late).await,
                None => Vec::new(),
            }
        };
        let (step_files, reports) = tokio::join!(step_files, reports);
        let (step_files, summary_file) = step_files.unwrap_or_else(|stuck| (vec![stuck], None));
        let withheld = withheld.into_iter().map(|output| PublishProblem::Withheld { output });
        let refused = refused.into_iter().map(PublishProblem::NoThread);
        let problems = withheld.chain(step_files).chain(reports).chain(refused).collect();
        PublishResult { problems, summary_file }
    }

    /// The outputs, with blanks for those that hold a secret.
    pub(crate) fn without_secrets(&self, mut values: Vec<(&'static str, String)>) -> Outputs {
        let mut withheld = Vec::new();
        for (output, value) in &mut values {
            if self.cleaner.holds_secret(value) {
                value.clear();
                withheld.push(*output);
            }
        }
        Outputs { values, withheld }
    }
}

impl StepFilesWriter {
    /// Gives the CI outputs and summary. Returns the problems, and the file with the summary if a command must name
    /// it.
    fn publish(&self, report: &FinalReport) -> (Vec<PublishProblem>, Option<PathBuf>) {
        let FinalReport { outputs, report, verdict } = report;
        let render = |max_bytes| summary::render(report, verdict, max_bytes);
        let outputs = self.files.outputs(&outputs.values).err();
        let summary = match self.wants_summary {
            true => self.files.summary(report, verdict, &render),
            false => Ok(None),
        };
        let (summary_file, summary) = match summary {
            Ok(file) => (file, None),
            Err(error) => (None, Some(error)),
        };
        (outputs.into_iter().chain(summary).map(Into::into).collect(), summary_file)
    }
}

impl Reports {
    /// Writes the report files and finishes the log. Returns the problems.
    async fn publish(
        self,
        report: FinalReport,
        log: Option<Output>,
        late: &watch::Receiver<bool>,
    ) -> Vec<PublishProblem> {
        let Self { place, folder } = self;
        let written = folder.ask(move |folder| {
            let mut problems = folder.publish_outputs(&report.outputs.values);
            problems.extend(folder.publish_reports(&report.report, &report.verdict));
            problems
        });
        let log_file = || place.path().join(LOG);
        let stuck_log = || PublishProblem::Stuck(log_file().display().to_string());
        let log = async {
            let Some(log) = log else { return Ok(None) };
            Ok(match log.finish(Duration::MAX).await {
                Written::All => None,
                Written::Lost(cause) => Some(WriteError::of(&log_file())(cause).into()),
                Written::Stuck => Some(stuck_log()),
            })
        };
        let (written, logged) = tokio::join!(
            in_time(written, late, || PublishProblem::Stuck(place.path().display().to_string())),
            in_time(log, late, stuck_log),
        );
        place.release();
        let mut problems = written.unwrap_or_else(|stuck| vec![stuck]);
        // A folder that cannot be made, or hangs, is reported once, and not again for the log.
        let is_reported = problems.iter().any(|problem| match problem {
            PublishProblem::Write(error) => error.path == place.wanted(),
            PublishProblem::Stuck(_) => true,
            PublishProblem::StepFiles(_)
            | PublishProblem::Withheld { .. }
            | PublishProblem::NoThread(_)
            | PublishProblem::Shared { .. }
            | PublishProblem::NoLock { .. }
            | PublishProblem::LeftOut { .. } => false,
        });
        problems.extend(logged.unwrap_or_else(Some).filter(|_| !is_reported));
        problems
    }
}

/// The answer, unless it is too late first.
async fn in_time<A>(
    answer: impl Future<Output = Result<A, oneshot::error::RecvError>>,
    late: &watch::Receiver<bool>,
    stuck: impl FnOnce() -> PublishProblem,
) -> Result<A, PublishProblem> {
    let mut late = late.clone();
    tokio::select! {
        biased;
        Ok(answer) = answer => Ok(answer),
        _ = late.wait_for(|late| *late) => Err(stuck()),
    }
}

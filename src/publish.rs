//! Hands over what a step leaves behind: outputs, summary, reports and the log. Disks may hang, so each
//! has a thread, and nobody waits longer than they want to. Where a thread is refused, the same is done
//! without one.

mod folder;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::ci::{Handover, PublishProblem};
use crate::report::{Report, Verdict};
use crate::text::Cleaner;
use crate::threads::{self, Refused};
use crate::writer::{Output, Overflow, Written};
use folder::{Folder, Log};

/// Outputs by name, none of which holds a secret.
pub(crate) struct Outputs {
    values: Vec<(&'static str, String)>,
    withheld: Vec<&'static str>,
}

impl Outputs {
    pub(crate) fn values(&self) -> &[(&'static str, String)] {
        &self.values
    }
}

/// All that is told at the end.
pub(crate) struct Edition {
    pub(crate) outputs: Outputs,
    pub(crate) report: Report,
    pub(crate) verdict: Verdict,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Publication {
    /// What could not be published, or not in time.
    pub(crate) problems: Vec<PublishProblem>,
    /// The file with the summary, if the platform must be told where it is.
    pub(crate) summary_file: Option<PathBuf>,
}

/// Where a step leaves things behind. The platform's own files and the folder are apart, so that one
/// that hangs does not keep the other waiting.
pub(crate) struct Publisher {
    /// Knows what must not be published.
    cleaner: Cleaner,
    platform: Clerk<Place>,
    reports: Option<Reports>,
}

/// The platform's own files.
struct Place {
    handover: Box<dyn Handover>,
    summary: bool,
}

struct Reports {
    path: PathBuf,
    folder: Clerk<Folder>,
}

impl Publisher {
    /// `summary`: whether the platform's summary is wanted. `reports_dir`: where report files go, if
    /// anywhere.
    pub(crate) fn start(
        cleaner: Cleaner,
        handover: Box<dyn Handover>,
        summary: bool,
        reports_dir: Option<PathBuf>,
    ) -> Self {
        let reports = reports_dir.map(|path| {
            let folder = Clerk::start("reports", "writes the reports", Folder::new(path.clone()));
            drop(folder.ask(Folder::clear));
            Reports { path, folder }
        });
        let platform =
            Clerk::start("outputs", "writes outputs and summary", Place { handover, summary });
        Self { cleaner, platform, reports }
    }

    /// Which threads were refused. What they were to do is done without them.
    fn refused(&self, log: Option<&Output>) -> Vec<Refused> {
        let reports = self.reports.as_ref().and_then(|reports| reports.folder.refused());
        let all = [self.platform.refused(), reports, log.and_then(Output::refused)];
        all.into_iter().flatten().cloned().collect()
    }

    /// Opens `build.log`, if there is a folder for it. It is handed back to [`publish`](Self::publish). It
    /// is abandoned if the disk falls behind, because neither the output nor the end waits for a disk.
    pub(crate) fn open_log(&self) -> Option<Output> {
        let Reports { path, .. } = self.reports.as_ref()?;
        let mut log = Output::start(Log::new(path), Overflow::Abandon);
        // The empty batch removes the file of an earlier run.
        log.hand_over();
        Some(log)
    }

    /// Hands over what is known so far, so that a run that is killed leaves the build's id behind. What
    /// cannot be written now is told at the end, when it is tried again.
    pub(crate) fn publish_early(&self, outputs: &Outputs) {
        if let Some(reports) = &self.reports {
            let outputs = outputs.values.clone();
            drop(reports.folder.ask(move |folder| folder.publish_outputs(&outputs)));
        }
        let outputs = outputs.values.clone();
        drop(self.platform.ask(move |place| place.handover.outputs(&outputs)));
    }

    /// Hands over everything, and finishes the log; to be called on every way out. Nobody waits any more
    /// when it is `late`.
    pub(crate) async fn publish(
        self,
        edition: Edition,
        log: Option<Output>,
        late: &watch::Receiver<bool>,
    ) -> Publication {
        let refused = self.refused(log.as_ref());
        let Edition { outputs, report, verdict } = edition;
        let Outputs { values: outputs, withheld } = outputs;
        let ours = (outputs.clone(), report.clone(), verdict.clone());
        let (written_to, mut summary_file) = oneshot::channel();
        let platform = self.platform.ask(move |place| {
            let (outputs, report, verdict) = ours;
            let mut problems: Vec<_> = place.handover.outputs(&outputs).err().into_iter().collect();
            if place.summary {
                match place.handover.summary(&report, &verdict) {
                    // If nobody waits any more, nobody tells the platform.
                    Ok(file) => drop(written_to.send(file)),
                    Err(problem) => problems.push(problem),
                }
            }
            problems
        });
        let platform = in_time(platform, late, "the step's outputs and summary".to_owned());
        let reports = async {
            let Some(Reports { path, folder }) = self.reports else {
                return Vec::new();
            };
            let written = folder.ask(move |folder| {
                let mut problems = folder.publish_outputs(&outputs);
                problems.extend(folder.publish_reports(&report, &verdict));
                problems
            });
            let log_file = path.join("build.log");
            let log = async {
                let Some(log) = log else {
                    return Vec::new();
                };
                match log.finish(Duration::MAX).await {
                    Written::All => Vec::new(),
                    Written::Lost(cause) => {
                        vec![PublishProblem::Write { path: log_file.clone(), cause }]
                    }
                    Written::Stuck => vec![PublishProblem::Stuck(log_file.display().to_string())],
                }
            };
            let (written, logged) = tokio::join!(
                in_time(written, late, path.display().to_string()),
                in_time(async { Ok(log.await) }, late, log_file.display().to_string()),
            );
            // A folder that cannot be made, or hangs, is told once and not for the log as well.
            let is_told = written.iter().any(|problem| match problem {
                PublishProblem::Write { path: of, .. } => *of == path,
                PublishProblem::Stuck(_) => true,
                _ => false,
            });
            written.into_iter().chain(logged.into_iter().filter(|_| !is_told)).collect()
        };
        let (platform, reports) = tokio::join!(platform, reports);
        let withheld = withheld.into_iter().map(|output| PublishProblem::Withheld { output });
        let refused = refused.into_iter().map(PublishProblem::NoThread);
        let problems = withheld.chain(platform).chain(reports).chain(refused).collect();
        Publication { problems, summary_file: summary_file.try_recv().ok().flatten() }
    }

    /// What may be published of the outputs; the rest is blank.
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

/// The answer, unless it is too late first.
async fn in_time(
    answer: impl Future<Output = Result<Vec<PublishProblem>, oneshot::error::RecvError>>,
    late: &watch::Receiver<bool>,
    what: String,
) -> Vec<PublishProblem> {
    let mut late = late.clone();
    tokio::select! {
        biased;
        Ok(problems) = answer => problems,
        _ = late.wait_for(|late| *late) => vec![PublishProblem::Stuck(what)],
    }
}

/// Does one thing after the other with what it owns, on a thread if there is one.
enum Clerk<T> {
    Thread(mpsc::Sender<Job<T>>),
    /// Whoever asks does it, and waits as long as that takes.
    Inline(T, Refused),
}

type Job<T> = Box<dyn FnOnce(&T) + Send>;

impl<T: Send + 'static> Clerk<T> {
    fn start(name: &str, task: &'static str, desk: T) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job<T>>();
        let work = move |desk| waiting.into_iter().for_each(|job| job(&desk));
        match threads::start(name, task, desk, work) {
            Ok(_detached) => Self::Thread(jobs),
            Err((desk, refused)) => Self::Inline(desk, refused),
        }
    }

    /// Why there is no thread, if there is none.
    fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Thread(_) => None,
            Self::Inline(_, refused) => Some(refused),
        }
    }

    /// The work begins without anybody waiting for the answer.
    fn ask<A: Send + 'static>(
        &self,
        job: impl FnOnce(&T) -> A + Send + 'static,
    ) -> oneshot::Receiver<A> {
        let (answer, answered) = oneshot::channel();
        let job = move |desk: &T| {
            // An error means that nobody waits for the answer.
            let _nobody_waits = answer.send(job(desk));
        };
        match self {
            // The thread lives as long as this sender.
            Self::Thread(jobs) => {
                let _sent = jobs.send(Box::new(job));
            }
            Self::Inline(desk, _) => job(desk),
        }
        answered
    }
}

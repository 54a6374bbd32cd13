//! The verdict as text: one headline, a few details, at most one hint.

use std::time::Duration;

use super::build::BuildReport;
use super::format::owner;
use super::outcome::{Outcome, Signal};
use crate::config::OnSuperseded;
use crate::error::{Error, MAY_HAVE_STARTED};
use crate::model::{Level, Status};

/// The prefix of the line with the likely root cause.
pub const ROOT_CAUSE: &str = "root cause: ";

/// The final message to people. The texts of an error may come from the wire: see
/// [`Verdict::cleaned`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `Error` if the step fails.
    pub level: Level,
    /// Two or three words, for a heading.
    pub title: &'static str,
    /// One line: a lower-case fragment.
    pub headline: String,
    /// More, line by line.
    pub details: Vec<String>,
    /// The next step for the user.
    pub hint: Option<String>,
}

impl Verdict {
    /// Formats the outcome.
    pub fn new(report: &BuildReport, outcome: &Outcome) -> Self {
        let (title, headline) = headline(report, outcome);
        let (details, hint) = match outcome {
            Outcome::Failed(error) => (causes(error), error.hint()),
            Outcome::Success | Outcome::Failure | Outcome::Superseded(_) => {
                (details(report), root_cause_hint(report))
            }
            Outcome::TimedOut { .. } | Outcome::Detached | Outcome::Interrupted(_) => {
                (details(report), reattach_hint(report).or_else(|| root_cause_hint(report)))
            }
        };
        Self { level: level(outcome), title, headline, details, hint }
    }

    /// The same with every text made safe to print.
    #[must_use]
    pub fn cleaned(self, clean: impl Fn(&str) -> String) -> Self {
        Self {
            headline: clean(&self.headline),
            details: self.details.iter().map(|detail| clean(detail)).collect(),
            hint: self.hint.map(|hint| clean(&hint)),
            ..self
        }
    }

    /// Headline, details and hint, one a line.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let hint = self.hint.iter().map(|hint| format!("hint: {hint}"));
        std::iter::once(self.headline.clone()).chain(self.details.iter().cloned()).chain(hint)
    }
}

/// A duration for people, in whole seconds: `12m 3s`.
pub fn human(duration: Duration) -> String {
    humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string()
}

/// `3 errors, 1 warning; 41 follow-up errors hidden`, or nothing if there are none.
pub fn counted(report: &BuildReport) -> Option<String> {
    let parts = [counted_as(report.error_count(), "error"), counted_as(report.warnings, "warning")];
    let shown = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let hidden =
        counted_as(report.hidden(), "follow-up error").map(|count| format!("; {count} hidden"));
    (!shown.is_empty()).then(|| shown + &hidden.unwrap_or_default())
}

/// `1 error`, `2 errors`, or nothing if there is none.
pub fn counted_as(count: usize, noun: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{count} {noun}s")),
    }
}

fn level(outcome: &Outcome) -> Level {
    match outcome {
        Outcome::Success | Outcome::Superseded(OnSuperseded::Pass) | Outcome::Detached => {
            Level::Info
        }
        Outcome::Failure
        | Outcome::Superseded(OnSuperseded::Fail)
        | Outcome::TimedOut { .. }
        | Outcome::Interrupted(_)
        | Outcome::Failed(_) => Level::Error,
    }
}

/// Title and headline.
fn headline(report: &BuildReport, outcome: &Outcome) -> (&'static str, String) {
    let build = report.build.as_ref().map_or("the build".to_owned(), |id| format!("build {id}"));
    let ran = report.facts.duration.filter(|ran| ran.as_secs() > 0);
    let after = ran.map(|ran| format!(" after {}", human(ran))).unwrap_or_default();
    match outcome {
        Outcome::Success => ("Build complete", format!("{build} is complete{after}")),
        Outcome::Failure if let Some(Status::OtherEnd(word)) = &report.status => {
            let headline =
                format!("{build} ended as \"{word}\"{after}, which the API does not document");
            ("Build failed", headline)
        }
        Outcome::Failure => {
            let phase = report.failed_phase().map(|phase| format!(" in {}", phase.as_str()));
            ("Build failed", format!("{build} failed{}{after}", phase.unwrap_or_default()))
        }
        Outcome::Superseded(_) => (
            "Build superseded",
            format!("{build} was superseded: a newer build of the same target replaced it"),
        ),
        Outcome::TimedOut { after, queued: true } => (
            "Timed out",
            format!("{build} is still queued after {}; it stays queued", human(*after)),
        ),
        Outcome::TimedOut { after, queued: false } => {
            ("Timed out", format!("{build} has not ended after {}; it runs on", human(*after)))
        }
        Outcome::Detached if report.has_ended() => {
            ("Build triggered", format!("{build} has ended already (`wait: false`)"))
        }
        Outcome::Detached => {
            ("Build triggered", format!("{build} runs on and is not followed (`wait: false`)"))
        }
        Outcome::Interrupted(signal) => ("Interrupted", interrupted(report, *signal, &build)),
        Outcome::Failed(error) => {
            ("Error", error.headline().lines().next().unwrap_or_default().to_owned())
        }
    }
}

fn interrupted(report: &BuildReport, signal: Signal, build: &str) -> String {
    let signal = match signal {
        Signal::Int => "interrupted (SIGINT)",
        Signal::Term => "terminated (SIGTERM)",
        Signal::Hup => "terminated (SIGHUP)",
    };
    match report.build {
        Some(_) if report.has_ended() => format!("{signal} after {build} had ended"),
        Some(_) => format!("{signal}; {build} runs on, BuildPixel has no cancel call"),
        None if report.untriggered => format!("{signal}; nothing was triggered"),
        None => format!("{signal} while the build was being triggered"),
    }
}

/// The current phase of the build, its root cause and likely owner, and the counts.
fn details(report: &BuildReport) -> Vec<String> {
    let open = report.phases.last().filter(|run| !run.ended && !report.has_ended());
    let place = open.map(|run| format!("now in: {}", run.phase.as_str()));
    let error = report.first_error().filter(|error| !error.is_follow_up() && !report.has_ended());
    let so_far = error.map(|error| format!("first error so far: {error}"));
    let root = report.root_cause().map(|error| format!("{ROOT_CAUSE}{error}"));
    let likely = report.owner_of_failure().map(|of| format!("likely owner: {}", owner(of)));
    let deploy = report.facts.deploy_status.as_ref().map(|status| format!("auto-deploy: {status}"));
    [place, so_far, root, likely, counted(report), deploy].into_iter().flatten().collect()
}

/// The hint on the failure of a build.
fn root_cause_hint(report: &BuildReport) -> Option<String> {
    report.root_cause()?.hint.clone()
}

/// The rest of the headline, then the causes.
fn causes(error: &Error) -> Vec<String> {
    let own = error.headline();
    let own = own.lines().skip(1).map(str::to_owned);
    own.chain(error.causes().iter().map(|cause| format!("cause: {cause}"))).collect()
}

/// How to attach to a build that continues. If no build is known, the step ended during the
/// trigger.
fn reattach_hint(report: &BuildReport) -> Option<String> {
    let Some(build) = &report.build else {
        return (!report.untriggered).then(|| MAY_HAVE_STARTED.to_owned());
    };
    let again = || format!("set `build-id: {build}` to follow it again");
    (!report.has_ended()).then(again)
}

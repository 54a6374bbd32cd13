//! The text of a terminal's status line while a build is followed.

use std::time::Duration;

use crate::model::Progress;
use crate::model::Status;
use crate::report::BuildReport;
use crate::report::verdict::{counted, human};

/// How wide a bar is, in characters.
const BAR: u64 = 20;

/// The phase and progress of the build, and the findings so far. `followed`: for how long.
pub(super) fn text(report: &BuildReport, progress: Option<Progress>, followed: Duration) -> String {
    let phase = report.phases.last().filter(|run| !run.ended).map(|run| run.phase.title());
    let (place, runs) = match (&report.status, phase) {
        (Some(Status::Pending), _) => ("Queued", false),
        (Some(status), _) if status.is_terminal() => ("Ended", false),
        (_, Some(phase)) => (phase, true),
        (Some(Status::Other(word)), None) => (word.as_str(), true),
        (Some(_), None) => ("Running", true),
        (None, None) => ("Waiting", true),
    };
    let mut line = place.to_owned();
    if let Some(progress) = progress.filter(|_| runs) {
        let (done, total) = progress.parts();
        line += &format!(" {} {progress}", bar(done, total));
    }
    let parts = counted(report).into_iter().chain([human(followed)]);
    format!("{line} - {}", parts.collect::<Vec<_>>().join(" - "))
}

/// `[=====>    ]`.
fn bar(done: u32, total: u32) -> String {
    let filled = u64::from(done) * BAR / u64::from(total.max(1));
    let filled = usize::try_from(filled.min(BAR)).unwrap_or_default();
    let width = BAR as usize;
    let head = if filled < width { ">" } else { "" };
    format!("[{:<width$}]", "=".repeat(filled) + head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Task;
    use crate::model::{Event, Finding, Id, Phase};

    fn shown(events: &[Event], progress: Option<Progress>) -> String {
        let mut report = BuildReport::new(&Task::Attach(Id::new("build1").unwrap()));
        for event in events {
            report.observe(event);
        }
        text(&report, progress, Duration::from_secs(732))
    }

    #[test]
    fn the_status_line_shows_phase_progress_and_findings() {
        let running = Event::Status(Status::Running);
        let cook = Event::PhaseStarted(Phase::Cook);
        let error = Event::Finding(Finding::error("m"));
        let packages = |done| Some(Progress::Packages { done, total: 400 });
        assert_eq!(shown(&[], None), "Waiting - 12m 12s");
        assert_eq!(shown(&[Event::Status(Status::Pending)], None), "Queued - 12m 12s");
        assert_eq!(shown(std::slice::from_ref(&running), None), "Running - 12m 12s");
        let events = [running, cook, error];
        assert_eq!(
            shown(&events, packages(100)),
            "Cook [=====>              ] 100 of 400 packages cooked - 1 error - 12m 12s"
        );
        let failed = [&events[..], &[Event::Status(Status::Failed)]].concat();
        assert_eq!(shown(&failed, packages(100)), "Ended - 1 error - 12m 12s");
        let other = Event::Status(Status::Other("warming".to_owned()));
        assert_eq!(shown(&[other], None), "warming - 12m 12s");
    }

    #[test]
    fn the_progress_bar_has_a_constant_width() {
        for (done, expected) in [
            (0, "[>                   ]"),
            (1, "[>                   ]"),
            (50, "[==========>         ]"),
            (99, "[===================>]"),
            (100, "[====================]"),
            (u32::MAX, "[====================]"),
        ] {
            assert_eq!(bar(done, 100), expected);
        }
        assert_eq!(bar(0, 0), "[>                   ]");
    }
}

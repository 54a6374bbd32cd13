//! The part of the summary that shows how long each phase took.

use std::time::Duration;

use super::page::{Page, head, inline, row};
use crate::report::verdict::human;
use crate::report::{BuildReport, PhaseRun};

/// How long the bar of the longest phase is, in characters.
const BAR: usize = 20;

pub(super) fn render(report: &BuildReport, page: &mut Page) {
    if !report.phases.is_empty() {
        page.push(&table(report));
    }
    if let Some((done, total)) = report.cooked {
        page.push(&format!("\n{done} of {total} packages cooked\n"));
    }
    if !report.actions.is_empty() {
        let rows = report.actions.iter().map(|(name, took)| row(&[inline(name), human(*took)]));
        let rows: String = rows.collect();
        page.push(&format!(
            "\n### Slowest compile actions\n\n{}{rows}",
            head(&["Action", "Took:"])
        ));
    }
}

fn table(report: &BuildReport) -> String {
    let took = |run: &PhaseRun| run.took.unwrap_or_default();
    let all: Duration = report.phases.iter().map(took).sum();
    let longest = report.phases.iter().map(took).max().unwrap_or_default();
    let rows = report.phases.iter().map(|run| {
        let mark = mark(run, report);
        let Some(took) = run.took else { return row(&[mark, run.phase.title(), "", "", ""]) };
        let share = format!("{} %", ratio(took, all, 100));
        row(&[mark, run.phase.title(), &human(took), &share, &bar(took, longest)])
    });
    let rows: String = rows.collect();
    format!("\n### Phases\n\n{}{rows}", head(&["", "Phase", "Took:", "Share:", ""]))
}

/// A phase that is still open when the build has ended gets no mark: it is not known how it ended.
fn mark(run: &PhaseRun, report: &BuildReport) -> &'static str {
    let has_failed =
        report.failed_phase() == Some(run.phase) || (run.ended && !report.was_superseded());
    match (report.has_completed(run.phase), has_failed) {
        (true, _) => "✅",
        (false, true) => "❌",
        (false, false) if report.has_ended() => "",
        (false, false) => "⏳",
    }
}

/// A bar of eighths of a character. It has at least one if the phase took any time.
fn bar(took: Duration, longest: Duration) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let length = ratio(took, longest, BAR * 8).max(usize::from(!took.is_zero()));
    format!("{}{}", "█".repeat(length / 8), EIGHTHS.get(length % 8).copied().unwrap_or_default())
}

/// How much of the whole a part is, in parts of `scale`, rounded.
fn ratio(part: Duration, whole: Duration, scale: usize) -> usize {
    let whole = whole.as_millis().max(1);
    let scaled = part.as_millis() * scale as u128;
    usize::try_from((scaled + whole / 2) / whole).unwrap_or(scale).min(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_longest() {
        let seconds = Duration::from_secs;
        let rows =
            [(160, "████████████████████"), (80, "██████████"), (9, "█▏"), (1, "▏"), (0, "")];
        for (took, expected) in rows {
            assert_eq!(bar(seconds(took), seconds(160)), expected);
        }
        assert_eq!(bar(Duration::from_millis(1), seconds(160)), "▏");
        assert_eq!(bar(seconds(0), seconds(0)), "");
    }
}

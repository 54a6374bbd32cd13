//! The report as GitHub-flavoured Markdown.

use crate::event::{Facts, Finding, Level, Severity};
use crate::outcome::verdict::{counted, human, whole};
use crate::outcome::{PhaseRun, Report, Verdict};

/// Escapes text for the middle of a line or a table cell, so that it can be nothing but text.
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\r' | '\n' => escaped.push(' '),
            '\\' | '`' | '|' | '*' | '_' | '~' | '[' | ']' | '$' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Fences text off, with a fence that is longer than any run of backticks in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// How many findings are listed; the report files have more.
const LISTED: usize = 100;

/// Writes the summary, in at most `budget` bytes: what does not fit is cut between blocks or rows.
pub fn render(report: &Report, verdict: &Verdict, budget: usize) -> String {
    let mut page = Page { text: String::new(), budget, cut: false };
    opening(report, verdict, &mut page);
    root_cause(report, &mut page);
    phases(report, &mut page);
    findings(report, &mut page);
    page.text
}

/// Takes whole blocks for as long as they fit, and keeps room to say that one did not.
struct Page {
    text: String,
    budget: usize,
    cut: bool,
}

impl Page {
    const CUT: &str = "\n\n_truncated_\n";

    fn push(&mut self, block: &str) {
        if self.cut {
            return;
        }
        if self.text.len() + block.len() + Self::CUT.len() <= self.budget {
            self.text.push_str(block);
            return;
        }
        self.cut = true;
        if self.text.len() + Self::CUT.len() <= self.budget {
            self.text.push_str(Self::CUT);
        }
    }
}

fn opening(report: &Report, verdict: &Verdict, page: &mut Page) {
    let mark = match verdict.level {
        Level::Info => "✅",
        Level::Warn => "⚠️",
        Level::Error => "❌",
    };
    page.push(&format!("## {mark} {}\n\n{}\n", verdict.title, inline(&verdict.headline)));
    if report.root_cause().is_none() && !verdict.details.is_empty() {
        page.push(&format!("\n{}", fenced(&verdict.details.join("\n"))));
    }
    if let Some(hint) = &verdict.hint {
        page.push(&format!("\n> {}\n", inline(hint)));
    }
    let Facts { platform, build_type, branch, commit, ue_version, duration, .. } = &report.facts;
    let known: Vec<_> = [
        ("Platform", platform.clone()),
        ("Type", build_type.clone()),
        ("Branch", branch.clone()),
        ("Commit", commit.clone()),
        ("Unreal Engine", ue_version.clone()),
        ("Queued", report.queued().map(human)),
        ("Ran", duration.map(human)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), inline(&value?))))
    .collect();
    if !known.is_empty() {
        let (names, values): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        page.push(&format!("\n{}{}{}", row(&names), rule(names.len()), row(&values)));
    }
}

fn root_cause(report: &Report, page: &mut Page) {
    if let Some(finding) = report.root_cause() {
        page.push("\n### Root cause\n\n");
        page.push(&fenced(&whole(finding)));
    }
}

fn phases(report: &Report, page: &mut Page) {
    if report.phases.is_empty() {
        return;
    }
    page.push(&format!("\n### Phases\n\n{}{}", row(&["", "Phase", "Took"]), rule(3)));
    for PhaseRun { phase, took, ended } in &report.phases {
        let mark = match (report.failed_phase() == Some(*phase), ended) {
            (true, _) => "❌",
            (false, true) => "✅",
            (false, false) => "⏳",
        };
        page.push(&row(&[mark, phase.title(), &took.map(human).unwrap_or_default()]));
    }
}

fn findings(report: &Report, page: &mut Page) {
    let Some(counted) = counted(report) else { return };
    page.push(&format!(
        "\n### Findings\n\n{counted}\n\n{}{}",
        row(&["", "Where", "What"]),
        rule(3)
    ));
    let ranked = report.ranked();
    for finding in ranked.iter().take(LISTED) {
        page.push(&finding_row(finding));
    }
    let more = (report.errors + report.warnings).saturating_sub(ranked.len().min(LISTED));
    if more > 0 {
        page.push(&format!("\n… and {more} more\n"));
    }
}

fn finding_row(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    };
    let place = finding.location.as_ref().map(ToString::to_string);
    let code = finding.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    let what = format!("{code}{}", finding.message);
    row(&[mark, &inline(&place.unwrap_or_default()), &inline(&what)])
}

fn row<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {} |", cell.as_ref())).collect();
    format!("|{cells}\n")
}

fn rule(columns: usize) -> String {
    format!("|{}\n", " --- |".repeat(columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Task;
    use crate::event::{Event, Id, Rank};
    use crate::outcome::Outcome;

    fn report(messages: impl IntoIterator<Item = String>) -> Report {
        let mut report = Report::new(&Task::Attach(Id::new("b1").unwrap()));
        for message in messages {
            report.observe(&Event::Finding(Finding {
                severity: Severity::Error,
                code: None,
                message,
                location: None,
                phase: None,
                rank: Rank::Compile,
                class: None,
                hint: None,
                repeats: 0,
                also: Vec::new(),
            }));
        }
        report
    }

    fn rendered(report: &Report, budget: usize) -> String {
        render(report, &Verdict::new(report, &Outcome::Failure), budget)
    }

    #[test]
    fn text_in_a_cell_is_nothing_but_text() {
        assert_eq!(inline("a|b<img src=x>`\n"), "a\\|b&lt;img src=x&gt;\\` ");
        assert_eq!(inline("![x](http://y) &lt; \\|"), "!\\[x\\](http://y) &amp;lt; \\\\\\|");
    }

    #[test]
    fn a_fence_is_longer_than_any_backticks_inside() {
        for (text, fence) in [("x", "```"), ("a ``` b", "````"), ("`````", "``````")] {
            assert_eq!(fenced(text), format!("{fence}text\n{text}\n{fence}\n"));
        }
    }

    #[test]
    fn a_summary_keeps_its_budget_and_says_that_it_was_cut() {
        let report = report((0..400).map(|n| format!("{n} 日本 😀 ``` {}", "ü".repeat(1000))));
        let whole = rendered(&report, usize::MAX);
        assert!(!whole.contains("_truncated_"));
        for budget in (0..whole.len()).step_by(997) {
            let cut = rendered(&report, budget);
            assert!(cut.len() <= budget, "{} > {budget}", cut.len());
            assert!(cut.is_empty() || cut.ends_with("\n\n_truncated_\n"), "{budget}");
            let fences = cut.lines().filter(|line| line.starts_with("````")).count();
            assert_eq!(fences % 2, 0, "an open fence at {budget}");
        }
    }

    #[test]
    fn findings_beyond_the_listed_ones_are_counted() {
        let report = report((0..LISTED + 7).map(|n| n.to_string()));
        assert!(rendered(&report, usize::MAX).ends_with("\n… and 7 more\n"));
    }
}

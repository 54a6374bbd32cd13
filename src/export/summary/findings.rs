//! The part of the summary that lists the findings.

use std::cmp::Reverse;

use super::page::{Page, cell, folded, head, inline, row};
use crate::model::{Finding, Severity};
use crate::report::verdict::{counted, counted_as};
use crate::report::{BuildReport, format};

/// How many findings of each severity are listed. The report files have more.
pub(super) const LISTED: usize = 100;
/// How many kinds of warnings are listed.
const KINDS: usize = 10;

pub(super) fn render(report: &BuildReport, page: &mut Page) {
    let Some(counted) = counted(report) else { return };
    page.push(&format!("\n### Findings\n\n{counted}\n"));
    list(report, Severity::Error, &report.ranked_errors(), report.error_count(), page);
    list(report, Severity::Warning, &report.ranked_warnings(), report.warnings, page);
    kinds(report, page);
}

fn list(
    report: &BuildReport,
    severity: Severity,
    ranked: &[&Finding],
    all: usize,
    page: &mut Page,
) {
    if all == 0 {
        return;
    }
    page.push(&format!("\n{}", head(&["", "Where", "What"])));
    let listed = ranked.iter().take(LISTED);
    for finding in listed.clone() {
        page.push(&finding_row(finding, report));
    }
    let more = all.saturating_sub(listed.len());
    if let Some(more) = counted_as(more, &format!("more {}", severity.as_str())) {
        page.push(&format!("\n… and {more}\n"));
    }
}

fn finding_row(finding: &Finding, report: &BuildReport) -> String {
    let mark = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    };
    let place = finding.location.as_ref().map(|place| inline(&place.to_string()));
    let place = place.unwrap_or_default();
    let place = match report.link(finding) {
        Some(address) => format!("[{place}]({address})"),
        None => place,
    };
    let code = finding.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    let what = format!("{code}{}", format::message(finding));
    row(&[mark, &place, &cell(&what)])
}

/// The number of warnings of each kind, with those that the list above shows as `(+41 more)`. The table is left out if
/// there is one of each kind, because the list shows that already.
fn kinds(report: &BuildReport, page: &mut Page) {
    if report.kinds.values().all(|times| *times == 1) {
        return;
    }
    let mut kinds: Vec<_> = report.kinds.iter().collect();
    kinds.sort_by_key(|(_, times)| Reverse(**times));
    let rows =
        kinds.iter().take(KINDS).map(|(kind, times)| row(&[inline(kind), times.to_string()]));
    let rows: String = rows.collect();
    page.push(&folded("Warnings by kind", &format!("{}{rows}", head(&["Kind", "Count:"]))));
}

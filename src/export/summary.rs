//! The report as GitHub-flavoured Markdown.

mod findings;
mod page;
mod phases;

use crate::model::{Facts, Level};
use crate::report::format::{account, owner};
use crate::report::verdict::human;
use crate::report::{BuildReport, Verdict};
use page::{Page, fenced, head, inline, row};

/// Writes the summary in at most `budget` bytes. If it is too long, it is cut between blocks or rows.
pub fn render(report: &BuildReport, verdict: &Verdict, budget: usize) -> String {
    let mut page = Page::new(budget);
    opening(report, verdict, &mut page);
    root_cause(report, &mut page);
    phases::render(report, &mut page);
    findings::render(report, &mut page);
    page.into_text()
}

fn opening(report: &BuildReport, verdict: &Verdict, page: &mut Page) {
    let mark = match verdict.level {
        Level::Info => "✅",
        Level::Warn => "⚠️",
        Level::Error => "❌",
    };
    page.push(&format!("## {mark} {}\n\n{}\n", verdict.title, inline(&verdict.headline)));
    let root = report.root_cause();
    if root.is_none() && !verdict.details.is_empty() {
        page.push(&format!("\n{}", fenced(&verdict.details.join("\n"))));
    }
    // The hint of the root cause is shown below the root cause.
    let remedy = root.and_then(|root| root.hint.as_ref());
    if let Some(hint) = verdict.hint.as_ref().filter(|hint| remedy != Some(*hint)) {
        page.push(&format!("\n> {}\n", inline(hint)));
    }
    let Facts { platform, build_type, branch, commit, ue_version, deploy_status, duration, .. } =
        &report.facts;
    let known: Vec<_> = [
        ("Platform", platform.clone()),
        ("Type", build_type.clone()),
        ("Branch", branch.clone()),
        ("Commit", commit.clone()),
        ("Unreal Engine", ue_version.clone()),
        ("Auto-deploy", deploy_status.clone()),
        ("Queued", report.queued().map(human)),
        ("Ran", duration.map(human)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, inline(&value?))))
    .collect();
    if !known.is_empty() {
        let (names, values): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        page.push(&format!("\n{}{}", head(&names), row(&values)));
    }
}

fn root_cause(report: &BuildReport, page: &mut Page) {
    let Some(root) = report.root_cause() else { return };
    page.push(&format!("\n### Root cause\n\n{}", fenced(&account(root))));
    if let Some(hint) = &root.hint {
        page.push(&format!("\n> {}\n", inline(hint)));
    }
    if let Some(of) = root.owner {
        page.push(&format!("\nLikely owner: **{}**\n", owner(of)));
    }
}

#[cfg(test)]
mod tests;

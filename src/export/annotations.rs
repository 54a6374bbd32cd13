//! GitLab's annotations report: links on the page of the job, to the lines that the findings point at.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pretty;
use crate::model::Finding;
use crate::report::BuildReport;
use crate::text::shortened;

/// The page has a narrow column for them.
const LINKS: usize = 20;
const LABEL: usize = 120;

/// GitLab takes 80 KiB; this much is for the links alone.
const MAX_BYTES: usize = 70 * 1024;

#[derive(Serialize)]
struct Annotation {
    external_link: ExternalLink,
}

#[derive(Serialize)]
struct ExternalLink {
    label: String,
    url: String,
}

/// Writes `annotations.json`, the most important findings first. Without links it is an empty object.
pub fn render(report: &BuildReport) -> String {
    let mut bytes = 0;
    let links = report.ranked().into_iter().filter_map(|finding| link(finding, report));
    let links = links.take(LINKS).take_while(|link| {
        // Pretty, and with its name, a link is smaller than this.
        bytes += serde_json::to_string(link).map_or(0, |json| json.len()) + 100;
        bytes <= MAX_BYTES
    });
    let links: Vec<_> = links.collect();
    let sections = (!links.is_empty()).then_some(("BuildPixel", links));
    pretty(&BTreeMap::from_iter(sections))
}

fn link(finding: &Finding, report: &BuildReport) -> Option<Annotation> {
    let url = report.link(finding)?;
    let label = shortened(&finding.to_string(), LABEL).into_owned();
    Some(Annotation { external_link: ExternalLink { label, url } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{finding, report};
    use crate::report::SourceLinks;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    /// GitLab's `ci_job_annotations_size`.
    const TAKEN_BYTES: usize = 80 * 1024;

    fn linked(findings: Vec<Finding>) -> BuildReport {
        let source = SourceLinks::new("https://git.example/game", "/-/blob/", Some(COMMIT));
        let mut report = BuildReport { source, ..report(findings) };
        report.facts.commit = Some(COMMIT.to_owned());
        report
    }

    #[test]
    fn a_finding_is_a_link_to_its_line() {
        let outside = {
            let mut outside = finding("elsewhere");
            outside.location.as_mut().unwrap().in_repository = false;
            outside
        };
        let json = render(&linked(vec![outside, finding("'x': undeclared\nnote")]));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"BuildPixel": [{"external_link": {
                "label": "Source/A.cpp:12:5: C2065: 'x': undeclared",
                "url": format!("https://git.example/game/-/blob/{COMMIT}/Source/A.cpp#L12"),
            }}]})
        );
    }

    #[test]
    fn without_a_web_page_there_are_no_links() {
        let source = SourceLinks::new("javascript:x", "/-/blob/", Some(COMMIT));
        for source in [source, SourceLinks::default()] {
            let report = BuildReport { source, ..linked(vec![finding("m")]) };
            assert_eq!(render(&report), "{}\n");
        }
    }

    #[test]
    fn there_are_few_links_and_gitlab_takes_the_file_however_long_the_paths_are() {
        let many = (0..100).map(|number| finding(&number.to_string()));
        let json = render(&linked(many.collect()));
        assert_eq!(json.matches("external_link").count(), LINKS);

        let long = (0..100).map(|number| {
            let mut long = finding(&format!("{number}{}", "\u{1}".repeat(500)));
            long.location.as_mut().unwrap().file = "\u{e9}".repeat(2000);
            long
        });
        let json = render(&linked(long.collect()));
        assert!(json.len() <= TAKEN_BYTES, "{}", json.len());
        assert!(json.matches("external_link").count() > 3);
    }
}

//! The report in the formats that other tools read: one pure function each. Texts come in safe to
//! print; each format escapes for itself.

pub mod annotations;
pub mod codequality;
pub mod dotenv;
pub mod issues;
pub mod json;
pub mod junit;
mod placed_findings;
pub mod properties;
pub mod sarif;
pub mod summary;

use serde::Serialize;

/// Pretty JSON with a line feed at its end.
fn pretty(value: &impl Serialize) -> String {
    // These are strings and numbers in structs, which cannot fail to become JSON.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod hostile_tests;

#[cfg(test)]
mod tests {
    use crate::config::Task;
    use crate::model::{Event, Finding, Id, Location, Phase};
    use crate::report::BuildReport;

    pub(super) fn finding(message: &str) -> Finding {
        Finding {
            code: Some("C2065".to_owned()),
            location: Some(Location {
                file: "Source/A.cpp".to_owned(),
                in_repository: true,
                line: Some(12),
                column: Some(5),
                end_line: None,
            }),
            phase: Some(Phase::Compile),
            ..Finding::error(message)
        }
    }

    pub(super) fn report(findings: impl IntoIterator<Item = Finding>) -> BuildReport {
        let mut report = BuildReport::new(&Task::Attach(Id::new("b1").unwrap()));
        for finding in findings {
            report.observe(&Event::Finding(finding));
        }
        report
    }
}

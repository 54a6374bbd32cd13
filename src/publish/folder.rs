//! The folder of report files, which gets the log as it comes and everything else at the end.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use super::place::{Claim, Place};
use super::problem::PublishProblem;
use crate::ci::file_updates::WriteError;
use crate::export::summary;
use crate::export::{annotations, codequality, dotenv, issues, json, junit, properties, sarif};
use crate::report::{BuildReport, Verdict};

/// The report files at their place.
pub(super) struct Folder {
    place: Arc<Place>,
}

/// Enough for people, and for every CI that shows it.
const SUMMARY_BYTES: usize = 1024 * 1024;

/// The file with the log.
pub(super) const LOG: &str = "build.log";

/// The text of a file.
enum Content {
    /// The outputs, without those that GitLab would not read.
    Dotenv,
    Outputs(fn(&[(&str, String)]) -> String),
    Report(fn(&BuildReport, &Verdict) -> String),
}

/// Every file but the log, in the order in which they are written.
const FILES: [(&str, Content); 9] = [
    ("outputs.env", Content::Dotenv),
    ("outputs.json", Content::Outputs(json::render)),
    ("outputs.properties", Content::Outputs(properties::render)),
    (
        "summary.md",
        Content::Report(|report, verdict| summary::render(report, verdict, SUMMARY_BYTES)),
    ),
    ("annotations.json", Content::Report(|report, _| annotations::render(report))),
    ("codequality.json", Content::Report(|report, _| codequality::render(report))),
    ("issues.json", Content::Report(|report, _| issues::render(report))),
    ("junit.xml", Content::Report(junit::render)),
    ("results.sarif", Content::Report(|report, _| sarif::render(report))),
];

/// The names of all report files.
pub(super) fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).chain([LOG]).collect()
}

impl Folder {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place }
    }

    /// Claims the folder, and removes the files of an earlier run.
    pub(super) fn begin(&self) {
        // The end tries again, and reports a problem.
        let _claimed = self.place.claim();
    }

    pub(super) fn publish_outputs(&self, outputs: &[(&str, String)]) -> Vec<PublishProblem> {
        let claim = match self.place.claim() {
            Ok(claim) => claim,
            Err(error) => return vec![error.into()],
        };
        let mut problems = Vec::new();
        for (file, content) in FILES {
            match content {
                Content::Dotenv => publish_dotenv(&claim, file, outputs, &mut problems),
                Content::Outputs(render) => problems.extend(write(&claim, file, &render(outputs))),
                Content::Report(_) => {}
            }
        }
        problems
    }

    pub(super) fn publish_reports(
        &self,
        report: &BuildReport,
        verdict: &Verdict,
    ) -> Vec<PublishProblem> {
        // Publishing the outputs has reported a folder that cannot be made.
        let Ok(claim) = self.place.claim() else { return Vec::new() };
        let mut problems = Vec::from_iter(self.place.problem());
        for (file, content) in FILES {
            if let Content::Report(render) = content {
                problems.extend(write(&claim, file, &render(report, verdict)));
            }
        }
        problems
    }
}

fn publish_dotenv(
    claim: &Claim,
    file: &'static str,
    outputs: &[(&str, String)],
    problems: &mut Vec<PublishProblem>,
) {
    let (text, left_out) = dotenv::render(outputs);
    let left_out = left_out.into_iter();
    problems.extend(left_out.map(|(output, reason)| PublishProblem::LeftOut {
        file,
        output,
        reason,
    }));
    // GitLab fails a job over an empty file.
    if !text.is_empty() {
        problems.extend(write(claim, file, &text));
    }
}

fn write(claim: &Claim, name: &str, text: &str) -> Option<PublishProblem> {
    let written = claim.folder().replace(name, text);
    written.err().map(|cause| WriteError { path: claim.path_of(name), cause }.into())
}

/// `build.log`, made when the first line goes into it.
pub(super) struct Log {
    place: Arc<Place>,
    file: Option<File>,
}

impl Log {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place, file: None }
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => self.place.claim().map_err(|error| error.cause)?.folder().create(LOG)?,
        };
        Ok(self.file.insert(file))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

//! The folder of report files, which gets the log as it comes and everything else at the end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::problem::PublishProblem;
use crate::ci::file_updates::{WriteError, replace};
use crate::export::summary;
use crate::export::{annotations, codequality, dotenv, issues, json, junit, properties, sarif};
use crate::report::{BuildReport, Verdict};

/// `reports-dir`, made when the first file goes into it.
pub(super) struct Folder {
    path: PathBuf,
}

/// Enough for people, and for every CI that shows it.
const SUMMARY_BYTES: usize = 1024 * 1024;

const LOG: &str = "build.log";

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

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Removes the files of an earlier run.
    pub(super) fn clear(&self) {
        for (name, _) in FILES {
            remove(&self.path.join(name));
        }
    }

    pub(super) fn publish_outputs(&self, outputs: &[(&str, String)]) -> Vec<PublishProblem> {
        if let Err(problem) = self.make() {
            return vec![problem];
        }
        let mut problems = Vec::new();
        for (file, content) in FILES {
            match content {
                Content::Dotenv => self.publish_dotenv(file, outputs, &mut problems),
                Content::Outputs(render) => problems.extend(self.write(file, &render(outputs))),
                Content::Report(_) => {}
            }
        }
        problems
    }

    fn publish_dotenv(
        &self,
        file: &'static str,
        outputs: &[(&str, String)],
        problems: &mut Vec<PublishProblem>,
    ) {
        let (text, left_out) = dotenv::render(outputs);
        problems.extend(left_out.into_iter().map(|(output, reason)| PublishProblem::LeftOut {
            file,
            output,
            reason,
        }));
        // GitLab fails a job over an empty file.
        if !text.is_empty() {
            problems.extend(self.write(file, &text));
        }
    }

    pub(super) fn publish_reports(
        &self,
        report: &BuildReport,
        verdict: &Verdict,
    ) -> Vec<PublishProblem> {
        // Publishing the outputs has reported a folder that cannot be made.
        if self.make().is_err() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for (file, content) in FILES {
            if let Content::Report(render) = content {
                problems.extend(self.write(file, &render(report, verdict)));
            }
        }
        problems
    }

    fn make(&self) -> Result<(), PublishProblem> {
        fs::create_dir_all(&self.path).map_err(|cause| WriteError::of(&self.path)(cause).into())
    }

    fn write(&self, name: &str, text: &str) -> Option<PublishProblem> {
        replace(&self.path.join(name), text).err().map(Into::into)
    }
}

/// An earlier run leaves only files. A file that cannot be removed cannot be written either, and that is reported.
fn remove(path: &Path) {
    if path.is_file() {
        let _none_there = fs::remove_file(path);
    }
}

/// `build.log`, made when the first line goes into it.
pub(super) struct Log {
    path: PathBuf,
    file: Option<File>,
}

impl Log {
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(LOG), file: None }
    }

    fn open(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            self.file = Some(File::create(&self.path)?);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open()?.write(bytes)
    }

    /// Removes the log of an earlier run before the first line of this one.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.flush(),
            None => {
                remove(&self.path);
                Ok(())
            }
        }
    }
}

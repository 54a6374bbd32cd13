//! The folder of report files: the log as it comes, everything else at the end.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::outcome::{Report, Verdict};
use crate::platform::PublishProblem;
use crate::platform::files::replace;
use crate::report::{codequality, dotenv, issues, json, junit, properties};
use crate::summary;

/// `reports-dir`, made when the first file goes into it.
pub(super) struct Folder {
    path: PathBuf,
    log: Log,
}

enum Log {
    Unopened,
    Open(BufWriter<File>),
    Failed(io::Error),
}

/// Enough for what people read, and what a CI shows.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, log: Log::Unopened }
    }

    /// Appends a line to `build.log`.
    pub(super) fn log(&mut self, line: &str) {
        if matches!(self.log, Log::Unopened) {
            self.log = self.open_log().map_or_else(Log::Failed, Log::Open);
        }
        if let Log::Open(file) = &mut self.log
            && let Err(error) = writeln!(file, "{line}")
        {
            self.log = Log::Failed(error);
        }
    }

    pub(super) fn publish_outputs(&self, outputs: &[(&str, String)]) -> Vec<PublishProblem> {
        const DOTENV: &str = "outputs.env";
        if let Err(problem) = self.make() {
            return vec![problem];
        }
        let (dotenv, left_out) = dotenv::render(outputs);
        let mut problems: Vec<_> = left_out
            .into_iter()
            .map(|(output, reason)| PublishProblem::LeftOut { file: DOTENV, output, reason })
            .collect();
        // GitLab fails a job over an empty file.
        if !dotenv.is_empty() {
            problems.extend(self.write(DOTENV, &dotenv));
        }
        problems.extend(self.write("outputs.json", &json::render(outputs)));
        problems.extend(self.write("outputs.properties", &properties::render(outputs)));
        problems
    }

    pub(super) fn publish_reports(
        &mut self,
        report: &Report,
        verdict: &Verdict,
    ) -> Vec<PublishProblem> {
        // A folder that cannot be made was told with the outputs.
        if self.make().is_err() {
            return Vec::new();
        }
        let files = [
            ("summary.md", summary::render(report, verdict, SUMMARY_BYTES)),
            ("codequality.json", codequality::render(report)),
            ("issues.json", issues::render(report)),
            ("junit.xml", junit::render(report, verdict)),
        ];
        let problems = files.iter().filter_map(|(name, text)| self.write(name, text));
        let mut problems: Vec<_> = problems.collect();
        problems.extend(self.finish_log());
        problems
    }

    fn make(&self) -> Result<(), PublishProblem> {
        fs::create_dir_all(&self.path).map_err(PublishProblem::write(&self.path))
    }

    fn finish_log(&mut self) -> Option<PublishProblem> {
        let source = match std::mem::replace(&mut self.log, Log::Unopened) {
            Log::Unopened => return None,
            Log::Open(mut file) => file.flush().err()?,
            Log::Failed(source) => source,
        };
        Some(PublishProblem::Write { path: self.path.join("build.log"), source })
    }

    fn open_log(&self) -> io::Result<BufWriter<File>> {
        fs::create_dir_all(&self.path)?;
        Ok(BufWriter::new(File::create(self.path.join("build.log"))?))
    }

    fn write(&self, name: &str, text: &str) -> Option<PublishProblem> {
        replace(&self.path.join(name), text).err()
    }
}

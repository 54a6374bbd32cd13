//! GitHub Actions and its relatives: workflow commands on stdout, outputs and summary in files.

use std::fs;
use std::path::{Path, PathBuf};

use super::groups::Groups;
use super::pointer::Pointer;
use super::{Annotation, Folding, Handover, PublishProblem, Sink, files, maskable, plain, put};
use crate::config::Env;
use crate::event::Level;
use crate::outcome::{Report, Verdict};
use crate::summary;

/// Escapes what stands behind the second `::`. A character that the runner's culture-sensitive search
/// could glue to the colons is kept away from them.
fn data(text: &str) -> String {
    let apart = if text.starts_with(|c| matches!(c, ' '..='~')) { "" } else { " " };
    format!("{apart}{}", escaped(text))
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The commands of GitHub, Gitea, Forgejo or act.
pub(super) struct GitHub {
    annotates: bool,
    groups: Groups,
}

impl GitHub {
    /// `annotates`: Forgejo shows annotations raw, so it gets plain lines instead.
    pub(super) fn new(annotates: bool) -> Self {
        Self {
            annotates,
            groups: Groups::new(|title, _| format!("::group::{}\n", data(title)), "::endgroup::\n"),
        }
    }
}

impl Sink for GitHub {
    fn mask(&mut self, secret: &str, out: &mut Vec<u8>) {
        for line in maskable(secret) {
            // Each line of a mask counts for itself, so an empty one before it does no harm.
            let apart = if line.starts_with(|c: char| c.is_ascii_graphic()) { "" } else { "%0A" };
            put(out, &["::add-mask::", apart, &escaped(line), "\n"]);
        }
    }

    fn group_begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.groups.begin(title, folding, out);
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        self.groups.end(out);
    }

    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        self.groups.resume(out);
        put(out, &[text, "\n"]);
    }

    fn annotates(&self) -> bool {
        self.annotates
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        if self.annotates {
            put(out, &[&command(annotation)]);
        } else {
            self.mention(annotation, out);
        }
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        if verdict.level != Level::Error || !self.annotates {
            return plain::verdict(verdict, false, out);
        }
        put(out, &[&command(&Annotation::from(verdict))]);
    }
}

/// The files for outputs and summary.
pub(super) struct Files {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
}

impl Files {
    pub(super) fn new(env: &Env) -> Self {
        let path = |name| env.get(name).map(PathBuf::from);
        Self { output: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY") }
    }
}

impl Handover for Files {
    fn has_summary(&self) -> bool {
        self.summary.is_some()
    }

    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), PublishProblem> {
        let path = self.output.as_deref().ok_or(PublishProblem::Unset("GITHUB_OUTPUT"))?;
        let records = outputs.iter().map(|(name, value)| record(name, value, random_delimiter));
        files::append(path, &records.collect::<String>())
    }

    fn summary(
        &self,
        report: &Report,
        verdict: &Verdict,
    ) -> Result<Option<PathBuf>, PublishProblem> {
        let Some(path) = self.summary.as_deref() else { return Ok(None) };
        // One byte is for the line feed that a foreign text may lack.
        let budget = SUMMARY_BYTES.saturating_sub(size_bytes(path) + 1);
        files::append(path, &summary::render(report, verdict, budget))?;
        Ok(None)
    }
}

/// The runner rejects a larger summary as a whole.
const SUMMARY_BYTES: usize = 1024 * 1024;

fn size_bytes(path: &Path) -> usize {
    fs::metadata(path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX - 1))
}

/// One annotation. A file without a line is left without: an asset has none, and the first line of another
/// is not to blame.
fn command(annotation: &Annotation<'_>) -> String {
    let Pointer { file, line, column, message } = Pointer::new(annotation);
    let title = annotation.title.filter(|title| !title.is_empty());
    let properties = [
        title.map(|title| format!("title={}", property(title))),
        file.map(|file| format!("file={}", property(file))),
        line.map(|line| format!("line={line}")),
        column.map(|column| format!("col={column}")),
    ];
    let properties: Vec<_> = properties.into_iter().flatten().collect();
    let gap = if properties.is_empty() { "" } else { " " };
    let severity = annotation.severity.as_str();
    format!("::{severity}{gap}{}::{}\n", properties.join(","), data(&message))
}

fn random_delimiter() -> String {
    format!("ghadelimiter_{}", uuid::Uuid::new_v4())
}

/// One output. The delimiter must not occur in the value, or the value could forge other outputs.
fn record(name: &str, value: &str, mut delimiter: impl FnMut() -> String) -> String {
    let delimiter = loop {
        let candidate = delimiter();
        if !value.contains(&candidate) {
            break candidate;
        }
    };
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

#[cfg(test)]
mod tests;

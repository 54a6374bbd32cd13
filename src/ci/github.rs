//! GitHub Actions and its relatives: workflow commands on stdout, outputs and summary in files.

use std::fs;
use std::path::{Path, PathBuf};

use super::groups::Groups;
use super::pointer::Pointer;
use super::{
    Annotation, Folding, Handover, Platform, PublishProblem, Sink, files, maskable, plain, put,
};
use crate::config::Env;
use crate::export::summary;
use crate::model::Level;
use crate::report::{Report, Verdict};

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
    /// Whether annotations are more than raw text: on Forgejo they are not.
    annotates: bool,
    /// The same for notices, which act does not know.
    notices: bool,
    /// Whether a mask is taken as it stands, too. Forgejo hides in its log what is behind the colons, with
    /// the escapes in it.
    masks_raw: bool,
    groups: Groups,
}

impl GitHub {
    pub(super) fn new(platform: Platform) -> Self {
        Self {
            annotates: platform != Platform::Forgejo,
            notices: matches!(platform, Platform::GitHub | Platform::Gitea),
            masks_raw: platform == Platform::Forgejo,
            groups: Groups::new(|title, _| format!("::group::{}\n", data(title)), "::endgroup::\n"),
        }
    }
}

impl Sink for GitHub {
    fn mask(&mut self, secret: &str, out: &mut Vec<u8>) {
        for line in maskable(secret) {
            // Each line of a mask counts for itself, so an empty one before it does no harm.
            let apart = if line.starts_with(|c: char| c.is_ascii_graphic()) { "" } else { "%0A" };
            let data = format!("{apart}{}", escaped(line));
            put(out, &["::add-mask::", &data, "\n"]);
            if self.masks_raw && data != line {
                put(out, &["::add-mask::", line, "\n"]);
            }
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
            put(out, &[&command(annotation.severity.as_str(), annotation)]);
        } else {
            self.mention(annotation, out);
        }
    }

    /// A notice has a budget of its own, so that findings leave room for it.
    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        let name = match verdict.level {
            Level::Error => self.annotates.then_some("error"),
            Level::Info | Level::Warn => self.notices.then_some("notice"),
        };
        let Some(name) = name else { return plain::verdict(verdict, false, out) };
        put(out, &[&command(name, &Annotation::from(verdict))]);
    }
}

/// The files for outputs and summary.
pub(super) struct Files {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
    shows_summary: bool,
}

impl Files {
    pub(super) fn new(platform: Platform, env: &Env) -> Self {
        let path = |name| env.get(name).map(PathBuf::from);
        Self {
            output: path("GITHUB_OUTPUT"),
            summary: path("GITHUB_STEP_SUMMARY"),
            // Forgejo has the file and does not show it; Gitea shows it in recent versions, and does not
            // tell which it is.
            shows_summary: matches!(platform, Platform::GitHub | Platform::Act),
        }
    }
}

impl Handover for Files {
    fn has_summary(&self) -> bool {
        self.shows_summary && self.summary.is_some()
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
        let text = summary::render(report, verdict, budget);
        if !text.is_empty() {
            files::append(path, &text)?;
        }
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
fn command(name: &str, annotation: &Annotation<'_>) -> String {
    let Pointer { file, line, column, end_line, message } = Pointer::new(annotation);
    let title = annotation.title.filter(|title| !title.is_empty());
    let properties = [
        title.map(|title| format!("title={}", property(title))),
        file.map(|file| format!("file={}", property(file))),
        line.map(|line| format!("line={line}")),
        end_line.map(|line| format!("endLine={line}")),
        column.map(|column| format!("col={column}")),
    ];
    let properties: Vec<_> = properties.into_iter().flatten().collect();
    let gap = if properties.is_empty() { "" } else { " " };
    format!("::{name}{gap}{}::{}\n", properties.join(","), data(&message))
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

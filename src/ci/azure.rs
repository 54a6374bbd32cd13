//! Azure Pipelines: logging commands on stdout, and the summary in a file that one of them names.

use std::path::PathBuf;

use super::groups::Groups;
use super::pointer::Pointer;
use super::{Annotation, Folding, Handover, PublishProblem, Sink, files, maskable, plain, put};
use crate::config::Env;
use crate::export::summary;
use crate::model::Level;
use crate::report::{Report, Verdict};
use crate::text::Style;

/// Escapes the value of a property, and what stands behind the bracket. The agent undoes `%` last.
fn escaped(text: &str) -> String {
    let text = text.replace('%', "%AZP25").replace(';', "%3B").replace(']', "%5D");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// Remembers which outputs are set.
pub(super) struct Azure {
    color: bool,
    groups: Groups,
    set: Vec<String>,
}

impl Azure {
    pub(super) fn new(style: Style) -> Self {
        // These are markers for the viewer, which takes them as they are.
        let groups = Groups::new(|title, _| format!("##[group]{title}\n"), "##[endgroup]\n");
        Self { color: style.color, groups, set: Vec::new() }
    }
}

impl Sink for Azure {
    fn color(&self) -> bool {
        self.color
    }

    fn mask(&mut self, secret: &str, out: &mut Vec<u8>) {
        // The agent refuses a secret of several lines.
        for line in maskable(secret) {
            put(out, &["##vso[task.setsecret]", &escaped(line), "\n"]);
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
        true
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        put(out, &[&issue(annotation)]);
    }

    /// An agent may refuse to set an output a second time, and then fails the task. The id of the build is
    /// final from the start; the others are when there is a result.
    fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        let are_final = outputs.iter().any(|(name, value)| *name == "result" && !value.is_empty());
        for (name, value) in outputs {
            let is_final = are_final || (*name == "build-id" && !value.is_empty());
            if is_final && !self.set.iter().any(|set| set == name) {
                let value = escaped(value);
                let command =
                    format!("##vso[task.setvariable variable={name};isOutput=true]{value}\n");
                put(out, &[&command]);
                self.set.push((*name).to_owned());
            }
        }
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        match verdict.level {
            // The headline says what the title does.
            Level::Error => {
                let annotation = Annotation { title: None, ..Annotation::from(verdict) };
                put(out, &[&issue(&annotation)]);
            }
            Level::Info | Level::Warn => plain::verdict(verdict, self.color, out),
        }
    }

    fn summary_file(&mut self, path: &str, out: &mut Vec<u8>) {
        put(out, &["##vso[task.uploadsummary]", &escaped(path), "\n"]);
    }
}

/// One issue. The agent shows a place as `file(line,column)` and the code behind it, which looks odd without
/// a line; without a place it does not show the code. So these are told in words.
fn issue(annotation: &Annotation<'_>) -> String {
    let Pointer { file, line, column, message, .. } = Pointer::new(annotation);
    let title = annotation.title.filter(|title| !title.is_empty());
    let mut properties = vec![format!("type={};", annotation.severity.as_str())];
    let mut words = String::new();
    match (file, line) {
        (Some(file), Some(line)) => {
            properties.push(format!("sourcepath={};linenumber={line};", escaped(file)));
            properties.extend(column.map(|column| format!("columnnumber={column};")));
            properties.extend(title.map(|code| format!("code={};", escaped(code))));
        }
        (file, _) => {
            for part in [file, title].into_iter().flatten() {
                words += &format!("{part}: ");
            }
        }
    }
    let message = escaped(&(words + &message));
    format!("##vso[task.logissue {}]{message}\n", properties.concat())
}

/// The file for the summary.
pub(super) struct Files {
    folder: Option<PathBuf>,
}

impl Files {
    pub(super) fn new(env: &Env) -> Self {
        Self { folder: env.get("AGENT_TEMPDIRECTORY").map(PathBuf::from) }
    }
}

/// Enough for what people read; no limit is documented.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl Handover for Files {
    fn has_summary(&self) -> bool {
        self.folder.is_some()
    }

    fn summary(
        &self,
        report: &Report,
        verdict: &Verdict,
    ) -> Result<Option<PathBuf>, PublishProblem> {
        let Some(folder) = &self.folder else { return Ok(None) };
        // Its name is the heading that it is shown under, and tells the steps of a job apart.
        let build = report.build.as_ref().map(|build| format!("-{build}")).unwrap_or_default();
        let path = folder.join(format!("buildpixel{build}.md"));
        files::replace(&path, &summary::render(report, verdict, SUMMARY_BYTES))?;
        Ok(Some(path))
    }
}

#[cfg(test)]
mod tests;

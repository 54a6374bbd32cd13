//! Azure Pipelines, with logging commands on stdout, and the summary in a file that one of them names.

use std::path::PathBuf;

use super::annotation::Annotation;
use super::definition::{Ci, DialectOptions};
use super::dialect::{Dialect, Folding, maskable};
use super::file_updates;
use super::flat_groups::FlatGroups;
use super::link_target::LinkTarget;
use super::plain_text::{self, indented, put};
use super::revision::CiRevision;
use super::step_files::{StepFiles, StepFilesError};
use super::variables;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::model::Level;
use crate::report::{BUILD_ID, BuildReport, RESULT, Verdict};

/// Escapes the value of a property, and the text behind the bracket. The agent decodes `%` last.
fn escaped(text: &str) -> String {
    let text = text.replace('%', "%AZP25").replace(';', "%3B").replace(']', "%5D");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

pub(super) struct Azure;

impl Ci for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.flag("TF_BUILD")
    }

    fn wants_diagnostics(&self, env: &Env) -> bool {
        env.flag("SYSTEM_DEBUG")
    }

    fn why_no_secrets(&self, env: &Env) -> Option<&'static str> {
        env.flag("SYSTEM_PULLREQUEST_ISFORK").then_some(
            "Azure passes no secrets to pull requests from forks; build after the merge, or allow it in the \
             pipeline's pull request trigger",
        )
    }

    fn revision(&self, env: &Env) -> CiRevision {
        let branches = ["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"];
        let commits = ["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"];
        let is_fork = env.flag("SYSTEM_PULLREQUEST_ISFORK");
        CiRevision::from_variables(env, &branches, &commits).without_branch_if(is_fork)
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["BUILD_REPOSITORY_LOCALPATH", "BUILD_SOURCESDIRECTORY"])
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Commands::new(options.color))
    }

    fn step_files(&self, env: &Env) -> Box<dyn StepFiles> {
        Box::new(Files::new(env))
    }
}

/// Azure keeps ten issues of each severity for a task.
const ANNOTATIONS: usize = 10;

/// The logging commands.
struct Commands {
    color: bool,
    groups: FlatGroups,
    /// The outputs that are set.
    set: Vec<String>,
}

impl Commands {
    fn new(color: bool) -> Self {
        // These are markers for the log viewer, which decodes nothing.
        let groups = FlatGroups::new(|title, _| format!("##[group]{title}\n"), "##[endgroup]\n");
        Self { color, groups, set: Vec::new() }
    }
}

impl Dialect for Commands {
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

    fn annotation_limit(&self) -> Option<usize> {
        Some(ANNOTATIONS)
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        put(out, &[&issue(annotation)]);
    }

    /// An agent may refuse to set an output a second time, and then fails the task. The build's id is final from
    /// the start; the others are final when there is a result.
    fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        let are_final = outputs.iter().any(|(name, value)| *name == RESULT && !value.is_empty());
        for (name, value) in outputs {
            let is_final = are_final || (*name == BUILD_ID && !value.is_empty());
            if is_final && !self.set.iter().any(|set| set == name) {
                // The agent expands `$(NAME)`, secrets too, in the inputs of a later step.
                let value = escaped(&value.replace("$(", r"$\("));
                let command =
                    format!("##vso[task.setvariable variable={name};isOutput=true]{value}\n");
                put(out, &[&command]);
                self.set.push((*name).to_owned());
            }
        }
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        match verdict.level {
            // The headline has the same content as the title.
            Level::Error => {
                let annotation = Annotation { title: None, ..Annotation::from(verdict) };
                put(out, &[&issue(&annotation)]);
            }
            Level::Info | Level::Warn => plain_text::verdict(verdict, self.color, out),
        }
    }

    fn summary_file(&mut self, path: &str, out: &mut Vec<u8>) {
        put(out, &["##vso[task.uploadsummary]", &escaped(path), "\n"]);
    }
}

/// One issue. The agent shows a place as `file(line,column)` and the code behind it, which looks odd without a
/// line. Without a place it does not show the code. In these cases the message begins with them. The log marks only
/// the first line of a message, so the others are indented.
fn issue(annotation: &Annotation<'_>) -> String {
    let LinkTarget { file, line, column, message, .. } = LinkTarget::new(annotation);
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
    let message = escaped(&indented(&(words + &message)));
    format!("##vso[task.logissue {}]{message}\n", properties.concat())
}

/// The file for the summary.
struct Files {
    folder: Option<PathBuf>,
}

impl Files {
    fn new(env: &Env) -> Self {
        Self { folder: env.get("AGENT_TEMPDIRECTORY").map(PathBuf::from) }
    }
}

/// Enough for people; no limit is documented.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl StepFiles for Files {
    fn has_summary(&self) -> bool {
        self.folder.is_some()
    }

    fn summary(
        &self,
        report: &BuildReport,
        _verdict: &Verdict,
        render: &dyn Fn(usize) -> String,
    ) -> Result<Option<PathBuf>, StepFilesError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        // The page of the run shows the file's name as a heading. The build id distinguishes the steps of a job.
        let build = report.build.as_ref().map(|build| format!("-{build}")).unwrap_or_default();
        let path = folder.join(format!("buildpixel{build}.md"));
        file_updates::replace(&path, &render(SUMMARY_BYTES))?;
        Ok(Some(path))
    }
}

#[cfg(test)]
mod tests;

//! GitHub Actions and the CIs that run its workflows (Gitea, Forgejo, act), with workflow commands on stdout, and
//! with outputs and summary in files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::annotation::Annotation;
use super::definition::{Ci, DialectOptions};
use super::dialect::{Dialect, Folding, maskable};
use super::file_updates;
use super::flat_groups::FlatGroups;
use super::link_target::LinkTarget;
use super::plain_text::{self, indented, put};
use super::revision::{CiRevision, changelist};
use super::step_files::{StepFiles, StepFilesError};
use super::variables::first;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::files::read;
use crate::model::Level;
use crate::report::{BuildReport, SourceLinks, Verdict};
use crate::text::shortened;

/// Escapes the text behind the second `::`. The runner's culture-sensitive search could join some characters
/// to the colons; a blank keeps them apart.
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

/// A CI that runs GitHub's workflows, and how it differs from the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actions {
    name: &'static str,
    /// True if its variables are set. Each CI also sets variables of those that it imitates.
    is_seen: fn(&Env) -> bool,
    /// The part of a file's URL between repository and commit.
    files: &'static str,
    /// How many errors and how many warnings it gets as annotations, if it shows them at all.
    annotation_limit: Option<usize>,
    /// True if it shows notices as annotations.
    notices: bool,
    /// True if it hides the text of a mask command with the escapes in it.
    masks_escaped: bool,
    /// True if it shows the summary.
    shows_summary: bool,
}

pub(super) const GITHUB: Actions = Actions {
    name: "github",
    is_seen: |env| env.flag("GITHUB_ACTIONS") && env.get("GITHUB_RUN_ID").is_some(),
    files: "/blob/",
    // GitHub keeps ten annotations of each severity for a step. Gitea and act keep none apart from the log; they
    // get the same output.
    annotation_limit: Some(10),
    notices: true,
    masks_escaped: false,
    shows_summary: true,
};

pub(super) const GITEA: Actions = Actions {
    name: "gitea",
    is_seen: |env| env.flag("GITEA_ACTIONS"),
    files: "/src/commit/",
    // Recent versions show it, but no variable has the version.
    shows_summary: false,
    ..GITHUB
};

pub(super) const FORGEJO: Actions = Actions {
    name: "forgejo",
    is_seen: |env| env.flag("FORGEJO_ACTIONS"),
    // It shows the command as raw text.
    annotation_limit: None,
    notices: false,
    masks_escaped: true,
    // The file exists and is not shown.
    shows_summary: false,
    ..GITEA
};

/// nektos/act, which runs GitHub workflows locally.
pub(super) const ACT: Actions = Actions {
    name: "act",
    is_seen: |env| env.flag("ACT") && env.flag("GITHUB_ACTIONS"),
    notices: false,
    ..GITHUB
};

/// Each CI stands before those that it imitates.
const BY_IMITATION: [Actions; 4] = [FORGEJO, GITEA, ACT, GITHUB];

impl Ci for Actions {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        let seen = BY_IMITATION.iter().find(|ci| (ci.is_seen)(env));
        seen.is_some_and(|ci| ci.name == self.name)
    }

    fn near_miss(&self, env: &Env) -> Option<&'static str> {
        (env.flag("GITHUB_ACTIONS") && env.get("GITHUB_RUN_ID").is_none())
            .then_some("GITHUB_ACTIONS is set and GITHUB_RUN_ID is not: the output is plain text")
    }

    fn wants_diagnostics(&self, env: &Env) -> bool {
        env.flag("RUNNER_DEBUG")
    }

    /// The other CIs do as GitHub.
    fn why_no_secrets(&self, env: &Env) -> Option<&'static str> {
        const DEPENDABOT: &str = "dependabot[bot]";
        let name = env.get("GITHUB_EVENT_NAME").unwrap_or_default();
        let event = event(env).unwrap_or_default();
        let is_from_fork = event.pull_request.as_ref().is_some_and(PullRequest::is_from_fork);
        // An event of the base branch, such as `pull_request_target`, has the secrets.
        if is_for_head(name) && is_from_fork {
            Some(
                "pull requests from forks get no secrets; build after the merge, or allow secrets for them in \
                 the repository's settings",
            )
        } else if env.get("GITHUB_ACTOR") == Some(DEPENDABOT)
            && (is_for_head(name) || matches!(name, "push" | "create"))
        {
            Some(
                "runs that Dependabot started get only Dependabot secrets; add the token to these too, or skip \
                 the step for Dependabot",
            )
        } else {
            event.repository.is_some_and(|repository| repository.fork == Some(true)).then_some(
                "this repository is a fork, and forks do not have the secrets of their origin; add the token here",
            )
        }
    }

    /// On a pull request `GITHUB_SHA` is a merge commit that only GitHub has; the event has the head.
    /// `pull_request_target` builds the base on purpose: it does not trust the head.
    fn revision(&self, env: &Env) -> CiRevision {
        let event = env.get("GITHUB_EVENT_NAME").unwrap_or_default();
        let (branch, commit) = if is_for_head(event) {
            match self::event(env).and_then(|event| event.pull_request) {
                Some(request) => {
                    let is_ours = !request.is_from_fork();
                    (request.head.branch.filter(|_| is_ours), request.head.sha)
                }
                None => (first(env, &["GITHUB_HEAD_REF"]), None),
            }
        } else {
            let is_branch = env.get("GITHUB_REF_TYPE") != Some("tag");
            let branch = first(env, &["GITHUB_REF_NAME"]).filter(|_| is_branch);
            (branch, first(env, &["GITHUB_SHA"]))
        };
        CiRevision { branch, commit, changelist: changelist(env) }
    }

    /// The checkout action may put the repository into a folder of the workspace, which no variable names.
    fn checkout(&self, env: &Env) -> Checkout {
        let workspace = first(env, &["GITHUB_WORKSPACE"]);
        workspace.map_or_else(Checkout::none, |workspace| Checkout::within(workspace.into()))
    }

    fn source_links(&self, env: &Env) -> SourceLinks {
        let get = |name| env.get(name).map(str::trim);
        let server = get("GITHUB_SERVER_URL").unwrap_or_default().trim_end_matches('/');
        let repository = get("GITHUB_REPOSITORY").map(|name| format!("{server}/{name}"));
        let commit = self.revision(env).commit;
        SourceLinks::new(&repository.unwrap_or_default(), self.files, commit.as_deref())
    }

    fn dialect(&self, _options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Commands::new(*self))
    }

    fn step_files(&self, env: &Env) -> Box<dyn StepFiles> {
        Box::new(Files::new(*self, env))
    }
}

/// True for an event of a pull request that builds its head.
fn is_for_head(event: &str) -> bool {
    event.starts_with("pull_request") && event != "pull_request_target"
}

#[derive(Default, Deserialize)]
struct Event {
    pull_request: Option<PullRequest>,
    #[serde(default, deserialize_with = "lenient")]
    repository: Option<OwnRepository>,
}

/// The repository of the run. An odd one spoils only itself.
#[derive(Deserialize)]
struct OwnRepository {
    fork: Option<bool>,
}

fn lenient<'de, D: Deserializer<'de>>(value: D) -> Result<Option<OwnRepository>, D::Error> {
    let value = serde_json::Value::deserialize(value)?;
    Ok(serde_json::from_value(value).ok())
}

#[derive(Deserialize)]
struct PullRequest {
    head: End,
    base: Option<End>,
}

impl PullRequest {
    fn is_from_fork(&self) -> bool {
        self.head.repo.as_ref() != self.base.as_ref().and_then(|base| base.repo.as_ref())
    }
}

#[derive(Deserialize)]
struct End {
    sha: Option<String>,
    #[serde(rename = "ref")]
    branch: Option<String>,
    /// `None` for a fork that was deleted.
    repo: Option<Repository>,
}

#[derive(PartialEq, Eq, Deserialize)]
struct Repository {
    full_name: String,
}

/// The event of a pull request has about 30 KiB, that of a push up to 2,048 commits.
const EVENT_BYTES: u64 = 4 << 20;

fn event(env: &Env) -> Option<Event> {
    let path = Path::new(env.get("GITHUB_EVENT_PATH")?);
    let json = read::whole(path, EVENT_BYTES).ok()?;
    serde_json::from_slice(&json).ok()
}

/// The workflow commands.
struct Commands {
    ci: Actions,
    groups: FlatGroups,
}

impl Commands {
    fn new(ci: Actions) -> Self {
        let begin = |title: &str, _| format!("::group::{}\n", data(title));
        Self { ci, groups: FlatGroups::new(begin, "::endgroup::\n") }
    }
}

impl Dialect for Commands {
    fn mask(&mut self, secret: &str, out: &mut Vec<u8>) {
        for line in maskable(secret) {
            // Each line of a mask counts for itself, so an empty one before it does no harm.
            let apart = if line.starts_with(|c: char| c.is_ascii_graphic()) { "" } else { "%0A" };
            let data = format!("{apart}{}", escaped(line));
            put(out, &["::add-mask::", &data, "\n"]);
            if self.ci.masks_escaped && data != line {
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

    fn annotation_limit(&self) -> Option<usize> {
        self.ci.annotation_limit
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        if self.ci.annotation_limit.is_some() {
            let target = LinkTarget::new(annotation);
            let message = log_message(annotation, &target);
            put(out, &[&command(annotation.severity.as_str(), annotation, &target, &message)]);
        } else {
            self.annotate_as_text(annotation, out);
        }
    }

    /// GitHub counts notices apart, so that findings leave room for this one.
    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        let name = match verdict.level {
            Level::Error => self.ci.annotation_limit.map(|_| "error"),
            Level::Info | Level::Warn => self.ci.notices.then_some("notice"),
        };
        let Some(name) = name else { return plain_text::verdict(verdict, false, out) };
        let annotation = Annotation::from(verdict);
        let target = LinkTarget::new(&annotation);
        put(out, &[&command(name, &annotation, &target, &indented(&annotation.message))]);
    }
}

/// The message of a finding as it is to be read in the log. The log shows the message of a command and none of its
/// properties, so place and code are in the message too. It marks only the first line, so the others are indented.
fn log_message(annotation: &Annotation<'_>, target: &LinkTarget<'_>) -> String {
    let numbers = [target.line, target.column].into_iter().flatten();
    let numbers: String = numbers.map(|number| format!(":{number}")).collect();
    let place = match target.file {
        Some(file) => Some(format!("{file}{numbers}")),
        None => annotation.location.map(ToString::to_string),
    };
    let title = annotation.title.filter(|title| !title.is_empty());
    let start = [place, title.map(str::to_owned)].into_iter().flatten();
    let message = match &*annotation.message {
        blank if blank.trim().is_empty() => "(no message)",
        message => message,
    };
    start.chain([indented(message)]).collect::<Vec<_>>().join(": ")
}

/// GitHub's runner cuts a message at 4,096 UTF-16 units, even inside a character. One of them is for the blank that
/// [`data`] may put before the message.
const MESSAGE_UNITS: usize = 4096 - 1;

/// One annotation. Without a line the file has no line either: an asset has none, and the first line of a
/// source file is not to blame.
fn command(
    name: &str,
    annotation: &Annotation<'_>,
    target: &LinkTarget<'_>,
    message: &str,
) -> String {
    let LinkTarget { file, line, column, end_line, .. } = target;
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
    format!("::{name}{gap}{}::{}\n", properties.join(","), data(&shortened(message, MESSAGE_UNITS)))
}

/// The files for outputs and summary.
struct Files {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
    shows_summary: bool,
}

impl Files {
    fn new(ci: Actions, env: &Env) -> Self {
        let path = |name| env.get(name).map(PathBuf::from);
        Self {
            output: path("GITHUB_OUTPUT"),
            summary: path("GITHUB_STEP_SUMMARY"),
            shows_summary: ci.shows_summary,
        }
    }
}

/// The runner rejects a larger summary as a whole.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl StepFiles for Files {
    fn has_summary(&self) -> bool {
        self.shows_summary && self.summary.is_some()
    }

    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), StepFilesError> {
        let path = self.output.as_deref().ok_or(StepFilesError::Unset("GITHUB_OUTPUT"))?;
        let records = outputs.iter().map(|(name, value)| record(name, value, random_delimiter));
        Ok(file_updates::append(path, &records.collect::<String>())?)
    }

    /// A summary that is not shown is written all the same.
    fn summary(
        &self,
        _report: &BuildReport,
        _verdict: &Verdict,
        render: &dyn Fn(usize) -> String,
    ) -> Result<Option<PathBuf>, StepFilesError> {
        let Some(path) = self.summary.as_deref() else { return Ok(None) };
        // One byte is for the line feed that the text of another step may lack.
        let text = render(SUMMARY_BYTES.saturating_sub(size_bytes(path) + 1));
        if !text.is_empty() {
            file_updates::append(path, &text)?;
        }
        Ok(None)
    }
}

fn size_bytes(path: &Path) -> usize {
    fs::metadata(path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX - 1))
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

//! Buildkite, with headings on stdout, and with outputs and summary through its agent, where there is one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::definition::{Ci, DialectOptions};
use super::dialect::{Dialect, Folding};
use super::flat_groups::FlatGroups;
use super::plain_text::put;
use super::process::{Process, ProgramError};
use super::revision::CiRevision;
use super::step_files::{StepFiles, StepFilesError};
use super::variables;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::model::Level;
use crate::report::{BuildReport, Verdict};
use crate::text::Style;

pub(super) struct Buildkite;

impl Ci for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.flag("BUILDKITE")
    }

    /// The branch of a fork has the fork's name before a colon. For a tag the branch is the tag. The commit is
    /// `HEAD` if the build was created without one.
    fn revision(&self, env: &Env) -> CiRevision {
        let is_tag = env.get("BUILDKITE_TAG").is_some();
        let revision =
            CiRevision::from_variables(env, &["BUILDKITE_BRANCH"], &["BUILDKITE_COMMIT"])
                .without_branch_if(is_tag);
        CiRevision { commit: revision.commit.filter(|commit| commit != "HEAD"), ..revision }
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["BUILDKITE_BUILD_CHECKOUT_PATH"])
    }

    fn style(&self, _env: &Env, _stdout_is_terminal: bool) -> Style {
        Style { color: true, buildkite_headings: true, ..Style::default() }
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Headings::new(options.color))
    }

    fn step_files(&self, env: &Env) -> Box<dyn StepFiles> {
        Box::new(Agent::new(env))
    }
}

/// A heading begins a section, which ends with the next heading.
struct Headings {
    color: bool,
    groups: FlatGroups,
}

impl Headings {
    fn new(color: bool) -> Self {
        Self { color, groups: FlatGroups::new(heading, "") }
    }
}

fn heading(title: &str, folding: Folding) -> String {
    let mark = match folding {
        Folding::Collapsed => "---",
        Folding::Expanded => "+++",
    };
    format!("{mark} {title}\n")
}

impl Dialect for Headings {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.groups.begin(title, folding, out);
    }

    /// Expands the section that everybody has to look at.
    fn group_failed(&mut self, out: &mut Vec<u8>) {
        if self.groups.is_open() {
            put(out, &["^^^ +++\n"]);
        }
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        self.groups.end(out);
    }

    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        self.groups.resume(out);
        put(out, &[text, "\n"]);
    }

    /// Without a heading of its own the ending would be folded away with the last phase.
    fn ending(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        put(out, &[&heading(verdict.title, Folding::Expanded)]);
    }
}

const PROGRAM: &str = "buildkite-agent";

/// The agent's program. It is optional, and so is everything that it is given.
struct Agent {
    program: Option<PathBuf>,
    limit: Duration,
}

/// How long all outputs may take, and how long the summary may take. The agent retries for minutes, when nobody
/// waits for it any more.
const LIMIT: Duration = Duration::from_secs(10);

/// How many outputs it is given at once: each is a request, and a process of some size.
const AT_ONCE: usize = 8;

/// Buildkite rejects a larger annotation.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl Agent {
    /// Without its token, as in a container that did not get it, the program can do nothing.
    fn new(env: &Env) -> Self {
        let token = env.get("BUILDKITE_AGENT_ACCESS_TOKEN");
        Self { program: token.and_then(|_| program(env)), limit: LIMIT }
    }
}

fn program(env: &Env) -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::split_paths(env.get("PATH")?);
    folders.map(|folder| folder.join(&name)).find(|path| path.is_file())
}

fn declined(what: String) -> impl FnOnce(ProgramError) -> StepFilesError {
    |cause| StepFilesError::Declined { program: PROGRAM, what, cause }
}

impl StepFiles for Agent {
    fn has_summary(&self) -> bool {
        self.program.is_some()
    }

    /// The agent rejects blank values. Only the first error is returned: the others likely have the same cause.
    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), StepFilesError> {
        let Some(program) = &self.program else { return Ok(()) };
        let deadline = Instant::now() + self.limit;
        let known: Vec<_> = outputs.iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        for some in known.chunks(AT_ONCE) {
            let mut started = Vec::new();
            for (name, value) in some {
                let key = format!("buildpixel-{name}");
                let process = Process::start(program, &["meta-data", "set", &key], value.clone());
                started.push((name, process));
            }
            // Each is waited for, or it would become a zombie.
            let ended = started.into_iter().map(|(name, process)| {
                let ended = process.and_then(|process| process.end(deadline));
                ended.map_err(declined(format!("the output {name}")))
            });
            let ended: Vec<_> = ended.collect();
            ended.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    fn summary(
        &self,
        report: &BuildReport,
        verdict: &Verdict,
        render: &dyn Fn(usize) -> String,
    ) -> Result<Option<PathBuf>, StepFilesError> {
        let Some(program) = &self.program else { return Ok(None) };
        let style = match verdict.level {
            Level::Info => "success",
            Level::Warn => "warning",
            Level::Error => "error",
        };
        // Jobs for other build settings do not replace it; a retry of the same job does.
        let setting = report.facts.build_setting.as_ref();
        let setting = setting.map(|setting| format!("-{setting}")).unwrap_or_default();
        let context = format!("buildpixel-ci{setting}");
        let arguments = ["annotate", "--style", style, "--context", &context];
        Process::start(program, &arguments, render(SUMMARY_BYTES))
            .and_then(|process| process.end(Instant::now() + self.limit))
            .map_err(declined("the summary".to_owned()))?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests;

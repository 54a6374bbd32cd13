//! Buildkite: headings on stdout; outputs and summary through its agent, where there is one.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::groups::Groups;
use super::process::Process;
use super::{Folding, Handover, PublishProblem, Sink, put};
use crate::config::Env;
use crate::export::summary;
use crate::model::Level;
use crate::report::{Report, Verdict};
use crate::text::Style;

/// A heading begins a section, which ends with the next heading.
pub(super) struct Buildkite {
    color: bool,
    groups: Groups,
}

impl Buildkite {
    pub(super) fn new(style: Style) -> Self {
        Self { color: style.color, groups: Groups::new(heading, "") }
    }
}

fn heading(title: &str, folding: Folding) -> String {
    let mark = match folding {
        Folding::Collapsed => "---",
        Folding::Expanded => "+++",
    };
    format!("{mark} {title}\n")
}

impl Sink for Buildkite {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.groups.begin(title, folding, out);
    }

    /// Opens the section that everybody has to look at.
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

    /// Or the end would be folded away with the last phase.
    fn ending(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        put(out, &[&heading(verdict.title, Folding::Expanded)]);
    }
}

/// The agent's program. It is optional, and so is all that it is told.
pub(super) struct Agent {
    program: Option<PathBuf>,
    limit: Duration,
}

/// How long the outputs may take, and the summary. The agent tries again for minutes, when nobody is left to
/// wait for it.
const LIMIT: Duration = Duration::from_secs(10);

/// How many outputs it is told at once: each is a request, and a process of some size.
const AT_ONCE: usize = 8;

/// Buildkite rejects a larger annotation.
const SUMMARY_BYTES: usize = 1024 * 1024;

impl Agent {
    /// Without its token, as in a container that it was not handed to, the program can do nothing.
    pub(super) fn new(env: &Env) -> Self {
        let token = env.get("BUILDKITE_AGENT_ACCESS_TOKEN");
        Self { program: token.and_then(|_| program(env)), limit: LIMIT }
    }
}

fn program(env: &Env) -> Option<PathBuf> {
    let name = format!("buildkite-agent{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::split_paths(env.get("PATH")?);
    folders.map(|folder| folder.join(&name)).find(|path| path.is_file())
}

impl Handover for Agent {
    fn has_summary(&self) -> bool {
        self.program.is_some()
    }

    /// The agent takes no blank ones. The first problem is told, and is likely that of all.
    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), PublishProblem> {
        let Some(program) = &self.program else { return Ok(()) };
        let deadline = Instant::now() + self.limit;
        let said: Vec<_> = outputs.iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        for some in said.chunks(AT_ONCE) {
            let mut started = Vec::new();
            for (name, value) in some {
                let key = format!("buildpixel-{name}");
                let process = Process::start(program, &["meta-data", "set", &key], value.clone());
                started.push((name, process));
            }
            // Each is waited for, or it would be left as a zombie.
            let ended = started.into_iter().map(|(name, process)| {
                let ended = process.and_then(|process| process.end(deadline));
                let what = format!("the output {name}");
                ended.map_err(|cause| PublishProblem::Declined { what, cause })
            });
            let ended: Vec<_> = ended.collect();
            ended.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    fn summary(
        &self,
        report: &Report,
        verdict: &Verdict,
    ) -> Result<Option<PathBuf>, PublishProblem> {
        let Some(program) = &self.program else { return Ok(None) };
        let style = match verdict.level {
            Level::Info => "success",
            Level::Warn => "warning",
            Level::Error => "error",
        };
        // One for each build setting: jobs for others do not replace it, the same job tried again does.
        let setting = report.facts.build_setting.as_ref();
        let setting = setting.map(|setting| format!("-{setting}")).unwrap_or_default();
        let context = format!("buildpixel-ci{setting}");
        let arguments = ["annotate", "--style", style, "--context", &context];
        let text = summary::render(report, verdict, SUMMARY_BYTES);
        let what = "the summary".to_owned();
        Process::start(program, &arguments, text)
            .and_then(|process| process.end(Instant::now() + self.limit))
            .map_err(|cause| PublishProblem::Declined { what, cause })?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests;

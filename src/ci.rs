//! The CI systems: which one this is, and what it wants output to look like. The enum chooses, the
//! trait acts, one `match` joins them.

mod azure;
mod buildkite;
mod checkout;
mod checkout_dir;
mod circleci;
mod detect;
pub mod files;
mod github;
mod gitlab;
mod groups;
mod jenkins;
mod plain;
mod pointer;
mod process;
mod source;
mod teamcity;
mod terminal;
mod travis;

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::SystemTime;

pub use checkout::CiRevision;
pub use files::PublishProblem;
pub use process::ProgramError;

use crate::checkout::Checkout;
use crate::config::{Env, Mistake};
use crate::model::{Finding, Level, Location, Severity};
use crate::report::{Report, Verdict, words};
use crate::text::Style;
use terminal::Terminal;

/// A CI system, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "these are names")]
pub enum Platform {
    GitHub,
    Gitea,
    Forgejo,
    /// nektos/act, which runs GitHub workflows locally.
    Act,
    GitLab,
    Azure,
    Buildkite,
    TeamCity,
    CircleCi,
    Bitbucket,
    Travis,
    Jenkins,
    /// Some CI that is not known, or a pipe: nothing but text.
    Plain,
    /// A person is watching.
    Terminal,
}

impl Platform {
    /// What the `ci` input accepts besides `auto`.
    pub const NAMES: &[(&str, Self)] = &[
        ("github", Self::GitHub),
        ("gitea", Self::Gitea),
        ("forgejo", Self::Forgejo),
        ("act", Self::Act),
        ("gitlab", Self::GitLab),
        ("azure", Self::Azure),
        ("buildkite", Self::Buildkite),
        ("teamcity", Self::TeamCity),
        ("circleci", Self::CircleCi),
        ("bitbucket", Self::Bitbucket),
        ("travis", Self::Travis),
        ("jenkins", Self::Jenkins),
        ("plain", Self::Plain),
        ("terminal", Self::Terminal),
    ];

    /// The platform that the `ci` input names, or the one we seem to be on.
    ///
    /// # Errors
    /// A mistake in the `ci` input: a name that is not known.
    pub fn choose(ci: Option<&str>, env: &Env, stdout_is_terminal: bool) -> Result<Self, Mistake> {
        let Some(given) = ci.filter(|name| *name != "auto") else {
            return Ok(Self::detect(env, stdout_is_terminal));
        };
        let known = Self::NAMES.iter().find(|(name, _)| *name == given);
        known.map(|(_, platform)| *platform).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            let problem = format!("is not known; accepted are auto, {}", names.join(", "));
            Mistake::new(env, "ci", Some(given.to_owned()), problem)
        })
    }

    /// Opens the platform's output.
    pub fn open(
        self,
        env: &Env,
        stdout_is_terminal: bool,
        checkout: &Checkout,
        clock: Clock,
    ) -> Box<dyn Sink> {
        let style = self.text_style(env, stdout_is_terminal);
        match self {
            Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act => {
                Box::new(github::GitHub::new(self))
            }
            Self::GitLab => Box::new(gitlab::GitLab::new(style, clock)),
            Self::Jenkins => Box::new(jenkins::Jenkins::new(style.color)),
            Self::Azure => Box::new(azure::Azure::new(style)),
            Self::Buildkite => Box::new(buildkite::Buildkite::new(style)),
            Self::TeamCity => Box::new(teamcity::TeamCity::new(style)),
            Self::Travis => Box::new(travis::Travis::new(style)),
            Self::CircleCi | Self::Bitbucket | Self::Plain => {
                Box::new(plain::Plain { color: style.color })
            }
            Self::Terminal => {
                let terminal = Terminal::new(style.color, stdout_is_terminal, env, checkout);
                Box::new(terminal)
            }
        }
    }

    /// Where later steps look for outputs and summary.
    pub fn handover(self, env: &Env) -> Box<dyn Handover> {
        match self {
            Self::GitHub | Self::Gitea | Self::Act | Self::Forgejo => {
                Box::new(github::Files::new(self, env))
            }
            Self::Azure => Box::new(azure::Files::new(env)),
            Self::Buildkite => Box::new(buildkite::Agent::new(env)),
            Self::CircleCi => Box::new(circleci::BashEnv::new(env)),
            Self::GitLab
            | Self::Jenkins
            | Self::TeamCity
            | Self::Bitbucket
            | Self::Travis
            | Self::Plain
            | Self::Terminal => Box::new(()),
        }
    }

    /// What text may look like here.
    pub fn text_style(self, env: &Env, stdout_is_terminal: bool) -> Style {
        let color = match self {
            Self::GitHub
            | Self::Gitea
            | Self::Forgejo
            | Self::Act
            | Self::GitLab
            | Self::Azure
            | Self::Buildkite
            | Self::TeamCity
            | Self::CircleCi
            | Self::Bitbucket
            | Self::Travis => true,
            // Jenkins shows escapes as they are, unless a plugin is installed and asked for. It sets TERM, and
            // so does many an agent that has no plugin.
            Self::Jenkins | Self::Plain => false,
            Self::Terminal => stdout_is_terminal && env.get("TERM") != Some("dumb"),
        };
        let forced = ["FORCE_COLOR", "CLICOLOR_FORCE"]
            .into_iter()
            .filter_map(|name| env.get(name))
            .any(|value| value != "0" && value != "false");
        Style {
            color: forced || (color && env.get("NO_COLOR").is_none()),
            buildkite_headings: self == Self::Buildkite,
            travis_folds: self == Self::Travis,
        }
    }

    /// Whether whoever reads the output may know no character but those of ASCII.
    pub fn wants_ascii(self, env: &Env) -> bool {
        self == Self::Jenkins && !jenkins::reads_utf8(env)
    }

    /// Where report files go if the user does not say: where the platform picks files up.
    pub fn default_reports_dir(self) -> Option<&'static str> {
        matches!(self, Self::GitLab | Self::Jenkins).then_some("buildpixel-reports")
    }
}

/// Tells the time for markers that carry it.
pub type Clock = fn() -> SystemTime;

/// How much of what a job prints is kept. The rest is dropped, and with it the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimit {
    /// Who drops it.
    pub keeper: &'static str,
    /// How much is kept.
    pub bytes: usize,
    /// What is added to each line, and counts.
    pub line_bytes: usize,
}

/// How a group looks at first, where a platform lets us choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Only its title can be seen.
    Collapsed,
    /// Its lines can be seen.
    Expanded,
}

/// Something to point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation<'a> {
    /// How grave.
    pub severity: Severity,
    /// A few words; usually the code of the tool.
    pub title: Option<&'a str>,
    /// Where.
    pub location: Option<&'a Location>,
    /// What. May have several lines.
    pub message: Cow<'a, str>,
}

impl<'a> From<&'a Finding> for Annotation<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            title: finding.code.as_deref(),
            location: finding.location.as_ref(),
            message: words::message(finding).into(),
        }
    }
}

impl<'a> From<&'a Verdict> for Annotation<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        let severity = match verdict.level {
            Level::Error => Severity::Error,
            Level::Info | Level::Warn => Severity::Warning,
        };
        let message = verdict.lines().collect::<Vec<_>>().join("\n").into();
        Self { severity, title: Some(verdict.title), location: None, message }
    }
}

/// How things are spelt on a platform. Everything that comes in is one line and safe to print, unless
/// it says otherwise; everything that goes out is whole lines. The defaults are plain text.
pub trait Sink: Send {
    /// Whether SGR sequences may be written.
    fn color(&self) -> bool {
        false
    }

    /// How much may be printed, where that is little.
    fn limit(&self) -> Option<LogLimit> {
        None
    }

    /// Asks the platform to hide a secret from now on. May have several lines, and is raw.
    fn mask(&mut self, _secret: &str, _out: &mut Vec<u8>) {}

    /// Opens a foldable group.
    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        plain::heading(title, self.color(), out);
    }

    /// Says that what went wrong is in the innermost group, which is about to be closed.
    fn group_failed(&mut self, _out: &mut Vec<u8>) {}

    /// Closes the innermost group; without effect if none is open.
    fn group_end(&mut self, _out: &mut Vec<u8>) {}

    /// Writes a line of the build log.
    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        put(out, &[text, "\n"]);
    }

    /// Writes a line of our own.
    fn say(&mut self, level: Level, text: &str, out: &mut Vec<u8>) {
        plain::own(level, text, self.color(), out);
    }

    /// Whether the platform has means of its own to point at something.
    fn annotates(&self) -> bool {
        false
    }

    /// Points at something, by the platform's means.
    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        self.mention(annotation, out);
    }

    /// Points at something in plain words: for what is beyond the platform's budget.
    fn mention(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let place = annotation.location.map(ToString::to_string);
        plain::mention(annotation, place, self.color(), out);
    }

    /// Hands the outputs to the later steps, where the platform takes them from what is printed.
    fn outputs(&mut self, _outputs: &[(&str, String)], _out: &mut Vec<u8>) {}

    /// Opens the end of the story: what was found, and the verdict.
    fn ending(&mut self, _verdict: &Verdict, _out: &mut Vec<u8>) {}

    /// Whether the platform has a status line: a last line that may change after it was written.
    fn has_status_line(&self) -> bool {
        false
    }

    /// Writes the status line in place of the one before. It is the only output that is not a whole line.
    fn status_line(&mut self, _text: &str, _out: &mut Vec<u8>) {}

    /// Removes the status line.
    fn clear_status_line(&mut self, _out: &mut Vec<u8>) {}

    /// Ends the story.
    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        plain::verdict(verdict, self.color(), out);
    }

    /// Tells where the summary is, where the platform looks for none by itself.
    fn summary_file(&mut self, _path: &str, _out: &mut Vec<u8>) {}
}

/// The ways besides stdout in which a platform is handed things. Apart from the [`Sink`], because a disk
/// may take its time. The defaults are for a platform that has none.
pub trait Handover: Send {
    /// Whether there is a place for the summary, where people will find it.
    fn has_summary(&self) -> bool {
        false
    }

    /// Hands the outputs to the later steps.
    ///
    /// # Errors
    /// When they cannot be written.
    fn outputs(&self, _outputs: &[(&str, String)]) -> Result<(), PublishProblem> {
        Ok(())
    }

    /// Shows the summary, or returns the file that the platform is to be told of.
    ///
    /// # Errors
    /// When it cannot be written.
    fn summary(
        &self,
        _report: &Report,
        _verdict: &Verdict,
    ) -> Result<Option<PathBuf>, PublishProblem> {
        Ok(None)
    }
}

impl Handover for () {}

/// The lines of a secret that a platform can be asked to hide. A short one would black out half the log.
fn maskable(secret: &str) -> impl Iterator<Item = &str> {
    const SHORTEST: usize = 4;
    secret.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST)
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests;

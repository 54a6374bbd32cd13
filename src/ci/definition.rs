//! The trait [`Ci`] with all facts about a CI that the program needs. Each CI's file implements it.

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use super::dialect::{Dialect, PlainText};
use super::revision::CiRevision;
use super::step_files::StepFiles;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::report::SourceLinks;
use crate::text::Style;

/// The folder for report files on a CI that collects files by their path.
pub(super) const REPORTS_DIR: &str = "buildpixel-reports";

/// Everything that is true of one CI. The defaults hold for most CIs.
pub trait Ci: Sync {
    /// Its name in the `ci` input.
    fn name(&self) -> &'static str;

    /// True if the environment is one of this CI's.
    fn is_here(&self, env: &Env, stdout_is_terminal: bool) -> bool;

    /// True if it stands for every CI that is not known.
    fn is_fallback(&self) -> bool {
        false
    }

    /// A warning if the environment looks like one of this CI's, but lacks something.
    fn near_miss(&self, _env: &Env) -> Option<&'static str> {
        None
    }

    /// True if the CI runs in its debug mode, in which programs write diagnostics.
    fn wants_diagnostics(&self, _env: &Env) -> bool {
        false
    }

    /// Why the CI passes no secrets to this job, with what to do, if its variables tell. May read a file.
    fn why_no_secrets(&self, _env: &Env) -> Option<&'static str> {
        None
    }

    /// The branch and commit that the CI is building. May read a file.
    fn revision(&self, env: &Env) -> CiRevision {
        CiRevision::from_variables(env, &[], &[])
    }

    /// The job's checkout: the CI takes the files of annotations as relative to its top. Without a variable
    /// for it this is the checkout around the working directory.
    fn checkout(&self, _env: &Env) -> Checkout {
        Checkout::around(PathBuf::from("."))
    }

    /// Links to lines of the commit that is checked out; of a pull request, to lines of its head. May read
    /// a file.
    fn source_links(&self, _env: &Env) -> SourceLinks {
        SourceLinks::default()
    }

    /// The colours and the markers that its log viewer interprets, before the user's wishes.
    fn style(&self, _env: &Env, _stdout_is_terminal: bool) -> Style {
        Style { color: true, ..Style::default() }
    }

    /// True if its log may have no characters but ASCII.
    fn wants_ascii(&self, _env: &Env) -> bool {
        false
    }

    /// The folder for report files if the user names none: the CI collects files there.
    fn default_reports_dir(&self) -> Option<&'static str> {
        None
    }

    /// How output is written to its log.
    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(PlainText { color: options.color })
    }

    /// The files and programs through which it takes outputs and summary.
    fn step_files(&self, _env: &Env) -> Box<dyn StepFiles> {
        Box::new(())
    }
}

/// The facts that a dialect may depend on.
pub struct DialectOptions<'o> {
    /// True if SGR sequences may be written.
    pub color: bool,
    /// The environment.
    pub env: &'o Env,
    /// True if stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// The job's checkout.
    pub checkout: &'o Checkout,
    /// For markers that carry the time.
    pub clock: Clock,
}

/// Returns the current time.
pub type Clock = fn() -> SystemTime;

impl dyn Ci + '_ {
    /// The style of all text, with the user's wish for colours.
    pub fn text_style(&self, env: &Env, stdout_is_terminal: bool) -> Style {
        let style = self.style(env, stdout_is_terminal);
        let forced = ["FORCE_COLOR", "CLICOLOR_FORCE"]
            .into_iter()
            .filter_map(|name| env.get(name))
            .any(|value| value != "0" && value != "false");
        let color = forced || (style.color && env.get("NO_COLOR").is_none());
        Style { color, ..style }
    }

    /// Opens the CI's dialect.
    pub fn open(
        &self,
        env: &Env,
        stdout_is_terminal: bool,
        checkout: &Checkout,
        clock: Clock,
    ) -> Box<dyn Dialect> {
        let color = self.text_style(env, stdout_is_terminal).color;
        self.dialect(&DialectOptions { color, env, stdout_is_terminal, checkout, clock })
    }
}

impl fmt::Debug for dyn Ci + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

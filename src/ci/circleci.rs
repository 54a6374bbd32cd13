//! CircleCI, with plain text, and with outputs as shell variables for the later steps of the job.

use std::path::PathBuf;

use super::definition::Ci;
use super::file_updates;
use super::revision::CiRevision;
use super::step_files::{StepFiles, StepFilesError};
use super::variables::first;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::report::variable_name;

/// One variable. Between single quotes a shell interprets only the next single quote.
fn export(key: &str, value: &str) -> String {
    format!("export {key}='{}'\n", value.replace('\'', "'\\''"))
}

pub(super) struct CircleCi;

impl Ci for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.flag("CIRCLECI")
    }

    /// These variables are set only for a pull request from a fork.
    fn why_no_secrets(&self, env: &Env) -> Option<&'static str> {
        first(env, &["CIRCLE_PR_USERNAME", "CIRCLE_PR_REPONAME"]).map(|_| {
            "CircleCI passes no secrets to pull requests from forks; build after the merge, or allow it in the \
             project's advanced settings"
        })
    }

    /// For a pull request from a fork the branch is `pull/7`.
    fn revision(&self, env: &Env) -> CiRevision {
        let revision = CiRevision::from_variables(env, &["CIRCLE_BRANCH"], &["CIRCLE_SHA1"]);
        let is_fork = revision.branch.as_ref().is_some_and(|name| name.starts_with("pull/"));
        revision.without_branch_if(is_fork)
    }

    /// The variable may begin with `~/`, as in `~/project`.
    fn checkout(&self, env: &Env) -> Checkout {
        let Some(folder) = first(env, &["CIRCLE_WORKING_DIRECTORY"]) else {
            return Checkout::none();
        };
        Checkout::at(match (folder.strip_prefix("~/"), env.get("HOME")) {
            (Some(inside), Some(home)) => PathBuf::from(home).join(inside),
            _ => PathBuf::from(folder),
        })
    }

    fn step_files(&self, env: &Env) -> Box<dyn StepFiles> {
        Box::new(BashEnv::new(env))
    }
}

/// The script that every later step of the job begins with.
struct BashEnv {
    path: Option<PathBuf>,
}

impl BashEnv {
    fn new(env: &Env) -> Self {
        Self { path: env.get("BASH_ENV").map(PathBuf::from) }
    }
}

impl StepFiles for BashEnv {
    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), StepFilesError> {
        let path = self.path.as_deref().ok_or(StepFilesError::Unset("BASH_ENV"))?;
        let exports = outputs.iter().map(|(name, value)| export(&variable_name(name), value));
        Ok(file_updates::append(path, &exports.collect::<String>())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_for_a_shell() {
        for (value, expected) in [
            ("a'b", "export K='a'\\''b'\n"),
            ("", "export K=''\n"),
            ("$(id) `id` \\ \"x\"", "export K='$(id) `id` \\ \"x\"'\n"),
        ] {
            assert_eq!(export("K", value), expected);
        }
    }

    #[test]
    fn outputs_without_a_file_are_an_error_but_no_failure() {
        let error = BashEnv::new(&Env::default()).outputs(&[]).unwrap_err();
        assert_eq!(error.to_string(), "BASH_ENV is not set: the outputs were not handed over");
        assert!(!error.is_failure());
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_an_exported_value_and_runs_none_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "export OTHER=1").unwrap();
        let path = file.path().to_str().unwrap();
        let hostile = "it's\n$(echo no) `echo no` \\ \"$HOME\" ';exit 7;'";
        BashEnv::new(&Env::from_iter([("BASH_ENV", path)]))
            .outputs(&[("build-id", "42".to_owned()), ("first-error", hostile.to_owned())])
            .unwrap();
        let script = r#". "$1"; printf %s "$OTHER|$BUILDPIXEL_BUILD_ID|$BUILDPIXEL_FIRST_ERROR""#;
        let shell = std::process::Command::new("sh").args(["-c", script, "sh", path]).output();
        let shell = shell.unwrap();
        assert!(shell.status.success(), "{shell:?}");
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), format!("1|42|{hostile}"));
    }
}

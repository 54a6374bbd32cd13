//! CircleCI: plain text, and outputs as shell variables for the later steps of the job.

use std::path::PathBuf;

use super::{Handover, PublishProblem, files};
use crate::config::Env;
use crate::export::dotenv;

/// The script that every later step of the job begins with.
pub(super) struct BashEnv {
    path: Option<PathBuf>,
}

impl BashEnv {
    pub(super) fn new(env: &Env) -> Self {
        Self { path: env.get("BASH_ENV").map(PathBuf::from) }
    }
}

impl Handover for BashEnv {
    fn outputs(&self, outputs: &[(&str, String)]) -> Result<(), PublishProblem> {
        let path = self.path.as_deref().ok_or(PublishProblem::Unset("BASH_ENV"))?;
        let exports = outputs.iter().map(|(name, value)| export(&dotenv::key(name), value));
        files::append(path, &exports.collect::<String>())
    }
}

/// Between single quotes a shell leaves everything alone but the next one.
fn export(key: &str, value: &str) -> String {
    format!("export {key}='{}'\n", value.replace('\'', "'\\''"))
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
    fn outputs_without_a_file_are_a_problem_but_no_failure() {
        let problem = BashEnv::new(&Env::default()).outputs(&[]).unwrap_err();
        assert_eq!(problem.to_string(), "BASH_ENV is not set: the outputs were not handed over");
        assert!(!problem.is_failure());
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_what_was_exported_and_runs_none_of_it() {
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

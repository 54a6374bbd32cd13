//! Travis CI, with folds, which it distinguishes by name.

use super::definition::{Ci, DialectOptions};
use super::dialect::{Dialect, Folding};
use super::plain_text::put;
use super::revision::CiRevision;
use super::variables::{self, differs};
use crate::checkout::Checkout;
use crate::config::Env;
use crate::text::Style;

pub(super) struct Travis;

impl Ci for Travis {
    fn name(&self) -> &'static str {
        "travis"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.flag("TRAVIS")
    }

    fn why_no_secrets(&self, env: &Env) -> Option<&'static str> {
        (env.get("TRAVIS_SECURE_ENV_VARS") == Some("false")).then_some(
            "Travis passes no secrets to this job, for example because its pull request comes from a fork; build \
             after the merge",
        )
    }

    /// For a tag the branch is the tag.
    fn revision(&self, env: &Env) -> CiRevision {
        let branches = ["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"];
        let commits = ["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"];
        let is_tag = env.get("TRAVIS_TAG").is_some();
        let is_fork = differs(env, "TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG");
        CiRevision::from_variables(env, &branches, &commits).without_branch_if(is_tag || is_fork)
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["TRAVIS_BUILD_DIR"])
    }

    fn style(&self, _env: &Env, _stdout_is_terminal: bool) -> Style {
        Style { color: true, travis_folds: true, ..Style::default() }
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Folds { color: options.color, count: 0, open: Vec::new() })
    }
}

/// Counts the folds.
struct Folds {
    color: bool,
    count: u32,
    open: Vec<u32>,
}

/// Travis takes a marker only with the `\r` and the erase sequence behind it.
fn marker(edge: &str, fold: u32) -> String {
    format!("travis_fold:{edge}:ci.{fold}\r\x1b[0K")
}

impl Dialect for Folds {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        self.count += 1;
        put(out, &[&marker("start", self.count), title, "\n"]);
        self.open.push(self.count);
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(fold) = self.open.pop() {
            put(out, &[&marker("end", fold), "\n"]);
        }
    }
}

//! Bitbucket Pipelines, with plain text.

use super::definition::Ci;
use super::revision::CiRevision;
use super::variables;
use crate::checkout::Checkout;
use crate::config::Env;

pub(super) struct Bitbucket;

impl Ci for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.get("BITBUCKET_BUILD_NUMBER").is_some()
    }

    fn revision(&self, env: &Env) -> CiRevision {
        CiRevision::from_variables(env, &["BITBUCKET_BRANCH"], &["BITBUCKET_COMMIT"])
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["BITBUCKET_CLONE_DIR"])
    }
}

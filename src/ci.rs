//! Lists all CIs and detects which one this is. Each CI has one file with everything that is true of it, which
//! implements [`Ci`].

mod annotation;
mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod definition;
mod dialect;
pub mod file_updates;
mod flat_groups;
mod github;
mod gitlab;
mod jenkins;
mod link_target;
mod plain;
mod plain_text;
mod process;
mod revision;
mod step_files;
mod teamcity;
mod terminal;
mod travis;
mod variables;

use tracing::debug;

pub use annotation::Annotation;
pub use definition::{Ci, Clock, DialectOptions};
pub use dialect::{Dialect, Folding, LogLimit};
pub use process::ProgramError;
pub use revision::CiRevision;
pub use step_files::{StepFiles, StepFilesError};

use crate::config::{Env, Mistake};

/// Every CI that is known, in the order of detection. Jenkins is last, because its variables leak into
/// everything that its agents start.
static KNOWN: &[&dyn Ci] = &[
    &github::GITHUB,
    &github::GITEA,
    &github::FORGEJO,
    &github::ACT,
    &gitlab::GitLab,
    &azure::Azure,
    &buildkite::Buildkite,
    &teamcity::TeamCity,
    &circleci::CircleCi,
    &bitbucket::Bitbucket,
    &travis::Travis,
    &jenkins::Jenkins,
];

/// For everything else, in the order of detection.
static OTHERS: &[&dyn Ci] = &[&plain::Plain, &terminal::Terminal];

/// Every CI that the `ci` input may name.
pub fn all() -> impl Iterator<Item = &'static dyn Ci> {
    KNOWN.iter().chain(OTHERS).copied()
}

/// The CI that the `ci` input names, or the one that is detected.
///
/// # Errors
/// A mistake in the `ci` input: no CI has this name.
pub fn choose(
    ci: Option<&str>,
    env: &Env,
    stdout_is_terminal: bool,
) -> Result<&'static dyn Ci, Mistake> {
    let Some(given) = ci.filter(|name| *name != "auto") else {
        return Ok(detect(env, stdout_is_terminal));
    };
    all().find(|ci| ci.name() == given).ok_or_else(|| {
        let names: Vec<_> = all().map(Ci::name).collect();
        let problem = format!("is not known; accepted are auto, {}", names.join(", "));
        Mistake::new(env, "ci", Some(given.to_owned()), problem)
    })
}

/// The first CI whose variables are set.
pub fn detect(env: &Env, stdout_is_terminal: bool) -> &'static dyn Ci {
    let (found, also) = known(env, stdout_is_terminal);
    if let (Some(found), Some(also)) = (found, also) {
        debug!(?found, ?also, "the environment has the variables of two CIs");
    }
    let other = OTHERS.iter().copied().find(|ci| ci.is_here(env, stdout_is_terminal));
    found.or(other).unwrap_or(&plain::Plain)
}

type Found = Option<&'static dyn Ci>;

/// The first two known CIs whose variables are set.
fn known(env: &Env, stdout_is_terminal: bool) -> (Found, Found) {
    let mut found = KNOWN.iter().copied().filter(|ci| ci.is_here(env, stdout_is_terminal));
    (found.next(), found.next())
}

/// A warning if the CI is not known, but the environment looks like one of a known CI.
pub fn near_miss(ci: &dyn Ci, env: &Env) -> Option<&'static str> {
    ci.is_fallback().then(|| KNOWN.iter().find_map(|ci| ci.near_miss(env))).flatten()
}

#[cfg(test)]
pub(crate) mod tests;

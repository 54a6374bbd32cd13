//! Where the repository is checked out.

use std::path::PathBuf;

use super::Platform;
use crate::config::Env;
use crate::worktree::Worktree;

impl Platform {
    /// The checkout of the job, to whose top the platform takes the files of annotations to be relative.
    /// Without a word of the platform it is the one that we run in.
    pub fn worktree(self, env: &Env) -> Worktree {
        let variables: &[_] = match self {
            Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act => &["GITHUB_WORKSPACE"],
            Self::GitLab => &["CI_PROJECT_DIR"],
            Self::Azure => &["BUILD_REPOSITORY_LOCALPATH", "BUILD_SOURCESDIRECTORY"],
            Self::Buildkite => &["BUILDKITE_BUILD_CHECKOUT_PATH"],
            Self::CircleCi => &["CIRCLE_WORKING_DIRECTORY"],
            Self::Bitbucket => &["BITBUCKET_CLONE_DIR"],
            Self::Travis => &["TRAVIS_BUILD_DIR"],
            Self::Jenkins => &["WORKSPACE"],
            // TeamCity starts us in the checkout and tells builds nothing of it.
            Self::TeamCity | Self::Plain | Self::Terminal => {
                return Worktree::around(PathBuf::from("."));
            }
        };
        let told = variables.iter().find_map(|name| env.get(name));
        told.map_or_else(Worktree::none, |folder| Worktree::at(from_home(folder.trim(), env)))
    }
}

/// `~/project`, as CircleCI says it.
fn from_home(folder: &str, env: &Env) -> PathBuf {
    match (folder.strip_prefix("~/"), env.get("HOME")) {
        (Some(inside), Some(home)) => PathBuf::from(home).join(inside),
        _ => PathBuf::from(folder),
    }
}

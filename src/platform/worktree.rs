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
        let folder = told.map(|folder| from_home(folder.trim(), env));
        match (self, folder) {
            (_, None) => Worktree::none(),
            // The checkout action has an input for the folder, which the workspace does not tell.
            (Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act, Some(workspace)) => {
                Worktree::within(workspace)
            }
            (_, Some(top)) => Worktree::at(top),
        }
    }
}

/// `~/project`, as CircleCI says it.
fn from_home(folder: &str, env: &Env) -> PathBuf {
    match (folder.strip_prefix("~/"), env.get("HOME")) {
        (Some(inside), Some(home)) => PathBuf::from(home).join(inside),
        _ => PathBuf::from(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platform_tells_where_the_checkout_is() {
        let home = tempfile::tempdir().unwrap();
        let checkout = home.path().join("game");
        std::fs::create_dir(&checkout).unwrap();
        std::fs::write(checkout.join("Game.uproject"), "").unwrap();
        let there = checkout.to_str().unwrap();
        for (platform, variable, folder) in [
            (Platform::GitHub, "GITHUB_WORKSPACE", there),
            (Platform::Gitea, "GITHUB_WORKSPACE", there),
            (Platform::Forgejo, "GITHUB_WORKSPACE", there),
            (Platform::Act, "GITHUB_WORKSPACE", there),
            (Platform::GitLab, "CI_PROJECT_DIR", there),
            (Platform::Azure, "BUILD_SOURCESDIRECTORY", there),
            (Platform::Azure, "BUILD_REPOSITORY_LOCALPATH", there),
            (Platform::Buildkite, "BUILDKITE_BUILD_CHECKOUT_PATH", there),
            (Platform::CircleCi, "CIRCLE_WORKING_DIRECTORY", "~/game"),
            (Platform::Bitbucket, "BITBUCKET_CLONE_DIR", there),
            (Platform::Travis, "TRAVIS_BUILD_DIR", there),
            (Platform::Jenkins, "WORKSPACE", there),
        ] {
            let home = ("HOME", home.path().to_str().unwrap());
            let worktree = platform.worktree(&Env::from_iter([home, (variable, folder)]));
            assert!(worktree.is_authoritative(), "{platform:?} {variable}");
            let untold = platform.worktree(&Env::from_iter([home]));
            assert_eq!(format!("{untold:?}"), "Worktree(\"none\")", "{platform:?}");
        }
    }

    #[test]
    fn without_a_word_of_the_platform_it_is_the_checkout_that_we_run_in() {
        for platform in [Platform::TeamCity, Platform::Plain, Platform::Terminal] {
            let worktree = platform.worktree(&Env::from_iter([("WORKSPACE", "/nonexistent")]));
            assert_eq!(format!("{worktree:?}"), "Worktree(\"not known yet\")", "{platform:?}");
        }
    }
}

//! Where the repository is checked out.

use std::path::PathBuf;

use super::Platform;
use crate::checkout::Checkout;
use crate::config::Env;

impl Platform {
    /// The checkout of the job, to whose top the platform takes the files of annotations to be relative.
    /// Without a word of the platform it is the one that we run in.
    pub fn checkout(self, env: &Env) -> Checkout {
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
                return Checkout::around(PathBuf::from("."));
            }
        };
        let told = variables.iter().find_map(|name| env.get(name));
        let folder = told.map(|folder| from_home(folder.trim(), env));
        match (self, folder) {
            (_, None) => Checkout::none(),
            // The checkout action has an input for the folder, which the workspace does not tell.
            (Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act, Some(workspace)) => {
                Checkout::within(workspace)
            }
            (_, Some(top)) => Checkout::at(top),
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

    #[tokio::test]
    async fn each_platform_tells_where_the_checkout_is() {
        let home = tempfile::tempdir().unwrap();
        let game = home.path().join("game");
        std::fs::create_dir(&game).unwrap();
        std::fs::write(game.join("Game.uproject"), "").unwrap();
        let there = game.to_str().unwrap();
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
            let mut checkout = platform.checkout(&Env::from_iter([home, (variable, folder)]));
            checkout.begin().unwrap();
            checkout.walked().await;
            assert_eq!(checkout.top().path(), Some(game.as_path()), "{platform:?} {variable}");
            let untold = platform.checkout(&Env::from_iter([home]));
            assert_eq!(format!("{untold:?}"), "Checkout(\"none\")", "{platform:?}");
        }
    }

    #[test]
    fn without_a_word_of_the_platform_it_is_the_checkout_that_we_run_in() {
        for platform in [Platform::TeamCity, Platform::Plain, Platform::Terminal] {
            let checkout = platform.checkout(&Env::from_iter([("WORKSPACE", "/nonexistent")]));
            assert_eq!(format!("{checkout:?}"), "Checkout(\"not known yet\")", "{platform:?}");
        }
    }
}

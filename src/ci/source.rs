//! Where the CI's repository can be looked at.

use super::Platform;
use crate::config::Env;
use crate::report::SourceLinks;

impl Platform {
    /// Links to the lines of the commit that is checked out; of a pull request, to those of its head.
    /// Reads a file.
    pub fn source_links(self, env: &Env) -> SourceLinks {
        let get = |name| env.get(name).map(str::trim);
        let github = || {
            let server = get("GITHUB_SERVER_URL").map(|url| url.trim_end_matches('/'));
            Some(format!("{}/{}", server?, get("GITHUB_REPOSITORY")?))
        };
        let (repository, files) = match self {
            Self::GitHub | Self::Act => (github(), "/blob/"),
            Self::Gitea | Self::Forgejo => (github(), "/src/commit/"),
            Self::GitLab => (get("CI_PROJECT_URL").map(str::to_owned), "/-/blob/"),
            Self::Azure
            | Self::Buildkite
            | Self::TeamCity
            | Self::CircleCi
            | Self::Bitbucket
            | Self::Travis
            | Self::Jenkins
            | Self::Plain
            | Self::Terminal => return SourceLinks::default(),
        };
        let commit = self.revision(env).commit;
        SourceLinks::new(&repository.unwrap_or_default(), files, commit.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Location;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn each_platform_shows_files_at_its_own_address() {
        let github = [
            ("GITHUB_SERVER_URL", "https://git.example/"),
            ("GITHUB_REPOSITORY", "studio/game"),
            ("GITHUB_SHA", COMMIT),
        ];
        let gitlab =
            [("CI_PROJECT_URL", "https://git.example/studio/game"), ("CI_COMMIT_SHA", COMMIT)];
        let rows: [(Platform, &[_], Option<&str>); 6] = [
            (Platform::GitHub, &github, Some("blob")),
            (Platform::Act, &github, Some("blob")),
            (Platform::Gitea, &github, Some("src/commit")),
            (Platform::Forgejo, &github, Some("src/commit")),
            (Platform::GitLab, &gitlab, Some("-/blob")),
            (Platform::Jenkins, &github, None),
        ];
        let location = Location {
            file: "A.cpp".to_owned(),
            in_repository: true,
            line: Some(7),
            column: None,
            end_line: None,
        };
        for (platform, variables, files) in rows {
            let link = platform
                .source_links(&Env::from_iter(variables.iter().copied()))
                .line(&location, Some("0123456"));
            let expected = files
                .map(|files| format!("https://git.example/studio/game/{files}/{COMMIT}/A.cpp#L7"));
            assert_eq!(link, expected, "{platform:?}");
        }
    }
}

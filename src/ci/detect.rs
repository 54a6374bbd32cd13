//! Finding out from the environment which CI this is.

use tracing::debug;

use super::Platform;
use crate::config::Env;

impl Platform {
    /// The platform that the environment speaks of; the first match wins. Never decided by `CI` alone,
    /// and Jenkins comes last because its variables leak into whatever its agents start.
    pub fn detect(env: &Env, stdout_is_terminal: bool) -> Self {
        let mut seen = Self::seen(env, stdout_is_terminal).into_iter();
        let found = seen.next().unwrap_or(Self::Plain);
        if let Some(other) = seen.find(|other| found.is_not_like(*other)) {
            debug!(?found, also = ?other, "the environment speaks of two CIs");
        }
        found
    }

    /// Every platform that the environment speaks of.
    fn seen(env: &Env, stdout_is_terminal: bool) -> Vec<Self> {
        let set = |name| env.get(name).is_some();
        let evidence = [
            (Self::Forgejo, env.flag("FORGEJO_ACTIONS")),
            (Self::Gitea, env.flag("GITEA_ACTIONS")),
            (Self::Act, env.flag("ACT") && env.flag("GITHUB_ACTIONS")),
            (Self::GitHub, env.flag("GITHUB_ACTIONS") && set("GITHUB_RUN_ID")),
            (Self::GitLab, env.flag("GITLAB_CI") && set("CI_JOB_ID")),
            (Self::Azure, env.flag("TF_BUILD")),
            (Self::Buildkite, env.flag("BUILDKITE")),
            (Self::TeamCity, set("TEAMCITY_VERSION")),
            (Self::CircleCi, env.flag("CIRCLECI")),
            (Self::Bitbucket, set("BITBUCKET_BUILD_NUMBER")),
            (Self::Travis, env.flag("TRAVIS")),
            (Self::Jenkins, (set("JENKINS_URL") && set("BUILD_ID")) || set("HUDSON_URL")),
            (Self::Plain, set("CI") && env.get("CI") != Some("false")),
            (Self::Terminal, stdout_is_terminal),
        ];
        let seen = evidence.into_iter().filter(|(_, seen)| *seen);
        seen.map(|(platform, _)| platform).collect()
    }

    /// Whether it is odd to see both: the relatives of GitHub say that they are GitHub, and any CI may have a
    /// terminal.
    fn is_not_like(self, other: Self) -> bool {
        let is_github = |of| matches!(of, Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act);
        match other {
            Self::Plain | Self::Terminal => false,
            other => !is_github(self) || !is_github(other),
        }
    }

    /// Why plain text may not be what was expected.
    pub fn doubt(self, env: &Env) -> Option<&'static str> {
        let half = env.flag("GITHUB_ACTIONS") && env.get("GITHUB_RUN_ID").is_none();
        (self == Self::Plain && half)
            .then_some("GITHUB_ACTIONS is set and GITHUB_RUN_ID is not: the output is plain text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_github_is_plain_and_says_so() {
        let doubt = |variables: &[(&str, &str)]| {
            let env = Env::from_iter(variables.iter().copied());
            Platform::detect(&env, false).doubt(&env)
        };
        let half = [("CI", "true"), ("GITHUB_ACTIONS", "true")];
        assert!(
            doubt(&half).unwrap().starts_with("GITHUB_ACTIONS is set and GITHUB_RUN_ID is not")
        );
        assert_eq!(doubt(&[&half[..], &[("GITHUB_RUN_ID", "1")]].concat()), None);
        assert_eq!(doubt(&[("CI", "true")]), None);
    }

    #[test]
    fn two_cis_in_one_environment_are_odd_unless_one_says_that_it_is_the_other() {
        let odd = |variables: &[(&str, &str)]| {
            let mut seen =
                Platform::seen(&Env::from_iter(variables.iter().copied()), true).into_iter();
            let found = seen.next().unwrap();
            seen.find(|other| found.is_not_like(*other))
        };
        let github = [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "1")];
        let jenkins = [("JENKINS_URL", "https://j"), ("BUILD_ID", "1")];
        let forgejo = [("FORGEJO_ACTIONS", "true"), ("GITEA_ACTIONS", "true"), ("ACT", "true")];
        assert_eq!(odd(&github), None);
        assert_eq!(odd(&[&github[..], &forgejo[..]].concat()), None);
        assert_eq!(odd(&[&github[..], &jenkins[..]].concat()), Some(Platform::Jenkins));
    }
}

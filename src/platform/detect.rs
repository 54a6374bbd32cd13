//! Finding out from the environment which CI this is.

use super::Platform;
use crate::config::Env;

impl Platform {
    /// The platform that the environment speaks of; the first match wins. Never decided by `CI` alone,
    /// and Jenkins comes last because its variables leak into whatever its agents start.
    pub fn detect(env: &Env, stdout_is_terminal: bool) -> Self {
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
        let found = evidence.into_iter().find(|(_, seen)| *seen);
        found.map_or(Self::Plain, |(platform, _)| platform)
    }

    /// Why plain text may not be what was expected.
    pub fn doubt(self, env: &Env) -> Option<&'static str> {
        let half = env.flag("GITHUB_ACTIONS") && env.get("GITHUB_RUN_ID").is_none();
        (self == Self::Plain && half)
            .then_some("GITHUB_ACTIONS is set and GITHUB_RUN_ID is not: the output is plain text")
    }
}

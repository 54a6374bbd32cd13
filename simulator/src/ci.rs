//! The CIs that a step can pretend to run on: the variables that each sets, and the files that it reads back.

use std::path::Path;

use crate::ids::{BUILD_ID, PROJECT_ID, SETTING_ID, TOKEN};

/// A CI, by the name that the input `ci` of the program has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "these are names")]
pub enum Ci {
    GitHub,
    Gitea,
    Forgejo,
    Act,
    GitLab,
    Azure,
    Buildkite,
    TeamCity,
    CircleCi,
    Bitbucket,
    Travis,
    Jenkins,
    /// Any other CI: text only.
    Plain,
    /// No CI: a person watches.
    Terminal,
}

const OUTPUTS: &str = ".runner/outputs";
const SUMMARY: &str = ".runner/summary.md";
/// The folder that the program writes reports to by default on GitLab and Jenkins.
const REPORTS: &str = "buildpixel-reports";

impl Ci {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::GitHub,
        Self::Gitea,
        Self::Forgejo,
        Self::Act,
        Self::GitLab,
        Self::Azure,
        Self::Buildkite,
        Self::TeamCity,
        Self::CircleCi,
        Self::Bitbucket,
        Self::Travis,
        Self::Jenkins,
        Self::Plain,
        Self::Terminal,
    ];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Gitea => "gitea",
            Self::Forgejo => "forgejo",
            Self::Act => "act",
            Self::GitLab => "gitlab",
            Self::Azure => "azure",
            Self::Buildkite => "buildkite",
            Self::TeamCity => "teamcity",
            Self::CircleCi => "circleci",
            Self::Bitbucket => "bitbucket",
            Self::Travis => "travis",
            Self::Jenkins => "jenkins",
            Self::Plain => "plain",
            Self::Terminal => "terminal",
        }
    }

    /// The CI of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ci| ci.name() == name)
    }

    /// The variables that the CI sets for a step in this workspace. The program recognises the CI by them.
    pub fn environment(self, workspace: &Path) -> Vec<(&'static str, String)> {
        let here = workspace.display().to_string();
        let temporary = workspace.join(".runner").display().to_string();
        match self {
            Self::GitHub => github(workspace, &[]),
            Self::Gitea => github(workspace, &["GITEA_ACTIONS"]),
            Self::Forgejo => github(workspace, &["FORGEJO_ACTIONS", "GITEA_ACTIONS"]),
            Self::Act => github(workspace, &["ACT"]),
            Self::GitLab => vec![
                ("CI", "true".into()),
                ("GITLAB_CI", "true".into()),
                ("CI_JOB_ID", "7718205".into()),
                ("CI_PROJECT_DIR", here),
            ],
            Self::Azure => vec![
                ("TF_BUILD", "True".into()),
                ("BUILD_SOURCESDIRECTORY", here),
                ("AGENT_TEMPDIRECTORY", temporary),
            ],
            Self::Buildkite => vec![
                ("CI", "true".into()),
                ("BUILDKITE", "true".into()),
                ("BUILDKITE_BUILD_CHECKOUT_PATH", here),
            ],
            Self::TeamCity => vec![("TEAMCITY_VERSION", "2025.11".into())],
            Self::CircleCi => vec![
                ("CI", "true".into()),
                ("CIRCLECI", "true".into()),
                ("CIRCLE_WORKING_DIRECTORY", here),
                ("BASH_ENV", workspace.join(OUTPUTS).display().to_string()),
            ],
            Self::Bitbucket => vec![
                ("CI", "true".into()),
                ("BITBUCKET_BUILD_NUMBER", "118".into()),
                ("BITBUCKET_CLONE_DIR", here),
            ],
            Self::Travis => {
                vec![("CI", "true".into()), ("TRAVIS", "true".into()), ("TRAVIS_BUILD_DIR", here)]
            }
            Self::Jenkins => vec![
                ("JENKINS_URL", "https://jenkins.saltmarsh.example/".into()),
                ("BUILD_ID", "118".into()),
                ("JOB_NAME", "lighthouse".into()),
                ("WORKSPACE", here),
            ],
            Self::Plain => vec![("CI", "true".into())],
            // The output goes into a pipe, so the program would not detect a terminal.
            Self::Terminal => vec![("BUILDPIXEL_CI", "terminal".into())],
        }
    }

    /// The inputs of the step, under the names that the CI gives them.
    pub fn inputs(self, api_url: String) -> Vec<(&'static str, String)> {
        let [token, project, setting, url] = match self {
            Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act => {
                ["INPUT_TOKEN", "INPUT_PROJECT", "INPUT_BUILD-SETTING", "INPUT_API-URL"]
            }
            Self::GitLab
            | Self::Azure
            | Self::Buildkite
            | Self::TeamCity
            | Self::CircleCi
            | Self::Bitbucket
            | Self::Travis
            | Self::Jenkins
            | Self::Plain
            | Self::Terminal => [
                "BUILDPIXEL_TOKEN",
                "BUILDPIXEL_PROJECT",
                "BUILDPIXEL_BUILD_SETTING",
                "BUILDPIXEL_API_URL",
            ],
        };
        let inputs = [
            (token, TOKEN.into()),
            (project, PROJECT_ID.into()),
            (setting, SETTING_ID.into()),
            (url, api_url),
        ];
        let reports = self.needs_reports_dir().then(|| ("BUILDPIXEL_REPORTS_DIR", REPORTS.into()));
        inputs.into_iter().chain(reports).collect()
    }

    /// True if the program writes no summary here unless a folder for reports is given.
    fn needs_reports_dir(self) -> bool {
        match self {
            Self::GitHub
            | Self::Gitea
            | Self::Forgejo
            | Self::Act
            | Self::GitLab
            | Self::Jenkins
            | Self::Azure => false,
            Self::Buildkite
            | Self::CircleCi
            | Self::TeamCity
            | Self::Bitbucket
            | Self::Travis
            | Self::Plain
            | Self::Terminal => true,
        }
    }

    /// The files that the step leaves behind: a name for people, and the file or folder below the workspace.
    pub fn results(self) -> Vec<(&'static str, String)> {
        let outputs = ("outputs", OUTPUTS.to_owned());
        let reports = ("reports", REPORTS.to_owned());
        let summary = |path: String| ("summary page", path);
        match self {
            Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act => {
                vec![summary(SUMMARY.to_owned()), outputs]
            }
            Self::Azure => vec![summary(format!(".runner/buildpixel-{BUILD_ID}.md"))],
            Self::CircleCi => vec![summary(format!("{REPORTS}/summary.md")), reports, outputs],
            Self::GitLab
            | Self::Buildkite
            | Self::TeamCity
            | Self::Bitbucket
            | Self::Travis
            | Self::Jenkins
            | Self::Plain
            | Self::Terminal => vec![summary(format!("{REPORTS}/summary.md")), reports],
        }
    }
}

/// GitHub and its relatives, which set a variable more.
fn github(workspace: &Path, more: &[&'static str]) -> Vec<(&'static str, String)> {
    let at = |name: &str| workspace.join(name).display().to_string();
    let mut variables = vec![
        ("CI", "true".into()),
        ("GITHUB_ACTIONS", "true".into()),
        ("GITHUB_RUN_ID", "9041277315".into()),
        ("GITHUB_REPOSITORY", "saltmarsh-games/lighthouse".into()),
        ("GITHUB_SERVER_URL", "https://github.com".into()),
        ("GITHUB_WORKSPACE", workspace.display().to_string()),
        ("GITHUB_OUTPUT", at(OUTPUTS)),
        ("GITHUB_STEP_SUMMARY", at(SUMMARY)),
    ];
    variables.extend(more.iter().map(|name| (*name, "true".into())));
    variables
}

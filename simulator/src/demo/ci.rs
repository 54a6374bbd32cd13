//! The CIs that the demo can look like: what they set for a step, and where results end up.

use std::path::Path;

use anyhow::bail;
use simulator::{PROJECT_ID, SETTING_ID, TOKEN};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ci {
    GitHub,
    GitLab,
    Jenkins,
    Plain,
}

impl Ci {
    pub(crate) fn read(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "github" => Self::GitHub,
            "gitlab" => Self::GitLab,
            "jenkins" => Self::Jenkins,
            "plain" => Self::Plain,
            _ => bail!("unknown CI {name:?}"),
        })
    }

    /// The variables that the CI sets for a step in this workspace.
    pub(crate) fn environment(self, workspace: &Path) -> Vec<(&'static str, String)> {
        let at = |name: &str| workspace.join(name).display().to_string();
        let here = workspace.display().to_string();
        match self {
            Self::GitHub => vec![
                ("CI", "true".into()),
                ("GITHUB_ACTIONS", "true".into()),
                ("GITHUB_RUN_ID", "9041277315".into()),
                ("GITHUB_REPOSITORY", "saltmarsh-games/lighthouse".into()),
                ("GITHUB_SERVER_URL", "https://github.com".into()),
                ("GITHUB_WORKSPACE", here),
                ("GITHUB_OUTPUT", at(GITHUB_OUTPUT)),
                ("GITHUB_STEP_SUMMARY", at(GITHUB_SUMMARY)),
            ],
            Self::GitLab => vec![
                ("CI", "true".into()),
                ("GITLAB_CI", "true".into()),
                ("CI_JOB_ID", "7718205".into()),
                ("CI_PROJECT_DIR", here),
            ],
            Self::Jenkins => vec![
                ("JENKINS_URL", "https://jenkins.saltmarsh.example/".into()),
                ("BUILD_ID", "118".into()),
                ("JOB_NAME", "lighthouse".into()),
                ("WORKSPACE", here),
            ],
            Self::Plain => Vec::new(),
        }
    }

    /// The inputs of the step, spelt as the CI would.
    pub(crate) fn inputs(self, api_url: String) -> [(&'static str, String); 4] {
        let [token, project, setting, url] = match self {
            Self::GitHub => {
                ["INPUT_TOKEN", "INPUT_PROJECT", "INPUT_BUILD-SETTING", "INPUT_API-URL"]
            }
            Self::GitLab | Self::Jenkins | Self::Plain => [
                "BUILDPIXEL_TOKEN",
                "BUILDPIXEL_PROJECT",
                "BUILDPIXEL_BUILD_SETTING",
                "BUILDPIXEL_API_URL",
            ],
        };
        [
            (token, TOKEN.into()),
            (project, PROJECT_ID.into()),
            (setting, SETTING_ID.into()),
            (url, api_url),
        ]
    }

    /// Whether its web page shows more than the bare text.
    pub(crate) fn has_markup(self) -> bool {
        match self {
            Self::GitHub | Self::GitLab => true,
            Self::Jenkins | Self::Plain => false,
        }
    }

    /// What is worth showing at the end: a title, and the text. What was never written is left out.
    pub(crate) fn results(self, workspace: &Path) -> Vec<(&'static str, String)> {
        let files: &[_] = match self {
            Self::GitHub => &[("Step summary", GITHUB_SUMMARY), ("Outputs", GITHUB_OUTPUT)],
            Self::GitLab => &[("Outputs", "buildpixel-reports/outputs.env")],
            Self::Jenkins => &[("Outputs", "buildpixel-reports/outputs.properties")],
            Self::Plain => &[],
        };
        let read = |(title, name): &(&'static str, &str)| {
            let text = std::fs::read_to_string(workspace.join(name)).ok()?;
            Some((*title, if *name == GITHUB_OUTPUT { collected(&text) } else { text }))
        };
        files.iter().filter_map(read).collect()
    }
}

/// What GitHub's runner makes of `$GITHUB_OUTPUT`: of each name the last value. Empty ones are left out.
fn collected(file: &str) -> String {
    let mut outputs = Vec::<(&str, String)>::new();
    let mut lines = file.lines();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.retain(|(known, _)| *known != name);
        outputs.push((name, value.join("\n")));
    }
    let told = outputs.iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| format!("{name} = {value}\n")).collect()
}

const GITHUB_OUTPUT: &str = ".runner/output";
const GITHUB_SUMMARY: &str = ".runner/summary.md";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_collected_as_the_runner_does() {
        let file = "a<<x\n1\nx\nb<<y\n\ny\nc<<z\n2\nz\na<<w\n3\nw\n";
        assert_eq!(collected(file), "c = 2\na = 3\n");
    }
}

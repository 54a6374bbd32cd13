//! What the CI is building, for the inputs that say `auto`.

use serde::Deserialize;

use super::Platform;
use crate::config::{Env, Mistake, Override, Task};
use crate::service;

/// What the CI is building, as far as it tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CiRevision {
    /// Git branch; of a pull request, the branch that is to be merged.
    pub branch: Option<String>,
    /// Git commit; of a pull request, its head and not the merge commit.
    pub commit: Option<String>,
    /// Perforce changelist.
    pub changelist: Option<String>,
}

impl CiRevision {
    /// The overrides of the task, with what the CI is building where they say `auto`.
    ///
    /// # Errors
    /// A mistake for each `auto` that the CI does not tell.
    pub fn resolve(self, task: &Task, env: &Env) -> Result<service::Overrides, Vec<Mistake>> {
        let Task::Trigger { overrides, .. } = task else {
            return Ok(service::Overrides::default());
        };
        let mut mistakes = Vec::new();
        let mut resolve = |input, given: &Option<Override>, found: Option<String>| match given {
            None => None,
            Some(Override::Value(value)) => Some(value.clone()),
            Some(Override::Auto) => {
                if found.is_none() {
                    let problem =
                        format!("this CI does not tell the {input}; give it, or leave it out");
                    mistakes.push(Mistake::new(env, input, Some("auto".to_owned()), problem));
                }
                found
            }
        };
        let resolved = service::Overrides {
            branch: resolve("branch", &overrides.branch, self.branch),
            commit: resolve("commit", &overrides.commit, self.commit),
            changelist: resolve("changelist", &overrides.changelist, self.changelist),
        };
        if mistakes.is_empty() { Ok(resolved) } else { Err(mistakes) }
    }
}

impl Platform {
    /// What is being built here.
    pub fn revision(self, env: &Env) -> CiRevision {
        let (branches, commits): (&[_], &[_]) = match self {
            Self::GitHub | Self::Gitea | Self::Forgejo | Self::Act => return github(env),
            Self::GitLab => (
                &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"],
                &["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"],
            ),
            Self::Azure => (
                &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
                &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
            ),
            Self::Buildkite => (&["BUILDKITE_BRANCH"], &["BUILDKITE_COMMIT"]),
            Self::TeamCity => return teamcity(env),
            Self::CircleCi => (&["CIRCLE_BRANCH"], &["CIRCLE_SHA1"]),
            Self::Bitbucket => (&["BITBUCKET_BRANCH"], &["BITBUCKET_COMMIT"]),
            Self::Travis => (
                &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
                &["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"],
            ),
            // Of a change `BRANCH_NAME` is `PR-7`.
            Self::Jenkins if env.get("CHANGE_ID").is_some() => {
                (&["CHANGE_BRANCH"], &["GIT_COMMIT"])
            }
            Self::Jenkins => (&["BRANCH_NAME", "GIT_BRANCH"], &["GIT_COMMIT"]),
            Self::Plain | Self::Terminal => (&[], &[]),
        };
        // These have the name of a tag there, too.
        let tag = match self {
            Self::Buildkite => env.get("BUILDKITE_TAG"),
            Self::Travis => env.get("TRAVIS_TAG"),
            Self::Jenkins => env.get("TAG_NAME"),
            _ => None,
        };
        let is_ours = tag.is_none() && !self.is_fork(env);
        CiRevision {
            branch: first(env, branches).and_then(|name| bare(&name)).filter(|_| is_ours),
            // Buildkite says `HEAD` when it was not told which.
            commit: first(env, commits).filter(|commit| commit != "HEAD"),
            changelist: changelist(env),
        }
    }
}

impl Platform {
    /// Whether what is to be merged is on a branch of another repository, which may be called as one of ours.
    fn is_fork(self, env: &Env) -> bool {
        let differs = |from, to| env.get(from).is_some_and(|from| Some(from) != env.get(to));
        match self {
            Self::GitLab => differs("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_PROJECT_PATH"),
            Self::Azure => env.flag("SYSTEM_PULLREQUEST_ISFORK"),
            Self::Travis => differs("TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG"),
            Self::Jenkins => env.get("CHANGE_FORK").is_some(),
            // GitHub's relatives say it in the event, Buildkite in the name of the branch.
            Self::GitHub
            | Self::Gitea
            | Self::Forgejo
            | Self::Act
            | Self::Buildkite
            | Self::TeamCity
            | Self::CircleCi
            | Self::Bitbucket
            | Self::Plain
            | Self::Terminal => false,
        }
    }
}

/// On a pull request `GITHUB_SHA` is a merge commit that only GitHub has; the head is in the event.
/// `pull_request_target` builds the base on purpose: what is to be merged is not trusted there.
fn github(env: &Env) -> CiRevision {
    let event = env.get("GITHUB_EVENT_NAME").unwrap_or_default();
    let (branch, commit) = if event.starts_with("pull_request") && event != "pull_request_target" {
        match pull_request(env) {
            Some(PullRequest { head, base }) => {
                let is_ours = head.repo == base.and_then(|base| base.repo);
                (head.branch.filter(|_| is_ours), head.sha)
            }
            None => (first(env, &["GITHUB_HEAD_REF"]), None),
        }
    } else {
        let is_branch = env.get("GITHUB_REF_TYPE") != Some("tag");
        let branch = first(env, &["GITHUB_REF_NAME"]).filter(|_| is_branch);
        (branch, first(env, &["GITHUB_SHA"]))
    };
    CiRevision { branch, commit, changelist: changelist(env) }
}

/// Of the branch TeamCity tells builds nothing. The revision is that of whatever version control there is.
fn teamcity(env: &Env) -> CiRevision {
    let revision = first(env, &["BUILD_VCS_NUMBER"]);
    let is_commit = |revision: &str| {
        [40, 64].contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let (commit, other) = match revision {
        Some(revision) if is_commit(&revision) => (Some(revision), None),
        other => (None, other),
    };
    let changelist = other.filter(|revision| is_number(revision)).or_else(|| changelist(env));
    CiRevision { branch: None, commit, changelist }
}

#[derive(Deserialize)]
struct PullRequestEvent {
    pull_request: PullRequest,
}

#[derive(Deserialize)]
struct PullRequest {
    head: End,
    base: Option<End>,
}

#[derive(Deserialize)]
struct End {
    sha: Option<String>,
    #[serde(rename = "ref")]
    branch: Option<String>,
    /// None of a fork that is gone.
    repo: Option<Repository>,
}

#[derive(PartialEq, Eq, Deserialize)]
struct Repository {
    full_name: String,
}

fn pull_request(env: &Env) -> Option<PullRequest> {
    let json = std::fs::read(env.get("GITHUB_EVENT_PATH")?).ok()?;
    let event: PullRequestEvent = serde_json::from_slice(&json).ok()?;
    Some(event.pull_request)
}

/// The P4 plugin of Jenkins puts labels there too; a changelist is a number.
fn changelist(env: &Env) -> Option<String> {
    first(env, &["P4_CHANGELIST"]).filter(|given| is_number(given))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn first(env: &Env, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env.get(name)).map(|value| value.trim().to_owned())
}

/// `refs/heads/main` (Azure) and `origin/main` (Jenkins) are `main`. A tag (`refs/tags/v1` on Azure), the
/// merge of a pull request (`pull/7` on CircleCI) and a branch of a fork (`someone:main` on Buildkite) are no
/// branch of the repository.
fn bare(branch: &str) -> Option<String> {
    let short = branch.strip_prefix("refs/heads/").or_else(|| branch.strip_prefix("origin/"));
    let name = short.unwrap_or(branch);
    let is_other = short.is_none() && (name.starts_with("refs/") || name.starts_with("pull/"));
    (!is_other && !name.contains(':')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(platform: Platform, variables: &[(&str, &str)]) -> [Option<String>; 3] {
        let env = Env::from_iter(variables.iter().copied());
        let CiRevision { branch, commit, changelist } = platform.revision(&env);
        [branch, commit, changelist]
    }

    fn known(branch: &str, commit: &str) -> [Option<String>; 3] {
        [Some(branch.to_owned()), Some(commit.to_owned()), None]
    }

    #[test]
    fn a_pull_request_on_github_is_its_head_and_not_the_merge_commit() {
        let event = tempfile::NamedTempFile::new().unwrap();
        let of = |head: &str| {
            let json = format!(
                r#"{{"number":7,"pull_request":{{
                    "head":{{"sha":"beef","ref":"topic","repo":{head},"x":1}},
                    "base":{{"sha":"c0de","ref":"main","repo":{{"full_name":"studio/game"}}}}}}}}"#
            );
            std::fs::write(event.path(), json).unwrap();
        };
        of(r#"{"full_name":"studio/game"}"#);
        let path = event.path().to_str().unwrap();
        let variables = |event| {
            [
                ("GITHUB_EVENT_NAME", event),
                ("GITHUB_EVENT_PATH", path),
                ("GITHUB_SHA", "c0de"),
                ("GITHUB_REF_NAME", "main"),
            ]
        };
        for platform in [Platform::GitHub, Platform::Gitea, Platform::Forgejo, Platform::Act] {
            assert_eq!(checkout(platform, &variables("pull_request")), known("topic", "beef"));
            assert_eq!(checkout(platform, &variables("push")), known("main", "c0de"));
            assert_eq!(
                checkout(platform, &variables("pull_request_target")),
                known("main", "c0de"),
                "what is to be merged is not trusted there"
            );
        }
        std::fs::write(event.path(), r#"{"pull_request":{"head":{"ref":"topic"}}}"#).unwrap();
        let thin = checkout(Platform::Act, &variables("pull_request"));
        assert_eq!(thin, [Some("topic".to_owned()), None, None]);
        for fork in [r#"{"full_name":"somebody/game"}"#, "null"] {
            of(fork);
            let expected = [None, Some("beef".to_owned()), None];
            assert_eq!(checkout(Platform::GitHub, &variables("pull_request")), expected);
        }
    }

    #[test]
    fn without_the_event_a_pull_request_has_a_branch_but_no_commit() {
        let variables = [
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", "/nonexistent"),
            ("GITHUB_HEAD_REF", "topic"),
            ("GITHUB_SHA", "c0de"),
        ];
        let expected = [Some("topic".to_owned()), None, None];
        assert_eq!(checkout(Platform::GitHub, &variables), expected);
    }

    #[test]
    fn a_branch_of_a_fork_is_none_of_the_repository() {
        let rows: [(Platform, &[(&str, &str)]); 5] = [
            (
                Platform::GitLab,
                &[
                    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "somebody/game"),
                    ("CI_PROJECT_PATH", "studio/game"),
                ],
            ),
            (
                Platform::Azure,
                &[
                    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/main"),
                    ("SYSTEM_PULLREQUEST_ISFORK", "True"),
                ],
            ),
            (
                Platform::Travis,
                &[
                    ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
                    ("TRAVIS_PULL_REQUEST_SLUG", "somebody/game"),
                    ("TRAVIS_REPO_SLUG", "studio/game"),
                ],
            ),
            (
                Platform::Jenkins,
                &[("CHANGE_ID", "7"), ("CHANGE_BRANCH", "main"), ("CHANGE_FORK", "somebody")],
            ),
            (Platform::Jenkins, &[("CHANGE_ID", "7"), ("BRANCH_NAME", "PR-7")]),
        ];
        for (platform, variables) in rows {
            assert_eq!(checkout(platform, variables)[0], None, "{platform:?}");
        }
        let ours = [
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "studio/game"),
            ("CI_PROJECT_PATH", "studio/game"),
        ];
        assert_eq!(checkout(Platform::GitLab, &ours)[0].as_deref(), Some("topic"));
        // Elsewhere this is anybody's variable.
        let named = [("CI_COMMIT_BRANCH", "main"), ("TAG_NAME", "v1")];
        assert_eq!(checkout(Platform::GitLab, &named)[0].as_deref(), Some("main"));
        let tag = [("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")];
        assert_eq!(checkout(Platform::Jenkins, &tag)[0], None);
    }

    #[test]
    fn a_tag_on_github_is_no_branch() {
        let variables =
            [("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1"), ("GITHUB_SHA", "c0de")];
        let expected = [None, Some("c0de".to_owned()), None];
        assert_eq!(checkout(Platform::GitHub, &variables), expected);
    }

    #[test]
    fn a_merge_request_on_gitlab_falls_back_to_the_commit() {
        let both = [("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "beef"), ("CI_COMMIT_SHA", "c0de")];
        let blank = [("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""), ("CI_COMMIT_SHA", "c0de")];
        assert_eq!(checkout(Platform::GitLab, &both)[1].as_deref(), Some("beef"));
        assert_eq!(checkout(Platform::GitLab, &blank)[1].as_deref(), Some("c0de"));
    }

    #[test]
    fn each_platform_names_its_branch_and_commit() {
        let rows: [(Platform, &[(&str, &str)]); 12] = [
            (Platform::GitLab, &[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SHA", "c0de")]),
            (
                Platform::Azure,
                &[("BUILD_SOURCEBRANCH", "refs/heads/main"), ("BUILD_SOURCEVERSION", "c0de")],
            ),
            (Platform::Jenkins, &[("GIT_BRANCH", "origin/main"), ("GIT_COMMIT", "c0de")]),
            (Platform::Buildkite, &[("BUILDKITE_BRANCH", "main"), ("BUILDKITE_COMMIT", "c0de")]),
            (Platform::CircleCi, &[("CIRCLE_BRANCH", "main"), ("CIRCLE_SHA1", "c0de")]),
            (Platform::Bitbucket, &[("BITBUCKET_BRANCH", "main"), ("BITBUCKET_COMMIT", "c0de")]),
            (Platform::Travis, &[("TRAVIS_BRANCH", "main"), ("TRAVIS_COMMIT", "c0de")]),
            // Of a pull request it is what is to be merged.
            (
                Platform::Azure,
                &[
                    ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
                    ("BUILD_SOURCEVERSION", "aaaa"),
                    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/main"),
                    ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "c0de"),
                ],
            ),
            (
                Platform::Travis,
                &[
                    ("TRAVIS_BRANCH", "target"),
                    ("TRAVIS_COMMIT", "aaaa"),
                    ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
                    ("TRAVIS_PULL_REQUEST_SHA", "c0de"),
                ],
            ),
            (
                Platform::Buildkite,
                &[
                    ("BUILDKITE_BRANCH", "main"),
                    ("BUILDKITE_COMMIT", "c0de"),
                    ("BUILDKITE_PULL_REQUEST", "7"),
                    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "target"),
                ],
            ),
            (
                Platform::CircleCi,
                &[
                    ("CIRCLE_BRANCH", "main"),
                    ("CIRCLE_SHA1", "c0de"),
                    ("CIRCLE_PULL_REQUEST", "https://h/o/r/pull/7"),
                ],
            ),
            (
                Platform::Bitbucket,
                &[
                    ("BITBUCKET_BRANCH", "main"),
                    ("BITBUCKET_COMMIT", "c0de"),
                    ("BITBUCKET_PR_DESTINATION_BRANCH", "target"),
                ],
            ),
        ];
        for (platform, variables) in rows {
            assert_eq!(checkout(platform, variables), known("main", "c0de"), "{platform:?}");
        }
    }

    #[test]
    fn what_is_no_branch_of_the_repository_is_not_told_as_one() {
        let rows: [(Platform, &[(&str, &str)]); 6] = [
            (Platform::Azure, &[("BUILD_SOURCEBRANCH", "refs/tags/v1")]),
            (Platform::Azure, &[("BUILD_SOURCEBRANCH", "refs/pull/7/merge")]),
            (Platform::Buildkite, &[("BUILDKITE_BRANCH", "v1"), ("BUILDKITE_TAG", "v1")]),
            (Platform::Buildkite, &[("BUILDKITE_BRANCH", "someone:main")]),
            (Platform::Travis, &[("TRAVIS_BRANCH", "v1"), ("TRAVIS_TAG", "v1")]),
            (Platform::CircleCi, &[("CIRCLE_BRANCH", "pull/7")]),
        ];
        for (platform, variables) in rows {
            assert_eq!(checkout(platform, variables)[0], None, "{platform:?} {variables:?}");
        }
    }

    #[test]
    fn buildkite_may_not_know_the_commit_yet() {
        let head = [("BUILDKITE_BRANCH", "main"), ("BUILDKITE_COMMIT", "HEAD")];
        assert_eq!(checkout(Platform::Buildkite, &head)[1], None);
    }

    #[test]
    fn the_revision_of_teamcity_is_a_commit_or_a_changelist() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (revision, expected) in [
            (commit, [None, Some(commit.to_owned()), None]),
            ("12345", [None, None, Some("12345".to_owned())]),
            ("1.2.3", [None, None, None]),
        ] {
            let variables = [("BUILD_VCS_NUMBER", revision)];
            assert_eq!(checkout(Platform::TeamCity, &variables), expected, "{revision}");
        }
    }

    #[test]
    fn a_changelist_is_a_number() {
        for (given, expected) in [("12345", Some("12345")), ("nightly-label", None)] {
            let [_, _, changelist] = checkout(Platform::Jenkins, &[("P4_CHANGELIST", given)]);
            assert_eq!(changelist.as_deref(), expected);
        }
    }
}

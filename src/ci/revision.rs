//! The branch, commit or changelist that a CI is building, for inputs with the value `auto`.

use super::variables::first;
use crate::config::Env;

/// The revision that a CI is building, as far as its variables have it.
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
    /// Reads branch and commit from the first variable of each list that is set. Perforce plugins set the
    /// changelist on any CI.
    pub(super) fn from_variables(env: &Env, branches: &[&str], commits: &[&str]) -> Self {
        Self {
            branch: first(env, branches).and_then(|name| branch(&name)),
            commit: first(env, commits),
            changelist: changelist(env),
        }
    }

    /// The same without the branch if that is a tag, or belongs to a fork: a branch of the repository may have
    /// the same name.
    pub(super) fn without_branch_if(self, is_other: bool) -> Self {
        Self { branch: self.branch.filter(|_| !is_other), ..self }
    }
}

/// The name of a branch. Any other reference (`refs/tags/v1`) and a branch of a fork (`someone:main`) is none of
/// the repository.
fn branch(given: &str) -> Option<String> {
    let name = match given.strip_prefix("refs/heads/") {
        Some(name) => name,
        None if given.starts_with("refs/") => return None,
        None => given,
    };
    (!name.contains(':')).then(|| name.to_owned())
}

/// The P4 plugin of Jenkins also puts labels into the variable; a changelist is a number.
pub(super) fn changelist(env: &Env) -> Option<String> {
    first(env, &["P4_CHANGELIST"]).filter(|given| is_number(given))
}

pub(super) fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::tests::named;

    fn revision(ci: &str, variables: &[(&str, &str)]) -> [Option<String>; 3] {
        let env = Env::from_iter(variables.iter().copied());
        let CiRevision { branch, commit, changelist } = named(ci).revision(&env);
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
        for ci in ["github", "gitea", "forgejo", "act"] {
            assert_eq!(revision(ci, &variables("pull_request")), known("topic", "beef"));
            assert_eq!(revision(ci, &variables("push")), known("main", "c0de"));
            assert_eq!(
                revision(ci, &variables("pull_request_target")),
                known("main", "c0de"),
                "the head is not trusted there"
            );
        }
        std::fs::write(event.path(), r#"{"pull_request":{"head":{"ref":"topic"}}}"#).unwrap();
        let thin = revision("act", &variables("pull_request"));
        assert_eq!(thin, [Some("topic".to_owned()), None, None]);
        for fork in [r#"{"full_name":"somebody/game"}"#, "null"] {
            of(fork);
            let expected = [None, Some("beef".to_owned()), None];
            assert_eq!(revision("github", &variables("pull_request")), expected);
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
        assert_eq!(revision("github", &variables), expected);
    }

    #[test]
    fn a_branch_of_a_fork_is_no_branch_of_the_repository() {
        let rows: [(&str, &[(&str, &str)]); 5] = [
            (
                "gitlab",
                &[
                    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
                    ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "somebody/game"),
                    ("CI_PROJECT_PATH", "studio/game"),
                ],
            ),
            (
                "azure",
                &[
                    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/main"),
                    ("SYSTEM_PULLREQUEST_ISFORK", "True"),
                ],
            ),
            (
                "travis",
                &[
                    ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
                    ("TRAVIS_PULL_REQUEST_SLUG", "somebody/game"),
                    ("TRAVIS_REPO_SLUG", "studio/game"),
                ],
            ),
            (
                "jenkins",
                &[("CHANGE_ID", "7"), ("CHANGE_BRANCH", "main"), ("CHANGE_FORK", "somebody")],
            ),
            ("jenkins", &[("CHANGE_ID", "7"), ("BRANCH_NAME", "PR-7")]),
        ];
        for (ci, variables) in rows {
            assert_eq!(revision(ci, variables)[0], None, "{ci}");
        }
        let ours = [
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "studio/game"),
            ("CI_PROJECT_PATH", "studio/game"),
        ];
        assert_eq!(revision("gitlab", &ours)[0].as_deref(), Some("topic"));
        // Elsewhere this is anybody's variable.
        let named = [("CI_COMMIT_BRANCH", "main"), ("TAG_NAME", "v1")];
        assert_eq!(revision("gitlab", &named)[0].as_deref(), Some("main"));
        let tag = [("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")];
        assert_eq!(revision("jenkins", &tag)[0], None);
    }

    #[test]
    fn a_tag_on_github_is_no_branch() {
        let variables =
            [("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1"), ("GITHUB_SHA", "c0de")];
        let expected = [None, Some("c0de".to_owned()), None];
        assert_eq!(revision("github", &variables), expected);
    }

    #[test]
    fn a_merge_request_on_gitlab_falls_back_to_the_commit() {
        let both = [("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "beef"), ("CI_COMMIT_SHA", "c0de")];
        let blank = [("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""), ("CI_COMMIT_SHA", "c0de")];
        assert_eq!(revision("gitlab", &both)[1].as_deref(), Some("beef"));
        assert_eq!(revision("gitlab", &blank)[1].as_deref(), Some("c0de"));
    }

    #[test]
    fn branch_and_commit_are_read_from_the_variables_of_each_ci() {
        let rows: [(&str, &[(&str, &str)]); 12] = [
            ("gitlab", &[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SHA", "c0de")]),
            (
                "azure",
                &[("BUILD_SOURCEBRANCH", "refs/heads/main"), ("BUILD_SOURCEVERSION", "c0de")],
            ),
            ("jenkins", &[("GIT_BRANCH", "origin/main"), ("GIT_COMMIT", "c0de")]),
            ("buildkite", &[("BUILDKITE_BRANCH", "main"), ("BUILDKITE_COMMIT", "c0de")]),
            ("circleci", &[("CIRCLE_BRANCH", "main"), ("CIRCLE_SHA1", "c0de")]),
            ("bitbucket", &[("BITBUCKET_BRANCH", "main"), ("BITBUCKET_COMMIT", "c0de")]),
            ("travis", &[("TRAVIS_BRANCH", "main"), ("TRAVIS_COMMIT", "c0de")]),
            // Of a pull request it is what is to be merged.
            (
                "azure",
                &[
                    ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
                    ("BUILD_SOURCEVERSION", "aaaa"),
                    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/main"),
                    ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "c0de"),
                ],
            ),
            (
                "travis",
                &[
                    ("TRAVIS_BRANCH", "target"),
                    ("TRAVIS_COMMIT", "aaaa"),
                    ("TRAVIS_PULL_REQUEST_BRANCH", "main"),
                    ("TRAVIS_PULL_REQUEST_SHA", "c0de"),
                ],
            ),
            (
                "buildkite",
                &[
                    ("BUILDKITE_BRANCH", "main"),
                    ("BUILDKITE_COMMIT", "c0de"),
                    ("BUILDKITE_PULL_REQUEST", "7"),
                    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "target"),
                ],
            ),
            (
                "circleci",
                &[
                    ("CIRCLE_BRANCH", "main"),
                    ("CIRCLE_SHA1", "c0de"),
                    ("CIRCLE_PULL_REQUEST", "https://h/o/r/pull/7"),
                ],
            ),
            (
                "bitbucket",
                &[
                    ("BITBUCKET_BRANCH", "main"),
                    ("BITBUCKET_COMMIT", "c0de"),
                    ("BITBUCKET_PR_DESTINATION_BRANCH", "target"),
                ],
            ),
        ];
        for (ci, variables) in rows {
            assert_eq!(revision(ci, variables), known("main", "c0de"), "{ci}");
        }
    }

    #[test]
    fn a_tag_or_a_branch_of_a_fork_is_no_branch() {
        let rows: [(&str, &[(&str, &str)]); 6] = [
            ("azure", &[("BUILD_SOURCEBRANCH", "refs/tags/v1")]),
            ("azure", &[("BUILD_SOURCEBRANCH", "refs/pull/7/merge")]),
            ("buildkite", &[("BUILDKITE_BRANCH", "v1"), ("BUILDKITE_TAG", "v1")]),
            ("buildkite", &[("BUILDKITE_BRANCH", "someone:main")]),
            ("travis", &[("TRAVIS_BRANCH", "v1"), ("TRAVIS_TAG", "v1")]),
            ("circleci", &[("CIRCLE_BRANCH", "pull/7")]),
        ];
        for (ci, variables) in rows {
            assert_eq!(revision(ci, variables)[0], None, "{ci} {variables:?}");
        }
    }

    #[test]
    fn a_branch_is_kept_where_another_ci_would_change_or_drop_it() {
        for (ci, variable, name) in [
            ("gitlab", "CI_COMMIT_BRANCH", "pull/7"),
            ("gitlab", "CI_COMMIT_BRANCH", "origin/main"),
            ("jenkins", "BRANCH_NAME", "pull/7"),
            ("jenkins", "GIT_BRANCH", "pull/7"),
            ("buildkite", "BUILDKITE_BRANCH", "pull/7"),
            ("buildkite", "BUILDKITE_BRANCH", "origin/main"),
            ("circleci", "CIRCLE_BRANCH", "origin/main"),
        ] {
            assert_eq!(revision(ci, &[(variable, name)])[0].as_deref(), Some(name), "{ci} {name}");
        }
    }

    #[test]
    fn buildkite_may_not_know_the_commit() {
        let head = [("BUILDKITE_BRANCH", "main"), ("BUILDKITE_COMMIT", "HEAD")];
        assert_eq!(revision("buildkite", &head)[1], None);
    }

    #[test]
    fn the_revision_of_teamcity_is_a_commit_or_a_changelist() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (given, expected) in [
            (commit, [None, Some(commit.to_owned()), None]),
            ("12345", [None, None, Some("12345".to_owned())]),
            ("1.2.3", [None, None, None]),
        ] {
            let variables = [("BUILD_VCS_NUMBER", given)];
            assert_eq!(revision("teamcity", &variables), expected, "{given}");
        }
    }

    #[test]
    fn a_changelist_is_a_number() {
        for (given, expected) in [("12345", Some("12345")), ("nightly-label", None)] {
            let [_, _, changelist] = revision("jenkins", &[("P4_CHANGELIST", given)]);
            assert_eq!(changelist.as_deref(), expected);
        }
    }
}

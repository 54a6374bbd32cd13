//! Each CI is detected by its variables, and each has its own groups, links and places for reports.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::checkout::Checkout;
use crate::config::Task;
use crate::model::{Event, Finding, Id, Level, Location, Severity};
use crate::report::{BuildReport, Outcome, Verdict};

const CLOCK: Clock = || UNIX_EPOCH + Duration::from_secs(1700);

fn env(variables: &[(&str, &str)]) -> Env {
    Env::from_iter(variables.iter().copied())
}

/// The CI with this name.
pub(crate) fn named(name: &str) -> &'static dyn Ci {
    all().find(|ci| ci.name() == name).unwrap()
}

fn dialect(ci: &str) -> Box<dyn Dialect> {
    named(ci).open(&Env::default(), false, &Checkout::none(), CLOCK)
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// A build that failed, and its verdict.
pub(super) fn failed() -> (BuildReport, Verdict) {
    let mut report = BuildReport::new(&Task::Attach(Id::new("b1").unwrap()));
    report.facts.build_setting = Id::new("s1");
    report.observe(&Event::Finding(Finding::error("'x': undeclared")));
    let verdict = Verdict::new(&report, &Outcome::Failure);
    (report, verdict)
}

#[test]
fn each_ci_is_detected_by_its_variables() {
    let rows: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("FORGEJO_ACTIONS", "true"),
                ("GITEA_ACTIONS", "true"),
                ("GITHUB_ACTIONS", "true"),
                ("ACT", "true"),
            ],
            "forgejo",
        ),
        (&[("GITEA_ACTIONS", "true"), ("GITHUB_ACTIONS", "true"), ("ACT", "true")], "gitea"),
        (&[("ACT", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "1")], "act"),
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_RUN_ID", "1"),
                ("JENKINS_URL", "x"),
                ("BUILD_ID", "1"),
            ],
            "github",
        ),
        (&[("GITHUB_ACTIONS", "true"), ("CI", "true")], "plain"),
        (&[("GITLAB_CI", "true"), ("CI_JOB_ID", "1"), ("CI", "true")], "gitlab"),
        (&[("CI", "true"), ("CI_COMMIT_SHA", "c0de")], "plain"),
        (&[("CI", "woodpecker"), ("CI_COMMIT_SHA", "c0de"), ("CI_JOB_ID", "1")], "plain"),
        (&[("CI", "drone"), ("DRONE", "true"), ("DRONE_COMMIT_SHA", "c0de")], "plain"),
        (&[("CI", "true"), ("DRONE", "true"), ("CI_BUILD_NUMBER", "7")], "plain"),
        (&[("TF_BUILD", "True")], "azure"),
        (&[("TF_BUILD", "true")], "azure"),
        (&[("BUILDKITE", "true")], "buildkite"),
        (&[("TEAMCITY_VERSION", "2025.1")], "teamcity"),
        (&[("CIRCLECI", "true")], "circleci"),
        (&[("BITBUCKET_BUILD_NUMBER", "7")], "bitbucket"),
        (&[("TRAVIS", "true")], "travis"),
        (&[("JENKINS_URL", "https://j"), ("BUILD_ID", "1")], "jenkins"),
        (&[("JENKINS_URL", "https://j")], "plain"),
        (&[("HUDSON_URL", "https://j")], "jenkins"),
        (&[], "plain"),
    ];
    for (variables, expected) in rows {
        assert_eq!(detect(&env(variables), false).name(), *expected, "{variables:?}");
    }
    assert_eq!(detect(&Env::default(), true).name(), "terminal");
    assert_eq!(detect(&env(&[("CI", "true")]), true).name(), "plain");
}

#[test]
fn the_ci_input_overrides_the_detection() {
    let gitlab = env(&[("GITLAB_CI", "true"), ("CI_JOB_ID", "1"), ("INPUT_CI", "gitbub")]);
    let chosen = |ci: Option<&str>| choose(ci, &gitlab, false).map(Ci::name);
    for ci in all() {
        assert_eq!(chosen(Some(ci.name())), Ok(ci.name()));
    }
    for automatic in [None, Some("auto")] {
        assert_eq!(chosen(automatic), Ok("gitlab"));
    }
    let mistake = chosen(Some("gitbub")).unwrap_err().to_string();
    assert!(
        mistake.starts_with(
            "`ci` is \"gitbub\" (read from INPUT_CI): is not known; accepted are auto, github, "
        ),
        "{mistake}"
    );
}

#[test]
fn a_token_in_the_ci_input_is_not_shown() {
    for given in ["bp_hunter2", "github bp_hunter2", "github\nbp_hunter2", "hunter2-without-prefix"]
    {
        let env = env(&[("INPUT_TOKEN", "hunter2-without-prefix"), ("INPUT_CI", given)]);
        let mistake = choose(Some(given), &env, false).unwrap_err().to_string();
        assert!(mistake.starts_with("`ci` (read from INPUT_CI): is not known; "), "{mistake}");
        assert!(!mistake.contains("hunter2"), "{mistake}");
    }
}

#[test]
fn colours_are_written_where_the_ci_shows_them() {
    let color = |ci: &str, variables: &[(&str, &str)], tty| {
        named(ci).text_style(&env(variables), tty).color
    };
    assert!(color("github", &[], false));
    assert!(color("gitlab", &[], false));
    assert!(!color("gitlab", &[("NO_COLOR", "1")], false));
    for ci in ["jenkins", "plain"] {
        assert!(!color(ci, &[("TERM", "xterm")], true), "{ci}");
        assert!(color(ci, &[("FORCE_COLOR", "1")], false), "{ci}");
        assert!(!color(ci, &[("FORCE_COLOR", "0")], false), "{ci}");
    }
    assert!(color("terminal", &[("TERM", "xterm")], true));
    assert!(!color("terminal", &[("TERM", "dumb")], true));
    assert!(!color("terminal", &[("TERM", "xterm")], false));
}

#[test]
fn only_buildkite_and_travis_have_a_text_style_of_their_own() {
    for ci in all() {
        let style = ci.text_style(&Env::default(), false);
        assert_eq!(style.buildkite_headings, ci.name() == "buildkite");
        assert_eq!(style.travis_folds, ci.name() == "travis");
    }
}

#[test]
fn reports_go_where_the_ci_collects_them() {
    let named: BTreeMap<_, _> =
        all().filter_map(|ci| Some((ci.name(), ci.default_reports_dir()?))).collect();
    assert_eq!(
        named,
        BTreeMap::from([("gitlab", "buildpixel-reports"), ("jenkins", "buildpixel-reports")])
    );
}

#[test]
fn gitlab_sections_have_unique_names_and_nest() {
    let mut gitlab = dialect("gitlab");
    let nested = written(|out| {
        gitlab.group_begin("Compile C++", Folding::Collapsed, out);
        gitlab.group_begin("a section_end:1:x", Folding::Collapsed, out);
        gitlab.group_end(out);
        gitlab.group_begin("日本", Folding::Collapsed, out);
        gitlab.group_end(out);
        gitlab.group_end(out);
        gitlab.group_end(out);
    });
    assert_eq!(
        nested,
        "\x1b[0Ksection_start:1700:ci-1-compile-c[collapsed=true]\r\x1b[0KCompile C++\n\
         \x1b[0Ksection_start:1700:ci-2-a-section-end-1-x[collapsed=true]\r\x1b[0Ka section_end:1:x\n\
         \x1b[0Ksection_end:1700:ci-2-a-section-end-1-x\r\x1b[0K\n\
         \x1b[0Ksection_start:1700:ci-3[collapsed=true]\r\x1b[0K日本\n\
         \x1b[0Ksection_end:1700:ci-3\r\x1b[0K\n\
         \x1b[0Ksection_end:1700:ci-1-compile-c\r\x1b[0K\n"
    );
}

#[test]
fn other_groups_are_plain_lines() {
    let group = |ci| {
        let mut dialect = dialect(ci);
        written(|out| {
            dialect.group_begin("Compile", Folding::Collapsed, out);
            dialect.group_end(out);
            dialect.group_end(out);
        })
    };
    assert_eq!(group("jenkins"), ">>> [ci] begin Compile\n<<< [ci] end Compile\n");
    assert_eq!(
        group("travis"),
        "travis_fold:start:ci.1\r\x1b[0KCompile\ntravis_fold:end:ci.1\r\x1b[0K\n"
    );
    for ci in ["plain", "terminal"] {
        assert_eq!(group(ci), "== Compile ==\n");
    }
    for ci in ["circleci", "bitbucket"] {
        assert_eq!(group(ci), "\x1b[1m== Compile ==\x1b[0m\n");
    }
}

#[test]
fn travis_folds_have_unique_names_and_nest() {
    let mut travis = dialect("travis");
    let nested = written(|out| {
        travis.group_begin("A", Folding::Collapsed, out);
        travis.group_begin("A", Folding::Expanded, out);
        travis.group_end(out);
        travis.group_end(out);
        travis.group_end(out);
    });
    let names: Vec<_> = nested.lines().map(|line| line.split('\r').next().unwrap()).collect();
    assert_eq!(
        names,
        ["start:ci.1", "start:ci.2", "end:ci.2", "end:ci.1"]
            .map(|edge| format!("travis_fold:{edge}"))
    );
}

#[test]
fn a_finding_as_text_has_its_severity_on_its_first_line_and_the_others_are_indented() {
    let location = Location {
        file: "Source/A.cpp".to_owned(),
        in_repository: true,
        line: Some(12),
        column: Some(5),
        end_line: None,
    };
    let annotation = Annotation {
        severity: Severity::Error,
        title: None,
        location: Some(&location),
        message: "m".into(),
    };
    let titled = Annotation {
        severity: Severity::Warning,
        title: Some("C4996"),
        location: None,
        message: "a\nb".into(),
    };
    let annotated = |ci| {
        let mut dialect = dialect(ci);
        written(|out| {
            dialect.annotate(&annotation, out);
            dialect.annotate(&titled, out);
        })
    };
    let plain = "error: Source/A.cpp:12:5: m\nwarning: C4996: a\n  b\n";
    for ci in ["plain", "jenkins", "forgejo"] {
        assert_eq!(annotated(ci), plain, "{ci}");
    }
    assert_eq!(
        annotated("gitlab"),
        "\x1b[31merror:\x1b[0m Source/A.cpp:12:5: m\n\
         \x1b[33mwarning:\x1b[0m C4996: a\n  b\n"
    );
}

#[test]
fn the_verdict_of_a_successful_step_is_green_where_there_are_colours() {
    let verdict = Verdict {
        level: Level::Info,
        title: "Build complete",
        headline: "build b1 is complete".to_owned(),
        details: vec!["1 warning".to_owned()],
        hint: None,
    };
    let shown = |ci| written(|out| dialect(ci).verdict(&verdict, out));
    let plain = "buildpixel-ci: build b1 is complete\n  1 warning\n";
    let green = "\x1b[36mbuildpixel-ci:\x1b[0m \x1b[32mbuild b1 is complete\x1b[0m\n  1 warning\n";
    for ci in ["plain", "jenkins", "forgejo", "act"] {
        assert_eq!(shown(ci), plain, "{ci}");
    }
    for ci in ["gitlab", "azure", "buildkite", "circleci", "bitbucket", "travis"] {
        assert_eq!(shown(ci), green, "{ci}");
    }
    assert!(shown("teamcity").starts_with(green), "the status of the build follows");
}

#[test]
fn a_ci_that_cannot_mask_does_not_get_the_secret() {
    let masked = all().filter_map(|ci| {
        let masked = written(|out| dialect(ci.name()).mask("tok123456", out));
        (!masked.is_empty()).then_some((ci.name(), masked))
    });
    let mut expected = ["github", "gitea", "forgejo", "act"]
        .map(|name| (name, "::add-mask::tok123456\n".to_owned()))
        .to_vec();
    expected.push(("azure", "##vso[task.setsecret]tok123456\n".to_owned()));
    assert_eq!(masked.collect::<Vec<_>>(), expected);
}

#[test]
fn github_without_a_run_is_plain_text_with_a_warning() {
    let warning = |variables: &[(&str, &str)]| {
        let env = env(variables);
        near_miss(detect(&env, false), &env)
    };
    let half = [("CI", "true"), ("GITHUB_ACTIONS", "true")];
    assert!(warning(&half).unwrap().starts_with("GITHUB_ACTIONS is set and GITHUB_RUN_ID is not"));
    assert_eq!(warning(&[&half[..], &[("GITHUB_RUN_ID", "1")]].concat()), None);
    assert_eq!(warning(&[("CI", "true")]), None);
}

#[test]
fn the_variables_of_two_cis_are_noticed_unless_one_imitates_the_other() {
    let also = |variables: &[(&str, &str)]| known(&env(variables), true).1.map(Ci::name);
    let github = [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "1")];
    let jenkins = [("JENKINS_URL", "https://j"), ("BUILD_ID", "1")];
    let forgejo = [("FORGEJO_ACTIONS", "true"), ("GITEA_ACTIONS", "true"), ("ACT", "true")];
    assert_eq!(also(&github), None);
    assert_eq!(also(&[&github[..], &forgejo[..]].concat()), None);
    assert_eq!(also(&[&github[..], &jenkins[..]].concat()), Some("jenkins"));
}

#[tokio::test]
async fn the_checkout_is_found_by_the_variables_of_each_ci() {
    let home = tempfile::tempdir().unwrap();
    let game = home.path().join("game");
    std::fs::create_dir(&game).unwrap();
    std::fs::write(game.join("Game.uproject"), "").unwrap();
    let there = game.to_str().unwrap();
    for (ci, variable, folder) in [
        ("github", "GITHUB_WORKSPACE", there),
        ("gitea", "GITHUB_WORKSPACE", there),
        ("forgejo", "GITHUB_WORKSPACE", there),
        ("act", "GITHUB_WORKSPACE", there),
        ("gitlab", "CI_PROJECT_DIR", there),
        ("azure", "BUILD_SOURCESDIRECTORY", there),
        ("azure", "BUILD_REPOSITORY_LOCALPATH", there),
        ("buildkite", "BUILDKITE_BUILD_CHECKOUT_PATH", there),
        ("circleci", "CIRCLE_WORKING_DIRECTORY", "~/game"),
        ("bitbucket", "BITBUCKET_CLONE_DIR", there),
        ("travis", "TRAVIS_BUILD_DIR", there),
        ("jenkins", "WORKSPACE", there),
    ] {
        let home = ("HOME", home.path().to_str().unwrap());
        let mut checkout = named(ci).checkout(&env(&[home, (variable, folder)]));
        checkout.begin().unwrap();
        checkout.walked().await;
        assert_eq!(checkout.top().path(), Some(game.as_path()), "{ci} {variable}");
        let unknown = named(ci).checkout(&env(&[home]));
        assert_eq!(format!("{unknown:?}"), "Checkout(\"none\")", "{ci}");
    }
}

#[test]
fn without_a_variable_it_is_the_checkout_around_the_working_directory() {
    for ci in ["teamcity", "plain", "terminal"] {
        let checkout = named(ci).checkout(&env(&[("WORKSPACE", "/nonexistent")]));
        assert_eq!(format!("{checkout:?}"), "Checkout(\"not known yet\")", "{ci}");
    }
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn each_ci_shows_files_at_its_own_url() {
    let github = [
        ("GITHUB_SERVER_URL", "https://git.example/"),
        ("GITHUB_REPOSITORY", "studio/game"),
        ("GITHUB_SHA", COMMIT),
    ];
    let gitlab = [("CI_PROJECT_URL", "https://git.example/studio/game"), ("CI_COMMIT_SHA", COMMIT)];
    let rows: [(&str, &[_], Option<&str>); 6] = [
        ("github", &github, Some("blob")),
        ("act", &github, Some("blob")),
        ("gitea", &github, Some("src/commit")),
        ("forgejo", &github, Some("src/commit")),
        ("gitlab", &gitlab, Some("-/blob")),
        ("jenkins", &github, None),
    ];
    let location = Location {
        file: "A.cpp".to_owned(),
        in_repository: true,
        line: Some(7),
        column: None,
        end_line: None,
    };
    for (ci, variables, files) in rows {
        let link = named(ci).source_links(&env(variables)).line(&location, Some("0123456"));
        let expected =
            files.map(|files| format!("https://git.example/studio/game/{files}/{COMMIT}/A.cpp#L7"));
        assert_eq!(link, expected, "{ci}");
    }
}

/// A CI, variables of a job, and a part of the reason.
type Row<'r> = (&'r str, &'r [(&'r str, &'r str)], &'r str);

/// The reason for an empty token, in the words of the CI.
fn why_no_secrets(ci: &str, variables: &[(&str, &str)]) -> &'static str {
    named(ci).why_no_secrets(&env(variables)).unwrap_or_default()
}

#[test]
fn github_knows_why_a_job_has_no_secrets() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let why = |ci, event, actor, json: &str| {
        std::fs::write(file.path(), json).unwrap();
        let path = file.path().to_str().unwrap();
        let variables =
            [("GITHUB_EVENT_NAME", event), ("GITHUB_EVENT_PATH", path), ("GITHUB_ACTOR", actor)];
        why_no_secrets(ci, &variables)
    };
    let request = |head: &str| {
        format!(
            r#"{{"pull_request":{{"head":{{"repo":{head}}},"base":{{"repo":{{"full_name":"studio/game"}}}}}},
                "repository":{{"full_name":"studio/game","fork":false}}}}"#
        )
    };
    let own = request(r#"{"full_name":"studio/game"}"#);
    let fork = request(r#"{"full_name":"somebody/game"}"#);
    let deleted = request("null");
    let odd = fork.replace(r#""full_name":"studio/game","fork":false"#, r#""name":7,"fork":null"#);
    let copy = r#"{"repository":{"full_name":"somebody/game","fork":true}}"#;
    let bot = "dependabot[bot]";
    for ci in ["github", "gitea", "forgejo", "act"] {
        for (event, actor, json, expected) in [
            ("pull_request", "me", &*fork, "pull requests from forks get no secrets"),
            ("pull_request", bot, &fork, "pull requests from forks get no secrets"),
            ("pull_request_review", "me", &deleted, "pull requests from forks get no secrets"),
            ("pull_request_target", "me", &fork, ""),
            ("pull_request", "me", &own, ""),
            ("pull_request", bot, &own, "runs that Dependabot started"),
            (
                "push",
                bot,
                r#"{"repository":{"full_name":"studio/game"}}"#,
                "runs that Dependabot started",
            ),
            ("workflow_run", bot, r#"{"repository":{"full_name":"studio/game"}}"#, ""),
            ("push", "me", copy, "this repository is a fork"),
            ("pull_request", "me", &odd, "pull requests from forks get no secrets"),
            ("push", "me", "not JSON", ""),
            ("push", "me", "", ""),
        ] {
            let why = why(ci, event, actor, json);
            assert!(why.starts_with(expected), "{ci} {event} {actor}: {why}");
            assert_eq!(why.is_empty(), expected.is_empty(), "{ci} {event} {actor}: {why}");
        }
    }
    let endless = format!("{}{fork}", " ".repeat(64 << 20));
    assert_eq!(why("github", "pull_request", "me", &endless), "");
}

#[test]
#[cfg(unix)]
fn an_event_that_is_no_file_is_not_read() {
    let variables = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_EVENT_PATH", "/dev/zero")];
    assert_eq!(why_no_secrets("github", &variables), "");
}

#[test]
fn the_other_cis_tell_why_a_job_has_no_secrets() {
    let request = ("CI_MERGE_REQUEST_IID", "7");
    let rows: [Row<'_>; 16] = [
        ("gitlab", &[("CI_COMMIT_REF_PROTECTED", "false")], "protected branches and tags"),
        ("gitlab", &[("CI_COMMIT_REF_PROTECTED", "true")], ""),
        ("gitlab", &[], ""),
        (
            "gitlab",
            &[request, ("CI_COMMIT_REF_PROTECTED", "false")],
            "only between protected branches",
        ),
        ("gitlab", &[request, ("CI_COMMIT_REF_PROTECTED", "true")], ""),
        (
            "gitlab",
            &[
                request,
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "somebody/game"),
                ("CI_MERGE_REQUEST_PROJECT_PATH", "studio/game"),
                ("CI_PROJECT_PATH", "somebody/game"),
                ("CI_COMMIT_REF_PROTECTED", "true"),
            ],
            "from a fork",
        ),
        (
            "gitlab",
            &[
                request,
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "studio/game"),
                ("CI_MERGE_REQUEST_PROJECT_PATH", "studio/game"),
                ("CI_PROJECT_PATH", "studio/game"),
            ],
            "only between protected branches",
        ),
        (
            "gitlab",
            &[
                request,
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "somebody/game"),
                ("CI_MERGE_REQUEST_PROJECT_PATH", "studio/game"),
                ("CI_PROJECT_PATH", "studio/game"),
            ],
            "only between protected branches",
        ),
        ("azure", &[("SYSTEM_PULLREQUEST_ISFORK", "True")], "from forks"),
        ("azure", &[("SYSTEM_PULLREQUEST_ISFORK", "False")], ""),
        ("circleci", &[("CIRCLE_PR_USERNAME", "somebody")], "from forks"),
        ("circleci", &[("CIRCLE_PULL_REQUEST", "https://x")], ""),
        ("travis", &[("TRAVIS_SECURE_ENV_VARS", "false")], "from a fork"),
        ("travis", &[("TRAVIS_SECURE_ENV_VARS", "true")], ""),
        ("jenkins", &[], ""),
        ("plain", &[], ""),
    ];
    for (ci, variables, expected) in rows {
        let why = why_no_secrets(ci, variables);
        assert!(why.contains(expected), "{ci} {variables:?}: {why}");
        assert_eq!(why.is_empty(), expected.is_empty(), "{ci} {variables:?}: {why}");
    }
}

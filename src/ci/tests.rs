use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::config::Task;
use crate::model::{Event, Id};
use crate::report::Outcome;

const CLOCK: Clock = || UNIX_EPOCH + Duration::from_secs(1700);

fn env(variables: &[(&str, &str)]) -> Env {
    Env::from_iter(variables.iter().copied())
}

fn sink(platform: Platform) -> Box<dyn Sink> {
    let env = Env::default();
    platform.open(&env, false, &Checkout::none(), CLOCK)
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// A build that failed, and what is said of it.
pub(super) fn failed() -> (Report, Verdict) {
    let mut report = Report::new(&Task::Attach(Id::new("b1").unwrap()));
    report.facts.build_setting = Id::new("s1");
    report.observe(&Event::Finding(Finding::error("'x': undeclared")));
    let verdict = Verdict::new(&report, &Outcome::Failure);
    (report, verdict)
}

#[test]
fn the_environment_tells_the_platform() {
    let rows: &[(&[(&str, &str)], Platform)] = &[
        (
            &[
                ("FORGEJO_ACTIONS", "true"),
                ("GITEA_ACTIONS", "true"),
                ("GITHUB_ACTIONS", "true"),
                ("ACT", "true"),
            ],
            Platform::Forgejo,
        ),
        (
            &[("GITEA_ACTIONS", "true"), ("GITHUB_ACTIONS", "true"), ("ACT", "true")],
            Platform::Gitea,
        ),
        (&[("ACT", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "1")], Platform::Act),
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_RUN_ID", "1"),
                ("JENKINS_URL", "x"),
                ("BUILD_ID", "1"),
            ],
            Platform::GitHub,
        ),
        (&[("GITHUB_ACTIONS", "true"), ("CI", "true")], Platform::Plain),
        (&[("GITLAB_CI", "true"), ("CI_JOB_ID", "1"), ("CI", "true")], Platform::GitLab),
        (&[("CI", "true"), ("CI_COMMIT_SHA", "c0de")], Platform::Plain),
        (&[("CI", "woodpecker"), ("CI_COMMIT_SHA", "c0de"), ("CI_JOB_ID", "1")], Platform::Plain),
        (&[("CI", "drone"), ("DRONE", "true"), ("DRONE_COMMIT_SHA", "c0de")], Platform::Plain),
        (&[("CI", "true"), ("DRONE", "true"), ("CI_BUILD_NUMBER", "7")], Platform::Plain),
        (&[("TF_BUILD", "True")], Platform::Azure),
        (&[("TF_BUILD", "true")], Platform::Azure),
        (&[("BUILDKITE", "true")], Platform::Buildkite),
        (&[("TEAMCITY_VERSION", "2025.1")], Platform::TeamCity),
        (&[("CIRCLECI", "true")], Platform::CircleCi),
        (&[("BITBUCKET_BUILD_NUMBER", "7")], Platform::Bitbucket),
        (&[("TRAVIS", "true")], Platform::Travis),
        (&[("JENKINS_URL", "https://j"), ("BUILD_ID", "1")], Platform::Jenkins),
        (&[("JENKINS_URL", "https://j")], Platform::Plain),
        (&[("HUDSON_URL", "https://j")], Platform::Jenkins),
        (&[], Platform::Plain),
    ];
    for (variables, expected) in rows {
        assert_eq!(Platform::detect(&env(variables), false), *expected, "{variables:?}");
    }
    assert_eq!(Platform::detect(&Env::default(), true), Platform::Terminal);
    assert_eq!(Platform::detect(&env(&[("CI", "true")]), true), Platform::Plain);
}

#[test]
fn the_ci_input_overrides_what_the_environment_tells() {
    let gitlab = env(&[("GITLAB_CI", "true"), ("CI_JOB_ID", "1"), ("INPUT_CI", "gitbub")]);
    for (name, platform) in Platform::NAMES {
        assert_eq!(Platform::choose(Some(name), &gitlab, false), Ok(*platform));
    }
    for automatic in [None, Some("auto")] {
        assert_eq!(Platform::choose(automatic, &gitlab, false), Ok(Platform::GitLab));
    }
    let mistake = Platform::choose(Some("gitbub"), &gitlab, false).unwrap_err().to_string();
    assert!(
        mistake.starts_with(
            "`ci` is \"gitbub\" (read from INPUT_CI): is not known; accepted are auto, github, "
        ),
        "{mistake}"
    );
}

#[test]
fn colour_goes_where_it_is_rendered() {
    let color = |platform: Platform, variables: &[(&str, &str)], tty| {
        platform.text_style(&env(variables), tty).color
    };
    assert!(color(Platform::GitHub, &[], false));
    assert!(color(Platform::GitLab, &[], false));
    assert!(!color(Platform::GitLab, &[("NO_COLOR", "1")], false));
    for platform in [Platform::Jenkins, Platform::Plain] {
        assert!(!color(platform, &[("TERM", "xterm")], true), "{platform:?}");
        assert!(color(platform, &[("FORCE_COLOR", "1")], false), "{platform:?}");
        assert!(!color(platform, &[("FORCE_COLOR", "0")], false), "{platform:?}");
    }
    assert!(color(Platform::Terminal, &[("TERM", "xterm")], true));
    assert!(!color(Platform::Terminal, &[("TERM", "dumb")], true));
    assert!(!color(Platform::Terminal, &[("TERM", "xterm")], false));
}

#[test]
fn only_buildkite_and_travis_have_markers_of_their_own_to_avoid() {
    for (_, platform) in Platform::NAMES {
        let style = platform.text_style(&Env::default(), false);
        assert_eq!(style.buildkite_headings, *platform == Platform::Buildkite);
        assert_eq!(style.travis_folds, *platform == Platform::Travis);
    }
}

#[test]
fn reports_go_where_the_platform_looks_for_them() {
    let named: BTreeMap<_, _> = Platform::NAMES
        .iter()
        .filter_map(|(name, platform)| Some((*name, platform.default_reports_dir()?)))
        .collect();
    assert_eq!(
        named,
        BTreeMap::from([("gitlab", "buildpixel-reports"), ("jenkins", "buildpixel-reports")])
    );
}

#[test]
fn gitlab_sections_have_unique_names_and_nest() {
    let mut gitlab = sink(Platform::GitLab);
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
    let group = |platform| {
        let mut sink = sink(platform);
        written(|out| {
            sink.group_begin("Compile", Folding::Collapsed, out);
            sink.group_end(out);
            sink.group_end(out);
        })
    };
    assert_eq!(group(Platform::Jenkins), ">>> [ci] begin Compile\n<<< [ci] end Compile\n");
    assert_eq!(
        group(Platform::Travis),
        "travis_fold:start:ci.1\r\x1b[0KCompile\ntravis_fold:end:ci.1\r\x1b[0K\n"
    );
    for platform in [Platform::Plain, Platform::Terminal] {
        assert_eq!(group(platform), "== Compile ==\n");
    }
    for platform in [Platform::CircleCi, Platform::Bitbucket] {
        assert_eq!(group(platform), "\x1b[1m== Compile ==\x1b[0m\n");
    }
}

#[test]
fn travis_folds_have_unique_names_and_nest() {
    let mut travis = sink(Platform::Travis);
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
fn a_finding_in_words_tells_its_severity_on_every_line() {
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
    let annotated = |platform| {
        let mut sink = sink(platform);
        written(|out| {
            sink.annotate(&annotation, out);
            sink.annotate(&titled, out);
        })
    };
    let plain = "error: Source/A.cpp:12:5: m\nwarning: C4996: a\nwarning: b\n";
    for platform in [Platform::Plain, Platform::Jenkins, Platform::Forgejo] {
        assert_eq!(annotated(platform), plain, "{platform:?}");
    }
    assert_eq!(
        annotated(Platform::GitLab),
        "\x1b[31merror:\x1b[0m Source/A.cpp:12:5: m\n\
         \x1b[33mwarning:\x1b[0m C4996: a\n\x1b[33mwarning:\x1b[0m b\n"
    );
}

#[test]
fn a_platform_that_cannot_mask_is_not_told_the_secret() {
    for (name, platform) in Platform::NAMES {
        let masked = written(|out| sink(*platform).mask("tok123456", out));
        match platform {
            Platform::GitHub | Platform::Gitea | Platform::Forgejo | Platform::Act => {
                assert_eq!(masked, "::add-mask::tok123456\n", "{name}");
            }
            Platform::Azure => assert_eq!(masked, "##vso[task.setsecret]tok123456\n"),
            _ => assert_eq!(masked, "", "{name}"),
        }
    }
}

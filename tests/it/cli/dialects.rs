//! The output for CIs other than GitHub, GitLab and Jenkins.

use simulator::{BUILD_ID, SETTING_ID, Scenario};

use crate::harness::{Ended, Job};

async fn failed(variables: &[(&str, &str)], folder_in: &str) -> (Job, Ended) {
    let scenario = Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** BUILD COMMAND STARTED **********")
        .log("info", r"Source\Game\Door.cpp(42): error C2065: 'hinge': undeclared identifier")
        .status("failed");
    let mut job = Job::new(scenario).await;
    let folder = job.path().to_str().unwrap().to_owned();
    job = job.env(folder_in, &folder);
    for (name, value) in variables {
        job = job.env(name, value);
    }
    let ran = job.run();
    assert_eq!(ran.code, Some(10), "{}", ran.stdout);
    (job, ran)
}

#[tokio::test]
async fn azure_gets_the_summary_when_it_is_written_and_each_output_once() {
    let (job, ran) = failed(&[("TF_BUILD", "True")], "AGENT_TEMPDIRECTORY").await;
    let lines: Vec<_> = ran.stdout.lines().collect();
    let set: Vec<_> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("##vso[task.setvariable variable="))
        .map(|line| line.split_once(";isOutput=true]").unwrap())
        .collect();
    assert_eq!(set.first(), Some(&("build-id", BUILD_ID)));
    assert!(set.contains(&("result", "failure")), "{set:?}");
    let mut names: Vec<_> = set.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), set.len(), "{set:?}");
    let issue = |line: &&str| line.starts_with("##vso[task.logissue type=error;");
    let issues: Vec<_> = lines.iter().copied().filter(issue).collect();
    assert!(issues[0].contains("linenumber=42;code=C2065;]'hinge'"), "{issues:?}");
    assert!(issues.last().unwrap().contains("failed in compile"), "{issues:?}");
    let path = lines.last().unwrap().strip_prefix("##vso[task.uploadsummary]").unwrap();
    assert_eq!(path, job.path().join(format!("buildpixel-{BUILD_ID}.md")).to_str().unwrap());
    assert!(std::fs::read_to_string(path).unwrap().contains("Build failed"));
}

#[tokio::test]
async fn a_disabled_summary_is_not_announced() {
    let unwanted = [("TF_BUILD", "True"), ("BUILDPIXEL_SUMMARY", "false")];
    let (_job, ran) = failed(&unwanted, "AGENT_TEMPDIRECTORY").await;
    assert!(!ran.stdout.contains("task.uploadsummary"), "{}", ran.stdout);
}

#[tokio::test]
async fn an_unwritable_summary_is_reported_and_not_announced() {
    let (job, ran) = failed(&[("TF_BUILD", "True")], "ELSEWHERE").await;
    assert!(!ran.stdout.contains("task.uploadsummary"), "there is no place for it");
    let file = job.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let job = job.env("AGENT_TEMPDIRECTORY", file.to_str().unwrap());
    let ran = job.run();
    assert!(!ran.stdout.contains("task.uploadsummary"), "{}", ran.stdout);
    assert!(ran.stdout.contains("error:\u{1b}[0m cannot write "), "{}", ran.stdout);
}

#[tokio::test]
async fn teamcity_gets_blocks_a_problem_and_parameters() {
    let (_job, ran) = failed(&[("TEAMCITY_VERSION", "2025.11")], "ELSEWHERE").await;
    for words in [
        "\n##teamcity[blockOpened name='Compile']\n",
        "\n##teamcity[blockClosed name='Compile']\n",
        "\n##teamcity[buildProblem description='build ",
        "\n##teamcity[setParameter name='result' value='failure']\n",
    ] {
        assert_eq!(ran.stdout.matches(words).count(), 1, "{words:?} in {}", ran.stdout);
    }
    let id = format!("\n##teamcity[setParameter name='build-id' value='{BUILD_ID}']\n");
    assert_eq!(ran.stdout.matches(&id).count(), 2, "early, and at the end");
}

#[tokio::test]
async fn circleci_gets_variables_for_later_steps() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let (_job, _ran) = failed(&[("CIRCLECI", "true"), ("BASH_ENV", path)], "ELSEWHERE").await;
    let script = std::fs::read_to_string(path).unwrap();
    let (early, late) = script.split_once("export BUILDPIXEL_RESULT=''\n").unwrap();
    let id = format!("export BUILDPIXEL_BUILD_ID='{BUILD_ID}'\n");
    assert!(early.starts_with(&id) && late.contains(&id), "{script}");
    assert!(late.contains("\nexport BUILDPIXEL_RESULT='failure'\n"), "{script}");
}

#[cfg(unix)]
#[tokio::test]
async fn buildkites_agent_gets_outputs_and_summary_and_prints_nothing_in_between() {
    use std::os::unix::fs::PermissionsExt as _;

    let agent = tempfile::tempdir().unwrap();
    let job = agent.path().join("buildkite-agent");
    let script = "#!/bin/sh\n\
                  echo '+++ the agent speaks'; echo '+++ the agent speaks' >&2\n\
                  here=${0%/*}\n\
                  case $1 in\n\
                  annotate) echo \"$@\" > \"$here/annotated\"; /bin/cat > \"$here/summary\" ;;\n\
                  *) /bin/cat > \"$here/$3\" ;;\n\
                  esac\n";
    std::fs::write(&job, script).unwrap();
    std::fs::set_permissions(&job, std::fs::Permissions::from_mode(0o755)).unwrap();
    let variables = [
        ("BUILDKITE", "true"),
        ("BUILDKITE_AGENT_ACCESS_TOKEN", "bkaj_x"),
        ("PATH", agent.path().to_str().unwrap()),
    ];
    let (_job, ran) = failed(&variables, "ELSEWHERE").await;
    let read = |name: &str| std::fs::read_to_string(agent.path().join(name)).unwrap();
    assert_eq!(read("buildpixel-build-id"), BUILD_ID);
    assert_eq!(read("buildpixel-result"), "failure");
    let annotated = format!("annotate --style error --context buildpixel-ci-{SETTING_ID}\n");
    assert_eq!(read("annotated"), annotated);
    assert!(read("summary").contains("Build failed"));
    let heading = |line: &&str| ["--- ", "+++ ", "^^^ "].iter().any(|mark| line.starts_with(mark));
    let headings: Vec<_> = ran.stdout.lines().filter(heading).collect();
    assert_eq!(headings, ["+++ Compile", "^^^ +++", "+++ Build failed"]);
}

//! Inputs that would start a build that nobody asked for, or send a secret to the wrong service.

use std::fs;

use simulator::{Entry, Scenario, TOKEN};

#[cfg(unix)]
use crate::harness::Fifo;
use crate::harness::{Ran, Step};

fn build() -> Scenario {
    Scenario::new().await_join().log("info", "line 1").status("complete")
}

async fn step() -> Step {
    Step::new(build()).await
}

/// The step was refused with these words, and BuildPixel got nothing.
#[track_caller]
fn is_refused(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 20, "{}", ran.stdout);
    words.iter().for_each(|words| ran.says(words));
    assert_eq!(ran.journal, []);
    assert_eq!(ran.output("result"), "error");
}

#[tokio::test]
async fn a_placeholder_that_was_not_replaced_starts_no_build() {
    for placeholder in ["$(Build.SourceBranchName)", "${BRANCH}", "%BRANCH%", "$BRANCH", "null"] {
        for input in ["branch", "commit", "changelist", "build-id", "reports-dir"] {
            let ran = step().await.input(input, placeholder).run().await;
            let variable = format!("INPUT_{}", input.to_uppercase());
            let shown = placeholder.replace('%', "%25");
            let words =
                format!("`{input}` is \"{shown}\" (read from {variable}): is a placeholder");
            is_refused(&ran, &[&words]);
        }
    }
    let ran = step().await.input("token", "${{ secrets.HUNTER2 }}").run().await;
    is_refused(&ran, &["`token` (read from INPUT_TOKEN): is a placeholder"]);
    ran.does_not_say("HUNTER2");
}

#[tokio::test]
async fn a_branch_that_is_given_as_a_reference_is_sent_as_its_name() {
    let ran = step().await.input("branch", "refs/heads/feature/a").run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let sent = ran.journal.iter().find_map(|entry| match entry {
        Entry::Request { method, body, .. } if method == "POST" => body.get("branch"),
        _ => None,
    });
    assert_eq!(sent.and_then(|branch| branch.as_str()), Some("feature/a"));
}

#[tokio::test]
async fn an_empty_token_is_explained_by_what_the_ci_tells() {
    let step = step().await.input("token", "");
    let event = r#"{"pull_request":{
        "head":{"repo":{"full_name":"somebody/game"}},"base":{"repo":{"full_name":"studio/game"}}}}"#;
    let path = step.path_of("event.json");
    fs::write(&path, event).unwrap();
    let step = step.env("GITHUB_EVENT_NAME", "pull_request");
    let ran = step.env("GITHUB_EVENT_PATH", path.to_str().unwrap()).run().await;
    is_refused(&ran, &["; pull requests from forks get no secrets; build after"]);

    let step = self::step().await.input("token", "").env("GITHUB_EVENT_NAME", "push");
    let ran = step.env("GITHUB_ACTOR", "dependabot[bot]").run().await;
    is_refused(&ran, &["; runs that Dependabot started get only Dependabot secrets"]);

    let step = self::step().await.input("token", "$TOKEN").input("ci", "gitlab");
    let reports = step.path_of("reports");
    let step = step.input("reports-dir", reports.to_str().unwrap());
    let ran = step.env("CI_COMMIT_REF_PROTECTED", "false").run().await;
    assert_eq!(ran.code, 20, "{}", ran.stdout);
    ran.says("leave the input out; if the variable is protected, GitLab passes it only to protected branches");

    let ran = self::step().await.input("token", "").run().await;
    is_refused(&ran, &["`token`: is required; keep it in a secret of your CI"]);
}

#[tokio::test]
async fn a_token_from_a_file_is_used_and_masked() {
    let indiscreet =
        Scenario::new().await_join().log("info", format!("it is {TOKEN}")).status("complete");
    let step = Step::new(indiscreet).await.input("token", "");
    let path = step.path_of("token");
    fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let ran = step.input("token-file", path.to_str().unwrap()).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    ran.says(&format!("::add-mask::{TOKEN}"));
    ran.says("it is ***");
    assert_eq!(ran.stdout.matches(TOKEN).count(), 1, "{}", ran.stdout);
}

#[tokio::test]
#[cfg(unix)]
async fn a_token_file_that_is_a_pipe_is_refused_at_once() {
    let step = step().await.input("token", "");
    let path = step.path_of("token");
    let _nobody_writes = Fifo::make(&path);
    let ran = step.input("token-file", path.to_str().unwrap()).run().await;
    is_refused(&ran, &["(read from INPUT_TOKEN-FILE): cannot be read: it is not a regular file"]);
}

#[tokio::test]
async fn a_token_that_is_for_another_service_or_a_path_is_not_sent() {
    let foreign = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";
    let ran = step().await.input("token", foreign).run().await;
    is_refused(&ran, &["`token` (read from INPUT_TOKEN): looks like a token of GitHub"]);
    let shown: Vec<_> = ran.stdout.lines().filter(|line| !line.contains("::add-mask::")).collect();
    assert!(!shown.join("\n").contains(foreign), "{}", ran.stdout);
    assert!(!ran.summary.contains(foreign), "{}", ran.summary);

    let step = step().await;
    let path = step.path_of("token");
    fs::write(&path, TOKEN).unwrap();
    let ran = step.input("token", path.to_str().unwrap()).run().await;
    is_refused(&ran, &["is the path of a file; give it as `token-file`"]);
}

#[tokio::test]
async fn inputs_of_an_outer_action_are_ignored_with_a_warning() {
    let step = step().await.input("token", "ghs_an_outer_actions_token");
    // A program that an action calls has its inputs under its own names.
    let own = [("PROJECT", "project"), ("BUILD_SETTING", "build-setting"), ("API_URL", "api-url")];
    let mut step = step.input("timeout", "5");
    for (name, input) in own {
        let given = step.variables()[&format!("INPUT_{}", input.to_uppercase())].clone();
        step = step.env(&format!("BUILDPIXEL_{name}"), &given).input(input, "");
    }
    let ran = step.env("BUILDPIXEL_TOKEN", TOKEN).run().await;
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    ran.says("INPUT_TOKEN, INPUT_TIMEOUT: ignored, because BUILDPIXEL_* inputs are set");
    ran.does_not_say("ghs_");
}

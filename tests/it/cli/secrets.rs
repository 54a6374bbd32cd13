//! The token stays secret in everything that the program writes.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simulator::{Answer, Scenario, TOKEN, trigger_path};

use crate::harness::Job;

/// The build log repeats the token, and its words come from a build that knows it too.
fn indiscreet() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", format!("curl -H 'Authorization: Bearer {TOKEN}'"))
        .log("error", format!("LogInit: Error: bad token {TOKEN}"))
        .status("failed")
}

/// A part of each secret that the log of [`careless`] shows.
const FOREIGN: [&str; 8] = [
    "hunter2pw",
    "16C7e42F292c6912",
    "dXNlcjpwYXNz",
    "abcDEF123xyz",
    "glpat-",
    "MIIEowIBAAKCAQEA",
    "x1a2B3c4D5e6F7g8",
    "k9Secret",
];

/// A build machine that shows secrets of its own, which neither we nor the CI know.
fn careless() -> Scenario {
    let scenario = Scenario::new().await_join().status("running");
    let lines = [
        ("info", "Cloning https://ci:hunter2pw@git.studio.example/game.git"),
        ("info", "export GITHUB=\x1b[1mghp_\x1b[0m16C7e42F292c6912\u{200b}E7710c838347Ae178B4a"),
        ("info", "> Authorization: Basic dXNlcjpwYXNz"),
        ("info", "GET https://a.blob.core.windows.net/c/b?sr=b&sig=abcDEF123xyz4567890%3D&se=2026"),
        ("info", "p4 -u build -P k9Secret sync //depot/..."),
        ("info", "-----BEGIN PRIVATE KEY-----"),
        ("info", "MIIEowIBAAKCAQEAx1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T+/abcdef"),
        ("info", "x1a2B3c4D5e6F7g8H9i0=="),
        ("info", "-----END PRIVATE KEY-----"),
        (
            "error",
            "Drill.cpp(42,7): error C2065: 'glpat-abcdefghij0123456789': undeclared identifier",
        ),
        ("error", "LogInit: Error: cannot reach https://ci:hunter2pw@git.studio.example/game.git"),
    ];
    let log = |scenario: Scenario, (level, line): (&str, &str)| scenario.log(level, line);
    lines.into_iter().fold(scenario, log).status("failed")
}

/// The output of the program without its `add-mask` command.
fn written(job: &Job, stdout: &str) -> String {
    let mut written: String =
        stdout.split_inclusive('\n').filter(|line| !line.starts_with("::add-mask::")).collect();
    for folder in [".", "buildpixel-reports"] {
        let Ok(files) = job.path().join(folder).read_dir() else { continue };
        for file in files {
            let name = file.unwrap().file_name();
            written += &job.file(&format!("{folder}/{}", name.to_str().unwrap()));
        }
    }
    written
}

#[tokio::test]
async fn the_token_goes_only_to_the_mask_of_github() {
    let plain = |job: Job| job;
    let dialects = [Job::on_github, Job::on_gitlab, Job::on_jenkins, plain];
    for (dialect, masks) in dialects.into_iter().zip([1, 0, 0, 0]) {
        for debug in ["false", "true"] {
            let job = dialect(Job::new(indiscreet()).await).env("BUILDPIXEL_DEBUG", debug);
            let ran = job.start().end();
            assert_eq!(ran.code, Some(10), "{}", ran.stdout);
            assert_eq!(job.file("stderr").is_empty(), debug == "false", "{debug}");
            assert_eq!(ran.stdout.matches("::add-mask::").count(), masks, "{}", ran.stdout);
            let written = written(&job, &ran.stdout);
            assert!(written.contains("Bearer ***"), "{written}");
            assert!(!written.contains(TOKEN), "{written}");
        }
    }
}

#[tokio::test]
async fn secrets_of_the_build_machine_are_shown_nowhere_and_the_rest_of_their_lines_is() {
    for dialect in [Job::on_github, Job::on_gitlab, Job::on_jenkins] {
        let job = dialect(Job::new(careless()).await)
            .env("BUILDPIXEL_REPORTS_DIR", "buildpixel-reports")
            .env("BUILDPIXEL_DEBUG", "true");
        let repository = job.path_of("repository");
        fs::create_dir_all(repository.join("Source")).unwrap();
        fs::write(repository.join("Mine.uproject"), "{}").unwrap();
        fs::write(repository.join("Source/Drill.cpp"), "").unwrap();
        let job = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"]
            .into_iter()
            .fold(job, |job, folder| job.env(folder, repository.to_str().unwrap()));
        let ran = job.start().end();
        assert_eq!(ran.code, Some(10), "{}", ran.stdout);
        let written = written(&job, &ran.stdout);
        for secret in FOREIGN {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
        let log = job.file("buildpixel-reports/build.log");
        let shown = [
            "Cloning https://ci:***@git.studio.example/game.git",
            "> Authorization: Basic ***",
            "GET https://a.blob.core.windows.net/c/b?sr=b&sig=***&se=2026",
            "p4 -u build -P *** sync //depot/...",
            "-----BEGIN PRIVATE KEY-----\n***\n***\n-----END PRIVATE KEY-----",
        ];
        for line in shown {
            assert!(log.contains(line), "{line} in {log}");
        }
        let sarif = job.file("buildpixel-reports/results.sarif");
        for part in ["'***': undeclared", r#""startLine": 42"#, r#""startColumn": 7"#] {
            assert!(sarif.contains(part), "{part} in {sarif}");
        }
        let outputs = job.file("buildpixel-reports/outputs.json");
        assert!(outputs.contains("'***': undeclared"), "{outputs}");
        assert!(job.file("buildpixel-reports/summary.md").contains("https://ci:"), "{written}");
    }
}

#[tokio::test]
async fn the_token_in_an_answer_is_masked_before_it_is_cut_and_in_diagnostics() {
    let encoded = STANDARD.encode(TOKEN);
    let (start, _) = encoded.split_at(8);
    for less in [0, 10, 20, 30, 40] {
        let message = format!("{}{encoded}", "x".repeat(300 - less));
        let body = format!(r#"{{"error":"bad_input","message":"{message}","requestId":"req_1"}}"#);
        let refused = Answer::new("POST", trigger_path(), 400).body(body);
        let job = Job::new(Scenario::new().answer(refused)).await.env("BUILDPIXEL_DEBUG", "true");
        let ran = job.start().end();
        assert_eq!(ran.code, Some(21), "{}", ran.stdout);
        assert!(job.file("stderr").contains("xxx"), "{}", job.file("stderr"));
        let written = written(&job, &ran.stdout);
        assert!(!written.contains(start), "{less}: {written}");
    }
}

#[tokio::test]
async fn a_token_from_a_file_is_masked_in_diagnostics() {
    let token = "BP-Secret-Token-77";
    let body = format!(r#"{{"error":"bad_input","message":"of {token}","requestId":"req_1"}}"#);
    // The URL of the request is in the diagnostics only.
    let path = format!("/{token}{}", trigger_path());
    let refused = Answer::new("POST", path, 400).body(body);
    let job = Job::new(Scenario::new().answer(refused)).await;
    let url = format!("{}/{token}", job.simulator.url());
    let file = job.path_of("token");
    fs::write(&file, format!("{token}\n")).unwrap();
    let job = job
        .env("BUILDPIXEL_TOKEN", "")
        .env("BUILDPIXEL_TOKEN_FILE", file.to_str().unwrap())
        .env("BUILDPIXEL_API_URL", &url)
        .env("BUILDPIXEL_DEBUG", "true");
    let ran = job.start().end();
    assert_eq!(ran.code, Some(21), "{}", ran.stdout);
    let stderr = job.file("stderr");
    assert!(stderr.contains("of ***"), "{stderr}");
    assert!(stderr.contains("/***/"), "{stderr}");
    assert!(!stderr.contains(token), "{stderr}");
}

#[tokio::test]
async fn the_token_is_masked_in_the_host_of_a_redirect() {
    let token = "BP-Secret-Token-77";
    let host = format!("https://{token}.example/");
    let redirect = Answer::new("POST", trigger_path(), 307).header("location", &host);
    let scenario = Scenario::new().answer(redirect);
    let job = Job::new(scenario).await.env("BUILDPIXEL_TOKEN", token);
    let ran = job.start().end();
    assert!(ran.stdout.contains("a redirect to ***.example,"), "{}", ran.stdout);
}

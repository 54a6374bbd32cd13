//! Inputs from the environment, and mistakes in them.

use std::fs;

use simulator::{Entry, Scenario, TOKEN};

use crate::harness::Job;
#[cfg(target_os = "linux")]
use crate::harness::{binary, scrubbed};

fn success() -> Scenario {
    Scenario::new().await_join().status("running").log("info", "line 1").status("complete")
}

#[tokio::test]
async fn mistakes_are_reported_together_and_nothing_is_sent() {
    let job = Job::new(success())
        .await
        .on_github()
        .env("BUILDPIXEL_WAIT", "yes")
        .env("BUILDPIXEL_PROJECT", "My Game");
    let ran = job.run();
    assert_eq!(ran.code, Some(20), "{}", ran.stdout);
    for words in ["`wait` is \"yes\" (read from BUILDPIXEL_WAIT)", "`project` is \"My Game\""] {
        assert!(ran.stdout.contains(words), "{words} in {}", ran.stdout);
    }
    assert_eq!(job.simulator.journal(), []);
    assert_eq!(job.output("result"), "error");
}

#[tokio::test]
async fn a_token_given_the_github_way_wins() {
    let wrong = "bp_wrong_0123456789";
    for (winner, loser, code) in [(TOKEN, wrong, 0), (wrong, TOKEN, 21)] {
        let job = Job::new(success()).await.env("INPUT_ON-SUPERSEDED", "fail");
        let job = job.env("INPUT_TOKEN", winner).env("BUILDPIXEL_TOKEN", loser);
        let ran = job.run();
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        let is_good = |entry: &Entry| matches!(entry, Entry::Request { authorized: true, .. });
        assert_eq!(job.simulator.journal().iter().any(is_good), code == 0);
    }
}

#[tokio::test]
async fn unwritable_outputs_are_reported_and_fail_only_a_success() {
    let failed = Scenario::new().await_join().log("info", "line 1").status("failed");
    let mut running = Vec::new();
    for (scenario, code) in [(success(), 41), (failed, 10)] {
        for (variable, path) in UNWRITABLE {
            let job = Job::new(scenario.clone()).await.on_github();
            let folder = job.path().to_owned();
            fs::write(folder.join("file"), "").unwrap();
            fs::create_dir_all(folder.join("reports/build.log")).unwrap();
            let job = job.env(variable, folder.join(path).to_str().unwrap());
            let started = job.start();
            running.push((job, started, code, variable, path));
        }
    }
    for (job, started, code, variable, path) in running {
        let ran = job.ended(started);
        assert_eq!(ran.code, Some(code), "{variable}={path}: {}", ran.stdout);
        let reported = ran.stdout.matches("cannot write ").count();
        assert_eq!(reported, 1, "{variable}={path}: {}", ran.stdout);
    }
}

/// As on a disk that is full after a few bytes more: half a record would swallow the next one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_that_does_not_fit_leaves_the_file_as_it_was() {
    const LIMIT: &str = r#"trap "" XFSZ; ulimit -f 1; exec "$0""#;
    let job = Job::new(success()).await.on_github();
    let before = format!("other={}\n", "x".repeat(400));
    fs::write(job.path().join("output"), &before).unwrap();
    let mut limited = scrubbed("/bin/sh");
    limited.args(["-c", LIMIT]).arg(binary());
    let ran = job.ended(job.launch(limited));
    assert_eq!(ran.code, Some(41), "{}", ran.stdout);
    assert_eq!(job.file("output"), before);
}

/// No such folder, a file that is a folder, a full disk, a folder that is a file, a folder with a
/// file that cannot be written.
const UNWRITABLE: &[(&str, &str)] = &[
    ("GITHUB_OUTPUT", "no/such/folder"),
    ("GITHUB_OUTPUT", ""),
    #[cfg(target_os = "linux")]
    ("GITHUB_OUTPUT", "/dev/full"),
    ("GITHUB_STEP_SUMMARY", ""),
    #[cfg(target_os = "linux")]
    ("GITHUB_STEP_SUMMARY", "/dev/full"),
    ("BUILDPIXEL_REPORTS_DIR", "file"),
    ("BUILDPIXEL_REPORTS_DIR", "reports"),
];

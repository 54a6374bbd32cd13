//! The token stays secret in everything that the program writes.

use simulator::{Scenario, TOKEN};

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

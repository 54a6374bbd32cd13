//! The dialect on stdout and the files for each CI.

use serde_json::Value;
use simulator::{BUILD_ID, Scenario};

use crate::harness::{Ended, Job};

const COMPILE_ERROR: &str =
    r"Source\Game\Door.cpp(42): error C2065: 'hinge': undeclared identifier";

fn success() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "cooked everything")
        .log("info", "********** COOK COMMAND COMPLETED **********")
        .status("complete")
}

fn failure() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** BUILD COMMAND STARTED **********")
        .log("info", COMPILE_ERROR)
        .status("failed")
}

async fn failed(on: fn(Job) -> Job) -> (Job, Ended) {
    let job = on(Job::new(failure()).await);
    let ran = job.run();
    assert_eq!(ran.code, Some(10), "{}", ran.stdout);
    assert!(ran.stdout.contains(COMPILE_ERROR), "{}", ran.stdout);
    (job, ran)
}

fn json(job: &Job, name: &str) -> Value {
    serde_json::from_str(&job.file(&format!("buildpixel-reports/{name}"))).unwrap()
}

#[tokio::test]
async fn a_complete_build_is_a_success_everywhere() {
    let plain = |job: Job| job;
    for on in [plain, Job::on_github, Job::on_gitlab, Job::on_jenkins] {
        let job = on(Job::new(success()).await);
        let ran = job.run();
        assert_eq!(ran.code, Some(0), "{}", ran.stdout);
        assert!(ran.stdout.contains("cooked everything\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("build {BUILD_ID} is complete")), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn github_gets_groups_annotations_outputs_and_a_summary() {
    let (job, ran) = failed(Job::on_github).await;
    for words in ["\n::group::Compile\n", "\n::endgroup::\n", "::error ", "line=42"] {
        assert!(ran.stdout.contains(words), "{words:?} in {}", ran.stdout);
    }
    for (name, value) in [
        ("build-id", BUILD_ID),
        ("status", "failed"),
        ("result", "failure"),
        ("error-count", "1"),
        ("failed-phase", "compile"),
        ("branch", "main"),
    ] {
        assert_eq!(job.output(name), value, "{name}");
    }
    assert!(job.output("first-error").contains("C2065: 'hinge': undeclared identifier"));
    assert!(job.file("summary").contains("Build failed"));
}

#[tokio::test]
async fn gitlab_gets_sections_and_report_files() {
    let (job, ran) = failed(Job::on_gitlab).await;
    for edge in ["\x1b[0Ksection_start:", "\x1b[0Ksection_end:"] {
        assert_eq!(ran.stdout.matches(edge).count(), 1, "{edge:?} in {}", ran.stdout);
    }
    let dotenv = job.file("buildpixel-reports/outputs.env");
    assert!(dotenv.contains(&format!("BUILDPIXEL_BUILD_ID={BUILD_ID}\n")), "{dotenv}");
    assert!(dotenv.contains("BUILDPIXEL_RESULT=failure\n"), "{dotenv}");
    let issues = json(&job, "codequality.json");
    assert_eq!(issues.as_array().unwrap().len(), 1, "{issues}");
    assert_eq!(issues.pointer("/0/location/lines/begin"), Some(&Value::from(42)), "{issues}");
    let junit = job.file("buildpixel-reports/junit.xml");
    assert!(junit.contains("<failure") && junit.contains("C2065"), "{junit}");
}

#[tokio::test]
async fn jenkins_gets_markers_and_report_files() {
    let (job, ran) = failed(Job::on_jenkins).await;
    assert!(ran.stdout.contains("\n>>> [ci] begin Compile\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n<<< [ci] end Compile\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
    let properties = job.file("buildpixel-reports/outputs.properties");
    assert!(properties.contains(BUILD_ID), "{properties}");
    let outputs = json(&job, "outputs.json");
    assert!(outputs.to_string().contains(r#""failure""#), "{outputs}");
    let issues = json(&job, "issues.json");
    assert!(issues.to_string().contains("C2065"), "{issues}");
}

#[tokio::test]
async fn jenkins_gets_ascii_unless_its_charset_is_known_to_be_utf_8() {
    let foreign = || {
        Scenario::new()
            .await_join()
            .status("running")
            .log("info", "caf\u{e9} \u{6f22} \u{2026}")
            .log(
                "error",
                "Source\\Game\\Door.cpp(42): error C2065: \u{2018}hinge\u{2019}: caf\u{e9}",
            )
            .status("failed")
    };
    for (locale, line, ascii) in [
        ("C", "caf\\u{e9} \\u{6f22} ...\n", true),
        ("C.UTF-8", "caf\u{e9} \u{6f22} \u{2026}\n", false),
    ] {
        let job = Job::new(foreign()).await.on_jenkins().env("LANG", locale);
        let ran = job.run();
        assert_eq!(ran.code, Some(10), "{}", ran.stdout);
        assert!(ran.stdout.contains(line), "{locale}: {}", ran.stdout);
        assert_eq!(ran.stdout.is_ascii(), ascii, "{locale}: {}", ran.stdout);
        // Files have a charset of their own.
        assert!(job.file("buildpixel-reports/build.log").contains("caf\u{e9} \u{6f22} \u{2026}\n"));
        let issues = json(&job, "issues.json");
        assert!(issues.to_string().contains("caf\u{e9}"), "{issues}");
    }
}

#[tokio::test]
async fn elsewhere_there_is_plain_text_and_no_file() {
    let (job, ran) = failed(|job| job).await;
    assert!(ran.stdout.contains("\n== Compile ==\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\x1b') && !ran.stdout.contains("\n::"), "{}", ran.stdout);
    let files: Vec<_> = job.path().read_dir().unwrap().collect();
    assert_eq!(files.len(), 1, "only our stderr: {files:?}");
}

//! What each CI gets: its dialect on stdout, and its files.

use serde_json::Value;
use simulator::{BUILD_ID, Scenario};

use crate::program::{Program, Ran};

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

async fn failed(on: fn(Program) -> Program) -> (Program, Ran) {
    let program = on(Program::new(failure()).await);
    let ran = program.run();
    assert_eq!(ran.code, Some(10), "{}", ran.stdout);
    assert!(ran.stdout.contains(COMPILE_ERROR), "{}", ran.stdout);
    (program, ran)
}

fn json(program: &Program, name: &str) -> Value {
    serde_json::from_str(&program.file(&format!("buildpixel-reports/{name}"))).unwrap()
}

#[tokio::test]
async fn a_complete_build_is_a_success_everywhere() {
    let plain = |program: Program| program;
    for on in [plain, Program::on_github, Program::on_gitlab, Program::on_jenkins] {
        let program = on(Program::new(success()).await);
        let ran = program.run();
        assert_eq!(ran.code, Some(0), "{}", ran.stdout);
        assert!(ran.stdout.contains("cooked everything\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("build {BUILD_ID} is complete")), "{}", ran.stdout);
    }
}

#[tokio::test]
async fn github_gets_groups_annotations_outputs_and_a_summary() {
    let (program, ran) = failed(Program::on_github).await;
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
        assert_eq!(program.output(name), value, "{name}");
    }
    assert!(program.output("first-error").contains("C2065: 'hinge': undeclared identifier"));
    assert!(program.file("summary").contains("Build failed"));
}

#[tokio::test]
async fn gitlab_gets_sections_and_report_files() {
    let (program, ran) = failed(Program::on_gitlab).await;
    for edge in ["\x1b[0Ksection_start:", "\x1b[0Ksection_end:"] {
        assert_eq!(ran.stdout.matches(edge).count(), 1, "{edge:?} in {}", ran.stdout);
    }
    let dotenv = program.file("buildpixel-reports/outputs.env");
    assert!(dotenv.contains(&format!("BUILDPIXEL_BUILD_ID={BUILD_ID}\n")), "{dotenv}");
    assert!(dotenv.contains("BUILDPIXEL_RESULT=failure\n"), "{dotenv}");
    let issues = json(&program, "codequality.json");
    assert_eq!(issues.as_array().unwrap().len(), 1, "{issues}");
    assert_eq!(issues.pointer("/0/location/lines/begin"), Some(&Value::from(42)), "{issues}");
    let junit = program.file("buildpixel-reports/junit.xml");
    assert!(junit.contains("<failure") && junit.contains("C2065"), "{junit}");
}

#[tokio::test]
async fn jenkins_gets_markers_and_report_files() {
    let (program, ran) = failed(Program::on_jenkins).await;
    assert!(ran.stdout.contains("\n>>> [ci] begin Compile\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n<<< [ci] end Compile\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
    let properties = program.file("buildpixel-reports/outputs.properties");
    assert!(properties.contains(BUILD_ID), "{properties}");
    let outputs = json(&program, "outputs.json");
    assert!(outputs.to_string().contains(r#""failure""#), "{outputs}");
    let issues = json(&program, "issues.json");
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
        let program = Program::new(foreign()).await.on_jenkins().env("LANG", locale);
        let ran = program.run();
        assert_eq!(ran.code, Some(10), "{}", ran.stdout);
        assert!(ran.stdout.contains(line), "{locale}: {}", ran.stdout);
        assert_eq!(ran.stdout.is_ascii(), ascii, "{locale}: {}", ran.stdout);
        // Files have a charset of their own.
        assert!(
            program.file("buildpixel-reports/build.log").contains("caf\u{e9} \u{6f22} \u{2026}\n")
        );
        let issues = json(&program, "issues.json");
        assert!(issues.to_string().contains("caf\u{e9}"), "{issues}");
    }
}

#[tokio::test]
async fn elsewhere_there_is_plain_text_and_no_file() {
    let (program, ran) = failed(|program| program).await;
    assert!(ran.stdout.contains("\n== Compile ==\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\x1b') && !ran.stdout.contains("\n::"), "{}", ran.stdout);
    let files: Vec<_> = program.folder.path().read_dir().unwrap().collect();
    assert_eq!(files.len(), 1, "only our stderr: {files:?}");
}

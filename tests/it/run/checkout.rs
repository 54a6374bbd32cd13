//! Findings in the files of a checkout.

use std::fs;
use std::path::Path;

use serde_json::Value;
use simulator::{Entry, Scenario};

#[cfg(unix)]
use crate::harness::Fifo;
use crate::harness::{Ran, Step};

const PROJECT: &str = r#"Parsing command line: BuildCookRun -project="D:\agent\7\Lighthouse\Lighthouse.uproject" -build -cook"#;

fn failing() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", PROJECT)
        .log("info", "********** BUILD COMMAND STARTED **********")
        .log("error", r"D:\agent\7\lighthouse\source\keeper.cpp(42,7): error C2065: 'Lantern': undeclared identifier")
        .log("error", r"D:\agent\7\Lighthouse\Source\Gone.cpp(1): error C2065: 'Lantern': undeclared identifier")
        .log("error", r"Z:\Plugins\Fog\Source\Fog\Fog.cpp(3): error C2143: syntax error")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("error", "LogBlueprint: Error: [Compiler Door] ' Target ' must have a connection. from Source: /Game/Maps/Tower.Tower_C:Door")
        .log("error", "LogCook: Error: GlobalDefaultGameMode contains a redirected reference '/Game/Mode'.")
        .status("failed")
}

fn check_out(folder: &Path) {
    let engine = "[Core]\n[/Script/EngineSettings.GameMapsSettings]\nGlobalDefaultGameMode=/Game/Mode.Mode_C\n";
    for (file, text) in [
        ("games/tower/Lighthouse.uproject", "{}"),
        ("games/tower/Source/Keeper.cpp", ""),
        ("games/tower/Content/Maps/Tower.umap", ""),
        ("games/tower/Config/DefaultEngine.ini", engine),
        ("plugins/Fog/Fog.uplugin", "{}"),
        ("plugins/Fog/Source/Fog/Fog.cpp", ""),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Each finding's file and line, as Jenkins would read them.
fn places(ran: &Ran, reports: &Path) -> Vec<String> {
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    let issues: Value =
        serde_json::from_str(&fs::read_to_string(reports.join("issues.json")).unwrap()).unwrap();
    let place = |issue: &Value| {
        let file = issue.get("fileName").and_then(Value::as_str).unwrap_or("-");
        format!("{file} {}", issue.get("lineStart").unwrap_or(&Value::Null))
    };
    let issues = issues.get("issues").and_then(Value::as_array).unwrap();
    let mut places: Vec<_> = issues.iter().map(place).collect();
    places.sort_unstable();
    places
}

async fn run(prepare: fn(&Path)) -> (Ran, Vec<String>) {
    run_while(failing(), prepare, async |_, _| {}).await
}

async fn run_while(
    scenario: Scenario,
    prepare: fn(&Path),
    meanwhile: impl AsyncFnOnce(&Step, &Path),
) -> (Ran, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let [checkout, reports] = ["checkout", "reports"].map(|name| folder.path().join(name));
    fs::create_dir(&checkout).unwrap();
    prepare(&checkout);
    let step = Step::new(scenario).await.env("GITHUB_WORKSPACE", checkout.to_str().unwrap());
    let step = step.input("reports-dir", reports.to_str().unwrap());
    let ran = step.run_while(async |step, _| meanwhile(step, &checkout).await).await;
    let places = places(&ran, &reports);
    (ran, places)
}

const IN_THE_CHECKOUT: [&str; 5] = [
    "- null",
    "games/tower/Config/DefaultEngine.ini 3",
    "games/tower/Content/Maps/Tower.umap null",
    "games/tower/Source/Keeper.cpp 42",
    "plugins/Fog/Source/Fog/Fog.cpp 3",
];

const WITHOUT_A_CHECKOUT: [&str; 5] = [
    "- null",
    "Config/DefaultEngine.ini null",
    "Content/Maps/Tower.uasset null",
    "Source/Gone.cpp 1",
    "source/keeper.cpp 42",
];

#[tokio::test]
async fn findings_point_at_the_files_of_the_checkout() {
    let (ran, places) = run(check_out).await;
    assert_eq!(places, IN_THE_CHECKOUT);
    for place in [
        "file=games/tower/Source/Keeper.cpp,line=42,col=7",
        "file=games/tower/Content/Maps/Tower.umap",
        "file=games/tower/Config/DefaultEngine.ini,line=3",
        "file=plugins/Fog/Source/Fog/Fog.cpp,line=3",
    ] {
        let annotates = |line: &str| line.starts_with("::error ") && line.contains(place);
        assert!(ran.stdout.lines().any(annotates), "{place}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("file=D:"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Gone.cpp,"), "{}", ran.stdout);
}

#[tokio::test]
async fn without_a_checkout_they_point_below_the_project_of_the_build_machine() {
    let (_, places) = run(|_| ()).await;
    assert_eq!(places, WITHOUT_A_CHECKOUT);
}

/// The walk hangs as long as nobody writes to this, and then goes on.
#[cfg(unix)]
const HANGS: &str = ".git";

#[cfg(unix)]
fn hang(checkout: &Path) {
    check_out(checkout);
    Fifo::hang(&checkout.join(HANGS));
}

#[cfg(unix)]
#[tokio::test]
async fn findings_wait_for_a_checkout_that_takes_a_moment() {
    let (ran, places) = run_while(failing(), hang, async |step, checkout| {
        let other_end = Fifo::hanging(&checkout.join(HANGS)).is_read().await;
        // Only the end of the phase is still to come.
        step.stdout.shows("Fog.cpp(3)").await;
        drop(other_end);
    })
    .await;
    assert_eq!(places, IN_THE_CHECKOUT);
    let group = ran.stdout.find("::group::Cook").unwrap();
    let annotation = ran.stdout.find(",file=games/tower/Source/Keeper.cpp").unwrap();
    assert!(annotation < group, "nothing overtakes it: {}", ran.stdout);
}

#[cfg(unix)]
#[tokio::test]
async fn the_last_findings_wait_for_the_checkout_too() {
    let error = r"Z:\Plugins\Fog\Source\Fog\Fog.cpp(3): error C2143: syntax error";
    let scenario = Scenario::new().await_join().status("running").log("error", error);
    let (_, places) = run_while(scenario.status("failed"), hang, async |step, checkout| {
        let other_end = Fifo::hanging(&checkout.join(HANGS)).is_read().await;
        step.until(|journal| journal.contains(&Entry::NamespaceDisconnect)).await;
        drop(other_end);
    })
    .await;
    assert_eq!(places, ["plugins/Fog/Source/Fog/Fog.cpp 3"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_checkout_on_a_disk_that_hangs_costs_no_line_and_no_finding() {
    let (ran, places) = run(hang).await;
    assert_eq!(places, WITHOUT_A_CHECKOUT);
    assert!(ran.stdout.contains("GlobalDefaultGameMode contains"), "{}", ran.stdout);
    let group = ran.stdout.find("::group::Cook").unwrap();
    let annotation = ran.stdout.find(",file=source/keeper.cpp").unwrap();
    assert!(annotation < group, "nothing overtakes it: {}", ran.stdout);
}

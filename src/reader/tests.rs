//! Whole logs through the whole pipeline.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{Pipeline, invariants, slow_lines};
use crate::model::{Event, Finding, Level, LogLine, Owner};
use crate::text::hostile_tests::hostile;
use crate::text::{Cleaner, Style};

const FAILING_BUILD: &str = include_str!("../../tests/fixtures/failing-build.log");
const FAILING_COOK: &str = include_str!("../../tests/fixtures/failing-cook.log");

fn pipeline() -> Pipeline {
    let style = Style { color: true, ..Style::default() };
    Pipeline::new(Cleaner::new(&["tok123456"], style), Some("games"))
}

fn message(second: u64, text: &str) -> LogLine {
    let timestamp = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
    LogLine { timestamp, level: Level::Info, message: text.to_owned() }
}

/// All events of a log whose lines are one second apart.
fn events(log: &str) -> Vec<Event> {
    let mut pipeline = pipeline();
    let mut events = Vec::new();
    for (second, line) in (0..).zip(log.lines()) {
        pipeline.feed(&message(second, line), &mut |event| events.push(event));
    }
    pipeline.finish(&mut |event| events.push(event));
    events
}

/// One line for each event; of the log's lines only how many there were in a row.
fn story(events: &[Event]) -> Vec<String> {
    let mut story = Vec::new();
    for group in events.chunk_by(|a, b| is_line(a) && is_line(b)) {
        story.push(match group {
            [Event::PhaseStarted(phase)] => format!("{} {{", phase.as_str()),
            [Event::PhaseEnded { phase, took, .. }] => format!("}} {} {took:?}", phase.as_str()),
            [Event::Finding(finding)] => shown(finding),
            [Event::Action { name, took }] => format!("{name}: {took:?}"),
            [Event::Cooked { done, total }] => format!("{done} of {total} cooked"),
            lines => format!("{} lines", lines.len()),
        });
    }
    story
}

fn shown(finding: &Finding) -> String {
    let phase = finding.phase.map_or("-", |phase| phase.as_str());
    let follows = if finding.is_follow_up() { ", follows" } else { "" };
    let linked = finding.location.as_ref().is_some_and(|location| location.in_repository);
    let linked = if linked { ", linked" } else { "" };
    format!("{} in {phase}{follows}{linked}: {finding}", finding.severity.as_str())
}

fn is_line(event: &Event) -> bool {
    matches!(event, Event::Line { .. })
}

#[test]
fn a_failing_build_has_phases_and_errors() {
    assert_eq!(
        story(&events(FAILING_BUILD)),
        [
            "source-sync {",
            "4 lines",
            "} source-sync Some(4s)",
            "9 lines",
            "compile {",
            "30 lines",
            "warning in compile, linked: games/Source/SpaceMiner/OreVein.cpp:88: C4996: 'UOreVein::Dig': Use Excavate instead.",
            "error in compile, linked: games/Source/SpaceMiner/Drill.cpp:42:17: C2065: 'BitDiameter': undeclared identifier",
            "error in compile, follows, linked: games/Source/SpaceMiner/Drill.cpp:43:17: C2065: 'BitDiameter': undeclared identifier",
            "error in compile: C:/UE_5.5/Engine/Source/Runtime/Core/Public/Templates/UnrealTemplate.h:128:9: C2338: static_assert failed: 'bitwise only'",
            "error in compile, follows: exit: UnrealBuildTool failed (OtherCompilationError): the code could not be built; the errors stand above",
            "error in compile, follows: exit: Took 25.31s to run dotnet.exe, ExitCode=6",
            "error in compile, follows: UAT: UnrealBuildTool failed. See log for more details. (D:\\Build\\Logs\\UBT-SpaceMiner-Win64-Shipping.txt)",
            "error in compile, follows: exit: AutomationTool exited with 6, which is UnrealBuildTool's OtherCompilationError: the code could not be built; the errors stand above",
            "} compile Some(29s)",
            "2 lines",
            "error in -, follows: UAT: AutomationTool was unable to run successfully. Exited with code: 6",
        ]
    );
}

#[test]
fn a_failing_cook_is_one_error_and_what_follows_from_it() {
    assert_eq!(
        story(&events(FAILING_COOK)),
        [
            "compile {",
            "6 lines",
            "} compile Some(5s)",
            "cook {",
            "5 lines",
            "0 of 812 cooked",
            "6 lines",
            "812 of 812 cooked",
            "5 lines",
            "warning in cook, linked: games/Content/Maps/Belt.umap: LogLinker: VerifyImport: Failed to find script package for import object 'Package /Script/OldOre'",
            "error in cook, linked: games/Content/Rigs/BP_Drill.uasset: LogBlueprint: [Compiler] Could not find a function named \"StartDrill\" in 'BP_Drill_C'.",
            "warning in cook: LogBlueprint: [Compiler BP_Drill] Compile of BP_Drill failed. 1 Fatal Issue(s)",
            "error in cook, follows: exit: UnrealEditor-Cmd.exe failed (ExitCode=1: it reported errors)",
            "error in cook, follows: UAT: Cook failed.",
            "} cook Some(15s)",
            "4 lines",
            "error in -, follows: exit: AutomationTool exited with 25 (UnknownCookFailure): the cook failed; look for LogX: Error lines above",
        ]
    );
}

/// The progress after each line.
fn progress(log: &[&str]) -> Vec<String> {
    let mut pipeline = pipeline();
    let shown = log.iter().map(|line| {
        pipeline.feed(&message(1, line), &mut |_| ());
        pipeline.progress().map(|progress| progress.to_string()).unwrap_or_default()
    });
    shown.collect()
}

#[test]
fn progress_is_of_the_phase_that_is_open() {
    let cooked = "[2024.09.06-18.25.46:407][ 70]UATHelper: Consolidando (Android (ASTC)): LogCook: Display: Cooked packages 251 Packages Remain 392 Total 643";
    let shown = progress(&[
        "********** BUILD COMMAND STARTED **********",
        "[1/2] Compile Door.cpp",
        "Door.cpp",
        "2>[2/2] Link Door.dll",
        "********** BUILD COMMAND COMPLETED **********",
        "between",
        "********** COOK COMMAND STARTED **********",
        cooked,
        "LogCook: Display: Done!",
        "********** COOK COMMAND COMPLETED **********",
        "********** COOK COMMAND STARTED **********",
    ]);
    let packages = "251 of 643 packages cooked";
    let expected = ["", "[1/2]", "[1/2]", "[2/2]", "", "", "", packages, packages, "", ""];
    assert_eq!(shown, expected);
}

/// The events of a log without its lines.
fn cooked(log: &[&str]) -> Vec<String> {
    let story = story(&events(&log.join("\n")));
    story.into_iter().filter(|shown| !shown.ends_with(" lines")).collect()
}

fn packages(done: u32, total: u32) -> String {
    let remain = total - done;
    format!("LogCook: Display: Cooked packages {done} Packages Remain {remain} Total {total}")
}

#[test]
fn the_cook_is_shown_once_per_percent_and_at_its_end() {
    let started = "********** COOK COMMAND STARTED **********";
    let completed = "********** COOK COMMAND COMPLETED **********";
    let lines = [
        packages(0, 1000),
        packages(5, 1000),
        packages(10, 1000),
        packages(11, 2000),
        packages(30, 2000),
    ];
    let [none, fewer, percent, falls, last] = lines.each_ref().map(String::as_str);
    assert_eq!(
        cooked(&[
            started, none, fewer, percent, falls, last, last, completed, started, fewer, percent,
            "x"
        ]),
        [
            "cook {",
            "0 of 1000 cooked",
            "10 of 1000 cooked",
            "30 of 2000 cooked",
            "} cook Some(7s)",
            "cook {",
            "5 of 1000 cooked",
            "10 of 1000 cooked",
            "} cook Some(3s)"
        ]
    );
    // The last packages are shown at the end, even if they are less than a percent.
    let shown = cooked(&[started, percent, falls, completed]);
    assert_eq!(shown, ["cook {", "10 of 1000 cooked", "11 of 2000 cooked", "} cook Some(3s)"]);
    assert_eq!(cooked(&[percent, falls]), ["10 of 1000 cooked", "11 of 2000 cooked"]);
}

#[test]
fn a_timed_action_is_shown_with_a_safe_name_after_its_line() {
    let log = "[1/2] (Wall: 3.32s CPU: 1.20s) ::add-mask::\x1b[31mtok123456\x1b[0m";
    assert_eq!(story(&events(log)), ["1 lines", r"\::add-mask::***: 3.32s"]);
}

#[test]
fn without_times_a_phase_takes_as_long_as_the_log_says() {
    let lines = [
        "********** COOK COMMAND STARTED **********",
        "UATHelper: Embalando (Windows): Took 1.060,65s to run UnrealEditor-Cmd.exe, ExitCode=0",
        "********** COOK COMMAND COMPLETED **********",
    ];
    let mut pipeline = pipeline();
    let mut events = Vec::new();
    for line in lines {
        let line = LogLine { timestamp: None, ..message(0, line) };
        pipeline.feed(&line, &mut |event| events.push(event));
    }
    assert_eq!(story(&events), ["cook {", "3 lines", "} cook Some(1060.65s)"]);
}

#[test]
fn a_marker_counts_with_any_prefix_in_any_language() {
    for prefix in [
        "UATHelper: Embalando (Android (ASTC)): ",
        "UATHelper: 打包 (Windows): ",
        "[2026.05.10-14.23.45:123][ 51]UATHelper: パッケージ化 (Windows): ",
        "UATHelper: Packaging (Android (Multi:ASTC,DXT,ETC2)):   ",
        "Project.Cook: ",
        "[11:10:16][Step 5/6] ",
        "#17 19085.2 ",
    ] {
        let shown = cooked(&[
            &format!("{prefix}********** COOK COMMAND STARTED **********"),
            &format!("{prefix}LogCook: Display: Cooked packages 3 Packages Remain 1 Total 4"),
            &format!("{prefix}********** COOK COMMAND COMPLETED **********"),
            &format!("{prefix}AutomationTool exiting with ExitCode=0 (Success)"),
        ]);
        assert_eq!(shown, ["cook {", "3 of 4 cooked", "} cook Some(2s)"], "{prefix}");
    }
}

#[test]
fn the_games_own_counters_are_no_progress_of_the_build() {
    let shown = progress(&[
        "********** RUN COMMAND STARTED **********",
        "[1/2] Wave",
        "********** RUN COMMAND COMPLETED **********",
        "[2/2] Compile Door.cpp",
    ]);
    assert_eq!(shown, ["", "", "", "[2/2]"]);
}

#[test]
fn every_line_comes_out_in_order_and_harmless() {
    let events = events(FAILING_BUILD);
    let texts = events.iter().filter_map(|event| match event {
        Event::Line { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let expected: Vec<_> =
        FAILING_BUILD.lines().map(|line| line.replace("##[add-path]", r"#\#[add-path]")).collect();
    assert_eq!(texts.collect::<Vec<_>>(), expected);
}

#[test]
fn a_message_of_several_lines_is_read_line_by_line() {
    let mut pipeline = pipeline();
    let mut events = Vec::new();
    let banner = "********** COOK COMMAND STARTED **********";
    let text = format!("a\r{banner}\n\x1b[31mLogCook: Error: tok123456\x1b[0m\r\n");
    pipeline.feed(&message(1, &text), &mut |event| events.push(event));
    pipeline.finish(&mut |event| events.push(event));
    let expected =
        ["1 lines", "cook {", "2 lines", "error in cook: LogCook: ***", "} cook Some(0ns)"];
    assert_eq!(story(&events), expected);
}

#[test]
fn the_documented_example_is_a_compile_error() {
    let events = events(
        "LogPlayLevel: Error: MyGameModule.cpp(42): error C2065: 'undefined': undeclared identifier",
    );
    let expected = "error in -: MyGameModule.cpp:42: C2065: 'undefined': undeclared identifier";
    assert_eq!(story(&events), ["1 lines", expected]);
}

#[test]
fn the_level_of_the_service_makes_no_finding() {
    let mut events = Vec::new();
    let line =
        LogLine { timestamp: None, level: Level::Error, message: "[1/3] Compile A.cpp".to_owned() };
    pipeline().feed(&line, &mut |event| events.push(event));
    assert_eq!(events, [Event::Line { level: Level::Error, text: line.message }]);
}

#[test]
fn the_events_of_one_message_are_shown_one_by_one() {
    let mut seen = 0;
    let shown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pipeline().feed(&message(1, "a\nb\nc"), &mut |_| {
            seen += 1;
            assert!(seen < 2, "stop here");
        });
    }));
    assert!(shown.is_err());
    assert_eq!(seen, 2);
}

#[test]
fn the_log_of_the_game_itself_has_no_findings() {
    let run = "********** RUN COMMAND STARTED **********";
    let game = "LogStreaming: Error: Found 0 dependent packages...";
    let own = "LogBuild: Error: x";
    for end in [
        "********** RUN COMMAND COMPLETED **********",
        "********** COOK COMMAND STARTED **********",
        "AutomationTool exiting with ExitCode=0 (Success)",
        "Running AutomationTool...",
    ] {
        let lines = [run, game, "ERROR: Client exited with error code: 3", end, own].join("\n");
        let found: Vec<_> = events(&lines)
            .into_iter()
            .filter_map(|event| match event {
                Event::Finding(finding) => Some(finding.message),
                _ => None,
            })
            .collect();
        let crashed = "Client exited with error code: 3 (abort, usually a failed assertion)";
        assert_eq!(found, [crashed, "x"], "{end}");
    }
    let deploy = "********** DEPLOY COMMAND STARTED **********";
    let deployed = [deploy, "LogDeploy: Error: x"].join("\n");
    assert!(events(&deployed).iter().any(|event| matches!(event, Event::Finding(_))));
}

#[test]
fn a_failed_package_of_the_cook_only_follows_from_what_is_wrong_with_it() {
    let log = "LogCook: Error: Failed to cook /Game/A\nLogBlueprint: Error: x";
    let expected = [
        "2 lines",
        "error in -, follows: LogCook: Failed to cook /Game/A",
        "error in -: LogBlueprint: x",
    ];
    assert_eq!(story(&events(log)), expected);
}

#[test]
fn slow_lines_keep_every_invariant() {
    // More than is shown of a line.
    for (_, line) in slow_lines::lines(17 * 1024) {
        // Alone, and as the rest of what an event says.
        invariants::check(0b111, &format!("{line}\nA.cpp(1): error C1: x\n  {line}\n{line}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn hostile_logs_keep_every_invariant(text in hostile(), style: u8) {
        invariants::check(style, &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 50, ..ProptestConfig::default() })]

    #[test]
    fn phases_stay_paired_in_any_log(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(FAILING_BUILD.lines().collect::<Vec<_>>()).prop_map(str::to_owned),
            any::<String>(),
            Just("********** COOK COMMAND STARTED **********\r".to_owned()),
            Just("A.cpp(".to_owned()),
            Just("\nfatal error: ".to_owned()),
        ], 0..20),
    ) {
        let mut open = None;
        for event in events(&parts.join("\n")) {
            match event {
                Event::PhaseStarted(phase) => prop_assert_eq!(open.replace(phase), None),
                Event::PhaseEnded { phase, .. } => prop_assert_eq!(open.take(), Some(phase)),
                Event::Finding(finding) => prop_assert_eq!(finding.phase, open),
                _ => {}
            }
        }
        prop_assert_eq!(open, None);
    }
}

#[test]
fn an_exit_code_can_decide_the_owner() {
    for (line, owner) in [
        (
            "AutomationTool exiting with ExitCode=154 (Error_LicenseNotAccepted)",
            Some(Owner::Config),
        ),
        ("AutomationTool exiting with ExitCode=1 (Error_Unknown)", None),
        ("Took 8.1s to run UnrealEditor-Cmd, ExitCode=137", Some(Owner::Infrastructure)),
        ("Took 8.1s to run UnrealEditor-Cmd, ExitCode=139", Some(Owner::Code)),
    ] {
        let owners: Vec<_> = events(line)
            .into_iter()
            .filter_map(|event| match event {
                Event::Finding(finding) => Some(finding.owner),
                _ => None,
            })
            .collect();
        assert_eq!(owners, [owner], "{line}");
    }
}

#[test]
fn exit_codes_of_a_completed_phase_are_dropped() {
    let took = "Took 0.53s to run dotnet.exe, ExitCode=1";
    let phase = |end| ["*** BUILD COMMAND STARTED ***", took, end].join("\n");
    let findings =
        |log: &str| events(log).iter().filter(|e| matches!(e, Event::Finding(_))).count();
    assert_eq!(findings(&phase("*** BUILD COMMAND COMPLETED ***")), 0);
    assert_eq!(findings(&phase("AutomationTool exiting with ExitCode=6 (6)")), 2);
}

#[test]
fn the_texts_of_a_finding_are_safe_by_themselves() {
    let log =
        ["Source/A.cpp(1): error: ::add-mask::x tok123456", r"Source/#\#[x].cpp(1): error: x"];
    let found: Vec<_> = events(&log.join("\n"))
        .into_iter()
        .filter_map(|event| match event {
            Event::Finding(finding) => Some(finding),
            _ => None,
        })
        .collect();
    assert_eq!(found[0].message, r"\::add-mask::x ***");
    let files: Vec<_> = found.iter().filter_map(|finding| finding.location.as_ref()).collect();
    let file = files[1].file.as_str();
    assert_eq!((file, files[1].in_repository), ("games/Source/#/#[x].cpp", true));
}

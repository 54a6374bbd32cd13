//! The phases of short logs.

use super::*;

/// Feeds `(second, line)` and writes down what happened, lines included.
fn story(lines: &[(u64, &str)]) -> Vec<String> {
    let mut phases = Phases::default();
    let mut story = Vec::new();
    for (second, line) in lines {
        let at = (*second > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(*second));
        phases.enter(marker(line), at, &mut |event| story.push(shown(&event)));
        phases.read(line);
        story.push((*line).to_owned());
        phases.leave(marker(line), at, &mut |event| story.push(shown(&event)));
    }
    phases.finish(&mut |event| story.push(shown(&event)));
    story
}

fn shown(event: &LogEvent) -> String {
    match event {
        LogEvent::PhaseStarted(phase) => format!("+{}", phase.as_str()),
        LogEvent::PhaseEnded { phase, took: Some(took), .. } => {
            format!("-{} {}s", phase.as_str(), took.as_secs())
        }
        LogEvent::PhaseEnded { phase, took: None, .. } => format!("-{}", phase.as_str()),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_marker_is_the_first_and_its_counterpart_the_last_line_of_a_phase() {
    let started = "********** COOK COMMAND STARTED **********";
    let completed = "********** COOK COMMAND COMPLETED **********";
    let happened = story(&[(1, "a"), (2, started), (3, "b"), (9, completed), (10, "c")]);
    assert_eq!(happened, ["a", "+cook", started, "b", completed, "-cook 7s", "c"]);
}

#[test]
fn the_documented_markers_end_each_other_and_the_build_ends_the_last() {
    let happened = story(&[
        (1, "*** COMPILING ... ***"),
        (2, "LogCook: Cooking maps from path..."),
        (4, "LogStaging: Staging..."),
        (7, "BUILD SUCCESSFUL"),
        (8, "z"),
    ]);
    let phases: Vec<_> = happened.iter().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(phases, ["+compile", "-compile 1s", "+cook", "-cook 2s", "+stage", "-stage 3s"]);
    assert_eq!(happened.last().map(String::as_str), Some("z"));
}

#[test]
fn both_kinds_of_marker_open_a_phase_once() {
    let banner = "********** BUILD COMMAND STARTED **********";
    for lines in [["*** COMPILING Game ***", banner], [banner, "*** COMPILING ... ***"]] {
        let happened = story(&[(1, lines[0]), (2, lines[1]), (3, "BUILD SUCCESSFUL"), (4, "x")]);
        assert_eq!(
            happened,
            ["+compile", lines[0], lines[1], "BUILD SUCCESSFUL", "x", "-compile 3s"]
        );
    }
}

#[test]
fn a_success_of_turnkey_or_gradle_is_not_the_end() {
    let package = "********** PACKAGE COMMAND STARTED **********";
    let happened = story(&[
        (1, "BUILD SUCCESSFUL"),
        (2, package),
        (3, "BUILD SUCCESSFUL"),
        (4, "BUILD SUCCESSFUL in 35s"),
    ]);
    assert_eq!(happened.last().map(String::as_str), Some("-package 2s"));
    assert_eq!(happened.len(), 6);
    let staging = "LogStaging: Staging...";
    let happened =
        story(&[(1, staging), (2, "BUILD SUCCESSFUL in 35s"), (3, "x"), (4, "BUILD FAILED")]);
    assert_eq!(happened.last().map(String::as_str), Some("-stage 3s"));
}

#[test]
fn a_failed_cook_and_the_end_of_uat_end_a_phase() {
    let cook = "********** COOK COMMAND STARTED **********";
    let happened = story(&[(1, cook), (2, "ERROR: Cook failed."), (3, "x")]);
    assert_eq!(happened, ["+cook", cook, "ERROR: Cook failed.", "-cook 1s", "x"]);
    let exit = "AutomationTool exiting with ExitCode=6 (6)";
    let happened = story(&[(1, cook), (2, exit), (3, "BUILD FAILED")]);
    assert_eq!(happened, ["+cook", cook, exit, "-cook 1s", "BUILD FAILED"]);
}

#[test]
fn a_command_without_a_phase_ends_the_phase_before_it() {
    let stage = "********** STAGE COMMAND STARTED **********";
    let run = "********** RUN COMMAND STARTED **********";
    let other = "********** COOK COMMAND COMPLETED **********";
    let happened = story(&[(1, stage), (2, other), (3, run), (4, "x")]);
    assert_eq!(happened, ["+stage", stage, other, "-stage 2s", run, "x"]);
}

#[test]
fn the_sources_are_synced_before_uat_starts_and_never_after() {
    let happened = story(&[
        (1, "Cloning into 'Game'..."),
        (5, "Running AutomationTool..."),
        (6, "Syncing 3 files"),
    ]);
    let cloning = "Cloning into 'Game'...";
    let expected = [
        "+source-sync",
        cloning,
        "-source-sync 4s",
        "Running AutomationTool...",
        "Syncing 3 files",
    ];
    assert_eq!(happened, expected);
}

#[test]
fn a_phase_may_come_again_and_its_time_may_be_unknown() {
    let cook = "********** COOK COMMAND STARTED **********";
    let completed = "********** COOK COMMAND COMPLETED **********";
    let happened = story(&[(5, cook), (4, completed), (0, cook), (9, completed)]);
    assert_eq!(happened, ["+cook", cook, completed, "-cook", "+cook", cook, completed, "-cook"]);
}

/// The phases of a log without a clock.
fn untimed(lines: &[&str]) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(|line| (0, *line)).collect();
    story(&lines).into_iter().filter(|happened| happened.starts_with(['+', '-'])).collect()
}

/// The phases that ended, and whether they came to their own end.
fn ends(lines: &[&str]) -> Vec<(Phase, bool)> {
    let mut phases = Phases::default();
    let mut ends = Vec::new();
    let mut keep = |event| {
        if let LogEvent::PhaseEnded { phase, completed, .. } = event {
            ends.push((phase, completed));
        }
    };
    for line in lines {
        phases.enter(marker(line), None, &mut keep);
        phases.leave(marker(line), None, &mut keep);
    }
    phases.finish(&mut keep);
    ends
}

const COMPILED: (Phase, bool) = (Phase::Compile, true);
const COMPILE_BROKEN: (Phase, bool) = (Phase::Compile, false);

const BUILD: &str = "********** BUILD COMMAND STARTED **********";
const BUILT: &str = "********** BUILD COMMAND COMPLETED **********";
const COOK: &str = "********** COOK COMMAND STARTED **********";
const COOKED: &str = "********** COOK COMMAND COMPLETED **********";
const UAT: &str = "Parsing command line: BuildCookRun -project=Door.uproject";
const SUCCESS: &str = "AutomationTool exiting with ExitCode=0 (Success)";

#[test]
fn without_times_the_log_itself_says_how_long_a_phase_took() {
    let happened = untimed(&[
        "Took 90.0s to run git.exe, ExitCode=0",
        BUILD,
        "Took 33,52s to run dotnet.exe, ExitCode=0",
        "Took 2,50s to run dotnet.exe, ExitCode=0",
        BUILT,
        COOK,
        "Took 60.00s to run UnrealEditor-Cmd.exe, ExitCode=0",
        "Cook command time: 61.00 s",
        COOKED,
    ]);
    assert_eq!(happened, ["+compile", "-compile 36s", "+cook", "-cook 61s"]);
    let timed = story(&[(1, COOK), (5, "Cook command time: 61.00 s"), (9, COOKED)]);
    assert_eq!(timed.last().map(String::as_str), Some("-cook 8s"));
}

#[test]
fn an_automation_tool_that_is_run_within_a_phase_does_not_end_it() {
    let happened = untimed(&[UAT, COOK, UAT, SUCCESS, UAT, SUCCESS, COOKED, SUCCESS]);
    assert_eq!(happened, ["+cook", "-cook"]);
    let within = [(1, UAT), (2, UAT), (3, SUCCESS), (4, SUCCESS)];
    let happened = story(&[[(0, UAT), (1, COOK)].as_slice(), &within, &[(9, COOKED)]].concat());
    assert_eq!(happened.last().map(String::as_str), Some("-cook 8s"));
    let happened =
        story(&[(0, UAT), (1, COOK), (2, UAT), (3, SUCCESS), (4, "x"), (5, SUCCESS), (9, "y")]);
    assert_eq!(happened, [UAT, "+cook", COOK, UAT, SUCCESS, "x", SUCCESS, "-cook 4s", "y"]);
}

#[test]
fn an_automation_tool_within_a_documented_phase_ends_that_phase() {
    assert_eq!(
        story(&[(1, "*** COMPILING ... ***"), (2, UAT), (5, SUCCESS), (9, "x")]),
        ["+compile", "*** COMPILING ... ***", UAT, SUCCESS, "-compile 4s", "x"]
    );
}

#[test]
fn a_build_that_begins_after_one_that_was_killed_has_its_own_phases() {
    let happened = story(&[(0, UAT), (1, COOK), (2, UAT), (5, BUILD), (6, SUCCESS), (9, "x")]);
    let expected =
        [UAT, "+cook", COOK, UAT, "-cook 4s", "+compile", BUILD, SUCCESS, "-compile 1s", "x"];
    assert_eq!(happened, expected);
}

#[test]
fn a_phase_that_begins_again_before_it_ended_is_another_one() {
    let happened = story(&[(1, COOK), (3, COOK), (8, COOKED)]);
    assert_eq!(happened, ["+cook", COOK, "-cook 2s", "+cook", COOK, COOKED, "-cook 5s"]);
}

#[test]
fn a_compile_without_a_marker_lasts_as_long_as_the_build_tool_runs() {
    let total = "Total execution time: 2.39 seconds";
    for first in ["Parsing headers for DoorEditor", "------ Building 4 action(s) started ------"] {
        let happened = story(&[(0, "x"), (0, first), (0, total), (0, "y")]);
        assert_eq!(happened, ["x", "+compile", first, total, "-compile 2s", "y"]);
    }
    let parsing = "Parsing headers for Door";
    let happened =
        story(&[(1, "Cloning into 'x'"), (2, parsing), (4, total), (5, "Cloning into 'y'")]);
    let cloning = ["+source-sync", "Cloning into 'x'", "-source-sync 1s"];
    let compiling = ["+compile", parsing, total, "-compile 2s", "Cloning into 'y'"];
    assert_eq!(happened, [cloning.as_slice(), &compiling].concat());
}

#[test]
fn a_compile_without_a_marker_can_fail() {
    let parsing = "Parsing headers for Door";
    let failed = "Result: Failed (OtherCompilationError)";
    let total = "Total execution time: 2.39 seconds";
    assert_eq!(ends(&[parsing, failed, total, parsing, total]), [COMPILE_BROKEN, COMPILED]);
    assert_eq!(ends(&[BUILD, parsing, failed, total, BUILT]), [COMPILED]);
}

#[test]
fn the_build_tool_within_a_phase_is_part_of_it() {
    let parsing = "Parsing headers for Door";
    let total = "Total execution time: 2.39 seconds";
    assert_eq!(untimed(&[BUILD, parsing, total, "x", BUILT]), ["+compile", "-compile 2s"]);
    assert_eq!(untimed(&[COOK, parsing, total, "x", COOKED]), ["+cook", "-cook"]);
    let run = "********** RUN COMMAND STARTED **********";
    assert_eq!(untimed(&[run, parsing, total]), [""; 0]);
}

#[test]
fn a_success_of_turnkey_does_not_end_a_phase_with_a_banner() {
    let happened = untimed(&["*** COMPILING ... ***", UAT, "BUILD SUCCESSFUL", BUILD, BUILT]);
    assert_eq!(happened, ["+compile", "-compile"]);
}

#[test]
fn messages_of_tools_do_not_end_a_phase() {
    for line in [
        "****** [9/10] Build DDC Win64",
        "****** [10/10] Cook Game Win64",
        "BUILD SUCCESSFUL",
        "BUILD SUCCESSFUL in 35s",
        "BUILD FAILED in 4s",
        "Result: Succeeded",
        "Running AutomationTool...",
        "Total execution time: 2.39 seconds",
        "********** STAGE COMMAND COMPLETED **********",
    ] {
        let package = "********** PACKAGE COMMAND STARTED **********";
        let packaged = "********** PACKAGE COMMAND COMPLETED **********";
        let happened = story(&[(1, UAT), (2, package), (3, line), (4, "x"), (9, packaged)]);
        assert_eq!(
            happened,
            [UAT, "+package", package, line, "x", packaged, "-package 7s"],
            "{line}"
        );
    }
}

#[test]
fn client_and_server_have_phases_of_their_own() {
    let happened = ends(&[UAT, BUILD, BUILT, COOK, COOKED, BUILD, BUILT, COOK, COOKED, SUCCESS]);
    let cooked = (Phase::Cook, true);
    assert_eq!(happened, [COMPILED, cooked, COMPILED, cooked]);
}

#[test]
fn package_and_upload_are_distinct_and_deploying_is_no_phase() {
    let happened = untimed(&[
        "********** PACKAGE COMMAND STARTED **********",
        "Package command time: 74.68 s",
        "********** PACKAGE COMMAND COMPLETED **********",
        "  ********** ARCHIVE COMMAND STARTED **********",
        "Archive command time: 1,33 s",
        "  ********** ARCHIVE COMMAND COMPLETED **********",
        "********** DEPLOY COMMAND STARTED **********",
        "Deploy command time: 5.00 s",
        "********** DEPLOY COMMAND COMPLETED **********",
    ]);
    assert_eq!(happened, ["+package", "-package 74s", "+upload", "-upload 1s"]);
}

#[test]
fn a_phase_that_is_never_closed_ends_well_if_its_automation_tool_goes_on() {
    assert_eq!(ends(&[UAT, BUILD, COOK, COOKED]), [COMPILED, (Phase::Cook, true)]);
    assert_eq!(ends(&[UAT, BUILD, "********** DEPLOY COMMAND STARTED **********"]), [COMPILED]);
    assert_eq!(ends(&[UAT, BUILD, SUCCESS]), [COMPILED]);
    assert_eq!(ends(&[UAT, BUILD, "AutomationTool exiting with ExitCode=6 (6)"]), [COMPILE_BROKEN]);
    assert_eq!(ends(&[UAT, BUILD, "x"]), [COMPILE_BROKEN]);
    // Another one that is not the phase's own tool: the first was killed.
    assert_eq!(ends(&[UAT, BUILD, UAT, COOK, COOKED]), [COMPILE_BROKEN, (Phase::Cook, true)]);
    assert_eq!(ends(&[UAT, BUILD, UAT, SUCCESS, COOK, COOKED]), [COMPILED, (Phase::Cook, true)]);
}

#[test]
fn a_documented_marker_of_a_nested_tool_does_not_let_it_end_the_phase() {
    let cooking = "LogCook: Cooking maps from path...";
    assert_eq!(untimed(&[UAT, COOK, UAT, cooking, SUCCESS, COOKED]), ["+cook", "-cook"]);
    let happened = story(&[(1, COOK), (2, UAT), (3, cooking), (4, SUCCESS), (9, COOKED)]);
    assert_eq!(happened.last().map(String::as_str), Some("-cook 8s"));
}

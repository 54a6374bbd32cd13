use super::*;
use crate::finding::Phase;
use crate::locate::certain::{CertainFile, CertainPath};
use crate::phases;

/// All findings of a cook that logs these lines.
fn read_all(lines: &[&str]) -> Vec<LogFinding> {
    let mut findings = Findings::new();
    let mut phases = Phases::default();
    phases.enter(phases::marker("*** COOK COMMAND STARTED ***"), None, &mut |_| ());
    let mut read = Vec::new();
    for line in lines {
        findings.read(line, None, &phases);
        if findings.is_full() {
            findings.flush(&mut |finding| read.push(finding));
        }
    }
    findings.flush(&mut |finding| read.push(finding));
    read
}

/// Severity, code and first line of each finding, follow-ups in brackets.
fn shown(lines: &[&str]) -> Vec<String> {
    let shown = read_all(lines).into_iter().map(|finding| {
        let first = finding.message.lines().next().unwrap_or_default();
        let label = finding.label().unwrap_or("-");
        let more =
            if finding.repeats > 0 { format!(" (+{})", finding.repeats) } else { String::new() };
        let shown = format!("{} {label}: {first}{more}", finding.severity.as_str());
        if finding.is_follow_up() { format!("[{shown}]") } else { shown }
    });
    shown.collect()
}

#[test]
fn a_finding_carries_its_place_in_the_project() {
    let found = read_all(&[
        r#"Parsing command line: -project="C:/W/Game/Game.uproject""#,
        r"C:\W\Game\Source\A.cpp(42,7): error C2065: 'x': undeclared identifier",
    ]);
    let path = CertainPath::InProject("Source/A.cpp".to_owned());
    let place = CertainFile { path, line: Some(42), column: Some(7), end_line: None };
    assert_eq!(found[0].remote.as_ref().and_then(|remote| remote.certain()), Some(place));
    assert_eq!((found[0].phase, found[0].rank), (Some(Phase::Cook), Rank::Compile));
    assert_eq!(found[0].message, "'x': undeclared identifier");
}

#[test]
fn a_finding_links_to_the_page_of_its_case_or_else_to_the_page_of_its_tool() {
    let msvc =
        "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/c-cpp-build-errors";
    let c2039 =
        "https://learn.microsoft.com/cpp/error-messages/compiler-errors-1/compiler-error-c2039";
    let clang = "https://clang.llvm.org/docs/DiagnosticsReference.html";
    for (line, docs) in [
        ("A.cpp(3): error C2039: 'Hinge': is not a member of 'UDoor'", Some(c2039)),
        ("A.cpp(3): error C2065: 'Hinge': undeclared identifier", Some(msvc)),
        ("A.cpp(3): error C2664: cannot convert argument 1", Some(msvc)),
        ("A.cpp(3): error C1060: compiler is out of heap space", Some(msvc)),
        ("LINK : warning LNK4099: PDB was not found", Some(msvc)),
        ("A.cs(3,7): error CS1501: No overload for method", None),
        ("A.usf(3,7): error X3004: undeclared identifier 'Hinge'", None),
        ("A.targets(3,5): error MSB4062: The task could not be loaded", None),
        ("A.cpp:3:7: error: use of undeclared identifier 'Hinge'", Some(clang)),
        ("A.cpp:3:7: warning: declaration shadows a field [-Wshadow]", Some(clang)),
        ("A.java:3: error: cannot find symbol", None),
    ] {
        let found = read_all(&[line]);
        assert_eq!(found.len(), 1, "{line}");
        assert_eq!(found[0].docs, docs, "{line}");
    }
}

#[test]
fn a_repeated_message_is_not_a_finding_again() {
    let error = "Source/A.cpp(1): error C2660: x";
    let there = "Source/A.cpp(2): error C2660: x";
    let found = shown(&[error, error, there, "LogCook: Error: x", "LogCook: Error: x", there]);
    assert_eq!(found, ["error C2660: x", "error C2660: x", "error LogCook: x"]);
}

#[test]
fn an_echo_is_a_finding_only_if_the_original_is_missing() {
    let raw = "LogCook: Error: Content is missing";
    let echo = "PackagingResults: Error: Content is missing";
    assert_eq!(shown(&[raw, echo, echo]), ["error LogCook: Content is missing"]);
    assert_eq!(shown(&[echo, raw, raw]), ["error LogCook: Content is missing"]);
    let other = shown(&[echo, "PackagingResults: Error: other"]);
    assert_eq!(
        other,
        ["error PackagingResults: Content is missing", "error PackagingResults: other"]
    );
    let exception = "ERROR: System.IO.IOException: Disk went away.";
    let echo = "PackagingResults: Error: Disk went away.";
    assert_eq!(shown(&[exception, echo]).len(), 1);
}

#[test]
fn the_summary_of_the_cook_counts_only_if_the_original_line_is_missing() {
    let asset = r"LogBlueprint: Error: [AssetLog] C:\G\Content\Door.uasset: [Compiler] x";
    let lines = [
        asset.to_owned(),
        format!("LogInit: Display: {asset}"),
        format!("LogInit: Display: {asset} y"),
    ];
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let found = shown(&lines);
    assert_eq!(found, ["error LogBlueprint: [Compiler] x", "[error LogBlueprint: [Compiler] x y]"]);
    assert!(shown(&["LogInit: Display: LogX: Warning: y"]).is_empty());
}

#[test]
fn an_echo_does_not_end_what_it_repeats() {
    let found = read_all(&[
        "ERROR: System.IO.IOException: Disk went away.",
        "          at System.IO.Directory.Open(String path)",
        "PackagingResults: Error: System.IO.IOException: Disk went away.",
        "          at Project.StageDoors(ProjectParams Params)",
        r"       (see C:\Logs\Log.txt for full exception trace)",
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message.lines().count(), 3);
}

#[test]
fn each_of_twenty_thousand_findings_is_reported_once() {
    let line = |number| format!("A.cpp({}): error C2660: x", number + 1);
    let lines: Vec<_> = (0..20_000).chain(0..20_000).map(line).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(read_all(&lines).len(), 20_000);
}

#[test]
fn a_follow_up_is_marked_as_one() {
    assert_eq!(
        shown(&["ERROR: Cook failed.", "LogCook: Error: x"]),
        ["[error UAT: Cook failed.]", "error LogCook: x"]
    );
}

#[test]
fn a_warning_of_the_engine_about_a_hundred_assets_is_one_warning() {
    let line =
        |number| format!("LogLinker: Warning: Failed to load '/Game/Rock{number}': 12.{number} ms");
    let lines: Vec<_> = (0..100).map(line).collect();
    let lines: Vec<_> = lines.iter().chain(&lines).map(String::as_str).collect();
    let found = read_all(&lines);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].repeats, found[0].also.len()), (99, EXAMPLES));
    assert_eq!(found[0].also[0], "/Game/Rock1");
}

#[test]
fn errors_that_differ_in_what_they_name_are_two_and_in_a_number_are_one() {
    let found = shown(&[
        "LogTemp: Error: cannot open 'a' after 3 ms",
        "LogTemp: Error: cannot open 'a' after 5 ms",
        "LogTemp: Error: cannot open 'b' after 5 ms",
    ]);
    let expected = [
        "error LogTemp: cannot open 'a' after 3 ms (+1)",
        "error LogTemp: cannot open 'b' after 5 ms",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_digit_in_a_name_makes_another_error() {
    let found = shown(&[
        "LogCook: Error: Content is missing from cook: /Game/Maps/Level1",
        "LogCook: Error: Content is missing from cook: /Game/Maps/Level2",
        "Unable to find plugin 'Hinge2D' (referenced via Door.uproject).",
        "Unable to find plugin 'Hinge3D' (referenced via Door.uproject).",
    ]);
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_compiler_warning_counts_once_per_place() {
    let found = shown(&["A.cpp(1): warning C4996: 'F': old", "A.cpp(2): warning C4996: 'F': old"]);
    assert_eq!(found.len(), 2);
}

#[test]
fn warnings_that_a_compiler_treats_as_errors_are_errors_until_its_next_action() {
    let found = shown(&[
        "A.cpp(1): error C2220: the following warning is treated as an error",
        "A.cpp(1): warning C4996: 'F': old",
        "B.h(7): warning C4458: hides a member",
        "LogTemp: Warning: x",
        "[2/3] Compile [x64] C.cpp",
        "C.cpp(1): warning C4996: 'F': old",
    ]);
    let expected = [
        "error C4996: 'F': old",
        "error C4458: hides a member",
        "warning LogTemp: x",
        "warning C4996: 'F': old",
    ];
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_read_where_the_log_says_so() {
    let found = shown(&[
        "LogCook: Error: a",
        "<-- Suspend Log Parsing -->",
        "LogCook: Error: b",
        "<-- something else -->",
        "LogCook: Error: c",
        "<-- Resume Log Parsing -->",
        "LogCook: Error: d",
        "  LogTests: Display: <-- Suspend Log Parsing -->",
        "LogCook: Error: e",
        "  LogTests: Display: <-- Resume Log Parsing -->",
        "LogCook: Error: f",
    ]);
    assert_eq!(found, ["error LogCook: a", "error LogCook: d", "error LogCook: f"]);
}

#[test]
fn reading_resumes_with_the_next_phase_at_the_latest() {
    let mut findings = Findings::new();
    let phases = Phases::default();
    let mut read = Vec::new();
    for line in ["<-- Suspend Log Parsing -->", "LogCook: Error: a"] {
        findings.read(line, None, &phases);
    }
    findings.end_phase(&mut |finding| read.push(finding.message));
    findings.read("LogCook: Error: b", None, &phases);
    findings.flush(&mut |finding| read.push(finding.message));
    assert_eq!(read, ["b"]);
}

#[test]
fn only_a_whole_line_suspends_reading() {
    for line in [
        "say \"<-- Suspend Log Parsing -->\"",
        "<-- Suspend Log Parsing --> now",
        "MyTool: <-- Suspend Log Parsing -->",
        "LogGame: Display: chat: <-- Suspend Log Parsing -->",
    ] {
        assert_eq!(shown(&[line, "LogCook: Error: a"]), ["error LogCook: a"], "{line}");
    }
}

#[test]
fn the_includes_before_an_error_belong_to_it() {
    let found = read_all(&[
        "In file included from /g/Source/A.cpp:1:",
        "In file included from /g/Source/A.h:6:",
        "/g/Source/B.h:3:10: fatal error: 'C.h' file not found",
        "#include \"C.h\"",
        "         ^~~~~",
        "1 error generated.",
        "LogCook: Error: x",
    ]);
    assert_eq!(
        found[0].message.lines().collect::<Vec<_>>(),
        [
            "'C.h' file not found",
            "In file included from /g/Source/A.cpp:1:",
            "In file included from /g/Source/A.h:6:",
            "#include \"C.h\"",
            "         ^~~~~",
        ]
    );
    assert_eq!(found[1].message, "x");
}

#[test]
fn a_phase_with_very_many_findings_reports_them_before_its_end() {
    let lines: Vec<_> =
        (0..MAX_PENDING + 1).map(|n| format!("A.cpp({}): error C10: x", n + 1)).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(read_all(&lines).len(), MAX_PENDING + 1);
    let mut findings = Findings::new();
    let phases = Phases::default();
    lines.iter().for_each(|line| findings.read(line, None, &phases));
    assert!(findings.is_full());
    findings.flush(&mut |_| ());
    assert!(!findings.is_full());
}

#[test]
fn the_line_before_the_place_of_uats_log_is_an_error() {
    let see = r"       (see C:\Logs\Log.txt for full exception trace)";
    assert_eq!(shown(&["Doors cannot be opened.", see]), ["error UAT: Doors cannot be opened."]);
    assert_eq!(shown(&["ERROR: Doors cannot be opened.", see]).len(), 1);
    assert_eq!(shown(&["LogCook: Error: x", "", see]), ["error LogCook: x"]);
    let after_a_warning = ["S/A.cpp(3): warning C4996: old", "Doors cannot be opened.", see];
    assert_eq!(
        shown(&after_a_warning),
        ["warning C4996: old", "error UAT: Doors cannot be opened."]
    );
    let frames = ["Doors cannot be opened.", "   at Doors.Open(Hinge hinge)", "", see];
    assert_eq!(shown(&frames), ["error UAT: Doors cannot be opened."]);
}

#[test]
fn a_traceback_is_one_error_with_the_exception_first() {
    let found = read_all(&[
        "LogPython: Error: Traceback (most recent call last):",
        "LogPython: Error:   File \"doors.py\", line 3, in <module>",
        "LogCook: Display: Cooked packages 4 Packages Remain 2 Total 6",
        "LogPython: Error:     open_doors()",
        "LogPython: Error: KeyError: 'hinge'",
        "LogPython: Error: another one",
    ]);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0].message,
        "KeyError: 'hinge'\n  File \"doors.py\", line 3, in <module>\n    open_doors()"
    );
}

#[test]
fn an_actor_with_a_file_of_its_own_is_reported_with_its_map() {
    let found =
        read_all(&["LogCook: Error: cannot load /Game/__ExternalActors__/Maps/Level/0/AB/XYZ"]);
    assert!(found[0].message.ends_with("map: /Game/Maps/Level"), "{}", found[0].message);
}

#[test]
fn indented_lines_of_child_processes_are_read() {
    let found = shown(&[
        "  e: file:///g/Door.kt:12:8 Unresolved reference: hinge",
        "  System.IO.IOException: The disk went away.",
        "     at System.IO.File.Open()",
    ]);
    let expected = [
        "error kotlin: Unresolved reference: hinge",
        "error UAT: System.IO.IOException: The disk went away.",
    ];
    assert_eq!(found, expected);
    let java = shown(&[
        "  Exception in thread \"main\" java.lang.IllegalStateException: no door",
        "  \tat com.example.Door.open(Door.java:3)",
    ]);
    assert_eq!(java, ["error Gradle: java.lang.IllegalStateException: no door"]);
}

#[test]
fn a_line_is_an_error_if_the_json_around_it_says_so() {
    let mut findings = Findings::new();
    let phases = Phases::default();
    let error = Some(Severity::Error);
    findings.read("the door is stuck", error, &phases);
    findings.read("[1/3] Compile [x64] Door.cpp", error, &phases);
    findings.read("S/A.cpp(3): error C2660: x", error, &phases);
    findings.read("the lock is loose", Some(Severity::Warning), &phases);
    let mut read = Vec::new();
    findings.flush(&mut |found| read.push(found.to_string()));
    assert_eq!(read, ["UAT: the door is stuck", "S/A.cpp:3: C2660: x", "UAT: the lock is loose"]);
}

#[test]
fn the_line_itself_counts_more_than_the_json_around_it() {
    let mut findings = Findings::new();
    let mut phases = Phases::default();
    let error = Some(Severity::Error);
    let mut read = Vec::new();
    findings.read("LogDoor: Display: the door is open", error, &phases);
    findings.read("LogOutputDevice: Error: [Callstack] 0x2 A!F() []", error, &phases);
    findings.read("Cook failed.", error, &phases);
    findings.read("(see C:/Logs/Log.txt for full exception trace)", error, &phases);
    findings.flush(&mut |found| read.push((found.is_follow_up(), found.to_string())));
    phases.enter(phases::marker("*** RUN COMMAND STARTED ***"), None, &mut |_| ());
    findings.read("LogDoor: Error: the door is stuck", error, &phases);
    findings.flush(&mut |found| read.push((found.is_follow_up(), found.to_string())));
    assert_eq!(read, [(true, "UAT: Cook failed.".to_owned())]);
}

#[test]
fn an_ensure_between_the_marks_of_a_stack_is_no_crash() {
    let ensure = [
        "LogOutputDevice: Error: begin: stack for UAT",
        "LogOutputDevice: Error: === Handled ensure: ===",
        "LogOutputDevice: Error: ",
        "LogOutputDevice: Error: Ensure condition failed: Hinge [File:D:/G/Source/Door.cpp] [Line: 12]",
        "LogOutputDevice: Error: [Callstack] 0x00007ff7 Editor.dll!F() []",
        "LogOutputDevice: Error: end: stack for UAT",
    ];
    let crash = [
        "LogWindows: Error: begin: stack for UAT",
        "LogWindows: Error: === Critical error: ===",
        "LogWindows: Error: Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x0",
        "LogWindows: Error: [Callstack] 0x00007ff7 Editor.dll!G() []",
        "LogWindows: Error: Crash in runnable thread Foreground Worker #0",
        "LogWindows: Error: end: stack for UAT",
    ];
    let warned =
        "warning ensure: Ensure condition failed: Hinge [File:D:/G/Source/Door.cpp] [Line: 12]";
    let crashed =
        "error crash: Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x0";
    assert_eq!(shown(&[&ensure[..], &crash].concat()), [warned, crashed]);
    // Without the marks one ends where the other begins.
    let bare = [&crash[1..4], &ensure[1..5]].concat();
    assert_eq!(shown(&bare), [crashed, warned]);
}

#[test]
fn an_exception_below_a_warning_is_no_finding_of_its_own() {
    assert_eq!(
        shown(&[
            "WARNING: Unable to read the cached makefile",
            "         System.IO.IOException: The door is locked.",
            "            at System.IO.File.Open()",
        ]),
        ["warning UAT: Unable to read the cached makefile"]
    );
    let material = "LogShaderCompilers: Warning: Failed to compile Material /Game/M_Door.M_Door for platform PCD3D_SM6, Default Material will be used in game.";
    let found = shown(&[
        material,
        "\t/Engine/Generated/Material.ush:10:5: warning: implicit truncation of vector type [-Wconversion]",
        "\t/Engine/Generated/Material.ush:12:5: error: use of undeclared identifier 'Hinge'",
        "\tERROR: 0:12: 'Hinge' : undeclared identifier",
    ]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("warning LogShaderCompilers: Failed to compile"), "{found:?}");
}

#[test]
fn missing_symbols_are_distinct_in_any_language() {
    for (lines, count) in [
        (
            &[
                r#"M.obj : error LNK2019: 无法解析的外部符号 png_init，函数 "public: void __cdecl UDoor::Open(void)" (?Open@UDoor@@QEAAXXZ) 中引用了该符号"#,
                "M.obj : error LNK2001: 无法解析的外部符号 sodium_init",
                "M.obj : error LNK2001: 无法解析的外部符号 opus_init",
            ][..],
            3,
        ),
        (
            &[
                r#"M.obj : error LNK2019: Verweis auf nicht aufgelöstes externes Symbol pngread in Funktion "public: void __cdecl G(void)"."#,
                r#"M.obj : error LNK2019: Verweis auf nicht aufgelöstes externes Symbol jpegread in Funktion "public: void __cdecl G(void)"."#,
            ],
            2,
        ),
        (
            &[
                r#"A.obj : error LNK2019: Verweis auf nicht aufgelöstes externes Symbol "public: void __cdecl D(void)" in Funktion "public: void __cdecl G(void)"."#,
                r#"B.obj : error LNK2001: Nicht aufgelöstes externes Symbol "public: void __cdecl D(void)"."#,
            ],
            1,
        ),
    ] {
        assert_eq!(shown(lines).len(), count, "{:#?}", shown(lines));
    }
}

#[test]
fn a_material_counts_once_per_severity() {
    let found = shown(&[
        "LogMaterial: Warning: [AssetLog] C:/G/Content/M_A.uasset: Failed to compile Material for platform PCD3D_SM6.",
        "LogMaterial: Error: [AssetLog] C:/G/Content/M_A.uasset: Failed to compile Material for platform PCD3D_SM6.",
    ]);
    assert_eq!(found.len(), 2, "{found:#?}");
    let found = shown(&[
        "LogNiagara: Warning: Failed to compile emitter 1",
        "LogNiagara: Warning: Failed to compile emitter 2",
    ]);
    assert_eq!(found, ["warning LogNiagara: Failed to compile emitter 1 (+1)"]);
}

#[test]
fn a_toolchain_that_is_missing_is_found_without_a_word_in_front() {
    for line in [
        "Unable to find compiler for Linux in C:/UnrealToolchains",
        "Visual Studio 2022 is installed, but is missing the C++ toolchain. Please verify it.",
        "No available toolchains found for platform Win64",
        "The Windows SDK must be installed in order to build this target.",
    ] {
        assert_eq!(shown(&[line]), [format!("error UBT: {line}")]);
    }
}

#[test]
fn text_that_only_resembles_an_error_is_no_finding() {
    for line in [
        "Note: Visual Studio 2022 must be installed only for editing.",
        "The following NEW packages must be installed: zlib",
        "Unable to find compiler cache.",
        "Unable to find installation of optional PIX; skipping.",
        "Provisioning profile \"x\" has been installed",
        "error: device unauthorized.",
        "LogAutomationTest: Display: Assertion failed: handled [File:a.cpp] [Line: 3]",
    ] {
        assert!(shown(&[line]).is_empty(), "{line}: {:?}", shown(&[line]));
    }
}

#[test]
fn a_message_of_a_compiler_or_linker_names_no_setting() {
    let has_place = |line: &str| read_all(&[line]).iter().any(|finding| finding.remote.is_some());
    assert!(has_place("LogInit: Error: GameDefaultMap is wrong"));
    for line in [
        "LINK : fatal error LNK2019: GameDefaultMap is wrong",
        "cl : Command line error D8021: GameDefaultMap is wrong",
    ] {
        assert!(!has_place(line), "{line}");
    }
}

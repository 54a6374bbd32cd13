use super::*;
use crate::finding::LogFinding;
use crate::findings::Findings;
use crate::phases::{self, Phases};

fn findings(lines: &[&str]) -> Vec<LogFinding> {
    let mut findings = Findings::new();
    let mut phases = Phases::default();
    phases.enter(phases::marker("*** COOK COMMAND STARTED ***"), None, &mut |_| ());
    lines.iter().for_each(|line| findings.read(line, None, &phases));
    let mut read = Vec::new();
    findings.flush(&mut |finding| read.push(finding));
    read
}

/// Code, first line and what is counted with it; of roots alone.
fn roots(lines: &[&str]) -> Vec<String> {
    let roots = findings(lines).into_iter().filter(|finding| !finding.is_follow_up());
    let shown = roots.map(|finding| {
        let also =
            if finding.also.is_empty() { String::new() } else { format!(" +{:?}", finding.also) };
        let first = finding.message.lines().next().unwrap_or_default();
        format!("{}: {first}{also}", finding.label().unwrap_or_default())
    });
    shown.collect()
}

#[test]
fn errors_in_the_same_statement_are_one_root() {
    let found = roots(&[
        "S/A.cpp(17): error C2065: 'Hinge': undeclared identifier",
        "S/A.cpp(17): error C2737: 'Door': const object must be initialized",
        "S/A.cpp(19): error C2065: 'Door': undeclared identifier",
        "S/A.cpp(15): error C4390: ';': empty controlled statement found",
        "S/A.cpp(40): error C4390: ';': empty controlled statement found",
        "S/B.cpp(17): error C2065: 'Hinge': undeclared identifier",
        "S/A.cpp(60): error C2660: 'Hinge': function does not take 3 arguments",
    ]);
    assert_eq!(
        found,
        [
            "C2065: 'Hinge': undeclared identifier",
            "C4390: ';': empty controlled statement found",
            "C2065: 'Hinge': undeclared identifier",
            "C2660: 'Hinge': function does not take 3 arguments",
        ]
    );
}

#[test]
fn a_name_that_clang_does_not_know_is_one_root_per_file() {
    let found = roots(&[
        "S/A.cpp:1:2: error: unknown type name 'FHinge'",
        "S/A.cpp:9:2: error: use of undeclared identifier 'FHinge'",
        "S/A.cpp:9:2: error: no matching function for call to 'FHinge'",
        "S/B.cpp:9:2: error: unknown type name 'FHinge'",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn the_root_among_the_errors_of_a_blueprint_is_the_missing_name() {
    let asset = r"LogBlueprint: Error: [AssetLog] C:\G\Content\Door.uasset: [Compiler] ";
    let other = r"LogBlueprint: Error: [AssetLog] C:\G\Content\Wall.uasset: [Compiler] ";
    let pin = "In use pin  Angle  no longer exists on node  Open . Please refresh node.";
    let lines = [
        format!("{asset}{pin}"),
        format!("{asset}Could not find a function named \"Open\" in 'Door_C'."),
        "Make sure 'Door_C' has been compiled for  Open from Source: /Game/Door.Door".to_owned(),
        format!("{asset}Could not find a function named \"Close\" in 'Door_C'."),
        format!("{asset}Could not find a variable named \"Key\" in 'Door_C'."),
        format!(
            "{asset}This blueprint (self) is not a Frame, therefore ' Target ' must have a connection."
        ),
        format!("{other}{pin}"),
        format!("{other}{pin} 2"),
    ];
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let expected = [
        r#"LogBlueprint: [Compiler] Could not find a function named "Open" in 'Door_C'. +["Close", "Key"]"#,
        "LogBlueprint: [Compiler] In use pin  Angle  no longer exists on node  Open . Please refresh node.",
    ];
    assert_eq!(roots(&lines), expected);
    let all = findings(&lines);
    assert_eq!(all.iter().filter(|finding| finding.is_follow_up()).count(), 3);
    let root = all.iter().find(|finding| finding.repeats > 0).unwrap();
    assert_eq!(root.repeats, 2);
    assert!(root.message.ends_with("from Source: /Game/Door.Door"), "{}", root.message);
}

#[test]
fn a_symbol_that_many_objects_miss_is_one_error() {
    let found = roots(&[
        "a.lib(x.obj) : error LNK2019: unresolved external symbol _hinge referenced in function \"f\"",
        "b.lib(y.obj) : error LNK2001: unresolved external symbol _hinge",
        "c.obj : error LNK2019: unresolved external symbol __imp__hinge referenced in function \"g\"",
        r#"c.obj : error LNK2019: unresolved external symbol "void __cdecl Open(void)" (?Open@@YAXXZ)"#,
        "Game.exe : fatal error LNK1120: 2 unresolved externals",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with(r#"+["b.lib(y.obj)", "c.obj"]"#), "{}", found[0]);
}

#[test]
fn every_linker_names_the_missing_symbol() {
    for (lines, expected) in [
        (
            vec![
                "ld.lld: error: undefined symbol: UDoor::Open()",
                ">>> referenced by Door.cpp:12",
                ">>>               Door.o:(main)",
                "ld.lld: error: undefined symbol: UDoor::Open()",
            ],
            "ld: undefined symbol: UDoor::Open()",
        ),
        (
            vec![
                "Undefined symbols for architecture arm64:",
                "  \"UDoor::Open()\", referenced from:",
                "      AHouse::Enter() in House.cpp.o",
                "      AHouse::Leave() in House.cpp.o",
                "ld: symbol(s) not found for architecture arm64",
                "clang++: error: linker command failed with exit code 1 (use -v to see invocation)",
            ],
            "ld: undefined symbol: UDoor::Open()",
        ),
        (
            vec![
                "Door.cpp:(.text+0x5): undefined reference to `UDoor::Open()'",
                "House.cpp:(.text+0x9): undefined reference to `UDoor::Open()'",
                "collect2: error: ld returned 1 exit status",
            ],
            "ld: undefined reference to `UDoor::Open()'",
        ),
    ] {
        let found = roots(&lines);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
}

#[test]
fn a_symbol_that_java_misses_in_many_files_is_one_error_and_gradle_repeats_it() {
    let found = roots(&[
        r"Z:\app\src\Door.java:88: error: cannot find symbol",
        "> Task :app:compile",
        "\t\topen(Hinge.LEFT);",
        "\t\t          ^",
        "  symbol:   variable LEFT",
        "  location: class Hinge",
        r"Z:\app\src\House.java:8: error: cannot find symbol",
        "\t\topen(Hinge.LEFT);",
        "\t\t          ^",
        "  symbol:   variable LEFT",
        "  location: class Hinge",
        "FAILURE: Build failed with an exception.",
        "* What went wrong:",
        "Execution failed for task ':app:compile'.",
        "> Something odd.",
        "* Try:",
        "> Run with --stacktrace",
    ]);
    assert_eq!(found, [r#"javac: cannot find symbol: variable LEFT +["Z:/app/src/House.java"]"#]);
}

#[test]
fn the_classes_of_a_missing_package_are_follow_ups() {
    let found = roots(&[
        "/app/Door.java:8: error: package com.example.hinge does not exist",
        "import com.example.hinge.Hinge;",
        "                        ^",
        "/app/House.java:8: error: package com.example.hinge does not exist",
        "/app/Door.java:12: error: cannot find symbol",
        "  symbol:   class Hinge",
        "/app/Door.java:14: error: ';' expected",
    ]);
    assert_eq!(
        found,
        [
            r#"javac: package com.example.hinge does not exist +["/app/House.java"]"#,
            "javac: ';' expected",
        ]
    );
}

#[test]
fn gradles_own_explanation_counts_when_no_other_tool_reports() {
    let found = findings(&[
        "FAILURE: Build failed with an exception.",
        "",
        "* What went wrong:",
        "Could not resolve all files for configuration ':classpath'.",
        "> Could not resolve com.example:door:1.0.",
        "",
        "* Try:",
        "> Run with --stacktrace",
        "BUILD FAILED in 14s",
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "Could not resolve all files for configuration ':classpath'.\n> Could not resolve com.example:door:1.0."
    );
}

#[test]
fn a_compiler_error_in_the_middle_of_gradles_explanation_counts() {
    let found = roots(&[
        "FAILURE: Build failed with an exception.",
        "* What went wrong:",
        "Execution failed for task ':app:compile'.",
        "/app/Door.java:14: error: ';' expected",
        "* Try:",
    ]);
    assert!(found.contains(&"javac: ';' expected".to_owned()), "{found:?}");
}

#[test]
fn a_crash_is_one_finding_and_its_place_is_in_the_game() {
    let found = findings(&[
        r#"Parsing command line: -project="D:/G/Game.uproject""#,
        "LogWindows: Error: begin: stack for UAT",
        "LogWindows: Error: === Critical error: ===",
        "LogWindows: Error:",
        r"LogWindows: Error: Assertion failed: Hinge != nullptr [File:D:\UE\Engine\Source\Core\A.h] [Line: 678]",
        "LogWindows: Error:",
        r"LogWindows: Error: [Callstack] 0x00007ff7 Game.exe!TArray::Add() [D:\UE\Engine\Source\Core\A.h:12]",
        r"LogWindows: Error: [Callstack] 0x00007ff7 Game.exe!ADoor::Open() [D:\G\Source\Door.cpp:346]",
        "LogWindows: Error: end: stack for UAT",
        "Took 87.1s to run UE4Editor-Cmd.exe, ExitCode=3",
    ]);
    let roots: Vec<_> = found.iter().filter(|finding| !finding.is_follow_up()).collect();
    assert_eq!(roots.len(), 1);
    let place = roots[0].remote.as_ref().and_then(|remote| remote.certain()).unwrap();
    let path = CertainPath::InProject("Source/Door.cpp".to_owned());
    assert_eq!((place.path, place.line), (path, Some(346)));
    assert!(
        roots[0].message.starts_with("Assertion failed: Hinge != nullptr"),
        "{}",
        roots[0].message
    );
}

#[test]
fn a_handled_ensure_is_a_warning_with_all_its_lines() {
    let found = findings(&[
        "LogOutputDevice: Error: === Handled ensure: ===",
        "LogOutputDevice: Error:",
        "LogOutputDevice: Error: Ensure condition failed: Hinge [File:A.cpp] [Line: 12]",
        "LogOutputDevice: Error: Stack:",
        "LogOutputDevice: Error: [Callstack] 0x00007ff7 Editor.dll!F() []",
        "LogCook: Display: Cooked packages 4 Packages Remain 2 Total 6",
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].severity, Severity::Warning);
    assert!(found[0].message.starts_with("Ensure condition failed: Hinge"), "{}", found[0].message);
}

#[test]
fn an_asset_of_another_version_of_the_engine_is_one_error_for_all() {
    let found = roots(&[
        "LogAssetRegistry: Error: Package D:/UE/Engine/Content/A.uasset has newer custom version of Doors",
        "LogAssetRegistry: Error: Package D:/UE/Engine/Content/B.uasset is too new. Engine Version: 8  Package Version: 9",
    ]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(r#"+["D:/UE/Engine/Content/B.uasset"]"#), "{}", found[0]);
}

#[test]
fn an_exception_keeps_its_frames_and_needs_them() {
    let found = findings(&[
        "ERROR: System.IO.IOException: The directory name is invalid.",
        "          at System.IO.Directory.Open(String path)",
        "          at Project.StageDoors(ProjectParams Params) in D:\\Project.cs:line 456",
        "       (see C:\\Log.txt for full exception trace)",
        "Some.Other.Exception: in passing",
        "BuildException: Cannot make doors",
        "   at UnrealBuildTool.Doors.Make()",
        "x",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].message.lines().count(), 3);
    assert!(
        found[1].message.starts_with("BuildException: Cannot make doors\n"),
        "{}",
        found[1].message
    );
}

#[test]
fn the_errors_of_a_material_are_its_details() {
    let found = findings(&[
        "LogShaderCompilers: Warning: Failed to compile Material /Game/M_Door (MI:/Game/MI_Door) for platform PCD3D_SM6",
        "    /Engine/Private/Door.usf(12,3-9): error X3004: undeclared identifier 'Hinge'",
        "LogShaderCompilers: Warning: Failed to compile Material /Game/M_Door (MI:/Game/MI_Gate) for platform PCD3D_SM5",
        "    /Engine/Private/Door.usf(12,3-9): error X3004: undeclared identifier 'Hinge'",
        "LogX: Error: x",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].severity, found[0].repeats), (Severity::Warning, 1));
    assert!(found[0].message.ends_with("undeclared identifier 'Hinge'"), "{}", found[0].message);
}

#[test]
fn symbols_with_blanks_and_assets_without_a_path_are_distinct() {
    for pair in [
        [
            "ld.lld: error: undefined symbol: vtable for ADoor",
            "ld.lld: error: undefined symbol: vtable for AHinge",
        ],
        [
            r#"A.obj : error LNK2005: "void __cdecl F(void)" (?F@@YAXXZ) already defined in D.obj"#,
            r#"A.obj : error LNK2005: "void __cdecl G(void)" (?G@@YAXXZ) already defined in D.obj"#,
        ],
        [
            r#"A.obj : error LNK2019: 无法解析的外部符号 "void __cdecl F(void)" (?F@@YAXXZ)"#,
            r#"A.obj : error LNK2019: 无法解析的外部符号 "void __cdecl G(void)" (?G@@YAXXZ)"#,
        ],
        [
            r"LogMaterial: Error: [AssetLog] C:\G\M_A.uasset: Failed to compile Material for platform P",
            r"LogMaterial: Error: [AssetLog] C:\G\M_B.uasset: Failed to compile Material for platform P",
        ],
    ] {
        assert_eq!(roots(&pair).len(), 2, "{:?}", roots(&pair));
        assert_eq!(roots(&[pair[0], pair[0]]).len(), 1);
    }
}

#[test]
fn a_crash_after_an_ensure_and_other_errors_are_findings_too() {
    let found = findings(&[
        "LogOutputDevice: Error: === Handled ensure: ===",
        "LogOutputDevice: Error: Ensure condition failed: Hinge [File:A.cpp] [Line: 12]",
        "LogOutputDevice: Error: [Callstack] 0x00007ff7 Editor.dll!F() []",
        "LogWindows: Error: === Critical error: ===",
        "LogWindows: Error: Fatal error!",
        "LogWindows: Error: Array index out of bounds: 3",
        "LogWindows: Error: [Callstack] 0x00007ff7 Editor.dll!G() []",
        "LogCore: Error: the door fell off",
    ]);
    let shown: Vec<_> = found
        .iter()
        .map(|finding| (finding.severity, finding.message.lines().next().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            (Severity::Warning, "Ensure condition failed: Hinge [File:A.cpp] [Line: 12]"),
            (Severity::Error, "Array index out of bounds: 3"),
            (Severity::Error, "the door fell off"),
        ]
    );
}

#[test]
fn an_error_after_an_unannounced_assertion_is_a_finding_of_its_own() {
    let found = roots(&[
        "LogWindows: Error: appError called: Assertion failed: Hinge [File:A.cpp] [Line: 12]",
        "LogWindows: Error: saving the map failed",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_crash_that_logs_only_frames_is_a_finding() {
    let found = roots(&[
        "LogWindows: Error: === Critical error: ===",
        "LogWindows: Error: Fatal error!",
        "LogWindows: Error: [Callstack] 0x00007ff7 Editor.dll!G() []",
    ]);
    assert_eq!(found, ["crash: Critical error"]);
}

#[test]
fn a_material_has_the_messages_of_its_compiler_and_no_others() {
    let found = roots(&[
        "LogShaderCompilers: Warning: Failed to compile Material /Game/M_Door for platform P",
        "    /Engine/Private/Door.usf(12,3-9): error X3004: undeclared identifier 'Hinge'",
        "  LogCook: Error: the door is missing",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn two_failed_tasks_of_gradle_are_two_errors() {
    let found = roots(&[
        "FAILURE: Build completed with 2 failures.",
        "",
        "1: Task failed with an exception.",
        "-----------",
        "* What went wrong:",
        "Execution failed for task ':app:packageDoor'.",
        "* Try:",
        "> Run with --stacktrace",
        "==============================================================================",
        "2: Task failed with an exception.",
        "-----------",
        "* What went wrong:",
        "Could not resolve com.example:door:1.0.",
        "* Try:",
    ]);
    assert_eq!(
        found,
        [
            "Gradle: Execution failed for task ':app:packageDoor'.",
            "Gradle: Could not resolve com.example:door:1.0.",
        ]
    );
}

#[test]
fn an_error_with_the_word_note_is_an_error() {
    let found = roots(&[
        "S/A.cpp(1): warning C4996: old",
        "S/B.cpp(2): error C2338: please take: note: of this",
    ]);
    assert_eq!(found, ["C4996: old", "C2338: please take: note: of this"]);
}

#[test]
fn a_missing_package_does_not_explain_a_missing_variable() {
    let found = roots(&[
        "/app/Door.java:8: error: package com.example.hinge does not exist",
        "/app/House.java:12: error: cannot find symbol",
        "  symbol:   variable RECEIVER_EXPORTED",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    // A class of which a member is asked.
    let found = roots(&[
        "/app/Door.java:8: error: package com.example.hinge does not exist",
        "/app/House.java:12: error: cannot find symbol",
        "  symbol:   variable HingeApi",
    ]);
    assert_eq!(found, ["javac: package com.example.hinge does not exist"]);
}

#[test]
fn the_exception_below_gradles_explanation_is_a_follow_up() {
    let found = roots(&[
        "FAILURE: Build failed with an exception.",
        "* What went wrong:",
        "Execution failed for task ':app:packageDoor'.",
        "> Android resource linking failed",
        "error: failed linking references.",
        "* Exception is:",
        "org.gradle.api.tasks.TaskExecutionException: Execution failed for task ':app:packageDoor'.",
        "\tat org.gradle.api.Door.open(Door.java:3)",
    ]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("Execution failed for task ':app:packageDoor'."), "{found:?}");
}

#[test]
fn each_asset_of_a_plugin_has_one_root() {
    let found = roots(&[
        "LogBlueprint: Error: [Compiler Lock] In use pin  A  no longer exists on node  B . from Source: /Doors/Lock.Lock",
        "LogBlueprint: Error: [Compiler Lock] Unknown structure. from Source: /Doors/lock.Lock_C:x",
        "LogBlueprint: Error: [Compiler Wall] In use pin  A  no longer exists on node  C . from Source: /Doors/Wall.Wall",
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("Unknown structure"), "{found:?}");
    assert!(found[1].contains("[Compiler Wall]"), "{found:?}");
}

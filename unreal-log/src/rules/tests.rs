use super::*;
use crate::finding::Severity;

#[test]
fn every_form_of_a_place_is_read() {
    let rules = Rules::new();
    let table = [
        ("A.cpp(3): error: x", "A.cpp", 3, None),
        ("A.cpp(3) : warning C4701: x", "A.cpp", 3, None),
        ("A.cpp(3,7): error C10: x", "A.cpp", 3, Some(7)),
        ("A.cpp(3,7-9): error C10: x", "A.cpp", 3, Some(7)),
        ("A.cpp(3,7,4,2): error C10: x", "A.cpp", 3, Some(7)),
        ("A.cpp(3-5): error C10: x", "A.cpp", 3, None),
        ("  C:/UE_4,26/My Game/A.h(16): error : x", "C:/UE_4,26/My Game/A.h", 16, None),
        ("/g/A.h(106)  : Error: x", "/g/A.h", 106, None),
        ("日本/A.cpp:3: warning: x", "日本/A.cpp", 3, None),
        (r"C:\g\A.cpp:3:7: fatal error: x", r"C:\g\A.cpp", 3, Some(7)),
        ("ERROR: A.xml(3,7): x", "A.xml", 3, Some(7)),
    ];
    for (line, file, number, column) in table {
        let found = rules.read(line, Speaker::SourceControl).expect(line);
        let place = (found.file, found.line, found.column);
        assert_eq!(place, (Some(file), Some(number), column), "{line}");
        assert!(["x", ": x"].contains(&found.message), "{line}: {}", found.message);
    }
}

#[test]
fn a_place_of_several_lines_has_an_end() {
    let rules = Rules::new();
    for (line, end) in [
        ("A.cs(3,7,4,2): error CS10: x", Some(4)),
        ("A.cs(3-5): error CS10: x", Some(5)),
        ("A.cs(3,7,3,9): error CS10: x", None),
        ("A.cs(3,7,2,9): error CS10: x", None),
        ("A.cs(3,7-9): error CS10: x", None),
        ("A.cs(3,7): error CS10: x", None),
    ] {
        let found = rules.read(line, Speaker::SourceControl).expect(line);
        assert_eq!((found.line, found.end_line), (Some(3), end), "{line}");
    }
}

#[test]
fn a_place_that_no_file_can_have_is_left_out() {
    let rules = Rules::new();
    for (line, number) in [
        ("A.cpp(0,3): error: x", None),
        ("A.cpp(3,0): error: x", Some(3)),
        ("A.cpp(99999999999,1): error: x", None),
        ("A.cpp(2147483648,1): error: x", None),
        ("A.cpp(2147483647,2147483648): error: x", Some(2_147_483_647)),
    ] {
        let found = rules.read(line, Speaker::SourceControl).expect(line);
        assert_eq!((found.line, found.column), (number, None), "{line}");
    }
}

#[test]
fn the_first_severity_of_a_line_decides() {
    let rules = Rules::new();
    let read = |line| rules.read(line, Speaker::SourceControl).map(|found| found.severity);
    assert_eq!(read("LogX: Warning: Compile of Y failed. 1 Fatal Error"), Some(Severity::Warning));
    assert_eq!(read("LogX:Error: old form"), Some(Severity::Error));
    assert_eq!(read("LogX: Fatal: x"), Some(Severity::Error));
    assert_eq!(read("LogX: Display: A.cpp(3): error C2065: x"), None);
}

#[test]
fn the_word_error_alone_is_no_finding() {
    let rules = Rules::new();
    for line in [
        "[1/11] Compile SharedPCH.Engine.ShadowErrors.h [arm64]",
        "LogInit: Display: Success - 0 error(s), 0 warning(s)",
        "Failure - 3 error(s), 12 warning(s)",
        "    2 Error(s)",
        "5 errors",
        "1 error generated.",
        "Error: CDO Constructor (WidgetComponent): Failed to find /Engine/X",
        "Error [GENERAL | xrCreateInstance | OpenXR-Loader] : xrCreateInstance failed",
        "Running UnrealHeaderTool -LogCmds=\"loginit warning, logexit error\" -WarningsAsErrors",
        "12:30:45: error: no file",
        "Game.obj(3) : warning : x",
        "PIE: Error: x",
        "Info: Error: x",
        "LogWindows: Error: ",
        "ERROR: ",
    ] {
        assert_eq!(rules.read(line, Speaker::SourceControl), None, "{line}");
    }
}

fn message(line: &str, speaker: Speaker) -> Option<String> {
    Some(Rules::new().read(line, speaker)?.message.to_owned())
}

#[test]
fn the_project_that_msbuild_appends_is_not_part_of_the_message() {
    for line in [
        r"A.cpp(3): error C2065: x [C:\My Game\Game.vcxproj]",
        r"A.cs(3,1): error CS1501: x [/g/A.csproj::TargetFramework=net8.0]",
        r"A.obj : error LNK2019: x [C:\g\Game.vcxproj]",
        r"LINK : fatal error LNK1181: x [C:\g\Game.vcxproj]",
    ] {
        assert_eq!(message(line, Speaker::Build).as_deref(), Some("x"), "{line}");
    }
    let other = message("A.cpp(3): error C2065: x [3]", Speaker::Build);
    assert_eq!(other.as_deref(), Some("x [3]"));
}

#[test]
fn compilers_and_linkers_are_known_by_any_name_and_in_any_folder() {
    for line in [
        "x86_64-unknown-linux-gnu-clang++: error: x",
        "C:/UnrealToolchains/v22 clang/bin/clang++.exe: error: x",
        "/usr/bin/clang-16: error: x",
        "collect2: error: x",
    ] {
        assert_eq!(message(line, Speaker::Build).as_deref(), Some("x"), "{line}");
    }
}

#[test]
fn a_compiler_message_in_the_engine_log_keeps_its_place() {
    let rules = Rules::new();
    let read = |line| rules.read(line, Speaker::Build);
    let found = read(r"LogCompile: Error: C:\x\B.cpp(3): error C2065: 'y'").unwrap();
    assert_eq!((found.file, found.line), (Some(r"C:\x\B.cpp"), Some(3)));
    assert_eq!((found.label(), found.message), (Some("C2065"), "'y'"));
    let milder = "LogCompile: Error: B.cpp(3): warning C4996: y";
    assert_eq!(read(milder).map(|found| found.severity), Some(Severity::Warning));
    let milder = "LogCompile: Warning: B.cpp(3): error C2065: y";
    assert_eq!(read(milder).map(|found| found.severity), Some(Severity::Warning));
}

#[test]
fn each_program_has_its_own_rules() {
    let speakers = [Speaker::SourceControl, Speaker::Build, Speaker::Game];
    for (line, expected) in [
        ("fatal: no remote", [true, false, false]),
        ("LogCook: Error: x", [true, true, false]),
        ("A.cpp(3): error C2065: x", [true, true, false]),
        ("ERROR: Client exited with error code: 3", [true, true, true]),
    ] {
        let counts = speakers.map(|speaker| message(line, speaker).is_some());
        assert_eq!(counts, expected, "{line}");
    }
}

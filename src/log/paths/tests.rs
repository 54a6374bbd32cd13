use super::*;

fn located(command: &str, source_root: Option<&str>, path: &str) -> (String, bool) {
    let mut paths = Paths::new(source_root, Worktree::none());
    paths.learn(command);
    let Place { file, in_repository } = paths.locate(path);
    (file, in_repository)
}

#[test]
fn a_path_under_the_project_becomes_relative_to_the_repository() {
    let windows =
        r#"Parsing command line: BuildCookRun -project="C:/W/My Game/Game.uproject" -noP4"#;
    let table = [
        (windows, r"C:\W\My Game\Source\A.cpp"),
        (windows, r"c:\w\MY GAME\Source\A.cpp"),
        (windows, r"C:\W\My Game\Intermediate\..\.\Source\A.cpp"),
        (r"-ScriptsForProject=D:\Game\Game.uproject -x", "D:/Game/Source/A.cpp"),
        ("-project=/builds/g/Game.uproject -noP4", "/builds/g/Source/A.cpp"),
        (r"Setting up ProjectParams for E:\My Game\Game.uproject", r"E:\My Game\Source\A.cpp"),
        ("-project=Game/Game.uproject", "/builds/g/Source/A.cpp"),
        (r"-project=C:\Game.uproject", "C:/Source/A.cpp"),
        ("", r"Source\A.cpp"),
        ("", "/builds/g/Source/A.cpp"),
    ];
    for (command, path) in table {
        assert_eq!(located(command, None, path), ("Source/A.cpp".to_owned(), true), "{path}");
        let moved = located(command, Some("./games/one/"), path);
        assert_eq!(moved, ("games/one/Source/A.cpp".to_owned(), true), "{path}");
    }
}

#[test]
fn what_is_not_certain_is_shown_as_it_is() {
    let unix = "-project=/builds/g/Game.uproject";
    let table = [
        (unix, "/BUILDS/G/Source/A.cpp", "/BUILDS/G/Source/A.cpp"),
        (unix, "/builds/gg/Source/A.cpp", "/builds/gg/Source/A.cpp"),
        (unix, "/UE/Engine/Source/A.h", "/UE/Engine/Source/A.h"),
        (unix, "/builds/g/Engine/Source/A.h", "/builds/g/Engine/Source/A.h"),
        (unix, "/builds/g/UE/Engine/Source/A.h", "/builds/g/UE/Engine/Source/A.h"),
        (unix, "/builds/g/Intermediate/A.h", "/builds/g/Intermediate/A.h"),
        (unix, "/builds/g/Binaries/A.xml", "/builds/g/Binaries/A.xml"),
        (unix, "/builds/g/Saved/A.ini", "/builds/g/Saved/A.ini"),
        (unix, "/builds/g/DerivedDataCache/A.h", "/builds/g/DerivedDataCache/A.h"),
        (unix, "/builds/g/Source/A.gen.cpp", "/builds/g/Source/A.gen.cpp"),
        ("", "/builds/g/Source/Module.G.cpp", "/builds/g/Source/Module.G.cpp"),
        ("", "Source/Module.Game.3_of_9.cpp", "Source/Module.Game.3_of_9.cpp"),
        (r"-project=C:\Game.uproject", "C:/Other/A.cpp", "C:/Other/A.cpp"),
        (r"-project=C:\Game.uproject", "C:/UE/Engine/Source/A.h", "C:/UE/Engine/Source/A.h"),
        (unix, "/builds/g/../../etc/passwd", "/etc/passwd"),
        (unix, "/builds/g/../../../etc/passwd", "/builds/g/../../../etc/passwd"),
        ("", r"..\..\etc\passwd", "../../etc/passwd"),
        ("", "Source/../../etc/passwd", "Source/../../etc/passwd"),
        ("", r"C:\..\Source\A.cpp", "C:/../Source/A.cpp"),
        ("", r"C:\UE_5.4\Engine\Plugins\X\Source\A.h", "C:/UE_5.4/Engine/Plugins/X/Source/A.h"),
        ("", "A.cpp", "A.cpp"),
        ("-project=../Game.uproject", "/x/A.cpp", "/x/A.cpp"),
    ];
    for (command, path, expected) in table {
        assert_eq!(located(command, None, path), (expected.to_owned(), false), "{path}");
    }
}

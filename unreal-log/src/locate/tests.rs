use super::certain::CertainPath;
use super::*;

/// The path, and whether it is certain to be below the project.
fn located(command: &str, path: &str) -> (String, bool) {
    let mut locator = Locator::new();
    locator.learn(command);
    locate(&locator, path)
}

fn locate(locator: &Locator, path: &str) -> (String, bool) {
    match locator.certain(&Clue::File(RemoteFile::whole(path))).unwrap().path {
        CertainPath::InProject(path) => (path, true),
        CertainPath::OnMachine(path) => (path, false),
    }
}

#[test]
fn a_path_under_the_project_becomes_relative_to_it() {
    let windows =
        r#"Parsing command line: BuildCookRun -project="C:/W/My Game/Game.uproject" -noP4"#;
    let table = [
        (windows, r"C:\W\My Game\Source\A.cpp"),
        (windows, r"c:\w\MY GAME\Source\A.cpp"),
        (windows, r"C:\W\My Game\Intermediate\..\.\Source\A.cpp"),
        (r"-ScriptsForProject=D:\Game\Game.uproject -x", "D:/Game/Source/A.cpp"),
        ("-project=/builds/g/Game.uproject -noP4", "/builds/g/Source/A.cpp"),
        (r"Setting up ProjectParams for E:\My Game\Game.uproject", r"E:\My Game\Source\A.cpp"),
        ("-project=/Users/ci/Game/Game.uproject", "/users/CI/game/Source/A.cpp"),
        ("-project=/Volumes/g/Game.uproject", "/Volumes/G/Source/A.cpp"),
        ("-project=Game/Game.uproject", "/builds/g/Source/A.cpp"),
        (r"-project=C:\Game.uproject", "C:/Source/A.cpp"),
        ("", r"Source\A.cpp"),
        ("", "/builds/g/Source/A.cpp"),
    ];
    for (command, path) in table {
        assert_eq!(located(command, path), ("Source/A.cpp".to_owned(), true), "{path}");
    }
}

#[test]
fn a_path_that_is_not_certain_stays_as_it_is() {
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
        assert_eq!(located(command, path), (expected.to_owned(), false), "{path}");
    }
}

pub(crate) const WINDOWS: &str = r#"Running: C:\Epic Games\UE_5.4\Engine\Binaries\ThirdParty\DotNet\dotnet.exe "X.dll" -Project="C:\W\My Game\Game.uproject""#;

#[test]
fn every_form_that_names_project_and_engine_is_read() {
    let project = |line: &str| {
        let mut roots = Roots::new();
        roots.learn(line);
        let project = roots.known().latest_projects().next().cloned();
        project.map(|project| (project.folder.unwrap_or_default(), project.file))
    };
    let game = Some(("C:/W/My Game".to_owned(), "Game.uproject".to_owned()));
    for line in [
        r#"Parsing command line: BuildCookRun -project="C:/W/My Game/Game.uproject" -noP4"#,
        r#"Parsing command line: "-project=C:\W\My Game\Game.uproject" -noP4"#,
        r"-ScriptsForProject=C:/W/My Game/Game.uproject Turnkey -command=VerifySdk",
        r#"-ForeignProject="C:\W\My Game\Game.uproject""#,
        r"Setting up ProjectParams for C:\W\My Game\Game.uproject",
        r#"Running UnrealHeaderTool "C:\W\My Game\Game.uproject" "C:\W\My Game\Intermediate\x.uhtmanifest" -LogCmds="x""#,
        r#"Running: C:\UE\Engine\Binaries\Win64\UE4Editor-Cmd.exe "C:\W\My Game\Game.uproject" -run=Cook"#,
        r"Running: C:\UE\Engine\Binaries\Win64\UnrealEditor-Cmd.exe C:\W\My Game\Game.uproject -run=Cook -abslog=C:\x",
        r"Editor terminated with exit code 1 while running Cook for C:\W\My Game\Game.uproject; see log C:\x",
        r"-Project=D:\Other\Other.uproject -x -Project=C:\W\My Game\Game.uproject",
    ] {
        assert_eq!(project(line), game, "{line}");
    }
    for (line, expected) in [
        ("-project=/builds/g/Game.uproject -x", Some(("/builds/g", "Game.uproject"))),
        ("-project=Game/Game.uproject", Some(("", "Game.uproject"))),
        (r"-project=C:\Game.uproject", Some(("", "Game.uproject"))),
        (r"-project=C:\g\Saved\Game.uproject", None),
        (r"-project=C:\g\Intermediate\x\Game.uproject", None),
        ("the editor opens Game.uproject", None),
        ("-project=.uproject", None),
        ("-project=/a/b -other=/c/d.uproject", Some(("/c", "d.uproject"))),
        ("Found a .uproject", None),
    ] {
        let expected = expected.map(|(folder, file)| (folder.to_owned(), file.to_owned()));
        assert_eq!(project(line), expected, "{line}");
    }

    for (line, expected) in [
        (WINDOWS, Some("C:/Epic Games/UE_5.4/Engine")),
        (r"cd C:\x & C:\UE\Engine\Build\BatchFiles\RunUAT.bat", Some("C:/x & C:/UE/Engine")),
        ("cd /x && /UE/Engine/Build/BatchFiles/RunUAT.sh", Some("/UE/Engine")),
        (
            "Took 3s to run /Users/Shared/Epic Games/UE_5.5/Engine/Binaries/Mac/x",
            Some("/Users/Shared/Epic Games/UE_5.5/Engine"),
        ),
        ("Took 3s to run -x /y z /UE/Engine/Binaries/Linux/x", Some("/UE/Engine")),
        ("/UE/Engine/Source/Runtime/A.h(3): error C2065: x", Some("/UE/Engine")),
        (
            r"at X() in D:\Sync\Engine\Source\X.cs from C:\UE\Engine\Binaries\x.dll",
            Some("C:/UE/Engine"),
        ),
        (r"C:\Engine\Binaries\Win64\x", Some("C:/Engine")),
        ("/Engine/Binaries/Linux/x", Some("/Engine")),
        (r"C:\g\Saved\StagedBuilds\Windows\Engine\Binaries\x.dll", None),
        ("../../../Engine/Binaries/x", None),
        ("/g/MyEngine/Binaries/x", None),
        ("/Engine/Maps/X", None),
    ] {
        let mut roots = Roots::new();
        roots.learn(line);
        // A drive in the middle of a path begins another one.
        let expected = expected.map(|folder| folder.replace("C:/x & ", ""));
        assert_eq!(roots.known().engine.clone(), expected, "{line}");
    }
}

#[test]
fn a_running_engine_counts_more_than_a_mentioned_one() {
    let mut roots = Roots::new();
    roots.learn(r"at X() in D:\Build\Sync\Engine\Source\Programs\X.cs:line 424");
    roots.learn(r"LogX: Found D:\Templates\Blank.uproject");
    roots.learn(r"LogX: Found D:\Templates\Other.uproject");
    let files = |roots: &Roots| {
        roots.known().latest_projects().map(|project| project.file.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (roots.known().engine.as_deref(), files(&roots)),
        (Some("D:/Build/Sync/Engine"), vec!["Blank.uproject".to_owned()])
    );
    roots.learn(WINDOWS);
    roots.learn(r"D:\Build\Sync\Engine\Binaries\x and D:\Templates\Other.uproject");
    assert_eq!(
        (roots.known().engine.as_deref(), files(&roots)),
        (Some("C:/Epic Games/UE_5.4/Engine"), vec!["Game.uproject".to_owned()])
    );
}

#[test]
fn an_engine_among_the_sources_of_the_project_is_the_engine() {
    let mut locator = Locator::new();
    locator.learn("-project=/w/Game.uproject");
    locator.learn("/w/Source/UE/Engine/Build/BatchFiles/RunUAT.sh");
    assert!(!locate(&locator, "/w/Source/UE/Engine/Source/A.h").1);
    assert!(locate(&locator, "/w/Source/UE/A.h").1);
}

#[test]
fn the_folder_of_a_clone_shows_where_in_the_repository_the_project_is() {
    let folder = |lines: &[&str]| {
        let mut roots = Roots::new();
        lines.iter().for_each(|line| roots.learn(line));
        let machine = roots.known();
        machine.in_clone(machine.latest_projects().next().unwrap())
    };
    let clone = r"Cloning into 'D:\ws\repo'...";
    let project = r"-project=D:\ws\repo\games\one\Game.uproject";
    let submodule = "Cloning into 'D:/ws/repo/games/one/Plugins/Fog'...";
    assert_eq!(folder(&[clone, project]).as_deref(), Some("games/one/"));
    assert_eq!(folder(&[clone, project, submodule]).as_deref(), Some("games/one/"));
    assert_eq!(folder(&["Cloning into 'repo'...", project]), None, "relative to some folder");
    assert_eq!(folder(&[project]), None);
}

//! Resolving the file names of logs in checkouts.

use std::sync::Arc;

use super::index::Index;
use super::resolve;
use super::walk::{Bounds, walk};
use crate::model::{Clue, Location, RemoteFile};
use crate::reader::location::{certain, folder_in_repository, safe};
use crate::text::{Cleaner, Style};
use unreal_log::locate::{Locator, map_of_message};

const WINDOWS: &str = r#"Running: C:\Epic Games\UE_5.4\Engine\Binaries\ThirdParty\DotNet\dotnet.exe "X.dll" -Project="C:\W\My Game\Game.uproject""#;

/// A checkout with these files.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(files: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for file in files {
            folder.write(file, "");
        }
        folder
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn paths(&self, source_root: Option<&str>, log: &[&str]) -> Paths {
        let index = walk(self.0.path(), Bounds::default()).unwrap();
        Paths::new(source_root, Some(index), log)
    }
}

/// A log, and the checkout in which its files are looked up.
#[derive(Clone)]
pub(super) struct Paths {
    pub(super) locator: Locator,
    pub(super) index: Option<Arc<Index>>,
    pub(super) source_root: Option<String>,
}

impl Paths {
    pub(super) fn new(source_root: Option<&str>, index: Option<Index>, log: &[&str]) -> Self {
        let mut locator = Locator::new();
        log.iter().for_each(|line| locator.learn(line));
        let source_root = source_root.and_then(folder_in_repository);
        Self { locator, index: index.map(Arc::new), source_root }
    }

    pub(super) fn learn(&mut self, line: &str) {
        self.locator.learn(line);
    }

    /// A finding without a checkout has the place that was certain when it was read.
    pub(super) fn location(&self, clue: Clue) -> Option<Location> {
        let remote = self.locator.remote_path(clue);
        match &self.index {
            Some(index) => resolve::location(&remote, index, self.source_root.as_deref()),
            None => certain(&remote, self.source_root.as_deref()),
        }
    }

    pub(super) fn locate(&self, path: &str) -> Location {
        self.location(Clue::File(RemoteFile::whole(path))).unwrap()
    }

    pub(super) fn of_message(&self, message: &str) -> Option<Location> {
        self.location(self.locator.clue_of_message(message)?)
    }
}

/// Each path with its file in the repository, or nothing if it is shown unchanged.
fn assert_located(paths: &Paths, table: &[(&str, Option<&str>)]) {
    for (path, expected) in table {
        let place = paths.locate(path);
        let found = place.in_repository.then_some(place.file.as_str());
        assert_eq!(found, *expected, "{path}: {place:?}");
    }
}

/// Each message with its place.
fn assert_placed(paths: &Paths, table: &[(&str, Option<&str>)]) {
    for (message, expected) in table {
        let place = paths.of_message(message);
        assert!(place.iter().all(|place| place.in_repository), "{message}: {place:?}");
        assert_eq!(place.map(|place| place.to_string()).as_deref(), *expected, "{message}");
    }
}

#[test]
fn a_checkout_with_a_project_decides_what_is_in_the_repository_and_how_it_is_spelt() {
    let checkout = Folder::new(&[
        "Game.uproject",
        "Source/Game/Door.cpp",
        "Source/Game/Game.Build.cs",
        "Source/Game/Engine/Lock.h",
        "Plugins/Doors/Doors.uplugin",
        "Plugins/Doors/Source/Doors/Hinge.cpp",
        "ThirdParty/um/windows.h",
        "Content/Maps/Level.umap",
    ]);
    let paths = checkout.paths(None, &[WINDOWS]);
    assert_located(
        &paths,
        &[
            (r"C:\W\My Game\Source\Game\Door.cpp", Some("Source/Game/Door.cpp")),
            (r"c:\w\my game\SOURCE\game\door.CPP", Some("Source/Game/Door.cpp")),
            (r"C:\W\My Game\Source\Game\Gone.cpp", None),
            (r"C:\W\My Game\Source\Game\..\Game\Engine\Lock.h", Some("Source/Game/Engine/Lock.h")),
            (r"X:\Source\Game\Door.cpp", Some("Source/Game/Door.cpp")),
            ("/home/other/Game/Source/Game/Door.cpp", Some("Source/Game/Door.cpp")),
            ("/home/other/Source/Other/Door.cpp", None),
            ("Source/Game/Door.cpp", Some("Source/Game/Door.cpp")),
            ("Door.cpp", Some("Source/Game/Door.cpp")),
            ("../../../Source/Game/Door.cpp", Some("Source/Game/Door.cpp")),
            ("../Door.cpp", None),
            ("/x/Door.cpp", None),
            (
                r"C:\Host\Plugins\Doors\Source\Doors\Hinge.cpp",
                Some("Plugins/Doors/Source/Doors/Hinge.cpp"),
            ),
            (r"C:\Host\Plugins\Other\Source\Doors\Hinge.cpp", None),
            (r"C:\Host\Plugins\Other\Source\Game\Door.cpp", None),
            (r"C:\Epic Games\UE_5.4\Engine\Source\Game\Door.cpp", None),
            (r"C:\Epic Games\UE_5.4\Engine\Plugins\Doors2\Source\Doors\Hinge.cpp", None),
            (r"C:\Program Files (x86)\Windows Kits\10\Include\um\windows.h", None),
            (r"C:\W\My Game\ThirdParty\um\windows.h", Some("ThirdParty/um/windows.h")),
            ("/x/ThirdParty/um/windows.h", Some("ThirdParty/um/windows.h")),
            ("../../../../../W/My Game/Content/Maps/Level.umap", Some("Content/Maps/Level.umap")),
            ("Source/../../etc/passwd", None),
            ("Source/../../Source/Game/Door.cpp", Some("Source/Game/Door.cpp")),
            (r"C:\..\Source\Game\Door.cpp", None),
            ("/../Source/Game/Door.cpp", None),
            (&format!("{}Source/Game/Door.cpp", "x/".repeat(3000)), None),
            ("", None),
        ],
    );
}

#[test]
fn a_project_in_a_folder_of_the_repository_is_found_by_its_name() {
    let checkout = Folder::new(&[
        "games/one/One.uproject",
        "games/one/Source/A.cpp",
        "games/one/Config/DefaultEngine.ini",
        "games/two/Two.uproject",
        "games/two/Source/A.cpp",
        "games/two/Source/B.cpp",
        "games/two/Config/DefaultEngine.ini",
        "shared/Include/C.h",
        "Top.h",
    ]);
    let paths = checkout.paths(None, &["-project=/b/games/one/one.uproject"]);
    let table = [
        ("/b/games/one/Source/A.cpp", Some("games/one/Source/A.cpp")),
        ("/b/games/two/Source/A.cpp", Some("games/two/Source/A.cpp")),
        ("/b/shared/Include/C.h", Some("shared/Include/C.h")),
        ("/b/Top.h", Some("Top.h")),
        ("/x/Include/C.h", None),
        ("/x/Top.h", None),
        ("/x/Source/A.cpp", None),
        ("/x/Source/B.cpp", Some("games/two/Source/B.cpp")),
        ("Source/A.cpp", Some("games/one/Source/A.cpp")),
        // Its place is known although it is missing.
        ("/b/games/one/Source/B.cpp", None),
    ];
    assert_located(&paths, &table);
    let setting = [("GameDefaultMap is wrong", Some("games/one/Config/DefaultEngine.ini"))];
    assert_placed(&paths, &setting);

    // The latest project is the current one, and the files of the first stay its own.
    let mut paths = paths;
    paths.learn("-project=/b/games/two/Two.uproject");
    assert_located(&paths, &table[..2]);
    assert_located(&paths, &[("Source/A.cpp", Some("games/two/Source/A.cpp"))]);
    assert_placed(&paths, &[("GameDefaultMap", Some("games/two/Config/DefaultEngine.ini"))]);
}

#[test]
fn a_project_that_was_renamed_for_the_build_is_the_only_one_there_is() {
    let files = ["g/Game.uproject", "g/Tools/A.txt", "x/Tools/A.txt", "g/Config/DefaultGame.ini"];
    let checkout = Folder::new(&files);
    let renamed = checkout.paths(None, &["-project=/w/Renamed.uproject"]);
    assert_located(&renamed, &[("/w/Tools/A.txt", Some("g/Tools/A.txt"))]);
    let unnamed = checkout.paths(None, &[]);
    assert_located(&unnamed, &[("/w/Tools/A.txt", None)]);
    let setting = [("MapsToCook is wrong", Some("g/Config/DefaultGame.ini"))];
    assert_placed(&unnamed, &setting);
}

#[test]
fn an_asset_or_a_setting_of_two_projects_is_of_neither_until_one_is_named() {
    let files = ["a/A.uproject", "a/Content/X.uasset", "b/B.uproject", "b/Content/X.uasset"];
    let checkout = Folder::new(&files);
    let message = "x from Source: /Game/X.X";
    assert_placed(&checkout.paths(None, &[]), &[(message, None)]);
    let named = checkout.paths(None, &["-project=/w/B.uproject"]);
    assert_placed(&named, &[(message, Some("b/Content/X.uasset"))]);
}

#[test]
fn a_given_source_root_comes_first_unless_the_checkout_contradicts_it() {
    let files = [
        "a/Game.uproject",
        "a/Source/A.cpp",
        "b/Game.uproject",
        "b/Source/A.cpp",
        "a/Source/C.cpp",
    ];
    let checkout = Folder::new(&files);
    let paths = |root| checkout.paths(root, &["-project=/w/Game.uproject"]);
    assert_located(&paths(Some("b")), &[("/w/Source/A.cpp", Some("b/Source/A.cpp"))]);
    assert_located(&paths(Some("a")), &[("/w/Source/A.cpp", Some("a/Source/A.cpp"))]);
    assert_located(&paths(Some("c")), &[("/w/Source/A.cpp", None)]);
    assert_located(&paths(None), &[("/w/Source/A.cpp", None)]);
    assert_located(&paths(Some("c")), &[("/w/Source/C.cpp", Some("a/Source/C.cpp"))]);
}

#[test]
fn a_path_from_where_a_tool_runs_is_resolved_against_the_engine() {
    let checkout = Folder::new(&["Game.uproject", "Tools/A.txt", "Tools/B.txt", "x/B.txt"]);
    let engine = "/opt/ue/Engine/Binaries/Linux/UnrealEditor-Cmd";
    let project = "-project=/opt/games/g/Game.uproject";
    let path = "../../../../games/g/Tools/B.txt";
    let found = Some("Tools/B.txt");
    assert_located(&checkout.paths(None, &[engine, project]), &[(path, found)]);
    assert_located(&checkout.paths(None, &[project]), &[(path, None)]);
    let from_source = "../../../games/g/Tools/B.txt";
    assert_located(&checkout.paths(None, &[engine, project]), &[(from_source, found)]);
    // Up to the root of the disk and down from there; no engine is needed.
    let from_top = "../../../../../../../opt/games/g/Tools/B.txt";
    assert_located(&checkout.paths(None, &[project]), &[(from_top, found)]);
    let on_drive = r"-project=D:\opt\games\g\Game.uproject";
    assert_located(&checkout.paths(None, &[on_drive]), &[(from_top, found)]);
}

#[test]
fn an_engine_in_the_repository_has_its_files_there() {
    let checkout = Folder::new(&[
        "Engine/Source/Runtime/Core/Core.h",
        "Engine/Content/Maps/Entry.umap",
        "Game/Game.uproject",
        "Game/Source/Core.h",
    ]);
    let log = ["/w/Engine/Build/BatchFiles/RunUAT.sh", "-project=/w/Game/Game.uproject"];
    let paths = checkout.paths(None, &log);
    assert_located(
        &paths,
        &[
            ("/w/Engine/Source/Runtime/Core/Core.h", Some("Engine/Source/Runtime/Core/Core.h")),
            ("/x/Engine/Source/Runtime/Core/Core.h", Some("Engine/Source/Runtime/Core/Core.h")),
            ("/w/Engine/Source/Core.h", None),
            ("../../../Engine/Content/Maps/Entry.umap", Some("Engine/Content/Maps/Entry.umap")),
            ("/w/Game/Source/Core.h", Some("Game/Source/Core.h")),
        ],
    );
    assert_placed(
        &paths,
        &[("x from Source: /Engine/Maps/Entry", Some("Engine/Content/Maps/Entry.umap"))],
    );
}

#[test]
fn without_a_project_in_the_checkout_the_project_of_the_log_decides() {
    let docs = Folder::new(&["README.md", "docs/Source/A.md"]);
    let paths = docs.paths(Some("games"), &["-project=/w/Game.uproject"]);
    let expected = [
        ("/w/Source/A.cpp", Some("games/Source/A.cpp")),
        ("/w/Source/A.cpp/C:", None),
        ("/x/Source/A.cpp", None),
        ("A.md", None),
        ("Source/A.md", Some("docs/Source/A.md")),
    ];
    assert_located(&paths, &expected);
    let plugin = Folder::new(&["Doors.uplugin", "Source/Doors/Hinge.cpp"]);
    let host = "-project=/out/HostProject/HostProject.uproject";
    let paths = plugin.paths(None, &[host]);
    let path = "/out/HostProject/Plugins/Doors/Source/Doors/Hinge.cpp";
    assert_located(&paths, &[(path, Some("Source/Doors/Hinge.cpp"))]);
    let empty = Folder::new(&[]).paths(None, &["-project=/w/Game.uproject"]);
    let known =
        [("/w/Source/A.cpp", Some("Source/A.cpp")), ("A.cpp", None), ("/w/UE/Engine/A.h", None)];
    assert_located(&empty, &known);
}

#[test]
fn generated_files_are_resolved_to_their_module() {
    let checkout = Folder::new(&[
        "Game.uproject",
        "Source/Game/Game.Build.cs",
        "a/Two.Build.cs",
        "b/Two.Build.cs",
    ]);
    let rules = Some("Source/Game/Game.Build.cs");
    let inc = "/w/Intermediate/Build/Win64/UnrealGame/Inc";
    let log = ["-project=/w/Game.uproject"];
    for (paths, rules) in [(checkout.paths(None, &log), rules), (Paths::new(None, None, &[]), None)]
    {
        assert_located(
            &paths,
            &[
                ("/w/Intermediate/Build/Module.Game.3_of_9.cpp", rules),
                ("Module.Game.cpp", rules),
                ("Module.Game.gen.1_of_2.cpp", rules),
                (&format!("{inc}/Game/UHT/Door.gen.cpp"), rules),
                (&format!("{inc}/Game/Door.generated.h"), rules),
                ("Module.Two.cpp", None),
                ("Module.Gone.cpp", None),
                (&format!("{inc}/Gone/UHT/Door.gen.cpp"), None),
                ("/w/Door.gen.cpp", None),
                ("Inc/Door.gen.cpp", None),
            ],
        );
    }
}

#[test]
fn an_asset_resolves_to_its_file_in_the_repository() {
    let checkout = Folder::new(&[
        "g/Game.uproject",
        "g/Content/Maps/Level.umap",
        "g/Content/A/Door.uasset",
        "g/Content/__ExternalActors__/Maps/Level/0/AB/XYZ.uasset",
        "g/Plugins/Sets/Doors/Doors.uplugin",
        "g/Plugins/Sets/Doors/Content/Lock.uasset",
        "g/Plugins/Sets/Doors/Source/Hinges/Hinges.Build.cs",
    ]);
    let actor = "LogX /Game/__ExternalActors__/Maps/Level/0/AB/XYZ.XYZ is wrong";
    let table = [
        ("x from Source: /Game/Maps/Level.Level_C:Main", Some("g/Content/Maps/Level.umap")),
        ("x from Source: /game/a/door.Door", None),
        ("x from Source: /Game/a/door.Door", Some("g/Content/A/Door.uasset")),
        ("x from Source: /Game/A/Gone.Gone", None),
        ("x from Source: /Doors/Lock.Lock", Some("g/Plugins/Sets/Doors/Content/Lock.uasset")),
        ("x from Source: /Gone/Lock.Lock", None),
        ("x from Source: /Engine/A/Door", None),
        ("Failed to load '/Game/A/Door': x", Some("g/Content/A/Door.uasset")),
        ("Failed to load '/Game/A/Gone': Can't find file.", None),
        ("'/Game/A/Gone' is in '/Game/A/Door.Door'", Some("g/Content/A/Door.uasset")),
        (
            "Failed to find script package '/Script/Hinges'",
            Some("g/Plugins/Sets/Doors/Source/Hinges/Hinges.Build.cs"),
        ),
        ("Failed to load '/Script/OSC': Can't find file.", None),
        (actor, Some("g/Content/__ExternalActors__/Maps/Level/0/AB/XYZ.uasset")),
        ("x from Source: /Game/../../etc/passwd", None),
        (
            r"Can't clobber writable file X:\Content\A\Door.uasset. Why?",
            Some("g/Content/A/Door.uasset"),
        ),
        (r"Can't clobber writable file X:\Content\A\Gone.uasset", None),
    ];
    for log in [&["-project=/w/Game.uproject"][..], &[]] {
        assert_placed(&checkout.paths(None, log), &table);
    }
    assert_eq!(map_of_message(actor).as_deref(), Some("/Game/Maps/Level"));
    assert_eq!(map_of_message(table[0].0), None);
}

#[test]
fn without_a_checkout_only_an_asset_that_must_be_there_has_a_file() {
    let paths = Paths::new(Some("games"), None, &[]);
    let table = [
        ("x from Source: /Game/A/Door.Door", Some("games/Content/A/Door.uasset")),
        ("Failed to compile Material /Game/M.M for platform X", Some("games/Content/M.uasset")),
        ("Failed to load '/Game/A/Door': Can't find file.", None),
        ("x from Source: /Doors/Lock.Lock", None),
        ("x from Source: /Engine/A.A", None),
        ("x from Source: /Game/../A", None),
        ("GameDefaultMap is wrong", Some("games/Config/DefaultEngine.ini")),
        ("x (referenced via Target -> Game.Build.cs)", None),
        ("Plugin 'Doors' failed to load", None),
        ("nothing", None),
    ];
    assert_placed(&paths, &table);
}

#[test]
fn a_package_resolves_to_its_file() {
    let checkout = Folder::new(&["Game.uproject", "Content/A/Door.uasset"]);
    let paths = checkout.paths(None, &[WINDOWS]);
    let place =
        |message: &str| paths.of_message(message).map(|place| (place.file, place.in_repository));
    let game =
        "Package ../../../../../W/My Game/Content/A/Door.uasset is too new. Engine Version: 1008";
    assert_eq!(place(game), Some(("Content/A/Door.uasset".to_owned(), true)));
    let engine = "Package ../../../Engine/Content/A.uasset has newer custom version of X";
    assert_eq!(place(engine), Some(("../../../Engine/Content/A.uasset".to_owned(), false)));
}

#[test]
fn settings_modules_and_plugins_resolve_to_their_definitions() {
    let checkout = Folder::new(&[
        "Source/Doors/Doors.Build.cs",
        "Source/Game.Target.cs",
        "Plugins/Lock/Lock.uplugin",
    ]);
    checkout.write("Game.uproject", "{\n\"Plugins\": [\n{\"Name\": \"Online\"}\n]}");
    checkout.write("Config/DefaultEngine.ini", "[X]\n\n[Core.System]\n+Paths=../../../Gone\n[/Script/EngineSettings.GameMapsSettings]\nGlobalDefaultGameMode=/Game/A.A_C\n");
    checkout
        .write("Config/DefaultGame.ini", "[X]\n+DirectoriesToAlwaysStageAsUFS=(Path=\"Movies\")\n");
    let table = [
        (
            "GlobalDefaultGameMode contains a redirected reference '/Game/A'.",
            Some("Config/DefaultEngine.ini:6"),
        ),
        (
            "EditorStartupMap contains a redirected reference '/Game/B'.",
            Some("Config/DefaultEngine.ini"),
        ),
        ("Engine.ini:[Core.System]:Paths entry is wrong", Some("Config/DefaultEngine.ini:4")),
        ("Engine.ini:[X]:Paths entry is wrong", Some("Config/DefaultEngine.ini")),
        ("Input.ini:[X]:Paths entry is wrong", None),
        ("x\n at Project.StageAdditionalDirectoriesFromConfig(", Some("Config/DefaultGame.ini:2")),
        (
            "Could not find definition for module 'Gone' (referenced via Target -> Doors.Build.cs)",
            Some("Source/Doors/Doors.Build.cs"),
        ),
        (
            "Could not find definition for module 'Gone' (referenced via Target -> Gone.Build.cs)",
            None,
        ),
        (r"C:\W\My Game\Source\Game.Target.cs is out of date", Some("Source/Game.Target.cs")),
        ("Unable to instantiate module 'Doors': x", Some("Source/Doors/Doors.Build.cs")),
        (
            "Plugin 'Lock' failed to load because module 'Doors' could not be found",
            Some("Plugins/Lock/Lock.uplugin"),
        ),
        ("Unable to find plugin 'Online'", Some("Game.uproject:3")),
        (
            "Unable to find plugin 'Gone' (referenced via Game.uproject). Install it",
            Some("Game.uproject"),
        ),
        ("Unable to find plugin 'Gone'", None),
    ];
    assert_placed(&checkout.paths(None, &[WINDOWS]), &table);
}

#[test]
fn an_unsafe_name_is_not_a_file_name() {
    let cleaner = Cleaner::new(&["tok123456"], Style::default());
    let checkout =
        Folder::new(&["Game.uproject", "Source/##[x].cpp", "Source/tok123456.cpp", "Source/A.cpp"]);
    let paths = checkout.paths(None, &[]);
    for (path, expected) in [
        ("/w/Source/A.cpp", ("Source/A.cpp", true)),
        ("/w/Source/##[x].cpp", (r"Source/#\#[x].cpp", false)),
        ("/w/Source/tok123456.cpp", ("Source/***.cpp", false)),
    ] {
        let Location { file, in_repository, .. } = paths.locate(path);
        assert!(in_repository, "{path}");
        let shown = safe(
            Location { file, in_repository, line: Some(3), column: None, end_line: None },
            &cleaner,
        );
        assert_eq!((shown.file.as_str(), shown.in_repository), expected, "{path}");
        assert_eq!(shown.line, Some(3));
    }
    let file = "Source/A\nB.cpp".to_owned();
    let odd = Location { file, in_repository: true, line: None, column: None, end_line: None };
    let shown = safe(odd, &cleaner);
    assert_eq!((shown.file.as_str(), shown.in_repository), ("Source/A B.cpp", false));
}

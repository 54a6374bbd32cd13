//! Properties of resolving file names for any checkout and any log.

use std::sync::Arc;

use proptest::prelude::*;

use super::resolve_tests::{Folder, Paths};
use crate::model::{Clue, RemoteFile, Source};
use crate::reader::location::folder_in_repository;
use unreal_log::locate::spelling::is_absolute;

/// Paths and messages that are likely to resemble real ones.
fn odd_path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        Just("C:".to_owned()),
        proptest::sample::select(
            &[
                "w",
                "g",
                "Source",
                "Plugins",
                "Content",
                "Config",
                "Engine",
                "Game",
                "A.cpp",
                "a.CPP",
                "Game.uproject",
                "Doors",
                "Intermediate",
                "Module.Game.cpp",
                "Script",
                "etc",
                "passwd"
            ][..]
        )
        .prop_map(str::to_owned),
        "[a-zA-Z#\\[: .\n'\"]{0,6}",
    ];
    let separator = proptest::sample::select(&["/", "\\", "//"][..]);
    proptest::collection::vec((piece, separator), 0..9).prop_map(|pieces| {
        pieces
            .into_iter()
            .flat_map(|(piece, separator)| [piece, separator.to_owned()])
            .collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_the_repository_is_absolute_or_climbs_out_of_it(
        path in odd_path(),
        command in odd_path(),
        root in proptest::option::of("[a-z]{0,3}"),
    ) {
        let mut paths = NOWHERE.with(Paths::clone);
        paths.source_root = root.map(|root| root + "/").filter(|root| root != "/");
        for line in [format!("-project={command}Game.uproject"), format!("{command}/Engine/Binaries/x")] {
            paths.learn(&line);
        }
        let found = paths.locate(&path);
        let message = format!("x from Source: /{path} and '{command}'");
        let placed = paths.of_message(&message).map(|place| (place.file, place.in_repository));
        for (file, in_repository) in [Some((found.file, found.in_repository)), placed].into_iter().flatten() {
            prop_assert!(!in_repository || !is_absolute(&file), "{}", file);
            prop_assert!(!in_repository || file.split('/').all(|name| !["", ".", ".."].contains(&name)), "{}", file);
        }
    }

    #[test]
    fn with_a_project_in_the_checkout_a_file_in_the_repository_is_one_of_the_checkout(
        path in odd_path(),
        command in odd_path(),
    ) {
        let mut paths = SOMEWHERE.with(|(_, paths)| paths.clone());
        for line in [format!("-project={command}Game.uproject"), format!("{command}/Engine/Binaries/x")] {
            paths.learn(&line);
        }
        let found = paths.locate(&path);
        let message = format!("{path}.Build.cs from Source: /{path} and '{command}'");
        let placed = paths.of_message(&message).map(|place| (place.file, place.in_repository));
        for (file, in_repository) in [Some((found.file, found.in_repository)), placed].into_iter().flatten() {
            prop_assert!(!in_repository || FILES.contains(&file.as_str()), "{}", file);
        }
    }

    /// A place that is certain without a checkout stays the same with an empty checkout.
    #[test]
    fn an_empty_checkout_changes_no_place(
        path in odd_path(),
        command in odd_path(),
        root in proptest::option::of("[a-z]{0,3}"),
        section in proptest::option::of("[a-zA-Z#]{1,4}"),
    ) {
        let mut paths = NOWHERE.with(Paths::clone);
        paths.source_root = root.as_deref().and_then(folder_in_repository);
        for line in [
            format!("-project={command}Game.uproject"),
            "Cloning into '/w'...".to_owned(),
            format!("-project=/w/g/{command}/Game.uproject"),
            format!("{command}/Engine/Binaries/x"),
        ] {
            paths.learn(&line);
        }
        let empty = Paths { index: Some(Arc::default()), ..paths.clone() };
        let file = || RemoteFile { line: Some(3), ..RemoteFile::whole(path.as_str()) };
        let sources = [
            Source::Setting { ini: "Engine".to_owned(), section, key: path.clone() },
            Source::File(path.clone()),
            Source::Plugin(path.clone()),
            Source::Module(path.clone()),
        ];
        let names = |source| Clue::Names {
            source,
            assets: vec![format!("/{path}"), "/Game/A".to_owned()],
            files: vec![path.clone()],
        };
        let clues = [
            Clue::File(file()),
            Clue::File(RemoteFile::whole(format!("/w/g/{command}/{path}"))),
            Clue::FirstInRepository { files: vec![file(), file()], or_else: None },
            Clue::FirstInRepository { files: vec![file()], or_else: Some(RemoteFile::whole("x")) },
            Clue::Asset(format!("/{path}")),
            Clue::Asset(format!("/Game/{path}")),
        ];
        let named = sources.into_iter().map(Some).chain([None]).map(names);
        for clue in clues.into_iter().chain(named) {
            prop_assert_eq!(paths.location(clue.clone()), empty.location(clue.clone()), "{:?}", clue);
        }
    }
}

const FILES: [&str; 7] = [
    "g/Game.uproject",
    "g/Source/A.cpp",
    "g/Source/Game/Game.Build.cs",
    "g/Plugins/Doors/Doors.uplugin",
    "g/Plugins/Doors/Source/A.cpp",
    "g/Content/Game/A.uasset",
    "Engine/Content/w.umap",
];

thread_local! {
    /// Compiling the tables takes far longer than using them.
    static NOWHERE: Paths = Paths::new(None, None, &[]);
    static SOMEWHERE: (Folder, Paths) = {
        let checkout = Folder::new(&FILES);
        let paths = checkout.paths(None, &[]);
        assert!(paths.index.as_ref().unwrap().is_authoritative());
        (checkout, paths)
    };
}

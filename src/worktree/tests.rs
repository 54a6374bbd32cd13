use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use tempfile::TempDir;

use super::*;

/// A folder with these files, which hold their own names.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        write(folder.path(), file, file);
    }
    folder
}

fn write(folder: &Path, file: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn at(folder: &TempDir) -> Worktree {
    patient(folder.path().to_owned(), Bounds::default())
}

/// Waits for the walk as long as it takes.
fn patient(root: PathBuf, bounds: Bounds) -> Worktree {
    Worktree::walked_by(Duration::from_secs(60), move || walk::walk(&root, bounds))
}

fn all(worktree: &Worktree) -> Vec<&str> {
    let mut files: Vec<_> = worktree.index().unwrap().paths().collect();
    files.sort_unstable();
    files
}

#[test]
fn a_file_is_found_by_its_path_and_spelt_as_the_repository_has_it() {
    let folder = folder(&["Source/Game/Door.cpp", "source/x/A.h", "Source/x/a.H", "Top.txt"]);
    let worktree = at(&folder);
    for (path, expected) in [
        ("Source/Game/Door.cpp", Some("Source/Game/Door.cpp")),
        ("SOURCE/game/door.CPP", Some("Source/Game/Door.cpp")),
        ("top.txt", Some("Top.txt")),
        ("source/x/A.h", Some("source/x/A.h")),
        ("Source/x/a.H", Some("Source/x/a.H")),
        ("Source/X/A.h", None),
        ("Game/Door.cpp", None),
        ("Source/Game", None),
        ("Source/Game/Door.cpp/", None),
        ("/Source/Game/Door.cpp", None),
        ("../Source/Game/Door.cpp", None),
        ("", None),
    ] {
        assert_eq!(worktree.file(path), expected, "{path:?}");
    }
}

#[test]
fn a_file_is_found_by_the_end_of_its_path_unless_another_ends_the_same() {
    let folder = folder(&["a/Source/X.cpp", "b/Source/X.cpp", "b/Source/Y.cpp", "Z.cpp"]);
    let worktree = at(&folder);
    for (path, expected) in [
        ("C:/w/A/source/x.cpp", Some(("a/Source/X.cpp", 3))),
        ("C:/w/c/Source/X.cpp", None),
        ("C:/w/c/Source/Y.cpp", Some(("b/Source/Y.cpp", 2))),
        ("C:/w/c/Y.cpp", Some(("b/Source/Y.cpp", 1))),
        ("X.cpp", None),
        ("x/Z.cpp", Some(("Z.cpp", 1))),
        ("x/W.cpp", None),
    ] {
        let found = worktree.ending(path).map(|Suffix { file, names }| (file, names));
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(worktree.only("y.CPP"), Some("b/Source/Y.cpp"));
    assert_eq!(worktree.only("X.cpp"), None);
}

#[test]
fn a_checkout_with_a_project_has_all_there_is_and_one_without_may_not() {
    let game = folder(&["games/one/Game.uproject", "games/two/Game.uproject", "README.md"]);
    let game = at(&game);
    assert!(game.is_authoritative());
    let mut projects: Vec<_> = game.projects().collect();
    projects.sort_unstable();
    assert_eq!(projects, ["games/one/Game.uproject", "games/two/Game.uproject"]);
    for other in [at(&folder(&["README.md"])), at(&folder(&[])), Worktree::none()] {
        assert!(!other.is_authoritative());
        assert_eq!(other.projects().count(), 0);
    }
}

#[test]
fn a_folder_that_is_not_there_is_no_checkout() {
    let worktree = Worktree::at(PathBuf::from("/nonexistent/checkout"));
    assert!(!worktree.is_authoritative());
    assert_eq!(worktree.file("A.cpp"), None);
    assert_eq!(format!("{worktree:?}"), "Worktree(\"not there\")");
}

#[test]
fn what_tools_make_is_left_out_but_not_a_folder_of_that_name_among_sources_and_assets() {
    let folder = folder(&[
        ".git/config",
        "Intermediate/A.h",
        "Plugins/P/Binaries/A.dll",
        "Plugins/P/intermediate/A.h",
        "Saved/A.ini",
        "DerivedDataCache/A",
        "web/node_modules/a.js",
        "Content/Saved/A.uasset",
        "Source/Game/Intermediate/A.h",
        "Source/node_modules/a.js",
        "Plugins/P/A.uplugin",
    ]);
    assert_eq!(
        all(&at(&folder)),
        ["Content/Saved/A.uasset", "Plugins/P/A.uplugin", "Source/Game/Intermediate/A.h"]
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_names_that_others_would_misread_are_left_out() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let outside = folder(&["secret.cpp"]);
    let folder =
        folder(&["Source/A.cpp", "Source/B\nC.cpp", r"Source\D.cpp", "C:/E.cpp", "\u{1b}/F.cpp"]);
    let root = folder.path();
    symlink(root, root.join("Source/loop")).unwrap();
    symlink(outside.path(), root.join("outside")).unwrap();
    symlink(outside.path().join("secret.cpp"), root.join("secret.cpp")).unwrap();
    fs::write(root.join(OsStr::from_bytes(b"\xff.cpp")), "").unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(root.join("G.cpp")).status().unwrap().success()
    );
    let worktree = at(&folder);
    assert_eq!(all(&worktree), ["Source/A.cpp"]);
}

#[test]
fn a_tree_beyond_the_bounds_is_cut_and_is_not_taken_for_all_there_is() {
    let names: Vec<_> = (0..50).map(|number| format!("Source/{number}.cpp")).collect();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.extend(["Game.uproject", "a/b/c/d.cpp"]);
    let folder = folder(&names);
    let with = |entries, depth| {
        let bounds = Bounds { entries, depth, ..Bounds::default() };
        patient(folder.path().to_owned(), bounds)
    };
    // 52 files and four folders.
    let whole = with(56, 3);
    assert!(whole.is_authoritative());
    assert_eq!(whole.only("d.cpp"), Some("a/b/c/d.cpp"));
    for cut in [with(55, 3), with(56, 2), with(10, 3)] {
        assert!(!cut.is_authoritative());
        assert_eq!(cut.file("game.uproject"), Some("Game.uproject"), "the upper files come first");
        assert_eq!(cut.only("Game.uproject"), None, "there may be another");
        assert_eq!(cut.ending("x/Game.uproject"), None, "there may be another");
    }
    assert_eq!(all(&with(10, 3)).len(), 10 - 2);
}

#[test]
fn configuration_and_projects_are_read_and_nothing_else() {
    let folder = folder(&["Game.uproject", "Source/A.cpp", "Config/Other.ini", "x/DefaultX.ini"]);
    let utf16: Vec<_> = "\u{feff}[A]\nKey=ä".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write(folder.path(), "Config/DefaultEngine.ini", utf16);
    write(folder.path(), "Config/DefaultGame.ini", b"[A]\nKey=\xff");
    write(folder.path(), "Plugins/P/Config/DefaultP.ini", "x".repeat(1000));
    let bounds = Bounds { texts: 4, text_bytes: 100, ..Bounds::default() };
    let worktree = patient(folder.path().to_owned(), bounds);
    assert_eq!(worktree.text("Game.uproject"), Some("Game.uproject"));
    assert_eq!(worktree.text("Config/DefaultEngine.ini"), Some("[A]\nKey=ä"));
    assert_eq!(worktree.text("Config/DefaultGame.ini"), Some("[A]\nKey=\u{fffd}"));
    assert_eq!(worktree.text("Plugins/P/Config/DefaultP.ini").map(str::len), Some(100));
    for other in ["Source/A.cpp", "Config/Other.ini", "x/DefaultX.ini", "Config/Defaultengine.ini"]
    {
        assert_eq!(worktree.text(other), None, "{other}");
    }
    let fewer = patient(folder.path().to_owned(), Bounds { texts: 1, ..bounds });
    assert!(fewer.text("Game.uproject").is_some(), "the upper files come first");
    assert!(fewer.text("Config/DefaultEngine.ini").is_none());
}

#[test]
fn the_checkout_around_a_folder_is_its_git_repository_or_the_project_that_it_is() {
    let folder = folder(&["repo/.git/HEAD", "repo/ci/run", "game/Game.uproject", "home/a.txt"]);
    let around = |inside: &str| Worktree::around(folder.path().join(inside));
    assert_eq!(around("repo/ci").file("ci/run"), Some("ci/run"));
    assert!(around("game").is_authoritative());
    // Unless somebody has a repository around all temporary folders.
    if walk::top(folder.path()).is_none() {
        assert!(around("home").index().is_none());
    }
}

#[test]
fn the_walk_begins_when_it_is_wanted_and_only_once() {
    let walks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&walks);
    let worktree = Worktree::walked_by(Duration::from_secs(60), move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Some(Index::default())
    });
    let other = worktree.clone();
    drop(worktree.clone());
    assert_eq!(walks.load(Ordering::Relaxed), 0);
    worktree.begin();
    other.begin();
    assert_eq!(other.file("A.cpp"), None);
    assert!(worktree.index().is_some() && other.index().is_some());
    assert_eq!(walks.load(Ordering::Relaxed), 1);
}

#[test]
fn a_disk_that_hangs_is_waited_for_once_and_known_when_it_has_answered() {
    let (answer, hangs) = mpsc::channel::<()>();
    let worktree = Worktree::walked_by(Duration::from_millis(20), move || {
        let _waited = hangs.recv();
        let mut index = Index::default();
        index.add("", "Game.uproject");
        index.sort();
        Some(index)
    });
    let began = Instant::now();
    for _ in 0..1000 {
        assert_eq!(worktree.file("Game.uproject"), None);
        assert!(!worktree.is_authoritative());
    }
    // A thousand times the patience would be twenty seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(format!("{worktree:?}"), "Worktree(\"not known yet\")");
    answer.send(()).unwrap();
    while worktree.index().is_none() {
        thread::yield_now();
    }
    assert!(worktree.is_authoritative());
}

#[test]
fn whoever_waits_for_a_walk_is_woken_when_it_ends() {
    let longest = Duration::from_secs(120);
    let began = Instant::now();
    // Some of the walks are over before anybody waits.
    for _ in 0..50 {
        let worktree = Worktree::walked_by(longest, || {
            (0..100).for_each(|_| thread::yield_now());
            let mut index = Index::default();
            index.add("a/", "B.cpp");
            index.sort();
            Some(index)
        });
        assert_eq!(worktree.file("A/b.cpp"), Some("a/B.cpp"));
    }
    assert!(began.elapsed() < longest, "{:?}", began.elapsed());
}

#[test]
fn a_checkout_that_git_was_told_to_leave_files_out_of_decides_nothing() {
    let sparse = folder(&["Game.uproject", ".git/info/sparse-checkout"]);
    assert!(!at(&sparse).is_authoritative());
    assert_eq!(at(&sparse).file("game.uproject"), Some("Game.uproject"));
    let linked = folder(&["Game.uproject", "elsewhere/info/sparse-checkout"]);
    write(linked.path(), ".git", "gitdir: elsewhere\n");
    assert!(!at(&linked).is_authoritative());
    let whole = folder(&["Game.uproject", ".git/info/exclude"]);
    assert!(at(&whole).is_authoritative());
}

#[test]
fn the_files_of_a_submodule_are_none_of_the_repository() {
    let folder =
        folder(&["Game.uproject", "Plugins/Fog/Fog.cpp", "Plugins/Rain/Rain.cpp", ".git/HEAD"]);
    write(folder.path(), "Plugins/Fog/.git", "gitdir: ../../.git/modules/Fog");
    assert_eq!(all(&at(&folder)), ["Game.uproject", "Plugins/Rain/Rain.cpp"]);
}

#[test]
fn a_workspace_may_hold_the_repository_in_a_folder_of_its_own() {
    let of = |files: &[&str]| {
        let workspace = folder(files);
        let worktree = Worktree::within(workspace.path().to_owned());
        let found = worktree.projects().next().map(str::to_owned);
        drop(workspace);
        found
    };
    assert_eq!(of(&["game/.git/HEAD", "game/Game.uproject"]).as_deref(), Some("Game.uproject"));
    let both = ["game/.git/HEAD", "game/Game.uproject", "tools/.git/HEAD"];
    assert_eq!(of(&both).as_deref(), None, "each is a repository of its own");
    let beside = ["Game.uproject", "vcpkg/.git/HEAD"];
    assert_eq!(of(&beside).as_deref(), Some("Game.uproject"), "not each checkout leaves a .git");
    let top = [".git/HEAD", "game/Game.uproject"];
    assert_eq!(of(&top).as_deref(), Some("game/Game.uproject"));
}

#[test]
fn whoever_is_in_a_hurry_waits_for_no_walk() {
    let (end, ended) = mpsc::channel::<()>();
    let worktree = Worktree::walked_by(Duration::from_secs(60), move || {
        // The other end is dropped at the end of the test.
        let _ended = ended.recv();
        None
    });
    worktree.hurry();
    let began = Instant::now();
    assert_eq!(worktree.file("A.cpp"), None);
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(end);
}

#[test]
fn of_very_many_namesakes_only_a_whole_path_tells_one() {
    let names: Vec<_> = (0..300).map(|n| format!("m{n}/Main.cpp")).collect();
    let folder = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let worktree = at(&folder);
    assert_eq!(worktree.file("m7/Main.cpp"), Some("m7/Main.cpp"));
    assert_eq!(worktree.file("M7/main.cpp"), None);
    assert_eq!(worktree.ending("x/m7/Main.cpp"), None);
}

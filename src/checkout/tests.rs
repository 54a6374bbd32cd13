//! The walk over a checkout, and lookups in its index.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::index::Suffix;
use super::*;

/// A folder with these files, each of which contains its own name.
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

fn at(folder: &TempDir) -> Index {
    walk::walk(folder.path(), Bounds::default()).unwrap()
}

fn all(index: &Index) -> Vec<&str> {
    let mut files: Vec<_> = index.paths().collect();
    files.sort_unstable();
    files
}

/// The checkout after its walk.
async fn walked(mut checkout: Checkout) -> Checkout {
    checkout.begin().unwrap();
    checkout.walked().await;
    checkout
}

/// A walk that ends with the index sent over the channel.
fn hanging() -> (Checkout, mpsc::Sender<Option<Index>>) {
    let (answer, hangs) = mpsc::channel();
    (Checkout::walked_by(move || hangs.recv().ok().flatten()), answer)
}

/// An index with this file.
fn with(file: &str) -> Index {
    let mut index = Index::default();
    index.add("", file);
    index.sort();
    index
}

#[test]
fn a_file_is_found_by_its_path_and_spelt_as_the_repository_has_it() {
    let folder = folder(&["Source/Game/Door.cpp", "source/x/A.h", "Source/x/a.H", "Top.txt"]);
    let index = at(&folder);
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
        assert_eq!(index.file(path), expected, "{path:?}");
    }
}

#[test]
fn a_file_is_found_by_the_end_of_its_path_unless_another_ends_the_same() {
    let folder = folder(&["a/Source/X.cpp", "b/Source/X.cpp", "b/Source/Y.cpp", "Z.cpp"]);
    let index = at(&folder);
    for (path, expected) in [
        ("C:/w/A/source/x.cpp", Some(("a/Source/X.cpp", 3))),
        ("C:/w/c/Source/X.cpp", None),
        ("C:/w/c/Source/Y.cpp", Some(("b/Source/Y.cpp", 2))),
        ("C:/w/c/Y.cpp", Some(("b/Source/Y.cpp", 1))),
        ("X.cpp", None),
        ("x/Z.cpp", Some(("Z.cpp", 1))),
        ("x/W.cpp", None),
    ] {
        let found = index.ending(path).map(|Suffix { file, names }| (file, names));
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(index.only("y.CPP"), Some("b/Source/Y.cpp"));
    assert_eq!(index.only("X.cpp"), None);
}

#[test]
fn only_a_checkout_with_a_project_is_complete() {
    let game = folder(&["games/one/Game.uproject", "games/two/Game.uproject", "README.md"]);
    let game = at(&game);
    assert!(game.is_authoritative());
    let mut projects: Vec<_> = game.projects().collect();
    projects.sort_unstable();
    assert_eq!(projects, ["games/one/Game.uproject", "games/two/Game.uproject"]);
    for other in [at(&folder(&["README.md"])), at(&folder(&[]))] {
        assert!(!other.is_authoritative());
        assert_eq!(other.projects().count(), 0);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_no_checkout() {
    let checkout = walked(Checkout::at(PathBuf::from("/nonexistent/checkout"))).await;
    assert!(checkout.index().is_none());
    assert_eq!(format!("{checkout:?}"), "Checkout(\"none\")");
}

#[test]
fn generated_folders_are_skipped_except_below_sources_and_assets() {
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
fn links_are_not_followed_and_ambiguous_names_are_skipped() {
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
    let index = at(&folder);
    assert_eq!(all(&index), ["Source/A.cpp"]);
}

#[test]
fn a_tree_beyond_the_bounds_is_cut_and_not_taken_as_complete() {
    let names: Vec<_> = (0..50).map(|number| format!("Source/{number}.cpp")).collect();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.extend(["Game.uproject", "a/b/c/d.cpp"]);
    let folder = folder(&names);
    let with = |entries, depth| {
        let bounds = Bounds { entries, depth, ..Bounds::default() };
        walk::walk(folder.path(), bounds).unwrap()
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
    let first = ["Game.uproject", "Source/0.cpp", "Source/1.cpp", "Source/10.cpp"];
    assert_eq!(all(&with(6, 3)), first, "whatever the file system lists first");
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
    let index = walk::walk(folder.path(), bounds).unwrap();
    assert_eq!(index.text("Game.uproject"), Some("Game.uproject"));
    assert_eq!(index.text("Config/DefaultEngine.ini"), Some("[A]\nKey=ä"));
    assert_eq!(index.text("Config/DefaultGame.ini"), Some("[A]\nKey=\u{fffd}"));
    assert_eq!(index.text("Plugins/P/Config/DefaultP.ini").map(str::len), Some(100));
    for other in ["Source/A.cpp", "Config/Other.ini", "x/DefaultX.ini", "Config/Defaultengine.ini"]
    {
        assert_eq!(index.text(other), None, "{other}");
    }
    let fewer = walk::walk(folder.path(), Bounds { texts: 1, ..bounds }).unwrap();
    assert!(fewer.text("Game.uproject").is_some(), "the upper files come first");
    assert!(fewer.text("Config/DefaultEngine.ini").is_none());
}

#[tokio::test]
async fn the_checkout_around_a_folder_is_its_git_repository_or_the_project_that_it_is() {
    let folder = folder(&["repo/.git/HEAD", "repo/ci/run", "game/Game.uproject", "home/a.txt"]);
    let around = |inside: &str| walked(Checkout::around(folder.path().join(inside)));
    let repository = around("repo/ci").await;
    assert_eq!(repository.index().unwrap().file("ci/run"), Some("ci/run"));
    assert!(around("game").await.index().unwrap().is_authoritative());
    // Unless a repository surrounds all temporary folders.
    if walk::top(folder.path()).is_none() {
        assert!(around("home").await.index().is_none());
    }
}

#[tokio::test]
async fn the_walk_begins_on_demand_and_only_once() {
    let walks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&walks);
    let mut checkout = Checkout::walked_by(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Some(Index::default())
    });
    assert_eq!(walks.load(Ordering::Relaxed), 0);
    checkout.begin().unwrap();
    checkout.begin().unwrap();
    checkout.walked().await;
    assert!(checkout.index().is_some());
    assert_eq!(walks.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_hanging_disk_is_not_waited_for_and_its_late_answer_is_used() {
    let (mut checkout, answer) = hanging();
    checkout.begin().unwrap();
    let top = checkout.top();
    assert_eq!(format!("{checkout:?}"), "Checkout(\"not known yet\")");
    assert!(checkout.index().is_none() && top.path().is_none() && !checkout.is_walked());
    answer.send(Some(with("Game.uproject"))).unwrap();
    checkout.walked().await;
    assert!(checkout.index().unwrap().is_authoritative());
    assert!(top.path().is_some());
}

#[tokio::test]
async fn waiting_for_a_walk_resolves_when_it_ends() {
    // Some of the walks end before anybody waits.
    for yields in 0..50 {
        let checkout = walked(Checkout::walked_by(move || {
            (0..yields).for_each(|_| thread::yield_now());
            Some(with("B.cpp"))
        }));
        let waited = tokio::time::timeout(Duration::from_secs(60), checkout).await;
        assert_eq!(waited.unwrap().index().unwrap().file("b.cpp"), Some("B.cpp"));
    }
}

#[tokio::test]
async fn a_walk_that_fails_ends_without_a_checkout() {
    let (mut checkout, answer) = hanging();
    checkout.begin().unwrap();
    // The other end of the channel is gone, and so is the walk.
    drop(answer);
    checkout.walked().await;
    assert!(checkout.index().is_none());
    let panics = walked(Checkout::walked_by(|| panic!("a bug in the walk"))).await;
    assert!(panics.index().is_none());
}

#[tokio::test]
async fn without_a_thread_there_is_no_checkout() {
    let mut checkout = Checkout::walked_by(|| Some(with("Game.uproject")));
    // No machine has so much memory.
    checkout.begin_on(thread::Builder::new().stack_size(1 << 60)).unwrap_err();
    assert!(checkout.is_walked());
    assert!(checkout.index().is_none());
    checkout.begin().unwrap();
    assert!(checkout.index().is_none());
}

#[test]
fn a_sparse_checkout_is_not_complete() {
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

#[tokio::test]
async fn a_workspace_may_hold_the_repository_in_a_folder_of_its_own() {
    let of = async |files: &[&str]| {
        let workspace = folder(files);
        let checkout = walked(Checkout::within(workspace.path().to_owned())).await;
        checkout.index().unwrap().projects().next().map(str::to_owned)
    };
    let inner = of(&["game/.git/HEAD", "game/Game.uproject"]).await;
    assert_eq!(inner.as_deref(), Some("Game.uproject"));
    let both = ["game/.git/HEAD", "game/Game.uproject", "tools/.git/HEAD"];
    assert_eq!(of(&both).await.as_deref(), None, "each is a repository of its own");
    let beside = ["Game.uproject", "vcpkg/.git/HEAD"];
    let beside = of(&beside).await;
    assert_eq!(beside.as_deref(), Some("Game.uproject"), "not each checkout leaves a .git");
    let top = of(&[".git/HEAD", "game/Game.uproject"]).await;
    assert_eq!(top.as_deref(), Some("game/Game.uproject"));
}

#[test]
fn very_common_names_resolve_only_by_full_path() {
    let names: Vec<_> = (0..300).map(|n| format!("m{n}/Main.cpp")).collect();
    let folder = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let index = at(&folder);
    assert_eq!(index.file("m7/Main.cpp"), Some("m7/Main.cpp"));
    assert_eq!(index.file("M7/main.cpp"), None);
    assert_eq!(index.ending("x/m7/Main.cpp"), None);
}

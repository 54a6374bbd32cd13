//! A folder is opened without following links below the workspace, and nothing in it is written through.

use super::*;

/// The texts of the files in a folder, by name.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = entries.map(|path| (name(&path), text(&path))).collect();
    files.sort_unstable();
    files
}

#[test]
fn a_path_is_split_where_the_workspace_begins() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("w");
    fs::create_dir_all(workspace.join("w")).unwrap();
    let tops = [workspace.canonicalize().unwrap(), workspace.canonicalize().unwrap().join("w")];
    let names = |names: &[&str]| names.iter().map(OsString::from).collect::<Vec<_>>();
    for (path, base, below) in [
        ("w/a/b", "w", &["a", "b"][..]),
        ("w/w/a", "w", &["w", "a"]),
        ("w", "w", &[]),
        ("other/a", "other", &["a"]),
    ] {
        let expected = (folder.path().join(base), names(below));
        assert_eq!(split(&folder.path().join(path), &tops), expected, "{path}");
    }
}

#[test]
fn dots_in_a_path_are_resolved_without_the_disk() {
    for (path, expected) in [("/w/./a//b/", "/w/a/b"), ("/w/a/../../x", "/x"), ("/../a", "/a")] {
        assert_eq!(normalised(Path::new(path)), Path::new(expected));
    }
}

#[test]
fn a_replaced_file_is_whole_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w/deep/er");
    for text in ["first", "second"] {
        let opened = OpenFolder::make(&path, &[folder.path().to_owned()]).unwrap();
        opened.replace("a", text).unwrap();
        assert_eq!(files(&path), [("a".to_owned(), text.to_owned())]);
    }
}

#[test]
fn a_folder_is_locked_until_the_lock_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = [(); 2].map(|()| OpenFolder::make(folder.path(), &[]).unwrap());
    let lock = first.lock().unwrap();
    assert!(lock.is_some());
    assert!(second.lock().unwrap().is_none());
    drop(lock);
    assert!(second.lock().unwrap().is_some());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn links_above_the_workspace_are_followed_and_none_below() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("real/w/a")).unwrap();
        fs::create_dir_all(at("outside/inner")).unwrap();
        symlink(at("real"), at("link")).unwrap();
        symlink(at("outside"), at("real/w/linked")).unwrap();
        symlink(at("outside"), at("real/w/a/linked")).unwrap();
        symlink(at("nowhere"), at("real/w/dangling")).unwrap();
        for workspace in ["real/w", "link/w"] {
            let workspace = [at(workspace)];
            for path in ["link/w/reports", "real/w/reports", "link/w/a/reports", "link/w"] {
                let opened = OpenFolder::make(&at(path), &workspace).unwrap();
                opened.replace("file", path).unwrap();
                assert_eq!(fs::read_to_string(at(path).join("file")).unwrap(), path);
            }
            for (path, link) in [
                ("link/w/linked", "link/w/linked"),
                ("real/w/linked/inner", "real/w/linked"),
                ("link/w/linked/new", "link/w/linked"),
                ("link/w/a/linked/new", "link/w/a/linked"),
                ("link/w/x/../linked/new", "link/w/linked"),
                ("real/w/dangling", "real/w/dangling"),
            ] {
                let error = OpenFolder::make(&at(path), &workspace).unwrap_err().to_string();
                let expected =
                    format!("{} is a link, and links are not followed", at(link).display());
                assert_eq!(error, expected);
            }
        }
        // Outside of the workspace only the folder itself counts.
        let workspace = [at("real/w")];
        assert!(OpenFolder::make(&at("link/other/reports"), &workspace).is_ok());
        symlink(at("outside"), at("real/reports")).unwrap();
        assert!(OpenFolder::make(&at("link/reports"), &workspace).is_err());
        let outside: Vec<_> = fs::read_dir(at("outside")).unwrap().collect();
        assert_eq!(outside.len(), 1, "{outside:?}");
        assert_eq!(fs::read_dir(at("outside/inner")).unwrap().count(), 0);
        assert!(!at("nowhere").exists());
    }

    #[test]
    fn links_pipes_and_second_names_of_files_are_replaced_and_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let opened = OpenFolder::make(&at("reports"), &[]).unwrap();
        for name in ["symbolic", "hard", "unfinished", "dangling", "pipe"] {
            fs::write(at(name), "foreign").unwrap();
            let file = at("reports").join(name);
            match name {
                "symbolic" => symlink(at(name), file).unwrap(),
                "hard" => fs::hard_link(at(name), file).unwrap(),
                "unfinished" => symlink(at(name), file.with_added_extension("tmp")).unwrap(),
                "dangling" => symlink(at("nowhere"), file).unwrap(),
                _ => assert!(Command::new("mkfifo").arg(file).status().unwrap().success()),
            }
        }
        for name in ["symbolic", "hard", "unfinished", "dangling", "pipe"] {
            let file = at("reports").join(name);
            match name {
                "hard" | "pipe" => drop(opened.create(name).unwrap()),
                _ => opened.replace(name, "").unwrap(),
            }
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "foreign", "{name}");
            assert!(fs::symlink_metadata(&file).unwrap().is_file(), "{name}");
            assert_eq!(fs::read_to_string(file).unwrap(), "", "{name}");
        }
        assert!(!at("nowhere").exists());
        assert_eq!(files(&at("reports")).len(), 5);
    }

    #[test]
    fn a_link_that_takes_the_place_of_an_open_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("outside")).unwrap();
        let opened = OpenFolder::make(&at("reports"), &[]).unwrap();
        fs::rename(at("reports"), at("moved")).unwrap();
        symlink(at("outside"), at("reports")).unwrap();
        opened.replace("file", "text").unwrap();
        assert_eq!(files(&at("moved")), [("file".to_owned(), "text".to_owned())]);
        assert_eq!(files(&at("outside")), []);
        assert!(opened.is_same(&OpenFolder::make(&at("moved"), &[]).unwrap()));
    }

    #[test]
    fn only_folders_that_are_no_links_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("top/inner")).unwrap();
        fs::write(at("top/inner/mark"), "").unwrap();
        fs::write(at("top/file"), "").unwrap();
        symlink(at("top/inner"), at("top/link")).unwrap();
        let top = OpenFolder::make(&at("top"), &[]).unwrap();
        let inner = top.folders(10);
        assert_eq!(inner.len(), 1);
        assert!(inner[0].has("mark") && !inner[0].has("other"));
        assert!(top.folders(0).is_empty());
    }
}

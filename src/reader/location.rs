//! The location of a finding in the repository, as far as it is certain without a checkout, with a name that is safe to
//! show.

use unreal_log::RemotePath;
use unreal_log::locate::certain::{CertainFile, CertainPath};
use unreal_log::locate::spelling::normalised_without_parents;

use crate::model::{BuildMachine, Location};
use crate::text::Cleaner;

/// The location of a file that is certain to be in the project, or the file as the log names it. `source_root` is the
/// project's folder in the repository as the user gave it, empty or ending in `/`.
pub(crate) fn certain(remote: &RemotePath, source_root: Option<&str>) -> Option<Location> {
    let CertainFile { path, line, column, end_line } = remote.certain()?;
    let (file, in_repository) = match path {
        CertainPath::InProject(inside) => (folder(&remote.machine, source_root) + &inside, true),
        CertainPath::OnMachine(path) => (path, false),
    };
    Some(Location { file, in_repository, line, column, end_line })
}

/// The project's most likely folder in the repository, empty or ending in `/`.
fn folder(machine: &BuildMachine, source_root: Option<&str>) -> String {
    let in_clone = || machine.in_clone(machine.latest_projects().next()?);
    source_root.map(str::to_owned).or_else(in_clone).unwrap_or_default()
}

/// A folder in the repository as a prefix of paths: empty, or ending in `/`.
pub(crate) fn folder_in_repository(folder: &str) -> Option<String> {
    normalised_without_parents(folder).map(|folder| match folder.as_str() {
        "" => folder,
        _ => format!("{}/", folder.trim_start_matches('/')),
    })
}

/// The location with a name that is safe to show. If the name had to be changed for that, it is no longer the name of
/// the file.
pub(crate) fn safe(location: Location, cleaner: &Cleaner) -> Location {
    let file = cleaner.message(&location.file).replace('\n', " ");
    // A character that was made visible is no part of the name either.
    let is_itself = file == location.file && !file.contains("\\u{") && !file.contains("/u{");
    let in_repository = location.in_repository && is_itself;
    Location { file, in_repository, ..location }
}

#[cfg(test)]
mod tests {
    use unreal_log::locate::Locator;

    use super::*;
    use crate::model::{Clue, RemoteFile};
    use crate::text::Style;

    fn located(lines: &[&str], source_root: Option<&str>, path: &str) -> (String, bool) {
        let mut locator = Locator::new();
        lines.iter().for_each(|line| locator.learn(line));
        let source_root = source_root.and_then(folder_in_repository);
        let remote = locator.remote_path(Clue::File(RemoteFile::whole(path)));
        let Location { file, in_repository, .. } =
            certain(&remote, source_root.as_deref()).unwrap();
        (file, in_repository)
    }

    #[test]
    fn a_path_under_the_project_becomes_relative_to_the_repository() {
        let project = r#"Parsing command line: BuildCookRun -project="C:/W/My Game/Game.uproject""#;
        let table = [
            (project, r"C:\W\My Game\Source\A.cpp"),
            ("-project=/builds/g/Game.uproject -noP4", "/builds/g/Source/A.cpp"),
            ("-project=Game/Game.uproject", "/builds/g/Source/A.cpp"),
            ("", r"Source\A.cpp"),
        ];
        for (line, path) in table {
            assert_eq!(located(&[line], None, path), ("Source/A.cpp".to_owned(), true), "{path}");
            let moved = located(&[line], Some("./games/one/"), path);
            assert_eq!(moved, ("games/one/Source/A.cpp".to_owned(), true), "{path}");
        }
        let outside = located(&[project], Some("games"), r"C:\UE\Engine\Source\A.h");
        assert_eq!(outside, ("C:/UE/Engine/Source/A.h".to_owned(), false));
    }

    #[test]
    fn the_folder_of_the_project_in_its_clone_counts_unless_another_one_is_given() {
        let clone = r"Cloning into 'D:\ws\repo'...";
        let project = r"-project=D:\ws\repo\games\one\Game.uproject";
        let path = r"D:\ws\repo\games\one\Source\A.cpp";
        let place = located(&[clone, project], None, path);
        assert_eq!(place, ("games/one/Source/A.cpp".to_owned(), true));
        let submodule = "Cloning into 'D:/ws/repo/games/one/Plugins/Fog'...";
        let place = located(&[clone, project, submodule], None, path);
        assert_eq!(place.0, "games/one/Source/A.cpp", "a submodule is no clone of its own");
        assert_eq!(located(&[clone, project], Some("other"), path).0, "other/Source/A.cpp");
        let relative = "Cloning into 'repo'...";
        assert_eq!(located(&[relative, project], None, path).0, "Source/A.cpp");
    }

    #[test]
    fn a_name_with_characters_that_were_made_visible_is_not_the_name() {
        let location = Location {
            file: "Source/A\\u{202e}.cpp".to_owned(),
            in_repository: true,
            line: None,
            column: None,
            end_line: None,
        };
        let cleaner = Cleaner::new(&[], Style::default());
        assert!(!safe(location, &cleaner).in_repository);
    }
}

//! Turns a path of the build machine into one of the repository, where that is certain.

use regex::Regex;

use super::pattern;

const PROJECT: &str = r#"(?i)(?:-(?:scriptsfor)?project="?|setting up projectparams for )([^"]*?)[\\/][^\\/"]*?\.uproject"#;
/// The folders in which a project keeps what people write.
const FOLDERS: [&str; 4] = ["Source", "Plugins", "Content", "Config"];
/// The folders in which tools keep what they make.
const MADE: [&str; 4] = ["Intermediate", "Binaries", "Saved", "DerivedDataCache"];

/// Knows where the project lies on the build machine and in the repository.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    project: Regex,
    /// The project's folder on the build machine, normalised.
    root: Option<String>,
    /// The project's folder in the repository, empty or ending in `/`.
    source_root: String,
}

impl Paths {
    pub(super) fn new(source_root: Option<&str>) -> Self {
        let mut source_root = source_root.and_then(normalised).unwrap_or_default();
        if !source_root.is_empty() {
            source_root.push('/');
        }
        Self { project: pattern::compile(PROJECT), root: None, source_root }
    }

    /// Learns the project's folder from the first line that names it.
    pub(super) fn learn(&mut self, line: &str) {
        if self.root.is_some() || !line.contains(".uproject") {
            return;
        }
        let folder = self.project.captures(line).and_then(|found| found.get(1));
        let root = folder.and_then(|folder| normalised(folder.as_str()));
        // Below the top of a drive lies everything, the engine too.
        self.root = root.filter(|root| is_absolute(root) && !is_drive(root) && root != "/");
    }

    /// The path to show, and whether it is known to be relative to the repository.
    pub(super) fn locate(&self, path: &str) -> (String, bool) {
        let Some(path) = normalised(path) else {
            return (path.replace('\\', "/"), false);
        };
        match self.in_project(&path) {
            Some(inside) => (format!("{}{inside}", self.source_root), true),
            None => (path, false),
        }
    }

    fn in_project<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inside = match &self.root {
            _ if !is_absolute(path) => starts_in(&FOLDERS, path).then_some(path),
            Some(root) => under(root, path).filter(|inside| !is_engine(inside)),
            None => tail(path),
        };
        inside.filter(|inside| !is_made(inside))
    }
}

/// With `/`, without `.` and `x/..`; None if it climbs out of where it starts.
fn normalised(path: &str) -> Option<String> {
    let path = path.trim().replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop().filter(|folder| !is_drive(folder))?;
            }
            _ => segments.push(segment),
        }
    }
    let start = if path.starts_with('/') { "/" } else { "" };
    Some(format!("{start}{}", segments.join("/")))
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.split('/').next().is_some_and(is_drive)
}

fn is_drive(segment: &str) -> bool {
    matches!(segment.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// What follows the folder; upper and lower case are the same on a drive of Windows.
fn under<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(folder.len())?;
    let on_windows = !folder.starts_with('/');
    let same = start == folder || (on_windows && start.eq_ignore_ascii_case(folder));
    rest.strip_prefix('/').filter(|_| same)
}

/// From the first folder of a project on, unless it is the engine's.
fn tail(path: &str) -> Option<&str> {
    let has_engine = path.split('/').any(|folder| folder.eq_ignore_ascii_case("Engine"));
    let starts = FOLDERS.iter().filter_map(|folder| path.find(&format!("/{folder}/")));
    let start = starts.min().filter(|_| !has_engine)?;
    path.get(start + 1..)
}

/// Whether an engine lies inside the project's folder and holds the file. `Source/Game/Engine` is
/// the game's.
fn is_engine(inside: &str) -> bool {
    let mut above = inside.split('/').take_while(|folder| !FOLDERS.contains(folder));
    above.any(|folder| folder.eq_ignore_ascii_case("Engine"))
}

/// Whether a tool made the file, so that no repository has it.
fn is_made(inside: &str) -> bool {
    let name = inside.rsplit('/').next().unwrap_or(inside);
    let unity = name.starts_with("Module.") && name.ends_with(".cpp");
    unity || name.ends_with(".gen.cpp") || starts_in(&MADE, inside)
}

fn starts_in(folders: &[&str], path: &str) -> bool {
    path.split('/').next().is_some_and(|first| folders.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(command: &str, source_root: Option<&str>, path: &str) -> (String, bool) {
        let mut paths = Paths::new(source_root);
        paths.learn(command);
        paths.locate(path)
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
}

//! The spelling of paths: by Windows, by Unix, and relative to the folder in which a tool ran.

/// The folders of a project in which tools keep the files that they generate.
pub const GENERATED_FOLDERS: [&str; 4] = ["Intermediate", "Binaries", "Saved", "DerivedDataCache"];
/// The folders of a project in which people keep the files that they write.
pub const FOLDERS: [&str; 5] = ["Source", "Plugins", "Content", "Config", "Shaders"];

/// A path with `/`, without `.` and `x/..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    /// The number of `..` at its beginning, which lead to parent folders.
    pub parents: usize,
    /// The rest of the path.
    pub path: String,
}

/// The path in this spelling. None if it leads out of a drive.
pub fn normalised(path: &str) -> Option<Normalised> {
    let path = path.trim().replace('\\', "/");
    let starts = path.starts_with('/');
    let mut parents = 0;
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => match segments.pop() {
                Some(folder) if is_drive(folder) => return None,
                Some(_) => {}
                None if starts => return None,
                None => parents += 1,
            },
            _ => segments.push(segment),
        }
    }
    let start = if starts { "/" } else { "" };
    Some(Normalised { parents, path: format!("{start}{}", segments.join("/")) })
}

/// The path with `/`, and normalised if it does not begin with `..`.
pub fn with_slashes(path: &str) -> String {
    normalised_without_parents(path).unwrap_or_else(|| path.replace('\\', "/"))
}

/// The path with `/`, without `.` and `x/..`. None if it begins with `..`.
pub fn normalised_without_parents(path: &str) -> Option<String> {
    normalised(path).filter(|path| path.parents == 0).map(|path| path.path)
}

/// True if it begins at the top of a disk.
pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.split('/').next().is_some_and(is_drive)
}

/// True if it is the letter of a drive: `C:`.
pub(crate) fn is_drive(segment: &str) -> bool {
    matches!(segment.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// The path without the letter of its drive, or without the first `/`.
pub fn without_drive(path: &str) -> &str {
    match path.split_once('/') {
        Some((first, rest)) if first.is_empty() || is_drive(first) => rest,
        _ => path,
    }
}

/// The rest of the path after the folder, if it is below the folder. Upper and lower case are the same on Windows and
/// on a Mac, which is known by `/Users` and `/Volumes`.
pub fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(folder.len())?;
    let any_case = !folder.starts_with('/')
        || folder.starts_with("/Users/")
        || folder.starts_with("/Volumes/");
    let same = start == folder || (any_case && start.eq_ignore_ascii_case(folder));
    rest.strip_prefix('/').filter(|_| same)
}

/// The path from the first folder of a project on, such as `Source`. None for a path of the engine.
pub(crate) fn from_project_folder(path: &str) -> Option<&str> {
    let has_engine = path.split('/').any(|folder| folder.eq_ignore_ascii_case("Engine"));
    let starts = FOLDERS.iter().filter_map(|folder| path.find(&format!("/{folder}/")));
    let start = starts.min().filter(|_| !has_engine)?;
    path.get(start + 1..)
}

/// True if the file is in an engine that lies inside the folder. `Source/Game/Engine` is the game's.
pub(crate) fn is_engine(inside: &str) -> bool {
    engine_at(&inside.split('/').collect::<Vec<_>>()).is_some()
}

fn engine_at(segments: &[&str]) -> Option<usize> {
    let mut above = segments.iter().take_while(|folder| !FOLDERS.contains(folder));
    above.position(|folder| folder.eq_ignore_ascii_case("Engine"))
}

/// True if a tool generated the file, so that no repository has it. The path is relative to the project.
pub(crate) fn is_generated(inside: &str) -> bool {
    let name = inside.rsplit('/').next().unwrap_or(inside);
    let unity = name.starts_with("Module.") && name.ends_with(".cpp");
    unity || name.ends_with(".gen.cpp") || starts_in(&GENERATED_FOLDERS, inside)
}

/// The module from which a tool generated the file: one source of many, or generated code.
pub fn module_of_generated(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(rest) = name.strip_prefix("Module.").filter(|rest| rest.ends_with(".cpp")) {
        return rest.split('.').next();
    }
    if !name.ends_with(".gen.cpp") && !name.ends_with(".generated.h") {
        return None;
    }
    // `Intermediate/Build/Win64/Game/Inc/<Module>/UHT/X.gen.cpp`
    path.split('/').skip_while(|folder| *folder != "Inc").nth(1).filter(|module| *module != name)
}

/// True if the first folder of the path is one of these.
pub(crate) fn starts_in(folders: &[&str], path: &str) -> bool {
    path.split('/').next().is_some_and(|first| folders.contains(&first))
}

/// The number of names at the end of a path that are enough to know the file: those from the plugin on, from the engine
/// on, or from a folder on that every project has. None if none of these is in the path.
pub fn identifying_names(path: &str) -> Option<usize> {
    let segments: Vec<_> = path.split('/').collect();
    let is_folder =
        |segment: &&str| FOLDERS.iter().any(|known| known.eq_ignore_ascii_case(segment));
    let is_plugins = |segment: &&str| segment.eq_ignore_ascii_case("Plugins");
    let start = if let Some(engine) = engine_at(&segments) {
        engine
    } else if let Some(plugins) = segments.iter().rposition(is_plugins) {
        // Plugins may be sorted into folders, whose names mean little.
        let inside = segments.iter().skip(plugins + 2).position(is_folder);
        inside.map_or(plugins + 1, |at| plugins + 1 + at)
    } else {
        segments.iter().rposition(is_folder)?
    };
    Some(segments.len() - start)
}

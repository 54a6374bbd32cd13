//! How paths are spelt: by Windows, by Unix, from where a tool happened to run.

/// Where tools keep what they make, beside what people write.
pub(crate) const MADE: [&str; 4] = ["Intermediate", "Binaries", "Saved", "DerivedDataCache"];
/// The folders in which a project keeps what people write.
pub(crate) const FOLDERS: [&str; 5] = ["Source", "Plugins", "Content", "Config", "Shaders"];

/// A path with `/`, without `.` and `x/..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelt {
    /// How many folders it climbs from where it starts, before it names any.
    pub(crate) climbs: usize,
    pub(crate) path: String,
}

/// Nothing if it climbs out of a drive.
pub(crate) fn spelt(path: &str) -> Option<Spelt> {
    let path = path.trim().replace('\\', "/");
    let starts = path.starts_with('/');
    let mut climbs = 0;
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => match segments.pop() {
                Some(folder) if is_drive(folder) => return None,
                Some(_) => {}
                None if starts => return None,
                None => climbs += 1,
            },
            _ => segments.push(segment),
        }
    }
    let start = if starts { "/" } else { "" };
    Some(Spelt { climbs, path: format!("{start}{}", segments.join("/")) })
}

/// The path to show of a file that is not known to be in the repository.
pub(crate) fn as_shown(path: &str) -> String {
    normalised(path).unwrap_or_else(|| path.replace('\\', "/"))
}

/// The path if it does not climb.
pub(crate) fn normalised(path: &str) -> Option<String> {
    spelt(path).filter(|spelt| spelt.climbs == 0).map(|spelt| spelt.path)
}

pub(crate) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.split('/').next().is_some_and(is_drive)
}

pub(crate) fn is_drive(segment: &str) -> bool {
    matches!(segment.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// Without what says on which disk it is.
pub(crate) fn without_drive(path: &str) -> &str {
    match path.split_once('/') {
        Some((first, rest)) if first.is_empty() || is_drive(first) => rest,
        _ => path,
    }
}

/// What follows the folder. Upper and lower case are the same on Windows, and on a Mac, whose folders
/// are known by where they are.
pub(crate) fn under<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(folder.len())?;
    let any_case = !folder.starts_with('/')
        || folder.starts_with("/Users/")
        || folder.starts_with("/Volumes/");
    let same = start == folder || (any_case && start.eq_ignore_ascii_case(folder));
    rest.strip_prefix('/').filter(|_| same)
}

/// From the first folder of a project on, unless it is the engine's.
pub(crate) fn tail(path: &str) -> Option<&str> {
    let has_engine = path.split('/').any(|folder| folder.eq_ignore_ascii_case("Engine"));
    let starts = FOLDERS.iter().filter_map(|folder| path.find(&format!("/{folder}/")));
    let start = starts.min().filter(|_| !has_engine)?;
    path.get(start + 1..)
}

/// Whether an engine lies inside the folder and holds the file. `Source/Game/Engine` is the game's.
pub(crate) fn is_engine(inside: &str) -> bool {
    engine_at(&inside.split('/').collect::<Vec<_>>()).is_some()
}

fn engine_at(segments: &[&str]) -> Option<usize> {
    let mut above = segments.iter().take_while(|folder| !FOLDERS.contains(folder));
    above.position(|folder| folder.eq_ignore_ascii_case("Engine"))
}

/// Whether a tool made the file, so that no repository has it.
pub(crate) fn is_made(inside: &str) -> bool {
    let name = inside.rsplit('/').next().unwrap_or(inside);
    let unity = name.starts_with("Module.") && name.ends_with(".cpp");
    unity || name.ends_with(".gen.cpp") || starts_in(&MADE, inside)
}

/// The module from which a tool made the file: of many sources one, or glue.
pub(crate) fn module_of_made(path: &str) -> Option<&str> {
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

pub(crate) fn starts_in(folders: &[&str], path: &str) -> bool {
    path.split('/').next().is_some_and(|first| folders.contains(&first))
}

/// How many names at the end of a path say whose file it is, if any do: the plugin's, the engine's, or
/// those below a folder that every project has.
pub(crate) fn telling(path: &str) -> Option<usize> {
    let segments: Vec<_> = path.split('/').collect();
    let is_folder =
        |segment: &&str| FOLDERS.iter().any(|known| known.eq_ignore_ascii_case(segment));
    let is_plugins = |segment: &&str| segment.eq_ignore_ascii_case("Plugins");
    let start = if let Some(engine) = engine_at(&segments) {
        engine
    } else if let Some(plugins) = segments.iter().rposition(is_plugins) {
        // Plugins may be sorted into folders, whose names say little.
        let inside = segments.iter().skip(plugins + 2).position(is_folder);
        inside.map_or(plugins + 1, |at| plugins + 1 + at)
    } else {
        segments.iter().rposition(is_folder)?
    };
    Some(segments.len() - start)
}

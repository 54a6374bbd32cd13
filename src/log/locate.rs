//! Which file a finding names, in the words of the log, and where that is in the repository as far as
//! this is certain without looking into it. Pure.

mod certain;
mod machine;
mod roots;
pub(crate) mod spelling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::assets::{self, Assets};
use super::origins::{Origin, Origins};
use super::pattern::Lazy;
use crate::model::{Clue, Location, RemoteFile, RemotePlace, Source};
use crate::text::Cleaner;
use certain::Certain;
use roots::Roots;
use spelling::normalised;

/// How many of the assets, and of the files, that a message merely mentions are remembered.
const MENTIONED: usize = 100;

/// Reads which files findings name.
#[derive(Debug, Clone)]
pub(crate) struct Locator {
    roots: Roots,
    source_root: Option<String>,
    /// Most logs need none of these two.
    assets: Lazy<Assets>,
    origins: Lazy<Origins>,
}

impl Locator {
    /// `source_root` is the folder of the Unreal project inside the repository, if that was said.
    pub(crate) fn new(source_root: Option<&str>) -> Self {
        let (assets, origins) = (Lazy::new(Assets::new), Lazy::new(Origins::new));
        let source_root = source_root.and_then(folder_in_repository);
        Self { roots: Roots::new(), source_root, assets, origins }
    }

    /// Learns where project and engine are, if the line tells. To be called for every line.
    pub(crate) fn learn(&mut self, line: &str) {
        self.roots.learn(line);
    }

    /// The clue, with what the log has said of its machine so far.
    pub(crate) fn place(&self, clue: Clue) -> RemotePlace {
        RemotePlace { clue, machine: Arc::clone(self.roots.known()) }
    }

    /// Where the clue leads as far as this is certain without a checkout.
    pub(crate) fn certain(&self, clue: &Clue) -> Option<Location> {
        let source_root = self.source_root.as_deref();
        Certain { machine: self.roots.known(), source_root }.location(clue)
    }

    /// What a message names that came without a file: an asset, a setting, the rules of a module.
    pub(crate) fn clue_of_message(&self, code: Option<&str>, message: &str) -> Option<Clue> {
        // What a compiler or a linker says is about code.
        let is_of_code = |code: &str| {
            code.starts_with('-') || code.ends_with(|last: char| last.is_ascii_digit())
        };
        if code.is_some_and(is_of_code) {
            return None;
        }
        let known = self.assets.get();
        if let Some(asset) = known.source(message) {
            return Some(Clue::Asset(asset.to_owned()));
        }
        if let Some(path) = known.package(message) {
            return Some(Clue::File(RemoteFile::whole(path)));
        }
        let origins = self.origins.get();
        let source = origins.of(message).map(source);
        let assets: Vec<_> =
            assets::mentioned(message).take(MENTIONED).map(str::to_owned).collect();
        let files: Vec<_> = origins.mentioned(message).take(MENTIONED).map(str::to_owned).collect();
        let names_nothing = source.is_none() && assets.is_empty() && files.is_empty();
        (!names_nothing).then_some(Clue::Names { source, assets, files })
    }
}

#[cfg(test)]
impl Locator {
    /// The same in another folder: compiling the tables takes long.
    pub(crate) fn rooted(&self, source_root: Option<&str>) -> Self {
        Self { source_root: source_root.and_then(folder_in_repository), ..self.clone() }
    }
}

/// The map to which the actor belongs whose file the message names, as `/Game/Maps/Level`.
pub(crate) fn map_of_message(message: &str) -> Option<String> {
    assets::mentioned(message).find_map(assets::map_of)
}

fn source(origin: Origin<'_>) -> Source {
    match origin {
        Origin::Setting { ini, section, key } => Source::Setting {
            ini: ini.to_owned(),
            section: section.map(str::to_owned),
            key: key.to_owned(),
        },
        Origin::File(name) => Source::File(name.to_owned()),
        Origin::Plugin(name) => Source::Plugin(name.to_owned()),
        Origin::Module(name) => Source::Module(name.to_owned()),
    }
}

/// A folder in the repository as a prefix of paths: empty, or ending in `/`.
pub(crate) fn folder_in_repository(folder: &str) -> Option<String> {
    normalised(folder).map(|folder| match folder.as_str() {
        "" => folder,
        _ => format!("{}/", folder.trim_start_matches('/')),
    })
}

/// The location with a name that is safe to show. A name that had to be changed for that is no longer the
/// name of the file.
pub(crate) fn safe(location: Location, cleaner: &Cleaner) -> Location {
    let file = cleaner.message(&location.file).replace('\n', " ");
    // What was made visible is no part of a name either.
    let is_itself = file == location.file && !file.contains("\\u{") && !file.contains("/u{");
    let in_repository = location.in_repository && is_itself;
    Location { file, in_repository, ..location }
}

//! Finds out which file a finding names, in the words of the log, and where that file is as far as this is certain
//! without a repository.

pub mod assets;
mod by_name;
pub mod certain;
mod machine;
mod roots;
pub mod spelling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::pattern::Lazy;
use crate::remote::{Clue, RemoteFile, RemotePath, Source};
use assets::Assets;
use by_name::{ByName, Named};
use certain::CertainFile;
use roots::Roots;

/// How many of the assets that a message merely mentions are kept, and how many of the files.
const MENTIONED: usize = 100;

/// Reads from the lines of a log where projects and engine are on the build machine, and from messages which files
/// they name. A [`Reader`](crate::Reader) has one inside.
#[derive(Debug, Clone)]
pub struct Locator {
    roots: Roots,
    /// Most logs need neither of these two.
    assets: Lazy<Assets>,
    by_name: Lazy<ByName>,
}

impl Default for Locator {
    fn default() -> Self {
        Self::new()
    }
}

impl Locator {
    /// A locator that knows no folder yet.
    pub fn new() -> Self {
        let (assets, by_name) = (Lazy::new(Assets::new), Lazy::new(ByName::new));
        Self { roots: Roots::new(), assets, by_name }
    }

    /// Learns where project and engine are, if the line names them. Call it for every line of the log, stripped of its
    /// prefixes.
    pub fn learn(&mut self, line: &str) {
        self.roots.learn(line);
    }

    /// The clue with the folders of the build machine that are known so far.
    pub fn remote_path(&self, clue: Clue) -> RemotePath {
        RemotePath { clue, machine: Arc::clone(self.roots.known()) }
    }

    /// The file that the clue leads to, as far as this is certain without a repository.
    pub(crate) fn certain(&self, clue: &Clue) -> Option<CertainFile> {
        certain::file(clue, self.roots.known())
    }

    /// The names in a message that came without a file: an asset, a setting, the rules of a module.
    pub fn clue_of_message(&self, message: &str) -> Option<Clue> {
        let known = self.assets.get();
        if let Some(asset) = known.source(message) {
            return Some(Clue::Asset(asset.to_owned()));
        }
        if let Some(path) = known.package(message) {
            return Some(Clue::File(RemoteFile::whole(path)));
        }
        let by_name = self.by_name.get();
        let source = by_name.read(message).map(source);
        let assets: Vec<_> =
            assets::mentioned(message).take(MENTIONED).map(str::to_owned).collect();
        let files: Vec<_> = by_name.paths(message).take(MENTIONED).map(str::to_owned).collect();
        let names_nothing = source.is_none() && assets.is_empty() && files.is_empty();
        (!names_nothing).then_some(Clue::Names { source, assets, files })
    }
}

/// The map to which the actor belongs whose file the message names, as `/Game/Maps/Level`.
pub fn map_of_message(message: &str) -> Option<String> {
    assets::mentioned(message).find_map(assets::map_of)
}

fn source(named: Named<'_>) -> Source {
    match named {
        Named::Setting { ini, section, key } => Source::Setting {
            ini: ini.to_owned(),
            section: section.map(str::to_owned),
            key: key.to_owned(),
        },
        Named::File(name) => Source::File(name.to_owned()),
        Named::Plugin(name) => Source::Plugin(name.to_owned()),
        Named::Module(name) => Source::Module(name.to_owned()),
    }
}

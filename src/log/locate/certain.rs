//! Where a clue leads in the repository as far as this is certain without looking into it.

use super::spelling::{as_shown, normalised};
use crate::log::assets;
use crate::model::{BuildMachine, Clue, Location, RemoteFile, Source};

/// What this is judged by.
pub(super) struct Certain<'m> {
    pub(super) machine: &'m BuildMachine,
    /// The project's folder in the repository as it was given, empty or ending in `/`.
    pub(super) source_root: Option<&'m str>,
}

impl Certain<'_> {
    /// A file is in the repository if it is certain to be below the project's folder.
    pub(super) fn location(&self, clue: &Clue) -> Option<Location> {
        match clue {
            Clue::File(file) => Some(self.file(file)),
            Clue::FirstInRepository { files, or_else } => {
                let mut files = files.iter().map(|file| self.file(file));
                let first = files.find(|location| location.in_repository);
                first.or_else(|| or_else.as_ref().map(|file| self.file(file)))
            }
            Clue::Asset(asset) => {
                let file = assets::file_of(asset).filter(|file| file.mount == "Game")?;
                Some(self.in_project(&format!("Content/{}.uasset", file.path)))
            }
            Clue::Names { source: Some(Source::Setting { ini, .. }), .. } => {
                Some(self.in_project(&format!("Config/Default{ini}.ini")))
            }
            Clue::Names { source: Some(Source::File(name)), .. } => {
                let location = self.file(&RemoteFile::whole(name));
                location.in_repository.then_some(location)
            }
            // What is merely mentioned may be what is missing.
            Clue::Names { .. } => None,
        }
    }

    fn file(&self, file: &RemoteFile) -> Location {
        let RemoteFile { path, line, column, end_line } = file;
        let inside = normalised(path).and_then(|path| {
            let inside = self.machine.inside_project(&path)?;
            Some(format!("{}{inside}", self.folder()))
        });
        let in_repository = inside.is_some();
        let file = inside.unwrap_or_else(|| as_shown(path));
        Location { file, in_repository, line: *line, column: *column, end_line: *end_line }
    }

    /// A file that every project has at the same place.
    fn in_project(&self, inside: &str) -> Location {
        let file = format!("{}{inside}", self.folder());
        Location { file, in_repository: true, line: None, column: None, end_line: None }
    }

    /// Where the project is in the repository, most likely.
    fn folder(&self) -> String {
        let given = self.source_root.map(str::to_owned);
        let in_clone = || self.machine.in_clone(self.machine.latest_projects().next()?);
        given.or_else(in_clone).unwrap_or_default()
    }
}

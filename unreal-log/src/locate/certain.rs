//! The file that a clue leads to, as far as this is certain without a repository.

use std::fmt;

use super::assets;
use super::spelling::{normalised_without_parents, with_slashes};
use crate::remote::{BuildMachine, Clue, RemoteFile, RemotePath, Source};

/// A file of the project or of the build machine. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertainFile {
    /// The path of the file.
    pub path: CertainPath,
    /// The first line.
    pub line: Option<u32>,
    /// The first column. It never stands without a line.
    pub column: Option<u32>,
    /// The last line, if there are several.
    pub end_line: Option<u32>,
}

impl fmt::Display for CertainFile {
    /// `Source/Game/Door.cpp:42:17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (CertainPath::InProject(path) | CertainPath::OnMachine(path)) = &self.path;
        f.write_str(path)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// A path with `/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CertainPath {
    /// A file that people write, by its path below the folder of the Unreal project: `Source/Game/Door.cpp`.
    InProject(String),
    /// A file that is not certain to be in the project, by its path on the build machine.
    OnMachine(String),
}

impl RemotePath {
    /// The file that the path leads to, as far as this is certain without a repository. An asset whose plugin is not
    /// known has none, and neither have names that are merely mentioned.
    pub fn certain(&self) -> Option<CertainFile> {
        file(&self.clue, &self.machine)
    }
}

pub(crate) fn file(clue: &Clue, machine: &BuildMachine) -> Option<CertainFile> {
    let of = |file: &RemoteFile| of_machine(file, machine);
    match clue {
        Clue::File(file) => Some(of(file)),
        Clue::FirstInRepository { files, or_else } => {
            let first = files.iter().map(of).find(is_in_project);
            first.or_else(|| or_else.as_ref().map(of))
        }
        Clue::Asset(asset) => {
            let file = assets::file_of(asset).filter(|file| file.mount == "Game")?;
            Some(in_project(format!("Content/{}.uasset", file.path)))
        }
        Clue::Names { source: Some(Source::Setting { ini, .. }), .. } => {
            Some(in_project(format!("Config/Default{ini}.ini")))
        }
        Clue::Names { source: Some(Source::File(name)), .. } => {
            Some(of(&RemoteFile::whole(name))).filter(is_in_project)
        }
        // The name that is mentioned may be the one that is missing.
        Clue::Names { .. } => None,
    }
}

fn of_machine(file: &RemoteFile, machine: &BuildMachine) -> CertainFile {
    let RemoteFile { path, line, column, end_line } = file;
    let inside = normalised_without_parents(path)
        .and_then(|path| Some(machine.inside_project(&path)?.to_owned()));
    let path =
        inside.map_or_else(|| CertainPath::OnMachine(with_slashes(path)), CertainPath::InProject);
    CertainFile { path, line: *line, column: *column, end_line: *end_line }
}

/// A file that every project has at the same place.
fn in_project(inside: String) -> CertainFile {
    let path = CertainPath::InProject(inside);
    CertainFile { path, line: None, column: None, end_line: None }
}

fn is_in_project(file: &CertainFile) -> bool {
    matches!(file.path, CertainPath::InProject(_))
}

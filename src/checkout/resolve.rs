//! Resolves a file name in a log to the file in the repository. Pure.

use super::index::Index;
use super::lines::{line_of_key, line_of_plugin};
use crate::model::{BuildMachine, Clue, Location, RemoteFile, RemotePath, RemoteProject, Source};
use unreal_log::locate::assets;
use unreal_log::locate::spelling::{
    FOLDERS, Normalised, below, identifying_names, is_absolute, module_of_generated, normalised,
    normalised_without_parents, with_slashes, without_drive,
};

/// No file of a repository has a longer path.
const LONGEST: usize = 4096;

/// The folders below the engine in which programs run.
const WORKING: [&str; 2] = ["Binaries/Win64", "Source"];

/// Resolves a clue to a file in the repository. `source_root` is the given folder of the project,
/// empty or ending in `/`.
pub(super) fn location(
    place: &RemotePath,
    index: &Index,
    source_root: Option<&str>,
) -> Option<Location> {
    Resolver { index, machine: &place.machine, source_root }.location(&place.clue)
}

struct Resolver<'i> {
    index: &'i Index,
    machine: &'i BuildMachine,
    source_root: Option<&'i str>,
}

impl Resolver<'_> {
    fn location(&self, clue: &Clue) -> Option<Location> {
        match clue {
            Clue::File(file) => Some(self.locate(file)),
            Clue::FirstInRepository { files, or_else } => {
                let mut files = files.iter().map(|file| self.locate(file));
                let first = files.find(|location| location.in_repository);
                first.or_else(|| or_else.as_ref().map(|file| self.locate(file)))
            }
            Clue::Asset(asset) => self.asset(asset).map(|file| location_of(file, None)),
            Clue::Names { source, assets, files } => {
                let source = source.as_ref().and_then(|source| self.source(source));
                source.or_else(|| {
                    // A file that is merely mentioned may be the missing one.
                    let asset = assets.iter().find_map(|asset| self.asset_in_checkout(asset));
                    let mut files = files.iter();
                    let file = asset.or_else(|| files.find_map(|path| self.file_in_checkout(path)));
                    file.map(|file| location_of(file, None))
                })
            }
        }
    }

    /// The place to show. A file of the checkout is in the repository. If the checkout has no
    /// project, a file that is certainly below the project's folder is too.
    fn locate(&self, file: &RemoteFile) -> Location {
        let RemoteFile { path, line, column, end_line } = file;
        let found = self.file(path);
        let in_repository = found.is_some();
        let file = found.unwrap_or_else(|| with_slashes(path));
        Location { file, in_repository, line: *line, column: *column, end_line: *end_line }
    }

    fn file(&self, path: &str) -> Option<String> {
        if let Some(file) = self.file_in_checkout(path) {
            return Some(file);
        }
        let path = normalised_without_parents(path)?;
        if self.index.is_authoritative() {
            return None;
        }
        let inside = self.machine.inside_project(&path)?;
        Some(format!("{}{inside}", self.folder()))
    }

    fn file_in_checkout(&self, path: &str) -> Option<String> {
        if path.len() > LONGEST {
            return None;
        }
        let path = normalised(path)?;
        if let Some(module) = module_of_generated(&path.path) {
            return self.rules(module);
        }
        let places = self.places(&path);
        let there = places.iter().find_map(|place| self.index.file(place));
        let is_placed = |path: &String| {
            self.machine.latest_projects().any(|project| self.is_placed(project, path))
        };
        let known = self.absolute(&path);
        let elsewhere = || self.ending(&path).filter(|_| !known.iter().any(is_placed));
        there.or_else(elsewhere).map(str::to_owned)
    }

    /// True if the file is below a project with a certain place in the checkout.
    fn is_placed(&self, project: &RemoteProject, path: &str) -> bool {
        project.holds(path).is_some() && self.index.only(&project.file).is_some()
    }

    /// The `Build.cs` file of a module.
    fn rules(&self, module: &str) -> Option<String> {
        self.index.only(&format!("{module}.Build.cs")).map(str::to_owned)
    }

    /// The possible places of the file in the repository, derived from its place on the build
    /// machine, the likeliest first.
    fn places(&self, path: &Normalised) -> Vec<String> {
        let mut places = Vec::new();
        for path in self.absolute(path) {
            for project in self.machine.latest_projects() {
                let inside = project.holds(&path);
                places.extend(inside.iter().flat_map(|inside| {
                    self.folders(project).into_iter().map(move |folder| folder + inside)
                }));
                places.extend(self.beside(project, &path));
            }
        }
        if path.parents == 0 && !is_absolute(&path.path) {
            let folders = self.likely_folders().into_iter();
            places.extend(folders.map(|folder| folder + &path.path));
            places.push(path.path.clone());
        }
        places.extend(self.in_plugin(&path.path));
        places
    }

    /// The path from the root of a disk. Tools print paths relative to their working folder.
    fn absolute(&self, path: &Normalised) -> Vec<String> {
        if is_absolute(&path.path) {
            return vec![path.path.clone()];
        }
        if path.parents == 0 {
            return Vec::new();
        }
        let up = "../".repeat(path.parents);
        let from = |engine: &str| {
            WORKING.map(|folder| {
                normalised_without_parents(&format!("{engine}/{folder}/{up}{}", path.path))
            })
        };
        let mut found: Vec<_> =
            self.machine.engine.as_deref().map(from).into_iter().flatten().flatten().collect();
        // Up to the root of the disk, and from there to the project.
        found.extend(self.machine.latest_projects().filter_map(|project| {
            let folder = project.folder.as_deref()?;
            let inside = below_in_any_case(without_drive(folder), &path.path)?;
            Some(format!("{folder}/{inside}"))
        }));
        found
    }

    /// A file of a repository that contains the project's folder.
    fn beside(&self, project: &RemoteProject, path: &str) -> Option<String> {
        let folder = self.folders(project).into_iter().find(|folder| !folder.is_empty())?;
        let on_machine = project.folder.as_deref()?;
        let top = on_machine.strip_suffix(folder.trim_end_matches('/'))?.strip_suffix('/')?;
        below(top, path).filter(|_| !top.is_empty()).map(str::to_owned)
    }

    /// A file of a plugin that the checkout has, even if it was built elsewhere. A module may have
    /// the name of its plugin.
    fn in_plugin(&self, path: &str) -> Vec<String> {
        let ends = path.match_indices('/');
        let places = ends.filter_map(|(end, _)| {
            let (above, inside) = (path.get(..end)?, path.get(end + 1..)?);
            let name = above.rsplit('/').next().filter(|name| !FOLDERS.contains(name))?;
            Some(format!("{}{inside}", self.plugin(name)?))
        });
        places.collect()
    }

    /// The folder of a plugin in the checkout, empty or ending in `/`.
    fn plugin(&self, name: &str) -> Option<&str> {
        self.index.only(&format!("{name}.uplugin")).map(folder_of)
    }

    fn ending(&self, path: &Normalised) -> Option<&str> {
        let found = self.index.ending(&path.path)?;
        let in_file = found.file.split('/').count();
        let in_path = path.path.split('/').count();
        let is_whole = found.names == in_path && !is_absolute(&path.path);
        let enough = match identifying_names(&path.path) {
            Some(least) => found.names >= least.max(2),
            None if path.parents > 0 => false,
            // A name alone is enough if there is a project that it can belong to.
            None if is_whole => in_path >= 2 || self.index.is_authoritative(),
            None => found.names >= 2 && found.names == in_file,
        };
        enough.then_some(found.file)
    }

    /// The possible folders of projects in the repository.
    fn folders(&self, project: &RemoteProject) -> Vec<String> {
        let mut folders = self.given();
        let mut projects = self.index.projects();
        let path = project.folder.as_ref().map(|folder| format!("{folder}/{}", project.file));
        let by_path = self.index.ending(path.as_deref().unwrap_or(&project.file));
        let only = projects.next().filter(|_| projects.next().is_none());
        folders.extend(by_path.map(|found| folder_of(found.file).to_owned()));
        folders.extend(only.map(|file| folder_of(file).to_owned()));
        if folders.is_empty() {
            folders.extend(self.machine.in_clone(project));
        }
        if folders.is_empty() {
            folders.push(String::new());
        }
        folders
    }

    fn given(&self) -> Vec<String> {
        self.source_root.iter().map(|&folder| folder.to_owned()).collect()
    }

    /// The likeliest folder of the project in the repository.
    fn folder(&self) -> String {
        self.likely_folders().into_iter().next().unwrap_or_default()
    }

    fn likely_folders(&self) -> Vec<String> {
        let project = self.machine.latest_projects().next();
        project.map_or_else(|| self.given(), |project| self.folders(project))
    }

    /// A file that every project has in this place.
    fn project_file(&self, inside: &str) -> Option<String> {
        let folders = self.likely_folders();
        let mut places = folders.iter().map(|folder| format!("{folder}{inside}"));
        let there = places.find_map(|place| self.index.file(&place));
        let there = there.or_else(|| self.of_one_project(inside));
        match there {
            Some(file) => Some(file.to_owned()),
            None if self.index.is_authoritative() => None,
            None => Some(format!("{}{inside}", self.folder())),
        }
    }

    /// The file of an asset, if it certainly exists.
    fn asset(&self, asset: &str) -> Option<String> {
        self.asset_in_checkout(asset).or_else(|| {
            let inside = assets::file_of(asset).filter(|file| file.mount == "Game")?;
            let is_unknown = !self.index.is_authoritative();
            is_unknown.then(|| format!("{}Content/{}.uasset", self.folder(), inside.path))
        })
    }

    fn asset_in_checkout(&self, asset: &str) -> Option<String> {
        if let Some(module) = assets::module_of(asset) {
            return self.rules(module);
        }
        let file = assets::file_of(asset)?;
        ["umap", "uasset"].iter().find_map(|end| {
            let inside = format!("Content/{}.{end}", file.path);
            let found = match file.mount {
                "Game" => {
                    let mut folders = self.likely_folders().into_iter();
                    let there =
                        folders.find_map(|folder| self.index.file(&format!("{folder}{inside}")));
                    there.or_else(|| self.of_one_project(&inside))
                }
                "Engine" => self.index.file(&format!("Engine/{inside}")),
                plugin => self.index.file(&format!("{}{inside}", self.plugin(plugin)?)),
            };
            found.map(str::to_owned)
        })
    }

    /// A file of any project, if only one project has it.
    fn of_one_project(&self, inside: &str) -> Option<&str> {
        let mut there = self
            .index
            .projects()
            .filter_map(|project| self.index.file(&format!("{}{inside}", folder_of(project))));
        there.next().filter(|_| there.next().is_none())
    }

    fn source(&self, source: &Source) -> Option<Location> {
        match source {
            Source::Setting { ini, section, key } => {
                let file = self.project_file(&format!("Config/Default{ini}.ini"))?;
                let text = self.index.text(&file);
                let line = text.and_then(|text| line_of_key(text, section.as_deref(), key));
                Some(location_of(file, line))
            }
            Source::File(name) => {
                if let Some(file) = self.file(name) {
                    return Some(location_of(file, None));
                }
                let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
                self.index.only(name).map(|file| location_of(file.to_owned(), None))
            }
            Source::Module(name) => self.rules(name).map(|rules| location_of(rules, None)),
            Source::Plugin(name) => {
                if let Some(file) = self.index.only(&format!("{name}.uplugin")) {
                    return Some(location_of(file.to_owned(), None));
                }
                let project = &self.machine.latest_projects().next()?.file;
                let file = self.project_file(project)?;
                let line = line_of_plugin(self.index.text(&file)?, name)?;
                Some(location_of(file, Some(line)))
            }
        }
    }
}

fn location_of(file: String, line: Option<u32>) -> Location {
    Location { file, in_repository: true, line, column: None, end_line: None }
}

fn folder_of(file: &str) -> &str {
    file.rfind('/').and_then(|end| file.get(..=end)).unwrap_or_default()
}

fn below_in_any_case<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(folder.len())?;
    rest.strip_prefix('/').filter(|_| start.eq_ignore_ascii_case(folder))
}

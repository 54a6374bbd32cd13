//! From what a log calls a file to the file in the repository, where that is certain.

#[cfg(test)]
mod checkout_tests;
mod roots;
mod spelling;
#[cfg(test)]
mod tests;

use super::assets::{self, Assets};
use super::origins::{Origin, Origins};
use super::pattern::Lazy;
use super::text::Cleaner;
use crate::event::Location;
use crate::worktree::Worktree;
use roots::{Project, Roots};
use spelling::{
    FOLDERS, Spelt, is_absolute, is_engine, is_made, module_of_made, normalised, spelt, starts_in,
    tail, telling, under, without_drive,
};

/// Knows where files are on the build machine and in the repository.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    roots: Roots,
    /// The project's folder in the repository as it was given, empty or ending in `/`.
    source_root: Option<String>,
    worktree: Worktree,
    /// Most logs need none of these two.
    assets: Lazy<Assets>,
    origins: Lazy<Origins>,
}

/// A file by the name to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    /// Whether the name is the path in the repository.
    pub(super) in_repository: bool,
}

/// No file of a repository has a longer path.
const LONGEST: usize = 4096;

/// From which folders below the engine's programs run.
const WORKING: [&str; 2] = ["Binaries/Win64", "Source"];

impl Paths {
    /// `source_root` is the folder of the Unreal project inside the repository, if that was said.
    pub(super) fn new(source_root: Option<&str>, worktree: Worktree) -> Self {
        let source_root = source_root.and_then(normalised).map(|root| match root.as_str() {
            "" => root,
            _ => format!("{}/", root.trim_start_matches('/')),
        });
        let (assets, origins) = (Lazy::new(Assets::new), Lazy::new(Origins::new));
        Self { roots: Roots::new(), source_root, worktree, assets, origins }
    }

    /// Learns where project and engine are, if the line tells. To be called for every line.
    pub(super) fn learn(&mut self, line: &str) {
        self.roots.learn(line);
    }

    /// Nobody can wait for the checkout any more.
    pub(super) fn hurry(&self) {
        self.worktree.hurry();
    }

    /// Files will be asked for; the checkout may be looked at meanwhile.
    pub(super) fn begin(&self) {
        self.worktree.begin();
    }

    /// The path to show. It is in the repository if it is in the checkout; where there is no checkout of a
    /// project, if it is certain to be below the project's folder.
    pub(super) fn locate(&self, path: &str) -> Place {
        match self.file(path) {
            Some(file) => Place { file, in_repository: true },
            None => Place {
                file: normalised(path).unwrap_or_else(|| path.replace('\\', "/")),
                in_repository: false,
            },
        }
    }

    /// Where to mend what a message tells that came without a file: an asset, a setting, the rules of a
    /// module. Only what is in the repository, or is a file by its own words.
    pub(super) fn of_message(&self, code: Option<&str>, message: &str) -> Option<Location> {
        // What a compiler or a linker says is about code.
        let is_of_code = |code: &str| {
            code.starts_with('-') || code.ends_with(|last: char| last.is_ascii_digit())
        };
        if code.is_some_and(is_of_code) {
            return None;
        }
        let assets = self.assets.get();
        if let Some(asset) = assets.source(message) {
            return self.asset(asset).map(|file| location(file, None));
        }
        if let Some(path) = assets.package(message) {
            let Place { file, in_repository } = self.locate(path);
            return Some(Location {
                file,
                in_repository,
                line: None,
                column: None,
                end_line: None,
            });
        }
        let origins = self.origins.get();
        let origin = origins.of(message).and_then(|origin| self.origin(origin));
        origin.or_else(|| {
            // What is merely mentioned may be what is missing.
            let asset = assets::mentioned(message).find_map(|asset| self.asset_in_checkout(asset));
            let mut files = origins.mentioned(message);
            let file = asset.or_else(|| files.find_map(|path| self.file_in_checkout(path)));
            file.map(|file| location(file, None))
        })
    }

    /// The map to which the actor belongs whose file the message names, as `/Game/Maps/Level`.
    pub(super) fn map_of_message(message: &str) -> Option<String> {
        assets::mentioned(message).find_map(assets::map_of)
    }

    fn file(&self, path: &str) -> Option<String> {
        if let Some(file) = self.file_in_checkout(path) {
            return Some(file);
        }
        let path = normalised(path)?;
        if self.worktree.is_authoritative() {
            return None;
        }
        let inside = self.in_project(&path)?;
        Some(format!("{}{inside}", self.folder()))
    }

    fn file_in_checkout(&self, path: &str) -> Option<String> {
        if path.len() > LONGEST {
            return None;
        }
        let path = spelt(path)?;
        if let Some(module) = module_of_made(&path.path) {
            return self.rules(module);
        }
        let places = self.places(&path);
        let there = places.iter().find_map(|place| self.worktree.file(place));
        let is_placed =
            |path: &String| self.roots.projects().any(|project| self.is_placed(project, path));
        let known = self.absolute(&path);
        let elsewhere = || self.ending(&path).filter(|_| !known.iter().any(is_placed));
        there.or_else(elsewhere).map(str::to_owned)
    }

    /// Whether the file is below a project whose place in the checkout is certain.
    fn is_placed(&self, project: &Project, path: &str) -> bool {
        project.holds(path).is_some() && self.worktree.only(&project.file).is_some()
    }

    /// The rules of a module.
    fn rules(&self, module: &str) -> Option<String> {
        self.worktree.only(&format!("{module}.Build.cs")).map(str::to_owned)
    }

    /// Where the file is in the repository if this is how it lies on the build machine; the likeliest
    /// first.
    fn places(&self, path: &Spelt) -> Vec<String> {
        let mut places = Vec::new();
        for path in self.absolute(path) {
            for project in self.roots.projects() {
                let inside = project.holds(&path);
                places.extend(inside.iter().flat_map(|inside| {
                    self.folders(project).into_iter().map(move |folder| folder + inside)
                }));
                places.extend(self.beside(project, &path));
            }
        }
        if path.climbs == 0 && !is_absolute(&path.path) {
            let folders = self.likely_folders().into_iter();
            places.extend(folders.map(|folder| folder + &path.path));
            places.push(path.path.clone());
        }
        places.extend(self.in_plugin(&path.path));
        places
    }

    /// The path from the top of a disk. Tools print paths from where they run.
    fn absolute(&self, path: &Spelt) -> Vec<String> {
        if is_absolute(&path.path) {
            return vec![path.path.clone()];
        }
        if path.climbs == 0 {
            return Vec::new();
        }
        let up = "../".repeat(path.climbs);
        let from = |engine: &str| {
            WORKING.map(|folder| normalised(&format!("{engine}/{folder}/{up}{}", path.path)))
        };
        let mut found: Vec<_> =
            self.roots.engine().map(from).into_iter().flatten().flatten().collect();
        // Up to the top of the disk, and from there to the project.
        found.extend(self.roots.projects().filter_map(|project| {
            let folder = project.folder.as_deref()?;
            let inside = under_any_case(without_drive(folder), &path.path)?;
            Some(format!("{folder}/{inside}"))
        }));
        found
    }

    /// A file of the repository that the project's folder is only a part of.
    fn beside(&self, project: &Project, path: &str) -> Option<String> {
        let folder = self.folders(project).into_iter().find(|folder| !folder.is_empty())?;
        let on_machine = project.folder.as_deref()?;
        let top = on_machine.strip_suffix(folder.trim_end_matches('/'))?.strip_suffix('/')?;
        under(top, path).filter(|_| !top.is_empty()).map(str::to_owned)
    }

    /// A file of a plugin that the checkout has, wherever it was put to be built. A module may have the
    /// name of its plugin.
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
        self.worktree.only(&format!("{name}.uplugin")).map(folder_of)
    }

    fn ending(&self, path: &Spelt) -> Option<&str> {
        let found = self.worktree.ending(&path.path)?;
        let in_file = found.file.split('/').count();
        let in_path = path.path.split('/').count();
        let is_whole = found.names == in_path && !is_absolute(&path.path);
        let enough = match telling(&path.path) {
            Some(least) => found.names >= least.max(2),
            None if path.climbs > 0 => false,
            // A name alone is enough where there is a project to which it can belong.
            None if is_whole => in_path >= 2 || self.worktree.is_authoritative(),
            None => found.names >= 2 && found.names == in_file,
        };
        enough.then_some(found.file)
    }

    fn in_project<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inside = if is_absolute(path) {
            let mut known =
                self.roots.projects().filter(|project| project.folder.is_some()).peekable();
            match known.peek() {
                Some(_) => known
                    .filter_map(|project| project.holds(path))
                    .min_by_key(|inside| inside.len())
                    .filter(|inside| !is_engine(inside))
                    .filter(|_| {
                        self.roots.engine().and_then(|engine| under(engine, path)).is_none()
                    }),
                None => tail(path),
            }
        } else {
            starts_in(&FOLDERS, path).then_some(path)
        };
        // A name with a colon is the beginning of another path.
        inside.filter(|inside| !is_made(inside) && !inside.contains(':'))
    }

    /// Where a project may be in the repository.
    fn folders(&self, project: &Project) -> Vec<String> {
        let mut folders = self.given();
        let mut projects = self.worktree.projects();
        let path = project.folder.as_ref().map(|folder| format!("{folder}/{}", project.file));
        let by_path = self.worktree.ending(path.as_deref().unwrap_or(&project.file));
        let only = projects.next().filter(|_| projects.next().is_none());
        folders.extend(by_path.map(|found| folder_of(found.file).to_owned()));
        folders.extend(only.map(|file| folder_of(file).to_owned()));
        if folders.is_empty() {
            folders.extend(self.roots.in_clone(project));
        }
        if folders.is_empty() {
            folders.push(String::new());
        }
        folders
    }

    fn given(&self) -> Vec<String> {
        self.source_root.iter().cloned().collect()
    }

    /// Where the project is in the repository, most likely.
    fn folder(&self) -> String {
        self.likely_folders().into_iter().next().unwrap_or_default()
    }

    fn likely_folders(&self) -> Vec<String> {
        let project = self.roots.projects().next();
        project.map_or_else(|| self.given(), |project| self.folders(project))
    }

    /// A file of the project that must be there, as every project has it.
    fn project_file(&self, inside: &str) -> Option<String> {
        let folders = self.likely_folders();
        let mut places = folders.iter().map(|folder| format!("{folder}{inside}"));
        let there = places.find_map(|place| self.worktree.file(&place));
        let there = there.or_else(|| self.of_one_project(inside));
        match there {
            Some(file) => Some(file.to_owned()),
            None if self.worktree.is_authoritative() => None,
            None => Some(format!("{}{inside}", self.folder())),
        }
    }

    /// The file of an asset that is certain to exist.
    fn asset(&self, asset: &str) -> Option<String> {
        self.asset_in_checkout(asset).or_else(|| {
            let inside = assets::file_of(asset).filter(|file| file.mount == "Game")?;
            let is_unknown = !self.worktree.is_authoritative();
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
                        folders.find_map(|folder| self.worktree.file(&format!("{folder}{inside}")));
                    there.or_else(|| self.of_one_project(&inside))
                }
                "Engine" => self.worktree.file(&format!("Engine/{inside}")),
                plugin => self.worktree.file(&format!("{}{inside}", self.plugin(plugin)?)),
            };
            found.map(str::to_owned)
        })
    }

    /// A file of whichever project has it, if only one has.
    fn of_one_project(&self, inside: &str) -> Option<&str> {
        let mut there = self
            .worktree
            .projects()
            .filter_map(|project| self.worktree.file(&format!("{}{inside}", folder_of(project))));
        there.next().filter(|_| there.next().is_none())
    }

    fn origin(&self, origin: Origin<'_>) -> Option<Location> {
        match origin {
            Origin::Setting { ini, section, key } => {
                let file = self.project_file(&format!("Config/Default{ini}.ini"))?;
                let text = self.worktree.text(&file);
                let line = text.and_then(|text| super::origins::line_of_key(text, section, key));
                Some(location(file, line))
            }
            Origin::File(name) => {
                let place = self.locate(name);
                if place.in_repository {
                    return Some(location(place.file, None));
                }
                let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
                self.worktree.only(name).map(|file| location(file.to_owned(), None))
            }
            Origin::Module(name) => self.rules(name).map(|rules| location(rules, None)),
            Origin::Plugin(name) => {
                if let Some(file) = self.worktree.only(&format!("{name}.uplugin")) {
                    return Some(location(file.to_owned(), None));
                }
                let project = &self.roots.projects().next()?.file;
                let file = self.project_file(project)?;
                let line = super::origins::line_of_plugin(self.worktree.text(&file)?, name)?;
                Some(location(file, Some(line)))
            }
        }
    }
}

/// The location with a name that is safe to show. A name that had to be changed for that is no longer the
/// name of the file.
pub(super) fn safe(location: Location, cleaner: &Cleaner) -> Location {
    let file = cleaner.message(&location.file).replace('\n', " ");
    // What was made visible is no part of a name either.
    let is_itself = file == location.file && !file.contains("\\u{") && !file.contains("/u{");
    let in_repository = location.in_repository && is_itself;
    Location { file, in_repository, ..location }
}

fn location(file: String, line: Option<u32>) -> Location {
    Location { file, in_repository: true, line, column: None, end_line: None }
}

fn folder_of(file: &str) -> &str {
    file.rfind('/').and_then(|end| file.get(..=end)).unwrap_or_default()
}

fn under_any_case<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(folder.len())?;
    rest.strip_prefix('/').filter(|_| start.eq_ignore_ascii_case(folder))
}

//! Where the projects and the engine are on the build machine, as command lines and messages tell.

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::spelling::{is_absolute, is_drive, normalised, under};
use crate::log::pattern;
use crate::worktree::MADE;

/// How a command line or UAT names the project that it is about.
const NAMED: &str = r#"(?i)(?:-(?:scriptsfor|for|foreign)?project="?|setting up projectparams for |unrealheadertool(?:\.exe)?"? "?|editor(?:-cmd)?(?:\.exe)?"? "?)(?<folder>(?:[a-z]:)?[^:*?"<>|=]*?)[\\/]?(?<file>[^\\/:*?"<>|=]*?\.uproject)"#;
/// The path of some project.
const MENTIONED: &str =
    r#"(?i)(?<folder>(?:[a-z]:[\\/]|/)[^:*?"<>|=]*?)[\\/](?<file>[^\\/:*?"<>|=]*?\.uproject)"#;
/// The folder of an engine, that runs or whose sources are named. A path of Unix has no blank before what
/// may be an argument.
const ENGINE: &str = r#"(?i)(?<folder>(?:[a-z]:[\\/](?:[^:*?"<>|=]*?[\\/])?|/(?:(?:[^:*?"<>|=&; ]| [^:*?"<>|=&; /-])*?/)?)Engine)[\\/](?:(?<runs>Build[\\/]BatchFiles|Binaries)|Source)[\\/]"#;
/// Without one of these a line tells nothing of the engine.
const ENGINES: [&str; 6] = [
    "Engine/Binaries/",
    r"Engine\Binaries\",
    "Engine/Build/BatchFiles/",
    r"Engine\Build\BatchFiles\",
    "Engine/Source/",
    r"Engine\Source\",
];
/// More than a build of several targets has.
const MAX_PROJECTS: usize = 8;

/// A project on the build machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Project {
    /// Its folder, normalised; unknown if it was named relative to some other.
    pub(super) folder: Option<String>,
    /// `Game.uproject`
    pub(super) file: String,
    is_named: bool,
}

/// What is known of both.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    named: Regex,
    mentioned: Regex,
    in_engine: Regex,
    engines: Option<AhoCorasick>,
    /// The latest one last.
    projects: Vec<Project>,
    /// The folder that is called `Engine`, and whether it is the one that runs.
    engine: Option<(String, bool)>,
    /// Where the build machine cloned the repository to.
    clone: Option<String>,
}

impl Roots {
    pub(super) fn new() -> Self {
        Self {
            named: pattern::compile(NAMED),
            mentioned: pattern::compile(MENTIONED),
            in_engine: pattern::compile(ENGINE),
            // Without the words every line takes the slow way, to the same result.
            engines: AhoCorasick::new(ENGINES).ok(),
            projects: Vec::new(),
            engine: None,
            clone: None,
        }
    }

    /// Every line of a log passes here; nearly all of them have none of these words.
    pub(super) fn learn(&mut self, line: &str) {
        if line.contains(".uproject") {
            self.learn_project(line);
        }
        if let Some(folder) = line.strip_prefix("Cloning into '") {
            let folder = folder.split('\'').next().and_then(normalised);
            let folder = folder.filter(|folder| is_absolute(folder));
            // What is cloned into a clone is a submodule of it.
            let is_inner = folder.as_deref().zip(self.clone.as_deref());
            if is_inner.is_none_or(|(folder, clone)| under(clone, folder).is_none()) {
                self.clone = folder.or(self.clone.take());
            }
        }
        let is_certain = matches!(self.engine, Some((_, true)));
        if !is_certain && self.engines.as_ref().is_none_or(|words| words.is_match(line)) {
            self.learn_engine(line);
        }
    }

    /// The latest first.
    pub(super) fn projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.iter().rev()
    }

    /// The project's folder within what was cloned, ending in `/` if it is not all of it.
    pub(super) fn in_clone(&self, project: &Project) -> Option<String> {
        let inside = under(self.clone.as_deref()?, project.folder.as_deref()?)?;
        Some(format!("{inside}/"))
    }

    /// The folder that is called `Engine`.
    pub(super) fn engine(&self) -> Option<&str> {
        self.engine.as_ref().map(|(folder, _)| folder.as_str())
    }

    fn learn_project(&mut self, line: &str) {
        let mut project = None;
        for found in self.named.captures_iter(line) {
            project = sane(&found, true).or(project);
        }
        // What is merely mentioned may be a template, or somebody else's.
        if project.is_none() && self.projects.is_empty() {
            let found = self.mentioned.captures(line);
            project = found.and_then(|found| sane(&found, false));
        }
        let Some(project) = project else { return };
        if project.is_named {
            self.projects.retain(|known| known.is_named);
        }
        self.projects.retain(|known| *known != project);
        if self.projects.len() >= MAX_PROJECTS {
            self.projects.remove(0);
        }
        self.projects.push(project);
    }

    fn learn_engine(&mut self, line: &str) {
        for found in self.in_engine.captures_iter(line) {
            let folder = found.name("folder").and_then(|folder| normalised(folder.as_str()));
            let Some(folder) = folder.filter(|folder| !is_made_or_staged(folder)) else { continue };
            if found.name("runs").is_some() {
                self.engine = Some((folder, true));
                return;
            }
            self.engine.get_or_insert((folder, false));
        }
    }
}

/// Nothing if it is no project that people work on, or if it is not clear where its path begins.
fn sane(found: &Captures<'_>, is_named: bool) -> Option<Project> {
    let is_argument = found.get(0)?.as_str().starts_with('-');
    let folder = normalised(found.name("folder")?.as_str())?;
    let file = found.name("file")?.as_str();
    let is_known = is_absolute(&folder);
    if (!is_known && !is_argument) || is_made_or_staged(&folder) || file.starts_with('.') {
        return None;
    }
    // Below the top of a drive lies everything, the engine too.
    let folder = Some(folder).filter(|folder| is_known && !is_drive(folder) && folder != "/");
    Some(Project { folder, file: file.to_owned(), is_named })
}

fn is_made_or_staged(folder: &str) -> bool {
    let is_made = |segment: &str| MADE.iter().any(|made| made.eq_ignore_ascii_case(segment));
    folder.split('/').any(|segment| is_made(segment) || segment.contains(".uproject"))
}

impl Project {
    pub(super) fn holds<'p>(&self, path: &'p str) -> Option<&'p str> {
        under(self.folder.as_deref()?, path)
    }
}

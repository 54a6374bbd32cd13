//! Reads from command lines and messages where projects and engine are on the build machine.

use std::sync::Arc;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::spelling::{
    GENERATED_FOLDERS, below, is_absolute, is_drive, normalised_without_parents,
};
use crate::pattern;
use crate::remote::{BuildMachine, RemoteProject};

/// The project that a command line or AutomationTool works on.
const NAMED: &str = r#"(?i)(?:-(?:scriptsfor|for|foreign)?project="?|setting up projectparams for |unrealheadertool(?:\.exe)?"? "?|editor(?:-cmd)?(?:\.exe)?"? "?)(?<folder>(?:[a-z]:)?[^:*?"<>|=]*?)[\\/]?(?<file>[^\\/:*?"<>|=]*?\.uproject)"#;
/// The path of some project.
const MENTIONED: &str =
    r#"(?i)(?<folder>(?:[a-z]:[\\/]|/)[^:*?"<>|=]*?)[\\/](?<file>[^\\/:*?"<>|=]*?\.uproject)"#;
/// The folder of an engine that runs, or whose sources are named. In a path of Unix no blank stands before a text that
/// may be an argument.
const ENGINE: &str = r#"(?i)(?<folder>(?:[a-z]:[\\/](?:[^:*?"<>|=]*?[\\/])?|/(?:(?:[^:*?"<>|=&; ]| [^:*?"<>|=&; /-])*?/)?)Engine)[\\/](?:(?<runs>Build[\\/]BatchFiles|Binaries)|Source)[\\/]"#;
/// A line without any of these does not name the engine.
const ENGINES: [&str; 6] = [
    "Engine/Binaries/",
    r"Engine\Binaries\",
    "Engine/Build/BatchFiles/",
    r"Engine\Build\BatchFiles\",
    "Engine/Source/",
    r"Engine\Source\",
];
/// No build of several targets has more.
const MAX_PROJECTS: usize = 8;

/// The folders that the log has named so far, and the patterns that find them.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    named: Regex,
    mentioned: Regex,
    in_engine: Regex,
    engines: Option<AhoCorasick>,
    known: Arc<BuildMachine>,
    /// True if the build works on the projects. Otherwise they are merely mentioned.
    are_named: bool,
    /// True if the engine runs. Otherwise it is merely mentioned.
    engine_runs: bool,
}

impl Roots {
    pub(super) fn new() -> Self {
        Self {
            named: pattern::compile(NAMED),
            mentioned: pattern::compile(MENTIONED),
            in_engine: pattern::compile(ENGINE),
            // Without the words every line takes the slow way, to the same result.
            engines: AhoCorasick::new(ENGINES).ok(),
            known: Arc::default(),
            are_named: false,
            engine_runs: false,
        }
    }

    /// The folders that are known now. The value does not change when more is learnt.
    pub(super) fn known(&self) -> &Arc<BuildMachine> {
        &self.known
    }

    /// Learns from a line. Nearly all lines have none of the words.
    pub(super) fn learn(&mut self, line: &str) {
        if line.contains(".uproject") {
            self.learn_project(line);
        }
        if let Some(folder) = line.strip_prefix("Cloning into '") {
            let folder = folder.split('\'').next().and_then(normalised_without_parents);
            let folder = folder.filter(|folder| is_absolute(folder));
            // A clone inside another one is a submodule.
            let is_inner = folder.as_deref().zip(self.known.clone.as_deref());
            let is_inner = is_inner.is_some_and(|(folder, clone)| below(clone, folder).is_some());
            if folder.is_some() && !is_inner {
                Arc::make_mut(&mut self.known).clone = folder;
            }
        }
        let is_likely = || self.engines.as_ref().is_none_or(|words| words.is_match(line));
        if !self.engine_runs && is_likely() {
            self.learn_engine(line);
        }
    }

    fn learn_project(&mut self, line: &str) {
        let mut project = None;
        for found in self.named.captures_iter(line) {
            project = sane(&found).or(project);
        }
        let is_named = project.is_some();
        // A project that is merely mentioned may be a template, or another build's.
        if project.is_none() && self.known.projects.is_empty() {
            let found = self.mentioned.captures(line);
            project = found.and_then(|found| sane(&found));
        }
        let Some(project) = project else { return };
        if self.known.projects.last() == Some(&project) && self.are_named == is_named {
            return;
        }
        let projects = &mut Arc::make_mut(&mut self.known).projects;
        if is_named && !self.are_named {
            projects.clear();
        }
        self.are_named = is_named;
        projects.retain(|known| *known != project);
        if projects.len() >= MAX_PROJECTS {
            projects.remove(0);
        }
        projects.push(project);
    }

    fn learn_engine(&mut self, line: &str) {
        for found in self.in_engine.captures_iter(line) {
            let folder =
                found.name("folder").and_then(|folder| normalised_without_parents(folder.as_str()));
            let Some(folder) = folder.filter(|folder| !is_generated_or_staged(folder)) else {
                continue;
            };
            let runs = found.name("runs").is_some();
            if runs || self.known.engine.is_none() {
                Arc::make_mut(&mut self.known).engine = Some(folder);
            }
            if runs {
                self.engine_runs = true;
                return;
            }
        }
    }
}

/// The project, unless it is one that tools made, or the beginning of its path is not certain.
fn sane(found: &Captures<'_>) -> Option<RemoteProject> {
    let is_argument = found.get(0)?.as_str().starts_with('-');
    let folder = normalised_without_parents(found.name("folder")?.as_str())?;
    let file = found.name("file")?.as_str();
    let is_known = is_absolute(&folder);
    if (!is_known && !is_argument) || is_generated_or_staged(&folder) || file.starts_with('.') {
        return None;
    }
    // Everything lies below the top of a drive, even the engine.
    let folder = Some(folder).filter(|folder| is_known && !is_drive(folder) && folder != "/");
    Some(RemoteProject { folder, file: file.to_owned() })
}

fn is_generated_or_staged(folder: &str) -> bool {
    let is_generated =
        |segment: &str| GENERATED_FOLDERS.iter().any(|known| known.eq_ignore_ascii_case(segment));
    folder.split('/').any(|segment| is_generated(segment) || segment.contains(".uproject"))
}

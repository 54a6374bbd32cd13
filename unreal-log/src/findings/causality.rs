//! Decides which problems of a phase are root causes and which follow from another one.

use std::collections::{HashMap, HashSet};

use super::block::{EXAMPLES, PendingFinding};
use crate::finding::{Rank, Severity};
use crate::locate::assets;
use crate::locate::certain::{CertainFile, CertainPath};
use crate::remote::Clue;
use crate::rules::block_kind::BlockKind;
use crate::rules::sign::{Meaning, Nearness};
use crate::tool::Tool;

/// The place of a problem in the words of the log, and its file as far as that is certain.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) clue: Option<Clue>,
    pub(super) certain: Option<CertainFile>,
}

type Located = (PendingFinding, Origin);

/// The same problems. A problem that follows from another one has the rank of a follow-up, and a problem that says the
/// same as another one is counted there.
pub(super) fn mark_follow_ups(mut pending: Vec<Located>) -> Vec<Located> {
    same_statement(&mut pending);
    same_name(&mut pending);
    same_crash(&mut pending);
    same_import(&mut pending);
    same_package(&mut pending);
    same_asset(pending)
}

fn mark(pending: &mut PendingFinding) {
    pending.block.rank = Rank::FollowUp;
}

fn is_root(pending: &PendingFinding) -> bool {
    pending.block.severity == Severity::Error && pending.block.rank != Rank::FollowUp
}

/// How many lines a statement may have.
const STATEMENT: u32 = 5;

/// After an error in a statement, a compiler reports others in the rest of it.
fn same_statement(pending: &mut [Located]) {
    let mut lines = HashSet::new();
    for (problem, _) in pending {
        let is_compiler = problem.block.kind == BlockKind::Compiler && is_root(problem);
        let place =
            problem.block.place.as_ref().filter(|place| is_compiler && place.line.is_some());
        let Some((place, line)) = place.and_then(|place| Some((place, place.line?))) else {
            continue;
        };
        let is_leftover = problem.block.meaning == Some(Meaning::RestOfStatement);
        let near = line.saturating_sub(STATEMENT)..=line.saturating_add(STATEMENT);
        let follows = is_leftover
            && lines.iter().any(|(file, other)| *file == place.path && near.contains(other));
        if !lines.insert((place.path.clone(), line)) || follows {
            mark(problem);
        }
    }
}

/// A name that is missing in one place of a file is unknown in all other places too.
fn same_name(pending: &mut [Located]) {
    let mut names: HashSet<(String, String)> = HashSet::new();
    for (problem, _) in pending {
        let is_error =
            problem.block.kind == BlockKind::Compiler && problem.block.severity == Severity::Error;
        let Some(place) = problem.block.place.as_ref().filter(|_| is_error) else { continue };
        let quoted = quoted(&problem.block.message);
        let file = || place.path.clone();
        let unknown =
            quoted.first().filter(|_| problem.block.meaning == Some(Meaning::UnknownName));
        let known = unknown.is_some_and(|name| names.contains(&(file(), (*name).to_owned())));
        names.extend(quoted.iter().map(|name| (file(), (*name).to_owned())));
        if known {
            mark(problem);
        }
    }
}

/// The texts between quotes of any kind.
fn quoted(message: &str) -> Vec<&str> {
    let mut parts = message.split(['\'', '"', '“', '”', '‘', '’', '«', '»', '「', '」']);
    let mut names = Vec::new();
    parts.next();
    while let (Some(name), Some(_)) = (parts.next(), parts.next()) {
        names.push(name);
    }
    names
}

/// The first crash of a phase is the root. Others are reported by the same program or by its parent process.
fn same_crash(pending: &mut [Located]) {
    let problems = pending.iter_mut().map(|(problem, _)| problem);
    let crashes =
        problems.filter(|problem| problem.block.tool == Some(Tool::Crash) && is_root(problem));
    crashes.skip(1).for_each(mark);
}

/// If a package of Java is missing, its classes are missing too.
fn same_import(pending: &mut [Located]) {
    let mut is_missing = false;
    for (problem, _) in pending {
        if problem.block.tool != Some(Tool::Javac) || !is_root(problem) {
            continue;
        }
        // Only classes come from a package. javac calls a class a variable where the code names a member of it.
        let is_class = |line: &String| {
            let symbol = line.trim_start().strip_prefix("symbol:").map(str::trim_start);
            let name = symbol.and_then(|symbol| symbol.strip_prefix("variable "));
            symbol.is_some_and(|symbol| symbol.starts_with("class "))
                || name.is_some_and(is_name_of_class)
        };
        let is_of_package = problem.block.message.starts_with("cannot find symbol")
            && problem.block.details.iter().any(is_class);
        if is_missing && is_of_package {
            mark(problem);
        }
        is_missing |= problem.block.message.starts_with("package ");
    }
}

/// `DoorApi`; neither `door` nor `DOOR`.
fn is_name_of_class(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}

/// Gradle repeats at its end what other tools have reported before.
fn same_package(pending: &mut [Located]) {
    let is_of_android = |problem: &PendingFinding| {
        let tools = [Tool::Javac, Tool::Kotlin, Tool::Aapt, Tool::Gradle];
        problem.block.tool.is_some_and(|tool| tools.contains(&tool)) && is_root(problem)
    };
    let (mut has_root, mut has_explanation) = (false, false);
    for (problem, _) in pending {
        let repeats = match problem.block.kind {
            BlockKind::JavaStack => has_root || has_explanation,
            // A build that failed in two tasks has two causes.
            BlockKind::Gradle => has_root,
            _ => false,
        };
        if repeats && is_root(problem) {
            mark(problem);
        }
        let is_explanation = problem.block.kind == BlockKind::Gradle;
        has_explanation |= is_explanation;
        has_root |= is_of_android(problem) && !is_explanation;
    }
}

/// Of all messages of the engine about an asset, one is the root.
fn same_asset(pending: Vec<Located>) -> Vec<Located> {
    let mut roots: HashMap<String, (usize, Nearness)> = HashMap::new();
    for (index, (problem, origin)) in pending.iter().enumerate() {
        let Some((asset, nearness)) = asset(problem, origin) else { continue };
        let (root, nearest) = roots.entry(asset).or_insert((index, nearness));
        if nearness < *nearest {
            (*root, *nearest) = (index, nearness);
        }
    }
    let mut marked: Vec<Located> = Vec::with_capacity(pending.len());
    let mut others: HashMap<usize, Vec<String>> = HashMap::new();
    let mut kept: HashMap<usize, usize> = HashMap::new();
    for (index, (mut problem, origin)) in pending.into_iter().enumerate() {
        let root = asset(&problem, &origin)
            .and_then(|(asset, nearness)| Some((roots.get(&asset)?.0, nearness)));
        match root.filter(|(root, _)| *root != index) {
            Some((root, Nearness::Missing)) => {
                let name = quoted(&problem.block.message).first().map(|name| (*name).to_owned());
                others.entry(root).or_default().extend(name);
            }
            root => {
                if root.is_some() {
                    mark(&mut problem);
                }
                kept.insert(index, marked.len());
                marked.push((problem, origin));
            }
        }
    }
    for (root, names) in others {
        let Some((problem, _)) = kept.get(&root).and_then(|root| marked.get_mut(*root)) else {
            continue;
        };
        problem.repeats =
            problem.repeats.saturating_add(u32::try_from(names.len()).unwrap_or(u32::MAX));
        let room = EXAMPLES.saturating_sub(problem.also.len());
        problem.also.extend(names.into_iter().take(room));
    }
    marked
}

/// The asset that the engine's compiler of Blueprints complains about, and how near the message is to the root cause.
/// The asset's file need not be in the repository, so that the result is the same with and without one.
fn asset(problem: &PendingFinding, origin: &Origin) -> Option<(String, Nearness)> {
    if !is_root(problem) {
        return None;
    }
    let Some(Meaning::InBlueprint(nearness)) = problem.block.meaning else { return None };
    let asset = match (&origin.certain, &origin.clue) {
        (Some(CertainFile { path, .. }), _) => {
            let (CertainPath::InProject(file) | CertainPath::OnMachine(file)) = path;
            file.rsplit_once('.').map_or(file.as_str(), |(asset, _)| asset).to_lowercase()
        }
        (None, Some(Clue::Asset(asset))) => {
            let file = assets::file_of(asset)?;
            format!("/{}/{}", file.mount, file.path).to_lowercase()
        }
        (None, _) => return None,
    };
    Some((asset, nearness))
}

#[cfg(test)]
mod tests;

//! Tells, among the events of a phase, roots from what follows from them.

use std::collections::{HashMap, HashSet};

use super::assets;
use super::extent::Extent;
use super::grouping::{EXAMPLES, Held};
use crate::model::{Clue, Location, Rank, Severity};

/// Where an event is: in the words of the log, and in the repository as far as that is certain.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) clue: Option<Clue>,
    pub(super) location: Option<Location>,
}

type Located = (Held, Spot);

/// The same events, with what follows from another one ranked so, and what says the same as another one
/// counted there.
pub(super) fn told_apart(mut held: Vec<Located>) -> Vec<Located> {
    same_statement(&mut held);
    same_name(&mut held);
    same_crash(&mut held);
    same_import(&mut held);
    same_package(&mut held);
    same_asset(held)
}

fn follow(held: &mut Held) {
    held.group.rank = Rank::FollowUp;
}

fn is_root(held: &Held) -> bool {
    held.group.severity == Severity::Error && held.group.rank != Rank::FollowUp
}

/// What a broken statement leaves behind for MSVC: nothing to control, nothing to do.
const LEFTOVERS: [&str; 3] = ["C4390", "C4552", "C4555"];
/// How many lines a statement may have.
const STATEMENT: u32 = 5;

/// A compiler that stumbles goes on stumbling over the rest of the line.
fn same_statement(held: &mut [Located]) {
    let mut lines = HashSet::new();
    for (held, _) in held {
        let is_compiler = held.group.extent == Extent::Compiler && is_root(held);
        let place = held.group.place.as_ref().filter(|place| is_compiler && place.line.is_some());
        let Some((place, line)) = place.and_then(|place| Some((place, place.line?))) else {
            continue;
        };
        let is_leftover = held.group.code.as_deref().is_some_and(|code| LEFTOVERS.contains(&code));
        let near = line.saturating_sub(STATEMENT)..=line.saturating_add(STATEMENT);
        let follows = is_leftover
            && lines.iter().any(|(file, other)| *file == place.path && near.contains(other));
        if !lines.insert((place.path.clone(), line)) || follows {
            follow(held);
        }
    }
}

/// What could not be declared, or was not, is unknown wherever else it is named in the file.
fn same_name(held: &mut [Located]) {
    let mut names: HashSet<(String, String)> = HashSet::new();
    for (held, _) in held {
        let is_error =
            held.group.extent == Extent::Compiler && held.group.severity == Severity::Error;
        let Some(place) = held.group.place.as_ref().filter(|_| is_error) else { continue };
        let quoted = quoted(&held.group.message);
        let file = || place.path.clone();
        let unknown = quoted.first().filter(|_| {
            is_unknown_name(held.group.code.as_deref().unwrap_or_default(), &held.group.message)
        });
        let known = unknown.is_some_and(|name| names.contains(&(file(), (*name).to_owned())));
        names.extend(quoted.iter().map(|name| (file(), (*name).to_owned())));
        if known {
            follow(held);
        }
    }
}

fn is_unknown_name(code: &str, message: &str) -> bool {
    match code {
        "C2065" | "C2653" | "C3536" | "C3861" => true,
        "clang" => {
            message.contains("undeclared identifier") || message.contains("unknown type name")
        }
        _ => false,
    }
}

/// What stands between quotes of any kind.
fn quoted(message: &str) -> Vec<&str> {
    let mut parts = message.split(['\'', '"', '“', '”', '‘', '’', '«', '»', '「', '」']);
    let mut names = Vec::new();
    parts.next();
    while let (Some(name), Some(_)) = (parts.next(), parts.next()) {
        names.push(name);
    }
    names
}

/// A program that crashes goes on crashing, and whoever started it says so.
fn same_crash(held: &mut [Located]) {
    let crashes = held.iter_mut().map(|(held, _)| held);
    let crashes =
        crashes.filter(|held| held.group.code.as_deref() == Some("crash") && is_root(held));
    crashes.skip(1).for_each(follow);
}

/// Whatever was to come out of a missing package of Java is missing, too.
fn same_import(held: &mut [Located]) {
    let mut is_missing = false;
    for (held, _) in held {
        if held.group.code.as_deref() != Some("javac") || !is_root(held) {
            continue;
        }
        // Only a class can come out of it; one of which a member is asked is called a variable.
        let is_class = |line: &String| {
            let symbol = line.trim_start().strip_prefix("symbol:").map(str::trim_start);
            let name = symbol.and_then(|symbol| symbol.strip_prefix("variable "));
            symbol.is_some_and(|symbol| symbol.starts_with("class "))
                || name.is_some_and(is_name_of_class)
        };
        let is_of_package = held.group.message.starts_with("cannot find symbol")
            && held.group.more.iter().any(is_class);
        if is_missing && is_of_package {
            follow(held);
        }
        is_missing |= held.group.message.starts_with("package ");
    }
}

/// `DoorApi`; neither `door` nor `DOOR`.
fn is_name_of_class(name: &str) -> bool {
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}

/// Gradle says at its end what others have said before.
fn same_package(held: &mut [Located]) {
    let of_android = |held: &Held| {
        matches!(held.group.code.as_deref(), Some("javac" | "kotlin" | "aapt" | "Gradle"))
            && is_root(held)
    };
    let (mut has_root, mut has_explanation) = (false, false);
    for (held, _) in held {
        let repeats = match held.group.extent {
            Extent::JavaStack => has_root || has_explanation,
            // One that failed in two tasks has two reasons.
            Extent::Gradle => has_root,
            _ => false,
        };
        if repeats && is_root(held) {
            follow(held);
        }
        let is_explanation = held.group.extent == Extent::Gradle;
        has_explanation |= is_explanation;
        has_root |= of_android(held) && !is_explanation;
    }
}

/// How near to the root a message about an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// It asks for something that is not there.
    Missing,
    /// Its data cannot be read.
    Unreadable,
    Other,
    /// Its pins and connections are wrong, as they are after any of the above.
    Pins,
}

fn nearness(message: &str) -> Nearness {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&[
        "Could not find a function named",
        "Could not find a variable named",
        "Failed to find a class member",
    ]) {
        Nearness::Missing
    } else if has(&["Unknown structure"]) {
        Nearness::Unreadable
    } else if has(&[
        "In use pin ",
        "must have a connection",
        "pin is invalid",
        "failed building connection",
        "no longer exists on node",
    ]) {
        Nearness::Pins
    } else {
        Nearness::Other
    }
}

/// Of all that the engine says about an asset, one is the root.
fn same_asset(held: Vec<Located>) -> Vec<Located> {
    let mut roots: HashMap<String, usize> = HashMap::new();
    for (index, (event, spot)) in held.iter().enumerate() {
        let Some(asset) = asset(event, spot) else { continue };
        let nearest = roots.entry(asset).or_insert(index);
        let best = held.get(*nearest).map(|(best, _)| nearness(&best.group.message));
        if best.is_some_and(|best| nearness(&event.group.message) < best) {
            *nearest = index;
        }
    }
    let mut told: Vec<Located> = Vec::with_capacity(held.len());
    let mut others: HashMap<usize, Vec<String>> = HashMap::new();
    let mut kept: HashMap<usize, usize> = HashMap::new();
    for (index, (mut event, spot)) in held.into_iter().enumerate() {
        let root = asset(&event, &spot).and_then(|asset| roots.get(&asset).copied());
        match root.filter(|root| *root != index) {
            Some(root) if nearness(&event.group.message) == Nearness::Missing => {
                let name = quoted(&event.group.message).first().map(|name| (*name).to_owned());
                others.entry(root).or_default().extend(name);
            }
            root => {
                if root.is_some() {
                    follow(&mut event);
                }
                kept.insert(index, told.len());
                told.push((event, spot));
            }
        }
    }
    for (root, names) in others {
        let Some((event, _)) = kept.get(&root).and_then(|root| told.get_mut(*root)) else {
            continue;
        };
        event.repeats =
            event.repeats.saturating_add(u32::try_from(names.len()).unwrap_or(u32::MAX));
        let room = EXAMPLES.saturating_sub(event.also.len());
        event.also.extend(names.into_iter().take(room));
    }
    told
}

/// The asset that the engine's compiler of Blueprints complains about. Its file need not be in the
/// checkout, so that what follows from what does not depend on that.
fn asset(held: &Held, spot: &Spot) -> Option<String> {
    let speaks =
        matches!(held.group.code.as_deref(), Some("LogBlueprint" | "LogProperty" | "LogClass"));
    if !speaks || !is_root(held) {
        return None;
    }
    match (&spot.location, &spot.clue) {
        (Some(Location { file, .. }), _) => {
            Some(file.rsplit_once('.').map_or(file.as_str(), |(asset, _)| asset).to_lowercase())
        }
        (None, Some(Clue::Asset(asset))) => {
            let file = assets::file_of(asset)?;
            Some(format!("/{}/{}", file.mount, file.path).to_lowercase())
        }
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests;

//! A module may use only modules to its left in this list; `lib` and `main` may use all of them. No files use each other
//! in a circle, neither in the program nor in `unreal-log` or the simulator.

#![expect(clippy::string_slice, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;
use sources::{product_code, rust_files};

const LAYERS: [&str; 29] = [
    "model",
    "retry",
    "causes",
    "threads",
    "files",
    "config",
    "json",
    "net",
    "text",
    "reader",
    "checkout",
    "service",
    "socket",
    "error",
    "follow",
    "session",
    "trigger",
    "report",
    "ci",
    "export",
    "render",
    "writer",
    "reporter",
    "cli",
    "diagnostics",
    "signals",
    "publish",
    "run",
    "lib",
];

#[test]
fn modules_use_only_what_is_to_their_left() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let own = layer_of(file.strip_prefix(&src).unwrap());
        if own == "main" || own == "lib" {
            continue;
        }
        let place = |layer: &str| LAYERS.iter().position(|known| *known == layer);
        let here = place(&own).unwrap_or_else(|| panic!("{own} is in no layer: {file:?}"));
        for used in crate_uses(&fs::read_to_string(&file).unwrap()) {
            let there = place(&used).unwrap_or_else(|| panic!("{used} is in no layer: {file:?}"));
            if there > here {
                wrong.push(format!("{} uses {used}", file.strip_prefix(&src).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Their order alone would allow it.
#[test]
fn the_cis_do_not_know_the_service() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src.join("ci")).into_iter().chain([src.join("ci.rs")]) {
        let used = crate_uses(&fs::read_to_string(&file).unwrap());
        for module in ["net", "service", "socket", "session", "follow", "trigger"] {
            assert!(!used.iter().any(|used| used == module), "{} uses {module}", file.display());
        }
    }
}

#[test]
fn no_files_of_a_crate_use_each_other_in_a_circle() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    for src in ["src", "unreal-log/src", "simulator/src"] {
        let files = files_of(&top.join(src), ROOT);
        let known: BTreeSet<_> = files.keys().cloned().collect();
        let uses =
            files.iter().map(|(file, source)| (file.clone(), file_uses(file, source, &known)));
        let circle = circle(&uses.collect()).map(|circle| circle.join(" -> "));
        assert_eq!(circle, None, "{src}");
    }
}

/// `files` reads within bounds, refuses pipes and devices, and follows no link in a checkout. `file_updates` appends to
/// files of the CI.
#[test]
fn only_one_module_opens_files() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let opens = Regex::new(
        r"\b(?:File::(?:open|create|options)|OpenOptions|pem_file_iter|load_certs_from_paths|fs::(?:read|read_to_string|write|copy|rename|hard_link|remove_file|remove_dir_all|create_dir|create_dir_all)\b)|\buse std::fs::\{?(?:read|write)",
    );
    let opens = opens.unwrap();
    let allowed =
        |file: &str| file.starts_with("crate::files") || file == "crate::ci::file_updates";
    let files = files_of(&src, ROOT);
    assert!(files.iter().any(|(file, source)| allowed(file) && opens.is_match(source)));
    let others = files.iter().filter(|(file, _)| !allowed(file));
    let others = others.flat_map(|(file, source)| {
        opens.find_iter(source).map(move |found| format!("{file}: {}", found.as_str()))
    });
    assert_eq!(others.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_step_waits_in_one_place_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = files_of(&src, "crate::run");
    let places = |word: &str| {
        let with = files.iter().filter(|(_, source)| source.contains(word));
        with.map(|(file, source)| (file.as_str(), source.matches(word).count())).collect::<Vec<_>>()
    };
    assert_eq!(places("select!"), [("crate::run::pump", 1)]);
    assert_eq!(places("select("), []);
    assert_eq!(places("loop {"), [("crate::run", 1), ("crate::run::pump", 1)]);
    assert_eq!(places("  while "), []);
}

#[test]
fn a_circle_of_files_is_found_however_they_name_each_other() {
    let known = [
        "crate",
        "crate::net",
        "crate::run",
        "crate::run::pump",
        "crate::run::pump::order",
        "crate::run::stages",
    ];
    let known = known.into_iter().map(str::to_owned).collect();
    let uses = |file: &str, source: &str| {
        let used = file_uses(&format!("crate::{file}"), source, &known).into_iter();
        used.map(|file| file.trim_start_matches("crate::").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(uses("run", "mod pump;\nmod stages;\n"), [""; 0]);
    assert_eq!(uses("run", "use stages::Step;"), ["run::stages"]);
    assert_eq!(uses("run", "fn f() { pump::next() }"), ["run::pump"]);
    assert_eq!(uses("run", "use crate::pump::stages::X;"), ["crate"]);
    assert_eq!(uses("run", "use crate::net::X;"), ["net"]);
    assert_eq!(uses("run::pump", "use crate::{Host, net};"), ["crate", "net"]);
    assert_eq!(uses("run::stages", "use super::pump::{Input, Pump};"), ["run::pump"]);
    assert_eq!(uses("run::stages", "use super::{Host, pump::Input};"), ["run", "run::pump"]);
    assert_eq!(uses("run::stages", "pub(super) fn f() {}"), [""; 0]);
    assert_eq!(uses("run::stages", "pub(in crate::run) fn f() {}"), [""; 0]);
    assert_eq!(uses("run::stages", "use crate::run::pump::order::X;"), ["run::pump::order"]);
    assert_eq!(uses("run::pump", "use self::order::X;"), ["run::pump::order"]);
    assert_eq!(uses("run::pump::order", "use super::super::stages;"), ["run::stages"]);
    assert_eq!(uses("run::pump::order", "use super::Pump;"), ["run::pump"]);

    let graph = |edges: &[(&str, &str)]| {
        let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("a", "c"), ("b", "c")])), None);
    let found = circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert_eq!(found, Some(["b", "c", "b"].map(str::to_owned).into()));
}

/// The path of a crate's first file.
const ROOT: &str = "crate";

/// The files that are compiled into the program from this one on: each by its path in Rust, and its source.
fn files_of(src: &Path, first: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut unread = vec![first.to_owned()];
    let child = Regex::new(r"(?m)^(?:pub |pub\(\w+\) )?mod (\w+);$").unwrap();
    while let Some(path) = unread.pop() {
        let file = match path.strip_prefix("crate::") {
            Some(inside) => src.join(inside.replace("::", "/")).with_extension("rs"),
            None => src.join("lib.rs"),
        };
        let Ok(source) = fs::read_to_string(file) else { continue };
        let source = product_code(&source);
        unread.extend(child.captures_iter(&source).map(|found| format!("{path}::{}", &found[1])));
        files.insert(path, source);
    }
    files
}

/// The other files of the same crate that a file uses.
fn file_uses(file: &str, source: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    // How far a name can be seen is no use of it.
    let code = Regex::new(r"pub\(in [\w:]+\)").unwrap().replace_all(&code, "pub").into_owned();
    let used = paths(&code).into_iter().filter_map(|path| {
        let mut names = path.iter().map(String::as_str).peekable();
        let mut place = file.to_owned();
        match names.peek().copied()? {
            "crate" => {
                names.next();
                ROOT.clone_into(&mut place);
            }
            "self" => drop(names.next()),
            "super" => {
                while names.next_if_eq(&"super").is_some() {
                    place = place.rsplit_once("::")?.0.to_owned();
                }
            }
            child if known.contains(&format!("{file}::{child}")) => {}
            _ => return None,
        }
        for name in names {
            match format!("{place}::{name}") {
                child if known.contains(&child) => place = child,
                _ => break,
            }
        }
        Some(place).filter(|place| place != file)
    });
    used.collect()
}

/// All paths of several names in a source; a group is as many paths as it has members.
fn paths(source: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        rest = path(&rest[start..], &[], &mut paths);
    }
    paths.retain(|path| path.len() > 1);
    paths
}

/// Reads one path, or one group of paths, behind those names. Returns what follows it.
fn path<'s>(source: &'s str, before: &[String], paths: &mut Vec<Vec<String>>) -> &'s str {
    let mut names = before.to_vec();
    let mut rest = source.trim_start();
    loop {
        if let Some(mut group) = rest.strip_prefix('{') {
            loop {
                group = path(group, &names, paths).trim_start();
                match group.strip_prefix(',') {
                    Some(next) => group = next,
                    None => return group.strip_prefix('}').unwrap_or(group),
                }
            }
        }
        let name = match rest.strip_prefix('*') {
            Some(_) => "*".to_owned(),
            None => word(rest),
        };
        if name.is_empty() {
            return rest;
        }
        rest = &rest[name.len()..];
        names.push(name);
        match rest.strip_prefix("::") {
            Some(next) => rest = next,
            None => {
                paths.push(names);
                return rest;
            }
        }
    }
}

/// A way along the uses that comes back to where it began, if there is one.
fn circle(uses: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit<'g>(
        file: &'g str,
        uses: &'g BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<&'g str>,
        done: &mut BTreeSet<&'g str>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|seen| *seen == file) {
            return Some(
                way.iter().skip(start).chain([&file]).map(|name| (*name).to_owned()).collect(),
            );
        }
        if !done.insert(file) {
            return None;
        }
        way.push(file);
        let found =
            uses.get(file).into_iter().flatten().find_map(|used| visit(used, uses, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|file| visit(file, uses, &mut Vec::new(), &mut done))
}

#[test]
fn the_scan_sees_plain_grouped_and_inline_uses() {
    let source = "use crate::config::Env;\nuse crate::{api::Client, log::{self, text}};\n\
                  fn f() -> crate::model::Id { crate::retry::is_transient(1) }";
    assert_eq!(crate_uses(source), ["config", "api", "log", "model", "retry"]);
}

fn layer_of(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of this crate that a source names, by `crate::module` or in `crate::{module, …}`.
fn crate_uses(source: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (_, rest) in
        source.match_indices("crate::").map(|(at, text)| source.split_at(at + text.len()))
    {
        match rest.strip_prefix('{') {
            None => used.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut at_start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if at_start && c.is_alphabetic() => {
                            used.push(word(&group[at..]));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    used
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

//! What makes two events the same: keys, and texts with everything folded that is a mere detail.

use std::hash::{DefaultHasher, Hash, Hasher};

use regex::Regex;

use super::grouping::Group;
use super::pattern;
use crate::model::Severity;

/// Tells which events say the same of something else.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    symbol: Regex,
    quoted: Regex,
    version: Regex,
    material: Regex,
    details: Regex,
    numbers: Regex,
}

/// What an event has in common with others, and what is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) key: u64,
    /// The file, the symbol, the asset that it says it of.
    pub(super) of: Option<String>,
}

/// The symbol as a linker quotes it, decorated or not.
const SYMBOL: &str = r#"unresolved external symbol (?:"(?<a>[^"]+)"|(?<b>\S+))|(?:undefined|duplicate) symbol:? (?:'(?<c>[^']+)'|(?<d>.+))|undefined reference to [`'](?<e>[^'`]+)'|(?:"(?<f>[^"]+)"|^(?<g>\S+)).* already defined in "#;
const QUOTED: &str = r#""([^"]+)""#;
/// An asset that another version of the engine has saved, in any of its wordings.
const VERSION: &str =
    r"Package (?<of>\S.*?\.(?:uasset|umap)) (?:is too (?:new|old)|has newer custom version of )";
const MATERIAL: &str = r"[Ff]ailed to compile (?:Material )?(?<of>/[\w./-]+|Global Shader \w+)?";
/// Paths, quotes, numbers.
const DETAILS: &str = r#"'[^']*'|"[^"]*"|(?:[A-Za-z]:)?[\w.+~-]*(?:[/\\][\w.+~() -]*[\w.+~)-])+[/\\]?|0x[0-9A-Fa-f]+|\d+(?:[.,]\d+)*"#;
/// Not those that are a part of a name.
const NUMBERS: &str = r"\b(?:0x[0-9A-Fa-f]+|[0-9A-Fa-f]{8,}|\d+(?:[.,]\d+)*)\b";
/// How much of a message tells what it is about, in bytes.
const TELLING: usize = 1024;

impl Keys {
    pub(super) fn new() -> Self {
        let compile = pattern::compile;
        Self {
            symbol: compile(SYMBOL),
            quoted: compile(QUOTED),
            version: compile(VERSION),
            material: compile(MATERIAL),
            details: compile(DETAILS),
            numbers: compile(NUMBERS),
        }
    }

    /// What the event shares with others that say the same; none if it stands for itself.
    pub(super) fn cause(&self, group: &Group) -> Option<Cause> {
        let message = group.message.as_str();
        let code = group.code.as_deref().unwrap_or_default();
        if let Some(found) = self.version.captures(message) {
            let of = found.name("of").map(|of| of.as_str().to_owned());
            return Some(Cause { key: hash(("version", group.severity)), of });
        }
        if code == "ld" || code.starts_with("LNK") {
            return self.linked(group);
        }
        if code == "javac" {
            let symbol = group.more.iter().find(|line| line.trim_start().starts_with("symbol:"));
            return Some(Cause { key: hash(("javac", message, symbol)), of: place(group) });
        }
        if let Some(found) = self.material.captures(message) {
            let material = found.name("of").map(|of| of.as_str());
            let asset = group.place.as_ref().map(|place| place.path.as_str());
            if let Some(of) = material.or(asset) {
                return Some(Cause { key: hash(("material", group.severity, of)), of: None });
            }
        }
        let placeless = group.place.is_none();
        match group.severity {
            // One for each place that a compiler warns about; what the engine says of a hundred assets is one.
            Severity::Warning if placeless || is_channel(code) => {
                let key = hash(("warning", code, self.folded(message)));
                Some(Cause { key, of: place(group).or_else(|| self.detail(message)) })
            }
            Severity::Error if placeless => {
                let key = hash(("error", code, self.counted(message)));
                Some(Cause { key, of: self.detail(message) })
            }
            Severity::Warning | Severity::Error => None,
        }
    }

    fn linked(&self, group: &Group) -> Option<Cause> {
        let named = self.symbol.captures(&group.message).and_then(|found| {
            let names = ["a", "b", "c", "d", "e", "f", "g"].into_iter();
            names.filter_map(|name| found.name(name)).map(|name| name.as_str().to_owned()).next()
        });
        let named = named.or_else(|| self.in_any_language(group));
        let symbol = named.or_else(|| {
            (group.extent == super::extent::Extent::Symbol).then(|| group.message.clone())
        })?;
        // The import of a symbol and the symbol itself are missing together.
        let bare = symbol.trim_start_matches("__declspec(dllimport) ");
        let bare = bare.strip_prefix("__imp_").unwrap_or(bare);
        let object = group.line.trim_start().split(" : ").next().filter(|o| !o.contains("error"));
        Some(Cause { key: hash(("symbol", bare)), of: object.map(str::to_owned) })
    }

    /// Link.exe speaks the machine's language around the symbol. It quotes those of C++, and the function
    /// that refers to one behind it.
    fn in_any_language(&self, group: &Group) -> Option<String> {
        let mut quoted = self.quoted.captures_iter(&group.message);
        let first = quoted.next()?.get(1)?.as_str().to_owned();
        match group.code.as_deref() {
            Some("LNK2001") => Some(first),
            Some("LNK2019") => quoted.next().map(|_| first),
            _ => None,
        }
    }

    /// The text without quotes, paths and numbers.
    pub(super) fn folded(&self, message: &str) -> String {
        self.details.replace_all(beginning(message), "#").into_owned()
    }

    fn counted(&self, message: &str) -> String {
        let told = beginning(message);
        let rest = message.get(told.len()..).unwrap_or_default();
        format!("{}{rest}", self.numbers.replace_all(told, "#"))
    }

    /// The first of what folding takes away.
    fn detail(&self, message: &str) -> Option<String> {
        self.details
            .find(beginning(message))
            .map(|detail| detail.as_str().trim_matches(['\'', '"']).to_owned())
    }
}

/// Whether it is the name of a channel of the engine, and not the code of a compiler.
fn is_channel(code: &str) -> bool {
    code.starts_with("Log") || matches!(code, "AssetCheck" | "LoadErrors" | "MapCheck")
}

fn beginning(message: &str) -> &str {
    message.get(..message.floor_char_boundary(TELLING)).unwrap_or(message)
}

fn place(group: &Group) -> Option<String> {
    group.place.as_ref().map(|place| place.path.replace('\\', "/"))
}

pub(super) fn hash(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

//! Decides which problems are the same: problems that repeat an earlier one, and problems that say the same of something
//! else.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use regex::Regex;

use super::block::Block;
use crate::finding::Severity;
use crate::pattern;
use crate::rules::block_kind::BlockKind;
use crate::tool::Tool;

/// Finds the keys of problems that say the same of something else.
#[derive(Debug, Clone)]
pub(super) struct DedupKeys {
    symbol: Regex,
    quoted: Regex,
    version: Regex,
    material: Regex,
    details: Regex,
    numbers: Regex,
}

/// The part that a problem has in common with others, and its own part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DedupKey {
    /// A hash of the common part.
    pub(super) key: u64,
    /// The file, the symbol or the asset of the problem.
    pub(super) of: Option<String>,
}

/// Codes of link.exe for a symbol that is missing: without and with the function that refers to it.
const UNRESOLVED: &str = "LNK2001";
const UNRESOLVED_IN_FUNCTION: &str = "LNK2019";
/// The symbol as a linker quotes it, decorated or not.
const SYMBOL: &str = r#"unresolved external symbol (?:"(?<a>[^"]+)"|(?<b>\S+))|(?:undefined|duplicate) symbol:? (?:'(?<c>[^']+)'|(?<d>.+))|undefined reference to [`'](?<e>[^'`]+)'|(?:"(?<f>[^"]+)"|^(?<g>\S+)).* already defined in "#;
const QUOTED: &str = r#""([^"]+)""#;
/// An asset that another version of the engine has saved, in any of its wordings.
const VERSION: &str =
    r"Package (?<of>\S.*?\.(?:uasset|umap)) (?:is too (?:new|old)|has newer custom version of )";
const MATERIAL: &str = r"[Ff]ailed to compile (?:Material )?(?<of>/[\w./-]+|Global Shader \w+)?";
/// Paths, quotes and numbers.
const DETAILS: &str = r#"'[^']*'|"[^"]*"|(?:[A-Za-z]:)?[\w.+~-]*(?:[/\\][\w.+~() -]*[\w.+~)-])+[/\\]?|0x[0-9A-Fa-f]+|\d+(?:[.,]\d+)*"#;
/// Numbers that are not a part of a name.
const NUMBERS: &str = r"\b(?:0x[0-9A-Fa-f]+|[0-9A-Fa-f]{8,}|\d+(?:[.,]\d+)*)\b";
/// How much of a message is compared with its details left out.
const COMPARED_BYTES: usize = 1024;

impl DedupKeys {
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

    /// The key of the problem. None if no other problem can be the same.
    pub(super) fn key(&self, block: &Block) -> Option<DedupKey> {
        let message = block.message.as_str();
        let label = block.label().unwrap_or_default();
        if let Some(found) = self.version.captures(message) {
            let of = found.name("of").map(|of| of.as_str().to_owned());
            return Some(DedupKey { key: hash(("version", block.severity)), of });
        }
        if matches!(block.tool, Some(Tool::Ld | Tool::MsvcLinker)) {
            return self.linked(block);
        }
        if block.tool == Some(Tool::Javac) {
            let symbol = block.details.iter().find(|line| line.trim_start().starts_with("symbol:"));
            return Some(DedupKey { key: hash(("javac", message, symbol)), of: place(block) });
        }
        if let Some(found) = self.material.captures(message) {
            let material = found.name("of").map(|of| of.as_str());
            let asset = block.place.as_ref().map(|place| place.path.as_str());
            if let Some(of) = material.or(asset) {
                return Some(DedupKey { key: hash(("material", block.severity, of)), of: None });
            }
        }
        let placeless = block.place.is_none();
        match block.severity {
            // A compiler's warnings count once per place. The engine's warning about a hundred assets counts once.
            Severity::Warning if placeless || is_of_engine(block) => {
                let key = hash(("warning", label, self.without_details(message)));
                Some(DedupKey { key, of: place(block).or_else(|| self.detail(message)) })
            }
            Severity::Error if placeless => {
                let key = hash(("error", label, self.without_numbers(message)));
                Some(DedupKey { key, of: self.detail(message) })
            }
            Severity::Warning | Severity::Error => None,
        }
    }

    fn linked(&self, block: &Block) -> Option<DedupKey> {
        let named = self.symbol.captures(&block.message).and_then(|found| {
            let names = ["a", "b", "c", "d", "e", "f", "g"].into_iter();
            names.filter_map(|name| found.name(name)).map(|name| name.as_str().to_owned()).next()
        });
        let named = named.or_else(|| self.in_any_language(block));
        let symbol = named
            .or_else(|| (block.kind == BlockKind::AppleSymbol).then(|| block.message.clone()))?;
        // A symbol and its import are missing together.
        let bare = symbol.trim_start_matches("__declspec(dllimport) ");
        let bare = bare.strip_prefix("__imp_").unwrap_or(bare);
        let object = block.line.trim_start().split(" : ").next().filter(|o| !o.contains("error"));
        Some(DedupKey { key: hash(("symbol", bare)), of: object.map(str::to_owned) })
    }

    /// The symbol in a message of link.exe, which speaks the machine's language. It quotes symbols of C++, and behind
    /// the symbol the function that refers to it.
    fn in_any_language(&self, block: &Block) -> Option<String> {
        let mut quoted = self.quoted.captures_iter(&block.message);
        let first = quoted.next()?.get(1)?.as_str().to_owned();
        if block.has_code(&[UNRESOLVED]) {
            Some(first)
        } else if block.has_code(&[UNRESOLVED_IN_FUNCTION]) {
            quoted.next().map(|_| first)
        } else {
            None
        }
    }

    /// The text without quotes, paths and numbers.
    fn without_details(&self, message: &str) -> String {
        self.details.replace_all(pattern::beginning(message, COMPARED_BYTES), "#").into_owned()
    }

    fn without_numbers(&self, message: &str) -> String {
        let compared = pattern::beginning(message, COMPARED_BYTES);
        let rest = message.get(compared.len()..).unwrap_or_default();
        format!("{}{rest}", self.numbers.replace_all(compared, "#"))
    }

    /// The first quote, path or number.
    fn detail(&self, message: &str) -> Option<String> {
        self.details
            .find(pattern::beginning(message, COMPARED_BYTES))
            .map(|detail| detail.as_str().trim_matches(['\'', '"']).to_owned())
    }
}

/// Lists of messages that the engine keeps, besides its log categories.
const MESSAGE_LISTS: &[&str] = &["AssetCheck", "LoadErrors", "MapCheck"];

/// True if it stands in the engine's log or in one of its lists of messages.
fn is_of_engine(block: &Block) -> bool {
    block.tool == Some(Tool::Engine) || block.has_code(MESSAGE_LISTS)
}

fn place(block: &Block) -> Option<String> {
    block.place.as_ref().map(|place| place.path.replace('\\', "/"))
}

fn hash(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn hash_of_message(message: &str) -> u64 {
    hash(("message", message.trim()))
}

/// Hashes of the findings there were: the latest, and those before them. A very long log may report a finding again,
/// but never hides a new one.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    latest: HashSet<u64>,
    earlier: HashSet<u64>,
}

impl Seen {
    /// Hashes in each of the two sets. A finding has two hashes.
    const CAPACITY: usize = 100_000;

    /// True if no such problem was added before.
    pub(super) fn is_new(&mut self, block: &Block) -> bool {
        let Block { tool, code, message, place, severity, .. } = block;
        let of_message = hash_of_message(message);
        if block.kind == BlockKind::Echo {
            return !self.contains(of_message) && self.insert(hash(("echo", message.trim())));
        }
        self.insert(of_message);
        // An echo leaves out the type of an exception.
        if let Some((_exception, text)) = message.split_once(": ") {
            self.insert(hash_of_message(text));
        }
        self.insert(hash((severity, tool, code, message, place)))
    }

    /// True if a problem with this message was added, other than an echo.
    pub(super) fn has_message(&self, message: &str) -> bool {
        self.contains(hash_of_message(message))
    }

    fn contains(&self, hash: u64) -> bool {
        self.latest.contains(&hash) || self.earlier.contains(&hash)
    }

    /// True if it was not there yet.
    fn insert(&mut self, hash: u64) -> bool {
        if self.latest.len() >= Self::CAPACITY {
            self.earlier = std::mem::take(&mut self.latest);
        }
        self.latest.insert(hash) && !self.earlier.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_log_does_not_fill_the_memory() {
        let mut seen = Seen::default();
        for number in 0..350_000 {
            assert!(seen.insert(number));
        }
        assert!(seen.latest.len() + seen.earlier.len() <= 2 * Seen::CAPACITY);
        assert!(!seen.insert(300_000), "a recent hash is forgotten");
    }
}

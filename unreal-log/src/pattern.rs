//! Compiles the patterns of the tables. Patterns that few logs need are compiled on first use, because each costs time
//! and memory.

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexSet};

/// Compiles a pattern of one of the tables.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each")]
pub(crate) fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the tables compiles")
}

/// Compiles patterns that are tried together.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each")]
pub(crate) fn compile_set<'p>(patterns: impl IntoIterator<Item = &'p str>) -> RegexSet {
    RegexSet::new(patterns).expect("the patterns of the tables compile")
}

/// The text up to this many bytes, so that a pattern does not search all of a long one.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// A value that is compiled on first use, once for all clones.
#[derive(Debug, Clone)]
pub(crate) struct Lazy<T> {
    compile: fn() -> T,
    compiled: Arc<OnceLock<T>>,
}

impl<T> Lazy<T> {
    pub(crate) fn new(compile: fn() -> T) -> Self {
        Self { compile, compiled: Arc::default() }
    }

    pub(crate) fn get(&self) -> &T {
        self.compiled.get_or_init(self.compile)
    }
}

/// A pattern that is compiled on first use, once for all clones.
#[derive(Debug, Clone)]
pub(crate) struct LazyPattern {
    pattern: &'static str,
    compiled: Arc<OnceLock<Regex>>,
}

impl LazyPattern {
    pub(crate) fn new(pattern: &'static str) -> Self {
        Self { pattern, compiled: Arc::default() }
    }

    pub(crate) fn get(&self) -> &Regex {
        self.compiled.get_or_init(|| compile(self.pattern))
    }
}

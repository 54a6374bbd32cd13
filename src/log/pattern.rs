//! Compiles the patterns of the tables, those that few logs need only when one does: each takes time and
//! memory.

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexSet};

/// Compiles a pattern that stands in one of the tables.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each")]
pub(super) fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the tables compiles")
}

/// The same for patterns that are tried together.
#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles each")]
pub(super) fn compile_set<'p>(patterns: impl IntoIterator<Item = &'p str>) -> RegexSet {
    RegexSet::new(patterns).expect("the patterns of the tables compile")
}

/// What is compiled when it is first asked for, once for all clones.
#[derive(Debug, Clone)]
pub(super) struct Lazy<T> {
    compile: fn() -> T,
    compiled: Arc<OnceLock<T>>,
}

impl<T> Lazy<T> {
    pub(super) fn new(compile: fn() -> T) -> Self {
        Self { compile, compiled: Arc::default() }
    }

    pub(super) fn get(&self) -> &T {
        self.compiled.get_or_init(self.compile)
    }
}

/// A pattern that is compiled when it is first asked for, once for all clones.
#[derive(Debug, Clone)]
pub(super) struct LazyPattern {
    pattern: &'static str,
    compiled: Arc<OnceLock<Regex>>,
}

impl LazyPattern {
    pub(super) fn new(pattern: &'static str) -> Self {
        Self { pattern, compiled: Arc::default() }
    }

    pub(super) fn get(&self) -> &Regex {
        self.compiled.get_or_init(|| compile(self.pattern))
    }
}

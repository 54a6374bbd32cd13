//! Compiles the patterns of the tables.

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

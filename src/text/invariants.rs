//! Invariants of any text that is safe to print: no line is a CI command, shows a secret or hides
//! anything.

use super::ci_parsers::{acted_on, is_buildkite_heading, is_travis_marker};
use super::{Style, plain};

/// A secret that must not be shown.
pub(crate) const SECRET: &str = "tok123456";

/// No CI acts on the line, and nothing in it is secret or hidden.
pub(crate) fn assert_harmless(line: &str, style: Style) {
    assert_eq!(acted_on(line), None, "{line:?}");
    assert!(!style.buildkite_headings || !is_buildkite_heading(line), "{line:?}");
    assert!(!style.travis_folds || !is_travis_marker(line), "{line:?}");
    // After SGR is removed, no escape sequence may be left.
    let shown = plain(line);
    assert!(!shown.contains(SECRET), "{line:?}");
    assert!(!shown.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    assert!(style.color || !line.contains('\x1b'), "{line:?}");
}

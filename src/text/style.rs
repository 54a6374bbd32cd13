//! The properties of the dialect that a text is printed in: what it allows, and what must be broken.

/// The properties of the dialect that the text is printed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Keep SGR sequences: colours, bold, underline.
    pub color: bool,
    /// Break Buildkite's headings (`--- `, `+++ `, `~~~ `, `^^^ +++`).
    pub buildkite_headings: bool,
    /// Break Travis's folds (`travis_fold:`, `travis_time:`).
    pub travis_folds: bool,
}

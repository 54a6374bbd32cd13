//! A finding or the verdict as an annotation, which a CI shows beside the log.

use std::borrow::Cow;

use crate::model::{Finding, Level, Location, Severity};
use crate::report::{Verdict, format};

/// A message that may point at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation<'a> {
    /// Error or warning.
    pub severity: Severity,
    /// A few words; usually the tool's code of the finding.
    pub title: Option<&'a str>,
    /// The place.
    pub location: Option<&'a Location>,
    /// The text. May have several lines.
    pub message: Cow<'a, str>,
}

impl<'a> From<&'a Finding> for Annotation<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            title: finding.code.as_deref(),
            location: finding.location.as_ref(),
            message: format::message(finding).into(),
        }
    }
}

impl<'a> From<&'a Verdict> for Annotation<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        let severity = match verdict.level {
            Level::Error => Severity::Error,
            Level::Info | Level::Warn => Severity::Warning,
        };
        let message = verdict.lines().collect::<Vec<_>>().join("\n").into();
        Self { severity, title: Some(verdict.title), location: None, message }
    }
}

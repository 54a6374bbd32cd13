//! What an annotation points at, as far as a CI can link to it; the rest is told in words.

use std::borrow::Cow;

use super::Annotation;
use crate::text::{MAX_MESSAGE, shortened};

/// A place that a CI can link to, if there is one, and what there is to say.
pub(super) struct Pointer<'a> {
    /// In the repository.
    pub(super) file: Option<&'a str>,
    /// Never without a file.
    pub(super) line: Option<u32>,
    /// Never without a line, and never of several: where the last one ends is not known.
    pub(super) column: Option<u32>,
    /// Never before the line.
    pub(super) end_line: Option<u32>,
    /// Never blank.
    pub(super) message: Cow<'a, str>,
}

impl<'a> Pointer<'a> {
    /// A place that is not in the repository is told in words: a link would lead nowhere.
    pub(super) fn new(annotation: &'a Annotation<'_>) -> Self {
        let place = annotation.location.filter(|location| location.in_repository);
        let line = place.and_then(|location| usable(location.line));
        let end_line = line.and(place).and_then(|location| usable(location.end_line));
        let end_line = end_line.filter(|end| Some(*end) > line);
        let message = match annotation.location {
            Some(location) if !location.in_repository => {
                Cow::Owned(format!("{location}: {}", annotation.message))
            }
            _ => Cow::Borrowed(&*annotation.message),
        };
        Self {
            file: place.map(|location| location.file.as_str()),
            line,
            column: line
                .and(place)
                .and_then(|location| usable(location.column))
                .filter(|_| end_line.is_none()),
            end_line,
            message: match message {
                blank if blank.trim().is_empty() => Cow::Borrowed("(no message)"),
                Cow::Borrowed(message) => shortened(message, MAX_MESSAGE),
                Cow::Owned(message) => Cow::Owned(shortened(&message, MAX_MESSAGE).into_owned()),
            },
        }
    }
}

/// CIs count from one, in 32 bits and with a sign.
fn usable(number: Option<u32>) -> Option<u32> {
    number.filter(|number| (1..=i32::MAX as u32).contains(number))
}

//! The place that an annotation links to, and its message. A place outside of the repository becomes a part of
//! the message.

use std::borrow::Cow;

use super::annotation::Annotation;

/// A place that a CI can link to, if there is one, and the message.
pub(super) struct LinkTarget<'a> {
    /// In the repository.
    pub(super) file: Option<&'a str>,
    /// Never without a file.
    pub(super) line: Option<u32>,
    /// Never without a line, and never of several lines: the column of their end is not known.
    pub(super) column: Option<u32>,
    /// Never before the line.
    pub(super) end_line: Option<u32>,
    /// Never blank.
    pub(super) message: Cow<'a, str>,
}

impl<'a> LinkTarget<'a> {
    /// A place outside of the repository gets no link, which would lead nowhere.
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
                message => message,
            },
        }
    }
}

/// CIs count from one, in signed 32 bits.
fn usable(number: Option<u32>) -> Option<u32> {
    number.filter(|number| (1..=i32::MAX as u32).contains(number))
}

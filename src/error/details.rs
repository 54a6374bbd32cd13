//! The lines that explain a failed request.

use crate::causes::sources;
use crate::service::{ApiError, ApiErrorKind};

/// The request, the sources of its error, and the beginning of the answer: one line each.
pub(super) fn details(error: &ApiError) -> impl Iterator<Item = String> {
    std::iter::once(error.request.to_string()).chain(lines(error)).chain(snippet(error))
}

pub(super) fn lines(error: &(dyn std::error::Error + 'static)) -> impl Iterator<Item = String> {
    sources(error).map(ToString::to_string)
}

/// The beginning of an answer that could not be parsed.
fn snippet(error: &ApiError) -> Option<String> {
    match &error.kind {
        ApiErrorKind::Garbled { snippet, .. } => Some(format!("the answer begins: {snippet}")),
        ApiErrorKind::Refused(_)
        | ApiErrorKind::Foreign(_)
        | ApiErrorKind::Redirected { .. }
        | ApiErrorKind::Blocked(_)
        | ApiErrorKind::Unreachable { .. }
        | ApiErrorKind::TooLarge { .. } => None,
    }
}

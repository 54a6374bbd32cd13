//! Why it is unknown whether a trigger started a build.

use super::details::details;
use crate::model::Id;
use crate::service::{ApiError, ApiErrorKind};

/// The hint if a build may or may not have been started.
pub const MAY_HAVE_STARTED: &str =
    "a build may have been started: check the BuildPixel dashboard before you trigger again";

/// How many builds are named.
const NAMED: usize = 5;

/// The reason why the list of builds is ambiguous.
#[derive(Debug, thiserror::Error)]
pub enum Ambiguity {
    /// Several builds match ours.
    #[error("{} matching builds have been queued since: {}", .0.len(), listed(.0))]
    Several(Vec<Id>),
    /// One build may be ours.
    #[error("{} may belong to this trigger: {why}", named(.build.as_ref()))]
    Unclear {
        /// The build, if it has an id.
        build: Option<Id>,
        /// The missing fact.
        why: &'static str,
    },
    /// The list does not reach back to our request.
    #[error("the list of builds does not show all builds queued since")]
    Endless,
    /// The list could not be read.
    #[error("the list of builds cannot be read")]
    Unreadable(#[source] Box<ApiError>),
    /// No build is listed yet, but one may still appear.
    #[error("time ran out before its build was listed")]
    OutOfTime,
}

impl Ambiguity {
    /// With the nearest cause, to end a longer sentence.
    pub(super) fn headline(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self} ({cause})"),
            None => self.to_string(),
        }
    }

    /// The causes: one line each.
    pub(super) fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable(error) => details(error).collect(),
            Self::Several(_) | Self::Unclear { .. } | Self::Endless | Self::OutOfTime => Vec::new(),
        }
    }

    /// One hint.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Several(_) | Self::Unclear { build: Some(_), .. } => {
                "find your build on the BuildPixel dashboard and run again with its id as `build-id`"
            }
            Self::Unreadable(error) if matches!(error.kind, ApiErrorKind::Foreign(_)) => {
                "a build may have been started, and a proxy or gateway on the way to `api-url` hides it: ask \
                 its operators to let the requests through"
            }
            Self::Unclear { build: None, .. }
            | Self::Endless
            | Self::Unreadable(_)
            | Self::OutOfTime => MAY_HAVE_STARTED,
        }
        .to_owned()
    }
}

fn named(build: Option<&Id>) -> String {
    build.map_or_else(|| "a build".to_owned(), |build| format!("build {build}"))
}

fn listed(builds: &[Id]) -> String {
    let named: Vec<_> = builds.iter().take(NAMED).map(Id::as_str).collect();
    let named = named.join(", ");
    match builds.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

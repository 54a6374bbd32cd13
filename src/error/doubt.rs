//! Why it cannot be told whether a trigger has started a build.

use super::details;
use crate::model::Id;
use crate::service::ApiError;

/// So many builds are named.
const NAMED: usize = 5;

/// What the list of builds leaves open.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    /// More than one build is like ours.
    #[error("{} builds have been queued since that fit: {}", .0.len(), listed(.0))]
    Several(Vec<Id>),
    /// One build may be ours, or not.
    #[error("{} may be of this trigger: {why}", named(.build.as_ref()))]
    Unclear {
        /// Which, if it has an id.
        build: Option<Id>,
        /// What the list does not say.
        why: &'static str,
    },
    /// It does not reach back to our request.
    #[error("the list of builds does not show all that were queued since")]
    Endless,
    /// It cannot be had.
    #[error("the list of builds cannot be read")]
    Unreadable(#[source] Box<ApiError>),
    /// None has been listed yet, but one may still come.
    #[error("the time was up before a build of it was listed")]
    OutOfTime,
}

impl Doubt {
    /// With the nearest cause, for the end of a longer sentence.
    pub(super) fn headline(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self} ({cause})"),
            None => self.to_string(),
        }
    }

    /// What stands behind it: one line each.
    pub(super) fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable(error) => details(error).collect(),
            Self::Several(_) | Self::Unclear { .. } | Self::Endless | Self::OutOfTime => Vec::new(),
        }
    }

    /// What to do about it: one line.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Several(_) | Self::Unclear { build: Some(_), .. } => {
                "look at the BuildPixel dashboard which build is meant; to follow it, give its id as `build-id`"
            }
            Self::Unclear { build: None, .. }
            | Self::Endless
            | Self::Unreadable(_)
            | Self::OutOfTime => super::MAY_HAVE_STARTED,
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

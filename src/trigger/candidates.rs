//! Decides which of the listed builds was made by our trigger, if any. Pure. If the list is
//! ambiguous the result is too: it never guesses.

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};

use crate::error::Ambiguity;
use crate::model::{Id, Status};
use crate::service::{Listed, More, Page, TriggerOverrides, Triggered};

/// The largest clock difference between two machines of the service: one writes the `Date`, another
/// the build.
const DRIFT: Duration = Duration::from_secs(60);

/// The largest error of our own clock, used if the service does not send its own.
const SKEW: Duration = Duration::from_secs(300);

/// An answer without a cursor is complete if it has fewer builds than this.
const SHORTEST_PAGE: usize = 25;

/// The longest branch that is kept. A longer one is not the wanted one.
const LONGEST_BRANCH_BYTES: usize = 1024;

/// So many builds are not sorted from new to old by chance.
const ORDERLY: usize = 10;

/// The properties of our build.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) project: &'a Id,
    pub(super) build_setting: &'a Id,
    pub(super) overrides: &'a TriggerOverrides,
}

/// The build setting's own branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnBranch {
    /// This.
    Is(String),
    /// It has none.
    None,
    /// It is unknown.
    Unknown,
}

/// When we sent our request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) instant: Instant,
    pub(super) clock: SystemTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Older,
    Since,
    /// The build was created so close to our request that the clocks do not show the order.
    Close,
    Unknown,
}

/// The builds that were listed so far.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    wanted: Wanted<'a>,
    seen: Vec<Seen>,
    whole: bool,
}

/// The facts kept of each build: a list may be long, and so may its texts.
#[derive(Debug)]
struct Seen {
    id: Option<Id>,
    status: Option<Status>,
    created_at: Option<SystemTime>,
    age: Age,
    /// True if everything but its age and its branch matches our build.
    like: Fit,
    /// Its branch, if that decides.
    branch: Option<String>,
}

impl Seen {
    /// True if it is ours unless its branch is another one.
    fn may_be_ours(&self) -> bool {
        self.like != Fit::No && self.age != Age::Older
    }
}

impl<'a> Candidates<'a> {
    pub(super) fn new(wanted: Wanted<'a>) -> Self {
        Self { wanted, seen: Vec::new(), whole: false }
    }

    /// Adds the next page. Returns the cursor of the following page if that may matter.
    pub(super) fn add(&mut self, page: Page, sent: Sent) -> Option<String> {
        let length = page.builds.len();
        let Page { builds, date, came, more } = page;
        for build in builds {
            let like = likeness(&build, &self.wanted);
            let age = age(build.created_at, date, came, sent);
            let Listed { id, status, created_at, branch, .. } = build;
            let mut seen = Seen { id, status, created_at, age, like, branch: None };
            if seen.may_be_ours() {
                let longest = self.wanted.overrides.branch.as_ref().map_or(0, String::len);
                let is_other = |branch: &String| branch.len() > longest.max(LONGEST_BRANCH_BYTES);
                match branch {
                    Some(branch) if is_other(&branch) => seen.like = Fit::No,
                    branch => seen.branch = branch,
                }
            }
            self.seen.push(seen);
        }
        let (ends, cursor) = match more {
            More::End => (true, None),
            More::Unknown => (length < SHORTEST_PAGE, None),
            More::Cursor(cursor) => (false, Some(cursor)),
        };
        self.whole = ends || self.reaches_back();
        cursor.filter(|_| !self.whole)
    }

    /// True if the build setting's own branch decides which build is ours.
    pub(super) fn need_own_branch(&self) -> bool {
        self.wanted.overrides.branch.is_none() && self.seen.iter().any(Seen::may_be_ours)
    }

    /// Our build, or `None` if the list shows clearly that there is none. `own_branch` is built
    /// without an override.
    pub(super) fn ours(self, own_branch: &OwnBranch) -> Result<Option<Triggered>, Ambiguity> {
        let horizon = self.horizon();
        let mut ours = Vec::new();
        let mut known = HashSet::new();
        let mut unclear = None;
        for build in &self.seen {
            let age = match build.age {
                Age::Close | Age::Unknown if is_before(build.id.as_ref(), horizon) => Age::Older,
                age => age,
            };
            let branch = branch(build.branch.as_deref(), self.wanted.overrides, own_branch);
            match (fit(all(&[build.like, branch]), age), &build.id) {
                (Fit::No, _) => {}
                // Pages overlap if a build is queued while they are read.
                (Fit::Yes, Some(id)) if !known.insert(id) => {}
                (Fit::Yes, Some(id)) => {
                    let status = build.status.clone().unwrap_or(Status::Pending);
                    ours.push(Triggered { build: id.clone(), status });
                }
                (Fit::Yes, None) => {
                    unclear = Some(Ambiguity::Unclear { build: None, why: "it has no id" });
                }
                (Fit::Unclear(why), id) => {
                    unclear = Some(Ambiguity::Unclear { build: id.clone(), why });
                }
            }
        }
        if ours.len() > 1 {
            return Err(Ambiguity::Several(ours.into_iter().map(|ours| ours.build).collect()));
        }
        match unclear {
            Some(ambiguity) => Err(ambiguity),
            None if !self.whole => Err(Ambiguity::Endless),
            None => Ok(ours.pop()),
        }
    }

    /// True if the builds so far are sorted from new to old, down to one that is older than our
    /// request.
    fn reaches_back(&self) -> bool {
        let last_is_older = self.seen.last().is_some_and(|last| last.age == Age::Older);
        let falling = self.seen.is_sorted_by(|one, next| one.created_at >= next.created_at);
        self.seen.len() >= ORDERLY && falling && last_is_older
    }

    /// The newest id that is older than our request.
    fn horizon(&self) -> Option<&Id> {
        let older = self.seen.iter().filter(|build| build.age == Age::Older);
        older.filter_map(|build| build.id.as_ref()).max_by_key(|id| id.as_str())
    }
}

/// Ids sort by creation time.
fn is_before(id: Option<&Id>, horizon: Option<&Id>) -> bool {
    let (Some(id), Some(horizon)) = (id, horizon) else {
        return false;
    };
    id.as_str().len() == horizon.as_str().len() && id.as_str() <= horizon.as_str()
}

/// Compares two times of the service with each other, because its clock may be far from ours.
/// `Date` has whole seconds, and the answer took time to arrive. Both make our request seem
/// earlier, never later, so our build never seems older than the request.
fn age(created_at: Option<SystemTime>, date: Option<SystemTime>, came: Instant, sent: Sent) -> Age {
    let sent_at = match date {
        Some(date) => date.checked_sub(came.saturating_duration_since(sent.instant)),
        None => Some(sent.clock),
    };
    let (Some(created_at), Some(sent_at)) = (created_at, sent_at) else {
        return Age::Unknown;
    };
    // Our own clock may be wrong in both directions.
    let (before, after) = match date {
        Some(_) => (DRIFT, Duration::ZERO),
        None => (SKEW, SKEW),
    };
    let is_older = created_at.checked_add(before).is_some_and(|latest| latest < sent_at);
    let is_since = sent_at.checked_add(after).is_some_and(|latest| created_at >= latest);
    match (is_older, is_since) {
        (true, _) => Age::Older,
        (false, true) => Age::Since,
        (false, false) => Age::Close,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Unclear(&'static str),
}

/// The first result that is not yes. A no takes precedence over an unclear result.
fn all(fits: &[Fit]) -> Fit {
    let no = fits.iter().find(|fit| **fit == Fit::No);
    let unclear = || fits.iter().find(|fit| **fit != Fit::Yes);
    no.or_else(unclear).copied().unwrap_or(Fit::Yes)
}

fn fit(like: Fit, age: Age) -> Fit {
    let age = match age {
        Age::Older => Fit::No,
        Age::Since => Fit::Yes,
        Age::Close => Fit::Unclear("the clocks do not show whether it is older than the trigger"),
        Age::Unknown => Fit::Unclear("its creation time is unknown"),
    };
    all(&[age, like])
}

/// True if everything but its age and its branch matches our build.
fn likeness(build: &Listed, wanted: &Wanted<'_>) -> Fit {
    let is_other = |id: &Option<Id>, wanted: &Id| id.as_ref().is_some_and(|id| id != wanted);
    if is_other(&build.project, wanted.project)
        || is_other(&build.build_setting, wanted.build_setting)
    {
        return Fit::No;
    }
    let by = trigger(build.triggered_by.as_deref());
    all(&[by, commit(build, wanted.overrides)])
}

fn trigger(by: Option<&str>) -> Fit {
    let kind = by.map(|by| by.split(':').next().unwrap_or_default());
    match kind {
        Some("api_token") => Fit::Yes,
        Some("user" | "push" | "cron") => Fit::No,
        Some(_) | None => Fit::Unclear("it is unknown who triggered it"),
    }
}

fn branch(built: Option<&str>, overrides: &TriggerOverrides, own_branch: &OwnBranch) -> Fit {
    let plain = |branch: &str| branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned();
    let built = built.map(plain);
    let wanted = match (&overrides.branch, own_branch) {
        (Some(wanted), _) | (None, OwnBranch::Is(wanted)) => plain(wanted),
        (None, OwnBranch::None) => return Fit::Yes,
        (None, OwnBranch::Unknown) => {
            return Fit::Unclear("the branch of the build setting could not be read");
        }
    };
    match built {
        Some(built) if built == wanted => Fit::Yes,
        Some(_) => Fit::No,
        None => Fit::Unclear("its branch is not known yet"),
    }
}

/// Compares the built commit with the wanted one, as far as they can be compared.
fn commit(build: &Listed, overrides: &TriggerOverrides) -> Fit {
    let wanted = overrides.commit.as_ref().or(overrides.changelist.as_ref());
    let (built, wanted) = match (build.commit.as_deref(), wanted) {
        (_, None) => return Fit::Yes,
        (None, Some(_)) => return Fit::Unclear("its commit is not known yet"),
        (Some(built), Some(wanted)) => (built.to_ascii_lowercase(), wanted.to_ascii_lowercase()),
    };
    let is_other = if overrides.commit.is_some() {
        let comparable = is_hash(&built) && is_hash(&wanted);
        comparable && !built.starts_with(&wanted) && !wanted.starts_with(&built)
    } else {
        let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        is_number(&built) && is_number(&wanted) && built != wanted
    };
    if is_other { Fit::No } else { Fit::Yes }
}

/// A full hash, or an abbreviation that Git accepts.
fn is_hash(text: &str) -> bool {
    text.len() >= 7 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;

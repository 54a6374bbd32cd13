//! Which of the listed builds is the one that a trigger made, if it made one. Pure. What a list leaves
//! open stays open: it is never taken for a yes, nor for a no.

use std::time::{Duration, SystemTime};

use crate::api::{Listed, More, Overrides, Page};
use crate::error::Doubt;
use crate::event::Id;

/// A `Date` header has whole seconds, and another machine of the service may have made it.
const SLACK: Duration = Duration::from_secs(2);

/// How wrong our clock may be where the service does not show its own.
const SKEW: Duration = Duration::from_secs(300);

/// An answer that does not say whether there is more is whole if it is shorter than a page.
const SHORTEST_PAGE: usize = 25;

/// So many builds do not stand from new to old by chance.
const ORDERLY: usize = 10;

/// What a build of ours looks like.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) project: &'a Id,
    pub(super) build_setting: &'a Id,
    pub(super) overrides: &'a Overrides,
    /// The branch that is built without an override.
    pub(super) own_branch: &'a OwnBranch,
}

/// The branch of the build setting itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnBranch {
    /// This.
    Is(String),
    /// It has none.
    None,
    /// It could not be learnt.
    Unknown,
}

/// When our request was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// How long before the list arrived.
    pub(super) ago: Duration,
    /// By our own clock.
    pub(super) at: SystemTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Older,
    Since,
    Unclear,
}

/// The builds that were listed so far.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    wanted: Wanted<'a>,
    seen: Vec<(Listed, Age)>,
    whole: bool,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(wanted: Wanted<'a>) -> Self {
        Self { wanted, seen: Vec::new(), whole: false }
    }

    /// Takes the next page; returns the cursor of the one after it, if that may matter.
    pub(super) fn add(&mut self, page: Page, sent: Sent) -> Option<String> {
        let length = page.builds.len();
        let aged = page.builds.into_iter().map(|build| {
            let age = age(build.created_at, page.date, sent);
            (build, age)
        });
        self.seen.extend(aged);
        let (ends, cursor) = match page.more {
            More::End => (true, None),
            More::Unsaid => (length < SHORTEST_PAGE, None),
            More::Cursor(cursor) => (false, Some(cursor)),
        };
        self.whole = ends || self.reaches_back();
        cursor.filter(|_| !self.whole)
    }

    /// Our build; or none, where the list shows plainly that there is none.
    pub(super) fn ours(self) -> Result<Option<Listed>, Doubt> {
        let horizon = self.horizon();
        let mut ours: Vec<Listed> = Vec::new();
        let mut unclear = None;
        for (build, age) in &self.seen {
            let age = match age {
                Age::Unclear if is_before(build.id.as_ref(), horizon.as_ref()) => Age::Older,
                age => *age,
            };
            match fit(build, age, &self.wanted) {
                // Pages overlap when something is queued while they are read.
                Fit::Yes if !ours.iter().any(|known| known.id == build.id) => {
                    ours.push(build.clone());
                }
                Fit::Yes | Fit::No => {}
                Fit::Unclear(why) => {
                    unclear = Some(Doubt::Unclear { build: build.id.clone(), why })
                }
            }
        }
        if ours.len() > 1 {
            let ids = ours.into_iter().filter_map(|build| build.id);
            return Err(Doubt::Several(ids.collect()));
        }
        match unclear {
            Some(doubt) => Err(doubt),
            None if !self.whole => Err(Doubt::Endless),
            None => Ok(ours.pop()),
        }
    }

    /// Whether the builds so far stand from new to old, down to one that is older than our request.
    fn reaches_back(&self) -> bool {
        let created = |(build, _): &(Listed, Age)| build.created_at;
        let last_is_older = self.seen.last().is_some_and(|(_, age)| *age == Age::Older);
        let falling = self.seen.is_sorted_by(|one, next| created(one) >= created(next));
        self.seen.len() >= ORDERLY && falling && last_is_older
    }

    /// The newest id that is older than our request.
    fn horizon(&self) -> Option<Id> {
        let older = self.seen.iter().filter(|(_, age)| *age == Age::Older);
        let ids = older.filter_map(|(build, _)| build.id.as_ref());
        ids.max_by_key(|id| id.as_str()).cloned()
    }
}

/// Ids sort by creation.
fn is_before(id: Option<&Id>, horizon: Option<&Id>) -> bool {
    let (Some(id), Some(horizon)) = (id, horizon) else {
        return false;
    };
    id.as_str().len() == horizon.as_str().len() && id.as_str() <= horizon.as_str()
}

/// Both times of the service are compared with each other, since its clock may be far from ours.
fn age(created_at: Option<SystemTime>, date: Option<SystemTime>, sent: Sent) -> Age {
    let Some(created_at) = created_at else {
        return Age::Unclear;
    };
    let (sent_at, skew) = match date {
        Some(date) => (date.checked_sub(sent.ago), Duration::ZERO),
        None => (Some(sent.at), SKEW),
    };
    let since = sent_at.and_then(|at| at.checked_sub(SLACK));
    match since {
        Some(since) if created_at >= since => Age::Since,
        Some(since) if created_at + skew >= since => Age::Unclear,
        Some(_) => Age::Older,
        None => Age::Unclear,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Unclear(&'static str),
}

fn fit(build: &Listed, age: Age, wanted: &Wanted<'_>) -> Fit {
    let is_other = |id: &Option<Id>, wanted: &Id| id.as_ref().is_some_and(|id| id != wanted);
    let elsewhere = is_other(&build.project, wanted.project)
        || is_other(&build.build_setting, wanted.build_setting);
    let by = trigger(build.triggered_by.as_deref());
    let branch = branch(build, wanted);
    if elsewhere
        || age == Age::Older
        || by == Fit::No
        || branch == Fit::No
        || !fits_commit(build, wanted.overrides)
    {
        return Fit::No;
    }
    let age = match age {
        Age::Unclear => Fit::Unclear("when it was created cannot be told"),
        Age::Older | Age::Since => Fit::Yes,
    };
    let id = match build.id {
        Some(_) => Fit::Yes,
        None => Fit::Unclear("it has no id"),
    };
    let all = [age, by, branch, id];
    all.into_iter().find(|fit| *fit != Fit::Yes).unwrap_or(Fit::Yes)
}

fn trigger(by: Option<&str>) -> Fit {
    let kind = by.map(|by| by.split(':').next().unwrap_or_default());
    match kind {
        Some("api_token") => Fit::Yes,
        Some("user" | "push" | "cron") => Fit::No,
        Some(_) | None => Fit::Unclear("who triggered it cannot be told"),
    }
}

fn branch(build: &Listed, wanted: &Wanted<'_>) -> Fit {
    let plain = |branch: &str| branch.strip_prefix("refs/heads/").unwrap_or(branch).to_owned();
    let Some(branch) = build.branch.as_deref().map(plain) else {
        return Fit::Yes;
    };
    let wanted = match (&wanted.overrides.branch, wanted.own_branch) {
        (Some(wanted), _) | (None, OwnBranch::Is(wanted)) => plain(wanted),
        (None, OwnBranch::None) => return Fit::Yes,
        (None, OwnBranch::Unknown) => {
            return Fit::Unclear("the branch of the build setting could not be read");
        }
    };
    if branch == wanted { Fit::Yes } else { Fit::No }
}

/// Whether the commit that was built is the wanted one, as far as the two can be compared.
fn fits_commit(build: &Listed, overrides: &Overrides) -> bool {
    let Some(built) = build.commit.as_deref() else {
        return true;
    };
    match (&overrides.commit, &overrides.changelist) {
        (Some(commit), _) => {
            let (built, commit) = (built.to_ascii_lowercase(), commit.to_ascii_lowercase());
            let comparable = is_hash(&built) && is_hash(&commit);
            !comparable || built.starts_with(&commit) || commit.starts_with(&built)
        }
        (None, Some(changelist)) => {
            let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
            let comparable = is_number(built) && is_number(changelist);
            !comparable || built == changelist
        }
        (None, None) => true,
    }
}

/// A whole hash, or an abbreviation that Git would take for one.
fn is_hash(text: &str) -> bool {
    text.len() >= 7 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;

//! The builds that the service knows, and how the API shows them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::scenario::{Facts, Level, Other};
use crate::{BUILD_ID, PROJECT_ID, SETTING_ID};

/// Who triggers what is triggered here.
const TOKEN_NAME: &str = "api_token:6650aa10bb20cc30dd40ee50";

/// What a trigger may override.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Overrides {
    branch: Option<String>,
    commit: Option<String>,
    changelist: Option<String>,
}

/// One line of a build log, as REST and the socket show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    timestamp: String,
    level: Level,
    message: String,
}

impl Line {
    pub(crate) fn new(time: SystemTime, level: Level, message: String) -> Self {
        Self { timestamp: iso(time), level, message }
    }
}

#[derive(Debug)]
pub(crate) struct Build {
    id: String,
    status: String,
    platform: String,
    build_type: String,
    branch: String,
    commit: String,
    commit_message: String,
    ue_version: String,
    triggered_by: String,
    /// Whether somebody else triggered it.
    pub(crate) foreign: bool,
    created_at: SystemTime,
    started_at: Option<SystemTime>,
    finished_at: Option<SystemTime>,
    recent: VecDeque<Line>,
    timeline: Option<AbortHandle>,
}

impl Build {
    fn is_terminal(&self) -> bool {
        matches!(self.status.as_str(), "complete" | "failed" | "superseded")
    }

    fn set_status(&mut self, status: &str, now: SystemTime) {
        self.status = status.to_owned();
        if status == "running" {
            self.started_at = Some(now);
        }
        self.finished_at = self.is_terminal().then_some(now);
    }

    fn duration(&self) -> Option<Duration> {
        self.finished_at?.duration_since(self.started_at?).ok()
    }

    /// As `GET /builds` shows it.
    pub(crate) fn item(&self) -> Value {
        json!({
            "id": self.id,
            "projectId": PROJECT_ID,
            "buildSettingId": SETTING_ID,
            "status": self.status,
            "platform": self.platform,
            "buildType": self.build_type,
            "branch": self.branch,
            "commit": self.commit,
            "commitMessage": self.commit_message,
            "ueVersion": self.ue_version,
            "triggeredBy": self.triggered_by,
            "createdAt": iso(self.created_at),
            "finishedAt": self.finished_at.map(iso),
            "durationMs": self.duration().map(|duration| duration.as_millis() as u64),
        })
    }

    /// As `GET /builds/:id` shows it.
    pub(crate) fn detail(&self) -> Value {
        let mut detail = self.item();
        if let Some(fields) = detail.as_object_mut() {
            fields.insert("logs".to_owned(), json!(self.recent));
        }
        detail
    }
}

#[derive(Debug, Default)]
pub(crate) struct Builds {
    builds: BTreeMap<String, Build>,
    clock_offset_ms: i64,
}

impl Builds {
    /// None yet, by a clock that is fast by so many milliseconds.
    pub(crate) fn new(clock_offset_ms: i64) -> Self {
        Self { builds: BTreeMap::new(), clock_offset_ms }
    }

    /// What the clock of the service shows.
    pub(crate) fn now(&self) -> SystemTime {
        let offset = Duration::from_millis(self.clock_offset_ms.unsigned_abs());
        let now = SystemTime::now();
        if self.clock_offset_ms < 0 { now - offset } else { now + offset }
    }

    /// Queues a build, and says which ones it supersedes.
    pub(crate) fn queue(&mut self, facts: &Facts, overrides: Overrides) -> (String, Vec<String>) {
        self.add(facts, overrides, |_| {})
    }

    /// Queues a build of somebody else, and says which ones it supersedes.
    pub(crate) fn queue_other(&mut self, facts: &Facts, other: &Other) -> Vec<String> {
        let (branch, commit) = (other.branch.clone(), other.commit.clone());
        let overrides = Overrides { branch, commit, changelist: None };
        let (_, superseded) = self.add(facts, overrides, |build| {
            build.triggered_by.clone_from(&other.triggered_by);
            build.foreign = true;
            build.created_at -= Duration::from_millis(other.age_ms);
        });
        superseded
    }

    fn add(
        &mut self,
        facts: &Facts,
        overrides: Overrides,
        change: impl FnOnce(&mut Build),
    ) -> (String, Vec<String>) {
        let id = self.next_id();
        let mut build = Build {
            id: id.clone(),
            status: "pending".to_owned(),
            platform: facts.platform.clone(),
            build_type: facts.build_type.clone(),
            branch: overrides.branch.unwrap_or_else(|| facts.branch.clone()),
            commit: (overrides.commit.or(overrides.changelist))
                .unwrap_or_else(|| facts.commit.clone()),
            commit_message: facts.commit_message.clone(),
            ue_version: facts.ue_version.clone(),
            triggered_by: TOKEN_NAME.to_owned(),
            foreign: false,
            created_at: self.now(),
            started_at: None,
            finished_at: None,
            recent: VecDeque::new(),
            timeline: None,
        };
        change(&mut build);
        let superseded = self.supersede(&build.branch);
        self.builds.insert(id.clone(), build);
        (id, superseded)
    }

    /// There is one project and one build setting, so builds of one branch are of one target.
    fn supersede(&mut self, branch: &str) -> Vec<String> {
        let now = self.now();
        let same_target = |build: &&mut Build| !build.is_terminal() && build.branch == branch;
        let superseded = self.builds.values_mut().filter(same_target).map(|build| {
            build.set_status("superseded", now);
            if let Some(timeline) = build.timeline.take() {
                timeline.abort();
            }
            build.id.clone()
        });
        superseded.collect()
    }

    fn next_id(&self) -> String {
        let prefix = BUILD_ID.get(..20).unwrap_or_default();
        format!("{prefix}{:04}", self.builds.len() + 1)
    }

    /// Remembers what plays a build, so that superseding it can end it.
    pub(crate) fn attach(&mut self, id: &str, timeline: AbortHandle) {
        if let Some(build) = self.builds.get_mut(id) {
            build.timeline = Some(timeline);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Build> {
        self.builds.get(id)
    }

    /// The ids of all that was not triggered by somebody else, the oldest first.
    pub(crate) fn own(&self) -> Vec<String> {
        let own = self.builds.values().filter(|build| !build.foreign);
        own.map(|build| build.id.clone()).collect()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Build> {
        self.builds.values().rev()
    }

    pub(crate) fn set_status(&mut self, id: &str, status: &str) {
        let now = self.now();
        if let Some(build) = self.builds.get_mut(id) {
            build.set_status(status, now);
        }
    }

    pub(crate) fn log(&mut self, id: &str, line: Line, window: usize) {
        if let Some(build) = self.builds.get_mut(id) {
            build.recent.push_back(line);
            if build.recent.len() > window {
                build.recent.pop_front();
            }
        }
    }
}

/// ISO 8601 in UTC with milliseconds, as the API writes all timestamps.
pub(crate) fn iso(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

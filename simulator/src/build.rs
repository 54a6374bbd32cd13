//! The builds that the service knows, and how the API shows them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::scenario::{Facts, Level};
use crate::{BUILD_ID, PROJECT_ID, SETTING_ID};

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

    fn set_status(&mut self, status: &str) {
        let now = SystemTime::now();
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
            "triggeredBy": "api_token:6650aa10bb20cc30dd40ee50",
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
pub(crate) struct Builds(BTreeMap<String, Build>);

impl Builds {
    /// Queues a build, and says which ones it supersedes.
    pub(crate) fn queue(&mut self, facts: &Facts, overrides: Overrides) -> (String, Vec<String>) {
        let id = self.next_id();
        let build = Build {
            id: id.clone(),
            status: "pending".to_owned(),
            platform: facts.platform.clone(),
            build_type: facts.build_type.clone(),
            branch: overrides.branch.unwrap_or_else(|| facts.branch.clone()),
            commit: (overrides.commit.or(overrides.changelist))
                .unwrap_or_else(|| facts.commit.clone()),
            commit_message: facts.commit_message.clone(),
            ue_version: facts.ue_version.clone(),
            created_at: SystemTime::now(),
            started_at: None,
            finished_at: None,
            recent: VecDeque::new(),
            timeline: None,
        };
        let superseded = self.supersede(&build.branch);
        self.0.insert(id.clone(), build);
        (id, superseded)
    }

    /// There is one project and one build setting, so builds of one branch are of one target.
    fn supersede(&mut self, branch: &str) -> Vec<String> {
        let same_target = |build: &&mut Build| !build.is_terminal() && build.branch == branch;
        let superseded = self.0.values_mut().filter(same_target).map(|build| {
            build.set_status("superseded");
            if let Some(timeline) = build.timeline.take() {
                timeline.abort();
            }
            build.id.clone()
        });
        superseded.collect()
    }

    fn next_id(&self) -> String {
        let prefix = BUILD_ID.get(..20).unwrap_or_default();
        format!("{prefix}{:04}", self.0.len() + 1)
    }

    /// Remembers what plays a build, so that superseding it can end it.
    pub(crate) fn attach(&mut self, id: &str, timeline: AbortHandle) {
        if let Some(build) = self.0.get_mut(id) {
            build.timeline = Some(timeline);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Build> {
        self.0.get(id)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Build> {
        self.0.values().rev()
    }

    pub(crate) fn set_status(&mut self, id: &str, status: &str) {
        if let Some(build) = self.0.get_mut(id) {
            build.set_status(status);
        }
    }

    pub(crate) fn log(&mut self, id: &str, line: Line, window: usize) {
        if let Some(build) = self.0.get_mut(id) {
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

//! The builds of the service, and their JSON in the API.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::ids::{BUILD_ID, PROJECT_ID, SETTING_ID};
use crate::scenario::{Facts, Level, Other};

/// The owner of the builds that are triggered here.
const TOKEN_NAME: &str = "api_token:6650aa10bb20cc30dd40ee50";

/// The overrides of a trigger.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    message: String,
}

impl Line {
    pub(crate) fn new(time: SystemTime, level: Level, message: String) -> Self {
        Self { timestamp: Some(iso(time)), level: Some(level), message }
    }

    /// A bare text.
    pub(crate) fn bare(message: String) -> Self {
        Self { timestamp: None, level: None, message }
    }
}

/// The last lines of a build. Equal lines in a row are kept once.
#[derive(Debug, Default)]
struct Window {
    runs: VecDeque<(Line, usize)>,
    lines: usize,
}

impl Window {
    /// Adds equal lines, and drops those that no longer fit.
    fn push(&mut self, line: Line, count: usize, room: usize) {
        self.runs.push_back((line, count));
        self.lines += count;
        while self.lines > room
            && let Some((_, oldest)) = self.runs.front_mut()
        {
            let forgotten = (self.lines - room).min(*oldest);
            *oldest -= forgotten;
            self.lines -= forgotten;
            if *oldest == 0 {
                self.runs.pop_front();
            }
        }
    }

    /// The elements of a JSON array.
    fn json(&self) -> String {
        let run = |(line, count): &(Line, usize)| {
            // A line is made of texts, which JSON can always write.
            let line = serde_json::to_string(line).unwrap_or_default();
            (line + ",").repeat(*count)
        };
        let mut elements: String = self.runs.iter().map(run).collect();
        elements.pop();
        elements
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
    /// True if somebody else triggered it.
    pub(crate) foreign: bool,
    created_at: SystemTime,
    started_at: Option<SystemTime>,
    finished_at: Option<SystemTime>,
    recent: Window,
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

    /// As `GET /builds/:id` shows it, in JSON.
    pub(crate) fn detail(&self) -> String {
        let item = self.item().to_string();
        let fields = item.strip_suffix('}').unwrap_or_default();
        format!(r#"{fields},"logs":[{}]}}"#, self.recent.json())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Builds {
    builds: BTreeMap<String, Build>,
    clock_offset_ms: i64,
}

impl Builds {
    /// Creates an empty list with a clock that is fast by so many milliseconds.
    pub(crate) fn new(clock_offset_ms: i64) -> Self {
        Self { builds: BTreeMap::new(), clock_offset_ms }
    }

    /// The time on the service's clock.
    pub(crate) fn now(&self) -> SystemTime {
        shifted(SystemTime::now(), self.clock_offset_ms)
    }

    /// Queues a build, and returns the ones it supersedes.
    pub(crate) fn queue(&mut self, facts: &Facts, overrides: Overrides) -> (String, Vec<String>) {
        self.add(facts, overrides, |_| {})
    }

    /// Queues a build of somebody else, and returns the ones it supersedes.
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
            recent: Window::default(),
            timeline: None,
        };
        change(&mut build);
        let superseded = self.supersede(&build.branch);
        self.builds.insert(id.clone(), build);
        (id, superseded)
    }

    /// There is one project and one build setting, so builds of one branch have the same target.
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

    /// Stores the task that plays a build, so that a newer build can end it.
    pub(crate) fn attach(&mut self, id: &str, timeline: AbortHandle) {
        if let Some(build) = self.builds.get_mut(id) {
            build.timeline = Some(timeline);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Build> {
        self.builds.get(id)
    }

    /// The ids of all builds that were triggered here, the oldest first.
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

    /// Adds equal lines to a log that shows only its last lines.
    pub(crate) fn log(&mut self, id: &str, line: Line, count: usize, window: usize) {
        if let Some(build) = self.builds.get_mut(id) {
            build.recent.push(line, count, window);
        }
    }
}

/// A time on a clock that is fast by so many milliseconds, or slow by as many below zero.
pub(crate) fn shifted(time: SystemTime, milliseconds: i64) -> SystemTime {
    let offset = Duration::from_millis(milliseconds.unsigned_abs());
    if milliseconds < 0 { time - offset } else { time + offset }
}

/// ISO 8601 in UTC with milliseconds, as the API writes all timestamps.
pub(crate) fn iso(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

//! Plays the timeline of one build.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::json;

use crate::build::{Line, iso};
use crate::cable::Fault;
use crate::journal::Entry;
use crate::scenario::{Level, Step};
use crate::service::Service;

const FOREIGN_BUILD_ID: &str = "6820b1c2d3e4f5061728ffff";

/// A `build:log` event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logged<'a> {
    build_id: &'a str,
    #[serde(flatten)]
    line: &'a Line,
}

/// Starts the timeline of a build that has just been queued.
pub(crate) fn start(service: &Arc<Service>, build_id: &str) {
    let (playing, id) = (service.clone(), build_id.to_owned());
    let task = tokio::spawn(async move {
        for step in &playing.scenario.timeline {
            playing.play(&id, step).await;
            // A build that nobody follows never waits for anything: let others have their turn.
            tokio::task::coop::consume_budget().await;
        }
    });
    service.builds().attach(build_id, task.abort_handle());
}

impl Service {
    async fn play(&self, build_id: &str, step: &Step) {
        match step {
            Step::Status(status) => {
                self.builds().set_status(build_id, status);
                self.announce(build_id, status).await;
            }
            Step::LoseStatus(status) => self.builds().set_status(build_id, status),
            Step::Log { level, message } => self.log(build_id, *level, message.clone()).await,
            Step::LoseLog { level, message } => {
                self.keep(build_id, self.line(*level, message.clone()));
            }
            Step::Flood(count) => {
                for number in 1..=*count {
                    self.log(build_id, Level::Info, format!("flood line {number}")).await;
                    tokio::task::coop::consume_budget().await;
                }
            }
            Step::Pause(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            }
            Step::AwaitJoin => self.rooms.until_joined(build_id).await,
            Step::AwaitRequests { method, path, count } => {
                let enough = |journal: &[Entry]| {
                    journal.iter().filter(|entry| is_request(entry, method, path)).count() >= *count
                };
                self.journal.until(enough).await;
            }
            Step::CutConnections => self.rooms.make(Fault::Reset),
            Step::HangUp => self.rooms.make(Fault::HangUp),
            Step::Freeze => self.rooms.make(Fault::Freeze),
            Step::CloseEngine => self.rooms.make(Fault::CloseEngine),
            Step::Disconnect => self.rooms.disconnect().await,
            Step::Restart(milliseconds) => {
                self.outages.begin(Duration::from_millis(*milliseconds)).await;
            }
            Step::RevokeTokens => self.revoke_tokens(),
            Step::Foreign => {
                let status = status_event(FOREIGN_BUILD_ID, "failed");
                let line = self.line(Level::Error, "a line of another build".to_owned());
                let line = Logged { build_id: FOREIGN_BUILD_ID, line: &line };
                self.rooms.emit(build_id, "build:status", &status).await;
                self.rooms.emit(build_id, "build:log", &line).await;
            }
            Step::Raw { event, payload } => self.rooms.emit(build_id, event, payload).await,
        }
    }

    async fn log(&self, build_id: &str, level: Level, message: String) {
        let line = self.line(level, message);
        self.keep(build_id, line.clone());
        self.rooms.emit(build_id, "build:log", &Logged { build_id, line: &line }).await;
    }

    /// A line of now, as exactly as the clock of the log is.
    fn line(&self, level: Level, message: String) -> Line {
        let now = SystemTime::now();
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let excess = since.as_millis() % u128::from(self.scenario.clock_ms.max(1));
        Line::new(now - Duration::from_millis(excess as u64), level, message)
    }

    fn keep(&self, build_id: &str, line: Line) {
        self.builds().log(build_id, line, self.scenario.recent_lines);
    }

    /// Tells the room of a build that its status changed.
    pub(crate) async fn announce(&self, build_id: &str, status: &str) {
        self.rooms.emit(build_id, "build:status", &status_event(build_id, status)).await;
    }
}

fn status_event(build_id: &str, status: &str) -> serde_json::Value {
    json!({ "buildId": build_id, "status": status, "timestamp": iso(SystemTime::now()) })
}

fn is_request(entry: &Entry, wanted_method: &str, wanted_path: &str) -> bool {
    let Entry::Request { method, path, .. } = entry else {
        return false;
    };
    method == wanted_method && path.split('?').next() == Some(wanted_path)
}

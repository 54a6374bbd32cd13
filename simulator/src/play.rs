//! Queues builds, and plays the timeline of each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::json;

use crate::build::{Line, Overrides, iso, shifted};
use crate::faults::Fault;
use crate::journal::Entry;
use crate::scenario::{Level, Scenario, Step};
use crate::service::Service;
use crate::stream::Stream;

const FOREIGN_BUILD_ID: &str = "6820b1c2d3e4f5061728ffff";

/// A `build:log` event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logged<'a> {
    build_id: &'a str,
    #[serde(flatten)]
    line: &'a Line,
}

/// Starts the timeline of a newly queued build.
fn start(service: &Arc<Service>, build_id: &str) {
    let mut player = Player::new(service.clone(), build_id);
    let playing = service.clone();
    let task = tokio::spawn(async move {
        for step in &playing.scenario.timeline {
            player.play(step).await;
            // A build without followers never waits, so it yields to other tasks.
            tokio::task::coop::consume_budget().await;
        }
        player.stream.release().await;
    });
    service.builds().attach(build_id, task.abort_handle());
}

/// The state shared by the steps of a scenario.
struct Player {
    service: Arc<Service>,
    build_id: String,
    stream: Stream,
    /// How many milliseconds the build machine's clock is fast.
    clock_ms: i64,
    /// Every so many-th line is dropped.
    drop_every: u64,
    /// How many lines have been logged since that was set.
    lines: u64,
    /// The last lines sent to the room, as many as may be repeated.
    sent: VecDeque<Line>,
    repeatable: usize,
}

impl Player {
    fn new(service: Arc<Service>, build_id: &str) -> Self {
        Self {
            stream: Stream::new(service.clone(), build_id.to_owned()),
            build_id: build_id.to_owned(),
            clock_ms: 0,
            drop_every: 0,
            lines: 0,
            sent: VecDeque::new(),
            repeatable: repeatable(&service.scenario),
            service,
        }
    }

    async fn play(&mut self, step: &Step) {
        let service = self.service.clone();
        match step {
            Step::Status(status) => {
                service.builds().set_status(&self.build_id, status);
                self.stream.send("build:status", &status_event(&self.build_id, status)).await;
            }
            Step::LoseStatus(status) => service.builds().set_status(&self.build_id, status),
            Step::Log { level, message } => self.log(*level, message.clone()).await,
            Step::LoseLog { level, message } => {
                let line = self.line(*level, message.clone());
                self.keep(line, 1);
            }
            Step::Flood(count) => {
                for number in 1..=*count {
                    self.log(Level::Info, format!("flood line {number}")).await;
                    tokio::task::coop::consume_budget().await;
                }
            }
            Step::Fill { lines, message } => self.keep(Line::bare(message.clone()), *lines),
            Step::DropEvery(lines) => (self.drop_every, self.lines) = (*lines, 0),
            Step::HoldStream => self.stream.hold().await,
            Step::ReleaseStream => self.stream.release().await,
            Step::Lag(milliseconds) => self.stream.lag(Duration::from_millis(*milliseconds)).await,
            Step::Repeat(lines) => {
                let from = self.sent.len().saturating_sub(*lines);
                for line in self.sent.range(from..) {
                    let line = Logged { build_id: &self.build_id, line };
                    self.stream.send("build:log", &line).await;
                }
            }
            Step::Clock(milliseconds) => self.clock_ms = *milliseconds,
            Step::Pause(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            }
            Step::AwaitJoin => service.rooms.until_joined(&self.build_id).await,
            Step::AwaitRequests { method, path, count } => {
                let enough = |journal: &[Entry]| {
                    journal.iter().filter(|entry| is_request(entry, method, path)).count() >= *count
                };
                service.journal.until(enough).await;
            }
            Step::CutConnections => service.rooms.inject(Fault::Reset),
            Step::HangUp => service.rooms.inject(Fault::HangUp),
            Step::Freeze => service.rooms.inject(Fault::Freeze),
            Step::CloseEngine => service.rooms.inject(Fault::CloseEngine),
            Step::Disconnect => service.rooms.disconnect().await,
            Step::Restart(milliseconds) => {
                service.outages.begin(Duration::from_millis(*milliseconds)).await;
            }
            Step::RevokeTokens => service.revoke_tokens(),
            Step::Answer(answer) => service.script(answer.clone()),
            Step::Foreign => {
                let status = status_event(FOREIGN_BUILD_ID, "failed");
                let line = self.line(Level::Error, "a line of another build".to_owned());
                let line = Logged { build_id: FOREIGN_BUILD_ID, line: &line };
                self.stream.send("build:status", &status).await;
                self.stream.send("build:log", &line).await;
            }
            Step::Raw { event, payload } => self.stream.send(event, payload).await,
        }
    }

    async fn log(&mut self, level: Level, message: String) {
        let line = self.line(level, message);
        self.keep(line.clone(), 1);
        self.lines += 1;
        if self.drop_every != 0 && self.lines.is_multiple_of(self.drop_every) {
            return;
        }
        let event = Logged { build_id: &self.build_id, line: &line };
        self.stream.send("build:log", &event).await;
        if self.repeatable > 0 {
            self.sent.push_back(line);
            if self.sent.len() > self.repeatable {
                self.sent.pop_front();
            }
        }
    }

    /// A line of this moment, with the precision and error of the build machine's clock.
    fn line(&self, level: Level, message: String) -> Line {
        let now = shifted(SystemTime::now(), self.clock_ms);
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let excess = since.as_millis() % u128::from(self.service.scenario.clock_ms.max(1));
        Line::new(now - Duration::from_millis(excess as u64), level, message)
    }

    fn keep(&self, line: Line, count: usize) {
        let window = self.service.scenario.recent_lines;
        self.service.builds().log(&self.build_id, line, count, window);
    }
}

impl Service {
    /// Queues the builds of somebody else. They have no timeline.
    pub(crate) async fn queue_others(&self) {
        for other in self.take_others() {
            let superseded = self.builds().queue_other(&self.scenario.facts, &other);
            for build_id in superseded {
                self.announce(&build_id, "superseded").await;
            }
        }
    }

    /// Queues a build and starts its timeline; returns its id.
    pub(crate) async fn queue(self: &Arc<Self>, overrides: Overrides) -> String {
        let (id, superseded) = self.builds().queue(&self.scenario.facts, overrides);
        start(self, &id);
        for build_id in superseded {
            self.announce(&build_id, "superseded").await;
        }
        id
    }

    /// Tells the room of a build that its status changed.
    async fn announce(&self, build_id: &str, status: &str) {
        self.rooms.emit(build_id, "build:status", &status_event(build_id, status)).await;
    }
}

/// How many lines the scenario repeats at most.
fn repeatable(scenario: &Scenario) -> usize {
    let repeated = scenario.timeline.iter().map(|step| match step {
        Step::Repeat(lines) => *lines,
        _ => 0,
    });
    repeated.max().unwrap_or_default()
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

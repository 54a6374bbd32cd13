//! Scenarios: what the service knows and how a build goes, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TOKEN;

/// What the service knows, and what happens to each build that is triggered.
///
/// Read from JSON (a missing field has its default), from the script form (`FromStr`: JSON, then
/// the build log), or built: `Scenario::new().status("running").log("info", "…").status("complete")`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// What happens to a build, in order. It starts with the trigger.
    pub timeline: Vec<Step>,
    /// The first build exists already, and its timeline starts with the service.
    pub queued: bool,
    /// The tokens that REST accepts.
    pub rest_tokens: Vec<String>,
    /// The tokens that the socket accepts.
    pub socket_tokens: Vec<String>,
    /// Whether there is a Socket.IO side at all.
    pub socket: bool,
    /// Whether a trigger is answered only once a socket has connected.
    pub slow_trigger: bool,
    /// How many of the last log lines `GET /builds/:id` shows.
    pub recent_lines: usize,
    /// What the builds are made of.
    pub facts: Facts,
    /// Scripted answers, each taking the place of the real one.
    pub answers: Vec<Answer>,
    /// Builds that somebody else triggers at the moment at which the first trigger comes in.
    pub others: Vec<Other>,
    /// Whether `GET /builds` begins with the oldest build.
    pub oldest_first: bool,
    /// How many times `GET /builds` does not show yet what was triggered here.
    pub list_lag: usize,
    /// Milliseconds that the clock of the service is fast.
    pub clock_offset_ms: i64,
    /// How many milliseconds the clock of the `Date` headers is ahead of the one of the builds.
    pub date_ahead_ms: u64,
    /// How many of the first sockets that ask to be let in are never answered.
    pub mute_connects: usize,
    /// How many of the first sockets are disconnected right after they were let in.
    pub kicks: usize,
    /// The timestamps of log lines are rounded down to multiples of so many milliseconds.
    pub clock_ms: u64,
    /// Milliseconds between the pings of the socket.
    pub ping_interval_ms: u64,
    /// Milliseconds that a client has to answer a ping.
    pub ping_timeout_ms: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            timeline: Vec::new(),
            queued: false,
            rest_tokens: vec![TOKEN.to_owned()],
            socket_tokens: vec![TOKEN.to_owned()],
            socket: true,
            slow_trigger: false,
            recent_lines: 200,
            facts: Facts::default(),
            answers: Vec::new(),
            others: Vec::new(),
            oldest_first: false,
            list_lag: 0,
            clock_offset_ms: 0,
            date_ahead_ms: 0,
            mute_connects: 0,
            kicks: 0,
            clock_ms: 1,
            ping_interval_ms: 25_000,
            ping_timeout_ms: 20_000,
        }
    }
}

/// One thing that happens to a build.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The status changes, and the room hears of it.
    Status(String),
    /// The status changes, but only REST knows.
    LoseStatus(String),
    /// A line is logged, and the room hears it.
    Log {
        /// The service's level.
        level: Level,
        /// The text.
        message: String,
    },
    /// A line is logged, but only REST knows.
    LoseLog {
        /// The service's level.
        level: Level,
        /// The text.
        message: String,
    },
    /// That many lines are logged as fast as the listeners take them: `flood line 1`, `flood line 2`, …
    Flood(u64),
    /// Nothing happens for so many milliseconds.
    Pause(u64),
    /// Waits until a socket is in the build's room. One that was cut or disconnected before is out
    /// of it, so this waits for a re-join too.
    AwaitJoin,
    /// Waits until so many such requests have been received, counted from the start of the service.
    AwaitRequests {
        /// `GET`, `POST`, …
        method: String,
        /// The path without its query.
        path: String,
        /// How many.
        count: usize,
    },
    /// The TCP connections of all sockets are reset.
    CutConnections,
    /// The TCP connections of all sockets end without a word (FIN).
    HangUp,
    /// The TCP connections of all sockets become half-open: they stay, but nothing goes in or out any
    /// more.
    Freeze,
    /// The service closes the WebSockets of all sockets with a close frame.
    CloseEngine,
    /// The service disconnects all sockets from the namespace.
    Disconnect,
    /// The service goes down: all connections, those of REST too, are reset, and the port refuses new
    /// ones for so many milliseconds. Builds live on: the next step follows as soon as it is down.
    Restart(u64),
    /// All tokens are revoked: REST answers 401 and new sockets are refused; those that were let in
    /// stay.
    RevokeTokens,
    /// From now on requests get this scripted answer, once those before it are used up.
    Answer(Answer),
    /// The build's room hears a status and a line of some other build.
    Foreign,
    /// The build's room hears an event exactly as it stands here.
    Raw {
        /// Its name.
        event: String,
        /// Its only argument.
        payload: Value,
    },
}

/// The service's level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `info`.
    Info,
    /// `warn`.
    Warn,
    /// `error`.
    Error,
}

impl From<&str> for Level {
    /// Reads the API's word; what is neither `warn` nor `error` is `info`.
    fn from(word: &str) -> Self {
        match word {
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => Self::Info,
        }
    }
}

/// What the builds are made of: the project, its build setting, and the commit of a trigger that
/// names none.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Facts {
    pub project_name: String,
    pub source_control: String,
    pub repo_link: String,
    pub platform: String,
    pub build_type: String,
    pub branch: String,
    pub commit: String,
    pub commit_message: String,
    pub ue_version: String,
    pub uproject_path: String,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            project_name: "Lighthouse".into(),
            source_control: "github".into(),
            repo_link: "saltmarsh-games/lighthouse".into(),
            platform: "Win64".into(),
            build_type: "Shipping".into(),
            branch: "main".into(),
            commit: "9f3c2b7a1e5d4860b2c7f19e3a6d5084c1b2e7f3".into(),
            commit_message: "Let the keeper carry two lanterns".into(),
            ue_version: "5.4".into(),
            uproject_path: "Lighthouse.uproject".into(),
        }
    }
}

/// A scripted answer to REST requests, given before token and path are looked at. One for
/// `/socket.io/` is given to the upgrade of a WebSocket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    #[serde(default)]
    pub body: String,
    /// How many requests get it; all of them when absent.
    #[serde(default)]
    pub times: Option<usize>,
    /// Whether the request takes effect before it gets this answer.
    #[serde(default)]
    pub processed: bool,
    /// How much of the answer arrives.
    #[serde(default)]
    pub ending: Ending,
}

/// How much of a scripted answer arrives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All of it.
    #[default]
    Whole,
    /// The head and half of the body; then the connection is reset.
    Cut,
    /// Nothing; the connection is reset.
    Reset,
    /// Nothing; the connection stays open.
    Hang,
}

/// A build that somebody else triggered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// `user:…`, `api_token:…`, `push:…` or `cron`.
    pub triggered_by: String,
    /// Its branch; the build setting's when absent.
    #[serde(default)]
    pub branch: Option<String>,
    /// Its commit; the one of [`Facts`] when absent.
    #[serde(default)]
    pub commit: Option<String>,
    /// How many milliseconds before our trigger it was created.
    #[serde(default)]
    pub age_ms: u64,
}

impl Other {
    /// A build of the setting's own branch, created when our trigger comes in.
    pub fn new(triggered_by: &str) -> Self {
        Self { triggered_by: triggered_by.to_owned(), branch: None, commit: None, age_ms: 0 }
    }

    /// Sets the branch.
    pub fn branch(mut self, branch: &str) -> Self {
        self.branch = Some(branch.to_owned());
        self
    }

    /// Sets the commit.
    pub fn commit(mut self, commit: &str) -> Self {
        self.commit = Some(commit.to_owned());
        self
    }

    /// It is so many milliseconds older than our trigger.
    pub fn age(mut self, milliseconds: u64) -> Self {
        self.age_ms = milliseconds;
        self
    }
}

impl Answer {
    /// An empty answer to all such requests.
    pub fn new(method: &str, path: impl Into<String>, status: u16) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            status,
            headers: BTreeMap::new(),
            body: String::new(),
            times: None,
            processed: false,
            ending: Ending::Whole,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the body, byte for byte.
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Only so many requests get it.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// The request takes effect first; then this answer replaces the real one.
    pub fn processed(mut self) -> Self {
        self.processed = true;
        self
    }

    /// [`Ending::Cut`].
    pub fn cut(mut self) -> Self {
        self.ending = Ending::Cut;
        self
    }

    /// [`Ending::Reset`].
    pub fn reset(mut self) -> Self {
        self.ending = Ending::Reset;
        self
    }

    /// [`Ending::Hang`].
    pub fn hang(mut self) -> Self {
        self.ending = Ending::Hang;
        self
    }
}

impl Scenario {
    /// Default facts, and a build that stays `pending`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds any step.
    pub fn step(mut self, step: Step) -> Self {
        self.timeline.push(step);
        self
    }

    /// [`Step::Status`].
    pub fn status(self, status: &str) -> Self {
        self.step(Step::Status(status.to_owned()))
    }

    /// [`Step::LoseStatus`].
    pub fn lose_status(self, status: &str) -> Self {
        self.step(Step::LoseStatus(status.to_owned()))
    }

    /// [`Step::Log`].
    pub fn log(self, level: &str, message: impl Into<String>) -> Self {
        self.step(Step::Log { level: level.into(), message: message.into() })
    }

    /// [`Step::LoseLog`].
    pub fn lose_log(self, level: &str, message: impl Into<String>) -> Self {
        self.step(Step::LoseLog { level: level.into(), message: message.into() })
    }

    /// [`Step::Flood`].
    pub fn flood(self, lines: u64) -> Self {
        self.step(Step::Flood(lines))
    }

    /// [`Step::Pause`].
    pub fn pause(self, milliseconds: u64) -> Self {
        self.step(Step::Pause(milliseconds))
    }

    /// [`Step::AwaitJoin`].
    pub fn await_join(self) -> Self {
        self.step(Step::AwaitJoin)
    }

    /// [`Step::AwaitRequests`].
    pub fn await_requests(self, method: &str, path: impl Into<String>, count: usize) -> Self {
        self.step(Step::AwaitRequests { method: method.to_owned(), path: path.into(), count })
    }

    /// [`Step::CutConnections`].
    pub fn cut_connection(self) -> Self {
        self.step(Step::CutConnections)
    }

    /// [`Step::HangUp`].
    pub fn hang_up(self) -> Self {
        self.step(Step::HangUp)
    }

    /// [`Step::Freeze`].
    pub fn freeze(self) -> Self {
        self.step(Step::Freeze)
    }

    /// [`Step::CloseEngine`].
    pub fn close_engine(self) -> Self {
        self.step(Step::CloseEngine)
    }

    /// [`Step::Disconnect`].
    pub fn server_disconnect(self) -> Self {
        self.step(Step::Disconnect)
    }

    /// [`Step::Restart`].
    pub fn restart(self, milliseconds: u64) -> Self {
        self.step(Step::Restart(milliseconds))
    }

    /// [`Step::RevokeTokens`].
    pub fn revoke_tokens(self) -> Self {
        self.step(Step::RevokeTokens)
    }

    /// [`Step::Answer`].
    pub fn answer_from_now_on(self, answer: Answer) -> Self {
        self.step(Step::Answer(answer))
    }

    /// [`Step::Foreign`].
    pub fn foreign_events(self) -> Self {
        self.step(Step::Foreign)
    }

    /// [`Step::Raw`].
    pub fn raw_event(self, event: &str, payload: Value) -> Self {
        self.step(Step::Raw { event: event.to_owned(), payload })
    }

    /// The first build exists already: nothing needs to be triggered.
    pub fn already_queued(mut self) -> Self {
        self.queued = true;
        self
    }

    /// Sets the tokens that REST accepts.
    pub fn rest_tokens(mut self, tokens: &[&str]) -> Self {
        self.rest_tokens = tokens.iter().map(|&token| token.to_owned()).collect();
        self
    }

    /// Sets the tokens that the socket accepts.
    pub fn socket_tokens(mut self, tokens: &[&str]) -> Self {
        self.socket_tokens = tokens.iter().map(|&token| token.to_owned()).collect();
        self
    }

    /// There is no Socket.IO side, as behind a proxy that blocks it.
    pub fn without_socket(mut self) -> Self {
        self.socket = false;
        self
    }

    /// A trigger takes so long that a socket can connect meanwhile: it is not answered before one has.
    pub fn slow_trigger(mut self) -> Self {
        self.slow_trigger = true;
        self
    }

    /// Sets how many of the last log lines `GET /builds/:id` shows.
    pub fn recent_lines(mut self, count: usize) -> Self {
        self.recent_lines = count;
        self
    }

    /// The first sockets that ask to be let in are never answered.
    pub fn mute_connects(mut self, count: usize) -> Self {
        self.mute_connects = count;
        self
    }

    /// The first sockets are disconnected right after they were let in.
    pub fn kicks(mut self, count: usize) -> Self {
        self.kicks = count;
        self
    }

    /// Sets how exact the timestamps of log lines are.
    pub fn clock(mut self, milliseconds: u64) -> Self {
        self.clock_ms = milliseconds;
        self
    }

    /// Sets how often the socket pings, and how long a client has to answer.
    pub fn pings(mut self, interval_ms: u64, timeout_ms: u64) -> Self {
        self.ping_interval_ms = interval_ms;
        self.ping_timeout_ms = timeout_ms;
        self
    }

    /// Adds a scripted answer.
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Adds builds of somebody else, in the order of their creation.
    pub fn others(mut self, others: impl IntoIterator<Item = Other>) -> Self {
        self.others.extend(others);
        self
    }

    /// `GET /builds` begins with the oldest build.
    pub fn oldest_first(mut self) -> Self {
        self.oldest_first = true;
        self
    }

    /// What is triggered here is missing in so many answers to `GET /builds`.
    pub fn list_lag(mut self, listings: usize) -> Self {
        self.list_lag = listings;
        self
    }

    /// The clock of the service is fast by so many milliseconds, or slow by as many below zero.
    pub fn clock_offset(mut self, milliseconds: i64) -> Self {
        self.clock_offset_ms = milliseconds;
        self
    }

    /// Sets how far the clock of the `Date` headers is ahead of the one of the builds.
    pub fn date_ahead(mut self, milliseconds: u64) -> Self {
        self.date_ahead_ms = milliseconds;
        self
    }

    /// Divides all pauses and outages by a factor.
    pub fn speed(mut self, factor: f64) -> Self {
        for step in &mut self.timeline {
            if let Step::Pause(milliseconds) | Step::Restart(milliseconds) = step {
                *milliseconds = (*milliseconds as f64 / factor) as u64;
            }
        }
        self
    }
}

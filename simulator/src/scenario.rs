//! Scenarios: the data of the service and the course of a build.

mod builder;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::TOKEN;

/// The data of the service, and the course of each triggered build.
///
/// Read from JSON (a missing field has its default), from the script form (`FromStr`: JSON, then
/// the build log), or built: `Scenario::new().status("running").log("info",
/// "…").status("complete")`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// The steps of a build, in order. They start with the trigger.
    pub timeline: Vec<Step>,
    /// The first build exists already, and its timeline starts with the service.
    pub queued: bool,
    /// The tokens that REST accepts.
    pub rest_tokens: Vec<String>,
    /// The tokens that the socket accepts.
    pub socket_tokens: Vec<String>,
    /// True if there is a Socket.IO side at all.
    pub socket: bool,
    /// True if a trigger is answered only once a socket has connected.
    pub slow_trigger: bool,
    /// How many of the last log lines `GET /builds/:id` shows.
    pub recent_lines: usize,
    /// The properties of all builds.
    pub facts: Facts,
    /// Scripted answers, each taking the place of the real one.
    pub answers: Vec<Answer>,
    /// Builds that somebody else triggers at the moment at which the first trigger comes in.
    pub others: Vec<Other>,
    /// True if `GET /builds` begins with the oldest build.
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
    /// How many of the first `join:build` are ignored silently: the service registered its handler
    /// late, or this replica does not have the build yet.
    pub ignored_joins: usize,
    /// How many of the first `join:build` a guard refuses, as in NestJS: the socket gets an
    /// `exception` event. They come before the ignored ones.
    pub refused_joins: usize,
    /// Socket.IO's connection state recovery; off when absent.
    pub recovery: Option<Recovery>,
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
            ignored_joins: 0,
            refused_joins: 0,
            recovery: None,
            clock_ms: 1,
            ping_interval_ms: 25_000,
            ping_timeout_ms: 20_000,
        }
    }
}

/// One step of a build.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The status changes, and the room gets an event.
    Status(String),
    /// The status changes, but only REST shows it.
    LoseStatus(String),
    /// A line is logged, and the room gets it.
    Log {
        /// The service's level.
        level: Level,
        /// The text.
        message: String,
    },
    /// A line is logged, but only REST shows it.
    LoseLog {
        /// The service's level.
        level: Level,
        /// The text.
        message: String,
    },
    /// Logs so many lines as fast as the listeners take them: `flood line 1`, `flood line 2`, …
    Flood(u64),
    /// REST shows so many equal lines more; the room gets none of them. The lines are bare: a text
    /// without time and level. A million of them cost no more than one, until REST is asked.
    Fill {
        /// How many.
        lines: usize,
        /// The text.
        message: String,
    },
    /// Drops every n-th log line on its way to the room from now on; REST shows all of them. 1 drops
    /// every line, 0 drops none.
    DropEvery(u64),
    /// Holds statuses and lines back from now on; nothing is lost.
    HoldStream,
    /// The room gets everything that was held back, in order. From now on it gets events at once.
    ReleaseStream,
    /// Delays statuses and lines for the room by so many milliseconds from now on; REST shows them at
    /// once. 0 ends that: the next step follows when everything has arrived.
    Lag(u64),
    /// The room gets the last so many `build:log` events of this build again, as they were.
    Repeat(usize),
    /// Sets the build machine's clock, which stamps log lines, fast by so many milliseconds from now
    /// on; negative values set it slow.
    Clock(i64),
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
    /// The TCP connections of all sockets end with a FIN.
    HangUp,
    /// The TCP connections of all sockets become half-open: they stay, but nothing goes in or out any
    /// more.
    Freeze,
    /// The service closes the WebSockets of all sockets with a close frame.
    CloseEngine,
    /// The service disconnects all sockets from the namespace.
    Disconnect,
    /// The service goes down: all connections, those of REST too, are reset, and the port refuses new
    /// ones for so many milliseconds. Builds continue: the next step follows as soon as it is down.
    Restart(u64),
    /// All tokens are revoked: REST answers 401 and new sockets are refused; those that were let in
    /// stay.
    RevokeTokens,
    /// Requests get this scripted answer from now on, once earlier ones are used up.
    Answer(Answer),
    /// The build's room gets a status and a line of another build.
    Foreign,
    /// The build's room gets exactly this event.
    Raw {
        /// Its name.
        event: String,
        /// Its only argument.
        payload: Value,
    },
}

/// Socket.IO's connection state recovery, as npm socket.io has it in memory. A lost session gets
/// the missed events of its rooms before its CONNECT answer. A session is not recovered if the
/// service disconnected it, or if it began before a restart.
///
/// Real adapters and slow middlewares leave events out although the session counts as recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// How many events in the middle of the missed ones are left out.
    pub lose_middle: usize,
    /// How many of the last missed events are left out.
    pub lose_last: usize,
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
    /// Parses the API's word; anything but `warn` and `error` is `info`.
    fn from(word: &str) -> Self {
        match word {
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => Self::Info,
        }
    }
}

/// The properties of all builds: the project, its build setting, and the default commit of a
/// trigger.
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

/// A scripted answer to REST requests, given before token and path are checked. An answer for
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
    /// True if the request takes effect before it gets this answer.
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

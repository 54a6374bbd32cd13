//! Scenarios written in Rust: one method for each field and step.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Ending, Other, Recovery, Scenario, Step};

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

    /// Sets the body of a refusal, as the API documents it.
    pub fn refused(self, code: &str) -> Self {
        self.body(format!(r#"{{"error":"{code}","message":"as scripted","requestId":"req_1"}}"#))
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

    /// [`Step::Fill`].
    pub fn fill(self, lines: usize, message: &str) -> Self {
        self.step(Step::Fill { lines, message: message.to_owned() })
    }

    /// [`Step::DropEvery`].
    pub fn drop_every(self, lines: u64) -> Self {
        self.step(Step::DropEvery(lines))
    }

    /// [`Step::HoldStream`].
    pub fn hold_stream(self) -> Self {
        self.step(Step::HoldStream)
    }

    /// [`Step::ReleaseStream`].
    pub fn release_stream(self) -> Self {
        self.step(Step::ReleaseStream)
    }

    /// [`Step::Lag`].
    pub fn lag(self, milliseconds: u64) -> Self {
        self.step(Step::Lag(milliseconds))
    }

    /// [`Step::Repeat`].
    pub fn repeat(self, lines: usize) -> Self {
        self.step(Step::Repeat(lines))
    }

    /// [`Step::Clock`].
    pub fn build_clock(self, milliseconds: i64) -> Self {
        self.step(Step::Clock(milliseconds))
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

    /// A trigger is answered only after a socket has connected.
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

    /// The first so many `join:build` are ignored silently.
    pub fn ignored_joins(mut self, count: usize) -> Self {
        self.ignored_joins = count;
        self
    }

    /// The first so many `join:build` are refused with an `exception` event.
    pub fn refused_joins(mut self, count: usize) -> Self {
        self.refused_joins = count;
        self
    }

    /// Sessions that were lost are recovered.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = Some(recovery);
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

    /// The first so many answers to `GET /builds` lack the builds that are triggered here.
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

    /// Divides all pauses, outages and lags by a factor.
    pub fn speed(mut self, factor: f64) -> Self {
        for step in &mut self.timeline {
            if let Step::Pause(milliseconds)
            | Step::Restart(milliseconds)
            | Step::Lag(milliseconds) = step
            {
                *milliseconds = (*milliseconds as f64 / factor) as u64;
            }
        }
        self
    }
}

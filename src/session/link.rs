//! The Socket.IO session: connects, reconnects, and resumes where the last session ended.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::debug;

use crate::config::Transport;
use crate::error::chain;
use crate::follow::FollowDelays;
use crate::model::{Id, Notice};
use crate::socket::{Message, Options, Resume, Session, SocketError};

/// A connection attempt.
type Connecting = Pin<Box<dyn Future<Output = Result<Session, SocketError>> + Send>>;

/// A change of the session.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// It is connected.
    Connected,
    /// It brought a message.
    Message(Message),
    /// The connection attempt failed.
    Failed(SocketError),
    /// It ended.
    Lost(SocketError),
}

/// The last reported state of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Fresh,
    Up,
    Down,
}

/// The one session, or the attempt to connect the next one.
pub(super) struct Link {
    options: Options,
    transport: Transport,
    delays: FollowDelays,
    session: Option<Session>,
    /// The rooms that this session has joined and not left.
    rooms: Vec<Id>,
    /// When a room was last left.
    left: Instant,
    connecting: Option<Connecting>,
    /// The data that the last session left for the next one to resume.
    resume: Option<Resume>,
    /// How many sessions in a row ended early.
    failures: u32,
    connected: Instant,
    /// When the last healthy session ended.
    away_since: Instant,
    reported: LinkState,
    /// True if it was reported that the log is polled.
    is_polling_reported: bool,
}

impl Link {
    /// Connects at once, unless only REST is wanted.
    pub(super) fn new(options: Options, transport: Transport, delays: FollowDelays) -> Self {
        let now = Instant::now();
        let mut link = Self {
            options,
            transport,
            delays,
            session: None,
            rooms: Vec::new(),
            left: now,
            connecting: None,
            resume: None,
            failures: 0,
            connected: now,
            away_since: now,
            reported: LinkState::Fresh,
            is_polling_reported: false,
        };
        link.connect(Duration::ZERO);
        link
    }

    /// Connects after a delay.
    pub(super) fn connect(&mut self, after: Duration) {
        if self.transport == Transport::Poll {
            return;
        }
        let (options, resume) = (self.options.clone(), self.resume.clone());
        self.connecting = Some(Box::pin(async move {
            sleep(after).await;
            Session::connect(&options, resume.as_ref()).await
        }));
    }

    pub(super) fn is_up(&self) -> bool {
        self.session.is_some()
    }

    /// True if the session claims to bring first the events missed since the last one.
    pub(super) fn has_recovered(&self) -> bool {
        self.session.as_ref().is_some_and(Session::recovered)
    }

    /// The next event. Never resolves while there is neither a session nor an attempt. Cancel safe.
    pub(super) async fn next(&mut self) -> LinkEvent {
        if let Some(session) = &mut self.session {
            return match session.next().await {
                Ok(message) => LinkEvent::Message(message),
                Err(error) => {
                    self.lose();
                    LinkEvent::Lost(error)
                }
            };
        }
        let Some(connecting) = &mut self.connecting else {
            return pending().await;
        };
        let connected = connecting.await;
        self.connecting = None;
        match connected {
            Ok(session) => {
                self.session = Some(session);
                self.rooms.clear();
                self.connected = Instant::now();
                LinkEvent::Connected
            }
            Err(error) => LinkEvent::Failed(error),
        }
    }

    fn lose(&mut self) {
        if let Some(session) = self.session.take() {
            self.resume = session.resume();
        }
    }

    /// Joins a build's room. This may end the session.
    pub(super) async fn join(&mut self, build: &Id) -> Result<(), SocketError> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if let Err(error) = session.join(build).await {
            self.lose();
            return Err(error);
        }
        debug!(%build, "joined the room");
        if !self.rooms.contains(build) {
            self.rooms.push(build.clone());
        }
        Ok(())
    }

    /// Leaves a build's room, within the time limit.
    pub(super) async fn leave(&mut self, build: &Id, deadline: Instant) {
        self.rooms.retain(|room| room != build);
        if let Some(session) = &mut self.session {
            // A closed session is in no room.
            let _sent = timeout_at(deadline, session.leave(build)).await;
            self.left = Instant::now();
        }
    }

    /// Leaves all rooms, and ends the session cleanly.
    pub(super) async fn disconnect(&mut self, deadline: Instant) {
        for build in std::mem::take(&mut self.rooms) {
            self.leave(&build, deadline).await;
        }
        if let Some(session) = self.session.take() {
            sleep_until((self.left + self.delays.leave_pause).min(deadline)).await;
            session.disconnect(deadline.saturating_duration_since(Instant::now())).await;
        }
    }

    /// When to start polling because there is no session.
    pub(super) fn poll_from(&self) -> Instant {
        self.away_since + self.delays.grace
    }

    /// Schedules the next attempt after a session ended or could not be established. Returns
    /// whether to poll REST at once.
    pub(super) fn retry(&mut self, error: &SocketError, was_connected: bool) -> bool {
        debug!(error = chain(error), "no session");
        if was_connected && self.connected.elapsed() >= self.delays.healthy {
            self.failures = 0;
            self.away_since = Instant::now();
        }
        self.failures += 1;
        let reconnect = self.delays.reconnect;
        let is_refused = matches!(error, SocketError::Refused { .. });
        let delay = match is_refused {
            // REST decides whether the token is valid. If it is, the refusal may be temporary.
            true => None,
            false => reconnect.delay(self.failures - 1, fastrand::f64()),
        };
        self.connect(delay.unwrap_or(reconnect.longest));
        is_refused || self.failures == self.delays.connections
    }

    /// When a silent session counts as healthy again, if that has to be reported.
    pub(super) fn healthy_at(&self) -> Option<Instant> {
        let is_due = self.is_up() && (self.reported == LinkState::Down || self.is_polling_reported);
        is_due.then(|| self.connected + self.delays.healthy)
    }

    /// The session brought something, or lasted for a while.
    pub(super) fn report_up(&mut self) -> Option<Notice> {
        let is_news = self.reported == LinkState::Down || self.is_polling_reported;
        self.reported = LinkState::Up;
        self.is_polling_reported = false;
        is_news.then(|| Notice::info("the live log is back"))
    }

    /// There is no session. Reported once.
    pub(super) fn report_down(
        &mut self,
        error: &SocketError,
        was_connected: bool,
    ) -> Option<Notice> {
        let text = match (self.reported, was_connected) {
            (LinkState::Up, _) | (LinkState::Fresh, true) => "the live log was interrupted",
            (LinkState::Fresh, false) => "the live log cannot be reached",
            (LinkState::Down, _) => return None,
        };
        self.reported = LinkState::Down;
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let text = format!("{text}; reconnecting ({}){hint}", chain(error));
        Some(Notice::warn(text))
    }

    /// REST is polled because there is no session. Reported once.
    pub(super) fn report_polling(&mut self) -> Option<Notice> {
        if self.is_up() || self.transport != Transport::Auto || self.is_polling_reported {
            return None;
        }
        self.is_polling_reported = true;
        let text = "the live log is unavailable; polling the log until it is back";
        Some(Notice::warn(text))
    }
}

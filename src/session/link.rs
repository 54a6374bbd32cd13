//! The Socket.IO session: connecting, connecting again, going on where the last one ended.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use crate::config::Transport;
use crate::error::chain;
use crate::follow::Timings;
use crate::model::{Id, Notice};
use crate::socket::{Message, Options, Resume, Session, SocketError};

/// A session in the making.
type Connecting = Pin<Box<dyn Future<Output = Result<Session, SocketError>> + Send>>;

/// What became of the session.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// It stands.
    Connected,
    /// It brings a message.
    Message(Message),
    /// It did not come about.
    Failed(SocketError),
    /// It is over.
    Lost(SocketError),
}

/// The state of the link as far as it was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Fresh,
    Up,
    Down,
}

/// The one session, or the next one in the making.
pub(super) struct Link {
    options: Options,
    transport: Transport,
    timings: Timings,
    session: Option<Session>,
    connecting: Option<Connecting>,
    /// What the last session left to the next one.
    resume: Option<Resume>,
    /// How many sessions in a row did not last.
    failures: u32,
    connected: Instant,
    /// Since when there is no session that has lasted.
    away_since: Instant,
    reported: LinkState,
    /// Whether it was said that the log is polled.
    polls: bool,
}

impl Link {
    /// Connects at once, unless only REST is wanted.
    pub(super) fn new(options: Options, transport: Transport, timings: Timings) -> Self {
        let now = Instant::now();
        let mut link = Self {
            options,
            transport,
            timings,
            session: None,
            connecting: None,
            resume: None,
            failures: 0,
            connected: now,
            away_since: now,
            reported: LinkState::Fresh,
            polls: false,
        };
        link.connect(Duration::ZERO);
        link
    }

    /// Connects after a while.
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

    /// Whether the session claims to bring first what was missed since the last one.
    pub(super) fn has_recovered(&self) -> bool {
        self.session.as_ref().is_some_and(Session::recovered)
    }

    /// The next event; never one while there is neither a session nor one in the making. Cancel safe.
    pub(super) async fn next(&mut self) -> LinkEvent {
        if let Some(session) = &mut self.session {
            return match session.next().await {
                Ok(message) => LinkEvent::Message(message),
                Err(error) => self.lose(error),
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
                self.connected = Instant::now();
                LinkEvent::Connected
            }
            Err(error) => LinkEvent::Failed(error),
        }
    }

    fn lose(&mut self, error: SocketError) -> LinkEvent {
        if let Some(session) = self.session.take() {
            self.resume = session.resume();
        }
        LinkEvent::Lost(error)
    }

    /// Enters a build's room. The session may be over with that.
    pub(super) async fn join(&mut self, build: &Id) -> Result<(), LinkEvent> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        match session.join(build).await {
            Ok(()) => {
                debug!(%build, "joined the room");
                Ok(())
            }
            Err(error) => Err(self.lose(error)),
        }
    }

    /// Leaves a build's room, if that takes no longer than `within`.
    pub(super) async fn leave(&mut self, build: &Id, deadline: Instant) {
        if let Some(session) = &mut self.session {
            // A session that is gone already is in no room.
            let _sent = timeout_at(deadline, session.leave(build)).await;
        }
    }

    /// Ends the session politely.
    pub(super) async fn hang_up(&mut self, deadline: Instant) {
        if let Some(session) = self.session.take() {
            session.disconnect(deadline.saturating_duration_since(Instant::now())).await;
        }
    }

    /// When builds are to be polled for want of a session.
    pub(super) fn poll_from(&self) -> Instant {
        self.away_since + self.timings.grace
    }

    /// Plans the next session after one that is over, or did not come about. Returns whether REST is to
    /// be polled at once.
    pub(super) fn retry(&mut self, error: &SocketError, stood: bool) -> bool {
        debug!(error = chain(error), "no session");
        if stood && self.connected.elapsed() >= self.timings.healthy {
            self.failures = 0;
            self.away_since = Instant::now();
        }
        self.failures += 1;
        let reconnect = self.timings.reconnect;
        let is_refused = matches!(error, SocketError::Refused { .. });
        let delay = match is_refused {
            // Whether the token is good is for REST to say; if it is, the refusal may pass.
            true => None,
            false => reconnect.delay(self.failures - 1, fastrand::f64()),
        };
        self.connect(delay.unwrap_or(reconnect.longest));
        is_refused || self.failures == self.timings.connections
    }

    /// When a session that brings nothing counts as standing again, if that is to be reported.
    pub(super) fn healthy_at(&self) -> Option<Instant> {
        let is_due = self.is_up() && (self.reported == LinkState::Down || self.polls);
        is_due.then(|| self.connected + self.timings.healthy)
    }

    /// The session has brought something, or lasted for a while.
    pub(super) fn report_up(&mut self) -> Option<Notice> {
        let is_news = self.reported == LinkState::Down || self.polls;
        self.reported = LinkState::Up;
        self.polls = false;
        is_news.then(|| Notice::info("the live log is back"))
    }

    /// There is no session. Reported once.
    pub(super) fn report_down(&mut self, error: &SocketError, stood: bool) -> Option<Notice> {
        let text = match (self.reported, stood) {
            (LinkState::Up, _) | (LinkState::Fresh, true) => "the live log was interrupted",
            (LinkState::Fresh, false) => "the live log cannot be reached",
            (LinkState::Down, _) => return None,
        };
        self.reported = LinkState::Down;
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        let text = format!("{text}; connecting again ({}){hint}", chain(error));
        Some(Notice::warn(text))
    }

    /// REST is polled for want of a session. Reported once.
    pub(super) fn report_polling(&mut self) -> Option<Notice> {
        if self.is_up() || self.transport != Transport::Auto || self.polls {
            return None;
        }
        self.polls = true;
        let text = "the live log stays away; polling the log until it is back";
        Some(Notice::warn(text))
    }
}

//! What was told about the build so far: every line once, every change of status, every trouble of the
//! way once.

use tokio::time::Instant;

use super::Update;
use super::cut::{Cut, News};
use super::queue::Sender;
use crate::api::{ApiError, Snapshot};
use crate::error::chain;
use crate::event::{Level, LogLine, Status};
use crate::socket::SocketError;

pub(super) struct Told {
    updates: Sender,
    cut: Cut,
    pub(super) status: Option<Status>,
    /// When the terminal status came.
    pub(super) ended: Option<Instant>,
    stream: Way,
    rest: Way,
    unreadable: u64,
    /// Whether the build had begun before it was followed.
    begun: bool,
}

/// The state of a way to the service, as far as it was told.
#[derive(PartialEq, Eq)]
enum Way {
    Fresh,
    Up,
    Down,
}

impl Told {
    pub(super) fn new(updates: Sender, begun: bool) -> Self {
        Self {
            updates,
            cut: Cut::default(),
            status: None,
            ended: None,
            stream: Way::Fresh,
            rest: Way::Fresh,
            unreadable: 0,
            begun,
        }
    }

    pub(super) async fn send(&self, update: Update) {
        self.updates.send(update).await;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// A line of the stream.
    pub(super) async fn live(&mut self, line: LogLine) {
        if self.cut.live(&line) {
            self.send(Update::Line(line)).await;
        }
    }

    /// What REST shows; `arrived` is what the stream has brought since it was joined, and `recovered`
    /// that it goes on where it had ended, even if REST shows too little to see that.
    pub(super) async fn recent(
        &mut self,
        snapshot: Snapshot,
        arrived: &[LogLine],
        recovered: bool,
    ) {
        let status = snapshot.facts.status;
        let (before, after) = match status {
            Some(status) if status.is_terminal() => (None, Some(status)),
            status => (status, None),
        };
        self.status(before).await;
        let News { lines, gap } = self.cut.recent(snapshot.recent, arrived);
        if gap && !recovered {
            let text = "lines of the log may be missing here: BuildPixel shows only its last ones";
            self.notice(Level::Warn, text.to_owned()).await;
        }
        if self.begun && !lines.is_empty() {
            self.begun = false;
            let text = "the log begins with the last lines that BuildPixel still shows";
            self.notice(Level::Info, text.to_owned()).await;
        }
        for line in lines {
            self.send(Update::Line(line)).await;
        }
        self.status(after).await;
    }

    /// A status that was heard or read. Statuses go forward only, and a terminal one is final.
    pub(super) async fn status(&mut self, status: Option<Status>) {
        let Some(status) = status else {
            return;
        };
        let known = self.status.as_ref();
        if known == Some(&status) || progress(known) > progress(Some(&status)) || self.has_ended() {
            return;
        }
        if status.is_terminal() {
            self.ended = Some(Instant::now());
        }
        self.status = Some(status.clone());
        self.send(Update::Status(status)).await;
    }

    pub(super) async fn stream_is_up(&mut self) {
        if self.stream == Way::Down {
            self.notice(Level::Info, "the live log is back".to_owned()).await;
        }
        self.stream = Way::Up;
    }

    /// `meanwhile` says what is done about it.
    pub(super) async fn stream_is_down(&mut self, error: &SocketError, meanwhile: &str) {
        let text = match self.stream {
            Way::Up => "the live log was interrupted",
            Way::Fresh => "the live log cannot be reached",
            Way::Down => return,
        };
        self.stream = Way::Down;
        self.notice(Level::Warn, format!("{text}; {meanwhile} ({})", chain(error))).await;
    }

    pub(super) async fn rest_is_up(&mut self) {
        if self.rest == Way::Down {
            self.notice(Level::Info, "the API answers again".to_owned()).await;
        }
        self.rest = Way::Up;
    }

    pub(super) async fn rest_is_down(&mut self, error: &ApiError) {
        if self.rest != Way::Down {
            let text = format!("the API does not answer; trying again ({})", chain(error));
            self.notice(Level::Warn, text).await;
        }
        self.rest = Way::Down;
    }

    /// An event of ours that could not be read. The first one is told at once.
    pub(super) async fn unreadable(&mut self, why: &str) {
        self.unreadable += 1;
        if self.unreadable == 1 {
            let text = format!("an event of the live log could not be read ({why})");
            self.notice(Level::Warn, text).await;
        }
    }

    pub(super) async fn unreadable_in_all(&mut self) {
        if self.unreadable > 1 {
            let text = format!("{} events of the live log could not be read", self.unreadable);
            self.notice(Level::Warn, text).await;
        }
    }

    async fn notice(&self, level: Level, text: String) {
        self.send(Update::Notice { level, text }).await;
    }
}

fn progress(status: Option<&Status>) -> u8 {
    match status {
        None => 0,
        Some(Status::Pending) => 1,
        Some(Status::Running | Status::Other(_)) => 2,
        Some(Status::Complete | Status::Failed | Status::Superseded) => 3,
    }
}

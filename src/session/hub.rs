//! The task that owns the network. It passes events to their build and carries out the effects of
//! the builds.

use std::future::pending;
use std::pin::Pin;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep_until};

use super::link::{Link, LinkEvent};
use super::queue::{Receiver, Sender, queue};
use super::update::{BuildEvent, BuildEventKind, Update};
use crate::config::Transport;
use crate::error::Error;
use crate::follow::{Build, Effect, Effects, FollowDelays, FollowOptions, View};
use crate::model::{BuildIndex, Facts, Id, Notice};
use crate::service::{self, ApiError, Snapshot};
use crate::socket::{self, Message, SocketError};
use crate::threads;

/// The size of the queue for a slow reader. A whole build's log fits.
const QUEUE_BYTES: u32 = 64 * 1024 * 1024;

/// How many messages are handled before the other sources get a turn.
const MESSAGES_AT_ONCE: usize = 32;

/// Longer views are prepared on a separate thread, so that they do not delay other events.
const LONG_VIEW_LINES: usize = 10_000;

/// The dependencies of the session.
pub struct HubOptions {
    /// REST.
    pub client: service::Client,
    /// The live stream.
    pub socket: socket::Options,
    /// The transports to use.
    pub transport: Transport,
    /// Delays and limits.
    pub delays: FollowDelays,
}

/// The handle of the task. It connects at once, before a build is known.
pub struct Hub {
    updates: Receiver,
    commands: mpsc::UnboundedSender<Command>,
    builds: usize,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

enum Command {
    Follow { build: Id, is_ours: bool },
    Release,
}

impl Hub {
    /// Connects at once.
    pub fn start(options: HubOptions) -> Self {
        let (sender, updates) = queue(QUEUE_BYTES);
        let (commands, receiver) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let network = Network {
            link: Link::new(options.socket, options.transport, options.delays),
            client: options.client,
            transport: options.transport,
            delays: options.delays,
            builds: Vec::new(),
            snapshot_requests: FuturesUnordered::new(),
            parked: None,
            effects: Effects::new(),
            updates: sender,
            unreadable: 0,
        };
        let task = tokio::spawn(network.run(receiver, stopped));
        Self { updates, commands, builds: 0, stop, task }
    }

    /// Follows a build. `is_ours` says that this step triggered it.
    pub fn follow(&mut self, build: Id, is_ours: bool) -> BuildIndex {
        let index = BuildIndex(self.builds);
        self.builds += 1;
        // An error means that the task has ended, which `next` reports.
        let _ended = self.commands.send(Command::Follow { build, is_ours });
        index
    }

    /// The next update; `None` after the last one. Cancel safe.
    pub async fn next(&mut self) -> Option<Update> {
        self.updates.next().await
    }

    /// Prints all lines that are held back, then sends [`Update::Released`].
    pub fn release(&self) {
        // An error means that the task has ended and holds nothing.
        let _ended = self.commands.send(Command::Release);
    }

    /// Leaves the rooms and disconnects.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.updates);
        // The task only fails if it panicked, and then there is nothing left to stop.
        let _ended = self.task.await;
    }
}

#[cfg(test)]
impl Hub {
    /// Returns these events at once, and then none.
    pub(crate) fn scripted(events: impl IntoIterator<Item = BuildEventKind>) -> Self {
        let (sender, updates) = queue(QUEUE_BYTES);
        for kind in events {
            sender.send_now(Update::Build(BuildEvent { build: BuildIndex(0), kind }));
        }
        let (commands, _orders) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _stopped = stopped.await;
            drop(sender);
        });
        Self { updates, commands, builds: 0, stop, task }
    }
}

/// The answer to a snapshot request.
type SnapshotAnswer = Result<(Facts, View), ApiError>;

/// A snapshot request for one of the builds.
type SnapshotRequest = Pin<Box<dyn Future<Output = (BuildIndex, SnapshotAnswer)> + Send>>;

struct Network {
    link: Link,
    client: service::Client,
    transport: Transport,
    delays: FollowDelays,
    builds: Vec<Build>,
    snapshot_requests: FuturesUnordered<SnapshotRequest>,
    /// The end of a session that came before there was a build to report it to.
    parked: Option<LinkEvent>,
    effects: Effects,
    updates: Sender,
    /// How many events could not be read.
    unreadable: u64,
}

impl Network {
    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut stop: oneshot::Receiver<()>,
    ) {
        // Kept from one event to the next: creating a timer costs more than handling a line.
        let mut timer = Box::pin(sleep_until(Instant::now()));
        while !self.is_over() {
            let deadline = self.deadline();
            if let Some(at) = deadline
                && at != timer.deadline()
            {
                timer.as_mut().reset(at);
            }
            tokio::select! {
                biased;
                _ = &mut stop => break,
                command = commands.recv() => match command {
                    Some(Command::Follow { build, is_ours }) => self.follow(build, is_ours).await,
                    Some(Command::Release) => self.release(),
                    None => break,
                },
                Some((build, answer)) = self.snapshot_requests.next(), if !self.snapshot_requests.is_empty() => {
                    self.on_answer(build, answer).await;
                }
                () = elapsed(&mut timer), if deadline.is_some() => self.on_tick().await,
                event = self.link.next() => self.on_event(event).await,
            }
        }
        self.disconnect().await;
    }

    fn is_over(&self) -> bool {
        !self.builds.is_empty() && self.builds.iter().all(Build::is_over)
    }

    fn deadline(&self) -> Option<Instant> {
        let builds = self.builds.iter().filter_map(Build::deadline).min();
        let link = self.link.healthy_at().filter(|_| !self.builds.is_empty());
        [builds, link].into_iter().flatten().min()
    }

    async fn follow(&mut self, build: Id, is_ours: bool) {
        let (transport, delays) = (self.transport, self.delays);
        let options = FollowOptions { transport, is_ours, delays };
        self.builds.push(Build::new(Instant::now(), build, options));
        let index = self.builds.len() - 1;
        match self.parked.take() {
            Some(LinkEvent::Failed(error)) => self.on_no_session(error, false).await,
            Some(_) => self.link.connect(std::time::Duration::ZERO),
            None if self.link.is_up() => self.join(index).await,
            None => {}
        }
        self.on_tick().await;
    }

    async fn on_event(&mut self, event: LinkEvent) {
        if self.builds.is_empty() {
            if let LinkEvent::Failed(_) | LinkEvent::Lost(_) = event {
                self.parked = Some(event);
            }
            return;
        }
        match event {
            LinkEvent::Message(message) => self.on_messages(message).await,
            LinkEvent::Connected => {
                for index in 0..self.builds.len() {
                    self.join(index).await;
                }
                self.on_tick().await;
            }
            LinkEvent::Failed(error) => self.on_no_session(error, false).await,
            LinkEvent::Lost(error) => self.on_no_session(error, true).await,
        }
    }

    async fn join(&mut self, index: usize) {
        let has_recovered = self.link.has_recovered();
        let Some(build) = self.builds.get_mut(index).filter(|build| !build.is_over()) else {
            return;
        };
        match self.link.join(build.id()).await {
            Ok(()) => build.on_joined(Instant::now(), has_recovered),
            Err(error) => self.on_no_session(error, true).await,
        }
    }

    /// Handles a message and all others that are already there. Waiting for all sources costs more
    /// than handling a line.
    async fn on_messages(&mut self, first: Message) {
        let mut current = index_of(&self.builds, &first);
        self.apply(current, first);
        for _ in 1..MESSAGES_AT_ONCE {
            match self.link.next().now_or_never() {
                Some(LinkEvent::Message(message)) => {
                    let index = index_of(&self.builds, &message);
                    if index != current {
                        self.carry_out(current).await;
                        current = index;
                    }
                    self.apply(index, message);
                }
                Some(event) => {
                    self.carry_out(current).await;
                    return Box::pin(self.on_event(event)).await;
                }
                None => break,
            }
        }
        self.carry_out(current).await;
    }

    fn apply(&mut self, index: usize, message: Message) {
        let Some(build) = self.builds.get_mut(index).filter(|build| !build.is_over()) else {
            return;
        };
        if let Message::Unreadable { why } = message {
            self.unreadable += 1;
            if self.unreadable == 1 {
                let text = format!("an event of the live log could not be read ({why})");
                self.effects.push(Effect::Notice(Notice::warn(text)));
            }
            return;
        }
        self.effects.extend(self.link.report_up().map(Effect::Notice));
        let now = Instant::now();
        match message {
            Message::Log { line, .. } => build.on_line(now, line, &mut self.effects),
            Message::Status { status, .. } => build.on_status(now, status, &mut self.effects),
            Message::JoinRefused { .. } => build.on_join_refused(now, &mut self.effects),
            Message::Unreadable { .. } => {}
        }
    }

    async fn on_answer(&mut self, BuildIndex(index): BuildIndex, answer: SnapshotAnswer) {
        let Some(build) = self.builds.get_mut(index) else {
            return;
        };
        if answer.is_ok()
            && build.is_followed()
            && let Some(notice) = self.link.report_polling()
        {
            self.updates.send(Update::Notice(notice)).await;
        }
        let now = Instant::now();
        build.on_snapshot(now, answer, &mut self.effects);
        build.on_tick(now, &mut self.effects);
        self.carry_out(index).await;
    }

    async fn on_tick(&mut self) {
        let now = Instant::now();
        if self.link.healthy_at().is_some_and(|at| at <= now)
            && let Some(notice) = self.link.report_up()
        {
            self.updates.send(Update::Notice(notice)).await;
        }
        for index in 0..self.builds.len() {
            if let Some(build) = self.builds.get_mut(index)
                && build.deadline().is_some_and(|at| at <= now)
            {
                build.on_tick(now, &mut self.effects);
                self.carry_out(index).await;
            }
        }
    }

    /// The session is lost, or could not be established.
    async fn on_no_session(&mut self, error: SocketError, was_connected: bool) {
        if let (SocketError::Refused { .. }, Transport::Socket) = (&error, self.transport) {
            return self.give_up(error).await;
        }
        let polls_now = self.link.retry(&error, was_connected);
        let poll_from = self.link.poll_from();
        if let Some(notice) = self.link.report_down(&error, was_connected) {
            self.updates.send(Update::Notice(notice)).await;
        }
        let now = Instant::now();
        for index in 0..self.builds.len() {
            if let Some(build) = self.builds.get_mut(index) {
                build.on_lost(poll_from, &mut self.effects);
                if polls_now {
                    build.poll_now(now);
                }
                build.on_tick(now, &mut self.effects);
            }
            Box::pin(self.carry_out(index)).await;
        }
    }

    /// The stream is unavailable for good, and no other transport is allowed.
    async fn give_up(&mut self, error: SocketError) {
        let now = Instant::now();
        let mut error = Some(error);
        for index in 0..self.builds.len() {
            if let Some(build) = self.builds.get_mut(index)
                && let Some(cause) = error.take()
            {
                if let SocketError::Refused { message, data } = &cause {
                    let (message, data) = (message.clone(), data.clone());
                    error = Some(SocketError::Refused { message, data });
                }
                let error = Error::Stream { build: build.id().clone(), cause };
                build.give_up(now, error, &mut self.effects);
            }
            Box::pin(self.carry_out(index)).await;
        }
    }

    /// Carries out the effects of a build.
    async fn carry_out(&mut self, index: usize) {
        let mut effects = std::mem::take(&mut self.effects);
        let mut lost = None;
        for effect in effects.drain(..) {
            let kind = match effect {
                Effect::Line(line) => BuildEventKind::Line(line),
                Effect::LateLine(line) => BuildEventKind::LateLine(line),
                Effect::Status(status) => BuildEventKind::Status(status),
                Effect::Notice(notice) => BuildEventKind::Notice(notice),
                Effect::End(end) => {
                    self.report_unreadable().await;
                    BuildEventKind::End(end)
                }
                Effect::Join => {
                    if let Some(build) = self.builds.get(index) {
                        lost = self.link.join(build.id()).await.err().or(lost);
                    }
                    continue;
                }
                Effect::Leave => {
                    if let Some(build) = self.builds.get(index) {
                        let deadline = Instant::now() + self.delays.disconnect;
                        self.link.leave(build.id(), deadline).await;
                    }
                    continue;
                }
                Effect::Poll => {
                    self.request_snapshot(index);
                    continue;
                }
            };
            let event = BuildEvent { build: BuildIndex(index), kind };
            self.updates.send(Update::Build(event)).await;
        }
        // Its memory is reused.
        self.effects = effects;
        if let Some(error) = lost {
            Box::pin(self.on_no_session(error, true)).await;
        }
    }

    fn request_snapshot(&mut self, index: usize) {
        let Some(build) = self.builds.get(index) else {
            return;
        };
        let (client, build) = (self.client.clone(), build.id().clone());
        self.snapshot_requests.push(Box::pin(async move {
            let answer = match client.build(&build).await {
                Ok(Snapshot { facts, recent }) => Ok((facts, view(recent).await)),
                Err(error) => Err(error),
            };
            (BuildIndex(index), answer)
        }));
    }

    async fn report_unreadable(&mut self) {
        if self.unreadable > 1 {
            let text = format!("{} events of the live log could not be read", self.unreadable);
            self.unreadable = 0;
            self.updates.send(Update::Notice(Notice::warn(text))).await;
        }
    }

    /// Sends all held-back lines as updates, even if the queue is full.
    fn release(&mut self) {
        let now = Instant::now();
        for (index, build) in self.builds.iter_mut().enumerate() {
            build.release(now, &mut self.effects);
            for effect in self.effects.drain(..) {
                let kind = match effect {
                    Effect::Line(line) => BuildEventKind::Line(line),
                    Effect::LateLine(line) => BuildEventKind::LateLine(line),
                    Effect::Notice(notice) => BuildEventKind::Notice(notice),
                    Effect::Status(_)
                    | Effect::End(_)
                    | Effect::Join
                    | Effect::Leave
                    | Effect::Poll => continue,
                };
                let build = BuildIndex(index);
                self.updates.send_now(Update::Build(BuildEvent { build, kind }));
            }
        }
        self.updates.send_now(Update::Released);
    }

    async fn disconnect(&mut self) {
        let deadline = Instant::now() + self.delays.disconnect;
        self.link.disconnect(deadline).await;
    }
}

/// The build that a message is about; an index that no build has if the build is unknown. The first
/// build reports messages about none in particular. It also gets a refusal that names an unknown
/// build, because a service may spell the id of a refused room in its own way.
fn index_of(builds: &[Build], message: &Message) -> usize {
    let index = |id: &Id| builds.iter().position(|build| build.id() == id);
    match message {
        Message::Log { build, .. } | Message::Status { build, .. } => {
            index(build).unwrap_or(usize::MAX)
        }
        Message::JoinRefused { build } => build.as_ref().and_then(index).unwrap_or_default(),
        Message::Unreadable { .. } => 0,
    }
}

async fn elapsed(timer: &mut Pin<Box<Sleep>>) {
    timer.as_mut().await;
}

/// Computes the keys of the lines.
async fn view(lines: Vec<crate::model::LogLine>) -> View {
    match lines.len() {
        0..LONG_VIEW_LINES => View::new(lines),
        _ => match threads::run("view", "compares lines", lines, View::new).await {
            Some(view) => view,
            None => pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;

    #[tokio::test]
    async fn a_refusal_of_an_unknown_build_goes_to_the_first_build_and_other_messages_to_none() {
        let id = |text: &str| Id::new(text).unwrap();
        let options = FollowOptions {
            transport: Transport::Auto,
            is_ours: true,
            delays: FollowDelays::default(),
        };
        let build = |text: &str| Build::new(Instant::now(), id(text), options);
        let builds = [build("first"), build("second")];
        let refused = |build: Option<Id>| index_of(&builds, &Message::JoinRefused { build });
        assert_eq!(refused(Some(id("second"))), 1);
        assert_eq!(refused(Some(id("unknown"))), 0);
        assert_eq!(refused(None), 0);
        let status = |text| Message::Status { build: id(text), status: Status::Running };
        assert_eq!(index_of(&builds, &status("second")), 1);
        assert_eq!(index_of(&builds, &status("unknown")), usize::MAX);
    }
}

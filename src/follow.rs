//! Follows one build to its end: session after session of the live stream, with REST filling the gaps
//! and having the last word. Passes on every line once, in order.

mod asking;
mod attending;
mod cut;
mod queue;
mod timings;
mod told;

use std::future::{pending, ready};
use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use crate::api::{self, ApiError, Snapshot};
use crate::config::Transport;
use crate::error::{Error, chain};
use crate::event::{BuildIndex, Facts, Id, LogLine, Notice, Status};
use crate::socket::{self, Resume, Session, SocketError};

use asking::Answers;
pub use timings::Timings;
use told::Told;

/// How much may wait for a slow reader. A whole build's log fits.
const QUEUE_BYTES: u32 = 64 * 1024 * 1024;

/// News from the service.
#[derive(Debug)]
pub enum Update {
    /// News of one build.
    Build(BuildEvent),
    /// News that concerns every build, such as a lost connection.
    Notice(Notice),
}

/// Something that was learnt about one build of this step.
#[derive(Debug)]
pub struct BuildEvent {
    /// Which build.
    pub build: BuildIndex,
    /// What was learnt.
    pub kind: BuildEventKind,
}

/// What was learnt about a build.
#[derive(Debug)]
pub enum BuildEventKind {
    /// The next line of its log.
    Line(LogLine),
    /// A line of its log that came too late for its place.
    LateLine(LogLine),
    /// Its status changed.
    Status(Status),
    /// A notice about following this build.
    Notice(Notice),
    /// The last event: the build's final facts, or why they could not be learnt.
    End(Box<Result<Facts, Error>>),
}

/// What is needed to follow a build.
pub struct Plan {
    /// REST.
    pub client: api::Client,
    /// The live stream.
    pub socket: socket::Options,
    /// Which of the two to use.
    pub transport: Transport,
    /// Whether the API has confirmed that the build exists.
    pub confirmed: bool,
    /// Patience.
    pub timings: Timings,
}

/// A build that is being followed by a task of its own.
pub struct Follow {
    updates: queue::Receiver,
    build: Option<oneshot::Sender<Id>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Follow {
    /// Connects at once, before the build is known.
    pub fn start(plan: Plan) -> Self {
        let (sender, updates) = queue::queue(QUEUE_BYTES);
        let (build, known) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let supervisor = Supervisor {
            told: Told::new(sender, !plan.confirmed),
            answers: Answers::new(plan.confirmed),
            plan,
            session: None,
            resume: None,
            joined: None,
            drained: false,
        };
        let task = tokio::spawn(supervisor.run(known, stopped));
        Self { updates, build: Some(build), stop, task }
    }

    /// Says which build to follow.
    pub fn build(&mut self, build: Id) {
        if let Some(known) = self.build.take() {
            // An error means that the task has ended, which `next` tells.
            let _ended = known.send(build);
        }
    }

    /// The next update; `None` after the last one. Cancel safe.
    pub async fn next(&mut self) -> Option<Update> {
        let kind = self.updates.next().await?;
        Some(Update::Build(BuildEvent { build: BuildIndex(0), kind }))
    }

    /// Leaves the build's room and hangs up.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.updates);
        // The task only fails if it panicked, and then there is nothing left to stop.
        let _ended = self.task.await;
    }
}

#[cfg(test)]
impl Follow {
    /// Brings these events at once, and then nothing.
    pub(crate) fn scripted(events: impl IntoIterator<Item = BuildEventKind>) -> Self {
        use futures_util::FutureExt;
        use tokio::task::coop::unconstrained;

        let (sender, updates) = queue::queue(QUEUE_BYTES);
        for event in events {
            let sent = unconstrained(sender.send(event)).now_or_never();
            sent.expect("the queue is full");
        }
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _stopped = stopped.await;
            drop(sender);
        });
        Self { updates, build: None, stop, task }
    }
}

/// A session in the making.
type Dial = Pin<Box<dyn Future<Output = Result<Session, SocketError>> + Send>>;

/// A question to REST.
type Question = Pin<Box<dyn Future<Output = Result<Snapshot, ApiError>> + Send>>;

struct Supervisor {
    plan: Plan,
    told: Told,
    answers: Answers,
    session: Option<Session>,
    /// What the session before left to the next one.
    resume: Option<Resume>,
    /// The room that the session is in.
    joined: Option<Id>,
    /// Whether a session was attended until the log of the ended build had been silent.
    drained: bool,
}

impl Supervisor {
    async fn run(mut self, build: oneshot::Receiver<Id>, stop: oneshot::Receiver<()>) {
        let end = tokio::select! {
            biased;
            _ = stop => None,
            end = self.follow(build) => end,
        };
        self.hang_up().await;
        if let Some(end) = end {
            self.told.finish().await;
            self.told.send(BuildEventKind::End(Box::new(end))).await;
        }
    }

    /// `None` if no build came to be followed.
    async fn follow(&mut self, build: oneshot::Receiver<Id>) -> Option<Result<Facts, Error>> {
        let (build, mut dial) = match select(build, self.dial(Duration::ZERO)).await {
            Either::Left((build, dial)) => (build.ok()?, dial),
            Either::Right((Ok(session), build)) => {
                self.session = Some(session);
                (self.stay_for(build).await?, self.dial(Duration::ZERO))
            }
            Either::Right((Err(error), build)) => {
                (build.await.ok()?, Box::pin(ready(Err(error))) as Dial)
            }
        };
        loop {
            if let Err(error) = self.until_the_end(&build, dial).await {
                return Some(Err(error));
            }
            self.hang_up().await;
            match self.last_word(&build).await {
                Ok(Some(facts)) => return Some(Ok(facts)),
                Ok(None) => dial = self.dial(Duration::ZERO),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Keeps the session alive, as far as it can be, until the build is known.
    async fn stay_for(&mut self, mut build: oneshot::Receiver<Id>) -> Option<Id> {
        loop {
            tokio::select! {
                biased;
                build = &mut build => return build.ok(),
                message = attending::next(&mut self.session) => {
                    if message.is_err() {
                        self.session = None;
                    }
                }
            }
        }
    }

    /// Session after session, until the build has ended.
    async fn until_the_end(&mut self, build: &Id, mut dial: Dial) -> Result<(), Error> {
        let timings = self.plan.timings;
        let mut failures = 0;
        // Since when there is no session that has lasted.
        let mut away_since = Instant::now();
        // Kept from one attempt to the next, so that polling goes on however often dialling fails.
        let mut question = self.ask(build, self.before_polling(away_since));
        loop {
            let dialled = match self.session {
                Some(_) => Ok(()),
                None => match self.reach(build, &mut dial, &mut question).await? {
                    Some(dialled) => dialled.map(|session| self.session = Some(session)),
                    None => return Ok(()),
                },
            };
            let since = Instant::now();
            let lost = match dialled {
                Ok(()) => {
                    question = Box::pin(pending());
                    let lost = self.attend(build).await?;
                    self.answers.heard = Instant::now();
                    lost
                }
                Err(error) => Some(error),
            };
            let Some(lost) = lost else {
                return Ok(());
            };
            let attended = self.session.is_some();
            if since.elapsed() >= timings.healthy {
                failures = 0;
                away_since = Instant::now();
            }
            failures += 1;
            let refused = matches!(lost, SocketError::Refused { .. });
            dial = self.lose(build, lost, failures).await?;
            if attended {
                question = self.ask(build, self.before_polling(away_since));
            }
            if refused || failures == timings.connections {
                question = self.ask(build, Duration::ZERO);
            }
        }
    }

    /// Gives up a session, and returns the next one in the making.
    async fn lose(&mut self, build: &Id, lost: SocketError, failures: u32) -> Result<Dial, Error> {
        let session = self.session.take();
        self.joined = None;
        debug!(error = chain(&lost), "no session");
        let reconnect = self.plan.timings.reconnect;
        let delay = match (&lost, self.plan.transport) {
            (SocketError::Refused { .. }, Transport::Socket) => {
                return Err(Error::Stream { build: build.clone(), cause: lost });
            }
            // Whether the token is good is for REST to say; if it is, the refusal may pass.
            (SocketError::Refused { .. }, Transport::Auto | Transport::Poll) => None,
            (_, _) => reconnect.delay(failures.saturating_sub(1), fastrand::f64()),
        };
        self.told.stream_is_down(&lost, session.is_some()).await;
        if let Some(session) = session {
            self.resume = session.resume();
        }
        Ok(self.dial(delay.unwrap_or(reconnect.longest)))
    }

    /// Polls REST until the session stands; `None` if the build ended first.
    async fn reach(
        &mut self,
        build: &Id,
        dial: &mut Dial,
        question: &mut Question,
    ) -> Result<Option<Result<Session, SocketError>>, Error> {
        while !self.told.has_ended() {
            tokio::select! {
                biased;
                dialled = &mut *dial => return Ok(Some(dialled)),
                answer = &mut *question => {
                    if let Some(snapshot) = self.heed(build, answer).await? {
                        self.polled(snapshot).await;
                    }
                    *question = self.ask(build, self.plan.timings.poll);
                }
            }
        }
        Ok(None)
    }

    async fn polled(&mut self, snapshot: Snapshot) {
        match self.plan.transport {
            Transport::Socket => self.told.status(snapshot.facts.status).await,
            Transport::Auto => {
                self.told.polls().await;
                self.told.recent(snapshot).await;
            }
            Transport::Poll => {
                self.told.recent(snapshot).await;
            }
        }
    }

    /// Polling alone begins at once; otherwise the stream has a head start.
    fn before_polling(&self, away_since: Instant) -> Duration {
        match self.plan.transport {
            Transport::Poll => Duration::ZERO,
            Transport::Auto | Transport::Socket => {
                self.plan.timings.grace.saturating_sub(away_since.elapsed())
            }
        }
    }

    fn dial(&self, after: Duration) -> Dial {
        if self.plan.transport == Transport::Poll {
            return Box::pin(pending());
        }
        let (options, resume) = (self.plan.socket.clone(), self.resume.clone());
        Box::pin(async move {
            sleep(after).await;
            Session::connect(&options, resume.as_ref()).await
        })
    }

    async fn hang_up(&mut self) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let deadline = Instant::now() + self.plan.timings.goodbye;
        if let Some(build) = self.joined.take() {
            // A session that is gone already needs no goodbye.
            let _sent = timeout_at(deadline, session.leave(&build)).await;
        }
        session.disconnect(deadline.saturating_duration_since(Instant::now())).await;
    }
}

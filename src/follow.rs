//! Follows one build to its end: session after session of the live stream, with REST filling the gaps
//! and having the last word. Passes on every line once, in order.

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
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::debug;

use crate::api::{self, ApiError, Snapshot};
use crate::config::Transport;
use crate::error::{Error, chain};
use crate::event::{Facts, Id, Level, LogLine, Status};
use crate::socket::{self, Message, Resume, Session, SocketError};

pub use timings::Timings;
use told::Told;

/// How much may wait for a slow reader. A whole build's log fits.
const QUEUE_BYTES: u32 = 64 * 1024 * 1024;

/// How much is held back while REST is asked for the lines before it.
const HELD_BACK_BYTES: usize = 16 * 1024 * 1024;

/// How many answers in a row may be beyond understanding while there is no stream to rely on.
const USELESS_ANSWERS: u32 = 5;

/// How long REST may ask us to stay away.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Something that was learnt about the build.
#[derive(Debug)]
pub enum Update {
    /// The next line of its log.
    Line(LogLine),
    /// Its status changed.
    Status(Status),
    /// A word about the following itself.
    Notice {
        /// How grave.
        level: Level,
        /// One line; may hold texts from the wire.
        text: String,
    },
    /// The last update: the build's final facts, or why they could not be learnt.
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
            plan,
            session: None,
            resume: None,
            joined: None,
            useless: 0,
            retry_after: Duration::ZERO,
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
        self.updates.next().await
    }

    /// Leaves the build's room and hangs up.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.updates);
        // The task only fails if it panicked, and then there is nothing left to stop.
        let _ended = self.task.await;
    }
}

/// A session in the making.
type Dial = Pin<Box<dyn Future<Output = Result<Session, SocketError>> + Send>>;

/// A question to REST.
type Question = Pin<Box<dyn Future<Output = Result<Snapshot, ApiError>> + Send>>;

struct Supervisor {
    plan: Plan,
    told: Told,
    session: Option<Session>,
    /// What the session before left to the next one.
    resume: Option<Resume>,
    /// The room that the session is in.
    joined: Option<Id>,
    /// How many answers of REST in a row were of no use.
    useless: u32,
    /// How long REST asked us to stay away when it refused last.
    retry_after: Duration,
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
            self.told.send(Update::End(Box::new(end))).await;
        }
    }

    /// `None` if no build came to be followed.
    async fn follow(&mut self, build: oneshot::Receiver<Id>) -> Option<Result<Facts, Error>> {
        let (build, dial) = match select(build, self.dial(Duration::ZERO)).await {
            Either::Left((build, dial)) => (build.ok()?, dial),
            Either::Right((Ok(session), build)) => {
                self.session = Some(session);
                (build.await.ok()?, Box::pin(pending()) as Dial)
            }
            Either::Right((Err(error), build)) => {
                (build.await.ok()?, Box::pin(ready(Err(error))) as Dial)
            }
        };
        Some(match self.until_the_end(&build, dial).await {
            Ok(()) => {
                self.hang_up().await;
                self.last_word(&build).await
            }
            Err(error) => Err(error),
        })
    }

    /// Session after session, until the build has ended.
    async fn until_the_end(&mut self, build: &Id, mut dial: Dial) -> Result<(), Error> {
        let mut failures = 0;
        // Kept from one attempt to the next, so that polling goes on however often dialling fails.
        let mut question = self.ask(build, self.first_poll());
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
                    let lost = self.attend(build).await?;
                    question = self.ask(build, self.plan.timings.poll);
                    lost
                }
                Err(error) => Some(error),
            };
            let Some(lost) = lost else {
                return Ok(());
            };
            if since.elapsed() >= self.plan.timings.healthy {
                failures = 0;
            }
            dial = self.lose(build, lost, failures).await?;
            failures += 1;
        }
    }

    /// Gives up a session, and returns the next one in the making.
    async fn lose(&mut self, build: &Id, lost: SocketError, failures: u32) -> Result<Dial, Error> {
        if let Some(session) = self.session.take() {
            self.resume = session.resume();
        }
        self.joined = None;
        debug!(error = chain(&lost), "no session");
        let refused = matches!(lost, SocketError::Refused { .. });
        let meanwhile = match (self.plan.transport, refused) {
            (Transport::Socket, true) => {
                return Err(Error::Stream { build: build.clone(), cause: lost });
            }
            (Transport::Socket, false) => "connecting again",
            (Transport::Auto | Transport::Poll, false) => "polling until it is back",
            (Transport::Auto | Transport::Poll, true) => "polling instead",
        };
        self.told.stream_is_down(&lost, meanwhile).await;
        Ok(match self.plan.timings.reconnect.delay(failures, fastrand::f64()) {
            // Whether the token is good is for REST to say.
            Some(delay) if !refused => self.dial(delay),
            _ => Box::pin(pending()),
        })
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
                    match self.heed(build, answer).await? {
                        Some(snapshot) if self.plan.transport == Transport::Socket => {
                            self.told.status(snapshot.facts.status).await;
                        }
                        Some(snapshot) => self.told.recent(snapshot, &[], false).await,
                        None => {}
                    }
                    *question = self.ask(build, self.plan.timings.poll);
                }
            }
        }
        Ok(None)
    }

    /// Listens until the build has ended and its log is silent, or returns why the session is lost.
    async fn attend(&mut self, build: &Id) -> Result<Option<SocketError>, Error> {
        self.told.stream_is_up().await;
        if let Some(lost) = self.join(build).await? {
            return Ok(Some(lost));
        }
        let timings = self.plan.timings;
        let mut question = self.ask(build, timings.status_poll);
        let mut heard = Instant::now();
        loop {
            let drained = self.told.ended.map(|ended| {
                (ended.max(heard) + timings.silence).min(ended + timings.longest_drain)
            });
            tokio::select! {
                biased;
                () = sleep_until(drained.unwrap_or(heard)), if drained.is_some() => return Ok(None),
                answer = &mut question => {
                    // Its lines come over the stream; here only the status is of interest.
                    if let Some(snapshot) = self.heed(build, answer).await? {
                        self.told.status(snapshot.facts.status).await;
                    }
                    question = self.ask(build, timings.status_poll);
                }
                message = next(&mut self.session) => match message {
                    Ok(message) => {
                        heard = Instant::now();
                        self.hear(build, message).await;
                    }
                    Err(_) if self.told.has_ended() => return Ok(None),
                    Err(lost) => return Ok(Some(lost)),
                },
            }
        }
    }

    /// Joins the build's room and passes on what was logged before. Lines that arrive meanwhile are
    /// held back, so that all stay in order.
    async fn join(&mut self, build: &Id) -> Result<Option<SocketError>, Error> {
        let Some(session) = &mut self.session else {
            return Ok(None);
        };
        if let Err(lost) = session.join(build).await {
            return Ok(Some(lost));
        }
        self.joined = Some(build.clone());
        debug!(%build, "joined the room");
        // What was missed goes on where the lines before it ended. REST is asked all the same: lines
        // that are logged while a server still looks at the token of a recovered session get lost.
        let recovered = session.recovered();
        while let Some(message) = self.session.as_mut().and_then(Session::missed) {
            self.hear(build, message).await;
        }
        let mut lost = None;
        let mut held = Vec::new();
        let mut held_bytes = 0;
        let question = timeout(self.plan.timings.catch_up, self.ask(build, Duration::ZERO));
        tokio::pin!(question);
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut question => break answer,
                message = next(&mut self.session), if lost.is_none() && held_bytes < HELD_BACK_BYTES => {
                    match message {
                        Ok(Message::Log { build: of, line }) if of == *build => {
                            held_bytes += size_of_val(&line) + line.message.len();
                            held.push(line);
                        }
                        Ok(message) => self.hear(build, message).await,
                        Err(error) => lost = Some(error),
                    }
                }
            }
        };
        let snapshot = match answer {
            Ok(answer) => self.heed(build, answer).await,
            Err(_elapsed) => Ok(None),
        };
        let end = match snapshot {
            Ok(Some(snapshot)) => {
                self.told.recent(snapshot, &held, recovered).await;
                None
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        for line in held {
            self.told.live(line).await;
        }
        end.map_or(Ok(lost), Err)
    }

    /// What BuildPixel says of the ended build. Its last lines may be here only, and its word is what
    /// the verdict is made of.
    async fn last_word(&mut self, build: &Id) -> Result<Facts, Error> {
        let timings = self.plan.timings;
        let since = Instant::now();
        let mut retry = 0;
        let answer = loop {
            let answer = self.ask(build, Duration::ZERO).await;
            let is_last = match &answer {
                Ok(snapshot) => snapshot.facts.status.as_ref().is_some_and(Status::is_terminal),
                Err(error) => error.is_final(),
            };
            match timings.last_word.delay(retry, fastrand::f64()) {
                Some(delay) if !is_last && since.elapsed() < timings.longest_last_word => {
                    sleep(delay).await;
                }
                _ => break answer,
            }
            retry += 1;
        };
        let snapshot = answer.map_err(|error| Error::lost(build, error))?;
        let mut facts = snapshot.facts.clone();
        // A terminal status is final, so one that was pushed outlives a stale answer.
        facts.status = facts.status.filter(Status::is_terminal).or(self.told.status.clone());
        self.told.recent(snapshot, &[], false).await;
        self.told.unreadable_in_all().await;
        Ok(facts)
    }

    /// Takes an answer of REST. One that may be better next time is told once; one that will not be
    /// is the end.
    async fn heed(
        &mut self,
        build: &Id,
        answer: Result<Snapshot, ApiError>,
    ) -> Result<Option<Snapshot>, Error> {
        let error = match answer {
            Ok(snapshot) => {
                self.plan.confirmed = true;
                self.useless = 0;
                self.retry_after = Duration::ZERO;
                self.told.rest_is_up().await;
                return Ok(Some(snapshot));
            }
            Err(error) => error,
        };
        self.useless += 1;
        let retry_after = error.refusal().and_then(|refusal| refusal.retry_after);
        self.retry_after = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        if error.is_final() || self.useless > self.patience(&error) {
            return Err(match self.plan.confirmed {
                true => Error::lost(build, error),
                false => Error::Attach(error),
            });
        }
        self.told.rest_is_down(&error).await;
        Ok(None)
    }

    /// How many answers in a row may be like this one. A build that exists is waited for; one that may
    /// not exist, at an address that may be wrong, is not waited for until the deadline.
    fn patience(&self, error: &ApiError) -> u32 {
        match (self.plan.confirmed, error.is_transient() || self.session.is_some()) {
            (false, _) => self.plan.timings.unconfirmed_retries,
            (true, false) => USELESS_ANSWERS,
            (true, true) => u32::MAX,
        }
    }

    async fn hear(&mut self, build: &Id, message: Message) {
        match message {
            Message::Log { build: of, line } if of == *build => {
                self.plan.confirmed = true;
                self.told.live(line).await;
            }
            Message::Status { build: of, status } if of == *build => {
                self.plan.confirmed = true;
                self.told.status(Some(status)).await;
            }
            Message::Log { .. } | Message::Status { .. } => {}
            Message::Unreadable { why } => self.told.unreadable(&why).await,
        }
    }

    /// Polling alone begins at once; otherwise the stream has a head start.
    fn first_poll(&self) -> Duration {
        match self.plan.transport {
            Transport::Poll => Duration::ZERO,
            Transport::Auto | Transport::Socket => self.plan.timings.poll,
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

    fn ask(&self, build: &Id, after: Duration) -> Question {
        let (client, build) = (self.plan.client.clone(), build.clone());
        let after = after.max(self.retry_after);
        Box::pin(async move {
            sleep(after).await;
            client.build(&build).await
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

async fn next(session: &mut Option<Session>) -> Result<Message, SocketError> {
    match session {
        Some(session) => session.next().await,
        None => pending().await,
    }
}

//! Attending one session of the stream: its lines go on as they come, once it is clear how they follow
//! what was passed on before.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{Question, Supervisor};
use crate::api::{ApiError, Snapshot};
use crate::error::Error;
use crate::event::{Id, LogLine};
use crate::socket::{Message, Session, SocketError};

/// How much is held back while REST is asked for the lines before it.
const HELD_BACK_BYTES: usize = 4 * 1024 * 1024;

/// How often REST may show a log into which the lines of a session do not fit.
const MISFITS: u32 = 8;

/// How the lines of a session follow what was passed on before it.
enum Seam {
    /// Every line is the next one.
    Closed,
    /// Nobody knows yet: lines are held back.
    Open(Held),
}

/// Whether the session brings what the build logs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Good,
    Doubtful,
    Lost,
}

#[derive(Default)]
struct Held {
    lines: Vec<LogLine>,
    bytes: usize,
    /// When the first of them came.
    since: Option<Instant>,
    /// Whether REST was asked before that, and has not answered yet.
    asked_before: bool,
    /// How often REST was asked about them in vain.
    looks: u32,
    /// How often it answered, and they did not fit.
    misfits: u32,
}

impl Seam {
    fn is_full(&self) -> bool {
        matches!(self, Self::Open(held) if held.bytes >= HELD_BACK_BYTES)
    }

    /// Since when lines have been waiting.
    fn waits_since(&self) -> Option<Instant> {
        match self {
            Self::Open(held) => held.since,
            Self::Closed => None,
        }
    }
}

impl Held {
    /// Whether this is the first line that has to wait.
    fn hold(&mut self, line: LogLine) -> bool {
        self.bytes += size_of_val(&line) + line.message.len();
        self.lines.push(line);
        self.since.replace(self.since.unwrap_or_else(Instant::now)).is_none()
    }
}

impl Supervisor {
    /// Listens until the build has ended and its log is silent, or returns why the session is lost.
    pub(super) async fn attend(&mut self, build: &Id) -> Result<Option<SocketError>, Error> {
        if let Some(lost) = self.join(build).await {
            return Ok(Some(lost));
        }
        self.pass_missed(build).await;
        let timings = self.plan.timings;
        let since = Instant::now();
        let mut seam = Seam::Open(Held::default());
        let mut heard = since;
        let mut question = None;
        // Kept from one message to the next: a timer costs more than a line.
        let ask_at = sleep_until(since);
        tokio::pin!(ask_at);
        let mut hearing = Hearing::Good;
        loop {
            let waits_since = seam.waits_since();
            let ended = self.told.ended.filter(|_| waits_since.is_none());
            let drained = ended.map(|ended| ended + timings.longest_drain);
            let silent = ended.map(|ended| ended.max(heard) + timings.silence);
            tokio::select! {
                biased;
                () = until(drained) => break,
                () = until(waits_since.map(|since| since + timings.catch_up)) => {
                    self.give_up_on(&mut seam).await;
                }
                () = &mut ask_at, if question.is_none() => {
                    question = Some(match waits_since {
                        // How long to wait was counted by looks.
                        Some(_) => self.ask_now(build),
                        None => self.ask(build, Duration::ZERO),
                    });
                }
                answer = answer_to(&mut question) => {
                    question = None;
                    let snapshot = match self.heed(build, answer).await {
                        Ok(snapshot) => snapshot,
                        Err(error) => {
                            self.give_up_on(&mut seam).await;
                            return Err(error);
                        }
                    };
                    if since.elapsed() >= timings.healthy && hearing == Hearing::Good {
                        self.told.stream_is_up().await;
                    }
                    let misses = heard.elapsed() >= timings.status_poll
                        && snapshot.as_ref().is_some_and(|snapshot| self.misses(&seam, snapshot));
                    hearing = match (misses, hearing) {
                        (false, Hearing::Doubtful) => Hearing::Good,
                        // At first it may only be that REST was faster than the stream.
                        (true, Hearing::Good) => Hearing::Doubtful,
                        (true, Hearing::Doubtful) => {
                            self.told.stream_is_deaf().await;
                            if let Some(lost) = self.join(build).await {
                                return Ok(Some(lost));
                            }
                            self.told.new_session(false);
                            seam = Seam::Open(Held::default());
                            Hearing::Lost
                        }
                        (_, unchanged) => unchanged,
                    };
                    if let Some(snapshot) = snapshot {
                        self.place(&mut seam, snapshot).await;
                    }
                    let interval = match (&mut seam, hearing) {
                        (Seam::Open(held), _) if held.asked_before => {
                            held.asked_before = false;
                            Duration::ZERO
                        }
                        (Seam::Open(held), _) if held.since.is_some() => {
                            held.looks += 1;
                            let delay = timings.look_again.delay(held.looks - 1, fastrand::f64());
                            delay.unwrap_or_default()
                        }
                        (_, Hearing::Good) => timings.status_poll,
                        (_, Hearing::Doubtful | Hearing::Lost) => timings.poll,
                    };
                    ask_at.as_mut().reset(Instant::now() + interval);
                }
                message = next(&mut self.session), if !seam.is_full() => match message {
                    Ok(message) => {
                        heard = Instant::now();
                        hearing = Hearing::Good;
                        if let Some(held) = self.hear(build, message, &mut seam).await {
                            // What REST is asked from now on has this line in its answer.
                            held.asked_before = question.is_some();
                            ask_at.as_mut().reset(heard);
                        }
                    }
                    Err(lost) => {
                        if let Seam::Open(held) = seam {
                            self.told.orphan(held.lines);
                        }
                        return Ok(Some(lost).filter(|_| !self.told.has_ended()));
                    }
                },
                // What has arrived comes before the end of the silence.
                () = until(silent) => break,
            }
        }
        self.drained = true;
        Ok(None)
    }

    async fn join(&mut self, build: &Id) -> Option<SocketError> {
        let session = self.session.as_mut()?;
        if let Err(lost) = session.join(build).await {
            return Some(lost);
        }
        self.joined = Some(build.clone());
        debug!(%build, "joined the room");
        None
    }

    /// Lines that were missed go on where those before ended, if nobody else has told of them. What comes
    /// after them needs a place all the same: lines that are logged while a service looks at the token
    /// of a session that it has recovered get lost.
    async fn pass_missed(&mut self, build: &Id) {
        let recovered = self.session.as_ref().is_some_and(Session::recovered);
        let goes_on = recovered && self.told.ends_live();
        self.told.new_session(goes_on);
        // Between what was missed and what comes live there may be a hole.
        let mut missed = Vec::new();
        while let Some(message) =
            self.session.as_mut().filter(|_| recovered).and_then(Session::missed)
        {
            match message {
                Message::Log { build: of, line } if of == *build && !goes_on => {
                    missed.push(line);
                }
                message => {
                    self.hear(build, message, &mut Seam::Closed).await;
                }
            }
        }
        self.told.orphan(missed);
    }

    /// Whether REST shows what a session has not brought whose lines have their place.
    fn misses(&self, seam: &Seam, snapshot: &Snapshot) -> bool {
        matches!(seam, Seam::Closed) && !self.told.is_level_with(&snapshot.recent)
    }

    /// Takes what REST shows. While the seam is closed its lines come over the stream, and only the
    /// status is of interest.
    async fn place(&mut self, seam: &mut Seam, snapshot: Snapshot) {
        match seam {
            Seam::Closed => self.told.status(snapshot.facts.status).await,
            Seam::Open(held) => {
                // A service that shows no lines by REST will not show these.
                let is_blind = held.looks > 0 && snapshot.recent.is_empty();
                let is_later = !held.asked_before;
                held.misfits += u32::from(is_later && held.since.is_some());
                let never_fits = held.misfits > MISFITS;
                if self.told.meet(snapshot, &mut held.lines, is_later).await {
                    *seam = Seam::Closed;
                } else if is_blind || never_fits {
                    self.give_up_on(seam).await;
                }
            }
        }
    }

    /// Lets go of what is held back although REST did not help to place it.
    async fn give_up_on(&mut self, seam: &mut Seam) {
        if let Seam::Open(held) = std::mem::replace(seam, Seam::Closed) {
            self.told.unplaced(held.lines).await;
        }
    }

    /// Takes a message. Returns what is held back if this is the first line that has to wait.
    async fn hear<'s>(
        &mut self,
        build: &Id,
        message: Message,
        seam: &'s mut Seam,
    ) -> Option<&'s mut Held> {
        match message {
            Message::Log { build: of, line } if of == *build => {
                self.heard_of_build().await;
                match seam {
                    Seam::Closed => self.told.live(line).await,
                    Seam::Open(held) => return held.hold(line).then_some(held),
                }
            }
            Message::Status { build: of, status } if of == *build => {
                self.heard_of_build().await;
                self.told.pushed(status).await;
            }
            Message::Log { .. } | Message::Status { .. } => {}
            Message::Unreadable { why } => self.told.unreadable(&why).await,
        }
        None
    }

    async fn heard_of_build(&mut self) {
        self.answers.confirmed = true;
        self.told.stream_is_up().await;
    }
}

/// The next message; none ever without a session.
pub(super) async fn next(session: &mut Option<Session>) -> Result<Message, SocketError> {
    match session {
        Some(session) => session.next().await,
        None => pending().await,
    }
}

async fn answer_to(question: &mut Option<Question>) -> Result<Snapshot, ApiError> {
    match question {
        Some(question) => question.await,
        None => pending().await,
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

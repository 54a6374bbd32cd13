//! Triggers exactly one build. A request is repeated only if it was certainly not accepted.
//! After an ambiguous answer it looks for the build first.

mod candidates;
mod delays;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::iter;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::error::{Ambiguity, Error, chain};
use crate::model::{Id, Level, Notice};
use crate::service::{ApiError, ApiErrorKind, Client, TriggerOverrides, Triggered};
use candidates::{Candidates, OwnBranch, Sent, Wanted};

pub use delays::TriggerDelays;

/// The build to trigger, and how.
pub struct Plan {
    /// REST.
    pub client: Client,
    /// Project.
    pub project: Id,
    /// Build setting.
    pub build_setting: Id,
    /// Branch, commit and changelist instead of the setting's own.
    pub overrides: TriggerOverrides,
    /// Delays and limits.
    pub delays: TriggerDelays,
    /// The remaining time of the whole step.
    pub limit: Duration,
}

/// A running trigger, which may take several requests. It can be dropped at any time, and knows
/// whether a build may have been started.
pub struct Trigger {
    attempt: Rc<Attempt>,
    answer: Pin<Box<dyn Future<Output = Result<Triggered, Error>>>>,
    notices: mpsc::UnboundedReceiver<Notice>,
    /// The answer, while notices before it are still waiting.
    answered: Option<Result<Triggered, Error>>,
}

impl Trigger {
    /// Sends nothing before [`next`](Self::next) is awaited.
    pub fn start(plan: Plan) -> Self {
        let (attempt, notices) = Attempt::new(plan);
        let attempt = Rc::new(attempt);
        let answer = Box::pin({
            let attempt = Rc::clone(&attempt);
            async move { attempt.run().await }
        });
        Self { attempt, answer, notices, answered: None }
    }

    /// The next notice, or the answer after the last notice. Cancel safe. Must not be called again
    /// after it returned the answer.
    ///
    /// The answer is [`Error::Trigger`] or [`Error::Untriggered`] if there is no build, and
    /// [`Error::Uncertain`] if that is unknown.
    pub async fn next(&mut self) -> ControlFlow<Result<Triggered, Error>, Notice> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<Result<Triggered, Error>, Notice>> {
        if self.answered.is_none()
            && let Poll::Ready(answer) = self.answer.as_mut().poll(context)
        {
            self.answered = Some(answer);
        }
        match self.notices.poll_recv(context) {
            Poll::Ready(Some(notice)) => Poll::Ready(ControlFlow::Continue(notice)),
            Poll::Ready(None) | Poll::Pending => self
                .answered
                .take()
                .map_or(Poll::Pending, |answer| Poll::Ready(ControlFlow::Break(answer))),
        }
    }

    /// Abandons the trigger, and returns the waiting notices.
    pub fn last_notices(mut self) -> impl Iterator<Item = Notice> {
        iter::from_fn(move || self.notices.try_recv().ok())
    }

    /// True if certainly no build was started.
    pub fn nothing_was_started(&self) -> bool {
        self.attempt.nothing_sent.get()
    }

    /// Asks the trigger to end: it sends no more trigger requests and does not wait. It may still
    /// find a build that was started.
    pub fn stop(&self) {
        self.attempt.stopping.send_replace(true);
    }
}

/// The requests of one trigger.
struct Attempt {
    plan: Plan,
    deadline: Instant,
    notices: mpsc::UnboundedSender<Notice>,
    nothing_sent: Cell<bool>,
    /// Why the list could not be read, as reported last.
    unread: RefCell<String>,
    stopping: watch::Sender<bool>,
}

/// The requests so far that may have started a build.
struct Ambiguous {
    /// When the first of them was sent.
    since: Sent,
    /// The error of the last of them.
    answer: ApiError,
}

impl Attempt {
    /// Sends nothing yet. Notices come out of the receiver.
    fn new(plan: Plan) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (notices, receiver) = mpsc::unbounded_channel();
        let deadline = Instant::now() + plan.delays.longest.min(plan.limit);
        let stopping = watch::Sender::new(false);
        let attempt = Self {
            plan,
            deadline,
            notices,
            nothing_sent: Cell::new(true),
            unread: RefCell::default(),
            stopping,
        };
        (attempt, receiver)
    }

    /// Triggers the build, or finds the one that was triggered.
    async fn run(&self) -> Result<Triggered, Error> {
        let TriggerDelays { max_ambiguous, lookup_delays, .. } = self.plan.delays;
        let mut ambiguous = None;
        let mut own_branch = OwnBranch::Unknown;
        let mut refusals = 0;
        let mut requests = 0;
        loop {
            let sent = Sent { instant: std::time::Instant::now(), clock: SystemTime::now() };
            let error = match self.request().await {
                Ok(triggered) => return Ok(triggered),
                Err(error) => error,
            };
            let (refused, last) = if error.nothing_was_accepted() {
                self.nothing_sent.set(ambiguous.is_none());
                let delay = self.delay(&error, refusals);
                refusals += 1;
                if let Some(delay) = delay {
                    let text = format!("the trigger was not accepted; {}", again(delay));
                    self.warn(format!("{text} ({})", chain(&error)));
                    self.pause(Instant::now() + delay).await;
                } else if ambiguous.is_some() {
                    let text = "the trigger was not accepted; checking whether an earlier one started a build";
                    self.warn(format!("{text} ({})", chain(&error)));
                }
                (Some(error), delay.is_none() || self.is_stopping())
            } else {
                requests += 1;
                let text = "no clear answer; checking whether a build was started";
                self.warn(format!("{text} ({})", chain(&error)));
                let since = ambiguous.map_or(sent, |earlier: Ambiguous| earlier.since);
                ambiguous = Some(Ambiguous { since, answer: error });
                (None, false)
            };
            let Some(Ambiguous { since, answer }) = ambiguous else {
                match refused {
                    Some(error) if last => return Err(Error::Trigger(error)),
                    _ => continue,
                }
            };
            let found = self.find_build(since, &mut own_branch).await;
            let refusal = refused.map(Box::new);
            match found {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(ambiguity) => return Err(Error::Uncertain { answer, refusal, ambiguity }),
            }
            let [.., last_lookup] = lookup_delays;
            let has_time = Instant::now() + last_lookup < self.deadline;
            if last || refusal.is_none() && (requests >= max_ambiguous || !has_time) {
                return Err(Error::Untriggered { answer, refusal, requests });
            }
            if refusal.is_none() {
                self.warn("BuildPixel lists no build of this trigger; triggering again".to_owned());
            }
            ambiguous = Some(Ambiguous { since, answer });
        }
    }

    async fn request(&self) -> Result<Triggered, ApiError> {
        let Plan { client, project, build_setting, overrides, delays, .. } = &self.plan;
        self.nothing_sent.set(false);
        let client = client.within(delays.answer.min(self.left()));
        client.trigger(project, build_setting, overrides).await
    }

    /// The delay before a request is repeated that was not accepted. `None` if it should not be
    /// repeated or there is no time.
    fn delay(&self, error: &ApiError, refusals: u32) -> Option<Duration> {
        let TriggerDelays { again, lookup_delays: [.., last_lookup], .. } = self.plan.delays;
        // If the service answers at all, the next answer may be ambiguous. That leaves time to look
        // for the build.
        let lookup = match &error.kind {
            ApiErrorKind::Refused(_) if !error.is_transient() => return None,
            ApiErrorKind::Refused(_) | ApiErrorKind::Foreign(_) => last_lookup,
            ApiErrorKind::Blocked(why) if !why.is_lasting() => Duration::ZERO,
            ApiErrorKind::Unreachable { .. } => Duration::ZERO,
            ApiErrorKind::Blocked(_)
            | ApiErrorKind::Redirected { .. }
            | ApiErrorKind::Garbled { .. }
            | ApiErrorKind::TooLarge { .. } => return None,
        };
        let jitter = again.delay(refusals, fastrand::f64())?;
        let delay = self.retry_after(error) + jitter;
        (delay + lookup < self.left()).then_some(delay)
    }

    /// Looks for our build until it is listed or certainly does not exist. While the list cannot be
    /// read, this takes as long as there is time.
    async fn find_build(
        &self,
        since: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Ambiguity> {
        let began = Instant::now();
        let delays = self.plan.delays.lookup_delays;
        let [.., last_delay] = delays;
        let planned = delays.into_iter().map(|delay| began + delay);
        let further = (1..).map(|lookup| began + last_delay + last_delay * lookup);
        let mut last = None;
        // Since when the list has shown no build.
        let mut empty_since: Option<Instant> = None;
        for (lookup, at) in planned.chain(further).enumerate() {
            let (is_undecided, earliest) = match &last {
                Some(Ambiguity::Unreadable(error)) => {
                    (error.is_temporary(), Instant::now() + self.retry_after(error))
                }
                Some(_) => (false, at),
                // The list may lag behind, so a single look is not enough.
                None => (empty_since.is_none_or(|since| since.elapsed() < last_delay / 2), at),
            };
            if lookup >= delays.len() && !is_undecided {
                break;
            }
            let at = at.max(earliest);
            if at > self.deadline {
                return Err(last.unwrap_or(Ambiguity::OutOfTime));
            }
            self.pause(at).await;
            let asked = Instant::now();
            let found = self.look_up(since, own_branch).await;
            empty_since = match &found {
                Ok(None) => empty_since.or(Some(asked)),
                _ => None,
            };
            if let (Err(_), Some(last)) = (&found, last.take_if(|_| self.left().is_zero())) {
                // There was no time for an answer.
                return Err(last);
            }
            last = match found {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => None,
                // A build that cannot be identified yet may be identifiable later, and one bad
                // answer proves nothing.
                Err(
                    ambiguity @ (Ambiguity::Unclear { .. }
                    | Ambiguity::Endless
                    | Ambiguity::Unreadable(_)),
                ) => Some(ambiguity),
                Err(ambiguity @ (Ambiguity::Several(_) | Ambiguity::OutOfTime)) => {
                    return Err(ambiguity);
                }
            };
            if self.is_stopping() {
                return Err(last.unwrap_or(Ambiguity::OutOfTime));
            }
        }
        last.map_or(Ok(None), Err)
    }

    /// Lists the builds, and selects ours. The setting's own branch is only requested if it decides.
    async fn look_up(
        &self,
        since: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Ambiguity> {
        let until = self.deadline.min(Instant::now() + self.plan.delays.longest_lookup);
        let candidates = self.list(since, until).await?;
        if *own_branch == OwnBranch::Unknown && candidates.need_own_branch() {
            *own_branch = self.own_branch(until).await;
        }
        let Some(build) = candidates.ours(own_branch)? else {
            return Ok(None);
        };
        let text = "the only matching build that an API token has started since the request";
        self.notify(Level::Info, format!("triggered build {}: {text}", build.build));
        Ok(Some(build))
    }

    async fn list(&self, since: Sent, until: Instant) -> Result<Candidates<'_>, Ambiguity> {
        let Plan { project, build_setting, overrides, delays, .. } = &self.plan;
        let wanted = Wanted { project, build_setting, overrides };
        let mut candidates = Candidates::new(wanted);
        let mut cursor = None;
        for _ in 0..delays.pages {
            let ask = async |client: Client| {
                client.builds(project, build_setting, cursor.as_deref()).await
            };
            let page = self
                .read(until, ask)
                .await
                .map_err(|error| Ambiguity::Unreadable(Box::new(error)))?;
            cursor = candidates.add(page, since);
            if cursor.is_none() {
                break;
            }
        }
        Ok(candidates)
    }

    async fn own_branch(&self, until: Instant) -> OwnBranch {
        let Plan { project, build_setting, .. } = &self.plan;
        let ask = async |client: Client| client.build_setting(project, build_setting).await;
        match self.read(until, ask).await {
            Ok(setting) => setting.branch.map_or(OwnBranch::None, OwnBranch::Is),
            Err(_) => OwnBranch::Unknown,
        }
    }

    /// Sends a request, and retries it as long as that may help and there is time.
    async fn read<T>(
        &self,
        until: Instant,
        ask: impl AsyncFn(Client) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let reread = self.plan.delays.reread;
        let mut retry = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let error = match ask(self.plan.client.within(left)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let delay = match reread.delay(retry, fastrand::f64()) {
                Some(jitter) if error.is_transient() => self.retry_after(&error) + jitter,
                _ => return Err(error),
            };
            if Instant::now() + delay >= until || self.is_stopping() {
                return Err(error);
            }
            let why = format!("{}: {}", error.request, chain(&error));
            if self.unread.replace(why.clone()) != why {
                self.warn(format!("cannot look for the build; {} ({why})", again(delay)));
            }
            self.pause(Instant::now() + delay).await;
            retry += 1;
        }
    }

    /// The requested delay, as far as it is accepted.
    fn retry_after(&self, error: &ApiError) -> Duration {
        error.retry_after().unwrap_or_default().min(self.plan.delays.longest_retry_after)
    }

    /// Waits, unless we are stopping.
    async fn pause(&self, until: Instant) {
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            () = sleep_until(until.min(self.deadline)) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn warn(&self, text: String) {
        self.notify(Level::Warn, text);
    }

    fn notify(&self, level: Level, text: String) {
        // An error means that the receiver is gone.
        let _closed = self.notices.send(Notice { level, text });
    }
}

fn again(delay: Duration) -> String {
    let delay = Duration::from_millis(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    format!("retrying in {}", humantime::format_duration(delay))
}

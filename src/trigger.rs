//! Triggers exactly one build. A request is repeated only if it was certainly not accepted.
//! After an ambiguous answer it looks for the build first.

mod candidates;
mod delays;

use std::cell::Cell;
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
        (Self { plan, deadline, notices, nothing_sent: Cell::new(true), stopping }, receiver)
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
        let TriggerDelays { again, longest_retry_after, lookup_delays: [.., last_lookup], .. } =
            self.plan.delays;
        // If the service answers at all, the next answer may be ambiguous. That leaves time to look
        // for the build.
        let (retry_after, lookup) = match &error.kind {
            ApiErrorKind::Refused(refusal) if matches!(refusal.status, 429 | 503) => {
                (refusal.retry_after.unwrap_or_default(), last_lookup)
            }
            ApiErrorKind::Blocked(why) if !why.is_lasting() => Default::default(),
            ApiErrorKind::Unreachable { .. } => Default::default(),
            ApiErrorKind::Refused(_)
            | ApiErrorKind::Blocked(_)
            | ApiErrorKind::Redirected { .. }
            | ApiErrorKind::Garbled { .. }
            | ApiErrorKind::TooLarge { .. } => return None,
        };
        let jitter = again.delay(refusals, fastrand::f64())?;
        let delay = retry_after.min(longest_retry_after) + jitter;
        (delay + lookup < self.left()).then_some(delay)
    }

    /// Looks for our build until it is listed or certainly does not exist.
    async fn find_build(
        &self,
        since: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Ambiguity> {
        let began = Instant::now();
        let mut last = None;
        for delay in self.plan.delays.lookup_delays {
            if began + delay > self.deadline {
                return Err(last.unwrap_or(Ambiguity::OutOfTime));
            }
            self.pause(began + delay).await;
            last = match self.look_up(since, own_branch).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => None,
                // A build that cannot be identified yet may be identifiable later.
                Err(ambiguity @ (Ambiguity::Unclear { .. } | Ambiguity::Endless)) => {
                    Some(ambiguity)
                }
                // An error page of a proxy is temporary, too.
                Err(Ambiguity::Unreadable(error)) if !error.is_final() && !error.is_transient() => {
                    Some(Ambiguity::Unreadable(error))
                }
                Err(ambiguity) => return Err(ambiguity),
            };
            if self.is_stopping() {
                return Err(last.unwrap_or(Ambiguity::OutOfTime));
            }
        }
        last.map_or(Ok(None), Err)
    }

    /// Lists the builds, and selects ours.
    async fn look_up(
        &self,
        since: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Ambiguity> {
        let Plan { project, build_setting, overrides, delays, .. } = &self.plan;
        let until = self.deadline.min(Instant::now() + delays.longest_lookup);
        if *own_branch == OwnBranch::Unknown && overrides.branch.is_none() {
            *own_branch = self.own_branch(until).await;
        }
        let wanted = Wanted { project, build_setting, overrides, own_branch };
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
        let Some(build) = candidates.ours()? else {
            return Ok(None);
        };
        let text = "the only matching build that an API token has started since the request";
        self.notify(Level::Info, format!("triggered build {}: {text}", build.build));
        Ok(Some(build))
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
        let TriggerDelays { reread, longest_retry_after, .. } = self.plan.delays;
        let mut retry = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let error = match ask(self.plan.client.within(left)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let retry_after = error.refusal().and_then(|refusal| refusal.retry_after);
            let retry_after = retry_after.unwrap_or_default().min(longest_retry_after);
            let delay = match reread.delay(retry, fastrand::f64()) {
                Some(jitter) if error.is_transient() => retry_after + jitter,
                _ => return Err(error),
            };
            if Instant::now() + delay >= until || self.is_stopping() {
                return Err(error);
            }
            let text = format!("cannot look for the build; {}", again(delay));
            self.warn(format!("{text} ({}: {})", error.request, chain(&error)));
            self.pause(Instant::now() + delay).await;
            retry += 1;
        }
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

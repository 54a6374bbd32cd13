//! Triggers exactly one build. A request is repeated only if nothing was accepted for certain.
//! After an ambiguous answer it looks for the build first.

mod candidates;
mod timings;

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

use crate::error::{Doubt, Error, chain};
use crate::model::{Id, Level, Notice};
use crate::service::{ApiError, ApiErrorKind, Client, Overrides, Triggered};
use candidates::{Candidates, OwnBranch, Sent, Wanted};

pub use timings::Timings;

/// The build to trigger, and how.
pub struct Plan {
    /// REST.
    pub client: Client,
    /// Project.
    pub project: Id,
    /// Build setting.
    pub build_setting: Id,
    /// Branch, commit and changelist instead of the setting's own.
    pub overrides: Overrides,
    /// Delays and limits.
    pub timings: Timings,
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

    /// Whether certainly no build was started.
    pub fn nothing_was_started(&self) -> bool {
        self.attempt.certain.get()
    }

    /// Asks the trigger to end: it sends no more trigger requests and does not wait. It may still
    /// find a build that was started.
    pub fn leave(&self) {
        self.attempt.leaving.send_replace(true);
    }
}

/// The requests of one trigger.
struct Attempt {
    plan: Plan,
    deadline: Instant,
    notices: mpsc::UnboundedSender<Notice>,
    certain: Cell<bool>,
    leaving: watch::Sender<bool>,
}

/// How many requests may have started a build.
struct Open {
    /// When the first of them was sent.
    since: Sent,
    /// The error of the last of them.
    answer: ApiError,
}

impl Attempt {
    /// Sends nothing yet. Notices come out of the receiver.
    fn new(plan: Plan) -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (notices, told) = mpsc::unbounded_channel();
        let deadline = Instant::now() + plan.timings.longest.min(plan.limit);
        let leaving = watch::Sender::new(false);
        (Self { plan, deadline, notices, certain: Cell::new(true), leaving }, told)
    }

    /// Triggers the build, or finds the one that was triggered.
    async fn run(&self) -> Result<Triggered, Error> {
        let Timings { open_ends, looks, .. } = self.plan.timings;
        let mut opened = None;
        let mut own_branch = OwnBranch::Unknown;
        let mut refusals = 0;
        let mut requests = 0;
        loop {
            let sent = Sent { instant: std::time::Instant::now(), clock: SystemTime::now() };
            let error = match self.ask().await {
                Ok(triggered) => return Ok(triggered),
                Err(error) => error,
            };
            let (refused, last) = if error.nothing_was_accepted() {
                self.certain.set(opened.is_none());
                let delay = self.delay(&error, refusals);
                refusals += 1;
                if let Some(delay) = delay {
                    let text = format!("the trigger was not accepted; {}", again(delay));
                    self.warn(format!("{text} ({})", chain(&error)));
                    self.pause(Instant::now() + delay).await;
                } else if opened.is_some() {
                    let text =
                        "the trigger was not accepted; looking for what the one before left open";
                    self.warn(format!("{text} ({})", chain(&error)));
                }
                (Some(error), delay.is_none() || self.is_leaving())
            } else {
                requests += 1;
                let text = "it is open whether a build was started; looking for it";
                self.warn(format!("{text} ({})", chain(&error)));
                let since = opened.map_or(sent, |open: Open| open.since);
                opened = Some(Open { since, answer: error });
                (None, false)
            };
            let Some(Open { since, answer }) = opened else {
                match refused {
                    Some(error) if last => return Err(Error::Trigger(error)),
                    _ => continue,
                }
            };
            let settled = self.settle(since, &mut own_branch).await;
            let refusal = refused.map(Box::new);
            match settled {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(doubt) => return Err(Error::Uncertain { answer, refusal, doubt }),
            }
            let [.., last_look] = looks;
            let has_time = Instant::now() + last_look < self.deadline;
            if last || refusal.is_none() && (requests >= open_ends || !has_time) {
                return Err(Error::Untriggered { answer, refusal, requests });
            }
            if refusal.is_none() {
                self.warn("BuildPixel lists no build of this trigger; trying again".to_owned());
            }
            opened = Some(Open { since, answer });
        }
    }

    async fn ask(&self) -> Result<Triggered, ApiError> {
        let Plan { client, project, build_setting, overrides, timings, .. } = &self.plan;
        self.certain.set(false);
        let client = client.within(timings.answer.min(self.left()));
        client.trigger(project, build_setting, overrides).await
    }

    /// The delay before a request is repeated that was not accepted. `None` if it should not be
    /// repeated or there is no time.
    fn delay(&self, error: &ApiError, refusals: u32) -> Option<Duration> {
        let Timings { again, longest_retry_after, looks: [.., last_look], .. } = self.plan.timings;
        // If the service answers at all, the next answer may be ambiguous. That leaves time to look
        // for the build.
        let (retry_after, to_look) = match &error.kind {
            ApiErrorKind::Refused(refusal) if matches!(refusal.status, 429 | 503) => {
                (refusal.retry_after.unwrap_or_default(), last_look)
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
        (delay + to_look < self.left()).then_some(delay)
    }

    /// Looks for our build until it is listed or certainly does not exist.
    async fn settle(
        &self,
        opened: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Doubt> {
        let began = Instant::now();
        let mut open = None;
        for look in self.plan.timings.looks {
            if began + look > self.deadline {
                return Err(open.unwrap_or(Doubt::OutOfTime));
            }
            self.pause(began + look).await;
            open = match self.look(opened, own_branch).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => None,
                // A build that cannot be identified yet may be identifiable later.
                Err(doubt @ (Doubt::Unclear { .. } | Doubt::Endless)) => Some(doubt),
                // An error page of a proxy is temporary, too.
                Err(Doubt::Unreadable(error)) if !error.is_final() && !error.is_transient() => {
                    Some(Doubt::Unreadable(error))
                }
                Err(doubt) => return Err(doubt),
            };
            if self.is_leaving() {
                return Err(open.unwrap_or(Doubt::OutOfTime));
            }
        }
        open.map_or(Ok(None), Err)
    }

    /// Lists the builds, and selects ours.
    async fn look(
        &self,
        opened: Sent,
        own_branch: &mut OwnBranch,
    ) -> Result<Option<Triggered>, Doubt> {
        let Plan { project, build_setting, overrides, timings, .. } = &self.plan;
        let until = self.deadline.min(Instant::now() + timings.longest_look);
        if *own_branch == OwnBranch::Unknown && overrides.branch.is_none() {
            *own_branch = self.own_branch(until).await;
        }
        let wanted = Wanted { project, build_setting, overrides, own_branch };
        let mut candidates = Candidates::new(wanted);
        let mut cursor = None;
        for _ in 0..timings.pages {
            let ask = async |client: Client| {
                client.builds(project, build_setting, cursor.as_deref()).await
            };
            let page =
                self.read(until, ask).await.map_err(|error| Doubt::Unreadable(Box::new(error)))?;
            cursor = candidates.add(page, opened);
            if cursor.is_none() {
                break;
            }
        }
        let Some(build) = candidates.ours()? else {
            return Ok(None);
        };
        let text =
            "is the only build since the trigger that an API token has started and that fits";
        self.tell(Level::Info, format!("build {} {text}: this is it", build.build));
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
        let Timings { reread, longest_retry_after, .. } = self.plan.timings;
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
            if Instant::now() + delay >= until || self.is_leaving() {
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
        let mut leaving = self.leaving.subscribe();
        tokio::select! {
            () = sleep_until(until.min(self.deadline)) => {}
            _ = leaving.wait_for(|leaving| *leaving) => {}
        }
    }

    fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn warn(&self, text: String) {
        self.tell(Level::Warn, text);
    }

    fn tell(&self, level: Level, text: String) {
        // An error means that the receiver is gone.
        let _unheard = self.notices.send(Notice { level, text });
    }
}

fn again(delay: Duration) -> String {
    let delay = Duration::from_millis(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    format!("trying again in {}", humantime::format_duration(delay))
}

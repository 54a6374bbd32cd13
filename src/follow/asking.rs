//! Asking REST about the build: when again, when to give up, and what its last word is.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Question, Supervisor};
use crate::api::{ApiError, Snapshot};
use crate::error::Error;
use crate::event::{Facts, Id, Status};

/// How many answers in a row may be beyond understanding while there is no stream to rely on.
const ODD_ANSWERS: u32 = 5;

/// What REST has answered so far.
pub(super) struct Answers {
    /// Whether the service has confirmed that the build exists.
    pub(super) confirmed: bool,
    /// How many answers in a row were of no use.
    useless: u32,
    /// How many of them, without a stream to rely on, were beyond understanding.
    odd: u32,
    /// When it is time to ask again after those.
    again: Instant,
    /// Until when REST asked us to stay away.
    stay_away: Instant,
    /// When the service was last heard, by REST or over the stream.
    pub(super) heard: Instant,
    /// The facts of the ended build; its first terminal status counts.
    ended: Option<Facts>,
}

impl Answers {
    pub(super) fn new(confirmed: bool) -> Self {
        let now = Instant::now();
        Self { confirmed, useless: 0, odd: 0, again: now, stay_away: now, heard: now, ended: None }
    }
}

impl Supervisor {
    /// A question that is put after `interval`, and not before it is time to try again.
    pub(super) fn ask(&self, build: &Id, interval: Duration) -> Question {
        self.ask_at(build, (Instant::now() + interval).max(self.answers.again))
    }

    /// A question that is put now, however the last ones were answered; unless REST asked us to stay
    /// away.
    pub(super) fn ask_now(&self, build: &Id) -> Question {
        self.ask_at(build, Instant::now())
    }

    fn ask_at(&self, build: &Id, moment: Instant) -> Question {
        let (client, build) = (self.plan.client.clone(), build.clone());
        let moment = moment.max(self.answers.stay_away);
        Box::pin(async move {
            sleep_until(moment).await;
            client.build(&build).await
        })
    }

    /// Takes an answer of REST. One that may be better next time is told once; one that will not be
    /// is the end.
    pub(super) async fn heed(
        &mut self,
        build: &Id,
        answer: Result<Snapshot, ApiError>,
    ) -> Result<Option<Snapshot>, Error> {
        match answer {
            Ok(snapshot) => {
                self.understood(&snapshot).await;
                Ok(Some(snapshot))
            }
            Err(error) => {
                self.not_understood(&error).await;
                if error.is_final() || !self.is_patient_with(&error) {
                    return Err(match self.answers.confirmed {
                        true => Error::lost(build, error),
                        false => Error::Attach(error),
                    });
                }
                Ok(None)
            }
        }
    }

    /// What BuildPixel says of the ended build: its word is what the verdict is made of, and its last
    /// lines may be here only. `None` if it insists that the build has not ended.
    pub(super) async fn last_word(&mut self, build: &Id) -> Result<Option<Facts>, Error> {
        let timings = self.plan.timings;
        let since = Instant::now();
        let mut denied_since = None;
        let mut interval = Duration::ZERO;
        let mut looks = 0;
        loop {
            match self.ask(build, interval).await {
                Ok(snapshot) => {
                    self.understood(&snapshot).await;
                    if let Some(facts) = self.answers.ended.take() {
                        self.last_lines(build, snapshot).await;
                        return Ok(Some(facts));
                    }
                    let denied_since = *denied_since.get_or_insert_with(Instant::now);
                    if denied_since.elapsed() >= timings.longest_denial {
                        self.drained = false;
                        self.told.has_not_ended(snapshot.facts.status).await;
                        return Ok(None);
                    }
                }
                Err(error) => {
                    let patience = match self.answers.ended {
                        // Only the last lines are still wanted.
                        Some(_) => timings.catch_up,
                        None => timings.longest_last_word,
                    };
                    if error.is_final() || since.elapsed() >= patience {
                        let Some(facts) = self.answers.ended.take() else {
                            return Err(Error::lost(build, error));
                        };
                        self.told.last_lines_are_unknown(&error).await;
                        return Ok(Some(facts));
                    }
                    self.not_understood(&error).await;
                }
            }
            interval = timings.look_again.delay(looks, fastrand::f64()).unwrap_or_default();
            looks += 1;
        }
    }

    /// Passes on the last lines. Where no stream has brought them, REST may still be getting them.
    async fn last_lines(&mut self, build: &Id, snapshot: Snapshot) {
        let timings = self.plan.timings;
        let since = Instant::now();
        self.told.recent(snapshot).await;
        while !self.drained && since.elapsed() < timings.longest_drain {
            let Ok(snapshot) = self.ask(build, timings.silence).await else {
                break;
            };
            if !self.told.recent(snapshot).await {
                break;
            }
        }
        self.told.unreadable_in_all().await;
    }

    async fn understood(&mut self, snapshot: &Snapshot) {
        if snapshot.facts.status.as_ref().is_some_and(Status::is_terminal) {
            let first = self.answers.ended.take().and_then(|facts| facts.status);
            let facts = snapshot.facts.clone();
            self.answers.ended = Some(Facts { status: first.or(facts.status), ..facts });
        }
        self.answers.confirmed = true;
        self.answers.useless = 0;
        self.answers.odd = 0;
        self.answers.heard = Instant::now();
        (self.answers.again, self.answers.stay_away) = (self.answers.heard, self.answers.heard);
        self.told.rest_is_up().await;
    }

    async fn not_understood(&mut self, error: &ApiError) {
        let timings = &self.plan.timings;
        let back_off = timings.retry.delay(self.answers.useless, fastrand::f64());
        let retry_after = error.refusal().and_then(|refusal| refusal.retry_after);
        let retry_after = retry_after.unwrap_or_default().min(timings.longest_retry_after);
        self.answers.again = Instant::now() + back_off.unwrap_or(timings.retry.longest);
        self.answers.stay_away = Instant::now() + retry_after;
        self.answers.useless += 1;
        self.answers.odd = match (&self.session, error.is_transient()) {
            (Some(_), _) => 0,
            (None, true) => self.answers.odd,
            (None, false) => self.answers.odd + 1,
        };
        if !error.is_final() {
            self.told.rest_is_down(error).await;
        }
    }

    /// Whether the next answer may be better. A build that exists is waited for; one that may not
    /// exist, at an address that may be wrong, is not waited for until the deadline.
    fn is_patient_with(&self, error: &ApiError) -> bool {
        let Answers { confirmed, useless, odd, heard, .. } = self.answers;
        let timings = &self.plan.timings;
        match (confirmed, self.session.is_some(), error.is_transient()) {
            (false, _, _) => useless <= timings.unconfirmed_retries,
            (true, true, _) => true,
            (true, false, false) => odd <= ODD_ANSWERS,
            (true, false, true) => heard.elapsed() < timings.longest_outage,
        }
    }
}

//! When to request the next snapshot from REST, and when to give up. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::delays::FollowDelays;
use crate::model::{Facts, Status};
use crate::service::ApiError;

/// How many unexpected answers in a row are accepted while there is no stream.
const MAX_UNEXPECTED_ANSWERS: u32 = 5;

/// A request for a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) at: Instant,
    /// How many lines had been printed by then.
    pub(super) printed: usize,
}

/// The results of the requests so far, and the time of the next one.
#[derive(Debug)]
pub(super) struct Polling {
    /// Whether the service has confirmed that the build exists.
    pub(super) confirmed: bool,
    /// How many requests in a row failed.
    failures: u32,
    /// How many of those had an unexpected answer while there was no stream.
    unexpected: u32,
    /// The earliest time of the next attempt after those.
    next_attempt: Instant,
    /// The end of the time that `Retry-After` asked for.
    retry_after_until: Instant,
    /// When the service last answered or pushed something.
    pub(super) last_contact: Instant,
    /// The facts of the ended build; its first terminal status counts.
    pub(super) ended: Option<Facts>,
    /// The request for the pending snapshot.
    pub(super) requested: Option<Request>,
    /// When to request the next one.
    next: Option<Instant>,
    /// Whether the next request waits only for `Retry-After`.
    is_urgent: bool,
    /// Whether it was reported that REST does not answer.
    is_down: bool,
}

impl Polling {
    pub(super) fn new(now: Instant, confirmed: bool) -> Self {
        Self {
            confirmed,
            failures: 0,
            unexpected: 0,
            next_attempt: now,
            retry_after_until: now,
            last_contact: now,
            ended: None,
            requested: None,
            next: None,
            is_urgent: false,
            is_down: false,
        }
    }

    /// Polls at this moment, but not before the next attempt is due.
    pub(super) fn poll_at(&mut self, moment: Instant) {
        (self.next, self.is_urgent) = (Some(moment), false);
    }

    /// Polls at this moment even after failures, but never before `Retry-After` allows it.
    pub(super) fn poll_urgently(&mut self, moment: Instant) {
        (self.next, self.is_urgent) = (Some(moment), true);
    }

    /// Polls at this moment, or at the planned one if that is earlier.
    pub(super) fn poll_by(&mut self, moment: Instant) {
        if self.next.is_none_or(|next| next > moment) {
            self.poll_at(moment);
        }
    }

    /// When the next request is sent.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = self.next.filter(|_| self.requested.is_none())?;
        let next_attempt = if self.is_urgent { next } else { self.next_attempt };
        Some(next.max(next_attempt).max(self.retry_after_until))
    }

    /// A request was sent.
    pub(super) fn on_request(&mut self, now: Instant, printed: usize) {
        self.requested = Some(Request { at: now, printed });
        self.next = None;
    }

    /// A snapshot arrived. Returns whether the requests before it had failed.
    pub(super) fn on_success(&mut self, now: Instant, facts: &Facts) -> bool {
        if facts.status.as_ref().is_some_and(Status::is_terminal) {
            let first = self.ended.take().and_then(|facts| facts.status);
            let status = first.or_else(|| facts.status.clone());
            self.ended = Some(Facts { status, ..facts.clone() });
        }
        self.confirmed = true;
        (self.failures, self.unexpected) = (0, 0);
        (self.last_contact, self.next_attempt, self.retry_after_until) = (now, now, now);
        std::mem::take(&mut self.is_down)
    }

    /// A request failed. Returns whether to report it.
    pub(super) fn on_failure(
        &mut self,
        now: Instant,
        error: &ApiError,
        is_linked: bool,
        delays: &FollowDelays,
    ) -> bool {
        let back_off = delays.retry.delay(self.failures, fastrand::f64());
        let retry_after = error.refusal().and_then(|refusal| refusal.retry_after);
        let retry_after = retry_after.unwrap_or_default().min(delays.longest_retry_after);
        self.next_attempt = now + back_off.unwrap_or(delays.retry.longest);
        self.retry_after_until = now + retry_after;
        self.failures += 1;
        self.unexpected = match (is_linked, error.is_transient()) {
            (true, _) => 0,
            (false, true) => self.unexpected,
            (false, false) => self.unexpected + 1,
        };
        !error.is_final() && !std::mem::replace(&mut self.is_down, true)
    }

    /// Whether the next request may succeed. An existing build is worth waiting for until the
    /// deadline. One that may not exist, at an address that may be wrong, is not.
    pub(super) fn is_worth_retrying(
        &self,
        now: Instant,
        error: &ApiError,
        is_linked: bool,
        delays: &FollowDelays,
    ) -> bool {
        match (self.confirmed, is_linked, error.is_transient()) {
            (false, _, _) => self.failures <= delays.unconfirmed_retries,
            (true, true, _) => true,
            (true, false, false) => self.unexpected <= MAX_UNEXPECTED_ANSWERS,
            (true, false, true) => self.silence(now) < delays.longest_outage,
        }
    }

    fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last_contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{ApiErrorKind, Refusal, Request};

    fn error(kind: ApiErrorKind) -> ApiError {
        let url = url::Url::parse("http://127.0.0.1/").unwrap();
        ApiError { request: Request { method: "GET", url }, kind }
    }

    /// A transient failure.
    fn passing(retry_after: Option<Duration>) -> ApiError {
        let refusal =
            Refusal { status: 503, code: None, message: None, request_id: None, retry_after };
        error(ApiErrorKind::Refused(refusal))
    }

    /// An unexpected answer.
    fn unexpected() -> ApiError {
        let (expected, why) = ("a build", "no `status` in it".to_owned());
        error(ApiErrorKind::Garbled { status: 200, expected, why, snippet: String::new() })
    }

    /// The number of unexpected answers after which polling stops, with some other event between
    /// two of them.
    fn patience(between: impl Fn(&mut Polling, Instant)) -> Option<u32> {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let mut polling = Polling::new(now, true);
        (1..=20).find(|_| {
            between(&mut polling, now);
            polling.on_failure(now, &unexpected(), false, &delays);
            !polling.is_worth_retrying(now, &unexpected(), false, &delays)
        })
    }

    #[test]
    fn consecutive_unexpected_answers_end_polling_despite_transient_failures_between_them() {
        let delays = FollowDelays::default();
        assert_eq!(patience(|_, _| {}), Some(MAX_UNEXPECTED_ANSWERS + 1));
        let trouble = |polling: &mut Polling, now| {
            polling.on_failure(now, &passing(None), false, &delays);
        };
        assert_eq!(patience(trouble), Some(MAX_UNEXPECTED_ANSWERS + 1));
        let answer = |polling: &mut Polling, now| {
            polling.on_success(now, &Facts::default());
        };
        assert_eq!(patience(answer), None);
        // While a session is connected, failures of REST are harmless.
        let linked = |polling: &mut Polling, now| {
            polling.on_failure(now, &unexpected(), true, &delays);
        };
        assert_eq!(patience(linked), None);
    }

    #[test]
    fn only_a_confirmed_build_is_worth_waiting_for_in_an_outage() {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let trouble = passing(None);
        let mut polling = Polling::new(now, false);
        let failures = (1..=20).find(|_| {
            polling.on_failure(now, &trouble, true, &delays);
            !polling.is_worth_retrying(now, &trouble, true, &delays)
        });
        assert_eq!(failures, Some(delays.unconfirmed_retries + 1));
        let polling = Polling::new(now, true);
        let patient = |after| polling.is_worth_retrying(now + after, &trouble, false, &delays);
        assert!(patient(delays.longest_outage - Duration::from_secs(1)));
        assert!(!patient(delays.longest_outage));
        assert!(polling.is_worth_retrying(now + delays.longest_outage, &trouble, true, &delays));
    }

    #[test]
    fn an_urgent_request_waits_only_for_retry_after() {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let wait = Duration::from_secs(7);
        let mut polling = Polling::new(now, true);
        polling.on_failure(now, &passing(Some(wait)), true, &delays);
        polling.poll_urgently(now);
        assert_eq!(polling.due(), Some(now + wait));
        polling.poll_at(now + 2 * wait);
        assert_eq!(polling.due(), Some(now + 2 * wait));
        polling.poll_by(now + wait);
        assert!(polling.due() >= Some(now + wait) && polling.due() < Some(now + 2 * wait));
        polling.on_request(now, 0);
        assert_eq!(polling.due(), None, "one question at a time");
    }

    #[test]
    fn the_first_terminal_status_of_rest_is_final() {
        let now = Instant::now();
        let mut polling = Polling::new(now, true);
        for word in ["running", "failed", "complete"] {
            let status = Some(Status::new(word));
            polling.on_success(now, &Facts { status, ..Facts::default() });
        }
        assert_eq!(polling.ended.and_then(|facts| facts.status), Some(Status::Failed));
    }

    #[test]
    fn failures_are_reported_once_and_so_is_their_end() {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let mut polling = Polling::new(now, true);
        assert!(!polling.on_success(now, &Facts::default()));
        assert!(polling.on_failure(now, &passing(None), true, &delays));
        assert!(!polling.on_failure(now, &unexpected(), true, &delays));
        assert!(polling.on_success(now, &Facts::default()));
        assert!(!polling.on_success(now, &Facts::default()));
    }
}

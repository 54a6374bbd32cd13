//! When to request the next snapshot from REST, and when to give up. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::delays::FollowDelays;
use crate::model::{Facts, Status};
use crate::service::ApiError;

/// How many unexpected answers in a row are accepted while there is no stream.
const MAX_UNEXPECTED_ANSWERS: u32 = 5;

/// How often the API must deny a build before that ends the step.
const DENIALS_ALONE: u32 = 2;
const DENIALS_CONNECTED: u32 = 3;

/// The evidence, besides REST, that the build exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// A session is connected, or has announced the build's end.
    Connected,
    /// A session brings the build's events.
    Delivering,
}

/// The API's denials since it last showed the build.
#[derive(Debug, Clone, Copy)]
struct Denials {
    count: u32,
    since: Instant,
    last: Instant,
}

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
    /// True if the service has confirmed that the build exists.
    pub(super) confirmed: bool,
    /// Until when REST may not know the build yet: this step has just triggered it.
    appears_by: Option<Instant>,
    denials: Option<Denials>,
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
    /// True if the next request waits only for `Retry-After`.
    is_urgent: bool,
    /// True if it was reported that REST does not answer.
    is_down: bool,
    /// True if it was reported that the API denies the build.
    is_denial_reported: bool,
}

impl Polling {
    /// `is_ours`: this step has triggered the build.
    pub(super) fn new(now: Instant, is_ours: bool, delays: &FollowDelays) -> Self {
        Self {
            confirmed: is_ours,
            appears_by: is_ours.then(|| now + delays.appears),
            denials: None,
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
            is_denial_reported: false,
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
            // An urgent request stays urgent.
            self.is_urgent &= self.next.is_some();
            self.next = Some(moment);
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
        (self.appears_by, self.denials) = (None, None);
        (self.failures, self.unexpected) = (0, 0);
        (self.last_contact, self.next_attempt, self.retry_after_until) = (now, now, now);
        let was_down = std::mem::take(&mut self.is_down);
        std::mem::take(&mut self.is_denial_reported) || was_down
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
        let retry_after = error.retry_after().unwrap_or_default().min(delays.longest_retry_after);
        self.next_attempt = now + back_off.unwrap_or(delays.retry.longest);
        self.retry_after_until = now + retry_after;
        self.failures += 1;
        if error.is_denial() {
            let first = Denials { count: 0, since: now, last: now };
            let is_recent = |denials: &Denials| now - denials.last <= delays.evidence();
            let denials = self.denials.filter(is_recent).unwrap_or(first);
            self.denials = Some(Denials { count: denials.count + 1, last: now, ..denials });
        }
        self.unexpected = match (is_linked, error.is_transient() || error.is_denial()) {
            (true, _) => 0,
            (false, true) => self.unexpected,
            (false, false) => self.unexpected + 1,
        };
        let is_reported = match error.is_denial() {
            true => &mut self.is_denial_reported,
            false => &mut self.is_down,
        };
        !std::mem::replace(is_reported, true)
    }

    /// True if the API's denial is a verdict. A single one may come from a replica that lags behind
    /// or from a deployment.
    pub(super) fn is_denied(
        &self,
        now: Instant,
        error: &ApiError,
        evidence: Evidence,
        delays: &FollowDelays,
    ) -> bool {
        let Some(Denials { count, since, .. }) = self.denials.filter(|_| error.is_denial()) else {
            return false;
        };
        let may_appear = self.appears_by.is_some_and(|by| now < by) && error.is_not_found();
        let (times, time) = match evidence {
            Evidence::None => (DENIALS_ALONE, delays.denied_alone),
            Evidence::Connected => (DENIALS_CONNECTED, delays.denied_connected),
            Evidence::Delivering => return false,
        };
        !self.confirmed || (!may_appear && count >= times && now - since >= time)
    }

    /// True if the next request may succeed. An existing build is worth waiting for until the
    /// deadline. One that may not exist, at an address that may be wrong, is not.
    pub(super) fn is_worth_retrying(
        &self,
        now: Instant,
        error: &ApiError,
        is_linked: bool,
        delays: &FollowDelays,
    ) -> bool {
        match (self.confirmed, is_linked, error.is_transient() || error.is_denial()) {
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
    use crate::service::{ApiErrorKind, Code, ForeignAnswer, Refusal, Request};

    fn error(kind: ApiErrorKind) -> ApiError {
        let url = url::Url::parse("http://127.0.0.1/").unwrap();
        ApiError { request: Request { method: "GET", url }, kind }
    }

    /// A transient failure.
    fn passing(retry_after: Option<Duration>) -> ApiError {
        let answer = ForeignAnswer { status: 503, sender: None, words: None, retry_after };
        error(ApiErrorKind::Foreign(answer))
    }

    /// A denial in the API's own shape.
    fn denied(status: u16, code: Code) -> ApiError {
        let (message, request_id) = (String::new(), "req_1".to_owned());
        error(ApiErrorKind::Refused(Refusal {
            status,
            code,
            message,
            request_id,
            retry_after: None,
        }))
    }

    /// After how many denials, one each 5 s, the step ends.
    fn denials(
        polling: &mut Polling,
        start: Instant,
        error: &ApiError,
        evidence: Evidence,
    ) -> Option<u64> {
        let delays = FollowDelays::default();
        (0..100).find(|denial| {
            let now = start + Duration::from_secs(5 * denial);
            polling.on_failure(now, error, evidence != Evidence::None, &delays);
            polling.is_denied(now, error, evidence, &delays)
        })
    }

    #[test]
    fn a_denial_must_last_unless_the_build_was_never_seen() {
        let start = Instant::now();
        let minute = start + Duration::from_secs(60);
        let polling = |is_ours| Polling::new(start, is_ours, &FollowDelays::default());
        let token = denied(401, Code::InvalidToken);
        let unknown = denied(404, Code::NotFound);
        for error in [&token, &unknown, &denied(403, Code::InsufficientScope)] {
            // A `build-id` that the API has never shown.
            assert_eq!(denials(&mut polling(false), start, error, Evidence::None), Some(0));
            // A build that it has shown, or that may appear no more.
            for is_shown in [true, false] {
                let seen = |evidence| {
                    let mut polling = polling(true);
                    if is_shown {
                        polling.on_success(start, &Facts::default());
                    }
                    denials(&mut polling, minute, error, evidence)
                };
                assert_eq!(seen(Evidence::None), Some(2), "10 s");
                assert_eq!(seen(Evidence::Connected), Some(6), "30 s");
                assert_eq!(seen(Evidence::Delivering), None);
            }
        }
        // A build that was triggered just now may be unknown to a replica.
        assert_eq!(denials(&mut polling(true), start, &unknown, Evidence::None), Some(12));
        assert_eq!(denials(&mut polling(true), start, &token, Evidence::None), Some(2));
    }

    #[test]
    fn a_good_answer_between_denials_starts_the_count_again() {
        let (start, delays) = (Instant::now(), FollowDelays::default());
        let token = denied(401, Code::InvalidToken);
        let mut polling = Polling::new(start, true, &delays);
        for seconds in [0, 9, 18, 27] {
            let now = start + Duration::from_secs(seconds);
            polling.on_failure(now, &token, false, &delays);
            assert!(!polling.is_denied(now, &token, Evidence::None, &delays));
            polling.on_success(now, &Facts::default());
        }
        let now = start + Duration::from_secs(60);
        polling.on_failure(now, &token, false, &delays);
        let later = now + Duration::from_secs(20);
        polling.on_failure(later, &token, false, &delays);
        assert!(polling.is_denied(later, &token, Evidence::None, &delays));
        assert!(!polling.is_denied(later, &passing(None), Evidence::None, &delays));
    }

    #[test]
    fn denials_that_are_long_past_count_no_more() {
        let (start, delays) = (Instant::now(), FollowDelays::default());
        let token = denied(401, Code::InvalidToken);
        let mut polling = Polling::new(start, true, &delays);
        for _ in 0..3 {
            polling.on_failure(start, &token, true, &delays);
        }
        let later = start + Duration::from_secs(3600);
        polling.on_failure(later, &passing(None), false, &delays);
        polling.on_failure(later, &token, false, &delays);
        assert!(!polling.is_denied(later, &token, Evidence::None, &delays));
    }

    /// An unexpected answer.
    fn unexpected() -> ApiError {
        let (expected, why) = ("a build", "no `status` in it".to_owned());
        error(ApiErrorKind::Garbled {
            status: 200,
            expected,
            why,
            snippet: String::new(),
            is_page: false,
        })
    }

    /// The number of unexpected answers after which polling stops, with some other event between
    /// two of them.
    fn patience(between: impl Fn(&mut Polling, Instant)) -> Option<u32> {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let mut polling = Polling::new(now, true, &delays);
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
        let mut polling = Polling::new(now, false, &delays);
        let failures = (1..=20).find(|_| {
            polling.on_failure(now, &trouble, true, &delays);
            !polling.is_worth_retrying(now, &trouble, true, &delays)
        });
        assert_eq!(failures, Some(delays.unconfirmed_retries + 1));
        let polling = Polling::new(now, true, &delays);
        let patient = |after| polling.is_worth_retrying(now + after, &trouble, false, &delays);
        assert!(patient(delays.longest_outage - Duration::from_secs(1)));
        assert!(!patient(delays.longest_outage));
        assert!(polling.is_worth_retrying(now + delays.longest_outage, &trouble, true, &delays));
    }

    #[test]
    fn an_urgent_request_waits_only_for_retry_after() {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let wait = Duration::from_secs(7);
        let mut polling = Polling::new(now, true, &delays);
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
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let mut polling = Polling::new(now, true, &delays);
        for word in ["running", "failed", "complete"] {
            let status = Some(Status::new(word));
            polling.on_success(now, &Facts { status, ..Facts::default() });
        }
        assert_eq!(polling.ended.and_then(|facts| facts.status), Some(Status::Failed));
    }

    #[test]
    fn failures_are_reported_once_and_so_is_their_end() {
        let (now, delays) = (Instant::now(), FollowDelays::default());
        let mut polling = Polling::new(now, true, &delays);
        assert!(!polling.on_success(now, &Facts::default()));
        assert!(polling.on_failure(now, &passing(None), true, &delays));
        assert!(!polling.on_failure(now, &unexpected(), true, &delays));
        let token = denied(401, Code::InvalidToken);
        assert!(polling.on_failure(now, &token, true, &delays), "something else is wrong");
        assert!(!polling.on_failure(now, &token, true, &delays));
        assert!(polling.on_success(now, &Facts::default()));
        assert!(!polling.on_success(now, &Facts::default()));
    }
}

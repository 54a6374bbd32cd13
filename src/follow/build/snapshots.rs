//! Applies snapshots of REST to a build, and the failures of snapshot requests.

use std::time::Duration;

use tokio::time::Instant;

use super::{Build, FollowState};
use crate::config::Transport;
use crate::error::{Error, chain};
use crate::follow::effect::{Effect, Effects};
use crate::follow::merge::Circumstances;
use crate::follow::polling::{Evidence, Request};
use crate::follow::room::Room;
use crate::follow::window::View;
use crate::model::{Facts, Status};
use crate::service::ApiError;

impl Build {
    /// REST answered.
    pub fn on_snapshot(
        &mut self,
        now: Instant,
        answer: Result<(Facts, View), ApiError>,
        out: &mut Effects,
    ) {
        let request = Request { at: now, printed: self.lines.printed() };
        let request = self.polling.requested.take().unwrap_or(request);
        match answer {
            Ok((facts, view)) => {
                if self.polling.on_success(now, &facts) {
                    out.push(Effect::info("the API answers again"));
                }
                self.on_view(now, request, facts.status, view, out);
            }
            Err(error) => self.on_failure(now, error, out),
        }
    }

    fn on_view(
        &mut self,
        now: Instant,
        request: Request,
        status: Option<Status>,
        view: View,
        out: &mut Effects,
    ) {
        match &mut self.state {
            FollowState::Following => self.apply_while_following(now, request, status, view, out),
            FollowState::FinalFacts(wait) if request.at < wait.since => {
                self.apply_view(now, request, false, status, view, out);
                self.polling.poll_at(now);
            }
            FollowState::FinalFacts(wait) => match self.polling.ended.take() {
                Some(facts) => {
                    let is_drained = wait.is_drained;
                    self.apply_view(now, request, false, status, view, out);
                    if is_drained && !self.lines.has_uncertain() {
                        self.finish(now, Ok(facts), out);
                    } else {
                        self.state = FollowState::LastLines { since: now, facts: Box::new(facts) };
                        self.polling.poll_at(now + self.options.delays.silence);
                    }
                }
                None => {
                    let denied_since = *wait.denied_since.get_or_insert(now);
                    if now - denied_since >= self.options.delays.longest_denial {
                        self.follow_on(now, status, out);
                    } else {
                        self.repeat_final_request(now);
                    }
                }
            },
            FollowState::LastLines { since, .. } => {
                let has_time = now - *since < self.options.delays.longest_drain;
                let has_news = self.apply_view(now, request, false, status, view, out);
                if (has_news || self.lines.has_uncertain()) && has_time {
                    self.polling.poll_at(now + self.options.delays.silence);
                } else {
                    self.finish_with_last_lines(now, out);
                }
            }
            FollowState::Over => {}
        }
    }

    /// Applies a snapshot while the build is followed.
    fn apply_while_following(
        &mut self,
        now: Instant,
        request: Request,
        status: Option<Status>,
        view: View,
        out: &mut Effects,
    ) {
        let is_ours = self.options.is_ours;
        let is_pending = status == Some(Status::Pending);
        let room = self.room.as_ref().filter(|room| request.at >= room.joined);
        self.joined_while_pending |= is_ours && is_pending && room.is_some();
        let hold = room.is_some_and(|room| room.is_compared && room.is_healthy());
        let is_early = self.is_requested_early;
        match (self.options.transport, &self.room) {
            (Transport::Socket, None) => {
                self.status.show(now, status, out);
            }
            (Transport::Auto | Transport::Poll | Transport::Socket, _) => {
                self.apply_view(now, request, hold, status, view, out);
            }
        }
        let is_waiting = self.lines.waits_since().is_some();
        let interval = self.interval(now, request, is_pending, out);
        if !is_waiting {
            self.polling.poll_at(now + interval);
        } else if is_early {
            self.polling.poll_urgently(now);
        } else {
            self.look_up_again(now);
        }
    }

    /// Asks REST again for the place of waiting lines, after a delay.
    fn look_up_again(&mut self, now: Instant) {
        let delay = self.options.delays.recheck.delay(self.lookups, fastrand::f64());
        self.lookups += 1;
        self.polling.poll_urgently(now + delay.unwrap_or_default());
    }

    /// The delay before the next poll. Rejoins the room if nothing confirms that it was joined.
    fn interval(
        &mut self,
        now: Instant,
        request: Request,
        is_pending: bool,
        out: &mut Effects,
    ) -> Duration {
        let delays = self.options.delays;
        let is_lossy = self.lines.is_lossy();
        let Some(room) = &mut self.room else {
            return delays.poll;
        };
        if request.at < room.joined {
            return Duration::ZERO;
        }
        room.is_compared = true;
        if !room.is_healthy() || is_lossy || self.lines.has_uncertain() {
            return delays.poll;
        }
        if room.has_delivered {
            return delays.status_poll;
        }
        if is_pending && now >= room.next_join {
            // Nothing confirms yet that we are in the room. Joining twice does no harm.
            room.next_join = now + (now - room.joined);
            out.push(Effect::Join);
        }
        room.next_check(&delays)
    }

    /// Applies the lines and the status of a snapshot. Returns whether any of them is new.
    fn apply_view(
        &mut self,
        now: Instant,
        request: Request,
        hold: bool,
        status: Option<Status>,
        view: View,
        out: &mut Effects,
    ) -> bool {
        let is_early = std::mem::take(&mut self.is_requested_early);
        let is_later = self.lines.waits_since().is_some() && !is_early;
        let is_end = status.as_ref().is_some_and(Status::is_terminal);
        // A status is shown before the lines that follow it, and the end after all lines.
        let (before, after) = if is_end { (None, status) } else { (status, None) };
        let is_running = self.status.show(now, before, out);
        let is_linked = self.room.as_ref().map_or(self.has_joined, Room::is_healthy);
        let is_linked = is_linked && self.is_followed();
        let circumstances = Circumstances { is_later, is_linked, hold, request };
        let has_lines = self.lines.on_view(now, view, circumstances, out);
        let has_ended = self.status.show(now, after, out);
        if let Some(room) = self.room.as_mut().filter(|_| hold) {
            room.compare(now, self.lines.expects_lines(), is_running);
        }
        is_running || has_lines || has_ended
    }

    fn on_failure(&mut self, now: Instant, error: ApiError, out: &mut Effects) {
        let delays = self.options.delays;
        let is_linked = self.room.is_some();
        let is_news = self.polling.on_failure(now, &error, is_linked, &delays);
        match &self.state {
            FollowState::Following => {
                if self.polling.is_denied(now, &error, self.evidence(now), &delays)
                    || !self.polling.is_worth_retrying(now, &error, is_linked, &delays)
                {
                    let error = match self.polling.confirmed {
                        true => Error::lost(&self.id, error),
                        false => Error::Attach(error),
                    };
                    self.finish(now, Err(error), out);
                    return;
                }
                self.report_failure(is_news, &error, out);
                if self.lines.waits_since().is_some() {
                    self.look_up_again(now);
                } else {
                    self.polling.poll_at(now);
                }
            }
            FollowState::FinalFacts(wait) => {
                let patience = match self.polling.ended {
                    // Only the last lines are still missing.
                    Some(_) => delays.catch_up,
                    None => delays.longest_final_facts,
                };
                let is_denied = self.polling.is_denied(now, &error, Evidence::Connected, &delays);
                if !is_denied && now - wait.since < patience {
                    self.report_failure(is_news, &error, out);
                    self.repeat_final_request(now);
                    return;
                }
                match self.polling.ended.take() {
                    Some(facts) => {
                        out.push(Effect::warn(format!(
                            "the last lines of the log may be missing here ({})",
                            chain(&error)
                        )));
                        self.finish(now, Ok(facts), out);
                    }
                    None => self.finish(now, Err(Error::lost(&self.id, error)), out),
                }
            }
            FollowState::LastLines { .. } => self.finish_with_last_lines(now, out),
            FollowState::Over => {}
        }
    }

    /// The evidence of the build besides REST.
    fn evidence(&self, now: Instant) -> Evidence {
        let is_recent = |room: &Room| now - room.last_message < self.options.delays.evidence();
        match &self.room {
            None => Evidence::None,
            Some(room) if room.has_delivered && room.is_healthy() && is_recent(room) => {
                Evidence::Delivering
            }
            Some(_) => Evidence::Connected,
        }
    }

    fn report_failure(&self, is_news: bool, error: &ApiError, out: &mut Effects) {
        if is_news {
            let what = match error.is_denial() {
                true => "the API denies the build",
                false => "the API does not answer properly",
            };
            let text = format!("{what}; retrying ({})", chain(error));
            out.push(Effect::warn(text));
        }
    }
}

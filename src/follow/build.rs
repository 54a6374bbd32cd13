//! One build as a state machine: events with their time go in, effects come out. Pure: the clock is
//! an argument, and the owner of the network carries out the effects.

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::Instant;

use super::delays::FollowDelays;
use super::effect::{Effect, Effects};
use super::merge::{Circumstances, Holds, LineMerger};
use super::polling::Polling;
use super::room::Room;
use super::status::ShownStatus;
use super::window::View;
use crate::config::Transport;
use crate::error::{Error, chain};
use crate::model::{Facts, Id, LogLine, Status};
use crate::service::ApiError;

/// How a build is followed.
#[derive(Debug, Clone, Copy)]
pub struct FollowOptions {
    /// The transports to use.
    pub transport: Transport,
    /// Whether this step triggered it. If so, the API has confirmed that it exists.
    pub is_ours: bool,
    /// Delays and limits.
    pub delays: FollowDelays,
}

/// One build that is followed to its end.
#[derive(Debug)]
pub struct Build {
    id: Id,
    options: FollowOptions,
    lines: LineMerger,
    status: ShownStatus,
    polling: Polling,
    /// This build's room in the current session.
    room: Option<Room>,
    state: FollowState,
    /// How many snapshots did not show the place of waiting lines.
    lookups: u32,
    /// Whether the pending snapshot was requested before the waiting lines came.
    is_requested_early: bool,
    /// Whether any session has joined the room.
    has_joined: bool,
    /// Whether the room was joined before the build began.
    joined_while_pending: bool,
}

#[derive(Debug)]
enum FollowState {
    Following,
    /// The build has ended; REST is asked to confirm it.
    FinalFacts(FinalFacts),
    /// REST may still receive the last lines.
    LastLines {
        since: Instant,
        facts: Box<Facts>,
    },
    Over,
}

#[derive(Debug)]
struct FinalFacts {
    since: Instant,
    denied_since: Option<Instant>,
    lookups: u32,
    /// Whether a session was followed until no more lines came after the end of the build.
    is_drained: bool,
}

impl Build {
    /// Follows a build from now on. The stream gets a head start before REST is polled.
    pub fn new(now: Instant, id: Id, options: FollowOptions) -> Self {
        let FollowDelays { hold, ahead, silent, repeats, grace, .. } = options.delays;
        let holds = Holds { unplaced: hold, ahead, adjacent: silent, repeats };
        let mut polling = Polling::new(now, options.is_ours);
        polling.poll_at(match options.transport {
            Transport::Poll => now,
            Transport::Auto | Transport::Socket => now + grace,
        });
        Self {
            id,
            options,
            lines: LineMerger::new(holds, !options.is_ours),
            status: ShownStatus::default(),
            polling,
            room: None,
            state: FollowState::Following,
            lookups: 0,
            is_requested_early: false,
            has_joined: false,
            joined_while_pending: false,
        }
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// Whether the last effect has been returned.
    pub fn is_over(&self) -> bool {
        matches!(self.state, FollowState::Over)
    }

    /// Whether the build is still followed, and REST is not yet asked to confirm its end.
    pub fn is_followed(&self) -> bool {
        matches!(self.state, FollowState::Following)
    }

    /// A session is connected, and the request to join the build's room was sent. `recovered` says
    /// that the service claims to resend everything missed since the last session.
    pub fn on_joined(&mut self, now: Instant, recovered: bool) {
        self.room = Some(Room::new(now, &self.options.delays));
        self.has_joined = true;
        self.lines.joined(recovered);
        self.lookups = 0;
        self.polling.poll_at(now);
    }

    /// The service refused the request to join the room.
    pub fn on_join_refused(&mut self, now: Instant, out: &mut Effects) {
        let delays = self.options.delays;
        if let Some(room) =
            self.room.as_mut().filter(|room| !room.has_delivered && room.is_healthy())
        {
            // The service may not know the build yet.
            room.fall_silent(now + delays.ahead);
            let text = "BuildPixel refused the live log; joining it again";
            out.push(Effect::warn(text));
            self.polling.poll_by(now + delays.poll);
        }
    }

    /// The session is lost. REST is polled from `poll_from` on, unless the next session connects
    /// first.
    pub fn on_lost(&mut self, poll_from: Instant, out: &mut Effects) {
        if self.room.take().is_some() {
            self.lines.lost(out);
            if matches!(self.state, FollowState::Following) {
                self.polling.poll_at(poll_from);
            }
        }
    }

    /// There is no stream for now: REST is polled at once.
    pub fn poll_now(&mut self, now: Instant) {
        if matches!(self.state, FollowState::Following) && self.room.is_none() {
            self.polling.poll_at(now);
        }
    }

    /// The session brought a line.
    pub fn on_line(&mut self, now: Instant, line: LogLine, out: &mut Effects) {
        self.on_message(now, out);
        let waited = self.lines.waits_since().is_some();
        self.lines.line(now, line, out);
        if !waited && self.lines.waits_since().is_some() {
            self.lookups = 0;
            self.is_requested_early = self.polling.requested.is_some();
            // Any snapshot requested from now on contains this line.
            self.polling.poll_urgently(now);
        }
        self.check_repeats(now);
    }

    /// Polls REST soon to check whether unprinted lines were really repeats.
    fn check_repeats(&mut self, now: Instant) {
        if self.lines.has_uncertain_repeat() && self.is_followed() {
            self.polling.poll_by(now + self.options.delays.recheck.first);
        }
    }

    /// The session brought a status.
    pub fn on_status(&mut self, now: Instant, status: Status, out: &mut Effects) {
        self.on_message(now, out);
        if self.status.is_pending() && !status.is_terminal() {
            self.joined_while_pending = true;
        }
        self.status.pushed(now, status, out);
    }

    fn on_message(&mut self, now: Instant, out: &mut Effects) {
        self.polling.confirmed = true;
        self.polling.last_contact = now;
        if self.room.as_mut().is_some_and(|room| room.on_message(now)) {
            out.push(Effect::info("the live log is back"));
        }
    }

    /// REST answered.
    pub fn on_snapshot(
        &mut self,
        now: Instant,
        answer: Result<(Facts, View), ApiError>,
        out: &mut Effects,
    ) {
        let requested = self.polling.requested.take().unwrap_or(now);
        match answer {
            Ok((facts, view)) => {
                if self.polling.on_success(now, &facts) {
                    out.push(Effect::info("the API answers again"));
                }
                self.on_view(now, requested, facts.status, view, out);
            }
            Err(error) => self.on_failure(now, error, out),
        }
    }

    fn on_view(
        &mut self,
        now: Instant,
        requested: Instant,
        status: Option<Status>,
        view: View,
        out: &mut Effects,
    ) {
        match &mut self.state {
            FollowState::Following => self.follow_view(now, requested, status, view, out),
            FollowState::FinalFacts(wait) if requested < wait.since => {
                self.take_view(now, false, status, view, out);
                self.polling.poll_at(now);
            }
            FollowState::FinalFacts(wait) => match self.polling.ended.take() {
                Some(facts) => {
                    let is_drained = wait.is_drained;
                    self.take_view(now, false, status, view, out);
                    if is_drained {
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
                if self.take_view(now, false, status, view, out) && has_time {
                    self.polling.poll_at(now + self.options.delays.silence);
                } else {
                    self.finish_with_last_lines(now, out);
                }
            }
            FollowState::Over => {}
        }
    }

    /// Applies a snapshot while the build is followed.
    fn follow_view(
        &mut self,
        now: Instant,
        requested: Instant,
        status: Option<Status>,
        view: View,
        out: &mut Effects,
    ) {
        let is_ours = self.options.is_ours;
        let is_pending = status == Some(Status::Pending);
        let room = self.room.as_ref().filter(|room| requested >= room.joined);
        self.joined_while_pending |= is_ours && is_pending && room.is_some();
        let hold = room.is_some_and(|room| room.is_compared && room.is_healthy());
        let is_early = self.is_requested_early;
        match (self.options.transport, &self.room) {
            (Transport::Socket, None) => {
                self.status.show(now, status, out);
            }
            (Transport::Auto | Transport::Poll | Transport::Socket, _) => {
                self.take_view(now, hold, status, view, out);
            }
        }
        let is_waiting = self.lines.waits_since().is_some();
        let interval = self.interval(now, requested, is_pending, out);
        if !is_waiting {
            self.polling.poll_at(now + interval);
        } else if is_early {
            self.polling.poll_urgently(now);
        } else {
            let delay = self.options.delays.recheck.delay(self.lookups, fastrand::f64());
            self.lookups += 1;
            self.polling.poll_urgently(now + delay.unwrap_or_default());
        }
    }

    /// The delay before the next poll. Rejoins the room if nothing confirms that it was joined.
    fn interval(
        &mut self,
        now: Instant,
        requested: Instant,
        is_pending: bool,
        out: &mut Effects,
    ) -> Duration {
        let delays = self.options.delays;
        let is_lossy = self.lines.is_lossy();
        self.lines.viewed(requested);
        let Some(room) = &mut self.room else {
            return delays.poll;
        };
        if requested < room.joined {
            return Duration::ZERO;
        }
        room.is_compared = true;
        if self.lines.has_uncertain_repeat() {
            return delays.recheck.first;
        }
        if !room.is_healthy() || is_lossy {
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
    fn take_view(
        &mut self,
        now: Instant,
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
        let circumstances = Circumstances { is_later, is_linked, hold };
        let has_lines = self.lines.view(now, view, circumstances, out);
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
                self.report_failure(is_news, &error, out);
                if error.is_final()
                    || !self.polling.is_worth_retrying(now, &error, is_linked, &delays)
                {
                    let error = match self.polling.confirmed {
                        true => Error::lost(&self.id, error),
                        false => Error::Attach(error),
                    };
                    self.finish(now, Err(error), out);
                } else if self.lines.waits_since().is_some() {
                    let delay = delays.recheck.delay(self.lookups, fastrand::f64());
                    self.lookups += 1;
                    self.polling.poll_urgently(now + delay.unwrap_or_default());
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
                if !error.is_final() && now - wait.since < patience {
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

    fn report_failure(&self, is_news: bool, error: &ApiError, out: &mut Effects) {
        if is_news {
            let text = format!("the API does not answer properly; retrying ({})", chain(error));
            out.push(Effect::warn(text));
        }
    }

    /// Does everything that is due.
    pub fn on_tick(&mut self, now: Instant, out: &mut Effects) {
        if self.is_over() {
            return;
        }
        self.check_stream(now, out);
        let delays = self.options.delays;
        if self.is_followed() && self.room.as_mut().is_some_and(|room| room.rejoins(now, &delays)) {
            out.push(Effect::Join);
            self.lines.joined(false);
        }
        self.lines.tick(now, out);
        self.check_repeats(now);
        if matches!(self.state, FollowState::Following)
            && self.drained_at().is_some_and(|at| at <= now)
        {
            self.request_final_facts(now, out);
        }
        if self.polling.due().is_some_and(|at| at <= now) {
            self.polling.on_request(now);
            out.push(Effect::Poll);
        }
    }

    /// When `on_tick` is next due if nothing else happens.
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let drained = match self.state {
            FollowState::Following => self.drained_at(),
            FollowState::FinalFacts(_) | FollowState::LastLines { .. } | FollowState::Over => None,
        };
        let suspect = self.room.as_ref().and_then(|room| room.suspect_until(&self.options.delays));
        let suspect = suspect.map(|(until, _)| until);
        let rejoin = self.room.as_ref().and_then(Room::rejoin_at).filter(|_| self.is_followed());
        let all = [self.lines.deadline(), self.polling.due(), drained, suspect, rejoin];
        all.into_iter().flatten().min()
    }

    /// Rejoins the room if REST has long shown something new that the session has not brought.
    fn check_stream(&mut self, now: Instant, out: &mut Effects) {
        let until = self.room.as_ref().and_then(|room| room.suspect_until(&self.options.delays));
        let Some((until, lines)) = until else {
            return;
        };
        if until <= now {
            let what = if lines { "the build logs" } else { "the build goes on" };
            out.push(Effect::warn(format!(
                "the live log is silent although {what}; joining it again"
            )));
            let delays = self.options.delays;
            let mut room = Room::new(now, &delays);
            room.fall_silent(now);
            self.room = Some(room);
            self.lines.print_ahead(out);
            self.polling.poll_by(now + delays.poll);
        }
    }

    /// When the stream is expected to bring nothing more, if the build has ended.
    fn drained_at(&self) -> Option<Instant> {
        let delays = &self.options.delays;
        let ended = self.status.ended()?;
        match &self.room {
            None => Some(ended),
            Some(_) if self.lines.waits_since().is_some() => None,
            Some(room) => {
                let silent = ended.max(room.last_message) + delays.silence;
                Some(silent.min(ended + delays.longest_drain))
            }
        }
    }

    fn request_final_facts(&mut self, now: Instant, out: &mut Effects) {
        let is_drained = self.room.is_some();
        let wait = FinalFacts { since: now, denied_since: None, lookups: 0, is_drained };
        self.state = FollowState::FinalFacts(wait);
        if is_drained {
            out.push(Effect::Leave);
        }
        self.polling.poll_at(now);
    }

    fn repeat_final_request(&mut self, now: Instant) {
        if let FollowState::FinalFacts(wait) = &mut self.state {
            let delay = self.options.delays.recheck.delay(wait.lookups, fastrand::f64());
            wait.lookups += 1;
            self.polling.poll_at(now + delay.unwrap_or_default());
        }
    }

    /// REST keeps saying that the build has not ended.
    fn follow_on(&mut self, now: Instant, status: Option<Status>, out: &mut Effects) {
        self.status.take_back(status, out);
        self.state = FollowState::Following;
        if self.room.is_some() {
            out.push(Effect::Join);
            self.on_joined(now, false);
        } else {
            self.polling.poll_at(now);
        }
    }

    fn finish_with_last_lines(&mut self, now: Instant, out: &mut Effects) {
        if let FollowState::LastLines { facts, .. } =
            std::mem::replace(&mut self.state, FollowState::Over)
        {
            self.finish(now, Ok(*facts), out);
        }
    }

    /// The stream is unavailable for good, and no other transport is allowed.
    pub fn give_up(&mut self, now: Instant, error: Error, out: &mut Effects) {
        if !self.is_over() {
            self.finish(now, Err(error), out);
        }
    }

    fn finish(&mut self, now: Instant, end: Result<Facts, Error>, out: &mut Effects) {
        self.state = FollowState::Over;
        self.release(now, out);
        let is_whole = self.options.is_ours && self.joined_while_pending;
        if let Some(lines) = self.lines.lines_of_a_cut_beginning().filter(|_| !is_whole) {
            out.push(Effect::info(format!(
                "the log may have begun earlier: BuildPixel shows only its last {lines} lines"
            )));
        }
        out.push(Effect::End(Box::new(end)));
    }

    /// Prints all lines that are held back.
    pub fn release(&mut self, now: Instant, out: &mut Effects) {
        self.lines.flush(now, out);
    }
}

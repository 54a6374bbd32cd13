//! One build as a state machine: events with their time go in, effects come out. Pure: the clock is
//! an argument, and the owner of the network carries out the effects.

mod ending;
mod snapshots;
#[cfg(test)]
mod tests;

use tokio::time::Instant;

use super::delays::FollowDelays;
use super::effect::{Effect, Effects};
use super::merge::{HoldTimes, LineMerger};
use super::polling::Polling;
use super::room::Room;
use super::status::ShownStatus;
use crate::config::Transport;
use crate::error::Error;
use crate::model::{Facts, Id, LogLine, Status};

/// How a build is followed.
#[derive(Debug, Clone, Copy)]
pub struct FollowOptions {
    /// The transports to use.
    pub transport: Transport,
    /// True if this step triggered it. If so, the API has confirmed that it exists.
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
    /// True if the pending snapshot was requested before the waiting lines came.
    is_requested_early: bool,
    /// The earliest time to ask REST again only about possible repeats.
    next_repeat_check: Instant,
    /// The earliest time to ask REST again only about a pushed status that is not documented.
    next_status_check: Instant,
    /// True if any session has joined the room.
    has_joined: bool,
    /// True if the room was joined before the build began.
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
    /// True if a session was followed until no more lines came after the end of the build.
    is_drained: bool,
}

impl Build {
    /// Follows a build from now on. The stream gets a head start before REST is polled.
    pub fn new(now: Instant, id: Id, options: FollowOptions) -> Self {
        let FollowDelays { hold, ahead, silent, repeats, grace, .. } = options.delays;
        let holds = HoldTimes { unplaced: hold, ahead, adjacent: silent, repeats };
        let mut polling = Polling::new(now, options.is_ours, &options.delays);
        polling.poll_at(match options.transport {
            Transport::Poll => now,
            Transport::Auto | Transport::Socket => now + grace,
        });
        Self {
            id,
            options,
            lines: LineMerger::new(now, holds, !options.is_ours),
            status: ShownStatus::default(),
            polling,
            room: None,
            state: FollowState::Following,
            lookups: 0,
            is_requested_early: false,
            next_repeat_check: now,
            next_status_check: now,
            has_joined: false,
            joined_while_pending: false,
        }
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// True if the last effect has been returned.
    pub fn is_over(&self) -> bool {
        matches!(self.state, FollowState::Over)
    }

    /// True if the build is still followed, and REST is not yet asked to confirm its end.
    pub fn is_followed(&self) -> bool {
        matches!(self.state, FollowState::Following)
    }

    /// A session is connected, and the request to join the build's room was sent. `recovered` says
    /// that the service claims to resend everything missed since the last session.
    pub fn on_joined(&mut self, now: Instant, recovered: bool) {
        self.room = Some(Room::new(now, &self.options.delays));
        self.has_joined = true;
        self.lines.on_joined(recovered);
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
            self.lines.on_lost(out);
            if self.is_followed() {
                self.polling.poll_at(poll_from);
            }
        }
    }

    /// There is no stream for now: REST is polled at once.
    pub fn poll_now(&mut self, now: Instant) {
        if self.is_followed() && self.room.is_none() {
            self.polling.poll_at(now);
        }
    }

    /// The session brought a line.
    pub fn on_line(&mut self, now: Instant, line: LogLine, out: &mut Effects) {
        self.on_message(now, out);
        let waited = self.lines.waits_since().is_some();
        self.lines.on_line(now, line, out);
        if !waited && self.lines.waits_since().is_some() {
            self.lookups = 0;
            self.is_requested_early = self.polling.requested.is_some();
            // Any snapshot requested from now on contains this line.
            self.polling.poll_urgently(now);
        }
        self.check_repeats(now);
    }

    /// Polls REST soon to check whether unprinted lines were really repeats, but not each time that
    /// a service repeats some.
    fn check_repeats(&mut self, now: Instant) {
        if now >= self.next_repeat_check && self.lines.has_uncertain() && self.is_followed() {
            self.next_repeat_check = now + self.options.delays.status_poll;
            self.polling.poll_by(now + self.options.delays.recheck.first);
        }
    }

    /// The session brought a status.
    pub fn on_status(&mut self, now: Instant, status: Status, out: &mut Effects) {
        self.on_message(now, out);
        if self.status.is_pending() && !status.is_terminal() {
            self.joined_while_pending = true;
        }
        // Only REST shows whether a build in an unknown state has ended.
        if matches!(status, Status::Other(_)) && now >= self.next_status_check {
            self.next_status_check = now + self.options.delays.status_poll;
            self.polling.poll_by(now + self.options.delays.recheck.first);
        }
        self.status.on_pushed(now, status, out);
    }

    fn on_message(&mut self, now: Instant, out: &mut Effects) {
        self.polling.confirmed = true;
        self.polling.last_contact = now;
        if self.room.as_mut().is_some_and(|room| room.on_message(now)) {
            out.push(Effect::info("the live log is back"));
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
            self.lines.on_joined(false);
        }
        self.lines.on_tick(now, out);
        self.check_repeats(now);
        if self.is_followed() && self.drained_at().is_some_and(|at| at <= now) {
            self.request_final_facts(now, out);
        }
        if self.polling.due().is_some_and(|at| at <= now) {
            self.polling.on_request(now, self.lines.printed());
            out.push(Effect::Poll);
        }
    }

    /// When `on_tick` is next due if nothing else happens.
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let drained = self.drained_at().filter(|_| self.is_followed());
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

    /// The stream is unavailable for good, and no other transport is allowed.
    pub fn give_up(&mut self, now: Instant, error: Error, out: &mut Effects) {
        if !self.is_over() {
            self.finish(now, Err(error), out);
        }
    }

    /// Prints all lines that are held back.
    pub fn release(&mut self, now: Instant, out: &mut Effects) {
        self.lines.flush(now, out);
    }
}

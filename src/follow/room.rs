//! The build's room in a session: when to join again, and whether the session brings news of the build. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::delays::FollowDelays;
use crate::retry::Policy;

/// A room that was joined.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) joined: Instant,
    /// When the session last brought something.
    pub(super) last_message: Instant,
    /// True if it has brought anything since the room was joined.
    pub(super) has_delivered: bool,
    /// True if REST answered a request that was sent after the room was joined.
    pub(super) is_compared: bool,
    /// How many times REST was polled while the session brought nothing.
    pub(super) checks: u32,
    /// The earliest time to join again while the build is pending.
    pub(super) next_join: Instant,
    health: StreamHealth,
}

/// How well the session brings the news of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StreamHealth {
    /// There is no sign of a problem.
    Ok,
    /// REST has shown something new that the session has not brought.
    Suspect { since: Instant, lines: bool },
    /// It brings nothing. The room is joined again.
    Silent { rejoins: u32, next: Instant },
}

impl Room {
    pub(super) fn new(now: Instant, delays: &FollowDelays) -> Self {
        Self {
            joined: now,
            last_message: now,
            has_delivered: false,
            is_compared: false,
            checks: 0,
            next_join: now + delays.rejoin.first,
            health: StreamHealth::Ok,
        }
    }

    pub(super) fn is_healthy(&self) -> bool {
        match self.health {
            StreamHealth::Ok | StreamHealth::Suspect { .. } => true,
            StreamHealth::Silent { .. } => false,
        }
    }

    /// The session brought something. Returns whether it had been silent.
    pub(super) fn on_message(&mut self, now: Instant) -> bool {
        self.last_message = now;
        self.has_delivered = true;
        let was_healthy = self.is_healthy();
        self.health = StreamHealth::Ok;
        !was_healthy
    }

    /// REST was compared with the session.
    pub(super) fn compare(&mut self, now: Instant, lines: bool, status: bool) {
        let has_news = lines || status && !self.has_delivered;
        if has_news && self.health == StreamHealth::Ok {
            self.health = StreamHealth::Suspect { since: now, lines };
        }
    }

    /// Until when the session may bring the news that REST has shown, and whether these are lines.
    /// A session that has never brought anything gets less time.
    pub(super) fn suspect_until(&self, delays: &FollowDelays) -> Option<(Instant, bool)> {
        let patience = if self.has_delivered { delays.silent } else { delays.ahead };
        match self.health {
            StreamHealth::Suspect { since, lines } => Some((since + patience, lines)),
            StreamHealth::Ok | StreamHealth::Silent { .. } => None,
        }
    }

    /// The session brings nothing. The room is joined again at `next`.
    pub(super) fn fall_silent(&mut self, next: Instant) {
        self.health = StreamHealth::Silent { rejoins: 0, next };
    }

    /// When to join again because the session brings nothing.
    pub(super) fn rejoin_at(&self) -> Option<Instant> {
        match self.health {
            StreamHealth::Silent { next, .. } => Some(next),
            StreamHealth::Ok | StreamHealth::Suspect { .. } => None,
        }
    }

    /// Joins the room again if that is due. Returns whether it was.
    pub(super) fn rejoins(&mut self, now: Instant, delays: &FollowDelays) -> bool {
        match self.health {
            StreamHealth::Silent { rejoins, next } if next <= now => {
                let delay = longest_delay(delays.rejoin, rejoins);
                self.health = StreamHealth::Silent { rejoins: rejoins + 1, next: now + delay };
                true
            }
            StreamHealth::Ok | StreamHealth::Suspect { .. } | StreamHealth::Silent { .. } => false,
        }
    }

    /// The delay before REST is polled again to check on a session that has brought nothing.
    pub(super) fn next_check(&mut self, delays: &FollowDelays) -> Duration {
        let (first, longest) = (delays.first_check, delays.status_poll);
        let delay = longest_delay(Policy { first, longest, retries: u32::MAX }, self.checks);
        self.checks += 1;
        delay
    }
}

/// The delay without jitter. No other client joined at the same moment.
fn longest_delay(policy: Policy, retry: u32) -> Duration {
    policy.delay(retry, 1.0).unwrap_or(policy.longest)
}

//! The build's room in the session that stands, and whether it brings what happens. Pure.

use tokio::time::Instant;

use super::timings::Timings;

/// A room that was joined.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) joined: Instant,
    /// When the session last brought something.
    pub(super) heard: Instant,
    /// Whether it has brought anything since the room was joined.
    pub(super) has_brought: bool,
    /// Whether REST was asked after the room was joined, and has answered.
    pub(super) is_compared: bool,
    /// How often REST was asked since, while the session brought nothing.
    pub(super) checks: u32,
    /// When to join again at the earliest while the build is pending.
    pub(super) next_join: Instant,
    health: StreamHealth,
}

/// Whether the session brings what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StreamHealth {
    /// Nothing else is known.
    Ok,
    /// REST has shown something new that the session has not brought.
    Suspect { since: Instant, lines: bool },
    /// It brings nothing. The room is joined again.
    Silent { rejoins: u32, next: Instant },
}

impl Room {
    pub(super) fn new(now: Instant, timings: &Timings) -> Self {
        Self {
            joined: now,
            heard: now,
            has_brought: false,
            is_compared: false,
            checks: 0,
            next_join: now + timings.rejoin.first,
            health: StreamHealth::Ok,
        }
    }

    pub(super) fn is_healthy(&self) -> bool {
        match self.health {
            StreamHealth::Ok | StreamHealth::Suspect { .. } => true,
            StreamHealth::Silent { .. } => false,
        }
    }

    /// The session has brought something. Returns whether it had been silent.
    pub(super) fn on_message(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.has_brought = true;
        let was_healthy = self.is_healthy();
        self.health = StreamHealth::Ok;
        !was_healthy
    }

    /// REST was compared with what the session has brought.
    pub(super) fn compare(&mut self, now: Instant, lines: bool, status: bool) {
        let has_news = lines || status && !self.has_brought;
        if has_news && self.health == StreamHealth::Ok {
            self.health = StreamHealth::Suspect { since: now, lines };
        }
    }

    /// How long the session may still bring what REST has shown, and whether that are lines. One that
    /// has never brought anything gets less time.
    pub(super) fn suspect_until(&self, timings: &Timings) -> Option<(Instant, bool)> {
        let patience = if self.has_brought { timings.silent } else { timings.ahead };
        match self.health {
            StreamHealth::Suspect { since, lines } => Some((since + patience, lines)),
            StreamHealth::Ok | StreamHealth::Silent { .. } => None,
        }
    }

    /// The session brings nothing. The room is joined again at that moment.
    pub(super) fn fall_silent(&mut self, next: Instant) {
        self.health = StreamHealth::Silent { rejoins: 0, next };
    }

    /// When to join again, since the session brings nothing.
    pub(super) fn rejoin_at(&self) -> Option<Instant> {
        match self.health {
            StreamHealth::Silent { next, .. } => Some(next),
            StreamHealth::Ok | StreamHealth::Suspect { .. } => None,
        }
    }

    /// The room is joined again. Returns whether that was due.
    pub(super) fn rejoins(&mut self, now: Instant, timings: &Timings) -> bool {
        match self.health {
            StreamHealth::Silent { rejoins, next } if next <= now => {
                let doubled = 2_u32.saturating_pow(rejoins.min(31));
                let delay =
                    timings.rejoin.first.saturating_mul(doubled).min(timings.rejoin.longest);
                self.health = StreamHealth::Silent { rejoins: rejoins + 1, next: now + delay };
                true
            }
            StreamHealth::Ok | StreamHealth::Suspect { .. } | StreamHealth::Silent { .. } => false,
        }
    }

    /// How long to wait before REST is asked again whether a session that has brought nothing misses
    /// something.
    pub(super) fn next_check(&mut self, timings: &Timings) -> std::time::Duration {
        let doubled = timings.first_check.saturating_mul(2_u32.saturating_pow(self.checks.min(31)));
        self.checks += 1;
        doubled.min(timings.status_poll)
    }
}

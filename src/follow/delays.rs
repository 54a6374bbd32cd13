//! The delays and limits of following a build.

use std::time::Duration;

use crate::retry::Policy;

/// Delays and limits of following a build. They are data, so that tests can shorten them.
#[derive(Debug, Clone, Copy)]
pub struct FollowDelays {
    /// How often REST is polled while the stream brings the news.
    pub status_poll: Duration,
    /// How often REST is polled for status and lines while it does not.
    pub poll: Duration,
    /// The delays after failed requests to REST.
    pub retry: Policy,
    /// The longest `Retry-After` that is accepted.
    pub longest_retry_after: Duration,
    /// How long the service may be silent before the build is abandoned.
    pub longest_outage: Duration,
    /// How many requests in a row may fail before the build is confirmed to exist.
    pub unconfirmed_retries: u32,
    /// How long the API must deny a build that no session speaks for.
    pub denied_alone: Duration,
    /// How long the API must deny a build that a session is connected for.
    pub denied_connected: Duration,
    /// How long REST may not know a build after this step has triggered it.
    pub appears: Duration,
    /// The time limit for connecting the stream, from the name lookup to the CONNECT answer.
    pub connect: Duration,
    /// How many connection attempts of the stream may fail in a row before the log is polled.
    pub connections: u32,
    /// How long the stream may be away before the log is polled.
    pub grace: Duration,
    /// The delays before the next session.
    pub reconnect: Policy,
    /// How long a session must have lasted to count as healthy.
    pub healthy: Duration,
    /// The delays before REST is polled again for the place of live lines.
    pub recheck: Policy,
    /// How long lines of the stream are held back until REST shows the lines before them.
    pub hold: Duration,
    /// How long lines from REST are held back until the stream brings them.
    pub ahead: Duration,
    /// How long a session may withhold news that REST has shown before the room is joined again.
    pub silent: Duration,
    /// How long possible repeats are held back.
    pub repeats: Duration,
    /// The delay before REST is polled to check on a session that has brought nothing. It doubles
    /// with every answer, up to `status_poll`.
    pub first_check: Duration,
    /// The delays before the room of a silent session is joined again.
    pub rejoin: Policy,
    /// How long REST is asked for the last lines of a build whose end is known.
    pub catch_up: Duration,
    /// How long the log must be silent after the terminal status.
    pub silence: Duration,
    /// The longest wait for that silence.
    pub longest_drain: Duration,
    /// How long REST may deny an end that was pushed.
    pub longest_denial: Duration,
    /// The time limit for getting the final facts.
    pub longest_final_facts: Duration,
    /// The pause between leaving a room and disconnecting. npm socket.io 4.8 drops an event that a
    /// disconnect follows at once; 20 ms suffice on fifteen servers that were tried.
    pub leave_pause: Duration,
    /// The time limit for a clean disconnect.
    pub disconnect: Duration,
    /// How long nothing may be printed before a line says that the build is still followed. CIs
    /// kill a silent step after ten minutes at the earliest.
    pub heartbeat: Duration,
    /// How long a build may be queued before we name a contact.
    pub long_queue: Duration,
    /// The time limit for writing files at the end, and for stdout to make no progress with the
    /// last lines.
    pub shutdown: Duration,
}

impl Default for FollowDelays {
    fn default() -> Self {
        Self {
            status_poll: Duration::from_secs(60),
            poll: Duration::from_secs(3),
            retry: Policy {
                first: Duration::from_secs(1),
                longest: Duration::from_secs(10),
                retries: u32::MAX,
            },
            longest_retry_after: Duration::from_secs(60),
            longest_outage: Duration::from_secs(15 * 60),
            unconfirmed_retries: 6,
            denied_alone: Duration::from_secs(10),
            denied_connected: Duration::from_secs(30),
            appears: Duration::from_secs(60),
            connect: Duration::from_secs(15),
            connections: 4,
            grace: Duration::from_secs(2),
            reconnect: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(60),
                retries: u32::MAX,
            },
            healthy: Duration::from_secs(5),
            recheck: Policy {
                first: Duration::from_millis(300),
                longest: Duration::from_millis(600),
                retries: u32::MAX,
            },
            hold: Duration::from_secs(2),
            ahead: Duration::from_secs(1),
            silent: Duration::from_secs(3),
            repeats: Duration::from_millis(500),
            first_check: Duration::from_secs(2),
            rejoin: Policy {
                first: Duration::from_secs(3),
                longest: Duration::from_secs(60),
                retries: u32::MAX,
            },
            catch_up: Duration::from_secs(30),
            silence: Duration::from_millis(300),
            longest_drain: Duration::from_secs(2),
            longest_denial: Duration::from_secs(30),
            longest_final_facts: Duration::from_secs(5 * 60),
            leave_pause: Duration::from_millis(30),
            disconnect: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5 * 60),
            long_queue: Duration::from_secs(60 * 60),
            shutdown: Duration::from_secs(60),
        }
    }
}

impl FollowDelays {
    /// How long a denial, or an event of a session, counts as evidence.
    pub(super) fn evidence(&self) -> Duration {
        2 * self.denied_connected
    }
}

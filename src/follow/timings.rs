//! How patient following a build is.

use std::time::Duration;

use crate::retry::Policy;

/// How patient to be. Data, so that tests need not be.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// How often REST is asked while the stream brings what happens.
    pub status_poll: Duration,
    /// How often REST is asked for status and lines while it is not.
    pub poll: Duration,
    /// Bounds of the delays after questions to REST that failed.
    pub retry: Policy,
    /// How long REST may ask us to stay away.
    pub longest_retry_after: Duration,
    /// How long nothing at all may be heard of the service before the build is given up.
    pub longest_outage: Duration,
    /// How many answers in a row may be of no use while nothing has confirmed the build.
    pub unconfirmed_retries: u32,
    /// How long it may take to connect the stream, from the name lookup to the CONNECT answer.
    pub connect: Duration,
    /// How many connections of the stream in a row may fail before the log is polled.
    pub connections: u32,
    /// How long the stream may be away before the log is polled.
    pub grace: Duration,
    /// Bounds of the delays before the next session.
    pub reconnect: Policy,
    /// How long a session must have lived to count as healthy.
    pub healthy: Duration,
    /// Bounds of the delays before REST is asked once more for lines that came live.
    pub look_again: Policy,
    /// How long lines of the stream are held back for REST to show those before them.
    pub hold: Duration,
    /// How long lines that REST has shown are held back for the stream to bring them.
    pub ahead: Duration,
    /// How long a session may bring nothing of what REST has shown before the room is joined again.
    pub silent: Duration,
    /// How long lines are held back that may repeat earlier ones.
    pub repeats: Duration,
    /// After how long REST is asked whether a session that has brought nothing misses something;
    /// doubled with every answer, up to `status_poll`.
    pub first_check: Duration,
    /// Bounds of the delays before the room of a silent session is joined again.
    pub rejoin: Policy,
    /// How long REST may be asked for the last lines of a build whose end is known.
    pub catch_up: Duration,
    /// How long the log must be silent after the terminal status.
    pub silence: Duration,
    /// How long to wait for that silence.
    pub longest_drain: Duration,
    /// How long REST may deny an end that was pushed.
    pub longest_denial: Duration,
    /// How long the final facts may be asked for in all.
    pub longest_last_word: Duration,
    /// How long a clean goodbye may take.
    pub goodbye: Duration,
    /// How long nothing may be printed before we say that we are still here. A CI's own patience
    /// with a silent step begins at ten minutes.
    pub heartbeat: Duration,
    /// How long a build may be queued before we say whom to ask.
    pub long_queue: Duration,
    /// How long files may take at the end, and how long stdout may make no progress with the last words.
    pub last_words: Duration,
}

impl Default for Timings {
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
            connect: Duration::from_secs(15),
            connections: 4,
            grace: Duration::from_secs(2),
            reconnect: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(60),
                retries: u32::MAX,
            },
            healthy: Duration::from_secs(5),
            look_again: Policy {
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
            longest_last_word: Duration::from_secs(5 * 60),
            goodbye: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5 * 60),
            long_queue: Duration::from_secs(60 * 60),
            last_words: Duration::from_secs(60),
        }
    }
}

//! How patient following a build is.

use std::time::Duration;

use crate::retry::Policy;

/// How patient to be. Data, so that tests need not be.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// How often REST is asked for the status while the stream is connected.
    pub status_poll: Duration,
    /// How often REST is asked for status and lines while it is not.
    pub poll: Duration,
    /// How long the stream must be silent after the terminal status.
    pub silence: Duration,
    /// How long to wait for that silence.
    pub longest_drain: Duration,
    /// How long lines are held back for REST to show those before them.
    pub catch_up: Duration,
    /// How long a session must have lived to count as healthy.
    pub healthy: Duration,
    /// Delays before the next session.
    pub reconnect: Policy,
    /// How many answers in a row may be of no use while nothing has confirmed the build.
    pub unconfirmed_retries: u32,
    /// Delays before the final facts are asked for again.
    pub last_word: Policy,
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
            status_poll: Duration::from_secs(15),
            poll: Duration::from_secs(3),
            silence: Duration::from_millis(300),
            longest_drain: Duration::from_secs(2),
            catch_up: Duration::from_secs(10),
            healthy: Duration::from_secs(10),
            reconnect: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(30),
                retries: u32::MAX,
            },
            unconfirmed_retries: 6,
            last_word: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(8),
                retries: 6,
            },
            longest_last_word: Duration::from_secs(60),
            goodbye: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5 * 60),
            long_queue: Duration::from_secs(60 * 60),
            last_words: Duration::from_secs(60),
        }
    }
}

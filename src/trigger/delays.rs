//! The delays and limits of triggering a build.

use std::time::Duration;

use crate::retry::Policy;

/// Delays and limits of triggering a build. They are data, so that tests can shorten them.
#[derive(Debug, Clone, Copy)]
pub struct TriggerDelays {
    /// The time limit for triggering in all.
    pub longest: Duration,
    /// The time limit for one answer.
    pub answer: Duration,
    /// The delays before a request is repeated that was certainly not accepted.
    pub again: Policy,
    /// The longest `Retry-After` that is accepted.
    pub longest_retry_after: Duration,
    /// The delays before the builds are listed after an ambiguous answer. The service may still be
    /// working on a request that a gateway gave up, and the list may lag.
    pub lookup_delays: [Duration; 4],
    /// How many ambiguous triggers may be sent.
    pub max_ambiguous: u32,
    /// The delays before a failed request for the list is repeated.
    pub reread: Policy,
    /// The time limit for one lookup.
    pub longest_lookup: Duration,
    /// How many pages of the list are read.
    pub pages: usize,
}

impl Default for TriggerDelays {
    fn default() -> Self {
        Self {
            longest: Duration::from_secs(180),
            answer: Duration::from_secs(30),
            again: Policy {
                first: Duration::from_secs(1),
                longest: Duration::from_secs(15),
                retries: 5,
            },
            longest_retry_after: Duration::from_secs(60),
            lookup_delays: [1, 3, 7, 15].map(Duration::from_secs),
            max_ambiguous: 3,
            reread: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(8),
                retries: 6,
            },
            longest_lookup: Duration::from_secs(30),
            pages: 20,
        }
    }
}

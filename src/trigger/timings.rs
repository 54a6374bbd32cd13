//! How patient a trigger is.

use std::time::Duration;

use crate::retry::Policy;

/// How patient to be. Data, so that tests need not be.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// How long triggering may take in all.
    pub longest: Duration,
    /// How long one answer may take.
    pub answer: Duration,
    /// Delays before a trigger of which nothing was accepted is sent again.
    pub again: Policy,
    /// How long the service may ask us to stay away.
    pub longest_retry_after: Duration,
    /// When the builds are listed after an answer that leaves open whether there is one. The service
    /// may still be at work on what a gateway gave up, and the list may lag.
    pub looks: [Duration; 4],
    /// How many triggers may be sent of which the answer leaves that open.
    pub open_ends: u32,
    /// Delays before a list that cannot be had is asked for again.
    pub reread: Policy,
    /// How long one look may take in all.
    pub longest_look: Duration,
    /// How many pages of the list are read.
    pub pages: usize,
}

impl Default for Timings {
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
            looks: [1, 3, 7, 15].map(Duration::from_secs),
            open_ends: 3,
            reread: Policy {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(8),
                retries: 6,
            },
            longest_look: Duration::from_secs(30),
            pages: 20,
        }
    }
}

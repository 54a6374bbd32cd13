//! Parts of scenarios that many tests have.

use std::ops::RangeInclusive;

use simulator::{Recovery, Scenario};

/// A path that only tests ask for: `.await_requests("GET", GO, 1)` waits for [`Job::go`](super::Job::go).
pub(crate) const GO: &str = "/go";

/// Logs `line 1`, `line 2`, …
pub(crate) fn lines(scenario: Scenario, numbers: RangeInclusive<u64>) -> Scenario {
    numbers.fold(scenario, |scenario, n| scenario.log("info", format!("line {n}")))
}

/// Logs a line in an open phase and then goes on for ever.
pub(crate) fn endless() -> Scenario {
    Scenario::new()
        .await_join()
        .status("running")
        .log("info", "********** COOK COMMAND STARTED **********")
        .log("info", "line 1")
        .never_ends()
}

/// Additions of the tests to scenarios.
pub(crate) trait ScenarioExt {
    /// The build goes on for ever.
    fn never_ends(self) -> Self;

    /// The service pings that often, without ever losing its patience.
    fn pings_every(self, milliseconds: u64) -> Self;
}

impl ScenarioExt for Scenario {
    fn never_ends(self) -> Self {
        self.await_requests("POST", "/never", 1)
    }

    fn pings_every(self, milliseconds: u64) -> Self {
        // The journal has the answers only of sessions that can be recovered.
        self.recovery(Recovery::default()).pings(milliseconds, 3_600_000)
    }
}

//! The scenario: lines at an even pace, and a fault every few seconds.

use std::collections::BTreeMap;

use simulator::{Answer, BUILD_ID, Scenario, Step, build_path};

use crate::logged::message;

/// How long the lines of one go wait for the next ones.
const BEAT_MS: u64 = 20;

/// Faults follow each other after so many seconds.
const APART_S: std::ops::RangeInclusive<u64> = 2..=8;

/// A service that shows this many lines by REST leaves no gap at the usual pace.
const RECENT_LINES: usize = 50_000;

pub(crate) struct Script {
    pub(crate) scenario: Scenario,
    /// How often each fault happens.
    pub(crate) faults: BTreeMap<&'static str, u64>,
}

impl Script {
    pub(crate) fn new(lines: u64, pace: u64, seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut scenario = Scenario::new().recent_lines(RECENT_LINES).pings(1_000, 1_500).clock(10);
        let mut faults = BTreeMap::new();
        let mut order: Vec<usize> = Vec::new();
        let mut until_fault = pace * 2;
        scenario = scenario.await_join().status("running");
        for number in 1..=lines {
            scenario = scenario.log("info", message(number, seed));
            if number % (pace * BEAT_MS / 1_000).max(1) == 0 {
                scenario = scenario.pause(BEAT_MS);
            }
            until_fault -= 1;
            if until_fault == 0 {
                until_fault = pace * dice.u64(APART_S);
                if order.is_empty() {
                    order = (0..FAULTS.len()).collect();
                    dice.shuffle(&mut order);
                }
                let Some((name, steps)) = order.pop().and_then(|place| FAULTS.get(place)) else {
                    continue;
                };
                *faults.entry(*name).or_default() += 1;
                scenario = steps().into_iter().fold(scenario, Scenario::step);
            }
        }
        Self { scenario: scenario.status("complete"), faults }
    }
}

type Fault = (&'static str, fn() -> Vec<Step>);

const FAULTS: &[Fault] = &[
    ("connection reset", || vec![Step::CutConnections]),
    ("connection ended without a word", || vec![Step::HangUp]),
    ("connection frozen", || vec![Step::Freeze]),
    ("WebSocket closed", || vec![Step::CloseEngine]),
    ("session disconnected by the service", || vec![Step::Disconnect]),
    ("service restarted, port closed for 1.5 s", || vec![Step::Restart(1_500)]),
    ("connection reset, REST limits the rate", || {
        vec![
            Step::Answer(
                Answer::new("GET", build_path(BUILD_ID), 429).header("retry-after", "1").times(2),
            ),
            Step::CutConnections,
        ]
    }),
    ("connection reset, REST fails", || {
        vec![
            Step::Answer(Answer::new("GET", build_path(BUILD_ID), 503).times(3)),
            Step::CutConnections,
        ]
    }),
];

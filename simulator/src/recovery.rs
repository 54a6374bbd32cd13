//! Connection state recovery: the events that a returning client gets. Pure.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::scenario::Recovery;

/// How many events are remembered at most.
const REMEMBERED_EVENTS: usize = 100_000;

/// The lost sessions, and the events that they may have missed.
#[derive(Debug, Default)]
pub(crate) struct Recoveries {
    settings: Recovery,
    /// By `pid`, the builds that a lost session was following.
    lost: BTreeMap<String, Vec<String>>,
    events: VecDeque<Remembered>,
    next_offset: u64,
    next_pid: u64,
}

#[derive(Debug)]
struct Remembered {
    build_id: String,
    offset: String,
    frame: String,
}

/// A session that is resumed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// The builds that it follows.
    pub(crate) builds: Vec<String>,
    /// The frames that it missed.
    pub(crate) missed: Vec<String>,
}

impl Recoveries {
    pub(crate) fn new(settings: Recovery) -> Self {
        Self { settings, ..Self::default() }
    }

    /// An id under which a new session can be resumed later.
    pub(crate) fn pid(&mut self) -> String {
        self.next_pid += 1;
        format!("pid{:08}", self.next_pid)
    }

    /// Remembers an event of a build's room, and returns its frame.
    pub(crate) fn remember(
        &mut self,
        build_id: &str,
        event: &str,
        payload: &impl Serialize,
    ) -> String {
        self.next_offset += 1;
        let offset = format!("o{}", self.next_offset);
        // All payloads are texts, which JSON can always write.
        let arguments = serde_json::to_string(&(event, payload, &offset)).unwrap_or_default();
        let frame = format!("42{arguments}");
        if self.events.len() == REMEMBERED_EVENTS {
            self.events.pop_front();
        }
        let build_id = build_id.to_owned();
        self.events.push_back(Remembered { build_id, offset, frame: frame.clone() });
        frame
    }

    /// A session was lost while it followed these builds.
    pub(crate) fn lose(&mut self, pid: String, builds: Vec<String>) {
        self.lost.insert(pid, builds);
    }

    /// The service has restarted.
    pub(crate) fn forget_all(&mut self) {
        self.lost.clear();
        self.events.clear();
    }

    /// The session with this `pid`, and the events it missed after `offset`; `None` if either is no
    /// longer known.
    pub(crate) fn recover(&mut self, pid: &str, offset: &str) -> Option<Recovered> {
        let last = self.events.iter().position(|event| event.offset == offset)?;
        let builds = self.lost.remove(pid)?;
        let missed = self.events.range(last + 1..);
        let mut missed: Vec<_> = missed
            .filter(|event| builds.contains(&event.build_id))
            .map(|event| event.frame.clone())
            .collect();
        let Recovery { lose_middle, lose_last } = self.settings;
        missed.truncate(missed.len().saturating_sub(lose_last));
        let lost = lose_middle.min(missed.len());
        let from = (missed.len() - lost) / 2;
        missed.drain(from..from + lost);
        Some(Recovered { builds, missed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(settings: Recovery) -> Vec<String> {
        let mut recoveries = Recoveries::new(settings);
        let pid = recoveries.pid();
        for number in 1..=7 {
            recoveries.remember("b", "build:log", &number);
            recoveries.remember("other", "build:log", &number);
        }
        recoveries.lose(pid.clone(), vec!["b".to_owned()]);
        let Recovered { builds, missed } = recoveries.recover(&pid, "o1").unwrap();
        assert_eq!(builds, ["b"]);
        assert_eq!(recoveries.recover(&pid, "o1"), None, "it is recovered once");
        missed
    }

    fn frames(numbers: &[u64]) -> Vec<String> {
        let offset = |number: u64| 2 * number - 1;
        let frame = |number: &u64| format!(r#"42["build:log",{number},"o{}"]"#, offset(*number));
        numbers.iter().map(frame).collect()
    }

    #[test]
    fn a_recovered_session_gets_what_its_rooms_had_after_its_offset() {
        assert_eq!(missed(Recovery::default()), frames(&[2, 3, 4, 5, 6, 7]));
    }

    #[test]
    fn events_can_be_left_out_in_the_middle_and_at_the_end() {
        let lose_middle = |lose_middle| Recovery { lose_middle, lose_last: 0 };
        assert_eq!(missed(lose_middle(2)), frames(&[2, 3, 6, 7]));
        assert_eq!(missed(lose_middle(9)), frames(&[]));
        let lose_last = |lose_last| Recovery { lose_middle: 0, lose_last };
        assert_eq!(missed(lose_last(4)), frames(&[2, 3]));
        assert_eq!(missed(lose_last(9)), frames(&[]));
        assert_eq!(missed(Recovery { lose_middle: 1, lose_last: 1 }), frames(&[2, 3, 5, 6]));
    }

    #[test]
    fn an_unknown_session_or_offset_is_not_recovered() {
        let mut recoveries = Recoveries::default();
        recoveries.remember("b", "build:log", &1);
        assert_eq!(recoveries.recover("nobody", "o1"), None);
        recoveries.lose("pid".to_owned(), Vec::new());
        assert_eq!(recoveries.recover("pid", "o7"), None);
        recoveries.forget_all();
        assert_eq!(recoveries.recover("pid", "o1"), None);
    }
}

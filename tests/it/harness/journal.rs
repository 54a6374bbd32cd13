//! Counting what a service received.

use simulator::{BUILD_ID, Entry, build_path};

/// The journal of a simulator, or a part of it.
pub(crate) trait Journal {
    fn count(&self, is_wanted: impl Fn(&Entry) -> bool) -> usize;

    /// How many requests of this method there were.
    fn requests(&self, wanted: &str) -> usize {
        self.count(|entry| matches!(entry, Entry::Request { method, .. } if method == wanted))
    }

    /// How many requests there were to this path.
    fn asked(&self, wanted_method: &str, wanted_path: &str) -> usize {
        self.count(|entry| {
            matches!(entry, Entry::Request { method, path, .. }
            if method == wanted_method && path.split('?').next() == Some(wanted_path))
        })
    }

    /// How often REST was asked for the build.
    fn polls(&self) -> usize {
        self.asked("GET", &build_path(BUILD_ID))
    }

    /// How often a session was let in.
    fn connections(&self) -> usize {
        self.count(|entry| *entry == Entry::Connected)
    }

    /// How many pings were answered.
    fn pongs(&self) -> usize {
        self.count(|entry| *entry == Entry::Pong)
    }

    /// How often a session asked to join the room of a build.
    fn joins(&self) -> usize {
        self.count(|entry| matches!(entry, Entry::Joined { .. }))
    }
}

impl Journal for [Entry] {
    fn count(&self, is_wanted: impl Fn(&Entry) -> bool) -> usize {
        self.iter().filter(|entry| is_wanted(entry)).count()
    }
}

//! Ends a build: REST confirms the end and shows the last lines, then the final effect is returned.

use tokio::time::Instant;

use super::{Build, FinalFacts, FollowState};
use crate::error::Error;
use crate::follow::effect::{Effect, Effects};
use crate::model::{Facts, Status};

impl Build {
    pub(super) fn request_final_facts(&mut self, now: Instant, out: &mut Effects) {
        let is_drained = self.room.is_some();
        let wait = FinalFacts { since: now, denied_since: None, lookups: 0, is_drained };
        self.state = FollowState::FinalFacts(wait);
        if is_drained {
            out.push(Effect::Leave);
        }
        self.polling.poll_at(now);
    }

    pub(super) fn repeat_final_request(&mut self, now: Instant) {
        if let FollowState::FinalFacts(wait) = &mut self.state {
            let delay = self.options.delays.recheck.delay(wait.lookups, fastrand::f64());
            wait.lookups += 1;
            self.polling.poll_at(now + delay.unwrap_or_default());
        }
    }

    /// REST keeps saying that the build has not ended.
    pub(super) fn follow_on(&mut self, now: Instant, status: Option<Status>, out: &mut Effects) {
        self.status.withdraw_end(status, out);
        self.state = FollowState::Following;
        if self.room.is_some() {
            out.push(Effect::Join);
            self.on_joined(now, false);
        } else {
            self.polling.poll_at(now);
        }
    }

    pub(super) fn finish_with_last_lines(&mut self, now: Instant, out: &mut Effects) {
        if let FollowState::LastLines { facts, .. } =
            std::mem::replace(&mut self.state, FollowState::Over)
        {
            self.finish(now, Ok(*facts), out);
        }
    }

    pub(super) fn finish(&mut self, now: Instant, end: Result<Facts, Error>, out: &mut Effects) {
        self.state = FollowState::Over;
        self.release(now, out);
        let is_whole = self.options.is_ours && self.joined_while_pending;
        if let Some(lines) = self.lines.lines_of_a_cut_beginning().filter(|_| !is_whole) {
            out.push(Effect::info(format!(
                "the log may have begun earlier: BuildPixel shows only its last {lines} lines"
            )));
        }
        out.push(Effect::End(Box::new(end)));
    }
}

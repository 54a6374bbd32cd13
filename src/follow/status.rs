//! The shown status of a build. Pure.

use tokio::time::Instant;

use super::effect::{Effect, Effects};
use crate::model::Status;

/// The last status that was shown. It only moves forward, and a terminal one is final.
#[derive(Debug, Default)]
pub(super) struct ShownStatus {
    shown: Option<Status>,
    /// When the terminal status came.
    ended: Option<Instant>,
    /// True if REST has denied a pushed end.
    denied: bool,
}

impl ShownStatus {
    /// When the build ended, if it did.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.ended
    }

    pub(super) fn is_pending(&self) -> bool {
        self.shown == Some(Status::Pending)
    }

    /// The stream pushed a status. Once REST has denied an end, only REST can report the end.
    pub(super) fn on_pushed(&mut self, now: Instant, status: Status, out: &mut Effects) {
        if !(self.denied && status.is_terminal()) {
            self.show(now, Some(status), out);
        }
    }

    /// Shows a status that was pushed or polled. Returns whether it is new.
    pub(super) fn show(&mut self, now: Instant, status: Option<Status>, out: &mut Effects) -> bool {
        let Some(status) = status else {
            return false;
        };
        let shown = self.shown.as_ref();
        let is_known = shown == Some(&status) || progress(shown) > progress(Some(&status));
        if is_known || self.ended.is_some() {
            return false;
        }
        if status.is_terminal() {
            self.ended = Some(now);
        }
        self.shown = Some(status.clone());
        out.push(Effect::Status(status));
        true
    }

    /// REST has permanently denied an end that was pushed.
    pub(super) fn withdraw_end(&mut self, status: Option<Status>, out: &mut Effects) {
        let status = status.unwrap_or(Status::Running);
        let pushed = self.shown.as_ref().map_or("", Status::as_str);
        out.push(Effect::warn(format!(
            "BuildPixel pushed the status {pushed}, but its API still reports {}; following the build on",
            status.as_str()
        )));
        self.ended = None;
        self.denied = true;
        self.shown = Some(status.clone());
        out.push(Effect::Status(status));
    }
}

fn progress(status: Option<&Status>) -> u8 {
    match status {
        None => 0,
        Some(Status::Pending) => 1,
        Some(Status::Running | Status::Other(_)) => 2,
        Some(Status::Complete | Status::Failed | Status::Superseded | Status::OtherEnd(_)) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that was shown, as text.
    fn shown(out: Effects) -> Vec<String> {
        let word = |effect| match effect {
            Effect::Status(status) => status.as_str().to_owned(),
            Effect::Notice(notice) => notice.text,
            other => format!("{other:?}"),
        };
        out.into_iter().map(word).collect()
    }

    #[test]
    fn statuses_go_forward_only_and_a_terminal_one_is_final() {
        let (mut status, mut out) = (ShownStatus::default(), Effects::new());
        let now = Instant::now();
        for word in ["pending", "running", "pending", "running", "thawing", "failed"] {
            status.show(now, Some(Status::new(word)), &mut out);
        }
        for word in ["running", "complete", "thawing", "failed"] {
            assert!(!status.show(now, Some(Status::new(word)), &mut out));
        }
        status.show(now, None, &mut out);
        assert_eq!(shown(out), ["pending", "running", "thawing", "failed"]);
    }

    #[test]
    fn a_permanently_denied_end_is_withdrawn_and_then_only_rest_can_end_the_build() {
        let (mut status, mut out) = (ShownStatus::default(), Effects::new());
        let now = Instant::now();
        status.on_pushed(now, Status::Failed, &mut out);
        assert_eq!(status.ended(), Some(now));
        status.withdraw_end(Some(Status::Running), &mut out);
        status.on_pushed(now, Status::Superseded, &mut out);
        assert_eq!(status.ended(), None);
        assert!(status.show(now, Some(Status::Complete), &mut out));
        let shown = shown(out);
        assert_eq!([&shown[0], &shown[2], &shown[3]], ["failed", "running", "complete"]);
        assert!(shown[1].contains("failed") && shown[1].contains("running"), "{}", shown[1]);
    }
}

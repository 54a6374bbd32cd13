//! Keeps what we print below the number of bytes that a CI keeps of a job's log, so that the verdict at the
//! end is not cut off. Each kind of text has a share of that number.

use crate::ci::LogLimit;

/// How important a text is. The more important it is, the fuller the log may get with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// The build log itself.
    Log,
    /// Progress of the build: headings, our own messages, the findings of a phase that has ended.
    Progress,
    /// The findings at the end.
    Findings,
    /// The verdict, and everything that must not be lost: masks, outputs, the ends of groups.
    Verdict,
}

impl Priority {
    /// In sixteenths of the limit. The last two are left to the other steps of the job.
    fn ceiling(self) -> usize {
        match self {
            Self::Log => 10,
            Self::Progress => 12,
            Self::Findings => 13,
            Self::Verdict => 14,
        }
    }
}

/// Counts the bytes that were written. Without a limit everything is written.
#[derive(Debug)]
pub(super) struct LogQuota {
    limit: Option<LogLimit>,
    spent: usize,
    is_full: bool,
}

impl LogQuota {
    pub(super) fn new(limit: Option<LogLimit>) -> Self {
        Self { limit, spent: 0, is_full: false }
    }

    /// Writes a text if there is room for all of it, and returns whether there was.
    pub(super) fn write(
        &mut self,
        priority: Priority,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let before = out.len();
        write(out);
        let Some(limit) = &self.limit else { return true };
        let written = out.get(before..).unwrap_or_default();
        let lines = written.iter().filter(|byte| **byte == b'\n').count();
        let spent = self.spent + written.len() + lines * limit.line_bytes;
        let fits = spent <= limit.bytes / 16 * priority.ceiling();
        if fits {
            self.spent = spent;
        } else {
            out.truncate(before);
        }
        fits
    }

    /// True if the build log has ended early. After one line that did not fit no other is shown, so that the
    /// log has no holes.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Ends the build log and returns the limit that it has reached.
    pub(super) fn end_log(&mut self) -> Option<&LogLimit> {
        self.is_full = true;
        self.limit.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LogLimit = LogLimit { keeper: "CI", bytes: 1600, line_bytes: 10 };

    fn write(quota: &mut LogQuota, priority: Priority, text: &str) -> bool {
        let mut out = b"before".to_vec();
        let fits = quota.write(priority, &mut out, |out| out.extend_from_slice(text.as_bytes()));
        let kept = if fits { text } else { "" };
        assert_eq!(out, format!("before{kept}").into_bytes());
        fits
    }

    #[test]
    fn bytes_that_a_ci_adds_to_a_line_count() {
        let mut quota = LogQuota::new(Some(LIMIT));
        for _ in 0..50 {
            assert!(write(&mut quota, Priority::Log, "123456789\n"));
        }
        assert!(!write(&mut quota, Priority::Log, "\n"), "1000 bytes are the share of the log");
    }

    #[test]
    fn less_important_text_leaves_room_for_more_important_text() {
        let mut quota = LogQuota::new(Some(LIMIT));
        let kinds = [Priority::Log, Priority::Progress, Priority::Findings, Priority::Verdict];
        for (kind, room) in kinds.into_iter().zip([1000, 200, 100, 100]) {
            assert!(!write(&mut quota, kind, &"x".repeat(room + 1)), "all or nothing");
            assert!(write(&mut quota, kind, &"x".repeat(room)));
            assert!(!write(&mut quota, kind, "x"));
        }
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        let mut quota = LogQuota::new(None);
        assert!(write(&mut quota, Priority::Log, &"x".repeat(100_000)));
    }
}

//! The room that a CI has for the log of a job. Whoever prints more loses the end, and so the verdict:
//! here each kind of text has a share of it, and the verdict comes last.

use crate::ci::LogLimit;

/// What a text is, and so how full the log may be with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The build log itself.
    Log,
    /// Where the build is: headings, words of our own, the findings of a phase that is over.
    Progress,
    /// The findings at the end.
    Findings,
    /// The verdict, what must be closed before it, and what could not be written after it.
    Verdict,
}

impl Purpose {
    /// In sixteenths of the limit. The last two are for what else a job prints, before us and after us.
    fn ceiling(self) -> usize {
        match self {
            Self::Log => 10,
            Self::Progress => 12,
            Self::Findings => 13,
            Self::Verdict => 14,
        }
    }
}

/// Counts what was written. Without a limit it only passes things on.
#[derive(Debug)]
pub(super) struct Trace {
    limit: Option<LogLimit>,
    spent: usize,
    is_full: bool,
}

impl Trace {
    pub(super) fn new(limit: Option<LogLimit>) -> Self {
        Self { limit, spent: 0, is_full: false }
    }

    /// Keeps what is written if there is room for all of it, and says whether there was.
    pub(super) fn write(
        &mut self,
        purpose: Purpose,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let before = out.len();
        write(out);
        let Some(limit) = &self.limit else { return true };
        let written = out.get(before..).unwrap_or_default();
        let lines = written.iter().filter(|byte| **byte == b'\n').count();
        let spent = self.spent + written.len() + lines * limit.line_bytes;
        let fits = spent <= limit.bytes / 16 * purpose.ceiling();
        if fits {
            self.spent = spent;
        } else {
            out.truncate(before);
        }
        fits
    }

    /// Whether the build log is shown no longer: a log has no holes.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Ends the build log, and says whose limit it has reached.
    pub(super) fn end_log(&mut self) -> Option<&LogLimit> {
        self.is_full = true;
        self.limit.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LogLimit = LogLimit { keeper: "CI", bytes: 1600, line_bytes: 10 };

    fn write(trace: &mut Trace, purpose: Purpose, text: &str) -> bool {
        let mut out = b"before".to_vec();
        let fits = trace.write(purpose, &mut out, |out| out.extend_from_slice(text.as_bytes()));
        let kept = if fits { text } else { "" };
        assert_eq!(out, format!("before{kept}").into_bytes());
        fits
    }

    #[test]
    fn what_a_ci_adds_to_a_line_counts() {
        let mut trace = Trace::new(Some(LIMIT));
        for _ in 0..50 {
            assert!(write(&mut trace, Purpose::Log, "123456789\n"));
        }
        assert!(!write(&mut trace, Purpose::Log, "\n"), "1000 bytes are the share of the log");
    }

    #[test]
    fn each_kind_of_text_leaves_room_for_what_matters_more() {
        let mut trace = Trace::new(Some(LIMIT));
        let kinds = [Purpose::Log, Purpose::Progress, Purpose::Findings, Purpose::Verdict];
        for (kind, room) in kinds.into_iter().zip([1000, 200, 100, 100]) {
            assert!(!write(&mut trace, kind, &"x".repeat(room + 1)), "all or nothing");
            assert!(write(&mut trace, kind, &"x".repeat(room)));
            assert!(!write(&mut trace, kind, "x"));
        }
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        let mut trace = Trace::new(None);
        assert!(write(&mut trace, Purpose::Log, &"x".repeat(100_000)));
    }
}

//! Makes distinct findings of what the lines report.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::cascades::Cascades;
use super::lies::Lies;
use super::matchers::{Matchers, Report};
use super::paths::{self, Paths, Place};
use super::phases::Phases;
use super::text::Cleaner;
use crate::event::{Finding, Location, Rank};

/// Channels that only repeat the errors of others, except for those that nobody else said.
const ECHOES: [&str; 2] = ["PackagingResults", "CookResults"];

/// Reads findings from lines, each only once.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    matchers: Matchers,
    lies: Lies,
    cascades: Cascades,
    paths: Paths,
    seen: Seen,
}

impl Findings {
    pub(super) fn new(paths: Paths) -> Self {
        Self {
            matchers: Matchers::new(),
            lies: Lies::new(),
            cascades: Cascades::new(),
            paths,
            seen: Seen::default(),
        }
    }

    /// What is wrong according to the line (colourless, stripped of its prefixes), unless an
    /// earlier line has said so.
    pub(super) fn read(
        &mut self,
        line: &str,
        phases: &Phases,
        cleaner: &Cleaner,
    ) -> Option<Finding> {
        self.paths.learn(line);
        let report = self.matchers.read(line, phases.speaker())?;
        let severity = self.lies.truth(line, report.severity)?;
        let finding = Finding {
            severity,
            code: report.code.map(|code| cleaner.title(code)),
            message: cleaner.message(report.message),
            location: self.location(&report, cleaner),
            phase: phases.current(),
            rank: if self.cascades.follow(line) { Rank::FollowUp } else { Rank::Other },
            class: None,
            hint: None,
            repeats: 0,
            also: Vec::new(),
        };
        self.seen.is_new(&finding).then_some(finding)
    }

    fn location(&self, report: &Report<'_>, cleaner: &Cleaner) -> Option<Location> {
        self.paths.begin();
        let location = match report.file {
            Some(path) => {
                let Place { file, in_repository } = self.paths.locate(path);
                Location { file, in_repository, line: report.line, column: report.column }
            }
            None => self.paths.of_message(report.code, report.message)?,
        };
        Some(paths::safe(location, cleaner))
    }
}

/// Hashes of the findings there were, the latest and those before them: an endless log may repeat
/// a finding of long ago, but never hides a new one.
#[derive(Debug, Clone, Default)]
struct Seen {
    latest: HashSet<u64>,
    earlier: HashSet<u64>,
}

impl Seen {
    /// Of each of the two; a finding has two hashes.
    const CAPACITY: usize = 100_000;

    fn is_new(&mut self, finding: &Finding) -> bool {
        let Finding { code, message, location, .. } = finding;
        let said = hash(("said", message));
        let echoed = hash(("echoed", message));
        if code.as_deref().is_some_and(|code| ECHOES.contains(&code)) {
            return !self.contains(said) && self.insert(echoed);
        }
        self.insert(said);
        self.insert(hash((code, message, location))) && !self.contains(echoed)
    }

    fn contains(&self, hash: u64) -> bool {
        self.latest.contains(&hash) || self.earlier.contains(&hash)
    }

    /// Whether it was not there yet.
    fn insert(&mut self, hash: u64) -> bool {
        if self.latest.len() >= Self::CAPACITY {
            self.earlier = std::mem::take(&mut self.latest);
        }
        self.latest.insert(hash) && !self.earlier.contains(&hash)
    }
}

fn hash(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Phase, Severity};
    use crate::log::phases;
    use crate::log::text::Style;
    use crate::worktree::Worktree;

    fn read_all(lines: &[&str]) -> Vec<Finding> {
        let cleaner = Cleaner::new(&["tok123456"], Style::default());
        let mut findings = Findings::new(Paths::new(None, Worktree::none()));
        let mut phases = Phases::default();
        phases.enter(phases::marker("*** COOK COMMAND STARTED ***"), None, &mut |_| ());
        lines.iter().filter_map(|line| findings.read(line, &phases, &cleaner)).collect()
    }

    #[test]
    fn a_finding_carries_its_place_in_the_repository() {
        let found = read_all(&[
            r#"Parsing command line: -project="C:/W/Game/Game.uproject""#,
            r"C:\W\Game\Source\A.cpp(42,7): error C2065: 'x': undeclared identifier",
        ]);
        let expected = Finding {
            severity: Severity::Error,
            code: Some("C2065".to_owned()),
            message: "'x': undeclared identifier".to_owned(),
            location: Some(Location {
                file: "Source/A.cpp".to_owned(),
                in_repository: true,
                line: Some(42),
                column: Some(7),
            }),
            phase: Some(Phase::Cook),
            rank: Rank::Other,
            class: None,
            hint: None,
            repeats: 0,
            also: Vec::new(),
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn what_was_said_before_is_not_a_finding_again() {
        let error = "Source/A.cpp(1): error C2065: x";
        let there = "Source/A.cpp(2): error C2065: x";
        let found =
            read_all(&[error, error, there, "LogCook: Error: x", "LogCook: Error: x", there]);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn an_echo_is_a_finding_only_if_nobody_else_says_it() {
        let raw = "LogCook: Error: Content is missing";
        let echo = "PackagingResults: Error: Content is missing";
        assert_eq!(read_all(&[raw, echo, echo])[0].code.as_deref(), Some("LogCook"));
        assert_eq!(read_all(&[raw, echo, echo]).len(), 1);
        assert_eq!(read_all(&[echo, raw, raw]).len(), 1);
        assert_eq!(read_all(&[echo, "PackagingResults: Error: other"]).len(), 2);
    }

    #[test]
    fn an_endless_log_does_not_fill_the_memory() {
        let mut seen = Seen::default();
        for number in 0..350_000 {
            assert!(seen.insert(number));
        }
        assert!(seen.latest.len() + seen.earlier.len() <= 2 * Seen::CAPACITY);
        assert!(!seen.insert(300_000), "what was new a moment ago is forgotten");
    }

    #[test]
    fn twenty_thousand_findings_are_distinct_from_each_other_and_not_from_themselves() {
        let line = |number| format!("LogCook: Error: {number}");
        let lines: Vec<_> = (0..20_000).chain(0..20_000).map(line).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(read_all(&lines).len(), 20_000);
    }

    #[test]
    fn the_texts_of_a_finding_are_safe_by_themselves() {
        let found = read_all(&[
            "Source/A.cpp(1): error: ::add-mask::x tok123456",
            r"Source/#\#[x].cpp(1): error: x",
            "Source/tok123456.cpp(1): error: x",
        ]);
        assert_eq!(found[0].message, r"\::add-mask::x ***");
        let files: Vec<_> = found.iter().filter_map(|finding| finding.location.as_ref()).collect();
        assert_eq!((files[1].file.as_str(), files[1].in_repository), ("Source/#/#[x].cpp", true));
        assert_eq!((files[2].file.as_str(), files[2].in_repository), ("Source/***.cpp", false));
    }

    #[test]
    fn a_consequence_is_marked_as_one() {
        let found = read_all(&["ERROR: Cook failed.", "LogCook: Error: x"]);
        assert_eq!(
            found.iter().map(|finding| finding.is_follow_up()).collect::<Vec<_>>(),
            [true, false]
        );
    }
}

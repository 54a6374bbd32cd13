//! Reads the lines of one build's log in their order. This file is the order of the steps; each step is a file beside
//! it.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::actions::Actions;
use crate::decode::{self, Decoded};
use crate::finding::Severity;
use crate::findings::Findings;
use crate::log_event::LogEvent;
use crate::phases::{self, End, Marker, Phases};
use crate::prefix::Prefixes;
use crate::progress::{Meter, Progress};

/// Turns the lines of one build's log into events, in the order of the lines.
///
/// A clone continues from the same state. Making a reader compiles patterns, which takes several milliseconds; a clone
/// of a new reader does not.
#[derive(Debug, Clone)]
pub struct Reader {
    prefixes: Prefixes,
    phases: Phases,
    meter: Meter,
    actions: Actions,
    findings: Findings,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader that has read nothing yet.
    pub fn new() -> Self {
        Self {
            prefixes: Prefixes::new(),
            phases: Phases::default(),
            meter: Meter::default(),
            actions: Actions::default(),
            findings: Findings::new(),
        }
    }

    /// Reads the next line and reports its events.
    ///
    /// `line` has no line end, no colours and no other escape sequences. `at` is the time at which the build machine
    /// wrote it, if that is known. Times serve only to say how long a phase took.
    pub fn line(&mut self, line: &str, at: Option<SystemTime>, report: &mut dyn FnMut(LogEvent)) {
        let line = self.own_text(line);
        let (line, claimed) = (&*line.text, line.claimed);
        let marker = phases::marker(line);
        let before = self.phases.current();
        let Self { phases, meter, findings, .. } = self;
        phases.enter(marker, at, &mut |event| change_phase(meter, findings, event, report));
        phases.read(line);
        meter.read(line, before, phases);
        self.read(line, claimed, report);
        let Self { phases, meter, findings, .. } = self;
        phases.leave(marker, at, &mut |event| change_phase(meter, findings, event, report));
        // AutomationTool may end without an open phase.
        match marker.filter(|_| phases.current().is_none()) {
            Some(Marker::ClosesAny(End::Completed)) => findings.forget_suspended_lines(),
            Some(Marker::ClosesAny(End::BrokenOff)) => findings.read_suspended_lines(),
            _ => {}
        }
        self.flush_if_full(report);
    }

    /// Reads a line that came too late for its place in the log. Its findings and actions count. It neither begins nor
    /// ends a phase, and does not change the progress.
    pub fn late_line(&mut self, line: &str, report: &mut dyn FnMut(LogEvent)) {
        let line = self.own_text(line);
        self.findings.set_late(true);
        self.read(&line.text, line.claimed, report);
        self.findings.set_late(false);
        self.flush_if_full(report);
    }

    /// How far the build is within the phase that is open. None if the log does not say.
    pub fn progress(&self) -> Option<Progress> {
        self.meter.of_open_phase(&self.phases)
    }

    /// True if a finding was read that is not reported yet.
    pub fn has_pending_findings(&self) -> bool {
        self.findings.has_any()
    }

    /// Reports the findings that wait for the end of their phase.
    pub fn flush(&mut self, report: &mut dyn FnMut(LogEvent)) {
        self.findings.flush(&mut |finding| report(LogEvent::Finding(finding)));
    }

    /// Ends the log: reports the progress of the cook, the pending findings and the end of the open phase.
    pub fn finish(&mut self, report: &mut dyn FnMut(LogEvent)) {
        self.meter.end_of_cook().into_iter().for_each(&mut *report);
        self.findings.read_suspended_lines_of_a_cut_log();
        self.flush(report);
        self.phases.finish(report);
    }

    /// Reads what counts at any time: findings, actions, packages of the cook.
    fn read(&mut self, line: &str, claimed: Option<Severity>, report: &mut dyn FnMut(LogEvent)) {
        self.findings.read(line, claimed, &self.phases);
        let action = self.actions.read(line, &self.phases);
        report(LogEvent::Line);
        if let Some((name, took)) = action {
            report(LogEvent::Action { name: name.to_owned(), took });
        }
        self.meter.cooked().into_iter().for_each(report);
    }

    fn flush_if_full(&mut self, report: &mut dyn FnMut(LogEvent)) {
        if self.findings.is_full() {
            self.flush(report);
        }
    }

    /// The text of the line itself, without prefixes and wrapping.
    fn own_text<'t>(&self, line: &'t str) -> OwnText<'t> {
        let line = self.prefixes.strip(line);
        match decode::decoded(line) {
            Some(Decoded { text, claimed }) => {
                let text = Cow::Owned(self.prefixes.strip(&text).to_owned());
                OwnText { text, claimed }
            }
            None => OwnText { text: Cow::Borrowed(line), claimed: None },
        }
    }
}

/// A line as its tool printed it.
struct OwnText<'t> {
    text: Cow<'t, str>,
    /// How grave the wrapping says that it is.
    claimed: Option<Severity>,
}

/// Reports the beginning or the end of a phase, after what was still to be reported of the one before.
fn change_phase(
    meter: &mut Meter,
    findings: &mut Findings,
    event: LogEvent,
    report: &mut dyn FnMut(LogEvent),
) {
    meter.end_of_cook().into_iter().for_each(&mut *report);
    match event {
        LogEvent::PhaseEnded { completed: true, .. } => {
            findings.drop_exit_codes_of_completed_phase()
        }
        LogEvent::PhaseEnded { completed: false, .. } => findings.read_suspended_lines(),
        _ => {}
    }
    findings.end_phase(&mut |finding| report(LogEvent::Finding(finding)));
    report(event);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::finding::{LogFinding, Phase};
    use crate::rules::id::RuleId;

    const COMPILES: &str = "********** BUILD COMMAND STARTED **********";
    const COMPILED: &str = "********** BUILD COMMAND COMPLETED **********";
    const ERROR: &str = "Door.obj : error LNK2019: unresolved external symbol hinge";

    /// All events of lines that are one second apart.
    fn events(lines: &[&str]) -> Vec<LogEvent> {
        let mut reader = Reader::new();
        let mut events = Vec::new();
        for (second, line) in (0..).zip(lines) {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            reader.line(line, Some(at), &mut |event| events.push(event));
        }
        reader.finish(&mut |event| events.push(event));
        events
    }

    fn findings(lines: &[&str]) -> Vec<LogFinding> {
        let finding = |event| match event {
            LogEvent::Finding(finding) => Some(finding),
            _ => None,
        };
        events(lines).into_iter().filter_map(finding).collect()
    }

    #[test]
    fn a_phase_holds_its_first_and_last_line_and_then_its_findings() {
        let shown: Vec<_> = events(&["x", COMPILES, ERROR, COMPILED, "y"])
            .into_iter()
            .map(|event| match event {
                LogEvent::Finding(_) => "finding",
                LogEvent::Line => "line",
                LogEvent::PhaseStarted(Phase::Compile) => "{",
                LogEvent::PhaseEnded { took: Some(took), completed: true, .. } => {
                    assert_eq!(took, Duration::from_secs(2));
                    "}"
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(shown, ["line", "{", "line", "line", "line", "finding", "}", "line"]);
    }

    #[test]
    fn a_finding_names_its_rule_and_the_page_of_the_vendor() {
        let found = findings(&[ERROR]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].rule, found[0].label()), (RuleId::MsvcLink, Some("LNK2019")));
        assert!(found[0].docs.is_some_and(|docs| docs.ends_with("linker-tools-error-lnk2019")));
    }

    #[test]
    fn a_line_within_json_and_behind_prefixes_is_read() {
        let json = r#"{"level":"Error","message":"LogCook: Error: x","line":0}"#;
        let prefixed =
            "[2026.05.10-14.23.45:123][ 51]UATHelper: Packaging (Windows): LogCook: Error: x";
        for line in [json, prefixed] {
            assert_eq!(findings(&[line])[0].to_string(), "LogCook: x", "{line}");
        }
    }

    /// The errors of a cook whose log asks not to read its middle.
    fn errors_of_a_cook(middle: &[&str], after: &[&str]) -> Vec<String> {
        let banner = "********** COOK COMMAND STARTED **********";
        let lines = [&[banner, "<-- Suspend Log Parsing -->"], middle, after].concat();
        let mut errors = Vec::new();
        let mut reader = Reader::new();
        let mut report = |event| {
            if let LogEvent::Finding(finding) = event
                && finding.severity == Severity::Error
            {
                errors.push(finding.message);
            }
        };
        for line in lines {
            reader.line(line, None, &mut report);
        }
        reader.finish(&mut report);
        errors
    }

    #[test]
    fn a_failed_phase_without_another_error_is_read_although_its_log_asks_not_to() {
        let resume = "<-- Resume Log Parsing -->";
        let failed = "AutomationTool exiting with ExitCode=25 (Error_UnknownCookFailure)";
        let completed = "********** COOK COMMAND COMPLETED **********";
        let has_hidden = |after: &[&str]| {
            let found = errors_of_a_cook(&["LogCook: Error: hidden"], after);
            found.iter().any(|message| message == "hidden")
        };
        assert!(has_hidden(&[failed]));
        assert!(has_hidden(&[resume, failed]));
        assert!(has_hidden(&[]), "the log is cut");
        assert!(!has_hidden(&[resume, completed]));
        assert!(!has_hidden(&[resume, "LogCook: Error: shown", failed]));
    }

    #[test]
    fn the_end_of_automation_tool_without_an_open_phase_decides_about_suspended_lines_too() {
        for (exit, is_read) in [("0 (Success)", false), ("25 (Error)", true)] {
            let exit = format!("AutomationTool exiting with ExitCode={exit}");
            let mut messages = Vec::new();
            let mut reader = Reader::new();
            for line in ["<-- Suspend Log Parsing -->", "LogCook: Error: hidden", exit.as_str()] {
                reader.line(line, None, &mut |event| messages.extend(message_of(event)));
            }
            reader.finish(&mut |event| messages.extend(message_of(event)));
            assert_eq!(messages.contains(&"hidden".to_owned()), is_read, "{exit}: {messages:?}");
        }
    }

    fn message_of(event: LogEvent) -> Option<String> {
        match event {
            LogEvent::Finding(finding) => Some(finding.message),
            _ => None,
        }
    }

    #[test]
    fn a_text_that_only_begins_like_a_banner_changes_nothing() {
        let error = "LogPlayLevel: Error: a";
        for line in [
            "*** RUN COMMAND STARTED",
            "*** RUN COMMAND STARTED by me ***",
            "*** BUILD COMMAND STARTEDx ***",
        ] {
            let with = errors_of_a_cook(&["<-- Resume Log Parsing -->", line, error], &[]);
            let without = errors_of_a_cook(&["<-- Resume Log Parsing -->", error], &[]);
            assert_eq!(with, without, "{line}");
        }
    }

    #[test]
    fn a_clone_continues_from_the_same_state() {
        let mut reader = Reader::new();
        reader.line("LogCook: Error: x", None, &mut |_| ());
        let mut clone = reader.clone();
        reader.flush(&mut |_| ());
        assert!(clone.has_pending_findings() && !reader.has_pending_findings());
        let mut count = 0;
        clone.finish(&mut |_| count += 1);
        assert_eq!(count, 1);
    }

    thread_local! {
        static READER: Reader = Reader::new();
    }

    proptest! {
        #[test]
        fn each_line_is_reported_once_whatever_it_holds(lines in proptest::collection::vec(r"(\[|Log|error: |\{|\PC){0,20}", 0..8)) {
            let mut reader = READER.with(Reader::clone);
            let mut count = 0;
            let mut report = |event| count += usize::from(event == LogEvent::Line);
            for line in &lines {
                reader.line(line, None, &mut report);
            }
            reader.finish(&mut report);
            prop_assert_eq!(count, lines.len());
        }
    }
}

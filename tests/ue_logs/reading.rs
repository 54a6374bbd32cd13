//! Reads the lines of a log with the pipeline.

use std::time::SystemTime;

use buildpixel_ci::model::{Event, Finding, Level, LogLine, Severity};
use buildpixel_ci::reader::Pipeline;
use buildpixel_ci::text::{Cleaner, Style};

/// How many lines come at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whole {
    /// Each line is a message.
    Lines,
    /// One to seven lines are a message.
    Messages,
}

thread_local! {
    /// Compiling the tables takes far longer than reading a log with them.
    static PIPELINE: Pipeline = Pipeline::new(Cleaner::new(&[], Style::default()), None);
}

/// All that is found in the lines, in the order in which it is reported.
pub(crate) fn read(lines: &[String], whole: Whole) -> Vec<Finding> {
    let finding = |event| match event {
        Event::Finding(finding) => Some(finding),
        _ => None,
    };
    events(lines, whole).into_iter().filter_map(finding).collect()
}

/// All that happens in the lines, but for the lines themselves.
pub(crate) fn events(lines: &[String], whole: Whole) -> Vec<Event> {
    let mut pipeline = PIPELINE.with(Pipeline::clone);
    let mut events = Vec::new();
    let mut keep = |event: Event| {
        if !matches!(event, Event::Line { .. }) {
            events.push(event);
        }
    };
    let mut rest = lines;
    for length in (1..=7).cycle() {
        let length = match whole {
            Whole::Lines => 1,
            Whole::Messages => length,
        };
        let (message, after) = rest.split_at(length.min(rest.len()));
        let [first, ..] = message else { break };
        let line = LogLine {
            timestamp: written_at(first),
            level: Level::Info,
            message: message.join("\n"),
        };
        pipeline.feed(&line, &mut keep);
        rest = after;
    }
    pipeline.finish(&mut keep);
    events
}

/// The time that the editor puts before a line: `[2026.05.10-14.23.45:123][ 51]`.
fn written_at(line: &str) -> Option<SystemTime> {
    let (clock, _) = line.strip_prefix('[')?.split_once(']')?;
    let (date, time) = clock.split_once('-')?;
    let (time, millis) = time.split_once(':')?;
    let written = format!("{}T{}.{millis}Z", date.replace('.', "-"), time.replace('.', ":"));
    humantime::parse_rfc3339(&written).ok()
}

/// The lines without those that the built game wrote when it was run.
pub(crate) fn outside_run(lines: &[String]) -> Vec<String> {
    let is = |line: &String, banner: &str| line.contains("****") && line.contains(banner);
    let Some(start) = lines.iter().position(|line| is(line, " RUN COMMAND STARTED ")) else {
        return lines.to_vec();
    };
    let ends = |line: &String| {
        is(line, " RUN COMMAND COMPLETED ") || line.contains("AutomationTool exiting with")
    };
    let end = lines[start..].iter().position(ends).map_or(lines.len(), |length| start + length);
    [&lines[..start], &lines[end..]].concat()
}

/// The errors that follow from no other.
pub(crate) fn roots(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| is_root(finding)).collect()
}

pub(crate) fn is_root(finding: &Finding) -> bool {
    finding.severity == Severity::Error && !finding.is_follow_up()
}

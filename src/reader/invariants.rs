//! Invariants of any log: no line of it is a command to a CI, shows a secret or hides anything.

use super::Pipeline;
use crate::model::{Event, Level, LogLine};
use crate::text::invariants::{SECRET, assert_harmless};
use crate::text::{Cleaner, MAX_MESSAGE, Style};

/// The character between two messages in an input of [`check`].
const NEXT: char = '\u{1f}';

/// A line has 16 KiB, and a note on what was cut off.
const LONGEST_LINE_BYTES: usize = 17 * 1024;

/// The most other places that a finding names.
const MOST_EXAMPLES: usize = 10;

/// Reads a log of several messages. The lowest bits of `style` say for which dialect.
pub fn check(style: u8, log: &str) {
    let style = Style {
        color: style & 1 != 0,
        buildkite_headings: style & 2 != 0,
        travis_folds: style & 4 != 0,
    };
    let events = events(style, log);
    assert_eq!(events, self::events(style, log), "read twice");
    let colourless = Style { color: false, ..style };
    let inside = Style { buildkite_headings: false, ..colourless };
    for event in events {
        match event {
            Event::Line { text, .. } => {
                assert_harmless(&text, style);
                assert!(text.len() <= LONGEST_LINE_BYTES, "{} bytes", text.len());
            }
            Event::Finding(finding) => {
                let units = finding.message.encode_utf16().count();
                assert!(units <= MAX_MESSAGE, "{units} UTF-16 units");
                assert!(finding.also.len() <= MOST_EXAMPLES, "{}", finding.also.len());
                finding.message.split('\n').for_each(|line| assert_harmless(line, colourless));
                let place = finding.location.as_ref().map(ToString::to_string);
                let texts = [finding.code, finding.hint, place];
                for text in texts.iter().flatten().chain(&finding.also) {
                    assert_harmless(text, inside);
                }
            }
            Event::Action { name, .. } => assert_harmless(&name, colourless),
            Event::PhaseStarted(_)
            | Event::Cooked { .. }
            | Event::PhaseEnded { .. }
            | Event::Status(_)
            | Event::Notice(_) => {}
        }
    }
}

thread_local! {
    /// Compiling the tables takes far longer than reading a log with them.
    static PIPELINE: Pipeline =
        Pipeline::new(Cleaner::new(&[], Style::default()), Some("Game"));
}

fn events(style: Style, log: &str) -> Vec<Event> {
    let mut pipeline = PIPELINE.with(Pipeline::clone);
    pipeline.safe.cleaner = Cleaner::new(&[SECRET], style);
    let mut events = Vec::new();
    for message in log.split(NEXT) {
        let line = LogLine { timestamp: None, level: Level::Info, message: message.to_owned() };
        pipeline.feed(&line, &mut |event| events.push(event));
    }
    pipeline.finish(&mut |event| events.push(event));
    events
}

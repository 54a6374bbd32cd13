//! BuildPixel's events on the wire, both ways.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::json;

use super::error::beginning;
use crate::api::wire::{self, Line};
use crate::event::{Id, LogLine, Status};
use crate::json;

/// Something that the service said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A message of a build's log.
    Log {
        /// Which build: a session may be in several rooms.
        build: Id,
        /// The message.
        line: LogLine,
    },
    /// A build's status changed.
    Status {
        /// Which build.
        build: Id,
        /// Its new status.
        status: Status,
    },
    /// An event that cannot be understood. Worth a word, not the connection.
    Unreadable {
        /// What is wrong with it.
        why: String,
    },
}

/// Reads an event; `None` if it is none of BuildPixel's.
pub(super) fn read(event: &str) -> Option<Message> {
    match json::parse(event) {
        Ok(Event(message)) => message,
        Err(error) => Some(Message::Unreadable { why: beginning(&error.to_string()) }),
    }
}

struct Event(Option<Message>);

#[derive(Deserialize)]
enum Name {
    #[serde(rename = "build:log")]
    Log,
    #[serde(rename = "build:status")]
    Status,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct StatusChange {
    #[serde(rename = "buildId", default, deserialize_with = "wire::id")]
    build: Option<Id>,
    status: String,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of the event's name and its arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut event: A) -> Result<Event, A::Error> {
        let message = match argument(&mut event)? {
            Name::Log => {
                let mut line: Line = argument(&mut event)?;
                let build = line.build.take().ok_or_else(no_build)?;
                Some(Message::Log { build, line: line.into() })
            }
            Name::Status => {
                let change: StatusChange = argument(&mut event)?;
                let build = change.build.ok_or_else(no_build)?;
                Some(Message::Status { build, status: Status::new(&change.status) })
            }
            Name::Other => None,
        };
        // Connection state recovery appends an offset, and a newer service may say more.
        while event.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Event(message))
    }
}

fn argument<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(event: &mut A) -> Result<T, A::Error> {
    event.next_element()?.ok_or_else(|| de::Error::custom("an argument is missing"))
}

fn no_build<E: de::Error>() -> E {
    E::custom("no usable `buildId` in it")
}

/// The event that enters a build's room.
pub(super) fn join(build: &Id) -> String {
    json!(["join:build", { "buildId": build.as_str() }]).to_string()
}

/// The event that leaves it.
pub(super) fn leave(build: &Id) -> String {
    json!(["leave:build", { "buildId": build.as_str() }]).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::event::Level;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn line(event: &str) -> LogLine {
        match read(event) {
            Some(Message::Log { line, .. }) => line,
            other => panic!("{event}: {other:?}"),
        }
    }

    #[test]
    fn the_documented_events_are_read() {
        let log = r#"["build:log",{"buildId":"bld1","timestamp":"1970-01-01T00:00:01.250Z","level":"error","message":"a\tb"}]"#;
        let timestamp = Some(UNIX_EPOCH + Duration::from_millis(1250));
        let line = LogLine { timestamp, level: Level::Error, message: "a\tb".to_owned() };
        assert_eq!(read(log), Some(Message::Log { build: id("bld1"), line }));

        let status = r#"["build:status",{"buildId":"bld1","status":"running","at":[1]}]"#;
        let running = Message::Status { build: id("bld1"), status: Status::Running };
        assert_eq!(read(status), Some(running));
    }

    #[test]
    fn extra_arguments_and_fields_do_no_harm() {
        let event =
            r#"["build:log",{"buildId":"b","message":"m","new":{"x":[]}},"offset",{"y":1},null]"#;
        assert_eq!(line(event).message, "m");
    }

    #[test]
    fn a_line_that_was_cut_inside_an_emoji_is_repaired() {
        let event = r#"["build:log",{"buildId":"b","message":"\ud83d\ude00 cut \ud83d"}]"#;
        assert_eq!(line(event).message, "😀 cut \u{fffd}");
    }

    #[test]
    fn events_of_other_names_are_skipped() {
        for event in [
            r#"["build:created",{"buildId":"b"}]"#,
            r#"["error"]"#,
            r#"["build:log2",5]"#,
            r#"["",{}]"#,
            r#"["\ud83d"]"#,
        ] {
            assert_eq!(read(event), None, "{event}");
        }
    }

    #[test]
    fn an_event_that_cannot_be_understood_is_unreadable() {
        for event in [
            "",
            "{}",
            "[]",
            "[1]",
            "null",
            "[\"build:log\"",
            r#"["build:log"]"#,
            r#"["build:log",5]"#,
            r#"["build:log",{"buildId":"b"}]"#,
            r#"["build:log",{"buildId":"b","message":{}}]"#,
            r#"["build:log",{"message":"m"}]"#,
            r#"["build:log",{"buildId":"../x","message":"m"}]"#,
            r#"["build:log",{"buildId":7,"message":"m"}]"#,
            r#"["build:status",{"buildId":"b"}]"#,
            r#"["build:status",{"buildId":"b","status":1}]"#,
            r#"["build:status",{"status":"failed"}]"#,
            r#"["build:status",{"buildId":"b","status":"failed"}] and more"#,
        ] {
            assert!(matches!(read(event), Some(Message::Unreadable { .. })), "{event}");
        }
    }

    #[test]
    fn rooms_are_named_as_documented() {
        assert_eq!(join(&id("bld1")), r#"["join:build",{"buildId":"bld1"}]"#);
        assert_eq!(leave(&id("bld1")), r#"["leave:build",{"buildId":"bld1"}]"#);
    }
}

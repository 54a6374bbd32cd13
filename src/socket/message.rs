//! BuildPixel's events on the wire, in both directions.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::error::TEXT_CHARS;
use crate::json;
use crate::model::{Id, LogLine, Status};
use crate::service::wire::{self, Line};
use crate::text::Mask;

/// An event of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A message of a build's log.
    Log {
        /// The build: a session may be in several rooms.
        build: Id,
        /// The message.
        line: LogLine,
    },
    /// A build's status changed.
    Status {
        /// The build.
        build: Id,
        /// Its new status.
        status: Status,
    },
    /// The service refused to let us into a build's room.
    JoinRefused {
        /// The build, if the event names one.
        build: Option<Id>,
    },
    /// An event that cannot be parsed. It is reported, and the connection stays.
    Unreadable {
        /// The parse error.
        why: String,
    },
}

/// A longer text is not an offset, but a last argument that happens to be a text.
const OFFSET_LIMIT_BYTES: usize = 256;

const JOIN: &str = "join:build";

/// An event on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WireEvent {
    /// `None` if it is not one of BuildPixel's.
    pub(super) message: Option<Message>,
    /// The offset for resuming after this event, which connection state recovery appends.
    pub(super) offset: Option<String>,
}

/// Reads an event. `mask` knows the token, which the service may quote.
pub(super) fn read(event: &str, mask: &Mask) -> WireEvent {
    json::parse(event).unwrap_or_else(|error| {
        let message =
            Some(Message::Unreadable { why: mask.beginning(&error.to_string(), TEXT_CHARS) });
        let offset = json::parse(event).map_or(None, |Offset(offset)| offset);
        WireEvent { message, offset }
    })
}

#[derive(Deserialize)]
enum Name {
    #[serde(rename = "build:log")]
    Log,
    #[serde(rename = "build:status")]
    Status,
    /// NestJS's answer if a guard, a pipe or a handler fails.
    #[serde(rename = "exception")]
    Exception,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct StatusChange {
    #[serde(rename = "buildId", default, deserialize_with = "wire::id")]
    build: Option<Id>,
    status: String,
}

#[derive(Deserialize)]
struct Refusal {
    cause: Option<Cause>,
}

/// The refused message.
#[derive(Deserialize)]
struct Cause {
    pattern: Option<String>,
    data: Option<RefusedJoin>,
}

#[derive(Deserialize)]
struct RefusedJoin {
    #[serde(rename = "buildId", default, deserialize_with = "wire::id")]
    build: Option<Id>,
}

/// Exceptions of any other shape are not about our messages.
fn refused_join(exception: Value) -> Option<Message> {
    let Refusal { cause } = serde_json::from_value(exception).ok()?;
    let Cause { pattern, data } = cause?;
    let is_join = pattern.is_some_and(|pattern| pattern == JOIN);
    is_join.then(|| Message::JoinRefused { build: data.and_then(|data| data.build) })
}

impl<'de> Deserialize<'de> for WireEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(WireEventVisitor)
    }
}

struct WireEventVisitor;

impl<'de> Visitor<'de> for WireEventVisitor {
    type Value = WireEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of the event's name and its arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut event: A) -> Result<WireEvent, A::Error> {
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
            Name::Exception => event.next_element()?.and_then(refused_join),
            Name::Other => None,
        };
        Ok(WireEvent { message, offset: last_text(event)? })
    }
}

/// The offset of an event that cannot be parsed otherwise.
struct Offset(Option<String>);

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OffsetVisitor)
    }
}

struct OffsetVisitor;

impl<'de> Visitor<'de> for OffsetVisitor {
    type Value = Offset;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WireEventVisitor.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut event: A) -> Result<Offset, A::Error> {
        argument::<_, IgnoredAny>(&mut event)?;
        last_text(event).map(Offset)
    }
}

/// The last remaining argument, if it is a text.
fn last_text<'de, A: SeqAccess<'de>>(mut event: A) -> Result<Option<String>, A::Error> {
    let mut last = None;
    while let Some(Argument(text)) = event.next_element()? {
        last = text;
    }
    Ok(last)
}

struct Argument(Option<String>);

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let short = |text: &str| (text.len() <= OFFSET_LIMIT_BYTES).then(|| text.to_owned());
        json::lenient(deserializer, short).map(Self)
    }
}

fn argument<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(event: &mut A) -> Result<T, A::Error> {
    event.next_element()?.ok_or_else(|| de::Error::custom("an argument is missing"))
}

fn no_build<E: de::Error>() -> E {
    E::custom("no usable `buildId` in it")
}

/// The event that joins a build's room.
pub(super) fn join(build: &Id) -> String {
    json!([JOIN, { "buildId": build.as_str() }]).to_string()
}

/// The event that leaves it.
pub(super) fn leave(build: &Id) -> String {
    json!(["leave:build", { "buildId": build.as_str() }]).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::model::Level;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn read(event: &str) -> WireEvent {
        super::read(event, &Mask::new(&["tok123456"]))
    }

    fn line(event: &str) -> LogLine {
        match read(event).message {
            Some(Message::Log { line, .. }) => line,
            other => panic!("{event}: {other:?}"),
        }
    }

    #[test]
    fn the_documented_events_are_read() {
        let log = r#"["build:log",{"buildId":"bld1","timestamp":"1970-01-01T00:00:01.250Z","level":"error","message":"a\tb"}]"#;
        let timestamp = Some(UNIX_EPOCH + Duration::from_millis(1250));
        let line = LogLine { timestamp, level: Level::Error, message: "a\tb".to_owned() };
        let message = Some(Message::Log { build: id("bld1"), line });
        assert_eq!(read(log), WireEvent { message, offset: None });

        let status = r#"["build:status",{"buildId":"bld1","status":"running","at":[1]}]"#;
        let running = Message::Status { build: id("bld1"), status: Status::Running };
        assert_eq!(read(status), WireEvent { message: Some(running), offset: None });
    }

    #[test]
    fn an_exception_of_nestjs_reports_a_refused_join() {
        let refused = r#"["exception",{"status":"error","message":"Forbidden resource","cause":{"pattern":"join:build","data":{"buildId":"bld1"}}}]"#;
        let message = Some(Message::JoinRefused { build: Some(id("bld1")) });
        assert_eq!(read(refused), WireEvent { message, offset: None });
        for other in [
            r#"["exception",{"cause":{"pattern":"leave:build"}}]"#,
            r#"["exception",{"status":"error","message":"Internal server error"}]"#,
            r#"["exception"]"#,
            r#"["exception",[7]]"#,
        ] {
            assert_eq!(read(other).message, None, "{other}");
        }
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
            assert_eq!(read(event), WireEvent { message: None, offset: None }, "{event}");
        }
    }

    #[test]
    fn the_offset_is_the_last_argument_if_that_is_a_text() {
        let long = "x".repeat(OFFSET_LIMIT_BYTES + 1);
        for (event, offset) in [
            (r#"["build:log",{"buildId":"b","message":"m"},"o1"]"#, Some("o1")),
            (r#"["build:log",{"buildId":"b","message":"cut \ud83d"},7,"o2"]"#, Some("o2")),
            (r#"["build:log",{"buildId":"b","message":"m"},"o3",{"y":["z"]}]"#, None),
            (r#"["build:log",{"buildId":"b","message":"m"},"o4",null]"#, None),
            (r#"["build:status",{"buildId":"b","status":"running"},"o5"]"#, Some("o5")),
            (r#"["build:created",{"buildId":"b"},"o6"]"#, Some("o6")),
            (r#"["anything","o7"]"#, Some("o7")),
            (r#"["anything"]"#, None),
            (r#"["build:log",5,[],"o8"]"#, Some("o8")),
            (r#"["build:log","o9"]"#, Some("o9")),
            (r#"[7,"o10"]"#, Some("o10")),
            (r#"["build:log",{"buildId":"b"},"cut"#, None),
            (&format!(r#"["announcement","{long}"]"#), None),
        ] {
            assert_eq!(read(event).offset.as_deref(), offset, "{event}");
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
            let message = read(event).message;
            assert!(matches!(message, Some(Message::Unreadable { .. })), "{event}");
        }
    }

    #[test]
    fn rooms_are_named_as_documented() {
        assert_eq!(join(&id("bld1")), r#"["join:build",{"buildId":"bld1"}]"#);
        assert_eq!(leave(&id("bld1")), r#"["leave:build",{"buildId":"bld1"}]"#);
    }
}

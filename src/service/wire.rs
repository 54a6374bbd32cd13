//! BuildPixel's answers on the wire, and how they are parsed. If the documentation is silent, any
//! spelling is accepted and an odd field spoils only itself.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::json::{self, Object};
use crate::model::{Facts, Id, Level, LogLine, Status};

/// The largest page of a list: 100 builds are requested.
const LONGEST_PAGE: usize = 1000;

/// Branch, commit and changelist instead of the build setting's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TriggerOverrides {
    /// Git branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Git commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Perforce changelist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changelist: Option<String>,
}

/// A build that was triggered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triggered {
    /// The new build.
    pub build: Id,
    /// Its status: `pending`, as documented.
    pub status: Status,
}

/// A build as REST shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Its facts; the status is always among them.
    pub facts: Facts,
    /// The last lines of its log, oldest first, as in the answer.
    pub recent: Vec<LogLine>,
}

/// One page of a list of builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The builds, in the order of the answer.
    pub builds: Vec<Listed>,
    /// The following page.
    pub more: More,
    /// The time on the service's clock, if it was sent.
    pub date: Option<SystemTime>,
    /// When the answer began to arrive.
    pub came: Instant,
}

/// The page that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum More {
    /// There is none.
    End,
    /// The page at this cursor.
    Cursor(String),
    /// The answer does not say whether there is one.
    Unknown,
}

/// A build in a list. An element that is no build at all has no field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The build.
    pub id: Option<Id>,
    /// The project that it belongs to.
    pub project: Option<Id>,
    /// The build setting that it was made from.
    pub build_setting: Option<Id>,
    /// Its status.
    pub status: Option<Status>,
    /// Branch.
    pub branch: Option<String>,
    /// Commit hash, or its equivalent outside Git.
    pub commit: Option<String>,
    /// `user:…`, `api_token:…`, `push:…` or `cron`.
    pub triggered_by: Option<String>,
    /// When it was queued.
    pub created_at: Option<SystemTime>,
}

/// A build setting, as far as it is needed here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The branch that is built unless the trigger says otherwise.
    pub branch: Option<String>,
}

/// One line of a build log: an element of a [`Snapshot`], or a `build:log` event.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    #[serde(rename = "buildId", default, deserialize_with = "id")]
    pub(crate) build: Option<Id>,
    #[serde(default, deserialize_with = "timestamp")]
    timestamp: Option<SystemTime>,
    #[serde(default, deserialize_with = "level")]
    level: Option<Level>,
    message: String,
}

impl From<Line> for LogLine {
    fn from(line: Line) -> Self {
        let level = line.level.unwrap_or(Level::Info);
        Self { timestamp: line.timestamp, level, message: line.message }
    }
}

pub(crate) fn id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Id>, D::Error> {
    json::lenient(value, Id::new)
}

fn timestamp<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SystemTime>, D::Error> {
    json::lenient(value, instant)
}

fn level<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Level>, D::Error> {
    json::lenient(value, |word| match word {
        "warn" | "warning" => Some(Level::Warn),
        "error" => Some(Level::Error),
        _ => None,
    })
}

fn instant(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339_weak(text).ok()
}

pub(super) fn triggered(body: &str) -> Result<Triggered, String> {
    let object = Object::parse(body).map_err(|error| error.to_string())?;
    let build = object.get::<String>("buildId").and_then(|id| Id::new(&id));
    let status = object.get::<String>("status");
    Ok(Triggered {
        build: build.ok_or("no usable `buildId` in it")?,
        status: status.map_or(Status::Pending, |word| Status::new(&word)),
    })
}

pub(super) fn snapshot(body: &str) -> Result<Snapshot, String> {
    let object = Object::parse(body).map_err(|error| error.to_string())?;
    let text = |field| object.get::<String>(field);
    let status = text("status").ok_or("no `status` in it")?;
    let finished_at = text("finishedAt").and_then(|text| instant(&text));
    // Any value shows that the build has ended, also one in a form that is not documented.
    let has_end =
        object.raw("finishedAt").is_some_and(|end| !matches!(end, "\"\"" | "0" | "false"));
    let status = Status::new(&status);
    let facts = Facts {
        project: text("projectId").and_then(|id| Id::new(&id)),
        build_setting: text("buildSettingId").and_then(|id| Id::new(&id)),
        status: Some(if has_end { status.at_end() } else { status }),
        platform: text("platform"),
        build_type: text("buildType"),
        branch: text("branch"),
        commit: text("commit"),
        ue_version: text("ueVersion"),
        deploy_status: text("autoDeployStatus").filter(|status| !status.is_empty()),
        created_at: text("createdAt").and_then(|text| instant(&text)),
        finished_at,
        duration: object.get("durationMs").and_then(milliseconds),
    };
    let spellings = ["logs", "log", "logLines", "recentLogs"];
    let recent = spellings.into_iter().find_map(|field| object.raw(field));
    let recent = recent.map(content_of_page).and_then(lines).unwrap_or_default();
    Ok(Snapshot { facts, recent })
}

pub(super) fn setting(body: &str) -> Result<Setting, String> {
    let object = Object::parse(body).map_err(|error| error.to_string())?;
    Ok(Setting { branch: object.get("branch") })
}

/// A page as documented, or a bare array.
pub(super) fn page(body: &str, date: Option<SystemTime>, came: Instant) -> Result<Page, String> {
    let (items, more) = match body.trim_start().starts_with('[') {
        true => (body, More::Unknown),
        false => {
            let object = Object::parse(body).map_err(|error| error.to_string())?;
            (object.raw("items").ok_or("no `items` in it")?, more(&object)?)
        }
    };
    let Elements(elements) = serde_json::from_str(items)
        .map_err(|error| format!("its `items` cannot be parsed: {error}"))?;
    Ok(Page { builds: listed(&elements), more, date, came })
}

/// The elements of a page. Elements beyond the largest page are dropped.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {LONGEST_PAGE} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut gathered = Vec::new();
        while let Some(element) = elements.next_element()? {
            if gathered.len() == LONGEST_PAGE {
                return Err(A::Error::invalid_length(LONGEST_PAGE + 1, &self));
            }
            gathered.push(element);
        }
        Ok(Elements(gathered))
    }
}

fn more(object: &Object<'_>) -> Result<More, String> {
    match object.raw("nextCursor") {
        Some(cursor) => {
            let cursor =
                json::parse::<String>(cursor).map_err(|_| "its `nextCursor` is not a text")?;
            // Some services mark the end of a list like this.
            Ok(if cursor.is_empty() { More::End } else { More::Cursor(cursor) })
        }
        None if object.has("nextCursor") => Ok(More::End),
        None => Ok(More::Unknown),
    }
}

fn listed(elements: &[&RawValue]) -> Vec<Listed> {
    let listed = |element: &&RawValue| {
        let object = Object::parse(element.get()).ok()?;
        let text = |field| object.get::<String>(field);
        let id = |field| text(field).and_then(|id| Id::new(&id));
        Some(Listed {
            id: id("id").or_else(|| id("buildId")),
            project: id("projectId"),
            build_setting: id("buildSettingId"),
            status: text("status").map(|word| Status::new(&word)),
            branch: text("branch"),
            commit: text("commit"),
            triggered_by: text("triggeredBy"),
            created_at: text("createdAt").and_then(|text| instant(&text)),
        })
    };
    elements.iter().map(|element| listed(element).unwrap_or_default()).collect()
}

fn milliseconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number / 1000.0).ok()
}

/// The content of a page of a list, or else the value itself. Pages are not nested: parsing nested
/// ones would take one pass per level.
fn content_of_page(value: &str) -> &str {
    Object::parse(value).ok().and_then(|page| page.raw("items")).unwrap_or(value)
}

/// Lines in an array, or as one text.
fn lines(value: &str) -> Option<Vec<LogLine>> {
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(value) {
        return Some(elements.into_iter().filter_map(|element| line(element.get())).collect());
    }
    line(value).map(|line| vec![line])
}

fn line(value: &str) -> Option<LogLine> {
    let bare = |message| LogLine { timestamp: None, level: Level::Info, message };
    json::parse::<Line>(value).map(LogLine::from).or_else(|_| json::parse(value).map(bare)).ok()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;
    use crate::service::invariants;

    fn messages(body: &str) -> Vec<String> {
        snapshot(body).unwrap().recent.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn a_build_answer_is_read_as_documented() {
        let body = r#"{"id":"bld1","projectId":"prj1","buildSettingId":"set1","status":"running",
            "platform":"Win64","buildType":"Shipping","branch":"main","commit":"c0ffee",
            "commitMessage":"x","ueVersion":"5.4","autoDeployStatus":"deployed","triggeredBy":"cron",
            "createdAt":"1970-01-01T00:00:01.500Z","finishedAt":null,"durationMs":2500,
            "logs":[{"timestamp":"1970-01-01T00:00:02.000Z","level":"warn","message":"careful"}]}"#;
        let at = |millis| Some(UNIX_EPOCH + Duration::from_millis(millis));
        let expected = Snapshot {
            facts: Facts {
                project: Id::new("prj1"),
                build_setting: Id::new("set1"),
                status: Some(Status::Running),
                platform: Some("Win64".to_owned()),
                build_type: Some("Shipping".to_owned()),
                branch: Some("main".to_owned()),
                commit: Some("c0ffee".to_owned()),
                ue_version: Some("5.4".to_owned()),
                deploy_status: Some("deployed".to_owned()),
                created_at: at(1500),
                finished_at: None,
                duration: Some(Duration::from_millis(2500)),
            },
            recent: vec![LogLine {
                timestamp: at(2000),
                level: Level::Warn,
                message: "careful".to_owned(),
            }],
        };
        assert_eq!(snapshot(body).unwrap(), expected);
    }

    #[test]
    fn fields_of_a_wrong_type_are_taken_for_missing() {
        let body = r#"{"status":"paused","branch":5,"commit":{},"projectId":"no id!",
            "createdAt":12,"finishedAt":"soon","durationMs":"long","ueVersion":null,"new":[1]}"#;
        let ended = Some(Status::OtherEnd("paused".to_owned()));
        let facts = Facts { status: ended, ..Facts::default() };
        assert_eq!(snapshot(body).unwrap(), Snapshot { facts, recent: Vec::new() });
        for (end, is_end) in [
            ("null", false),
            ("\"\"", false),
            ("false", false),
            ("0", false),
            ("\"2026-05-10T14:23:45+00:00\"", true),
            ("1778423025123", true),
        ] {
            let body = format!(r#"{{"status":"cancelled","finishedAt":{end}}}"#);
            let status = snapshot(&body).unwrap().facts.status.unwrap();
            assert_eq!(status.is_terminal(), is_end, "{end}");
        }
        for duration in ["-1", "1e300"] {
            let body = format!(r#"{{"status":"failed","durationMs":{duration}}}"#);
            assert_eq!(snapshot(&body).unwrap().facts.duration, None);
        }
    }

    #[test]
    fn recent_lines_are_found_under_every_spelling_and_shape() {
        for field in ["logs", "log", "logLines", "recentLogs"] {
            let body = format!(r#"{{"status":"running","{field}":[{{"message":"a"}}]}}"#);
            assert_eq!(messages(&body), ["a"], "{field}");
        }
        for (value, expected) in [
            (r#"{"items":[{"message":"a"},{"message":"b"}],"nextCursor":null}"#, &["a", "b"][..]),
            (r#"["a",{"message":"b"}]"#, &["a", "b"]),
            (r#""a\nb""#, &["a\nb"]),
            (r#"[{"message":"cut \ud83d"},{"message":7},{},null,[]]"#, &["cut \u{fffd}"]),
            (r#"{"other":1}"#, &[]),
            ("null", &[]),
            ("5", &[]),
        ] {
            let body = format!(r#"{{"status":"running","logs":{value}}}"#);
            assert_eq!(messages(&body), expected, "{value}");
        }
    }

    #[test]
    fn a_list_is_read_in_every_shape_with_its_next_page() {
        let build = |id| Listed { id: Id::new(id), ..Listed::default() };
        let read =
            |body: &str| page(body, None, Instant::now()).map(|page| (page.builds, page.more));
        for (body, builds, more) in [
            (
                r#"{"items":[{"id":"b1"}],"nextCursor":"c"}"#,
                vec![build("b1")],
                More::Cursor("c".to_owned()),
            ),
            (r#"{"items":[],"nextCursor":null,"new":1}"#, vec![], More::End),
            (r#"{"items":[],"nextCursor":""}"#, vec![], More::End),
            (r#"{"items":[{"buildId":"b1"}]}"#, vec![build("b1")], More::Unknown),
            (r#"[{"id":"b1"},{"id":"b2"}]"#, vec![build("b1"), build("b2")], More::Unknown),
            (r#"{"items":[7,null,{"id":8}],"nextCursor":null}"#, vec![build("!"); 3], More::End),
        ] {
            assert_eq!(read(body), Ok((builds, more)), "{body}");
        }
        for body in [
            "",
            "{}",
            "7",
            r#"{"items":null}"#,
            r#"{"items":{}}"#,
            r#"{"items":[],"nextCursor":7}"#,
            r#"{"items":[],"nextCursor":false}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_page_is_limited_to_the_largest_page() {
        for (before, after) in [(" [", "]\n"), (r#"{"items":["#, r#"],"nextCursor":null}"#)] {
            let read = |length| {
                let body = format!("{before}{}{after}", vec!["{}"; length].join(","));
                page(&body, None, Instant::now()).map(|page| page.builds.len())
            };
            assert_eq!(read(LONGEST_PAGE), Ok(LONGEST_PAGE));
            let error = read(LONGEST_PAGE + 1).unwrap_err();
            assert!(error.contains("expected an array of at most 1000 elements"), "{error}");
        }
    }

    #[test]
    fn a_listed_build_is_read_as_documented_and_odd_fields_are_taken_for_missing() {
        let body = r#"[{"id":"b1","projectId":"p1","buildSettingId":"s1","status":"running",
            "branch":"main","commit":"c0ffee","triggeredBy":"api_token:t1",
            "createdAt":"1970-01-01T00:00:01.500Z"},
            {"id":"b2","status":[],"branch":5,"triggeredBy":{},"createdAt":1500}]"#;
        let whole = Listed {
            id: Id::new("b1"),
            project: Id::new("p1"),
            build_setting: Id::new("s1"),
            status: Some(Status::Running),
            branch: Some("main".to_owned()),
            commit: Some("c0ffee".to_owned()),
            triggered_by: Some("api_token:t1".to_owned()),
            created_at: Some(UNIX_EPOCH + Duration::from_millis(1500)),
        };
        let odd = Listed { id: Id::new("b2"), ..Listed::default() };
        assert_eq!(page(body, None, Instant::now()).unwrap().builds, [whole, odd]);
        assert_eq!(setting(r#"{"branch":"main"}"#).unwrap().branch.as_deref(), Some("main"));
        assert_eq!(setting(r#"{"branch":null}"#).unwrap().branch, None);
    }

    #[test]
    fn an_odd_level_or_timestamp_does_not_cost_the_line() {
        for (fields, level) in [
            (r#""level":"info""#, Level::Info),
            (r#""level":"warning""#, Level::Warn),
            (r#""level":"error""#, Level::Error),
            (r#""level":"verbose""#, Level::Info),
            (r#""level":3,"timestamp":1700000000"#, Level::Info),
            (r#""level":null,"timestamp":"yesterday""#, Level::Info),
            (r#""level":{"a":[1]},"timestamp":[true,-1,1.5]"#, Level::Info),
        ] {
            let line = line(&format!(r#"{{{fields},"message":"m"}}"#)).unwrap();
            assert_eq!(line, LogLine { timestamp: None, level, message: "m".to_owned() });
        }
    }

    #[test]
    fn endless_nesting_costs_neither_stack_nor_time() {
        const LEVELS: usize = 100_000;
        for (open, close) in [("[", "]"), (r#"{"items":"#, "}")] {
            let deep = format!("{}1{}", open.repeat(LEVELS), close.repeat(LEVELS));
            let unclosed = open.repeat(LEVELS);
            for value in [&deep, &unclosed] {
                assert!(triggered(value).is_err());
                assert!(snapshot(value).is_err());
                assert!(snapshot(&format!(r#"{{"status":{value}}}"#)).is_err());
            }
            for field in ["logs", "branch", "createdAt", "durationMs", "new"] {
                assert_eq!(messages(&format!(r#"{{"status":"x","{field}":{deep}}}"#)), [""; 0]);
            }
            for element in ["level", "timestamp", "buildId", "new"] {
                let body =
                    format!(r#"{{"status":"x","logs":[{{"{element}":{deep},"message":"m"}}]}}"#);
                assert_eq!(messages(&body), ["m"], "{element}");
            }
        }
    }

    proptest! {
        #[test]
        fn invariants_hold_for_any_answer(
            body in r#"(\{|\}|\[|\]|,|:|"|"(status|logs|items|nextCursor|message|buildId|branch|level|a)":?|\\ud83d|null|1|.){0,30}"#
        ) {
            invariants::check(&body);
        }
    }
}

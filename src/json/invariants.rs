//! Invariants of parsing any text as JSON.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Object, parse, repaired};

/// Parses a text in every way and checks the invariants.
pub fn check(text: &str) {
    let value = parse::<Value>(text);
    assert_eq!(value.as_ref().ok(), parse::<Value>(text).ok().as_ref(), "read twice");
    match repaired(text) {
        Some(fixed) => {
            assert_eq!(fixed.len(), text.len(), "a surrogate is replaced in its place");
            assert_eq!(repaired(&fixed), None, "one look finds all of them");
        }
        // A text without lone surrogates is parsed as plain JSON.
        None => assert_eq!(value.is_ok(), serde_json::from_str::<Value>(text).is_ok()),
    }
    if let Err(error) = value {
        let why = error.to_string();
        let has_reason = why.contains("recursion limit") || why.contains("out of range");
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
        assert!(!is_json || has_reason, "refused for no reason: {why}");
    }
    if let Ok(object) = Object::parse(text) {
        for field in ["status", "message", "buildId", ""] {
            let read = object.get::<String>(field);
            assert!(read.is_none() || object.raw(field).is_some());
        }
    }
}

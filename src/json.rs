//! Parses JSON as JavaScript services write it: strings may be cut in the middle of an emoji, and
//! fields may have another type than documented.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Parses `text`. If lone surrogates make that impossible, they become U+FFFD.
///
/// # Errors
/// `text` is not JSON, or not of the shape of `T`.
pub fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match repaired(text) {
        Some(repaired) => serde_json::from_str(&repaired),
        None => Err(error),
    })
}

/// `text` with every lone escaped surrogate replaced; `None` if there is none.
fn repaired(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    let mut found = false;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match (rest, escaped_unit(rest)) {
            (_, Some(0xD800..=0xDBFF)) if followed_by_low_surrogate(rest) => 12,
            (_, Some(0xD800..=0xDFFF)) => {
                // The replacement has the same length.
                bytes.splice(at..at + 6, *br"\ufffd");
                found = true;
                6
            }
            ([b'\\', ..], _) => 2,
            _ => 1,
        };
    }
    found.then(|| String::from_utf8(bytes).ok()).flatten()
}

fn followed_by_low_surrogate(escape: &[u8]) -> bool {
    matches!(escape.get(6..).and_then(escaped_unit), Some(0xDC00..=0xDFFF))
}

/// The UTF-16 code unit of the `\uXXXX` that `bytes` begin with.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(br"\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// For `deserialize_with`: applies `read` to a string; `None` for any other type.
///
/// # Errors
/// Those of `deserializer`; never because of the type.
pub fn lenient<'de, D, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(Lenient { read, result: PhantomData })
}

struct Lenient<F, T> {
    read: F,
    result: PhantomData<T>,
}

impl<'de, T, F: FnOnce(&str) -> Option<T>> Visitor<'de> for Lenient<F, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((self.read)(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// An object whose fields are parsed one by one, so that one invalid field spoils only itself.
#[derive(Debug, serde::Deserialize)]
pub struct Object<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    /// Splits an object into its fields.
    ///
    /// # Errors
    /// `text` is not an object.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The text of a field, unless it is missing or `null`.
    pub fn raw(&self, field: &str) -> Option<&'a str> {
        self.0.get(field).map(|value| value.get()).filter(|text| *text != "null")
    }

    /// True if there is such a field, `null` or not.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// A field, unless it is missing or of another type.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        parse(self.raw(field)?).ok()
    }
}

#[cfg(any(test, fuzzing))]
pub mod invariants;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (json, expected) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ude00 cut""#, "\u{fffd} cut"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\uD83D\uDE00 and \udc00""#, "😀 and \u{fffd}"),
            (r#""\\ud83d is text, \ud83d is not""#, "\\ud83d is text, \u{fffd} is not"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\ud83d\n\"""#, "\u{fffd}\n\""),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""whole 😀 \u00e9""#, "whole 😀 é"),
        ] {
            assert_eq!(parse::<String>(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn otherwise_invalid_json_stays_an_error() {
        for json in [r#""\ud83d"#, r#""\ud83"#, r#""\u12"#, r#""\"#, "", r#"["\ud83d",]"#] {
            assert!(parse::<serde_json::Value>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_odd_field_spoils_only_itself() {
        let object = Object::parse(r#"{"a":1,"b":"\ud83d","c":null,"d":{"e":[]},"a":2}"#).unwrap();
        assert_eq!(object.get::<String>("a"), None);
        assert_eq!(object.get::<u64>("a"), Some(2));
        assert_eq!(object.get::<String>("b").as_deref(), Some("\u{fffd}"));
        assert_eq!((object.raw("c"), object.raw("missing")), (None, None));
        assert_eq!((object.has("c"), object.has("missing")), (true, false));
        assert_eq!(object.raw("d"), Some(r#"{"e":[]}"#));
    }

    proptest! {
        #[test]
        fn any_javascript_string_is_parsed_as_lossy_utf_16(units: Vec<u16>) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let parsed = parse::<String>(&format!("\"{escapes}\"")).unwrap();
            prop_assert_eq!(parsed, String::from_utf16_lossy(&units));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"([\\"u]|\\u[dD][89a-f][0-9a-f]{2}|.){0,20}"#) {
            invariants::check(&text);
        }
    }
}

//! Decodes lines that other programs have wrapped: JSON around a line, UTF-16 that was read as single bytes.

use serde::Deserialize;

use crate::finding::Severity;

/// A line of UnrealBuildTool or the editor with `-JsonStdOut`, which print one object per line.
#[derive(Deserialize)]
struct Structured {
    message: String,
    #[serde(default)]
    level: String,
    /// The number of the line within its message, from 0.
    #[serde(default)]
    line: u32,
}

/// A line without its wrapping.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// How grave its tool says that it is, if it is the first line of a message.
    pub(crate) claimed: Option<Severity>,
}

/// The line without its wrapping, if it was wrapped.
pub(crate) fn decoded(line: &str) -> Option<Decoded> {
    let text = line.trim_start();
    if text.starts_with('{') && text.contains("\"message\"") {
        let structured: Structured = serde_json::from_str(text).ok()?;
        let claimed = match structured.level.as_str() {
            "Error" | "Critical" | "Fatal" if structured.line == 0 => Some(Severity::Error),
            "Warning" if structured.line == 0 => Some(Severity::Warning),
            _ => None,
        };
        return Some(Decoded { text: structured.message.replace(['\r', '\n'], " "), claimed });
    }
    is_wide(text).then(|| Decoded { text: text.chars().step_by(2).collect(), claimed: None })
}

/// True if every other character is a blank or the sign for a NUL: `L o g C o o k :`.
fn is_wide(text: &str) -> bool {
    /// A shorter line might be a word that is spaced out, in pairs of characters.
    const SHORTEST: usize = 8;
    let mut chars = text.chars();
    let (mut pairs, mut blanks) = (0, 0);
    while let (Some(c), gap) = (chars.next(), chars.next()) {
        if gap.is_some_and(|gap| !matches!(gap, ' ' | '␀' | '\u{fffd}')) {
            return false;
        }
        pairs += 1;
        blanks += usize::from(c == ' ');
    }
    pairs >= SHORTEST && blanks < pairs / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Option<String> {
        decoded(line).map(|decoded| decoded.text)
    }

    #[test]
    fn the_message_is_taken_out_of_its_object() {
        let line = r#"{"time":"2026-05-10T14:23:45Z","level":"Error","message":"LogCook: Error: x","id":301,"line":0,"lineCount":2}"#;
        assert_eq!(text(line).as_deref(), Some("LogCook: Error: x"));
        assert_eq!(text(r#"{"message":"a\nb"}"#).as_deref(), Some("a b"));
        for line in
            [r#"{"message":1}"#, r#"{"message":"x""#, "{", "{\"level\":\"Error\"}", "LogX: {}"]
        {
            assert_eq!(decoded(line), None, "{line}");
        }
    }

    #[test]
    fn wide_characters_are_joined() {
        for gap in ["␀", " "] {
            let wide: String = "LogCook: Error: x y".chars().map(|c| format!("{c}{gap}")).collect();
            assert_eq!(text(&wide).as_deref(), Some("LogCook: Error: x y"));
            assert_eq!(text(wide.trim_end()).as_deref(), Some("LogCook: Error: x y"));
        }
        for line in
            ["", "x", "a b c", "LogCook: Error: x", "                      ", "a  b  c  d  e  f  g"]
        {
            assert_eq!(decoded(line), None, "{line}");
        }
    }
}

//! Shows control characters, and characters that change the reading direction, as visible text.

use std::borrow::Cow;
use std::fmt::Write;

use super::ansi::ESC;

/// Control characters become visible. TAB stays, and so does ESC, because after the escape filter
/// only SGR contains any.
pub(super) fn show(line: &str) -> Cow<'_, str> {
    if line.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' | ESC => shown.push(c),
            '\0'..='\x1f' => shown.push(picture(c)),
            '\x7f' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                shown.push(char::REPLACEMENT_CHARACTER)
            }
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                // Writing to a String cannot fail.
                let _written = write!(shown, "\\u{{{:04x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The picture of a C0 control character: U+2400 shows U+0000, and so on.
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

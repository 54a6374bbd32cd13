//! Bounds how long a line, a title and a message may be.

use std::borrow::Cow;

use super::ansi;

/// In bytes, without the note that a line was cut.
const MAX_LINE: usize = 16 * 1024;
/// In characters.
const MAX_TITLE: usize = 200;
/// Our own bound of a message, in UTF-16 units, which CIs count. A message up to it is cut by none of them.
pub const MAX_MESSAGE: usize = 4000;
const ELLIPSIS: &str = " \u{2026}";

pub(super) fn fits(line: &str) -> bool {
    line.len() <= MAX_LINE
}

/// The kept part of a line that is too long, and a note with the dropped size.
pub(super) fn cut(line: &str) -> (&str, String) {
    let mut end = line.floor_char_boundary(MAX_LINE);
    if let Some(split) = ansi::sequences(line).find(|sgr| sgr.end > end)
        && split.start < end
    {
        end = split.start;
    }
    let (kept, dropped) = line.split_at_checked(end).unwrap_or((line, ""));
    (kept, format!("{ELLIPSIS} [+{} bytes]", dropped.len()))
}

/// Cuts a title to its length.
pub(super) fn title(mut title: String) -> String {
    let room = MAX_TITLE - ELLIPSIS.chars().count();
    if title.chars().nth(MAX_TITLE).is_some() {
        let end = title.char_indices().nth(room).map_or(0, |(at, _)| at);
        title.truncate(end);
        title.push_str(ELLIPSIS);
    }
    title
}

/// The text, shortened with ` …` if it has more than so many UTF-16 units.
pub fn shortened(text: &str, utf16_units: usize) -> Cow<'_, str> {
    let room = utf16_units.saturating_sub(ELLIPSIS.chars().count());
    let mut units = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units <= room {
            end = at + c.len_utf8();
        }
        if units > utf16_units {
            return Cow::Owned(format!("{}{ELLIPSIS}", text.get(..end).unwrap_or_default()));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_falls_into_a_character_or_a_colour() {
        let accents = "\u{e9}".repeat(MAX_LINE);
        assert_eq!(cut(&accents).0.len(), MAX_LINE);
        let odd = format!("x{accents}");
        assert_eq!(cut(&odd).0.len(), MAX_LINE - 1);
        let colour = format!("{}\x1b[31mred", "x".repeat(MAX_LINE - 2));
        assert_eq!(
            cut(&colour),
            ("x".repeat(MAX_LINE - 2).as_str(), " \u{2026} [+8 bytes]".to_owned())
        );
    }

    #[test]
    fn a_title_has_at_most_two_hundred_characters() {
        assert_eq!(title("\u{e9}".repeat(200)), "\u{e9}".repeat(200));
        assert_eq!(title("\u{e9}".repeat(201)), format!("{} \u{2026}", "\u{e9}".repeat(198)));
    }

    #[test]
    fn a_text_is_counted_in_utf16_units_and_never_splits_a_pair() {
        assert_eq!(shortened("xxxxx", 5), "xxxxx");
        assert_eq!(shortened("xxxxxx", 5), "xxx \u{2026}");
        assert_eq!(shortened("x\u{1f600}\u{1f600}\u{1f600}", 6), "x\u{1f600} \u{2026}");
    }
}

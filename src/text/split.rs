//! Splits a message into lines like the strictest reader of a CI.

/// The lines of a message, ended by `\n`, `\r\n` or any number of lone `\r`. An empty message is
/// one empty line; a line end at the very end adds no line.
pub(super) fn lines(message: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let (line, after) = first(rest?);
        rest = after;
        Some(line)
    })
}

fn first(text: &str) -> (&str, Option<&str>) {
    let Some((line, _)) = text.split_once(['\r', '\n']) else {
        return (text, None);
    };
    let end = text.get(line.len()..).unwrap_or_default();
    let after_returns = end.trim_start_matches('\r');
    let after = after_returns.strip_prefix('\n').unwrap_or(after_returns);
    (line, (!after.is_empty()).then_some(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_a_line_feed_and_at_any_run_of_carriage_returns() {
        let table: &[(&str, &[&str])] = &[
            ("", &[""]),
            ("a", &["a"]),
            ("a\n", &["a"]),
            ("a\n\n", &["a", ""]),
            ("\n", &[""]),
            ("a\nb", &["a", "b"]),
            ("a\r\n\r\nb", &["a", "", "b"]),
            ("a\rb", &["a", "b"]),
            ("a\r\r\rb", &["a", "b"]),
            ("a\r\r\nb\r", &["a", "b"]),
            ("a\u{85}b\u{2028}c\u{b}d", &["a\u{85}b\u{2028}c\u{b}d"]),
        ];
        for (message, expected) in table {
            assert_eq!(lines(message).collect::<Vec<_>>(), *expected, "{message:?}");
        }
    }
}

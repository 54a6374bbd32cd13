//! The outputs as a Java properties file, for Jenkins' `readProperties`.

use std::fmt::Write as _;

/// Java reads ISO 8859-1 by default; ASCII is safe in every charset.
fn value(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' ' if index == 0 => escaped.push_str("\\ "),
            '\\' | '=' | ':' | '#' | '!' => escaped.extend(['\\', c]),
            ' '..='~' => escaped.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _written = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

/// Writes `outputs.properties`.
pub fn render(outputs: &[(&str, String)]) -> String {
    outputs.iter().map(|(name, text)| format!("{name}={}\n", value(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ascii_and_on_one_line() {
        let rows = [
            ("a=b: é\n\\", "k=a\\=b\\: \\u00e9\\n\\\\\n"),
            (" #!\t\r", "k=\\ \\#\\!\\t\\r\n"),
            ("😀\0", "k=\\ud83d\\ude00\\u0000\n"),
            ("", "k=\n"),
        ];
        for (text, expected) in rows {
            assert_eq!(render(&[("k", text.to_owned())]), expected);
        }
    }
}

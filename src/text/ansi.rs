//! Escape sequences: only SGR (colours and the like) survives, and never the parameter that hides
//! text.

use std::borrow::Cow;
use std::ops::Range;

pub(super) const ESC: char = '\x1b';
const RESET: &str = "\x1b[0m";
/// A longer parameter than any terminal understands.
const MAX_PARAMETERS: usize = 64;

/// Drops every escape sequence except SGR, and SGR too unless it is to be kept.
pub(super) fn filter(line: &str, keep_sgr: bool) -> Cow<'_, str> {
    if !line.contains(ESC) {
        return Cow::Borrowed(line);
    }
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    // Searching the rest of the line again for each opened string would take quadratic time.
    let mut may_terminate = true;
    while let Some((text, escape)) = rest.split_once(ESC) {
        kept.push_str(text);
        rest = match escape.chars().next() {
            Some('[') => {
                let (sgr, after) = control_sequence(escape);
                if keep_sgr && let Some(parameters) = sgr {
                    push_sgr(&mut kept, parameters);
                }
                after
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                let body = after_chars(escape, 1);
                let end = may_terminate.then(|| string_end(body)).flatten();
                may_terminate = end.is_some();
                after_chars(body, end.unwrap_or(0))
            }
            Some(' '..='/') => {
                let end = escape.trim_start_matches(is_intermediate);
                end.strip_prefix(|c| matches!(c, '0'..='~')).unwrap_or(end)
            }
            Some('0'..='~') => after_chars(escape, 1),
            _ => escape,
        };
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The line without its SGR sequences.
pub(crate) fn plain(line: &str) -> Cow<'_, str> {
    if !line.contains(ESC) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut from = 0;
    for Range { start, end } in sequences(line) {
        plain.push_str(line.get(from..start).unwrap_or_default());
        from = end;
    }
    plain.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(plain)
}

/// The line with a reset at its end if it leaves a style open.
pub(super) fn closed(line: &str) -> Cow<'_, str> {
    let last = sequences(line).last().and_then(|range| line.get(range));
    let is_reset = |sgr: &str| sgr.chars().all(|c| matches!(c, ESC | '[' | '0' | ';' | 'm'));
    match last {
        Some(sgr) if !is_reset(sgr) => Cow::Owned(format!("{line}{RESET}")),
        _ => Cow::Borrowed(line),
    }
}

/// The ranges of SGR sequences.
pub(super) fn sequences(line: &str) -> impl Iterator<Item = Range<usize>> {
    line.match_indices(ESC).filter_map(|(start, _)| {
        let length = sgr_length(line.get(start..)?)?;
        Some(start..start + length)
    })
}

/// The length of the SGR sequence that the text begins with.
pub(super) fn sgr_length(text: &str) -> Option<usize> {
    let introducer = text.get(..2).filter(|start| *start == "\x1b[")?;
    let mut parameters = text.bytes().skip(introducer.len());
    let count = parameters.position(|byte| !is_sgr_parameter(byte))?;
    let ends = text.as_bytes().get(introducer.len() + count) == Some(&b'm');
    (ends && count <= MAX_PARAMETERS).then_some(introducer.len() + count + 1)
}

/// Reads the control sequence that begins with `[`: its parameters if it is an SGR, and what
/// follows it.
fn control_sequence(text: &str) -> (Option<&str>, &str) {
    let body = after_chars(text, 1);
    let after_parameters = body.trim_start_matches(|c| matches!(c, '0'..='?'));
    let parameters = body.get(..body.len() - after_parameters.len()).unwrap_or_default();
    let end = after_parameters.trim_start_matches(is_intermediate);
    let after = end.strip_prefix(|c| matches!(c, '@'..='~')).unwrap_or(end);
    let is_sgr = after_parameters.starts_with('m')
        && parameters.len() <= MAX_PARAMETERS
        && parameters.bytes().all(is_sgr_parameter);
    (is_sgr.then_some(parameters), after)
}

fn push_sgr(line: &mut String, parameters: &str) {
    let shown = without_conceal(parameters);
    if shown.is_empty() && !parameters.is_empty() {
        return;
    }
    line.push_str("\x1b[");
    line.push_str(&shown.join(";"));
    line.push('m');
}

/// The parameters without 8, which hides text; the 8 of `38;5;8` is a colour and stays.
fn without_conceal(parameters: &str) -> Vec<&str> {
    let mut shown = Vec::new();
    let mut arguments = 0;
    let mut all = parameters.split(';').peekable();
    while let Some(parameter) = all.next() {
        let number = parameter.split(':').next().and_then(|digits| digits.parse::<u8>().ok());
        if arguments > 0 {
            arguments -= 1;
        } else if number == Some(8) {
            continue;
        } else if matches!(parameter, "38" | "48" | "58") {
            arguments = match all.peek() {
                Some(&"5") => 2,
                Some(&"2") => 4,
                _ => 0,
            };
        }
        shown.push(parameter);
    }
    shown
}

/// The length of a string sequence (OSC and the like), with the BEL or ST that ends it.
fn string_end(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let ends = |&(at, byte): &(usize, &u8)| {
        *byte == b'\x07' || (*byte == b'\x1b' && bytes.get(at + 1) == Some(&b'\\'))
    };
    let (at, byte) = bytes.iter().enumerate().find(ends)?;
    Some(if *byte == b'\x07' { at + 1 } else { at + 2 })
}

/// The text after its first `count` bytes, which are whole characters.
fn after_chars(text: &str, count: usize) -> &str {
    text.get(count..).unwrap_or_default()
}

fn is_intermediate(c: char) -> bool {
    matches!(c, ' '..='/')
}

fn is_sgr_parameter(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b';' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sgr_survives_and_never_the_parameter_that_hides_text() {
        let table = [
            ("\x1b[m.\x1b[38:2::1:2:3m", "\x1b[m.\x1b[38:2::1:2:3m"),
            ("\x1b[8mhidden", "hidden"),
            ("\x1b[1;08;31mred", "\x1b[1;31mred"),
            ("\x1b[38;5;8mgrey", "\x1b[38;5;8mgrey"),
            ("\x1b[48;2;8;8;8;8mgrey", "\x1b[48;2;8;8;8mgrey"),
            ("\x1b[?25l\x1b[>4;1mx", "x"),
            ("\x1b[31", ""),
            ("\x1b[31\u{e9}m", "\u{e9}m"),
            ("\x1b(B\x1b#8\x1b7x\x1bcy", "xy"),
            ("\x1b\x1b[31mx", "\x1b[31mx"),
            ("\x1b]0;title\x07x\x1bPq\x1b\\y", "xy"),
            ("a\x1b]8;;b\x1b[1mc", "a8;;b\x1b[1mc"),
            ("\x1b", ""),
        ];
        for (line, expected) in table {
            assert_eq!(filter(line, true), expected, "{line:?}");
        }
        let long = format!("\x1b[{}mx", "1;".repeat(33));
        assert_eq!(filter(&long, true), "x");
    }

    #[test]
    fn a_line_that_opens_strings_without_end_takes_linear_time() {
        let hostile = "\x1b]".repeat(1_000_000);
        assert_eq!(filter(&hostile, true), "");
    }
}

//! Formats a finding as several lines: similar ones are summarised, and the hint comes last.

use std::borrow::Cow;

use crate::model::{Finding, Owner};
use crate::text::{MAX_MESSAGE, shortened};

/// How many similar items are named.
const NAMED: usize = 5;
/// The longest shown name, in characters: symbols can fill pages.
const NAME: usize = 100;

/// All lines of the message, without place and code, then the hint. Keeps to the bound of a message, even if an
/// annotation begins with place and code and indents the other lines by two blanks.
pub fn message(finding: &Finding) -> String {
    let (message, hint) = (text(finding), hint(finding));
    let indentation = 2 * (message.matches('\n').count() + hint.matches('\n').count());
    let around = start(finding) + &hint;
    let room = MAX_MESSAGE.saturating_sub(around.encode_utf16().count() + indentation);
    format!("{}{hint}", shortened(&message, room))
}

/// Place, code and all lines of the message.
pub fn account(finding: &Finding) -> String {
    start(finding) + &text(finding)
}

/// The same, then the hint.
pub fn whole(finding: &Finding) -> String {
    format!("{}{}", account(finding), hint(finding))
}

/// The likely owner, for people.
pub fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Code => "programmers (code)",
        Owner::Content => "artists and designers (content)",
        Owner::Config => "maintainers of the project and build settings (config)",
        Owner::Toolchain => "build engineers (toolchain: compilers and SDKs)",
        Owner::Infrastructure => "system administrators (infrastructure: machines, network)",
        Owner::Quota => "owner of the account (quota)",
    }
}

/// Place and code.
fn start(finding: &Finding) -> String {
    let place = finding.location.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let code = finding.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    place + &code
}

fn text(finding: &Finding) -> Cow<'_, str> {
    let Some(others) = others(finding) else { return Cow::Borrowed(&finding.message) };
    let (first, rest) = match finding.message.split_once('\n') {
        Some((first, rest)) => (first, format!("\n{rest}")),
        None => (finding.message.as_str(), String::new()),
    };
    Cow::Owned(format!("{first} {others}{rest}"))
}

/// `(+4 more: A.java, B.java, …)`.
fn others(finding: &Finding) -> Option<String> {
    let more = usize::try_from(finding.repeats).ok().filter(|more| *more > 0)?;
    let named = finding.also.iter().take(NAMED.min(more));
    let mut names: Vec<_> = named.map(|name| shortened(name, NAME)).collect();
    if (1..more).contains(&names.len()) {
        names.push("…".into());
    }
    let gap = if names.is_empty() { "" } else { ": " };
    Some(format!("(+{more} more{gap}{})", names.join(", ")))
}

fn hint(finding: &Finding) -> String {
    finding.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(message: &str, repeats: u32, also: &[&str]) -> Finding {
        Finding {
            code: Some("javac".to_owned()),
            hint: Some("Look up.".to_owned()),
            repeats,
            also: also.iter().map(|name| (*name).to_owned()).collect(),
            ..Finding::error(message)
        }
    }

    #[test]
    fn the_first_line_counts_similar_findings_and_the_last_one_is_the_hint() {
        let rows: [(_, &[&str], _); 6] = [
            (0, &[], "m"),
            (0, &["A"], "m"),
            (4, &[], "m (+4 more)"),
            (2, &["A", "B"], "m (+2 more: A, B)"),
            (3, &["A", "B"], "m (+3 more: A, B, …)"),
            (9, &["A", "B", "C", "D", "E", "F"], "m (+9 more: A, B, C, D, E, …)"),
        ];
        for (repeats, also, first) in rows {
            let finding = finding("m\nnote", repeats, also);
            assert_eq!(message(&finding), format!("{first}\nnote\nhint: Look up."));
            assert_eq!(account(&finding), format!("javac: {first}\nnote"));
            assert_eq!(whole(&finding), format!("javac: {first}\nnote\nhint: Look up."));
        }
        assert_eq!(finding("m\nnote", 4, &["A"]).to_string(), "javac: m (+4 more)");
    }

    #[test]
    fn a_long_message_keeps_its_hint_and_a_long_name_is_cut() {
        let long = finding(&"😀".repeat(MAX_MESSAGE), 1, &["x"]);
        assert!(message(&long).ends_with(" …\nhint: Look up."));
        let indented = format!("javac: {}", message(&long).replace('\n', "\n  "));
        assert!((MAX_MESSAGE - 1..=MAX_MESSAGE).contains(&indented.encode_utf16().count()));
        let named = finding("m", 1, &[&"x".repeat(500)]);
        let name = "x".repeat(NAME - 2);
        assert_eq!(message(&named), format!("m (+1 more: {name} …)\nhint: Look up."));
    }
}

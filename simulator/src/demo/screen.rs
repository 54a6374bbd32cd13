//! Draws the page of a CI in a terminal. A folded group shows its last lines while it is open, then only its title.

use std::fmt::Write as _;
use std::io::{self, Write};

use simulator::ci::Ci;
use simulator::page::{Looks, Page, Row};

pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const RED: &str = "\x1b[31m";
pub(crate) const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const YELLOW: &str = "\x1b[33m";
const BLUE: &str = "\x1b[34m";

/// How many lines of an open folded group are shown.
const TAIL: usize = 6;

pub(crate) struct Screen<W> {
    out: W,
    page: Page,
    /// How many rows of the page were drawn for good.
    drawn: usize,
    /// How many lines at the end of the screen will be replaced.
    live: usize,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(ci: Ci, out: W) -> Self {
        Self { out, page: Page::new(ci), drawn: 0, live: 0 }
    }

    /// Takes one line of output, given without its line feed.
    pub(crate) fn line(&mut self, line: &str) {
        self.page.line(line);
    }

    /// Ends the output.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.page.end();
        self.draw()
    }

    /// Shows what has come since the last call.
    pub(crate) fn draw(&mut self) -> io::Result<()> {
        let mut text = String::new();
        if self.live > 0 {
            // Writing to a string cannot fail.
            let _written = write!(text, "\x1b[{}A\x1b[J", self.live);
        }
        let (settled, rest) =
            self.page.rows().split_at_checked(self.page.settled()).unwrap_or_default();
        for row in settled.iter().skip(self.drawn) {
            text += &drawn(row);
            text.push('\n');
        }
        let hidden = self.page.hidden();
        let tail = hidden.iter().skip(hidden.len().saturating_sub(TAIL));
        let tail = tail.map(|row| format!("{DIM}{}{RESET}", drawn(row)));
        let titles = rest.iter().map(|row| drawn(&Row { looks: Looks::Unfolded, ..row.clone() }));
        let live: Vec<_> = titles.chain(tail).collect();
        for line in &live {
            // Without wrapping, each takes one line of the screen.
            text += &format!("\x1b[?7l{line}\x1b[?7h\n");
        }
        self.drawn = settled.len();
        self.live = live.len();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

fn drawn(row: &Row) -> String {
    let text = harmless(&row.text);
    let text = match row.looks {
        Looks::Text => text,
        Looks::Folded => format!("{BOLD}▶ {text}{RESET}"),
        Looks::Unfolded => format!("{BOLD}▼ {text}{RESET}"),
        Looks::Error => format!("{RED}{text}{RESET}"),
        Looks::Warning => format!("{YELLOW}{text}{RESET}"),
        Looks::Notice => format!("{BLUE}{text}{RESET}"),
    };
    format!("{:1$}{text}", "", 2 * row.depth)
}

/// Keeps colours and tabs; shows any other control character as a picture of itself.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = colour_length(rest)
            && let Some((colour, after)) = rest.split_at_checked(length)
        {
            safe.push_str(colour);
            rest = after;
            continue;
        }
        safe.push(match c {
            '\t' => c,
            '\0'..' ' => char::from_u32(0x2400 + c as u32).unwrap_or(c),
            c if c.is_control() => '\u{fffd}',
            c => c,
        });
        rest = rest.split_at_checked(c.len_utf8()).map_or("", |(_, after)| after);
    }
    safe
}

/// How long the colour sequence (SGR) is that the text begins with, if it does.
fn colour_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws after each line, and once more at the end.
    fn drawn(lines: &[&str]) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(Ci::GitHub, &mut out);
        for line in lines {
            screen.line(line);
            screen.draw().unwrap();
        }
        screen.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The lines that a terminal is left with, without colours.
    fn left(drawn: &str) -> Vec<String> {
        let mut lines = Vec::<String>::new();
        for line in drawn.lines() {
            let line = match line.strip_prefix("\x1b[").and_then(|rest| rest.split_once("A\x1b[J"))
            {
                Some((up, rest)) => {
                    lines.truncate(lines.len() - up.parse::<usize>().unwrap());
                    rest
                }
                None => line,
            };
            let sgr = ["?7l", "?7h", "0m", "1m", "2m", "31m", "33m", "34m"]
                .map(|end| format!("\x1b[{end}"));
            lines.push(sgr.iter().fold(line.to_owned(), |line, sgr| line.replace(sgr, "")));
        }
        lines
    }

    #[test]
    fn a_folded_group_shows_its_last_lines_while_it_is_open_and_then_only_its_title() {
        let lines: Vec<_> = (1..=8).map(|number| number.to_string()).collect();
        let mut group = vec!["before", "::group::Cook"];
        group.extend(lines.iter().map(String::as_str));
        let mut out = Vec::new();
        let mut screen = Screen::new(Ci::GitHub, &mut out);
        for line in &group {
            screen.line(line);
            screen.draw().unwrap();
        }
        let open = left(&String::from_utf8(out).unwrap());
        assert_eq!(open, ["before", "▼ Cook", "  3", "  4", "  5", "  6", "  7", "  8"]);
        group.extend(["::endgroup::", "after"]);
        assert_eq!(left(&drawn(&group)), ["before", "▶ Cook", "after"]);
    }

    #[test]
    fn output_that_ends_inside_a_group_leaves_its_title() {
        assert_eq!(left(&drawn(&["::group::Cook", "a"])), ["▶ Cook"]);
    }

    #[test]
    fn errors_are_red_and_what_belongs_to_them_is_not() {
        let drawn = drawn(&["::error file=A.cpp,line=4::A.cpp:4: it%0A  note"]);
        assert_eq!(drawn, "\x1b[31mError: A.cpp:4: it\x1b[0m\n  note\n");
    }

    #[test]
    fn only_colours_reach_the_terminal() {
        assert_eq!(drawn(&["\x1b[1;31mred\x1b[0m \x1b[2J\x07"]), "\x1b[1;31mred\x1b[0m ␛[2J␇\n");
    }
}

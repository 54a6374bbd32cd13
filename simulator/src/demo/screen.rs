//! Draws the output of a step in a terminal as the web pages of GitHub and GitLab would.

use std::io::{self, Write};

pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const BLUE: &str = "\x1b[34m";

const CLEAR_LINE: &str = "\x1b[0K";

pub(crate) struct Screen<W> {
    out: W,
    depth: usize,
    masks: Vec<String>,
}

/// What a line of output means to the page.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Open(String),
    Close,
    Mask(String),
    Annotation { level: &'static str, place: String, title: String, message: String },
    Text(String),
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, depth: 0, masks: Vec::new() }
    }

    /// Draws one line, given without its line feed.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        match understand(line) {
            Meaning::Open(title) => {
                let title = self.masked(&title);
                self.draw(&format!("{BOLD}▼ {title}{RESET}"))?;
                self.depth += 1;
            }
            Meaning::Close => self.depth = self.depth.saturating_sub(1),
            Meaning::Mask(secret) => self.masks.push(secret),
            Meaning::Annotation { level, place, title, message } => {
                let colour = match level {
                    "error" => RED,
                    "warning" => YELLOW,
                    _ => BLUE,
                };
                let head = [level, &place, &title].map(|part| self.masked(part)).join("  ");
                self.draw(&format!("{colour}┏ {BOLD}{}{RESET}", head.trim_end()))?;
                for line in self.masked(&message).lines() {
                    self.draw(&format!("{colour}┃{RESET} {line}"))?;
                }
            }
            Meaning::Text(text) => {
                let text = self.masked(&text);
                if self.depth == 0 {
                    self.draw(&text)?;
                } else {
                    self.draw(&format!("{DIM}{text}{RESET}"))?;
                }
            }
        }
        self.out.flush()
    }

    fn draw(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{text}", "", indent = 2 * self.depth)
    }

    fn masked(&self, text: &str) -> String {
        let masked =
            self.masks.iter().fold(text.to_owned(), |text, mask| text.replace(mask, "***"));
        harmless(&masked)
    }
}

fn understand(line: &str) -> Meaning {
    let line = line.trim_end_matches('\r');
    if let Some(command) = line.trim_start().strip_prefix("::")
        && let Some((head, data)) = command.split_once("::")
    {
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        match name {
            "group" => return Meaning::Open(data.to_owned()),
            "endgroup" => return Meaning::Close,
            "add-mask" if !data.is_empty() => return Meaning::Mask(unescaped(data)),
            "error" => return annotation("error", properties, data),
            "warning" => return annotation("warning", properties, data),
            "notice" => return annotation("notice", properties, data),
            _ => {}
        }
    }
    if let Some((_, section)) = line.split_once("section_start:")
        && let Some((_, title)) = section.split_once(&format!("\r{CLEAR_LINE}"))
    {
        return Meaning::Open(title.to_owned());
    }
    if line.contains("section_end:") && line.ends_with(CLEAR_LINE) {
        return Meaning::Close;
    }
    Meaning::Text(line.to_owned())
}

fn annotation(level: &'static str, properties: &str, message: &str) -> Meaning {
    let property = |name: &str| {
        let mut all = properties.split(',').filter_map(|property| property.trim().split_once('='));
        all.find(|(key, _)| *key == name).map(|(_, value)| unescaped(value))
    };
    let place = [property("file"), property("line"), property("col")];
    Meaning::Annotation {
        level,
        place: place.into_iter().flatten().collect::<Vec<_>>().join(":"),
        title: property("title").unwrap_or_default(),
        message: unescaped(message),
    }
}

/// Undoes the escaping of workflow commands.
fn unescaped(text: &str) -> String {
    [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The lines of a file, fit for a terminal.
pub(crate) fn harmless_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(harmless)
}

/// Keeps colours, tabs and line feeds; shows any other control character as a picture of itself.
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
            '\t' | '\n' => c,
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

    fn drawn(lines: &[&str]) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out);
        lines.iter().for_each(|line| screen.line(line).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_lines_of_a_group_are_indented_below_its_heading() {
        let github = drawn(&["::group::Compile", "[1/2] a.cpp", "::endgroup::", "done"]);
        let gitlab = drawn(&[
            "\x1b[0Ksection_start:1700000000:ci-1-compile[collapsed=true]\r\x1b[0KCompile",
            "[1/2] a.cpp",
            "\x1b[0Ksection_end:1700000001:ci-1-compile\r\x1b[0K",
            "done",
        ]);
        assert_eq!(github, "\x1b[1m▼ Compile\x1b[0m\n  \x1b[2m[1/2] a.cpp\x1b[0m\ndone\n");
        assert_eq!(gitlab, github);
    }

    #[test]
    fn an_annotation_shows_its_place_its_title_and_its_message() {
        let line =
            "::error title=C2065,file=Source/A.cpp,line=4,col=2::it%3A 100%25%0Anote%2C that";
        assert_eq!(
            drawn(&[line]),
            "\x1b[31m┏ \x1b[1merror  Source/A.cpp:4:2  C2065\x1b[0m\n\
             \x1b[31m┃\x1b[0m it: 100%\n\x1b[31m┃\x1b[0m note, that\n"
        );
    }

    #[test]
    fn a_masked_value_is_not_drawn() {
        assert_eq!(drawn(&["::add-mask::bp_x", "token bp_x"]), "token ***\n");
    }

    #[test]
    fn only_colours_reach_the_terminal() {
        assert_eq!(drawn(&["\x1b[1;31mred\x1b[0m \x1b[2J\x07"]), "\x1b[1;31mred\x1b[0m ␛[2J␇\n");
    }
}

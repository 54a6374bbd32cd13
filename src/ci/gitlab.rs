//! GitLab CI: sections; findings reach the merge request through report files.

use std::time::UNIX_EPOCH;

use super::{Clock, Folding, LogLimit, Sink, Style, put};

/// The runner's `output_limit` and, in front of each line, its timestamp.
const LIMIT: LogLimit = LogLimit { keeper: "GitLab", bytes: 4 * 1024 * 1024, line_bytes: 32 };

/// Counts the sections, because GitLab tells them apart by name.
pub(super) struct GitLab {
    color: bool,
    clock: Clock,
    sections: u32,
    open: Vec<String>,
}

impl GitLab {
    pub(super) fn new(style: Style, clock: Clock) -> Self {
        Self { color: style.color, clock, sections: 0, open: Vec::new() }
    }

    /// A marker is only seen with the `\r` and the erase sequence behind it.
    fn marker(&self, edge: &str, name: &str) -> String {
        let now = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("\x1b[0Ksection_{edge}:{now}:{name}\r\x1b[0K")
    }
}

impl Sink for GitLab {
    fn color(&self) -> bool {
        self.color
    }

    fn limit(&self) -> Option<LogLimit> {
        Some(LIMIT)
    }

    fn group_begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.sections += 1;
        let name = slug(&format!("ci {} {title}", self.sections));
        let collapsed = match folding {
            Folding::Collapsed => "[collapsed=true]",
            Folding::Expanded => "",
        };
        let start = self.marker("start", &format!("{name}{collapsed}"));
        put(out, &[&start, title, "\n"]);
        self.open.push(name);
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(name) = self.open.pop() {
            put(out, &[&self.marker("end", &name), "\n"]);
        }
    }
}

/// GitLab makes `-` of all but letters and digits, so that other names could collide.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::text::Cleaner;

    /// Where the parser of GitLab sees section markers, as its regular expression has it.
    fn markers(shown: &str) -> Vec<&str> {
        let marker = regex::Regex::new(
            r"section_(?:start|end):\d+:[a-zA-Z0-9_.-]+(?:\[\w+=\w+(?:, ?\w+=\w+)*\])?\r\x1b\[0K",
        );
        marker.unwrap().find_iter(shown).map(|found| found.as_str()).collect()
    }

    fn gitlab() -> GitLab {
        GitLab::new(Style::default(), || UNIX_EPOCH + Duration::from_secs(1700))
    }

    #[test]
    fn a_section_has_a_name_of_its_own_and_a_title_that_ends_nothing() {
        let rows = [
            ("Compile C++", "ci-1-compile-c", "Compile C++"),
            ("a\r\x1b[0Ksection_end:1:x\r\x1b[0K", "ci-1-a-section-end-1-x", "a section_end:1:x"),
            ("\u{65e5}\u{672c}", "ci-1", "\u{65e5}\u{672c}"),
            ("A_b.C", "ci-1-a-b-c", "A_b.C"),
        ];
        for (title, name, header) in rows {
            let (mut gitlab, mut out) = (gitlab(), Vec::new());
            let title = Cleaner::new(&[], Style::default()).title(title);
            gitlab.group_begin(&title, Folding::Collapsed, &mut out);
            gitlab.group_end(&mut out);
            let shown = String::from_utf8(out).unwrap();
            assert_eq!(
                shown,
                format!(
                    "\x1b[0Ksection_start:1700:{name}[collapsed=true]\r\x1b[0K{header}\n\
                     \x1b[0Ksection_end:1700:{name}\r\x1b[0K\n"
                )
            );
            assert_eq!(markers(&shown).len(), 2, "{shown:?}");
        }
    }

    #[test]
    fn a_section_that_is_open_at_first_has_no_option() {
        let mut out = Vec::new();
        gitlab().group_begin("Compile", Folding::Expanded, &mut out);
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, "\x1b[0Ksection_start:1700:ci-1-compile\r\x1b[0KCompile\n");
    }
}

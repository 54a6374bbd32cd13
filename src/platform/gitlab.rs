//! GitLab CI: sections; findings reach the merge request through report files.

use std::time::UNIX_EPOCH;

use super::{Clock, Folding, Sink, Style, put};

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

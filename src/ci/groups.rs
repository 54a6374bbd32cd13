//! Groups that nest, for a log that has but one level: an inner group closes the outer one, which is
//! opened anew when it has more to say.

use super::{Folding, put};

/// What is open, and how a platform spells the edges.
pub(super) struct Groups {
    start: fn(&str, Folding) -> String,
    end: &'static str,
    groups: Vec<(String, Folding)>,
    open: bool,
}

impl Groups {
    /// `start` and `end` make whole lines.
    pub(super) fn new(start: fn(&str, Folding) -> String, end: &'static str) -> Self {
        Self { start, end, groups: Vec::new(), open: false }
    }

    pub(super) fn begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.close(out);
        let title = title.split(['\r', '\n']).collect::<Vec<_>>().join(" ");
        let title = if title.is_empty() { "(untitled)".to_owned() } else { title };
        self.groups.push((title, folding));
        self.open("", out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        self.groups.pop();
    }

    /// Whether there is a group, and it was not left for an inner one.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// To be called before a line that belongs to the innermost group.
    pub(super) fn resume(&mut self, out: &mut Vec<u8>) {
        if !self.open {
            self.open(" (cont.)", out);
        }
    }

    /// Opens the innermost group, if there is one.
    fn open(&mut self, note: &str, out: &mut Vec<u8>) {
        if let Some((_, folding)) = self.groups.last() {
            let titles: Vec<_> = self.groups.iter().map(|(title, _)| title.as_str()).collect();
            put(out, &[&(self.start)(&(titles.join(" › ") + note), *folding)]);
            self.open = true;
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) {
            put(out, &[self.end]);
        }
    }
}

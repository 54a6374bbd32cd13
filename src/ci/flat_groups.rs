//! Nested groups on a CI whose log has one level. An inner group closes the outer one, which is opened again when
//! it has another line.

use super::dialect::Folding;
use super::plain_text::put;

/// The groups that are open, and how a CI writes where one begins and ends.
pub(super) struct FlatGroups {
    start: fn(&str, Folding) -> String,
    end: &'static str,
    groups: Vec<(String, Folding)>,
    open: bool,
}

impl FlatGroups {
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

    /// True if the log is inside a group.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens the innermost group again, if there is one. To be called before each of its lines.
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

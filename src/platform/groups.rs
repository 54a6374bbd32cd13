//! Groups that nest, for a log that has but one level: an inner group closes the outer one, which is
//! opened anew when it has more to say.

use super::put;

/// What is open, and how a platform spells the edges.
pub(super) struct Groups {
    start: fn(&str) -> String,
    end: &'static str,
    titles: Vec<String>,
    open: bool,
}

impl Groups {
    /// `start` and `end` make whole lines.
    pub(super) fn new(start: fn(&str) -> String, end: &'static str) -> Self {
        Self { start, end, titles: Vec::new(), open: false }
    }

    pub(super) fn begin(&mut self, title: &str, out: &mut Vec<u8>) {
        self.close(out);
        let title = title.split(['\r', '\n']).collect::<Vec<_>>().join(" ");
        self.titles.push(if title.is_empty() { "(untitled)".to_owned() } else { title });
        self.open(&self.titles.join(" › "), out);
    }

    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        self.titles.pop();
    }

    /// To be called before a line that belongs to the innermost group.
    pub(super) fn resume(&mut self, out: &mut Vec<u8>) {
        if !self.open && !self.titles.is_empty() {
            self.open(&format!("{} (cont.)", self.titles.join(" › ")), out);
        }
    }

    fn open(&mut self, title: &str, out: &mut Vec<u8>) {
        put(out, &[&(self.start)(title)]);
        self.open = true;
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) {
            put(out, &[self.end]);
        }
    }
}

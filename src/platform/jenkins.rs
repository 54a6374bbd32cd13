//! Jenkins: plain text, with marker lines that the Collapsing Console Sections plugin can be told of.

use super::{Folding, Sink, put};

/// Remembers the open groups, because an end names what it ends.
#[derive(Default)]
pub(super) struct Jenkins {
    open: Vec<String>,
}

impl Sink for Jenkins {
    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        put(out, &[">>> [ci] begin ", title, "\n"]);
        self.open.push(title.to_owned());
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(title) = self.open.pop() {
            put(out, &["<<< [ci] end ", &title, "\n"]);
        }
    }
}

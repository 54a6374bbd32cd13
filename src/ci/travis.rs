//! Travis CI: folds, told apart by name.

use super::{Folding, Sink, Style, put};

/// Counts the folds.
pub(super) struct Travis {
    color: bool,
    folds: u32,
    open: Vec<u32>,
}

impl Travis {
    pub(super) fn new(style: Style) -> Self {
        Self { color: style.color, folds: 0, open: Vec::new() }
    }
}

/// A marker is only seen with the `\r` and the erase sequence behind it.
fn marker(edge: &str, fold: u32) -> String {
    format!("travis_fold:{edge}:ci.{fold}\r\x1b[0K")
}

impl Sink for Travis {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        self.folds += 1;
        put(out, &[&marker("start", self.folds), title, "\n"]);
        self.open.push(self.folds);
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(fold) = self.open.pop() {
            put(out, &[&marker("end", fold), "\n"]);
        }
    }
}

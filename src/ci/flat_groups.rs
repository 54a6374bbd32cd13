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

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::*;
    use crate::checkout::Checkout;
    use crate::ci::tests::named;
    use crate::config::Env;

    const COLLAPSED: Folding = Folding::Collapsed;
    const EXPANDED: Folding = Folding::Expanded;

    /// Each CI with one level of groups.
    const FLAT: [&str; 6] = ["github", "gitea", "forgejo", "act", "azure", "buildkite"];

    fn written(ci: &str, write: impl FnOnce(&mut dyn Dialect, &mut Vec<u8>)) -> String {
        let (env, clock) = (Env::default(), || std::time::UNIX_EPOCH);
        let mut out = Vec::new();
        write(&mut *named(ci).open(&env, false, &Checkout::none(), clock), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// The output of a CI with `<` and `>` for the edges of a group, as each CI writes them.
    fn expected(ci: &str, output: &str) -> String {
        let (begin, end) = match ci {
            "azure" => ("##[group]", "##[endgroup]\n"),
            "buildkite" => ("--- ", ""),
            _ => ("::group::", "::endgroup::\n"),
        };
        output.replace('<', begin).replace(">\n", end)
    }

    #[test]
    fn an_inner_group_closes_the_outer_one() {
        for ci in FLAT {
            let flat = written(ci, |dialect, out| {
                dialect.group_begin("A", COLLAPSED, out);
                dialect.group_begin("B", COLLAPSED, out);
                dialect.line("x", out);
                dialect.group_end(out);
                dialect.group_end(out);
            });
            assert_eq!(flat, expected(ci, "<A\n>\n<A › B\nx\n>\n"), "{ci}");
        }
    }

    #[test]
    fn an_outer_group_is_opened_again_only_if_it_has_another_line() {
        for ci in FLAT {
            let resumed = written(ci, |dialect, out| {
                dialect.group_begin("A", COLLAPSED, out);
                dialect.group_begin("B", COLLAPSED, out);
                dialect.group_end(out);
                dialect.line("y", out);
                dialect.group_end(out);
            });
            let flat = "<A\n>\n<A › B\n>\n<A (cont.)\ny\n>\n";
            assert_eq!(resumed, expected(ci, flat), "{ci}");
        }
    }

    #[test]
    fn an_outer_group_is_folded_as_before_when_it_is_opened_again() {
        let resumed = written("buildkite", |buildkite, out| {
            buildkite.group_begin("A", EXPANDED, out);
            buildkite.group_begin("B", COLLAPSED, out);
            buildkite.line("x", out);
            buildkite.group_end(out);
            buildkite.line("y", out);
        });
        assert_eq!(resumed, "+++ A\n--- A › B\nx\n+++ A (cont.)\ny\n");
    }

    #[test]
    fn a_title_is_one_line_and_never_empty() {
        let begin = |title: &str, _| format!("<{title}\n");
        for (title, expected) in [("A\r\nB\nC", "<A  B C\n"), ("", "<(untitled)\n")] {
            let mut out = Vec::new();
            FlatGroups::new(begin, ">\n").begin(title, COLLAPSED, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn an_end_without_a_group_writes_nothing() {
        for ci in FLAT {
            assert_eq!(written(ci, |dialect, out| dialect.group_end(out)), "", "{ci}");
        }
    }
}

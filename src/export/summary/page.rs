//! A page of Markdown that keeps to a number of bytes, and the escaping that makes foreign text mere text.

/// Takes whole blocks as long as they fit. A note at the end marks that the others are missing.
pub(super) struct Page {
    text: String,
    budget: usize,
    cut: bool,
}

impl Page {
    const CUT: &str = "\n\n_truncated_\n";

    /// An empty page for this number of bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self { text: String::new(), budget, cut: false }
    }

    /// Adds a block. It must close what it opens, because the page may end after it.
    pub(super) fn push(&mut self, block: &str) {
        if self.cut {
            return;
        }
        if self.text.len() + block.len() + Self::CUT.len() <= self.budget {
            self.text.push_str(block);
            return;
        }
        self.cut = true;
        if self.text.len() + Self::CUT.len() <= self.budget {
            self.text.push_str(Self::CUT);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Escapes text for the middle of a line, so that it can be nothing but text.
pub(super) fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\r' | '\n' => escaped.push(' '),
            '\\' | '`' | '|' | '*' | '_' | '~' | '[' | ']' | '$' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The same for a table cell, where line breaks stay.
pub(super) fn cell(text: &str) -> String {
    text.lines().map(inline).collect::<Vec<_>>().join("<br>")
}

/// Fences text off, with a fence that is longer than any run of backticks in it.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// A row of a table.
pub(super) fn row<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: String = cells.iter().map(|cell| format!(" {} |", cell.as_ref())).collect();
    format!("|{cells}\n")
}

/// The first two rows of a table. A name that ends in `:` makes a column of numbers.
pub(super) fn head(names: &[&str]) -> String {
    let rule = |name: &&str| if name.ends_with(':') { " ---: |" } else { " --- |" };
    let rules: String = names.iter().map(rule).collect();
    let names: Vec<_> = names.iter().map(|name| name.trim_end_matches(':')).collect();
    format!("{}|{rules}\n", row(&names))
}

/// Folds a block under a title. Both must be escaped already.
pub(super) fn folded(title: &str, block: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{block}\n</details>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_mere_text() {
        assert_eq!(inline("a|b<img src=x>`\n"), "a\\|b&lt;img src=x&gt;\\` ");
        assert_eq!(inline("![x](http://y) &lt; \\|"), "!\\[x\\](http://y) &amp;lt; \\\\\\|");
    }

    #[test]
    fn a_cell_keeps_its_line_breaks_and_stays_one_line() {
        assert_eq!(cell("a|b\n<br>\r\nc"), "a\\|b<br>&lt;br&gt;<br>c");
        assert_eq!(cell("one line"), "one line");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn a_fence_is_longer_than_any_backticks_inside() {
        for (text, fence) in [("x", "```"), ("a ``` b", "````"), ("`````", "``````")] {
            assert_eq!(fenced(text), format!("{fence}text\n{text}\n{fence}\n"));
        }
    }

    #[test]
    fn a_column_of_numbers_stands_on_the_right() {
        assert_eq!(head(&["What", "Times:"]), "| What | Times |\n| --- | ---: |\n");
    }
}

//! Jenkins: plain text, with marker lines that the Collapsing Console Sections plugin can be told of.

use std::borrow::Cow;

use super::{Annotation, Folding, Sink, plain, put};
use crate::config::Env;
use crate::model::Level;
use crate::report::Verdict;
use crate::text;

const BEGIN: &str = ">>> [ci] ";
const END: &str = "<<< [ci] ";

/// Remembers the open groups, because an end names what it ends.
pub(super) struct Jenkins {
    color: bool,
    open: Vec<String>,
}

impl Jenkins {
    pub(super) fn new(color: bool) -> Self {
        Self { color, open: Vec::new() }
    }
}

impl Sink for Jenkins {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        put(out, &[BEGIN, "begin ", title, "\n"]);
        self.open.push(title.to_owned());
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(title) = self.open.pop() {
            put(out, &[END, "end ", &title, "\n"]);
        }
    }

    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        put(out, &[&disarmed(text), "\n"]);
    }

    fn say(&mut self, level: Level, text: &str, out: &mut Vec<u8>) {
        plain::own(level, &disarmed(text), self.color, out);
    }

    fn mention(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let lines: Vec<_> = annotation.message.lines().map(disarmed).collect();
        let message = lines.join("\n").into();
        let place = annotation.location.map(ToString::to_string);
        plain::mention(&Annotation { message, ..annotation.clone() }, place, self.color, out);
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        let verdict = verdict.clone().cleaned(|text| disarmed(text).into_owned());
        plain::verdict(&verdict, self.color, out);
    }
}

/// Breaks what looks like a marker of ours, so that a log cannot fold itself away. A plugin may look for
/// markers when the colours are gone already; such a line loses them.
fn disarmed(text: &str) -> Cow<'_, str> {
    let is_marked = |text: &str| text.contains(BEGIN) || text.contains(END);
    let visible = text::plain(text);
    if !is_marked(&visible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible.replace(BEGIN, ">>> \\[ci] ").replace(END, "<<< \\[ci] "))
}

/// Whether Jenkins reads our output as UTF-8, as far as the environment tells: it takes the charset of
/// the agent, by the usual rule for a locale.
pub(super) fn reads_utf8(env: &Env) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.get(name));
    let charset = locale.and_then(|locale| locale.split_once('.')).map(|(_, charset)| charset);
    let charset = charset.and_then(|charset| charset.split('@').next()).unwrap_or_default().trim();
    charset.eq_ignore_ascii_case("UTF-8") || charset.eq_ignore_ascii_case("UTF8")
}

#[cfg(test)]
mod tests;

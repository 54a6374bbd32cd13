//! Jenkins, with plain text and marker lines that the Collapsing Console Sections plugin can be configured for.

use std::borrow::Cow;

use super::annotation::Annotation;
use super::definition::{Ci, DialectOptions, REPORTS_DIR};
use super::dialect::{Dialect, Folding};
use super::plain_text::{self, put};
use super::revision::CiRevision;
use super::variables;
use crate::checkout::Checkout;
use crate::config::Env;
use crate::model::Level;
use crate::report::Verdict;
use crate::text::{self, Style};

const BEGIN: &str = ">>> [ci] ";
const END: &str = "<<< [ci] ";

/// Breaks text that looks like a marker of ours, so that a log cannot fold itself away. A plugin may look for
/// markers after it has removed the colours, so such a line loses its colours.
fn disarmed(text: &str) -> Cow<'_, str> {
    let is_marked = |text: &str| text.contains(BEGIN) || text.contains(END);
    let visible = text::plain(text);
    if !is_marked(&visible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible.replace(BEGIN, ">>> \\[ci] ").replace(END, "<<< \\[ci] "))
}

pub(super) struct Jenkins;

impl Ci for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        let set = |name| env.get(name).is_some();
        (set("JENKINS_URL") && set("BUILD_ID")) || set("HUDSON_URL")
    }

    /// For a change (`CHANGE_ID`) `BRANCH_NAME` is `PR-7`. The Git plugin puts the remote before the branch:
    /// `origin/main`. For a tag the branch is the tag.
    fn revision(&self, env: &Env) -> CiRevision {
        let set = |name| env.get(name).is_some();
        let branches: &[_] = match set("CHANGE_ID") {
            true => &["CHANGE_BRANCH"],
            false => &["BRANCH_NAME", "GIT_BRANCH"],
        };
        let revision = CiRevision::from_variables(env, branches, &["GIT_COMMIT"])
            .without_branch_if(set("TAG_NAME") || set("CHANGE_FORK"));
        let local = |name: String| name.strip_prefix("origin/").unwrap_or(&name).to_owned();
        CiRevision { branch: revision.branch.map(local), ..revision }
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["WORKSPACE"])
    }

    /// Jenkins shows escape sequences as text, unless a plugin is installed and turned on. `TERM` is no sign of it:
    /// Jenkins and many agents set it without a plugin.
    fn style(&self, _env: &Env, _stdout_is_terminal: bool) -> Style {
        Style::default()
    }

    fn wants_ascii(&self, env: &Env) -> bool {
        !reads_utf8(env)
    }

    fn default_reports_dir(&self) -> Option<&'static str> {
        Some(REPORTS_DIR)
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Markers::new(options.color))
    }
}

/// True if Jenkins reads our output as UTF-8, as far as the environment shows. Jenkins takes the charset of the
/// agent, which follows from its locale.
fn reads_utf8(env: &Env) -> bool {
    let locale = variables::first(env, &["LC_ALL", "LC_CTYPE", "LANG"]).unwrap_or_default();
    let charset = locale.split_once('.').map(|(_, charset)| charset).unwrap_or_default();
    let charset = charset.split('@').next().unwrap_or_default();
    charset.eq_ignore_ascii_case("UTF-8") || charset.eq_ignore_ascii_case("UTF8")
}

/// Keeps the titles of the open groups, because an end names its group.
struct Markers {
    color: bool,
    open: Vec<String>,
}

impl Markers {
    fn new(color: bool) -> Self {
        Self { color, open: Vec::new() }
    }
}

impl Dialect for Markers {
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

    fn own_line(&mut self, level: Level, text: &str, out: &mut Vec<u8>) {
        plain_text::own_line(level, &disarmed(text), self.color, out);
    }

    fn annotate_as_text(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let lines: Vec<_> = annotation.message.lines().map(disarmed).collect();
        let message = lines.join("\n").into();
        let place = annotation.location.map(ToString::to_string);
        plain_text::annotation(
            &Annotation { message, ..annotation.clone() },
            place,
            self.color,
            out,
        );
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        let verdict = verdict.clone().cleaned(|text| disarmed(text).into_owned());
        plain_text::verdict(&verdict, self.color, out);
    }
}

#[cfg(test)]
mod tests;

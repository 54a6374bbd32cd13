//! TeamCity, with service messages on stdout.

use std::fmt::Write as _;

use super::annotation::Annotation;
use super::definition::{Ci, DialectOptions};
use super::dialect::{Dialect, Folding};
use super::link_target::LinkTarget;
use super::plain_text::{self, indented, put};
use super::revision::{CiRevision, is_number};
use crate::config::Env;
use crate::model::{Level, Severity};
use crate::report::identity::without_places;
use crate::report::verdict::ROOT_CAUSE;
use crate::report::{Verdict, is_commit};
use crate::text::shortened;

/// Escapes a value: ASCII, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\'' | '[' | ']' => escaped.extend(['|', c]),
            '\n' => escaped.push_str("|n"),
            '\r' => escaped.push_str("|r"),
            c if c.is_ascii() => escaped.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _written = write!(escaped, "|0x{unit:04x}");
                }
            }
        }
    }
    escaped
}

/// One service message.
fn message(name: &str, attributes: &[(&str, &str)], out: &mut Vec<u8>) {
    put(out, &["##teamcity[", name]);
    for (key, value) in attributes {
        put(out, &[" ", key, "='", &escaped(value), "'"]);
    }
    put(out, &["]\n"]);
}

pub(super) struct TeamCity;

impl Ci for TeamCity {
    fn name(&self) -> &'static str {
        "teamcity"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.get("TEAMCITY_VERSION").is_some()
    }

    /// No variable has the branch or the folder of the checkout; TeamCity starts us in that folder. The revision is a
    /// commit or a changelist, whatever the version control is.
    fn revision(&self, env: &Env) -> CiRevision {
        let known = CiRevision::from_variables(env, &[], &["BUILD_VCS_NUMBER"]);
        let revision = known.commit.as_ref();
        let changelist = revision.filter(|revision| !is_commit(revision) && is_number(revision));
        CiRevision {
            branch: None,
            changelist: changelist.cloned().or(known.changelist),
            commit: known.commit.filter(|revision| is_commit(revision)),
        }
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(ServiceMessages::new(options.color))
    }
}

/// TeamCity keeps all messages. It gets as many as the CIs that keep only a few.
const ANNOTATIONS: usize = 10;

/// TeamCity cuts the description of a build problem at this number of UTF-16 units.
const DESCRIPTION_UNITS: usize = 4000;

/// Keeps the titles of the open blocks, because an end names its block.
struct ServiceMessages {
    color: bool,
    open: Vec<String>,
}

impl ServiceMessages {
    fn new(color: bool) -> Self {
        Self { color, open: Vec::new() }
    }
}

impl Dialect for ServiceMessages {
    fn color(&self) -> bool {
        self.color
    }

    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        message("blockOpened", &[("name", title)], out);
        self.open.push(title.to_owned());
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(title) = self.open.pop() {
            message("blockClosed", &[("name", &title)], out);
        }
    }

    fn annotation_limit(&self) -> Option<usize> {
        Some(ANNOTATIONS)
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let LinkTarget { file, line, column, message: text, .. } = LinkTarget::new(annotation);
        let numbers: Vec<_> = [line, column].into_iter().flatten().map(|n| n.to_string()).collect();
        let place = file.map(|file| match numbers.as_slice() {
            [] => format!("{file}: "),
            numbers => format!("{file}({}): ", numbers.join(",")),
        });
        let title = annotation.title.map(|title| format!("{title}: "));
        let status = match annotation.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        };
        let text = place.unwrap_or_default() + &title.unwrap_or_default() + &indented(&text);
        message("message", &[("text", &text), ("status", status)], out);
    }

    fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        for (name, value) in outputs {
            // A log could name a secret parameter, and a later step would get its value.
            let value = value.replace('%', "%%");
            message("setParameter", &[("name", name), ("value", &value)], out);
        }
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        match verdict.level {
            Level::Error => {
                let text = verdict.lines().collect::<Vec<_>>().join("\n");
                let description = shortened(&text, DESCRIPTION_UNITS);
                let attributes = [("description", &*description), ("identity", &identity(verdict))];
                message("buildProblem", &attributes, out);
            }
            Level::Info | Level::Warn => {
                plain_text::verdict(verdict, self.color, out);
                let text = format!("{{build.status.text}}; {}", verdict.headline);
                message("buildStatus", &[("text", &text)], out);
            }
        }
    }
}

/// TeamCity recognises a problem by its identity in another build. It is the root cause without its place in the
/// file, or else the headline without ids and durations. FNV-1a over 64 bits, the same in every version of this
/// program.
fn identity(verdict: &Verdict) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let cause = verdict.details.iter().find(|line| line.starts_with(ROOT_CAUSE));
    let essence = cause.map_or_else(
        || {
            let is_fix = |word: &&str| !word.contains(|c: char| c.is_ascii_digit());
            verdict.headline.split(' ').filter(is_fix).collect::<Vec<_>>().join(" ")
        },
        // The number of other places is no part of it.
        |cause| without_places(cause.rsplit_once(" (+").map_or(cause, |(cause, _)| cause)),
    );
    let bytes = verdict.title.bytes().chain(essence.bytes());
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("ci-{hash:016x}")
}

#[cfg(test)]
mod tests;

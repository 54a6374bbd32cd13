//! TeamCity: service messages on stdout.

use std::fmt::Write as _;

use super::pointer::Pointer;
use super::{Annotation, Folding, Sink, plain, put};
use crate::export::without_places;
use crate::model::{Level, Severity};
use crate::report::Verdict;
use crate::report::verdict::ROOT_CAUSE;
use crate::text::{MAX_MESSAGE, Style, shortened};

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

/// Remembers the open blocks, because an end names what it ends.
pub(super) struct TeamCity {
    color: bool,
    open: Vec<String>,
}

impl TeamCity {
    pub(super) fn new(style: Style) -> Self {
        Self { color: style.color, open: Vec::new() }
    }
}

impl Sink for TeamCity {
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

    fn annotates(&self) -> bool {
        true
    }

    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let Pointer { file, line, column, message: text, .. } = Pointer::new(annotation);
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
        let text = place.unwrap_or_default() + &title.unwrap_or_default() + &text;
        message("message", &[("text", &text), ("status", status)], out);
    }

    fn outputs(&mut self, outputs: &[(&str, String)], out: &mut Vec<u8>) {
        for (name, value) in outputs {
            // Or a log could name a secret parameter, and whoever uses the output would get its value.
            let value = value.replace('%', "%%");
            message("setParameter", &[("name", name), ("value", &value)], out);
        }
    }

    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        match verdict.level {
            Level::Error => {
                let text = verdict.lines().collect::<Vec<_>>().join("\n");
                let description = shortened(&text, MAX_MESSAGE);
                let attributes = [("description", &*description), ("identity", &identity(verdict))];
                message("buildProblem", &attributes, out);
            }
            Level::Info | Level::Warn => {
                plain::verdict(verdict, self.color, out);
                let text = format!("{{build.status.text}}; {}", verdict.headline);
                message("buildStatus", &[("text", &text)], out);
            }
        }
    }
}

/// By which TeamCity knows a problem again in another build, however many others there are: the root cause,
/// wherever it has moved to in its file. Without one it is the headline, but for its ids and durations. FNV-1a
/// over 64 bits, the same in every version of this program.
fn identity(verdict: &Verdict) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let cause = verdict.details.iter().find(|line| line.starts_with(ROOT_CAUSE));
    let essence = cause.map_or_else(
        || {
            let is_fix = |word: &&str| !word.contains(|c: char| c.is_ascii_digit());
            verdict.headline.split(' ').filter(is_fix).collect::<Vec<_>>().join(" ")
        },
        // How often it was said, and where else, is not what it is.
        |cause| without_places(cause.rsplit_once(" (+").map_or(cause, |(cause, _)| cause)),
    );
    let bytes = verdict.title.bytes().chain(essence.bytes());
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("ci-{hash:016x}")
}

#[cfg(test)]
mod tests;

//! The trait [`Dialect`], which writes output to a CI's log. Its defaults are plain text.

use super::annotation::Annotation;
use super::plain_text::{self, put};
use crate::model::Level;
use crate::report::Verdict;

/// The syntax of a CI's log. Unless a method documents otherwise, each text that comes in is one line and safe to
/// print, and everything that goes out is whole lines.
pub trait Dialect: Send {
    /// True if SGR sequences may be written.
    fn color(&self) -> bool {
        false
    }

    /// How much of a job's output the CI keeps, if that is little.
    fn limit(&self) -> Option<LogLimit> {
        None
    }

    /// Asks the CI to hide a secret from now on. The secret is raw and may have several lines.
    fn mask(&mut self, _secret: &str, _out: &mut Vec<u8>) {}

    /// Opens a foldable group.
    fn group_begin(&mut self, title: &str, _folding: Folding, out: &mut Vec<u8>) {
        plain_text::heading(title, self.color(), out);
    }

    /// Marks the innermost group, which is about to be closed, as the one that failed.
    fn group_failed(&mut self, _out: &mut Vec<u8>) {}

    /// Closes the innermost group; without effect if none is open.
    fn group_end(&mut self, _out: &mut Vec<u8>) {}

    /// Writes a line of the build log.
    fn line(&mut self, text: &str, out: &mut Vec<u8>) {
        put(out, &[text, "\n"]);
    }

    /// Writes a line of our own.
    fn own_line(&mut self, level: Level, text: &str, out: &mut Vec<u8>) {
        plain_text::own_line(level, text, self.color(), out);
    }

    /// How many annotations of each severity a step gets; the other findings are shown as text. `None` if the
    /// CI has no annotations.
    fn annotation_limit(&self) -> Option<usize> {
        None
    }

    /// Writes an annotation, as text if the CI has none.
    fn annotate(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        self.annotate_as_text(annotation, out);
    }

    /// Writes an annotation as text: for those beyond the number that the CI keeps.
    fn annotate_as_text(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let place = annotation.location.map(ToString::to_string);
        plain_text::annotation(annotation, place, self.color(), out);
    }

    /// Sets the outputs for later steps, where the CI reads them from the log.
    fn outputs(&mut self, _outputs: &[(&str, String)], _out: &mut Vec<u8>) {}

    /// Begins the last part of the log: the findings and the verdict.
    fn ending(&mut self, _verdict: &Verdict, _out: &mut Vec<u8>) {}

    /// True if there is a status line: a last line that may change after it was written.
    fn has_status_line(&self) -> bool {
        false
    }

    /// Replaces the status line. It is the only output that is not a whole line.
    fn status_line(&mut self, _text: &str, _out: &mut Vec<u8>) {}

    /// Removes the status line.
    fn clear_status_line(&mut self, _out: &mut Vec<u8>) {}

    /// Writes the verdict.
    fn verdict(&mut self, verdict: &Verdict, out: &mut Vec<u8>) {
        plain_text::verdict(verdict, self.color(), out);
    }

    /// Names the file with the summary, on a CI that has a command for it.
    fn summary_file(&mut self, _path: &str, _out: &mut Vec<u8>) {}
}

/// The dialect of a CI that has no commands.
pub(super) struct PlainText {
    pub(super) color: bool,
}

impl Dialect for PlainText {
    fn color(&self) -> bool {
        self.color
    }
}

/// How much of a job's output a CI keeps. It drops the rest, and with it the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimit {
    /// The CI's name, for people.
    pub keeper: &'static str,
    /// The size that it keeps.
    pub bytes: usize,
    /// The size of its addition to each line, which counts too.
    pub line_bytes: usize,
}

/// How a group looks at first, where a CI lets us choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Only its title is visible.
    Collapsed,
    /// Its lines are visible.
    Expanded,
}

/// The lines of a secret that a CI can be asked to hide. Hiding a short one would black out half the log.
pub(super) fn maskable(secret: &str) -> impl Iterator<Item = &str> {
    const MIN_CHARS: usize = 4;
    secret.lines().map(str::trim).filter(|line| line.chars().count() >= MIN_CHARS)
}

//! Collects the lines of one problem: the essence, the details, and the places that they name.

use super::line_role::{BlockState, LineRole, indent, is_banner, role, without_crash_category};
use crate::finding::{Phase, Rank, Severity, label};
use crate::remote::{RemoteFile, place_number};
use crate::rules::block_kind::BlockKind;
use crate::rules::rule::{Match, Rule};
use crate::rules::sign::Meaning;
use crate::tool::Tool;

/// How many details of a problem are kept.
const KEPT: usize = 20;
/// How many lines a problem may have.
const LONGEST: usize = 500;
/// How many other places than its own are kept.
const PLACES: usize = 20;
/// How many others a problem names of which the log says the same.
pub(super) const EXAMPLES: usize = 10;

/// A problem that waits for the end of its phase, and how often the log says the same of something else.
#[derive(Debug, Clone)]
pub(super) struct PendingFinding {
    pub(super) block: Block,
    pub(super) repeats: u32,
    pub(super) also: Vec<String>,
}

/// The lines of one problem.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) tool: Option<Tool>,
    /// The tool's own code.
    pub(super) code: Option<String>,
    /// The essence.
    pub(super) message: String,
    pub(super) details: Vec<String>,
    pub(super) place: Option<RemoteFile>,
    /// Places that it may have come from: callers, files that refer to a symbol.
    pub(super) origins: Vec<RemoteFile>,
    pub(super) rank: Rank,
    pub(super) kind: BlockKind,
    pub(super) phase: Option<Phase>,
    /// The meaning of the message for the problems around it. It is known when all lines are read.
    pub(super) meaning: Option<Meaning>,
    /// The whole first line, stripped of its prefixes.
    pub(super) line: String,
    /// The position in the log among all problems.
    pub(super) number: u64,
    indent: usize,
    has_essence: bool,
    is_announced: bool,
    undecided: Option<String>,
    lines: usize,
    is_over: bool,
}

impl Block {
    /// True if it may be the cause of a failure: an error that neither follows from another one nor is the exit code of
    /// a program.
    pub(super) fn is_cause(&self) -> bool {
        self.severity == Severity::Error
            && self.rank != Rank::FollowUp
            && self.tool != Some(Tool::Exit)
    }

    /// `line`: the whole line, stripped of its prefixes.
    pub(super) fn new(found: &Match<'_>, line: &str, phase: Option<Phase>, number: u64) -> Self {
        let has_essence = found.block != BlockKind::Gradle && !is_banner(found.message);
        Self {
            rule: found.rule,
            severity: found.severity,
            tool: found.tool,
            code: found.code.map(str::to_owned),
            message: found.message.to_owned(),
            details: Vec::new(),
            place: place(found),
            origins: Vec::new(),
            rank: found.rank,
            kind: found.block,
            phase,
            meaning: None,
            line: line.to_owned(),
            number,
            indent: indent(line),
            has_essence,
            is_announced: is_banner(found.message),
            undecided: None,
            lines: 0,
            is_over: false,
        }
    }

    /// Takes the next line if it belongs here. `own` is the message that the line has if it stands alone.
    pub(super) fn absorb(&mut self, line: &str, own: Option<&Match<'_>>) -> bool {
        if self.is_over || self.lines >= LONGEST {
            return false;
        }
        let state = BlockState {
            kind: self.kind,
            indent: self.indent,
            tool: self.tool,
            last: self.details.last().unwrap_or(&self.message),
            has_essence: self.has_essence,
            is_undecided: self.undecided.is_some(),
            is_announced: self.is_announced,
            lines: self.lines,
        };
        let role = role(&state, line, own);
        self.lines += 1;
        match role {
            LineRole::None => return false,
            LineRole::Filler => {}
            LineRole::Announcement => self.is_announced = true,
            LineRole::Last => self.is_over = true,
            LineRole::Undecided => self.undecided = Some(line.to_owned()),
            LineRole::Essence => {
                text_of(self.kind, line).clone_into(&mut self.message);
                self.place = self.place.take().or_else(|| own.and_then(place));
                self.has_essence = true;
            }
            LineRole::Detail => {
                let before = self.undecided.take();
                before.into_iter().for_each(|line| self.keep(&line));
                self.keep(line);
            }
        }
        true
    }

    /// The undecided line, now that the next line does not belong here, and so neither does this one.
    pub(super) fn take_undecided(&mut self) -> Option<String> {
        self.undecided.take()
    }

    /// True if the lines report a problem, now that no more lines come.
    pub(super) fn is_problem(&self) -> bool {
        let has_frames = self.kind == BlockKind::Crash && !self.details.is_empty();
        (self.has_essence || has_frames) && !(self.kind.needs_more() && self.details.is_empty())
    }

    /// The code, or the name of the tool if there is no code.
    pub(super) fn label(&self) -> Option<&str> {
        label(self.tool, self.code.as_deref())
    }

    /// True if the tool's own code is one of these.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    fn keep(&mut self, line: &str) {
        if self.origins.len() < PLACES {
            self.origins.extend(origin(self.kind, line));
        }
        let line = text_of(self.kind, line);
        if self.details.len() < KEPT && line != self.message {
            self.details.push(line.to_owned());
        }
    }
}

/// The line without the log category, which the first line has named.
fn text_of(kind: BlockKind, line: &str) -> &str {
    match kind {
        BlockKind::Crash => without_crash_category(line.trim()),
        BlockKind::Python => {
            line.trim().split_once("LogPython: Error: ").map_or(line, |(_, text)| text)
        }
        _ => line.trim_end(),
    }
}

fn place(found: &Match<'_>) -> Option<RemoteFile> {
    let path = found.file?.to_owned();
    let Match { line, column, end_line, .. } = *found;
    Some(RemoteFile { path, line, column, end_line })
}

/// The place that a line of a problem names.
fn origin(kind: BlockKind, line: &str) -> Option<RemoteFile> {
    match kind {
        BlockKind::Crash => frame(line),
        BlockKind::Linker => referrer(line),
        BlockKind::AppleSymbol => object(line),
        _ => None,
    }
}

/// `[Callstack] 0x00007ff7 Game.exe!ADoor::Open() [D:\Game\Source\Door.cpp:346]`.
fn frame(line: &str) -> Option<RemoteFile> {
    let (_, place) = line.trim_end().strip_suffix(']')?.rsplit_once(" [")?;
    numbered(place)
}

/// `>>> referenced by Door.cpp:12 (/game/Source/Door.cpp:12)`.
fn referrer(line: &str) -> Option<RemoteFile> {
    let by = line.trim().strip_prefix(">>> ")?.strip_prefix("referenced by ")?;
    let whole = by.strip_suffix(')').and_then(|by| by.rsplit_once('(')).map(|(_, whole)| whole);
    whole.and_then(numbered).or_else(|| numbered(by.split(' ').next()?))
}

/// `      ADoor::Open() in Door.cpp.o`. An object is named after its source.
fn object(line: &str) -> Option<RemoteFile> {
    let (_, object) = line.trim_end().rsplit_once(" in ")?;
    let file = object.strip_suffix(".o")?.rsplit(['/', '(']).next()?;
    file.contains('.').then(|| RemoteFile::whole(file))
}

fn numbered(place: &str) -> Option<RemoteFile> {
    let (path, line) = place.rsplit_once(':')?;
    Some(RemoteFile { line: Some(place_number(line)?), ..RemoteFile::whole(path) })
}

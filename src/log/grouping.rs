//! Gathers the lines of one event: what is wrong, and what belongs to it.

use super::extent::{Belongs, Extent, SoFar, belongs, indent, is_banner, without_channel};
use super::matchers::Report;
use crate::model::{Phase, Rank, RemoteFile, Severity};

/// How many lines of an event are kept.
const KEPT: usize = 20;
/// How many lines an event may have.
const LONGEST: usize = 500;
/// How many places besides its own are kept.
const PLACES: usize = 20;
/// How many examples of "the same elsewhere" an event keeps.
pub(super) const EXAMPLES: usize = 10;

/// An event that is held until its phase ends, and how often the log says the same of something else.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) group: Group,
    pub(super) repeats: u32,
    pub(super) also: Vec<String>,
}

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) severity: Severity,
    pub(super) code: Option<String>,
    /// The essence.
    pub(super) message: String,
    /// What belongs to it.
    pub(super) more: Vec<String>,
    pub(super) place: Option<RemoteFile>,
    /// Where it may have come from: callers, those who refer to a symbol.
    pub(super) origins: Vec<RemoteFile>,
    pub(super) rank: Rank,
    pub(super) extent: Extent,
    pub(super) phase: Option<Phase>,
    /// The whole first line, stripped of its prefixes.
    pub(super) line: String,
    /// The order of the log.
    pub(super) number: u64,
    indent: usize,
    has_essence: bool,
    is_announced: bool,
    waiting: Option<String>,
    lines: usize,
    is_over: bool,
}

impl Group {
    /// `line`: the whole line, stripped of its prefixes.
    pub(super) fn new(report: &Report<'_>, line: &str, phase: Option<Phase>, number: u64) -> Self {
        let has_essence = report.extent != Extent::Gradle && !is_banner(report.message);
        Self {
            severity: report.severity,
            code: report.code.map(str::to_owned),
            message: report.message.to_owned(),
            more: Vec::new(),
            place: place(report),
            origins: Vec::new(),
            rank: report.rank,
            extent: report.extent,
            phase,
            line: line.to_owned(),
            number,
            indent: indent(line),
            has_essence,
            is_announced: is_banner(report.message),
            waiting: None,
            lines: 0,
            is_over: false,
        }
    }

    /// Takes the next line if it belongs here. `report`: what the line says by itself.
    pub(super) fn absorb(&mut self, line: &str, report: Option<&Report<'_>>) -> bool {
        if self.is_over || self.lines >= LONGEST {
            return false;
        }
        let so_far = SoFar {
            extent: self.extent,
            indent: self.indent,
            code: self.code.as_deref(),
            last: self.more.last().unwrap_or(&self.message),
            has_essence: self.has_essence,
            waits: self.waiting.is_some(),
            is_announced: self.is_announced,
            lines: self.lines,
        };
        let told =
            report.map(|report| if report.is_of_shader() { Some("shader") } else { report.code });
        let belongs = belongs(&so_far, line, told);
        self.lines += 1;
        match belongs {
            Belongs::No => return false,
            Belongs::Silently => {}
            Belongs::Announced => self.is_announced = true,
            Belongs::AsLast => self.is_over = true,
            Belongs::Perhaps => self.waiting = Some(line.to_owned()),
            Belongs::AsEssence => {
                said(self.extent, line).clone_into(&mut self.message);
                self.place = self.place.take().or_else(|| report.and_then(place));
                self.has_essence = true;
            }
            Belongs::Yes => {
                let waited = self.waiting.take();
                waited.into_iter().for_each(|line| self.keep(&line));
                self.keep(line);
            }
        }
        true
    }

    /// The line that waited for another one to say that it belongs here, and does not.
    pub(super) fn unclaimed(&mut self) -> Option<String> {
        self.waiting.take()
    }

    /// Whether it is an event at all, now that nothing more belongs to it.
    pub(super) fn is_event(&self) -> bool {
        let has_frames = self.extent == Extent::Crash && !self.more.is_empty();
        (self.has_essence || has_frames) && !(self.extent.needs_more() && self.more.is_empty())
    }

    fn keep(&mut self, line: &str) {
        if self.origins.len() < PLACES {
            self.origins.extend(origin(self.extent, line));
        }
        let line = said(self.extent, line);
        if self.more.len() < KEPT && line != self.message {
            self.more.push(line.to_owned());
        }
    }
}

/// What a line adds to the event: the channel was named in its first line.
fn said(extent: Extent, line: &str) -> &str {
    match extent {
        Extent::Crash => without_channel(line.trim()),
        Extent::Python => {
            line.trim().split_once("LogPython: Error: ").map_or(line, |(_, said)| said)
        }
        _ => line.trim_end(),
    }
}

fn place(report: &Report<'_>) -> Option<RemoteFile> {
    let path = report.file?.to_owned();
    let Report { line, column, end_line, .. } = *report;
    Some(RemoteFile { path, line, column, end_line })
}

/// The place that a line of an event names.
fn origin(extent: Extent, line: &str) -> Option<RemoteFile> {
    match extent {
        Extent::Crash => frame(line),
        Extent::Linker => referrer(line),
        Extent::Symbol => object(line),
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

/// `      ADoor::Open() in Door.cpp.o`. Objects are called after their source.
fn object(line: &str) -> Option<RemoteFile> {
    let (_, object) = line.trim_end().rsplit_once(" in ")?;
    let file = object.strip_suffix(".o")?.rsplit(['/', '(']).next()?;
    file.contains('.').then(|| RemoteFile::whole(file))
}

fn numbered(place: &str) -> Option<RemoteFile> {
    let (path, line) = place.rsplit_once(':')?;
    let line: u32 =
        line.parse().ok().filter(|line| (1..=i32::MAX.unsigned_abs()).contains(line))?;
    Some(RemoteFile { line: Some(line), ..RemoteFile::whole(path) })
}

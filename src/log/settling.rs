//! The end of a phase: of the events that it held, what is a root, what follows from it, where it is
//! and what to do about it.

use super::consequences;
use super::exits::{Exit, Exits};
use super::explain::{Explanations, Subject};
use super::extent::Extent;
use super::grouping::{Group, Place};
use super::paths::{self, Paths};
use super::pattern::Lazy;
use super::text::Cleaner;
use crate::event::{Finding, Location, Phase, Rank};

/// An event, and how often the log says the same of something else.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) group: Group,
    pub(super) repeats: u32,
    pub(super) also: Vec<String>,
}

/// What findings are made with.
#[derive(Debug, Clone)]
pub(super) struct Settling {
    explanations: Explanations,
    exits: Lazy<Exits>,
}

impl Settling {
    pub(super) fn new() -> Self {
        Self { explanations: Explanations::new(), exits: Lazy::new(Exits::new) }
    }

    /// Makes findings of events, in their order.
    pub(super) fn settle(
        &self,
        held: Vec<Held>,
        paths: &mut Paths,
        cleaner: &Cleaner,
        show: &mut dyn FnMut(Finding),
    ) {
        let located = held.into_iter().map(|held| {
            let location = location(&held.group, paths, cleaner);
            (held, location)
        });
        for (held, location) in consequences::told_apart(located.collect()) {
            show(self.finding(held, location, cleaner));
        }
    }

    fn finding(&self, held: Held, location: Option<Location>, cleaner: &Cleaner) -> Finding {
        let Held { group, repeats, also } = held;
        let exit = self.exit(&group);
        let essence = exit.as_ref().map_or_else(|| essence(&group), |exit| exit.words.clone());
        let mut lines = vec![essence];
        lines.extend(group.more.iter().cloned());
        // An actor that has a file of its own is found in its map.
        let map = Paths::map_of_message(&lines.join("\n"));
        lines.extend(map.map(|map| format!("map: {map}")));
        let message = lines.join("\n");
        let explanation = self.explanations.explain(&Subject {
            code: group.code.as_deref(),
            message: &message,
            file: group.place.as_ref().map(|place| place.file.as_str()),
            phase: group.phase,
            severity: group.severity,
        });
        let rank = match (group.rank, explanation.as_ref().and_then(|found| found.rank)) {
            (Rank::FollowUp, _) => Rank::FollowUp,
            (own, better) => better.unwrap_or_else(|| ranked(own, group.phase)),
        };
        let hint = explanation.as_ref().and_then(|found| found.hint.as_deref());
        let class = exit.and_then(|exit| exit.class);
        Finding {
            severity: group.severity,
            code: group.code.map(|code| cleaner.title(&code)),
            message: cleaner.message(&message),
            location,
            phase: group.phase,
            rank,
            class: class.or_else(|| explanation.as_ref().map(|found| found.class)),
            hint: hint.map(|hint| cleaner.message(hint).replace('\n', " ")),
            repeats,
            also: also.iter().map(|of| cleaner.title(of)).collect(),
        }
    }

    fn exit(&self, group: &Group) -> Option<Exit> {
        let ends = matches!(group.code.as_deref(), Some("exit" | "crash" | "UAT"));
        ends.then(|| self.exits.get().explained(&group.line)).flatten()
    }
}

/// What nobody ranks is as grave as what its phase is about.
fn ranked(own: Rank, phase: Option<Phase>) -> Rank {
    match (own, phase) {
        (Rank::Other, Some(Phase::Compile)) => Rank::Compile,
        (Rank::Other, Some(Phase::Cook)) => Rank::Cook,
        (Rank::Other, Some(Phase::Stage)) => Rank::Stage,
        (Rank::Other, Some(Phase::Package | Phase::Upload)) => Rank::Package,
        (own, _) => own,
    }
}

/// What the first line of a finding says.
fn essence(group: &Group) -> String {
    let message = &group.message;
    match group.code.as_deref() {
        Some("javac") => {
            let symbol =
                group.more.iter().find_map(|line| line.trim_start().strip_prefix("symbol:"));
            symbol.map_or_else(
                || message.clone(),
                |symbol| format!("{message}: {}", squeezed(symbol)),
            )
        }
        Some("crash" | "ensure") => message.trim_matches(['=', ' ', ':']).to_owned(),
        _ if group.extent == Extent::Symbol => format!("undefined symbol: {message}"),
        _ => message.clone(),
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where it is: its own place, or the best of those it may have come from, or one that its words name.
fn location(group: &Group, paths: &mut Paths, cleaner: &Cleaner) -> Option<Location> {
    let located = |place: &Place| locate(place, paths, cleaner);
    let own = group.place.as_ref().map(located);
    let origins = || group.origins.iter().map(located);
    match group.extent {
        // Where the engine noticed says less than who brought it there.
        Extent::Crash => origins().find(|origin| origin.in_repository).or(own),
        Extent::Linker | Extent::Symbol if own.is_none() => {
            origins().find(|origin| origin.in_repository)
        }
        _ => own.or_else(|| {
            let words = std::iter::once(&group.message).chain(&group.more);
            let words = words.map(String::as_str).collect::<Vec<_>>().join("\n");
            Some(paths::safe(paths.of_message(group.code.as_deref(), &words)?, cleaner))
        }),
    }
}

fn locate(place: &Place, paths: &Paths, cleaner: &Cleaner) -> Location {
    let paths::Place { file, in_repository } = paths.locate(&place.file);
    let Place { line, column, end_line, .. } = *place;
    let location = Location { file, in_repository, line, column, end_line };
    paths::safe(location, cleaner)
}

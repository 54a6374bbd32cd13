//! The end of a phase: of the events that it held, what is a root, what follows from it, where it is
//! and what to do about it.

use super::consequences::{self, Spot};
use super::exits::{Exit, Exits};
use super::explain::{Explanations, Subject};
use super::extent::Extent;
use super::grouping::{Group, Held};
use super::locate::{self, Locator};
use super::pattern::Lazy;
use crate::model::{Clue, Finding, Phase, Rank};
use crate::text::Cleaner;

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
        locator: &Locator,
        cleaner: &Cleaner,
        show: &mut dyn FnMut(Finding),
    ) {
        let located = held.into_iter().map(|held| {
            let clue = clue(&held.group, locator);
            let location = clue.as_ref().and_then(|clue| locator.certain(clue));
            let location = location.map(|location| locate::safe(location, cleaner));
            (held, Spot { clue, location })
        });
        for (held, spot) in consequences::told_apart(located.collect()) {
            show(self.finding(held, spot, locator, cleaner));
        }
    }

    fn finding(&self, held: Held, spot: Spot, locator: &Locator, cleaner: &Cleaner) -> Finding {
        let Held { group, repeats, also } = held;
        let exit = self.exit(&group);
        let essence = exit.as_ref().map_or_else(|| essence(&group), |exit| exit.words.clone());
        let mut lines = vec![essence];
        lines.extend(group.more.iter().cloned());
        // An actor that has a file of its own is found in its map.
        let map = locate::map_of_message(&lines.join("\n"));
        lines.extend(map.map(|map| format!("map: {map}")));
        let message = lines.join("\n");
        let explanation = self.explanations.explain(&Subject {
            code: group.code.as_deref(),
            message: &message,
            file: group.place.as_ref().map(|place| place.path.as_str()),
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
            location: spot.location,
            remote: spot.clue.map(|clue| Box::new(locator.place(clue))),
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

/// What says where it is: its own place, or the best of those it may have come from, or its words.
fn clue(group: &Group, locator: &Locator) -> Option<Clue> {
    let own = group.place.clone();
    let among_origins = |or_else| Clue::FirstInRepository { files: group.origins.clone(), or_else };
    match (group.extent, own) {
        (Extent::Crash | Extent::Linker | Extent::Symbol, None) if group.origins.is_empty() => None,
        // Where the engine noticed says less than who brought it there.
        (Extent::Crash, own) => Some(among_origins(own)),
        (Extent::Linker | Extent::Symbol, None) => Some(among_origins(None)),
        (_, Some(own)) => Some(Clue::File(own)),
        (_, None) => {
            let words = std::iter::once(&group.message).chain(&group.more);
            let words = words.map(String::as_str).collect::<Vec<_>>().join("\n");
            locator.clue_of_message(group.code.as_deref(), &words)
        }
    }
}

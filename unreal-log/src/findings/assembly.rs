//! Makes findings of the pending problems at the end of a phase: their place, rank, owner and hint.

use super::block::{Block, PendingFinding};
use super::causality::{self, Origin};
use crate::exit_codes::{ExitCodes, ExplainedExit};
use crate::explain::{Explanations, Subject, squeezed};
use crate::finding::{LogFinding, Phase, Rank};
use crate::locate::{self, Locator};
use crate::pattern::Lazy;
use crate::remote::Clue;
use crate::rules::block_kind::BlockKind;
use crate::tool::Tool;

/// The tables that findings are made with.
#[derive(Debug, Clone)]
pub(super) struct Assembly {
    explanations: Explanations,
    exit_codes: Lazy<ExitCodes>,
}

impl Assembly {
    pub(super) fn new() -> Self {
        Self { explanations: Explanations::new(), exit_codes: Lazy::new(ExitCodes::new) }
    }

    /// Makes findings of problems, in their order.
    pub(super) fn assemble(
        &self,
        pending: Vec<PendingFinding>,
        locator: &Locator,
        report: &mut dyn FnMut(LogFinding),
    ) {
        let located = pending.into_iter().map(|problem| {
            let clue = clue(&problem.block, locator);
            let certain = clue.as_ref().and_then(|clue| locator.certain(clue));
            (problem, Origin { clue, certain })
        });
        for (problem, origin) in causality::mark_follow_ups(located.collect()) {
            report(self.finding(problem, origin, locator));
        }
    }

    fn finding(&self, problem: PendingFinding, origin: Origin, locator: &Locator) -> LogFinding {
        let PendingFinding { block, repeats, also } = problem;
        let exit = self.exit(&block);
        let essence = exit.as_ref().map_or_else(|| essence(&block), |exit| exit.text.clone());
        let mut lines = vec![essence];
        lines.extend(block.details.iter().cloned());
        // People find an actor that has a file of its own by its map.
        let map = locate::map_of_message(&lines.join("\n"));
        lines.extend(map.map(|map| format!("map: {map}")));
        let message = lines.join("\n");
        let explanation = self.explanations.explain(&Subject {
            rule: block.rule,
            tool: block.tool,
            code: block.code.as_deref(),
            message: &message,
            file: block.place.as_ref().map(|place| place.path.as_str()),
            phase: block.phase,
            severity: block.severity,
        });
        let rank = match (block.rank, explanation.as_ref().and_then(|found| found.rank)) {
            (Rank::FollowUp, _) => Rank::FollowUp,
            (own, better) => better.unwrap_or_else(|| rank_in(block.phase, own)),
        };
        let of_case = explanation.as_ref().and_then(|found| found.docs);
        let docs = of_case.or_else(|| block.rule.docs_of(block.tool));
        let (owner, hint) = explanation.map(|found| (found.owner, found.hint)).unzip();
        LogFinding {
            rule: block.rule.id,
            severity: block.severity,
            tool: block.tool,
            code: block.code,
            message,
            remote: origin.clue.map(|clue| Box::new(locator.remote_path(clue))),
            phase: block.phase,
            rank,
            owner: exit.and_then(|exit| exit.owner).or(owner),
            hint: hint.flatten(),
            docs,
            repeats,
            also,
        }
    }

    /// The exit code in the line, in words.
    fn exit(&self, block: &Block) -> Option<ExplainedExit> {
        let has_code = matches!(block.tool, Some(Tool::Exit | Tool::Crash | Tool::Uat));
        has_code.then(|| self.exit_codes.get().explained(&block.line)).flatten()
    }
}

/// The rank of a problem in a phase. A problem without a rank of its own has the rank of the phase's main tool.
fn rank_in(phase: Option<Phase>, own: Rank) -> Rank {
    match (own, phase) {
        (Rank::Other, Some(Phase::Compile)) => Rank::Compile,
        (Rank::Other, Some(Phase::Cook)) => Rank::Cook,
        (Rank::Other, Some(Phase::Stage)) => Rank::Stage,
        (Rank::Other, Some(Phase::Package | Phase::Upload)) => Rank::Package,
        (own, _) => own,
    }
}

/// The first line of a finding.
fn essence(block: &Block) -> String {
    let message = &block.message;
    match block.tool {
        Some(Tool::Javac) => {
            let symbol =
                block.details.iter().find_map(|line| line.trim_start().strip_prefix("symbol:"));
            symbol.map_or_else(
                || message.clone(),
                |symbol| format!("{message}: {}", squeezed(symbol)),
            )
        }
        Some(Tool::Crash | Tool::Ensure) => message.trim_matches(['=', ' ', ':']).to_owned(),
        _ if block.kind == BlockKind::AppleSymbol => format!("undefined symbol: {message}"),
        _ => message.clone(),
    }
}

/// The clue to the place of a problem: its own place, or the places it may have come from, or names in its message.
fn clue(block: &Block, locator: &Locator) -> Option<Clue> {
    let own = block.place.clone();
    let among_origins = |or_else| Clue::FirstInRepository { files: block.origins.clone(), or_else };
    match (block.kind, own) {
        (BlockKind::Crash | BlockKind::Linker | BlockKind::AppleSymbol, None)
            if block.origins.is_empty() =>
        {
            None
        }
        // The callers matter more than the place in the engine that noticed the problem.
        (BlockKind::Crash, own) => Some(among_origins(own)),
        (BlockKind::Linker | BlockKind::AppleSymbol, None) => Some(among_origins(None)),
        (_, Some(own)) => Some(Clue::File(own)),
        (_, None) => {
            let lines = std::iter::once(&block.message).chain(&block.details);
            let lines = lines.map(String::as_str).collect::<Vec<_>>().join("\n");
            if has_code_of_build_tool(block) { None } else { locator.clue_of_message(&lines) }
        }
    }
}

/// True if it has a code of a compiler, a linker or MSBuild. The message of such a code names no asset and no setting.
fn has_code_of_build_tool(block: &Block) -> bool {
    let has_codes = block.tool.is_some_and(|tool| tool == Tool::Clang || tool.numbers_messages());
    has_codes && block.code.is_some()
}

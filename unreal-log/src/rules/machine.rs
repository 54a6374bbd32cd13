//! What the machine runs out of, whoever says it, in whatever words stand before it.

use super::block_kind::BlockKind;
use super::rule::{Match, NOTHING, ROW, Rule};
use crate::finding::Rank;
use crate::tool::Tool;

const MACHINE: Rule =
    Rule { rank: Rank::Infrastructure, tool: Some(Tool::Os), block: BlockKind::Line, ..ROW };

const OUT: Match<'static> =
    Match { tool: Some(Tool::Os), rank: Rank::Infrastructure, block: BlockKind::Line, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    Rule {
        name: "disk",
        words: &[
            "no space left on device",
            "not enough space on the disk",
            "disk full. path",
            "disk quota exceeded",
        ],
        pattern: r"(?i)^\s*(?<message>.*(?:no space left on device|not enough space on the disk|disk full\. path|disk quota exceeded).*)$",
        example: "System.IO.IOException: There is not enough space on the disk.",
        expected: Some(Match {
            message: "System.IO.IOException: There is not enough space on the disk.",
            ..OUT
        }),
        ..MACHINE
    },
    Rule {
        name: "memory",
        words: &[
            "cannot allocate memory",
            "paging file is too small",
            "ran out of memory allocating",
            "out of virtual memory",
            "system.outofmemoryexception",
            "java heap space",
        ],
        pattern: r"(?i)^\s*(?<message>.*(?:cannot allocate memory|paging file is too small|ran out of memory allocating|out of virtual memory|System\.OutOfMemoryException|java heap space).*)$",
        example: "fork: Cannot allocate memory",
        expected: Some(Match { message: "fork: Cannot allocate memory", ..OUT }),
        ..MACHINE
    },
    Rule {
        name: "killed",
        words: &["killed"],
        pattern: r"^\s*(?<message>Killed|\S+: line \d+:\s+\d+ Killed\b.*)$",
        example: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
        expected: Some(Match {
            message: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
            ..OUT
        }),
        ..MACHINE
    },
];

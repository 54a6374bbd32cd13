//! What the machine runs out of, whoever says it, in whatever words stand before it.

use super::{Matcher, NOTHING, ROW, Report};
use crate::log::extent::Extent;
use crate::model::Rank;

const MACHINE: Matcher =
    Matcher { rank: Rank::Infrastructure, tool: Some("OS"), extent: Extent::Line, ..ROW };

const OUT: Report<'static> =
    Report { code: Some("OS"), rank: Rank::Infrastructure, extent: Extent::Line, ..NOTHING };

pub(super) const TABLE: &[Matcher] = &[
    Matcher {
        name: "disk",
        words: &[
            "no space left on device",
            "not enough space on the disk",
            "disk full. path",
            "disk quota exceeded",
        ],
        pattern: r"(?i)^\s*(?<message>.*(?:no space left on device|not enough space on the disk|disk full\. path|disk quota exceeded).*)$",
        example: "System.IO.IOException: There is not enough space on the disk.",
        expected: Some(Report {
            message: "System.IO.IOException: There is not enough space on the disk.",
            ..OUT
        }),
        ..MACHINE
    },
    Matcher {
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
        expected: Some(Report { message: "fork: Cannot allocate memory", ..OUT }),
        ..MACHINE
    },
    Matcher {
        name: "killed",
        words: &["killed"],
        pattern: r"^\s*(?<message>Killed|\S+: line \d+:\s+\d+ Killed\b.*)$",
        example: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
        expected: Some(Report {
            message: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
            ..OUT
        }),
        ..MACHINE
    },
];

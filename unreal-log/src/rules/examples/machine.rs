//! Examples for the rules and cases of `rules/machine.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const OUT: Match<'static> =
    Match { tool: Some(Tool::Os), rank: Rank::Infrastructure, block: BlockKind::Line, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Disk,
        line: "System.IO.IOException: There is not enough space on the disk.",
        found: Some(Match {
            message: "System.IO.IOException: There is not enough space on the disk.",
            ..OUT
        }),
    },
    RuleExample {
        rule: RuleId::Memory,
        line: "fork: Cannot allocate memory",
        found: Some(Match { message: "fork: Cannot allocate memory", ..OUT }),
    },
    RuleExample {
        rule: RuleId::Killed,
        line: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
        found: Some(Match {
            message: "/game/RunUAT.sh: line 68:  4242 Killed                  dotnet AutomationTool.dll",
            ..OUT
        }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Failed to create virtual memory for PCH",
        hint: "Give the build more memory, with a larger machine or fewer parallel actions, and try again: the code is not at fault.",
    },
    CaseExample {
        message: "out of memory",
        hint: "Give the build more memory, with a larger machine or fewer parallel actions, and try again: the code is not at fault.",
    },
    CaseExample {
        message: "Killed",
        hint: "Give the build more memory, with a larger machine or fewer parallel actions, and try again: the code is not at fault.",
    },
    CaseExample {
        message: "System.IO.IOException: There is not enough space on the disk.",
        hint: "Free space on the build machine's disk or take a larger one, and try again.",
    },
    CaseExample {
        message: "HttpListener unable to bind to 127.0.0.1:8000",
        hint: "Free 127.0.0.1:8000 on the build machine: another process, such as an open editor, holds the port.",
    },
    CaseExample {
        message: "bind: Address already in use",
        hint: "End the other process on the build machine, such as an open editor, that holds the same network port.",
    },
    CaseExample {
        message: r"System.IO.IOException: The file 'D:\Game\Intermediate\Android\Stub.java' already exists.",
        hint: "Delete the project's Intermediate folder on the build machine and try again: Stub.java is left over from another build.",
    },
    CaseExample {
        message: r"System.IO.IOException: The process cannot access the file 'D:\Game\Door.pak' because it is being used by another process.",
        hint: "End the process on the build machine that holds Door.pak (an editor, a running game, a virus scanner) and try again.",
    },
    CaseExample {
        message: r"System.UnauthorizedAccessException: Access to the path 'D:\Game\Door.pak' is denied.",
        hint: "Give the build the right to write Door.pak: it is read-only, locked or somebody else's.",
    },
    CaseExample {
        message: "The file '../../Game/Content/Door.uasset' contains unrecognizable data, check that it is of the expected type.",
        hint: "Fetch Door.uasset with Git LFS, or restore it: what was checked out is no asset.",
    },
    CaseExample {
        message: "invalid file or disk full: cannot seek to 0x1C3A",
        hint: "Free space on the build machine's disk: the linker could not write its output.",
    },
    CaseExample {
        message: r"cannot open file 'D:\Game\Binaries\Win64\Game.exe'",
        hint: "Close whatever runs or holds Game.exe: the linker cannot write it.",
    },
];

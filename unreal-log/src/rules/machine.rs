//! Lacks of the build machine: disk space, memory, ports, rights. Any tool may report them, in any words around them.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_MACHINE};
use super::id::RuleId;
use super::rule::{ROW, Rule, UsualOwner};
use crate::finding::{Owner, Rank};
use crate::tool::Tool;

/// Codes of Microsoft's tools that have run out of memory.
const CODES_OF_MEMORY: &[By] = &[
    By::Code("C1002"),
    By::Code("C1060"),
    By::Code("C1076"),
    By::Code("C3859"),
    By::Code("LNK1102"),
];

const MORE_MEMORY: &str = "Give the build more memory, with a larger machine or fewer parallel actions, and try again: the \
    code is not at fault.";

/// Lacks of the machine. Any finding can be caused by them, so they are tried before all other cases.
pub(super) const CAUSES: &[Case] = &[
    Case { by: CODES_OF_MEMORY, pattern: "", hint: MORE_MEMORY, ..OF_MACHINE },
    Case {
        pattern: r"(?i)\bout of (?:virtual |heap )?memory\b|cannot allocate memory|paging file is too small|OutOfMemoryException|java heap space|\bExitCode=137\b|exited with 137\b",
        hint: MORE_MEMORY,
        ..OF_MACHINE
    },
    Case { by: &[By::Tool(Tool::Os)], pattern: r"\bKilled\b", hint: MORE_MEMORY, ..OF_MACHINE },
    Case {
        pattern: r"(?i)no space left on device|not enough space on the disk|disk full\. path|disk quota exceeded",
        hint: "Free space on the build machine's disk or take a larger one, and try again.",
        ..OF_MACHINE
    },
    Case {
        by: &[By::Code("LNK1106"), By::Code("LNK1180")],
        pattern: "",
        hint: "Free space on the build machine's disk: the linker could not write its output.",
        ..OF_MACHINE
    },
    Case {
        by: &[By::Code("LNK1104")],
        pattern: r#"['"“](?:[^'"”]*[/\\])?(?<file>[^'"”/\\]+\.(?:exe|dll|pdb|ilk))\b"#,
        hint: "Close whatever runs or holds {file}: the linker cannot write it.",
        docs: Some(
            "https://learn.microsoft.com/cpp/error-messages/tool-errors/linker-tools-error-lnk1104",
        ),
        ..OF_MACHINE
    },
    Case {
        pattern: r"(?i)unable to bind to (?<address>\S+)",
        hint: "Free {address} on the build machine: another process, such as an open editor, holds the port.",
        ..OF_MACHINE
    },
    Case {
        pattern: r"(?i)address already in use|only one usage of each socket address|HttpListener unable to bind|port \d+ (?:is )?already (?:bound|in use)",
        hint: "End the other process on the build machine, such as an open editor, that holds the same network port.",
        ..OF_MACHINE
    },
    Case {
        pattern: r"'(?:[^']*[/\\])?Intermediate[/\\](?:[^']*[/\\])?(?<file>[^'/\\]+)' already exists",
        hint: "Delete the project's Intermediate folder on the build machine and try again: {file} is left over from another build.",
        ..OF_MACHINE
    },
    Case {
        pattern: r"cannot access the file '(?:[^']*[/\\])?(?<file>[^'/\\]+)'",
        hint: "End the process on the build machine that holds {file} (an editor, a running game, a virus scanner) and try again.",
        ..OF_MACHINE
    },
    Case {
        pattern: r"(?i)access to the path '(?:[^']*[/\\])?(?<file>[^'/\\]+)' is denied",
        hint: "Give the build the right to write {file}: it is read-only, locked or somebody else's.",
        ..OF_MACHINE
    },
    // Mostly an LFS pointer.
    Case {
        pattern: r"'(?:[^']*[/\\])?(?<file>[^'/\\]+)' contains unrecognizable data",
        hint: "Fetch {file} with Git LFS, or restore it: what was checked out is no asset.",
        ..OF_MACHINE
    },
];

const MACHINE_BASE: Rule =
    Rule { rank: Rank::Infrastructure, tool: Some(Tool::Os), block: BlockKind::Line, ..ROW };

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Disk,
        words: &[
            "no space left on device",
            "not enough space on the disk",
            "disk full. path",
            "disk quota exceeded",
        ],
        pattern: r"(?i)^\s*(?<message>.*(?:no space left on device|not enough space on the disk|disk full\. path|disk quota exceeded).*)$",
        owner: UsualOwner::Is(Owner::Infrastructure),
        ..MACHINE_BASE
    },
    Rule {
        id: RuleId::Memory,
        words: &[
            "cannot allocate memory",
            "paging file is too small",
            "ran out of memory allocating",
            "out of virtual memory",
            "system.outofmemoryexception",
            "java heap space",
        ],
        pattern: r"(?i)^\s*(?<message>.*(?:cannot allocate memory|paging file is too small|ran out of memory allocating|out of virtual memory|System\.OutOfMemoryException|java heap space).*)$",
        owner: UsualOwner::Is(Owner::Infrastructure),
        ..MACHINE_BASE
    },
    Rule {
        id: RuleId::Killed,
        words: &["killed"],
        pattern: r"^\s*(?<message>Killed|\S+: line \d+:\s+\d+ Killed\b.*)$",
        owner: UsualOwner::Is(Owner::Infrastructure),
        ..MACHINE_BASE
    },
];

//! Examples for the rules and cases of `rules/clang.rs`.

use super::{CaseExample, NOTHING, RuleExample, SignExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::rules::sign::Meaning;
use crate::tool::Tool;

const COMPILED: Match<'static> =
    Match { rank: Rank::Compile, block: BlockKind::Compiler, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Clang,
        line: "../Source/Game/A.cpp:12:8: error: declaration shadows a field of 'AGame' [-Werror,-Wshadow]",
        found: Some(Match {
            tool: Some(Tool::Clang),
            code: Some("-Wshadow"),
            message: "declaration shadows a field of 'AGame'",
            file: Some("../Source/Game/A.cpp"),
            line: Some(12),
            column: Some(8),
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::Compiler,
        line: "clang++: error: no such file or directory: 'Door.cpp'",
        found: Some(Match {
            tool: Some(Tool::Clang),
            message: "no such file or directory: 'Door.cpp'",
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::Llvm,
        line: "LLVM ERROR: out of memory",
        found: Some(Match { tool: Some(Tool::Clang), message: "out of memory", ..COMPILED }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "'Door.generated.h' file not found",
        hint: "Give the class of Door.generated.h a UCLASS, USTRUCT or UENUM and its file to a module with a Build.cs, or no such header is made.",
    },
    CaseExample {
        message: "'Hinge/Hinge.h' file not found",
        hint: "Check the case of Hinge/Hinge.h, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
    },
    CaseExample {
        message: "use of undeclared identifier 'Hinge'",
        hint: "Include the header that declares Hinge and depend on its module in Build.cs, or correct the spelling.",
    },
    CaseExample {
        message: "no member named 'Hinge' in 'UDoor'",
        hint: "Use a member that UDoor has: Hinge is misspelt, was renamed or is not in this engine version.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "clang++: error: linker command failed with exit code 1 (use -v to see invocation)",
    "3 warnings and 20 errors generated.",
];

pub(super) const SIGNS: &[SignExample] = &[
    SignExample { message: "use of undeclared identifier 'Hinge'", meaning: Meaning::UnknownName },
    SignExample { message: "unknown type name 'FHinge'", meaning: Meaning::UnknownName },
];

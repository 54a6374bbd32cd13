//! Examples for the rules and cases of `rules/msvc.rs`.

use super::{CaseExample, NOTHING, OverrideExample, RuleExample, SignExample};
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
        rule: RuleId::Msvc,
        line: r"C:\Program Files (x86)\Game\Source\A.cpp(42,17): fatal error C1083: Cannot open include file: 'B.h'",
        found: Some(Match {
            tool: Some(Tool::Msvc),
            code: Some("C1083"),
            message: "Cannot open include file: 'B.h'",
            file: Some(r"C:\Program Files (x86)\Game\Source\A.cpp"),
            line: Some(42),
            column: Some(17),
            ..COMPILED
        }),
    },
    RuleExample {
        rule: RuleId::MsvcTool,
        line: "LINK : fatal error LNK1181: cannot open input file 'x.lib'",
        found: Some(Match {
            tool: Some(Tool::MsvcLinker),
            code: Some("LNK1181"),
            message: "cannot open input file 'x.lib'",
            block: BlockKind::Linker,
            ..COMPILED
        }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Internal compiler error.",
        hint: "Update the MSVC toolset of the build machine or simplify the code: the compiler itself failed.",
    },
    CaseExample {
        message: "Cannot open include file: 'Door.generated.h': No such file or directory",
        hint: "Give the class of Door.generated.h a UCLASS, USTRUCT or UENUM and its file to a module with a Build.cs, or no such header is made.",
    },
    CaseExample {
        message: "无法打开包括文件: “Hinge.h”: No such file or directory",
        hint: "Check the case of Hinge.h, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
    },
    CaseExample {
        message: "'Hinge': undeclared identifier",
        hint: "Include the header that declares Hinge and depend on its module in Build.cs, or correct the spelling.",
    },
    CaseExample {
        message: "'Hinge': is not a member of 'UDoor'",
        hint: "Use a member that UDoor has: Hinge is misspelt, was renamed or is not in this engine version.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] =
    &["Makefile.Targets(45,5): error MSB3073: The command \"Build.bat\" exited with code 6."];

pub(super) const SIGNS: &[SignExample] = &[
    SignExample {
        message: "the following warning is treated as an error",
        meaning: Meaning::WarningsAreErrors,
    },
    SignExample { message: "'Hinge': undeclared identifier", meaning: Meaning::UnknownName },
    SignExample {
        message: "'==': result of expression not used",
        meaning: Meaning::RestOfStatement,
    },
];

pub(super) const OVERRIDES: &[OverrideExample] = &[OverrideExample {
    line: r#"A.targets(3,5): warning MSB3026: Could not copy "a" to "b". Beginning retry 2 in 1000ms."#,
    actual: None,
}];

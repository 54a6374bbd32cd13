//! Examples for the rules and cases of `rules/linkers.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const LINKED: Match<'static> =
    Match { tool: Some(Tool::Ld), rank: Rank::Link, block: BlockKind::Linker, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::MsvcLink,
        line: r#"Module.Game.cpp.obj : error LNK2019: unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
        found: Some(Match {
            tool: Some(Tool::MsvcLinker),
            code: Some("LNK2019"),
            message: r#"unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
            ..LINKED
        }),
    },
    RuleExample {
        rule: RuleId::Lld,
        line: "ld.lld: error: undefined symbol: UGame::GetPrivateStaticClass()",
        found: Some(Match {
            message: "undefined symbol: UGame::GetPrivateStaticClass()",
            ..LINKED
        }),
    },
    RuleExample {
        rule: RuleId::GnuLd,
        line: "A.cpp:(.text+0x5): undefined reference to `Foo::Bar()'",
        found: Some(Match { message: "undefined reference to `Foo::Bar()'", ..LINKED }),
    },
    RuleExample {
        rule: RuleId::AppleLd,
        line: "Undefined symbols for architecture arm64:",
        found: Some(Match {
            message: "Undefined symbols for architecture arm64",
            rank: Rank::FollowUp,
            block: BlockKind::Line,
            ..LINKED
        }),
    },
    RuleExample {
        rule: RuleId::AppleSymbol,
        line: r#"  "Door::Open(int)", referenced from:"#,
        found: Some(Match { message: "Door::Open(int)", block: BlockKind::AppleSymbol, ..LINKED }),
    },
    RuleExample {
        rule: RuleId::AppleLdOther,
        line: "ld: library not found for -lDoor",
        found: Some(Match { message: "library not found for -lDoor", ..LINKED }),
    },
    RuleExample {
        rule: RuleId::Duplicate,
        line: "duplicate symbol 'Door::Open()' in:",
        found: Some(Match { message: "duplicate symbol 'Door::Open()' in:", ..LINKED }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "unresolved external symbol _Cnd_timedwait_for referenced in function f",
        hint: "Rebuild the third-party library that uses _Cnd_timedwait_for with the MSVC toolset of the build machine, or install the newer toolset that it was built with.",
    },
    CaseExample {
        message: r#"unresolved external symbol dooropen referenced in function "void __cdecl F(void)" (?F@@YAXXZ)"#,
        hint: "Link the library that has dooropen: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
    },
    CaseExample {
        message: r#"unresolved external symbol "__declspec(dllimport) public: void __cdecl UDoor::Open(int)" (?Open@UDoor@@QEAAXH@Z) referenced in function f"#,
        hint: "Add the module that owns UDoor::Open to Build.cs, export it there with the module's _API macro, or define it.",
    },
    CaseExample {
        message: r#"无法解析的外部符号 __imp_door_open，函数 "void __cdecl F(void)" (?F@@YAXXZ) 中引用了该符号"#,
        hint: "Link the library that has __imp_door_open: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
    },
    CaseExample {
        message: "无法解析的外部符号 main",
        hint: "Add the module that owns the symbol to Build.cs, export it there with the module's _API macro, or define it.",
    },
    CaseExample {
        message: r#""void __cdecl Open(int)" (?Open@@YAXH@Z) already defined in Door.cpp.obj"#,
        hint: "Define Open once: move its body out of the header or make it inline, and link its library once.",
    },
    CaseExample {
        message: "cannot open input file 'door.lib'",
        hint: "Provide door.lib: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
    },
    CaseExample {
        message: "undefined symbol: UDoor::Open(int)",
        hint: "Add the module that owns UDoor::Open to Build.cs, export it there with the module's _API macro, or define it.",
    },
    CaseExample {
        message: "duplicate symbol: UDoor::Open(int)",
        hint: "Define UDoor::Open once: move its body out of the header or make it inline, and link its library once.",
    },
    CaseExample {
        message: "library not found for -ldoor",
        hint: "Provide -ldoor: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
    },
    CaseExample {
        message: "invalid or corrupt file: cannot read at 0x84",
        hint: "Fetch the library with Git LFS and check its platform: what was checked out is no library (an LFS pointer?).",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "Game.exe : fatal error LNK1120: 1 unresolved externals",
    "collect2: error: ld returned 1 exit status",
    "ld: symbol(s) not found for architecture arm64",
];

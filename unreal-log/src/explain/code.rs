//! What compilers, linkers, UnrealHeaderTool and crashes say of code.

use super::row::{By, ROW, Row};
use crate::finding::Owner;
use crate::tool::Tool;

const CODE: Row = Row { owner: Owner::Code, ..ROW };

pub(super) const TABLE: &[Row] = &[
    Row {
        by: &[By::Tool(Tool::Clang), By::Code("C1083")],
        pattern: r#"['"“](?<header>[^'"”\n]+\.generated\.h)"#,
        hint: "Give the class of {header} a UCLASS, USTRUCT or UENUM and its file to a module with a Build.cs, or no such header is made.",
        example: "'Door.generated.h' file not found",
        expected: "Give the class of Door.generated.h a UCLASS, USTRUCT or UENUM and its file to a module with a Build.cs, or no such header is made.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Clang)],
        pattern: r"'(?<header>[^'\n]+)' file not found",
        hint: "Check the case of {header}, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
        example: "'Hinge/Hinge.h' file not found",
        expected: "Check the case of Hinge/Hinge.h, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
        ..CODE
    },
    // Other languages have other quotes and words.
    Row {
        by: &[By::Code("C1083")],
        pattern: r#"['"“‘«「](?<header>[^'"”’»」\n]+)"#,
        hint: "Check the case of {header}, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
        example: "无法打开包括文件: “Hinge.h”: No such file or directory",
        expected: "Check the case of Hinge.h, submodules, Git LFS and the include paths in Build.cs: it is not on the build machine.",
        ..CODE
    },
    Row {
        by: &[By::Code("C2065"), By::Code("C2653"), By::Code("C3861")],
        pattern: r#"^\s*['"“‘«「](?<name>[^'"”’»」\n]+)"#,
        hint: "Include the header that declares {name} and depend on its module in Build.cs, or correct the spelling.",
        example: "'Hinge': undeclared identifier",
        expected: "Include the header that declares Hinge and depend on its module in Build.cs, or correct the spelling.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Clang)],
        pattern: r"(?:undeclared identifier|unknown (?:type|class) name) '(?<name>[^'\n]+)'",
        hint: "Include the header that declares {name} and depend on its module in Build.cs, or correct the spelling.",
        example: "use of undeclared identifier 'Hinge'",
        expected: "Include the header that declares Hinge and depend on its module in Build.cs, or correct the spelling.",
        ..CODE
    },
    Row {
        by: &[By::Code("C2039")],
        pattern: r#"^\s*['"“‘«「](?<name>[^'"”’»」\n]+)['"”’»」][^\n]*['"“‘«「](?<class>[^'"”’»」\n]+)['"”’»」]"#,
        hint: "Use a member that {class} has: {name} is misspelt, was renamed or is not in this engine version.",
        example: "'Hinge': is not a member of 'UDoor'",
        expected: "Use a member that UDoor has: Hinge is misspelt, was renamed or is not in this engine version.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Clang)],
        pattern: r"no member named '(?<name>[^'\n]+)' in '(?<class>[^'\n]+)'",
        hint: "Use a member that {class} has: {name} is misspelt, was renamed or is not in this engine version.",
        example: "no member named 'Hinge' in 'UDoor'",
        expected: "Use a member that UDoor has: Hinge is misspelt, was renamed or is not in this engine version.",
        ..CODE
    },
    // A name of C is not quoted; who refers to it is.
    Row {
        by: &[By::Code("LNK2001"), By::Code("LNK2019")],
        pattern: r#"external symbol (?<symbol>[^\s"]\S*)"#,
        hint: "Link the library that has {symbol}: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
        example: r#"unresolved external symbol dooropen referenced in function "void __cdecl F(void)" (?F@@YAXXZ)"#,
        expected: "Link the library that has dooropen: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK2001"), By::Code("LNK2019")],
        pattern: r#"^[^"_?\n]*"(?:__declspec\(\w+\) )?(?:[^"(\n]*\s)?(?<symbol>[^\s"(]+)(?:\(|" \()"#,
        hint: "Add the module that owns {symbol} to Build.cs, export it there with the module's _API macro, or define it.",
        example: r#"unresolved external symbol "__declspec(dllimport) public: void __cdecl UDoor::Open(int)" (?Open@UDoor@@QEAAXH@Z) referenced in function f"#,
        expected: "Add the module that owns UDoor::Open to Build.cs, export it there with the module's _API macro, or define it.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK2001"), By::Code("LNK2019")],
        pattern: r"\s(?<symbol>[?_][\w@?$]+)",
        hint: "Link the library that has {symbol}: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
        example: r#"无法解析的外部符号 __imp_door_open，函数 "void __cdecl F(void)" (?F@@YAXXZ) 中引用了该符号"#,
        expected: "Link the library that has __imp_door_open: add it to PublicAdditionalLibraries in Build.cs, for this platform.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK2001"), By::Code("LNK2019")],
        pattern: "",
        hint: "Add the module that owns the symbol to Build.cs, export it there with the module's _API macro, or define it.",
        example: "无法解析的外部符号 main",
        expected: "Add the module that owns the symbol to Build.cs, export it there with the module's _API macro, or define it.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Ld)],
        pattern: r"(?:undefined symbol: |undefined reference to [`'])(?<symbol>[^'(\n]+[^'(\n\s])",
        hint: "Add the module that owns {symbol} to Build.cs, export it there with the module's _API macro, or define it.",
        example: "undefined symbol: UDoor::Open(int)",
        expected: "Add the module that owns UDoor::Open to Build.cs, export it there with the module's _API macro, or define it.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Ld)],
        pattern: r"duplicate symbol:? '?(?<symbol>[^'(\n]+[^'(\n\s])|multiple definition of [`'](?<other>[^'(\n]+)",
        hint: "Define {symbol}{other} once: move its body out of the header or make it inline, and link its library once.",
        example: "duplicate symbol: UDoor::Open(int)",
        expected: "Define UDoor::Open once: move its body out of the header or make it inline, and link its library once.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK2005")],
        pattern: r#"^\s*"?(?:[^"(\n]*\s)?(?<symbol>[^\s"(]+)(?:\(|" \(|\s)"#,
        hint: "Define {symbol} once: move its body out of the header or make it inline, and link its library once.",
        example: r#""void __cdecl Open(int)" (?Open@@YAXH@Z) already defined in Door.cpp.obj"#,
        expected: "Define Open once: move its body out of the header or make it inline, and link its library once.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK1104"), By::Code("LNK1181")],
        pattern: r#"['"“‘«「](?<library>[^'"”’»」\n]+)"#,
        hint: "Provide {library}: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
        example: "cannot open input file 'door.lib'",
        expected: "Provide door.lib: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Ld)],
        pattern: r"(?:library not found for|unable to find library|cannot find|library|framework not found|framework) '?(?<library>[^\s']+)'?(?: not found|:|$)",
        hint: "Provide {library}: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
        example: "library not found for -ldoor",
        expected: "Provide -ldoor: fetch it (submodule, Git LFS), build it for this platform, or correct its path in Build.cs.",
        ..CODE
    },
    Row {
        by: &[By::Code("LNK1107"), By::Code("LNK1136"), By::Tool(Tool::Ld)],
        pattern: r"invalid or corrupt file|unknown file type|file format not recognized",
        hint: "Fetch the library with Git LFS and check its platform: what was checked out is no library (an LFS pointer?).",
        example: "invalid or corrupt file: cannot read at 0x84",
        expected: "Fetch the library with Git LFS and check its platform: what was checked out is no library (an LFS pointer?).",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Uht)],
        pattern: r"(?:Unrecognized type|Unable to find '[^\n]*' with name) '(?<type>[^'\n]+)'",
        hint: "Include the header that declares {type} before the .generated.h, or update its plugin to this engine version.",
        example: "Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
        expected: "Include the header that declares FHinge before the .generated.h, or update its plugin to this engine version.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Uht)],
        pattern: r"(?:Struct|Class|Enum) '?(?<name>\w+)'? shares engine name",
        hint: "Rename {name}: the engine has a type of that name.",
        example: "Struct 'FDoor' shares engine name 'Door' with struct 'FDoor' in Hinge.h",
        expected: "Rename FDoor: the engine has a type of that name.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Uht)],
        pattern: r"#include found after \.generated\.h",
        hint: "Move the include of the .generated.h below all others.",
        example: "#include found after .generated.h file - the .generated.h file should always be the last #include in a header",
        expected: "Move the include of the .generated.h below all others.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Iwyu)],
        pattern: r"Expected (?<header>\S+) to be first",
        hint: "Include {header} before all other headers in this file.",
        example: "Expected Door.h to be first header included.",
        expected: "Include Door.h before all other headers in this file.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Javac)],
        pattern: r"package (?<package>\S+) does not exist",
        hint: "Add the library that has the Java package {package} to the build: in the UPL of the plugin that uses it, or its libs folder.",
        example: "package com.example.door does not exist",
        expected: "Add the library that has the Java package com.example.door to the build: in the UPL of the plugin that uses it, or its libs folder.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Javac)],
        pattern: r"cannot find symbol: (?<symbol>[^\n]+)",
        hint: "Use an Android SDK platform or library that has {symbol}, or correct the Java code that the plugin adds.",
        example: "cannot find symbol: variable HINGE",
        expected: "Use an Android SDK platform or library that has variable HINGE, or correct the Java code that the plugin adds.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Crash)],
        pattern: r"Assertion failed: (?<assert>[^\n]+?) \[File:",
        hint: "Look at the top frame of the game's own code: the program ended because this was not true: {assert}.",
        example: "Assertion failed: Hinge != nullptr [File:A.cpp] [Line: 42]",
        expected: "Look at the top frame of the game's own code: the program ended because this was not true: Hinge != nullptr.",
        ..CODE
    },
    Row {
        by: &[By::Tool(Tool::Crash)],
        pattern: r"(?i)unhandled exception|access.violation|caught signal|signal (?:\d+ caught|=\d)|fatal error|critical error|stack for UAT",
        hint: "Look at the top frame of the game's own code in the call stack: the program crashed there.",
        example: "Unhandled Exception: EXCEPTION_ACCESS_VIOLATION reading address 0x00000000",
        expected: "Look at the top frame of the game's own code in the call stack: the program crashed there.",
        ..CODE
    },
    Row {
        by: &[By::EngineLog],
        pattern: r"(?<property>\S+) is not initialized properly",
        hint: "Give {property} a default value in the header that declares it.",
        example: "EnumProperty FDoor::Hinge is not initialized properly even though its struct probably has a custom default constructor.",
        expected: "Give FDoor::Hinge a default value in the header that declares it.",
        ..CODE
    },
];

//! What those who write code have to mend.

use super::{ROW, Row};
use crate::event::FailureClass;

const CODE: Row = Row { class: FailureClass::Code, ..ROW };

pub(super) const TABLE: &[Row] = &[
    Row {
        pattern: r"(?:undefined symbol|unresolved external symbol)[^\n]*?\b(?<symbol>_Cnd_\w+|__std_\w+)",
        class: FailureClass::Toolchain,
        hint: "Update the MSVC toolset of the build machine, or rebuild the library with an older one: {symbol} is newer.",
        example: "unresolved external symbol _Cnd_timedwait_for referenced in function f",
        expected: "Update the MSVC toolset of the build machine, or rebuild the library with an older one: _Cnd_timedwait_for is newer.",
        ..CODE
    },
    Row {
        pattern: r"unresolved external symbol|[Uu]ndefined symbol|undefined reference to",
        hint: "Add the module that owns the symbol to your Build.cs, or export it there with the module's _API macro.",
        example: "undefined symbol: UDoor::Open()",
        expected: "Add the module that owns the symbol to your Build.cs, or export it there with the module's _API macro.",
        ..CODE
    },
    Row {
        codes: &["clang"],
        pattern: r"'(?<header>[^'\n]+)' file not found",
        hint: "Check case, submodules and Git LFS, and the include paths in Build.cs: {header} is not on the build machine.",
        example: "'Hinge/Hinge.h' file not found",
        expected: "Check case, submodules and Git LFS, and the include paths in Build.cs: Hinge/Hinge.h is not on the build machine.",
        ..CODE
    },
    Row {
        codes: &["C1083"],
        pattern: r"'(?<header>[^'\n]+)'",
        hint: "Check case, submodules and Git LFS, and the include paths in Build.cs: {header} is not on the build machine.",
        example: "Cannot open include file: 'Hinge.h': No such file or directory",
        expected: "Check case, submodules and Git LFS, and the include paths in Build.cs: Hinge.h is not on the build machine.",
        ..CODE
    },
    Row {
        codes: &["UHT"],
        pattern: r"Unrecognized type '(?<name>[^'\n]+)'",
        hint: "Include the header that declares {name} before the generated one, or check that its plugin fits this engine version.",
        example: "Unrecognized type 'FHinge' - type must be a UCLASS, USTRUCT or UENUM",
        expected: "Include the header that declares FHinge before the generated one, or check that its plugin fits this engine version.",
        ..CODE
    },
];

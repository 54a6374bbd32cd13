//! Reads the file to fix from errors that name a setting, a module or a plugin instead of a file.

use regex::{Captures, Regex};

use crate::pattern;

/// The subject of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'m> {
    /// A key of the project's `Config/Default<ini>.ini`. The beginning of the key is enough.
    Setting { ini: &'m str, section: Option<&'m str>, key: &'m str },
    /// A file by its name, or by its path on the build machine.
    File(&'m str),
    /// A plugin, or the project that asks for it.
    Plugin(&'m str),
    /// The rules of a module.
    Module(&'m str),
}

/// A row. `read` takes the subject from the groups of the pattern.
struct Row {
    pattern: &'static str,
    read: for<'m> fn(&Captures<'m>) -> Option<Named<'m>>,
}

/// The first row that fits decides.
const TABLE: &[Row] = &[
    Row {
        pattern: r"(?<ini>[A-Za-z0-9_]+)\.ini:\[(?<section>[^\]]+)\]:(?<key>[A-Za-z0-9_]+)",
        read: |found| {
            let ini = group(found, "ini")?;
            let ini = ini.strip_prefix("Default").filter(|ini| !ini.is_empty()).unwrap_or(ini);
            Some(Named::Setting {
                ini,
                section: group(found, "section"),
                key: group(found, "key")?,
            })
        },
    },
    // The maps and modes of the project's settings.
    Row {
        pattern: r"(?-u:\b)(?<key>GameDefaultMap|ServerDefaultMap|EditorStartupMap|TransitionMap|GlobalDefaultGameMode|GlobalDefaultServerGameMode|GameInstanceClass)(?-u:\b)",
        read: |found| {
            Some(Named::Setting { ini: "Engine", section: None, key: group(found, "key")? })
        },
    },
    Row {
        pattern: r"(?-u:\b)(?<key>DirectoriesToAlways(?:StageAs|Cook|NeverCook)[A-Za-z0-9_]*|DirectoriesToNeverCook|MapsToCook)(?-u:\b)",
        read: |found| {
            Some(Named::Setting { ini: "Game", section: None, key: group(found, "key")? })
        },
    },
    // Only the stack shows which setting was read.
    Row {
        pattern: r"StageAdditionalDirectoriesFromConfig",
        read: |_| {
            Some(Named::Setting { ini: "Game", section: None, key: "DirectoriesToAlwaysStageAs" })
        },
    },
    // The file that asks for it is last.
    Row {
        pattern: r"\(referenced via (?<chain>[^)]*)\)",
        read: |found| {
            let chain = group(found, "chain")?.rsplit(" -> ").map(str::trim);
            let mut files = chain.filter(|link| ENDS.iter().any(|end| link.ends_with(end)));
            files.next().map(Named::File)
        },
    },
    Row {
        pattern: r#"(?<file>(?:[A-Za-z]:)?[^\s:*?"'<>|(),\[\]]*\.(?:Build|Target)\.cs)(?-u:\b)"#,
        read: |found| group(found, "file").map(Named::File),
    },
    Row {
        pattern: r#"(?-u:\b)(?<file>[A-Za-z0-9_]+\.uplugin)(?-u:\b)"#,
        read: |found| group(found, "file").map(Named::File),
    },
    Row {
        pattern: r#"(?i)(?-u:\b)plugin ['"](?<plugin>[A-Za-z0-9_]+)['"]"#,
        read: |found| group(found, "plugin").map(Named::Plugin),
    },
    Row {
        pattern: r"(?i)(?-u:\b)module (?:rules named )?'(?<module>[A-Za-z0-9_]+)'",
        read: |found| group(found, "module").map(Named::Module),
    },
];

/// The files that describe targets, modules, plugins and projects.
const ENDS: [&str; 4] = [".Build.cs", ".Target.cs", ".uplugin", ".uproject"];

/// A text that may be the path of a file, and the ends that it may have. Paths may have blanks and dots too.
const PATH: &str = r#"(?:[A-Za-z]:[\\/]|(?:\.\.[\\/])+)[^:*?"'<>|]{1,1000}"#;
const END: &str = r"\.[A-Za-z0-9]{1,9}(?-u:\b)";
/// How many ends of a path are tried.
const MAX_ENDS: usize = 4;

/// The table, compiled.
#[derive(Debug, Clone)]
pub(super) struct ByName {
    rows: Vec<Regex>,
    path: Regex,
    end: Regex,
}

impl ByName {
    pub(super) fn new() -> Self {
        Self {
            rows: TABLE.iter().map(|row| pattern::compile(row.pattern)).collect(),
            path: pattern::compile(PATH),
            end: pattern::compile(END),
        }
    }

    /// Texts that may be paths of files on the build machine, whatever the message says about them.
    pub(super) fn paths<'m>(&self, message: &'m str) -> impl Iterator<Item = &'m str> {
        self.path.find_iter(message).flat_map(|found| {
            let text = found.as_str();
            let ends = self.end.find_iter(text).take(MAX_ENDS);
            ends.filter_map(move |end| text.get(..end.end()))
        })
    }

    /// The subject of the message.
    pub(super) fn read<'m>(&self, message: &'m str) -> Option<Named<'m>> {
        let mut rows = TABLE.iter().zip(&self.rows);
        rows.find_map(|(row, pattern)| (row.read)(&pattern.captures(message)?))
    }
}

fn group<'m>(found: &Captures<'m>, name: &str) -> Option<&'m str> {
    found.name(name).map(|text| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message for each row, and its subject.
    const EXAMPLES: [(&str, Named<'static>); TABLE.len()] = [
        (
            "Engine.ini:[Core.System]:Paths entry '../../../Gone/Content' does not exist",
            Named::Setting { ini: "Engine", section: Some("Core.System"), key: "Paths" },
        ),
        (
            "GlobalDefaultGameMode contains a redirected reference '/Game/A/Mode'. The intended asset",
            Named::Setting { ini: "Engine", section: None, key: "GlobalDefaultGameMode" },
        ),
        (
            "Invalid entry of DirectoriesToAlwaysStageAsNonUFS: Movies",
            Named::Setting { ini: "Game", section: None, key: "DirectoriesToAlwaysStageAsNonUFS" },
        ),
        (
            "The directory name is invalid.\n   at Project.StageAdditionalDirectoriesFromConfig(",
            Named::Setting { ini: "Game", section: None, key: "DirectoriesToAlwaysStageAs" },
        ),
        (
            "Could not find definition for module 'Gone' (referenced via Target -> Game.Build.cs -> Doors.Build.cs)",
            Named::File("Doors.Build.cs"),
        ),
        (
            "BuildSettings in GameEditor.Target.cs are out of date",
            Named::File("GameEditor.Target.cs"),
        ),
        (
            r"C:\My Game\Plugins\Doors\Doors.uplugin: warning: The 'Developer' module type is deprecated",
            Named::File("Doors.uplugin"),
        ),
        (
            "Plugin 'Doors' failed to load because module 'Hinges' could not be found",
            Named::Plugin("Doors"),
        ),
        (
            "Expecting to find a type to be declared in a module rules named 'Doors' in UE5Rules",
            Named::Module("Doors"),
        ),
    ];

    #[test]
    fn each_row_reads_its_example_and_no_earlier_row_does() {
        let by_name = ByName::new();
        for (at, (example, expected)) in EXAMPLES.iter().enumerate() {
            let first = by_name.rows.iter().position(|pattern| pattern.is_match(example));
            assert_eq!(first, Some(at), "{example}");
            assert_eq!(by_name.read(example), Some(*expected), "{example}");
        }
    }

    #[test]
    fn other_forms_name_the_same() {
        let by_name = ByName::new();
        for (message, expected) in [
            ("'GameDefaultMap' 指向重定向 '/Game/X'", Some(("Engine", "GameDefaultMap"))),
            ("DefaultGame.ini:[/Script/X.Y]:Key is wrong", Some(("Game", "Key"))),
            (
                "at Project.StageAdditionalDirectoriesFromConfig(x",
                Some(("Game", "DirectoriesToAlwaysStageAs")),
            ),
            ("MyGameDefaultMapper is wrong", None),
        ] {
            let named = by_name.read(message).and_then(|named| match named {
                Named::Setting { ini, key, .. } => Some((ini, key)),
                _ => None,
            });
            assert_eq!(named, expected, "{message}");
        }
        for (message, expected) in [
            ("x (referenced via Game.Target.cs)", Named::File("Game.Target.cs")),
            ("x (referenced via Target -> A.Build.cs) y", Named::File("A.Build.cs")),
            (
                "Unable to find plugin 'X' (referenced via G.uproject). Install it",
                Named::File("G.uproject"),
            ),
            (r"Missing D:\G\Source\G\G.Build.cs!", Named::File(r"D:\G\Source\G\G.Build.cs")),
            ("Unable to load plugin \"Doors\".", Named::Plugin("Doors")),
            ("Unable to instantiate module 'Doors': x", Named::Module("Doors")),
        ] {
            assert_eq!(by_name.read(message), Some(expected), "{message}");
        }
        for message in ["x (referenced via Target)", "a plugin is missing", "'Game'", ""] {
            assert_eq!(by_name.read(message), None, "{message}");
        }
    }

    #[test]
    fn files_are_found_in_any_message() {
        let by_name = ByName::new();
        for (message, expected) in [
            (
                r"Can't clobber writable file C:\My Game\A.B.txt",
                &[r"C:\My Game\A.B", r"C:\My Game\A.B.txt"][..],
            ),
            ("File path: ../../x y/A.db\nFile path: D:/B.db.", &["../../x y/A.db", "D:/B.db"]),
            ("copy 'C:/A.txt' to \"C:/B\"", &["C:/A.txt"]),
            ("see A.txt, /b/C.txt", &[]),
        ] {
            assert_eq!(by_name.paths(message).collect::<Vec<_>>(), expected, "{message}");
        }
    }
}

//! The file to mend for errors that name a setting, a module or a plugin instead of a file.

use regex::{Captures, Regex};

use super::pattern;

/// What a message names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin<'m> {
    /// A key of the project's `Config/Default<ini>.ini`. What the key begins with is enough.
    Setting { ini: &'m str, section: Option<&'m str>, key: &'m str },
    /// A file by its name, or by its path on the build machine.
    File(&'m str),
    /// A plugin, or the project that asks for it.
    Plugin(&'m str),
    /// The rules of a module.
    Module(&'m str),
}

/// A row; the groups of its pattern are what `origin` makes something of.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Row {
    pattern: &'static str,
    origin: for<'m> fn(&Captures<'m>) -> Option<Origin<'m>>,
    example: &'static str,
    expected: Origin<'static>,
}

/// The first row that fits decides.
const TABLE: &[Row] = &[
    Row {
        pattern: r"(?<ini>[A-Za-z0-9_]+)\.ini:\[(?<section>[^\]]+)\]:(?<key>[A-Za-z0-9_]+)",
        origin: |found| {
            let ini = group(found, "ini")?;
            let ini = ini.strip_prefix("Default").filter(|ini| !ini.is_empty()).unwrap_or(ini);
            Some(Origin::Setting {
                ini,
                section: group(found, "section"),
                key: group(found, "key")?,
            })
        },
        example: "Engine.ini:[Core.System]:Paths entry '../../../Gone/Content' does not exist",
        expected: Origin::Setting { ini: "Engine", section: Some("Core.System"), key: "Paths" },
    },
    // The maps and modes of the project's settings.
    Row {
        pattern: r"(?-u:\b)(?<key>GameDefaultMap|ServerDefaultMap|EditorStartupMap|TransitionMap|GlobalDefaultGameMode|GlobalDefaultServerGameMode|GameInstanceClass)(?-u:\b)",
        origin: |found| {
            Some(Origin::Setting { ini: "Engine", section: None, key: group(found, "key")? })
        },
        example: "GlobalDefaultGameMode contains a redirected reference '/Game/A/Mode'. The intended asset",
        expected: Origin::Setting { ini: "Engine", section: None, key: "GlobalDefaultGameMode" },
    },
    Row {
        pattern: r"(?-u:\b)(?<key>DirectoriesToAlways(?:StageAs|Cook|NeverCook)[A-Za-z0-9_]*|DirectoriesToNeverCook|MapsToCook)(?-u:\b)",
        origin: |found| {
            Some(Origin::Setting { ini: "Game", section: None, key: group(found, "key")? })
        },
        example: "Invalid entry of DirectoriesToAlwaysStageAsNonUFS: Movies",
        expected: Origin::Setting {
            ini: "Game",
            section: None,
            key: "DirectoriesToAlwaysStageAsNonUFS",
        },
    },
    // Only the stack says which setting was read.
    Row {
        pattern: r"StageAdditionalDirectoriesFromConfig",
        origin: |_| {
            Some(Origin::Setting { ini: "Game", section: None, key: "DirectoriesToAlwaysStageAs" })
        },
        example: "The directory name is invalid.\n   at Project.StageAdditionalDirectoriesFromConfig(",
        expected: Origin::Setting { ini: "Game", section: None, key: "DirectoriesToAlwaysStageAs" },
    },
    // Who asks for it stands last.
    Row {
        pattern: r"\(referenced via (?<chain>[^)]*)\)",
        origin: |found| {
            let chain = group(found, "chain")?.rsplit(" -> ").map(str::trim);
            let mut files = chain.filter(|link| ENDS.iter().any(|end| link.ends_with(end)));
            files.next().map(Origin::File)
        },
        example: "Could not find definition for module 'Gone' (referenced via Target -> Game.Build.cs -> Doors.Build.cs)",
        expected: Origin::File("Doors.Build.cs"),
    },
    Row {
        pattern: r#"(?<file>(?:[A-Za-z]:)?[^\s:*?"'<>|(),\[\]]*\.(?:Build|Target)\.cs)(?-u:\b)"#,
        origin: |found| group(found, "file").map(Origin::File),
        example: "BuildSettings in GameEditor.Target.cs are out of date",
        expected: Origin::File("GameEditor.Target.cs"),
    },
    Row {
        pattern: r#"(?-u:\b)(?<file>[A-Za-z0-9_]+\.uplugin)(?-u:\b)"#,
        origin: |found| group(found, "file").map(Origin::File),
        example: r"C:\My Game\Plugins\Doors\Doors.uplugin: warning: The 'Developer' module type is deprecated",
        expected: Origin::File("Doors.uplugin"),
    },
    Row {
        pattern: r#"(?i)(?-u:\b)plugin ['"](?<plugin>[A-Za-z0-9_]+)['"]"#,
        origin: |found| group(found, "plugin").map(Origin::Plugin),
        example: "Plugin 'Doors' failed to load because module 'Hinges' could not be found",
        expected: Origin::Plugin("Doors"),
    },
    Row {
        pattern: r"(?i)(?-u:\b)module (?:rules named )?'(?<module>[A-Za-z0-9_]+)'",
        origin: |found| group(found, "module").map(Origin::Module),
        example: "Expecting to find a type to be declared in a module rules named 'Doors' in UE5Rules",
        expected: Origin::Module("Doors"),
    },
];

/// The files that describe targets, modules, plugins and projects.
const ENDS: [&str; 4] = [".Build.cs", ".Target.cs", ".uplugin", ".uproject"];

/// What may be the path of a file, and the ends that it may have: there are blanks and dots in paths, too.
const PATH: &str = r#"(?:[A-Za-z]:[\\/]|(?:\.\.[\\/])+)[^:*?"'<>|]{1,1000}"#;
const END: &str = r"\.[A-Za-z0-9]{1,9}(?-u:\b)";
/// How many ends of a path are tried.
const MAX_ENDS: usize = 4;

/// The table, compiled.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    rows: Vec<Regex>,
    path: Regex,
    end: Regex,
}

impl Origins {
    pub(super) fn new() -> Self {
        Self {
            rows: TABLE.iter().map(|row| pattern::compile(row.pattern)).collect(),
            path: pattern::compile(PATH),
            end: pattern::compile(END),
        }
    }

    /// What may be the path of a file on the build machine, whatever the message says of it.
    pub(super) fn mentioned<'m>(&self, message: &'m str) -> impl Iterator<Item = &'m str> {
        self.path.find_iter(message).flat_map(|found| {
            let text = found.as_str();
            let ends = self.end.find_iter(text).take(MAX_ENDS);
            ends.filter_map(move |end| text.get(..end.end()))
        })
    }

    /// What the message names.
    pub(super) fn of<'m>(&self, message: &'m str) -> Option<Origin<'m>> {
        let mut rows = TABLE.iter().zip(&self.rows);
        rows.find_map(|(row, pattern)| (row.origin)(&pattern.captures(message)?))
    }
}

fn group<'m>(found: &Captures<'m>, name: &str) -> Option<&'m str> {
    found.name(name).map(|text| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_reads_its_example_and_no_row_before_it_does() {
        let origins = Origins::new();
        for (at, row) in TABLE.iter().enumerate() {
            let first = origins.rows.iter().position(|pattern| pattern.is_match(row.example));
            assert_eq!(first, Some(at), "{}", row.example);
            assert_eq!(origins.of(row.example), Some(row.expected), "{}", row.example);
        }
    }

    #[test]
    fn other_forms_name_the_same() {
        let origins = Origins::new();
        for (message, expected) in [
            ("'GameDefaultMap' 指向重定向 '/Game/X'", Some(("Engine", "GameDefaultMap"))),
            ("DefaultGame.ini:[/Script/X.Y]:Key is wrong", Some(("Game", "Key"))),
            (
                "at Project.StageAdditionalDirectoriesFromConfig(x",
                Some(("Game", "DirectoriesToAlwaysStageAs")),
            ),
            ("MyGameDefaultMapper is wrong", None),
        ] {
            let named = origins.of(message).and_then(|origin| match origin {
                Origin::Setting { ini, key, .. } => Some((ini, key)),
                _ => None,
            });
            assert_eq!(named, expected, "{message}");
        }
        for (message, expected) in [
            ("x (referenced via Game.Target.cs)", Origin::File("Game.Target.cs")),
            ("x (referenced via Target -> A.Build.cs) y", Origin::File("A.Build.cs")),
            (
                "Unable to find plugin 'X' (referenced via G.uproject). Install it",
                Origin::File("G.uproject"),
            ),
            (r"Missing D:\G\Source\G\G.Build.cs!", Origin::File(r"D:\G\Source\G\G.Build.cs")),
            ("Unable to load plugin \"Doors\".", Origin::Plugin("Doors")),
            ("Unable to instantiate module 'Doors': x", Origin::Module("Doors")),
        ] {
            assert_eq!(origins.of(message), Some(expected), "{message}");
        }
        for message in ["x (referenced via Target)", "a plugin is missing", "'Game'", ""] {
            assert_eq!(origins.of(message), None, "{message}");
        }
    }

    #[test]
    fn files_are_found_in_any_message() {
        let origins = Origins::new();
        for (message, expected) in [
            (
                r"Can't clobber writable file C:\My Game\A.B.txt",
                &[r"C:\My Game\A.B", r"C:\My Game\A.B.txt"][..],
            ),
            ("File path: ../../x y/A.db\nFile path: D:/B.db.", &["../../x y/A.db", "D:/B.db"]),
            ("copy 'C:/A.txt' to \"C:/B\"", &["C:/A.txt"]),
            ("see A.txt, /b/C.txt", &[]),
        ] {
            assert_eq!(origins.mentioned(message).collect::<Vec<_>>(), expected, "{message}");
        }
    }
}

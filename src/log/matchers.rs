//! The shapes in which tools report errors and warnings. A matcher is a row that carries its own
//! example; the first row that fits decides.

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::pattern;
use super::phases::Speaker;
use crate::event::Severity;

/// A row: what the groups of its pattern are called is what they mean. A `severity` that is
/// neither an error nor a warning says that the line is none, whatever follows.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Matcher {
    name: &'static str,
    /// Who reports in this shape.
    said_by: &'static [Speaker],
    pattern: &'static str,
    example: &'static str,
    expected: Option<Report<'static>>,
}

/// What a line reports, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report<'l> {
    pub(super) severity: Severity,
    pub(super) code: Option<&'l str>,
    pub(super) message: &'l str,
    pub(super) file: Option<&'l str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
}

const NOTHING: Report<'static> = Report {
    severity: Severity::Error,
    code: None,
    message: "",
    file: None,
    line: None,
    column: None,
};

/// Not the game: how it fares is no matter of the build.
const TOOLS: &[Speaker] = &[Speaker::SourceControl, Speaker::Build];
const ANYONE: &[Speaker] = &[Speaker::SourceControl, Speaker::Build, Speaker::Game];

const TABLE: &[Matcher] = &[
    Matcher {
        name: "asset",
        said_by: TOOLS,
        pattern: r#"^\s*(?<code>Log\w*|AssetCheck|CookResults|LoadErrors|MapCheck|PackagingResults):\s?(?<severity>Fatal|Error|Warning): ?(?:\[AssetLog\] )?(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): (?<message>.*)$"#,
        example: r"LogBlueprint: Error: [AssetLog] C:\Game\Content\Door.uasset: [Compiler] Could not find a function",
        expected: Some(Report {
            code: Some("LogBlueprint"),
            message: "[Compiler] Could not find a function",
            file: Some(r"C:\Game\Content\Door.uasset"),
            ..NOTHING
        }),
    },
    Matcher {
        name: "channel",
        said_by: TOOLS,
        pattern: r"^\s*(?<code>Log\w*|AssetCheck|CookResults|LoadErrors|MapCheck|PackagingResults):\s?(?<severity>Fatal|Error|Warning): ?(?<message>.*)$",
        example: "LogCook: Error: Content is missing from cook: /Game/Maps/Level3",
        expected: Some(Report {
            code: Some("LogCook"),
            message: "Content is missing from cook: /Game/Maps/Level3",
            ..NOTHING
        }),
    },
    Matcher {
        name: "channel-info",
        said_by: TOOLS,
        pattern: r"^\s*\w+:\s?(?<severity>Display|Log|Verbose|VeryVerbose): (?<message>)",
        example: "LogInit: Display: LogCook: Error: a line of the summary",
        expected: None,
    },
    Matcher {
        name: "msvc",
        said_by: TOOLS,
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\s*\((?<line>\d+)(?:-\d+)?(?:,\s?(?<column>\d+)(?:[-,]\s?\d+)*)?\)\s*:\s+(?<severity>(?i:fatal error|error|warning))\s?(?<code>[A-Z]{1,6}\d{2,5})?\s*:\s*(?<message>.*)$"#,
        example: r"C:\Program Files (x86)\Game\Source\A.cpp(42,17): fatal error C1083: Cannot open include file: 'B.h'",
        expected: Some(Report {
            code: Some("C1083"),
            message: "Cannot open include file: 'B.h'",
            file: Some(r"C:\Program Files (x86)\Game\Source\A.cpp"),
            line: Some(42),
            column: Some(17),
            ..NOTHING
        }),
    },
    Matcher {
        name: "linker",
        said_by: TOOLS,
        pattern: r"^\s*\S.*?\.(?:obj|lib|exe|dll|o)(?:\([^)]*\))?\s*:\s*(?<severity>fatal error|error|warning) (?<code>LNK\d{4})\s*:\s*(?<message>.*)$",
        example: r#"Module.Game.cpp.obj : error LNK2019: unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
        expected: Some(Report {
            code: Some("LNK2019"),
            message: r#"unresolved external symbol "void __cdecl F(void)" (?F@@YAXXZ)"#,
            ..NOTHING
        }),
    },
    Matcher {
        name: "msvc-tool",
        said_by: TOOLS,
        pattern: r"^\s*[A-Za-z][\w.+-]*\s*:\s+(?<severity>fatal error|error|warning) (?<code>[A-Z]+\d+)\s*:\s*(?<message>.*)$",
        example: "LINK : fatal error LNK1181: cannot open input file 'x.lib'",
        expected: Some(Report {
            code: Some("LNK1181"),
            message: "cannot open input file 'x.lib'",
            ..NOTHING
        }),
    },
    Matcher {
        name: "clang",
        said_by: TOOLS,
        pattern: r#"^\s*(?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*):(?<line>\d+)(?::(?<column>\d+))?:\s*(?<severity>(?i:fatal error|error|warning)):\s*(?<message>.*?)(?:\s\[(?:[^\]]*,)?(?<code>-W[^\],]+)\])?$"#,
        example: "../Source/Game/A.cpp:12:8: error: declaration shadows a field of 'AGame' [-Werror,-Wshadow]",
        expected: Some(Report {
            code: Some("-Wshadow"),
            message: "declaration shadows a field of 'AGame'",
            file: Some("../Source/Game/A.cpp"),
            line: Some(12),
            column: Some(8),
            ..NOTHING
        }),
    },
    Matcher {
        name: "clang-tool",
        said_by: TOOLS,
        pattern: r"^\s*(?:(?:[A-Za-z]:)?[^:]*[/\\])?(?:[\w.-]+-)?(?:clang|clang\+\+|gcc|g\+\+|cc1plus|collect2|ld|ld\.lld|ld64\.lld|lld-link)(?:-\d+)?(?:\.exe)?: (?<severity>fatal error|error|warning): (?<message>.*)$",
        example: "ld.lld: error: undefined symbol: UGame::GetPrivateStaticClass()",
        expected: Some(Report {
            message: "undefined symbol: UGame::GetPrivateStaticClass()",
            ..NOTHING
        }),
    },
    Matcher {
        name: "gnu-ld",
        said_by: TOOLS,
        pattern: r"^\s*\S.*:\s(?<message>undefined reference to .*)$",
        example: "A.cpp:(.text+0x5): undefined reference to `Foo::Bar()'",
        expected: Some(Report { message: "undefined reference to `Foo::Bar()'", ..NOTHING }),
    },
    Matcher {
        name: "apple-ld",
        said_by: TOOLS,
        pattern: r"^\s*(?<message>Undefined symbols for architecture \w+):$",
        example: "Undefined symbols for architecture arm64:",
        expected: Some(Report { message: "Undefined symbols for architecture arm64", ..NOTHING }),
    },
    Matcher {
        name: "uat-file",
        said_by: ANYONE,
        pattern: r#"^\s*(?<severity>ERROR|WARNING): (?<file>(?:[A-Za-z]:)?[^:*?"<>|]*\.[A-Za-z]\w*)\((?<line>\d+)(?:,(?<column>\d+))?\): (?<message>.*)$"#,
        example: r"WARNING: C:\Game\Build\Graph.xml(50): Unknown element",
        expected: Some(Report {
            severity: Severity::Warning,
            message: "Unknown element",
            file: Some(r"C:\Game\Build\Graph.xml"),
            line: Some(50),
            ..NOTHING
        }),
    },
    Matcher {
        name: "uat",
        said_by: ANYONE,
        pattern: r"^\s*(?:RunUAT(?:\.\w+)? |UBT )?(?<severity>ERROR|WARNING): (?<message>.*)$",
        example: "ERROR: Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
        expected: Some(Report {
            message: "Stage Failed. Missing receipt 'C:/Game/Binaries/Win64/Game.target'.",
            ..NOTHING
        }),
    },
    Matcher {
        name: "git",
        said_by: &[Speaker::SourceControl],
        pattern: r"^(?<severity>fatal|error): (?<message>.*)$",
        example: "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        expected: Some(Report {
            message: "could not read Username for 'https://github.com': terminal prompts disabled",
            ..NOTHING
        }),
    },
];

/// The words without which no row can fit.
const WORDS: [&str; 4] = ["error", "warning", "fatal", "undefined "];
/// Consumers of the numbers count in signed ones.
const MAX_NUMBER: u32 = i32::MAX.unsigned_abs();
/// What is no source file, whatever its place looks like.
const BINARIES: [&str; 6] = [".obj", ".o", ".lib", ".dll", ".exe", ".pch"];

/// The table, compiled.
#[derive(Debug, Clone)]
pub(super) struct Matchers {
    words: Option<AhoCorasick>,
    rows: Vec<Regex>,
}

impl Matchers {
    pub(super) fn new() -> Self {
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS);
        let rows = TABLE.iter().map(|row| pattern::compile(row.pattern)).collect();
        // Without the words every line takes the slow way, to the same result.
        Self { words: words.ok(), rows }
    }

    /// What the line, stripped of its prefixes, reports.
    pub(super) fn read<'l>(&self, line: &'l str, speaker: Speaker) -> Option<Report<'l>> {
        if !self.words.as_ref().is_none_or(|words| words.is_match(line)) {
            return None;
        }
        let line = without_project(line);
        let (_, found) = self.first(line, speaker)?;
        let report = report(&found)?;
        Some(self.quoted(&report, speaker).unwrap_or(report))
    }

    /// What a compiler reports inside the words of a channel; the milder of the two is right.
    fn quoted<'l>(&self, outer: &Report<'l>, speaker: Speaker) -> Option<Report<'l>> {
        outer.code.filter(|code| outer.file.is_none() && code.starts_with("Log"))?;
        let (_, found) = self.first(outer.message, speaker)?;
        let inner = report(&found).filter(|inner| inner.line.is_some())?;
        Some(Report { severity: outer.severity.min(inner.severity), ..inner })
    }

    /// The row that decides about the line.
    fn first<'l>(
        &self,
        line: &'l str,
        speaker: Speaker,
    ) -> Option<(&'static Matcher, Captures<'l>)> {
        let rows = TABLE.iter().zip(&self.rows).filter(|(row, _)| row.said_by.contains(&speaker));
        let mut fits = rows.filter_map(|(row, pattern)| Some((row, pattern.captures(line)?)));
        fits.find(|(_, found)| !names_a_binary(found))
    }
}

/// Without the ` [C:\Game\Game.vcxproj]` that MSBuild appends, once for each project that it builds.
fn without_project(line: &str) -> &str {
    let line = line.trim_end();
    let split = line.strip_suffix(']').and_then(|line| line.rsplit_once(" ["));
    let file =
        |project: &str| project.split("::").next().is_some_and(|file| file.ends_with("proj"));
    split.filter(|(_, project)| file(project)).map_or(line, |(line, _)| line)
}

fn names_a_binary(found: &Captures<'_>) -> bool {
    let file = found.name("file").map(|file| file.as_str().to_ascii_lowercase());
    file.is_some_and(|file| BINARIES.iter().any(|end| file.ends_with(end)))
}

fn report<'l>(found: &Captures<'l>) -> Option<Report<'l>> {
    let text = |group: &str| found.name(group).map(|text| text.as_str().trim());
    let number =
        |group: &str| text(group)?.parse().ok().filter(|number| (1..=MAX_NUMBER).contains(number));
    let message = text("message").filter(|message| !message.is_empty())?;
    let severity = text("severity").map_or(Some(Severity::Error), severity)?;
    let line = number("line");
    let column = line.and_then(|_| number("column"));
    Some(Report { severity, code: text("code"), message, file: text("file"), line, column })
}

fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "fatal error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_reads_its_example_and_no_row_before_it_does() {
        let matchers = Matchers::new();
        for row in TABLE {
            let (first, _) = matchers.first(row.example, row.said_by[0]).expect(row.name);
            assert_eq!(first.name, row.name);
            assert_eq!(matchers.read(row.example, row.said_by[0]), row.expected, "{}", row.name);
        }
    }

    #[test]
    fn every_form_of_a_place_is_read() {
        let matchers = Matchers::new();
        let table = [
            ("A.cpp(3): error: x", "A.cpp", 3, None),
            ("A.cpp(3) : warning C4701: x", "A.cpp", 3, None),
            ("A.cpp(3,7): error C10: x", "A.cpp", 3, Some(7)),
            ("A.cpp(3,7-9): error C10: x", "A.cpp", 3, Some(7)),
            ("A.cpp(3,7,4,2): error C10: x", "A.cpp", 3, Some(7)),
            ("A.cpp(3-5): error C10: x", "A.cpp", 3, None),
            ("  C:/UE_4,26/My Game/A.h(16): error : x", "C:/UE_4,26/My Game/A.h", 16, None),
            ("/g/A.h(106)  : Error: x", "/g/A.h", 106, None),
            ("日本/A.cpp:3: warning: x", "日本/A.cpp", 3, None),
            (r"C:\g\A.cpp:3:7: fatal error: x", r"C:\g\A.cpp", 3, Some(7)),
            ("ERROR: A.xml(3,7): x", "A.xml", 3, Some(7)),
        ];
        for (line, file, number, column) in table {
            let report = matchers.read(line, Speaker::SourceControl).expect(line);
            let place = (report.file, report.line, report.column);
            assert_eq!(place, (Some(file), Some(number), column), "{line}");
            assert!(["x", ": x"].contains(&report.message), "{line}: {}", report.message);
        }
    }

    #[test]
    fn a_place_that_no_file_can_have_is_left_out() {
        let matchers = Matchers::new();
        for (line, number) in [
            ("A.cpp(0,3): error: x", None),
            ("A.cpp(3,0): error: x", Some(3)),
            ("A.cpp(99999999999,1): error: x", None),
            ("A.cpp(2147483648,1): error: x", None),
            ("A.cpp(2147483647,2147483648): error: x", Some(2_147_483_647)),
        ] {
            let report = matchers.read(line, Speaker::SourceControl).expect(line);
            assert_eq!((report.line, report.column), (number, None), "{line}");
        }
    }

    #[test]
    fn the_first_severity_of_a_line_decides() {
        let matchers = Matchers::new();
        let read = |line| matchers.read(line, Speaker::SourceControl).map(|report| report.severity);
        assert_eq!(
            read("LogX: Warning: Compile of Y failed. 1 Fatal Error"),
            Some(Severity::Warning)
        );
        assert_eq!(read("LogX:Error: old form"), Some(Severity::Error));
        assert_eq!(read("LogX: Fatal: x"), Some(Severity::Error));
        assert_eq!(read("LogX: Display: A.cpp(3): error C2065: x"), None);
    }

    #[test]
    fn the_word_error_alone_is_nothing() {
        let matchers = Matchers::new();
        for line in [
            "[1/11] Compile SharedPCH.Engine.ShadowErrors.h [arm64]",
            "LogInit: Display: Success - 0 error(s), 0 warning(s)",
            "Failure - 3 error(s), 12 warning(s)",
            "    2 Error(s)",
            "5 errors",
            "1 error generated.",
            "Error: CDO Constructor (WidgetComponent): Failed to find /Engine/X",
            "Error [GENERAL | xrCreateInstance | OpenXR-Loader] : xrCreateInstance failed",
            "Running UnrealHeaderTool -LogCmds=\"loginit warning, logexit error\" -WarningsAsErrors",
            "12:30:45: error: no file",
            "Game.obj(3) : warning : x",
            "PIE: Error: x",
            "Info: Error: x",
            "LogWindows: Error: ",
            "ERROR: ",
        ] {
            assert_eq!(matchers.read(line, Speaker::SourceControl), None, "{line}");
        }
    }

    fn message(line: &str, speaker: Speaker) -> Option<String> {
        Some(Matchers::new().read(line, speaker)?.message.to_owned())
    }

    #[test]
    fn the_project_that_msbuild_appends_is_no_part_of_the_message() {
        for line in [
            r"A.cpp(3): error C2065: x [C:\My Game\Game.vcxproj]",
            r"A.cs(3,1): error CS1501: x [/g/A.csproj::TargetFramework=net8.0]",
            r"A.obj : error LNK2019: x [C:\g\Game.vcxproj]",
            r"LINK : fatal error LNK1181: x [C:\g\Game.vcxproj]",
        ] {
            assert_eq!(message(line, Speaker::Build).as_deref(), Some("x"), "{line}");
        }
        let other = message("A.cpp(3): error C2065: x [3]", Speaker::Build);
        assert_eq!(other.as_deref(), Some("x [3]"));
    }

    #[test]
    fn compilers_and_linkers_are_known_by_any_name_and_in_any_folder() {
        for line in [
            "x86_64-unknown-linux-gnu-clang++: error: x",
            "C:/UnrealToolchains/v22 clang/bin/clang++.exe: error: x",
            "/usr/bin/clang-16: error: x",
            "collect2: error: x",
        ] {
            assert_eq!(message(line, Speaker::Build).as_deref(), Some("x"), "{line}");
        }
    }

    #[test]
    fn what_a_compiler_says_in_a_channel_has_its_place() {
        let matchers = Matchers::new();
        let read = |line| matchers.read(line, Speaker::Build);
        let report = read(r"LogCompile: Error: C:\x\B.cpp(3): error C2065: 'y'").unwrap();
        assert_eq!((report.file, report.line), (Some(r"C:\x\B.cpp"), Some(3)));
        assert_eq!((report.code, report.message), (Some("C2065"), "'y'"));
        let milder = "LogCompile: Error: B.cpp(3): warning C4996: y";
        assert_eq!(read(milder).map(|report| report.severity), Some(Severity::Warning));
        let milder = "LogCompile: Warning: B.cpp(3): error C2065: y";
        assert_eq!(read(milder).map(|report| report.severity), Some(Severity::Warning));
    }

    #[test]
    fn who_speaks_decides_what_counts() {
        let speakers = [Speaker::SourceControl, Speaker::Build, Speaker::Game];
        for (line, expected) in [
            ("fatal: no remote", [true, false, false]),
            ("LogCook: Error: x", [true, true, false]),
            ("A.cpp(3): error C2065: x", [true, true, false]),
            ("ERROR: Client exited with error code: 3", [true, true, true]),
        ] {
            let heard = speakers.map(|speaker| message(line, speaker).is_some());
            assert_eq!(heard, expected, "{line}");
        }
    }
}

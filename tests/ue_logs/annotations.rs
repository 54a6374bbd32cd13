//! Reads what a perfect tool would annotate from the sidecar of a log, and compares findings with it.
//!
//! A row is `failure|warning | place | code | message`, perhaps with empty cells between, and `hint: …` at the end.
//! Other rows (`suppressed: …`, `NOT an error: …`, `(none)`) ask for nothing.

use buildpixel_ci::model::{Finding, Severity};

/// Our codes for messages of tools that have none.
const CALLED: &[(&str, &[&str])] = &[
    ("blueprint compile", &["LogBlueprint"]),
    ("clang fatal error", &["clang"]),
    ("cook", &["cook", "UAT"]),
    ("crash", &["crash"]),
    ("gradle:jdk", &["Gradle"]),
    ("iwyu", &["IWYU", "UBT"]),
    ("javac", &["javac"]),
    ("ld:undefined-symbol", &["ld"]),
    ("source:lfs-quota", &["git-lfs"]),
    ("stage", &["UAT", "stage"]),
    ("toolchain", &["UBT", "toolchain"]),
    ("uht", &["UHT"]),
];

/// One annotation of a perfect tool.
#[derive(Debug)]
pub(crate) struct Annotation {
    pub(crate) row: String,
    severity: Severity,
    place: Option<Place>,
    code: String,
    essence: Option<String>,
    hinted: bool,
}

#[derive(Debug)]
struct Place {
    file: String,
    in_repository: bool,
    line: Option<u32>,
    column: Option<u32>,
}

/// The rows of the fenced block under the heading.
pub(crate) fn annotations(sidecar: &str) -> Vec<Annotation> {
    let section =
        sidecar.split("## Annotations a perfect tool would emit").nth(1).unwrap_or_default();
    let block = section.split("```").nth(1).unwrap_or_default();
    block.lines().filter_map(annotation).collect()
}

fn annotation(row: &str) -> Option<Annotation> {
    let mut cells = row.split(" | ").map(str::trim).filter(|cell| !cell.is_empty());
    let severity = match cells.next()? {
        "failure" => Severity::Error,
        "warning" => Severity::Warning,
        _ => return None,
    };
    let (place, code) = (place(cells.next()?), cells.next()?.to_owned());
    let message = cells.collect::<Vec<_>>().join(" | ");
    let essence = essence(message.split("hint:").next()?);
    Some(Annotation {
        row: row.to_owned(),
        severity,
        place,
        code,
        essence,
        hinted: message.contains("hint:"),
    })
}

/// `-`; `Source/A.cpp:17:3`; `Config/A.ini (Key)`; `(engine…) Engine/A.uasset`.
fn place(cell: &str) -> Option<Place> {
    let (in_repository, cell) = match cell.strip_prefix("(engine") {
        Some(engine) => (false, engine.split_once(')')?.1.trim()),
        None => (true, cell),
    };
    let cell = cell.split(" (").next()?;
    let mut parts = cell.split(':');
    let file = parts.next().filter(|file| *file != "-")?.to_owned();
    let mut number = || parts.next()?.parse().ok();
    Some(Place { file, in_repository, line: number(), column: number() })
}

/// The word without which the message would be about something else: the first quoted one, or the first that looks
/// like an identifier, or the longest.
fn essence(message: &str) -> Option<String> {
    let quoted = message.split('"').nth(1).map(str::to_owned);
    let words = || {
        let bare = |word: &'_ str| {
            word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_').to_owned()
        };
        message.split_whitespace().map(bare).filter(|word| !word.is_empty())
    };
    let is_name = |word: &String| {
        let inner = word.chars().skip(1);
        inner.clone().any(|c| matches!(c, '_' | '.' | '/' | ':'))
            || inner.clone().any(char::is_uppercase) && word.chars().any(char::is_lowercase)
            || word.len() > 3 && word.chars().all(|c| c.is_ascii_digit())
    };
    // `Cont: undeclared identifier`.
    let subject = || {
        message
            .split_once(": ")
            .map(|(subject, _)| subject.trim().to_owned())
            .filter(|s| !s.contains(' '))
    };
    quoted
        .or_else(|| words().find(is_name))
        .or_else(subject)
        .or_else(|| words().max_by_key(String::len))
}

impl Annotation {
    /// In what the finding differs.
    pub(crate) fn differences(&self, finding: &Finding) -> Vec<&'static str> {
        let checks = [
            ("severity", finding.severity == self.severity),
            ("place", self.place.as_ref().is_none_or(|place| place.is_of(finding))),
            ("line", self.place.as_ref().is_none_or(|place| place.has_line_of(finding))),
            ("code", self.has_code_of(finding)),
            ("message", self.essence.as_ref().is_none_or(|essence| says(finding, essence))),
            ("hint", !self.hinted || finding.hint.is_some()),
        ];
        checks.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }

    fn has_code_of(&self, finding: &Finding) -> bool {
        let code = finding.code.as_deref().unwrap_or_default();
        let called = CALLED.iter().find(|(name, _)| self.code.eq_ignore_ascii_case(name));
        match called {
            Some((_, ours)) => ours.iter().any(|ours| ours.eq_ignore_ascii_case(code)),
            None => code == self.code,
        }
    }
}

impl Place {
    fn is_of(&self, finding: &Finding) -> bool {
        finding.location.as_ref().is_some_and(|location| {
            let same = location.file == self.file;
            let ends = location.file.ends_with(&format!("/{}", self.file));
            location.in_repository == self.in_repository && (same || !self.in_repository && ends)
        })
    }

    fn has_line_of(&self, finding: &Finding) -> bool {
        let (line, column) =
            finding.location.as_ref().map_or((None, None), |place| (place.line, place.column));
        self.line.is_none_or(|asked| line == Some(asked))
            && self.column.is_none_or(|asked| column == Some(asked))
    }
}

/// Without case, and whatever the separators of paths.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('\\', "/")
}

fn says(finding: &Finding, essence: &str) -> bool {
    let place = finding.location.as_ref().map(|location| location.file.as_str());
    let texts = [finding.message.as_str()]
        .into_iter()
        .chain(place)
        .chain(finding.also.iter().map(String::as_str));
    texts.into_iter().any(|text| plain(text).contains(&plain(essence)))
}

#[test]
fn every_form_of_a_row_is_read() {
    let sidecar = "# x\n## Annotations a perfect tool would emit\n\n```\n\
        failure | Source/A.cpp:17:3 | C2065 | Door: undeclared identifier\n\
        warning | Config/DefaultGame.ini (Key*) |  | LogCook | all of \"Lock\" - hint: x\n\
        failure | (engine-generated) app/A.java:8 | javac | variable DOOR_KEY (+4) | hint: y\n\
        failure | - | toolchain | Visual Studio 2019 must be there\n\
        suppressed: a, b\n(none)\n```\n";
    let read = annotations(sidecar);
    let fields: Vec<_> = read
        .iter()
        .map(|a| {
            let place =
                a.place.as_ref().map(|p| (p.file.as_str(), p.in_repository, p.line, p.column));
            (a.severity.as_str(), place, a.code.as_str(), a.essence.as_deref(), a.hinted)
        })
        .collect();
    assert_eq!(
        fields,
        [
            (
                "error",
                Some(("Source/A.cpp", true, Some(17), Some(3))),
                "C2065",
                Some("Door"),
                false
            ),
            (
                "warning",
                Some(("Config/DefaultGame.ini", true, None, None)),
                "LogCook",
                Some("Lock"),
                true
            ),
            ("error", Some(("app/A.java", false, Some(8), None)), "javac", Some("DOOR_KEY"), true),
            ("error", None, "toolchain", Some("2019"), false),
        ]
    );
}

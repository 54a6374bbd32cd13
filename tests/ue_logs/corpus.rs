//! The logs beside the repository, and the sessions of RunUAT that were cut out of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::skipped::skipped;

/// A folder of logs, sidecars and sessions.
pub(crate) struct Corpus {
    logs: Vec<Log>,
    sessions: Vec<Session>,
}

/// A log with the description of what a perfect tool would say about it.
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) sidecar: String,
}

/// One run of RunUAT.
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) exit: String,
    pub(crate) lines: Vec<String>,
}

/// The end of a session, as far as its log shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Fail,
    /// The log ends before.
    Cut,
}

impl Corpus {
    /// None, and a word of it, where there are no logs.
    pub(crate) fn open() -> Option<&'static Self> {
        static CORPUS: OnceLock<Option<Corpus>> = OnceLock::new();
        CORPUS.get_or_init(Self::load).as_ref()
    }

    fn load() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/ue-logs");
        if !folder.is_dir() {
            skipped("ue_logs", "there are no real logs in ../shared/ue-logs");
            return None;
        }
        Some(Self { logs: logs(&folder), sessions: sessions(&folder) })
    }

    pub(crate) fn logs(&self) -> &[Log] {
        &self.logs
    }

    pub(crate) fn sessions(&self) -> &[Session] {
        &self.sessions
    }
}

impl Log {
    /// The sessions that were cut out of this log.
    pub(crate) fn sessions<'c>(&self, corpus: &'c Corpus) -> impl Iterator<Item = &'c Session> {
        corpus.sessions.iter().filter(|session| self.sidecar.contains(&session.name))
    }
}

fn logs(folder: &Path) -> Vec<Log> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    paths.sort();
    let log = |path: &PathBuf| Log {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        lines: lines(path),
        sidecar: fs::read_to_string(path.with_extension("md")).unwrap_or_default(),
    };
    paths.iter().map(log).collect()
}

fn sessions(folder: &Path) -> Vec<Session> {
    let unpacked = tempfile::tempdir().unwrap();
    unpack(&folder.join("sessions.tar.xz"), unpacked.path());
    let table = fs::read_to_string(folder.join("sessions.csv")).unwrap();
    let mut rows = table.lines().map(cells);
    let header = rows.next().unwrap();
    let column = |name: &str| header.iter().position(|cell| cell == name).unwrap();
    let (outcome, code, exit, file) =
        (column("outcome"), column("exit_code"), column("exit_name"), column("file"));
    rows.map(|row| Session {
        name: row[file].clone(),
        outcome: match row[outcome].as_str() {
            "OK" => Outcome::Ok,
            "FAIL" => Outcome::Fail,
            _ => Outcome::Cut,
        },
        exit: format!("{} {}", row[code], row[exit]),
        lines: lines(&unpacked.path().join("sessions").join(&row[file])),
    })
    .collect()
}

/// By whichever program is there.
fn unpack(archive: &Path, into: &Path) {
    let tar = Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(into).output();
    if tar.as_ref().is_ok_and(|tar| tar.status.success()) {
        return;
    }
    let script = "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])";
    let python = Command::new("python3").arg("-c").arg(script).arg(archive).arg(into).output();
    if !python.as_ref().is_ok_and(|python| python.status.success()) {
        panic!("{} needs tar with xz, or Python 3: {tar:?}, {python:?}", archive.display());
    }
}

fn lines(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// The cells of a row of CSV, of which some are quoted.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in row.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

//! What Git and Perforce say before the build begins.

use super::{Matcher, NOTHING, ROW, Report, TOOLS};
use crate::log::extent::Extent;
use crate::log::phases::Speaker;
use crate::model::{Rank, Severity};

const GIT: Matcher = Matcher { said_by: &[Speaker::SourceControl], tool: Some("git"), ..ROW };

const SAID: Report<'static> = Report { code: Some("git"), ..NOTHING };

const PERFORCE: Matcher = Matcher {
    said_by: &[Speaker::SourceControl],
    tool: Some("Perforce"),
    extent: Extent::Line,
    ..ROW
};

const PERFORCE_SAID: Report<'static> =
    Report { code: Some("Perforce"), extent: Extent::Line, ..NOTHING };

pub(super) const TABLE: &[Matcher] = &[
    Matcher {
        name: "lfs",
        words: &["smudge error: ", "batch response: "],
        pattern: r"^\s*(?<message>(?:Error downloading object: .*|.*Smudge error: .*|batch response: .*|.*\bLFS: .*batch response: .*))$",
        tool: Some("git-lfs"),
        rank: Rank::Infrastructure,
        example: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
        expected: Some(Report {
            code: Some("git-lfs"),
            message: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
            rank: Rank::Infrastructure,
            ..SAID
        }),
        ..GIT
    },
    Matcher {
        name: "git-server",
        words: &["remote: error", "remote: fatal"],
        pattern: r"^remote: (?<severity>ERROR|error|fatal): (?<message>.*)$",
        example: "remote: ERROR: the repository is archived",
        expected: Some(Report { message: "the repository is archived", ..SAID }),
        ..GIT
    },
    Matcher {
        name: "perforce",
        said_by: TOOLS,
        words: &[
            "p4passwd",
            "your session has expired",
            "connect to server failed",
            "tcp connect to ",
            "librarian checkout ",
            "clobber writable file",
            "' unknown - use ",
            "open for write: ",
        ],
        pattern: r"^(?:error: )?(?<message>Perforce password \(P4PASSWD\) invalid or unset\..*|Your session has expired.*|(?:Perforce client error:\s*)?Connect to server failed.*|\s*TCP connect to .* failed.*|Librarian checkout .* failed.*|Can't clobber writable file .*|Client '.*' unknown.*|open for write: .*)$",
        rank: Rank::Infrastructure,
        example: "Perforce password (P4PASSWD) invalid or unset.",
        expected: Some(Report {
            message: "Perforce password (P4PASSWD) invalid or unset.",
            rank: Rank::Infrastructure,
            ..PERFORCE_SAID
        }),
        ..PERFORCE
    },
    Matcher {
        name: "perforce-file",
        words: &[" - no such file(s)."],
        pattern: r"^(?:error: )?(?<message>\S.* - no such file\(s\)\..*)$",
        severity: Severity::Error,
        example: "//depot/Game/... - no such file(s).",
        expected: Some(Report { message: "//depot/Game/... - no such file(s).", ..PERFORCE_SAID }),
        ..PERFORCE
    },
    Matcher {
        name: "git",
        pattern: r"^(?<severity>fatal|error): (?<message>.*)$",
        example: "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        expected: Some(Report {
            message: "could not read Username for 'https://github.com': terminal prompts disabled",
            ..SAID
        }),
        ..GIT
    },
];

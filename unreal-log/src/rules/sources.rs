//! What Git and Perforce say before the build begins.

use super::block_kind::BlockKind;
use super::rule::{Match, NOTHING, ROW, Rule, TOOLS};
use crate::finding::{Rank, Severity};
use crate::phases::Speaker;
use crate::tool::Tool;

const GIT: Rule = Rule { said_by: &[Speaker::SourceControl], tool: Some(Tool::Git), ..ROW };

const SAID: Match<'static> = Match { tool: Some(Tool::Git), ..NOTHING };

const PERFORCE: Rule = Rule {
    said_by: &[Speaker::SourceControl],
    tool: Some(Tool::Perforce),
    block: BlockKind::Line,
    ..ROW
};

const PERFORCE_SAID: Match<'static> =
    Match { tool: Some(Tool::Perforce), block: BlockKind::Line, ..NOTHING };

pub(super) const TABLE: &[Rule] = &[
    Rule {
        name: "lfs",
        words: &["smudge error: ", "batch response: "],
        pattern: r"^\s*(?<message>(?:Error downloading object: .*|.*Smudge error: .*|batch response: .*|.*\bLFS: .*batch response: .*))$",
        tool: Some(Tool::GitLfs),
        rank: Rank::Infrastructure,
        example: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
        expected: Some(Match {
            tool: Some(Tool::GitLfs),
            message: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
            rank: Rank::Infrastructure,
            ..SAID
        }),
        ..GIT
    },
    Rule {
        name: "git-server",
        words: &["remote: error", "remote: fatal"],
        pattern: r"^remote: (?<severity>ERROR|error|fatal): (?<message>.*)$",
        example: "remote: ERROR: the repository is archived",
        expected: Some(Match { message: "the repository is archived", ..SAID }),
        ..GIT
    },
    Rule {
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
        expected: Some(Match {
            message: "Perforce password (P4PASSWD) invalid or unset.",
            rank: Rank::Infrastructure,
            ..PERFORCE_SAID
        }),
        ..PERFORCE
    },
    Rule {
        name: "perforce-file",
        words: &[" - no such file(s)."],
        pattern: r"^(?:error: )?(?<message>\S.* - no such file\(s\)\..*)$",
        severity: Severity::Error,
        example: "//depot/Game/... - no such file(s).",
        expected: Some(Match { message: "//depot/Game/... - no such file(s).", ..PERFORCE_SAID }),
        ..PERFORCE
    },
    Rule {
        name: "git",
        pattern: r"^(?<severity>fatal|error): (?<message>.*)$",
        example: "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        expected: Some(Match {
            message: "could not read Username for 'https://github.com': terminal prompts disabled",
            ..SAID
        }),
        ..GIT
    },
];

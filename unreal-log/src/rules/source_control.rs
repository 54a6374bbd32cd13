//! Git, Git LFS and Perforce.

use super::block_kind::BlockKind;
use super::case::{By, Case, OF_MACHINE};
use super::id::RuleId;
use super::rule::{ROW, Rule, TOOLS, UsualOwner};
use crate::finding::{Owner, Rank, Severity};
use crate::phases::Speaker;
use crate::tool::Tool;

const GIT_BASE: Rule =
    Rule { reported_by: &[Speaker::SourceControl], tool: Some(Tool::Git), ..ROW };

const PERFORCE_BASE: Rule = Rule {
    reported_by: &[Speaker::SourceControl],
    tool: Some(Tool::Perforce),
    block: BlockKind::Line,
    ..ROW
};

/// The rules of this family. Their cases are tried in this order.
pub(super) static RULES: &[Rule] = &[
    Rule {
        id: RuleId::Lfs,
        words: &["smudge error: ", "batch response: "],
        pattern: r"^\s*(?<message>(?:Error downloading object: .*|.*Smudge error: .*|batch response: .*|.*\bLFS: .*batch response: .*))$",
        tool: Some(Tool::GitLfs),
        rank: Rank::Infrastructure,
        owner: UsualOwner::Is(Owner::Infrastructure),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
                pattern: r"(?i)over its data quota|exceeded its LFS budget|LFS budget",
                owner: Owner::Quota,
                hint: "Buy more Git LFS bandwidth for the account that owns the repository, or wait until its quota is renewed.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::GitLfs), By::Tool(Tool::Git)],
                pattern: r"object: (?<file>.+?) \(.*(?:Object does not exist|object not found|\b404\b|missing object)",
                hint: "Push the missing LFS object of {file} from a clone that has it: git lfs push --all.",
                ..OF_MACHINE
            },
        ],
        ..GIT_BASE
    },
    Rule {
        id: RuleId::Git,
        pattern: r"^(?<severity>fatal|error): (?<message>.*)$",
        follow_ups: &[r"external filter 'git-lfs filter-process' failed|smudge filter lfs failed"],
        owner: UsualOwner::Is(Owner::Infrastructure),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
                pattern: r"(?i)rate limit|Could not resolve host|Connection (?:timed out|reset|refused)|early EOF|RPC failed|unexpected disconnect|remote end hung up|\b50[234]\b",
                hint: "Try again: the connection to the Git server failed.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::Git), By::Tool(Tool::GitLfs)],
                pattern: r"could not read (?:Username|Password)|Authentication failed|Permission denied \(publickey|Invalid username or|Host key verification failed|(?i:repository not found|\b40[13]\b)",
                owner: Owner::Config,
                hint: "Renew the credentials with which BuildPixel reads this Git repository, and check that they may read it and its submodules.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::Git)],
                pattern: r"(?i)(?:remote branch|remote ref|pathspec) '?(?<name>[^\s']+)",
                owner: Owner::Config,
                hint: "Set the build to a branch or commit that exists on the Git server: {name} does not.",
                ..OF_MACHINE
            },
        ],
        ..GIT_BASE
    },
    Rule {
        id: RuleId::GitServer,
        words: &["remote: error", "remote: fatal"],
        pattern: r"^remote: (?<severity>ERROR|error|fatal): (?<message>.*)$",
        owner: UsualOwner::Is(Owner::Infrastructure),
        ..GIT_BASE
    },
    Rule {
        id: RuleId::Perforce,
        reported_by: TOOLS,
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
        owner: UsualOwner::Is(Owner::Infrastructure),
        cases: &[
            Case {
                by: &[By::Tool(Tool::Perforce)],
                pattern: r"P4PASSWD|session has expired",
                owner: Owner::Config,
                hint: "Renew the Perforce ticket or password of the build (p4 login): it is missing or has expired.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::Perforce)],
                pattern: r"(?i)clobber writable file (?<file>\S.*)",
                hint: "Clean the Perforce workspace (p4 clean) or set its clobber option: {file} was changed on the build machine.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::Perforce)],
                pattern: r"Connect to server failed|TCP connect to",
                hint: "Check the address of the Perforce server (P4PORT) and that the build machine can reach it, and try again.",
                ..OF_MACHINE
            },
            Case {
                by: &[By::Tool(Tool::Perforce)],
                pattern: r"Client '(?<client>[^']*)' unknown",
                owner: Owner::Config,
                hint: "Create the Perforce workspace {client}, or set the build to one that exists.",
                ..OF_MACHINE
            },
        ],
        ..PERFORCE_BASE
    },
    Rule {
        id: RuleId::PerforceFile,
        words: &[" - no such file(s)."],
        pattern: r"^(?:error: )?(?<message>\S.* - no such file\(s\)\..*)$",
        severity: Severity::Error,
        owner: UsualOwner::Is(Owner::Infrastructure),
        cases: &[Case {
            by: &[By::Tool(Tool::Perforce)],
            pattern: r"(?<path>//\S.*) - no such file\(s\)",
            owner: Owner::Config,
            hint: "Set the build to a depot path that exists and that its user may read: {path} is none.",
            ..OF_MACHINE
        }],
        ..PERFORCE_BASE
    },
];

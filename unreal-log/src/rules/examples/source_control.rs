//! Examples for the rules and cases of `rules/source_control.rs`.

use super::{CaseExample, NOTHING, RuleExample};
use crate::finding::Rank;
use crate::rules::block_kind::BlockKind;
use crate::rules::id::RuleId;
use crate::rules::rule::Match;
use crate::tool::Tool;

const SAID: Match<'static> = Match { tool: Some(Tool::Git), ..NOTHING };

const PERFORCE_SAID: Match<'static> =
    Match { tool: Some(Tool::Perforce), block: BlockKind::Line, ..NOTHING };

pub(super) const RULES: &[RuleExample] = &[
    RuleExample {
        rule: RuleId::Lfs,
        line: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
        found: Some(Match {
            tool: Some(Tool::GitLfs),
            message: "Error downloading object: Content/Door.uasset (a795536): Smudge error: batch response: Rate limit exceeded",
            rank: Rank::Infrastructure,
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::Git,
        line: "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        found: Some(Match {
            message: "could not read Username for 'https://github.com': terminal prompts disabled",
            ..SAID
        }),
    },
    RuleExample {
        rule: RuleId::GitServer,
        line: "remote: ERROR: the repository is archived",
        found: Some(Match { message: "the repository is archived", ..SAID }),
    },
    RuleExample {
        rule: RuleId::Perforce,
        line: "Perforce password (P4PASSWD) invalid or unset.",
        found: Some(Match {
            message: "Perforce password (P4PASSWD) invalid or unset.",
            rank: Rank::Infrastructure,
            ..PERFORCE_SAID
        }),
    },
    RuleExample {
        rule: RuleId::PerforceFile,
        line: "//depot/Game/... - no such file(s).",
        found: Some(Match { message: "//depot/Game/... - no such file(s).", ..PERFORCE_SAID }),
    },
];

pub(super) const CASES: &[CaseExample] = &[
    CaseExample {
        message: "Door.uasset: Smudge error: batch response: This repository is over its data quota.",
        hint: "Buy more Git LFS bandwidth for the account that owns the repository, or wait until its quota is renewed.",
    },
    CaseExample {
        message: "Error downloading object: Content/Door.uasset (a795536): Smudge error: [404] Object does not exist on the server",
        hint: "Push the missing LFS object of Content/Door.uasset from a clone that has it: git lfs push --all.",
    },
    CaseExample {
        message: "unable to access 'https://example.com/door.git/': Could not resolve host: example.com",
        hint: "Try again: the connection to the Git server failed.",
    },
    CaseExample {
        message: "could not read Username for 'https://example.com': terminal prompts disabled",
        hint: "Renew the credentials with which BuildPixel reads this Git repository, and check that they may read it and its submodules.",
    },
    CaseExample {
        message: "Remote branch door/hinge not found in upstream origin",
        hint: "Set the build to a branch or commit that exists on the Git server: door/hinge does not.",
    },
    CaseExample {
        message: "Perforce password (P4PASSWD) invalid or unset.",
        hint: "Renew the Perforce ticket or password of the build (p4 login): it is missing or has expired.",
    },
    CaseExample {
        message: "Can't clobber writable file /ws/Content/Door.uasset",
        hint: "Clean the Perforce workspace (p4 clean) or set its clobber option: /ws/Content/Door.uasset was changed on the build machine.",
    },
    CaseExample {
        message: "Connect to server failed; check $P4PORT.",
        hint: "Check the address of the Perforce server (P4PORT) and that the build machine can reach it, and try again.",
    },
    CaseExample {
        message: "Client 'door-ci' unknown - use 'client' command to create it.",
        hint: "Create the Perforce workspace door-ci, or set the build to one that exists.",
    },
    CaseExample {
        message: "//depot/Door/... - no such file(s).",
        hint: "Set the build to a depot path that exists and that its user may read: //depot/Door/... is none.",
    },
];

pub(super) const FOLLOW_UPS: &[&str] = &["error: external filter 'git-lfs filter-process' failed"];

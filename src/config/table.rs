//! The table of inputs behind `--help`, the docs and `action.yml`.

/// One input, as documented.
pub struct Input {
    /// Name, as GitHub users write it.
    pub name: &'static str,
    /// Default value; `–` if there is none.
    pub default: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

/// Every input, in the order of the documentation.
pub const INPUTS: &[Input] = &[
    input(
        "token",
        "–",
        "API token. Required unless `token-file` is given. It is masked before anything else is printed.",
    ),
    input(
        "token-file",
        "–",
        "File that holds the token, instead of `token`. At most 64 KiB; blanks around the token are ignored.",
    ),
    input("project", "–", "Project id (24 characters). Required unless `build-id` is given."),
    input(
        "build-setting",
        "–",
        "Build setting id (24 characters). Required unless `build-id` is given.",
    ),
    input("branch", "–", "Branch to build instead of the setting's; `auto` takes it from the CI."),
    input(
        "commit",
        "–",
        "Commit to build; `auto` takes it from the CI (pull-request head, not the merge commit).",
    ),
    input("changelist", "–", "Perforce changelist to build; `auto` takes it from `P4_CHANGELIST`."),
    input("build-id", "–", "Follow this existing build instead of triggering one."),
    input("wait", "true", "`false`: trigger the build, write the outputs and exit 0 at once."),
    input(
        "timeout",
        "6h",
        "Time limit for the whole step (`90s`, `45m`, `1h30m`). On expiry: exit 12, and the build runs on.",
    ),
    input(
        "queue-timeout",
        "–",
        "Time limit for `pending`. On expiry: exit 12, and the build stays queued.",
    ),
    input(
        "on-superseded",
        "fail",
        "Result if a newer build supersedes this one: `fail` (exit 11) or `pass` (exit 0).",
    ),
    input(
        "log-level",
        "info",
        "Lowest level printed: `info`, `warn`, `error`, `off`. Findings and the verdict are always printed.",
    ),
    input("annotations", "true", "Show findings as annotations of the CI."),
    input(
        "source-root",
        "–",
        "Folder of the Unreal project in the repository, if the program cannot find it in the checkout.",
    ),
    input("summary", "true", "Write the step summary, if the CI has one."),
    input(
        "reports-dir",
        "–",
        "Folder for report files. On GitLab and Jenkins it is `buildpixel-reports` if not given.",
    ),
    input(
        "transport",
        "auto",
        "How to follow the build: `auto` (Socket.IO, or polling where that fails), `socket`, `poll`.",
    ),
    input(
        "api-url",
        "https://api.buildpixel.io",
        "Base URL of the API. `http://` is accepted for loopback only.",
    ),
    input("ca-file", "–", "Extra root certificates: a PEM file, or the PEM text itself."),
    input(
        "ci",
        "auto",
        "CI whose output format is used: `github`, `gitlab`, `jenkins`, `plain`, …",
    ),
];

const fn input(name: &'static str, default: &'static str, meaning: &'static str) -> Input {
    Input { name, default, meaning }
}

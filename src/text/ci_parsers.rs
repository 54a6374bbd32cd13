//! Ports of the parsers with which CIs read a log, in their widest reading. Only for tests.

type Parser = fn(&str) -> bool;

const GITHUB_COMMANDS: &[&str] = &[
    "stop-commands",
    "set-env",
    "set-output",
    "save-state",
    "add-mask",
    "add-path",
    "add-matcher",
    "remove-matcher",
    "debug",
    "warning",
    "error",
    "notice",
    "group",
    "endgroup",
    "echo",
    "internal-set-repo-path",
];

/// The CI that would act on the line, if any.
pub(crate) fn acted_on(line: &str) -> Option<&'static str> {
    let readings = [line.to_owned(), without_sgr(line)].map(|line| [folded(&line), line]);
    let acts = |parser: Parser| readings.iter().flatten().any(|line| parser(line));
    let parsers: [(&str, Parser); 6] = [
        ("GitHub ::", github),
        ("GitHub ##[", github_legacy),
        ("viewers' ##[", viewer),
        ("Azure", azure),
        ("GitLab", gitlab),
        ("TeamCity", teamcity),
    ];
    parsers.into_iter().find(|(_, parser)| acts(*parser)).map(|(name, _)| name)
}

/// True if Buildkite may take the line for a heading.
pub(crate) fn is_buildkite_heading(line: &str) -> bool {
    let line = without_sgr(line);
    let line = line.trim_start();
    let marker = |mark: &str| {
        let rest = line.strip_prefix(mark);
        rest.is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
    };
    marker("---") || marker("+++") || marker("~~~") || line.starts_with("^^^ +++")
}

/// True if Travis may take the line for a fold.
pub(crate) fn is_travis_marker(line: &str) -> bool {
    line.contains("travis_fold:") || line.contains("travis_time:")
}

/// Culture-sensitive comparison ignores at most everything that is not printable ASCII.
fn folded(line: &str) -> String {
    line.chars().filter(|c| matches!(c, ' '..='~')).collect()
}

fn without_sgr(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.trim_start_matches(|c: char| matches!(c, '0'..=';'));
        match after.strip_prefix('m') {
            Some(text) => plain.push_str(text),
            None => plain.extend(["\x1b[", part]),
        }
    }
    plain
}

fn github(line: &str) -> bool {
    let Some((header, _)) =
        line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"))
    else {
        return false;
    };
    is_github_command(header)
}

fn github_legacy(line: &str) -> bool {
    let header = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
    header.is_some_and(|(header, _)| is_github_command(header))
}

fn is_github_command(header: &str) -> bool {
    let name = header.split(' ').next().unwrap_or_default();
    GITHUB_COMMANDS.iter().any(|command| command.eq_ignore_ascii_case(name))
}

fn viewer(line: &str) -> bool {
    line.contains("##[")
}

fn azure(line: &str) -> bool {
    line.to_ascii_lowercase().contains("##vso")
}

fn teamcity(line: &str) -> bool {
    line.to_ascii_lowercase().contains("##teamcity")
}

fn gitlab(line: &str) -> bool {
    let has = |marker: &str| line.contains(marker);
    (has("section_start:") || has("section_end:")) && has("\r\x1b[0K")
}

#[test]
fn the_parsers_see_the_commands_that_they_must() {
    for (line, reader) in [
        ("\u{3000}::error file=a::b", "GitHub ::"),
        (":\u{200b}:GROUP::x", "GitHub ::"),
        ("x ##[add-path]/y", "GitHub ##["),
        ("x ##[nonsense", "viewers' ##["),
        ("#\x1b[0m#vso[task.x]", "Azure"),
        ("section_start:1:a[collapsed=true]\r\x1b[0Kx", "GitLab"),
        ("##teamcity[x]", "TeamCity"),
    ] {
        assert_eq!(acted_on(line), Some(reader), "{line:?}");
    }
    assert!(is_buildkite_heading("\x1b[1m--- x") && is_buildkite_heading("^^^ +++"));
    assert!(is_travis_marker("x travis_fold:end:a\r\x1b[0K"));
    assert_eq!(acted_on("std::vector // a::b # ## x"), None);
}

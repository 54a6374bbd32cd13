//! Links from findings to lines in the CI's repository.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::Location;

/// Characters that need no escaping in a URL or in markup.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The web page of the repository's files, if it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceLinks {
    /// The URL before the commit: `https://gitlab.com/group/game/-/blob/`.
    files: Option<String>,
    /// The commit that the CI has checked out.
    checked_out: Option<String>,
    /// The commit that the trigger asked for.
    asked_for: Option<String>,
}

impl SourceLinks {
    /// `repository` is its URL, and `files` the path before a commit: `/-/blob/`.
    pub fn new(repository: &str, files: &str, commit: Option<&str>) -> Self {
        let repository = repository.trim().trim_end_matches('/');
        Self {
            files: is_address(repository).then(|| format!("{repository}{files}")),
            checked_out: whole(commit),
            asked_for: None,
        }
    }

    /// The same, with the commit that the build was asked for.
    #[must_use]
    pub fn asked_for(self, commit: Option<&str>) -> Self {
        Self { asked_for: whole(commit), ..self }
    }

    /// The URL of a place in the repository, at the commit that was `built` according to the API.
    /// `None` if that commit is uncertain: another commit has other lines. It contains no special
    /// character of Markdown or HTML.
    pub fn line(&self, location: &Location, built: Option<&str>) -> Option<String> {
        let files = self.files.as_deref()?;
        let commit = match built {
            None => self.asked_for.as_deref()?,
            Some(whole) if is_commit(whole) => whole,
            Some(short) => {
                let known = [&self.asked_for, &self.checked_out].into_iter().flatten();
                known.map(String::as_str).find(|commit| begins_with(commit, short))?
            }
        };
        let segments: Vec<_> = location.file.split('/').collect();
        if !location.in_repository || segments.iter().any(|name| matches!(*name, "" | "." | "..")) {
            return None;
        }
        let path = segments.into_iter().map(|name| utf8_percent_encode(name, PLAIN).to_string());
        let path = path.collect::<Vec<_>>().join("/");
        let line = location.line.map(|line| format!("#L{line}")).unwrap_or_default();
        Some(format!("{files}{commit}/{path}{line}"))
    }
}

/// A URL without credentials and without characters that need escaping anywhere.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:%".contains(c);
        rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.chars().all(is_plain)
    })
}

fn whole(commit: Option<&str>) -> Option<String> {
    commit.filter(|commit| is_commit(commit)).map(str::to_owned)
}

/// True if this is the short form of the commit that Git or the API shows to people.
fn begins_with(commit: &str, short: &str) -> bool {
    /// Git's own.
    const SHORTEST: usize = 7;
    short.len() >= SHORTEST && commit.starts_with(short)
}

/// True if the text is the whole hash of a commit: SHA-1 or SHA-256.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn location(file: &str, line: Option<u32>) -> Location {
        Location { file: file.to_owned(), in_repository: true, line, column: line, end_line: None }
    }

    fn links() -> SourceLinks {
        SourceLinks::new("https://git.example/group/game/", "/-/blob/", Some(COMMIT))
    }

    fn link(file: &str, line: Option<u32>) -> Option<String> {
        links().line(&location(file, line), Some(COMMIT))
    }

    #[test]
    fn a_link_leads_to_the_line_at_the_commit() {
        let base = format!("https://git.example/group/game/-/blob/{COMMIT}");
        assert_eq!(link("Source/A.cpp", Some(42)), Some(format!("{base}/Source/A.cpp#L42")));
        assert_eq!(link("Game.uproject", None), Some(format!("{base}/Game.uproject")));
    }

    #[test]
    fn a_link_leads_to_the_commit_that_was_built_or_nowhere() {
        let other = "f".repeat(40);
        let asked = links().asked_for(Some(&other));
        let rows = [
            (links(), Some(other.as_str()), Some(other.as_str())),
            (links(), Some("0123456789"), Some(COMMIT)),
            (links(), Some("012345"), None),
            (links(), Some("c0de123"), None),
            (links(), None, None),
            (asked.clone(), None, Some(other.as_str())),
            (asked.clone(), Some("fffffff"), Some(other.as_str())),
            (asked.clone(), Some("0123456"), Some(COMMIT)),
            (asked, Some(COMMIT), Some(COMMIT)),
            (links().asked_for(Some("main")), None, None),
        ];
        for (links, built, expected) in rows {
            let link = links.line(&location("A.cpp", None), built);
            let expected = expected.map(|commit| format!("/{commit}/A.cpp"));
            assert_eq!(link.is_some(), expected.is_some(), "{links:?} {built:?}");
            assert!(link.zip(expected).is_none_or(|(link, end)| link.ends_with(&end)), "{built:?}");
        }
    }

    #[test]
    fn no_path_breaks_out_of_its_link() {
        let link = link("a b/(c)|[d]<e>&\"f'`*#?%20\\é\n.cpp", Some(1)).unwrap();
        let path = link.split_once(COMMIT).unwrap().1;
        let encoded = "a%20b/%28c%29%7C%5Bd%5D%3Ce%3E%26%22f%27%60%2A%23%3F%2520%5C%C3%A9%0A.cpp";
        assert_eq!(path, format!("/{encoded}#L1"));
    }

    #[test]
    fn there_is_no_link_to_what_is_outside_of_the_repository() {
        let outside = Location { in_repository: false, ..location("A.cpp", Some(1)) };
        assert_eq!(links().line(&outside, Some(COMMIT)), None);
        for file in ["", "/etc/passwd", "../A.cpp", "a/../../A.cpp", "a//b", "./A.cpp"] {
            assert_eq!(link(file, Some(1)), None, "{file}");
        }
    }

    #[test]
    fn only_a_web_page_without_credentials_is_a_repository() {
        for repository in [
            "",
            "ssh://git.example/g",
            "javascript:alert(1)",
            "https://",
            "https:///g",
            "https://user:s3cret@git.example/g",
            "https://git.example/g)[x](y",
            "https://git.example/g?x=1",
            "https://git.example/a b",
        ] {
            let links = SourceLinks::new(repository, "/blob/", Some(COMMIT));
            assert_eq!(links.line(&location("A.cpp", None), Some(COMMIT)), None, "{repository}");
        }
    }
}

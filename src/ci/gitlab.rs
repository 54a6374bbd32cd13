//! GitLab CI, with sections. Findings reach the merge request through report files.

use std::time::UNIX_EPOCH;

use super::definition::{Ci, Clock, DialectOptions, REPORTS_DIR};
use super::dialect::{Dialect, Folding, LogLimit};
use super::plain_text::put;
use super::revision::CiRevision;
use super::variables::{self, differs};
use crate::checkout::Checkout;
use crate::config::Env;
use crate::report::SourceLinks;

/// The name of a section. GitLab makes `-` of all but letters and digits, so that other names could collide.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The project that a merge request comes from.
const SOURCE_PROJECT: &str = "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH";

pub(super) struct GitLab;

impl Ci for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.flag("GITLAB_CI") && env.get("CI_JOB_ID").is_some()
    }

    fn wants_diagnostics(&self, env: &Env) -> bool {
        env.flag("CI_DEBUG_TRACE")
    }

    fn why_no_secrets(&self, env: &Env) -> Option<&'static str> {
        let is_merge_request = env.get("CI_MERGE_REQUEST_IID").is_some();
        let target = "CI_MERGE_REQUEST_PROJECT_PATH";
        let is_in_fork = env.get(target).is_some() && differs(env, "CI_PROJECT_PATH", target);
        if is_merge_request && is_in_fork {
            Some(
                "the pipeline of a merge request from a fork gets no variables of this project; build after the \
                 merge, or run the pipeline in this project",
            )
        } else if env.flag("CI_COMMIT_REF_PROTECTED") {
            None
        } else if is_merge_request {
            Some(
                "if the variable is protected, GitLab passes it to a merge request only between protected branches; \
                 unprotect it, or build the branch after the merge",
            )
        } else {
            // GitLab sets the variable for every job.
            (env.get("CI_COMMIT_REF_PROTECTED") == Some("false")).then_some(
                "if the variable is protected, GitLab passes it only to protected branches and tags, which this one \
                 is not; unprotect it, or protect the branch",
            )
        }
    }

    fn revision(&self, env: &Env) -> CiRevision {
        let branches = ["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"];
        let commits = ["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"];
        let is_fork = differs(env, SOURCE_PROJECT, "CI_PROJECT_PATH");
        CiRevision::from_variables(env, &branches, &commits).without_branch_if(is_fork)
    }

    fn checkout(&self, env: &Env) -> Checkout {
        variables::checkout(env, &["CI_PROJECT_DIR"])
    }

    fn source_links(&self, env: &Env) -> SourceLinks {
        let repository = env.get("CI_PROJECT_URL").unwrap_or_default();
        SourceLinks::new(repository, "/-/blob/", self.revision(env).commit.as_deref())
    }

    fn default_reports_dir(&self) -> Option<&'static str> {
        Some(REPORTS_DIR)
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Sections::new(options.color, options.clock))
    }
}

/// The runner's `output_limit`, and its timestamp in front of each line.
const LIMIT: LogLimit = LogLimit { keeper: "GitLab", bytes: 4 * 1024 * 1024, line_bytes: 32 };

/// Counts the sections, because GitLab distinguishes them by name.
struct Sections {
    color: bool,
    clock: Clock,
    count: u32,
    open: Vec<String>,
}

impl Sections {
    fn new(color: bool, clock: Clock) -> Self {
        Self { color, clock, count: 0, open: Vec::new() }
    }

    /// GitLab takes a marker only with the `\r` and the erase sequence behind it.
    fn marker(&self, edge: &str, name: &str) -> String {
        let now = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        format!("\x1b[0Ksection_{edge}:{now}:{name}\r\x1b[0K")
    }
}

impl Dialect for Sections {
    fn color(&self) -> bool {
        self.color
    }

    fn limit(&self) -> Option<LogLimit> {
        Some(LIMIT)
    }

    fn group_begin(&mut self, title: &str, folding: Folding, out: &mut Vec<u8>) {
        self.count += 1;
        let name = slug(&format!("ci {} {title}", self.count));
        let collapsed = match folding {
            Folding::Collapsed => "[collapsed=true]",
            Folding::Expanded => "",
        };
        let start = self.marker("start", &format!("{name}{collapsed}"));
        put(out, &[&start, title, "\n"]);
        self.open.push(name);
    }

    fn group_end(&mut self, out: &mut Vec<u8>) {
        if let Some(name) = self.open.pop() {
            put(out, &[&self.marker("end", &name), "\n"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::text::{Cleaner, Style};

    /// The section markers that GitLab's parser finds, by its own regular expression.
    fn markers(shown: &str) -> Vec<&str> {
        let marker = regex::Regex::new(
            r"section_(?:start|end):\d+:[a-zA-Z0-9_.-]+(?:\[\w+=\w+(?:, ?\w+=\w+)*\])?\r\x1b\[0K",
        );
        marker.unwrap().find_iter(shown).map(|found| found.as_str()).collect()
    }

    fn gitlab() -> Sections {
        Sections::new(false, || UNIX_EPOCH + Duration::from_secs(1700))
    }

    #[test]
    fn a_title_becomes_the_name_of_its_section_and_cannot_end_it() {
        let rows = [
            ("Compile C++", "ci-1-compile-c", "Compile C++"),
            ("a\r\x1b[0Ksection_end:1:x\r\x1b[0K", "ci-1-a-section-end-1-x", "a section_end:1:x"),
            ("\u{65e5}\u{672c}", "ci-1", "\u{65e5}\u{672c}"),
            ("A_b.C", "ci-1-a-b-c", "A_b.C"),
        ];
        for (title, name, header) in rows {
            let (mut gitlab, mut out) = (gitlab(), Vec::new());
            let title = Cleaner::new(&[], Style::default()).title(title);
            gitlab.group_begin(&title, Folding::Collapsed, &mut out);
            gitlab.group_end(&mut out);
            let shown = String::from_utf8(out).unwrap();
            assert_eq!(
                shown,
                format!(
                    "\x1b[0Ksection_start:1700:{name}[collapsed=true]\r\x1b[0K{header}\n\
                     \x1b[0Ksection_end:1700:{name}\r\x1b[0K\n"
                )
            );
            assert_eq!(markers(&shown).len(), 2, "{shown:?}");
        }
    }

    #[test]
    fn an_expanded_section_has_no_option() {
        let mut out = Vec::new();
        gitlab().group_begin("Compile", Folding::Expanded, &mut out);
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, "\x1b[0Ksection_start:1700:ci-1-compile\r\x1b[0KCompile\n");
    }
}

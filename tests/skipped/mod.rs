//! Lists the tests that a machine could not run.

use std::fs::OpenOptions;
use std::io::Write;

/// Says that a test, or a part of one, was skipped: on stderr, and in the file that `SKIPPED_TESTS` names, from
/// which `.ci/run` shows it at its end.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration of its own")]
#[expect(clippy::print_stderr, reason = "a test prints to its own output")]
pub(crate) fn skipped(test: &str, why: &str) {
    eprintln!("skipped {test}: {why}");
    if let Some(list) = std::env::var_os("SKIPPED_TESTS") {
        let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{test}: {why}").unwrap();
    }
}

//! Draws the pictures of `docs/ci.md`: the page of each CI for the same build.

mod picture;

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use simulator::page::{Page, Row};

use super::tests::{build, options};
use super::*;
use crate::checkout::Checkout;
use crate::ci::{self, Ci};
use crate::config::{Env, Task};
use crate::model::{Facts, LogLine, Status};
use crate::reader::Pipeline;
use crate::report::Outcome;
use crate::text::{Cleaner, Style};

const LOG: &str = include_str!("../../tests/fixtures/failing-build.log");

/// The events of a build that fails to compile.
fn events() -> Vec<Event> {
    let mut events = vec![Event::Status(Status::Pending), Event::Status(Status::Running)];
    let mut pipeline = Pipeline::new(Cleaner::new(&[], Style::default()), None);
    let mut learn = |event| events.push(event);
    for (second, line) in (0..).zip(LOG.lines()) {
        let timestamp = Some(UNIX_EPOCH + Duration::from_secs(second));
        let line = LogLine { timestamp, level: Level::Info, message: line.to_owned() };
        pipeline.feed(&line, &mut learn);
    }
    pipeline.finish(&mut learn);
    events
}

/// The output for it on a CI.
fn output(ci: &dyn Ci, events: &[Event]) -> String {
    let is_terminal = ci.name() == "terminal";
    let env: Env = is_terminal.then_some(("FORCE_COLOR", "1")).into_iter().collect();
    let dialect = ci.open(&env, false, &Checkout::none(), || UNIX_EPOCH);
    let mut renderer = Renderer::new(dialect, options());
    let mut report = BuildReport::new(&Task::Attach(build()));
    let mut out = Vec::new();
    renderer.begin(&["bp_0123456789"], &mut out);
    for event in events {
        report.observe(event);
        renderer.event(event, &report, &mut out);
    }
    report.add_facts(Facts { status: Some(Status::Failed), ..Facts::default() });
    let outputs = report.outputs(Some(&Outcome::Failure));
    renderer.outputs(&outputs, &mut out);
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
    // The version changes, the pictures do not.
    String::from_utf8(out).unwrap().replace(env!("CARGO_PKG_VERSION"), "1.0.0")
}

/// The page of the CI for the output.
fn rows(ci: &str, output: &str) -> Vec<Row> {
    let mut page = Page::new(simulator::ci::Ci::named(ci).unwrap());
    output.lines().for_each(|line| page.line(line));
    page.end();
    page.rows().to_vec()
}

/// `UPDATE_GUIDE=1 cargo test guide` draws them anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "whether to draw is no matter of a step's inputs")]
fn the_guide_shows_the_page_of_each_ci() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci");
    let guide = fs::read_to_string(folder.with_extension("md")).unwrap();
    let events = events();
    // Gitea and act get what GitHub gets.
    for ci in ci::all().filter(|ci| !["gitea", "act"].contains(&ci.name())) {
        let name = ci.name();
        let picture = picture::drawn(name, &rows(name, &output(ci, &events)));
        let path = folder.join(format!("{name}.svg"));
        if std::env::var_os("UPDATE_GUIDE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &picture).unwrap();
        }
        let drawn = fs::read_to_string(&path).unwrap_or_default();
        assert!(drawn == picture, "docs/ci/{name}.svg is old: UPDATE_GUIDE=1 cargo test guide");
        assert!(guide.contains(&format!("(ci/{name}.svg)")), "the guide shows no {name}");
    }
}

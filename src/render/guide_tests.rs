//! `docs/platforms.md` shows what the page of each CI makes of the same build: here its pictures are drawn.

mod page;
mod picture;

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::tests::{build, options};
use super::*;
use crate::checkout::Checkout;
use crate::ci::Platform;
use crate::config::{Env, Task};
use crate::model::{Facts, LogLine};
use crate::reader::Pipeline;
use crate::report::Outcome;
use crate::text::{Cleaner, Style};

const LOG: &str = include_str!("../../tests/fixtures/failing-build.log");

/// What is learnt of a build that fails to compile.
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

/// What a platform is given for it.
fn output(platform: Platform, events: &[Event]) -> String {
    let env = match platform {
        Platform::Terminal => Env::from_iter([("FORCE_COLOR", "1")]),
        _ => Env::default(),
    };
    let sink = platform.open(&env, false, &Checkout::none(), || UNIX_EPOCH);
    let mut renderer = Renderer::new(sink, options());
    let mut report = Report::new(&Task::Attach(build()));
    let mut out = Vec::new();
    renderer.begin(&["bp_0123456789"], &mut out);
    for event in events {
        report.observe(event);
        renderer.event(event, &report, &mut out);
    }
    report.learn(Facts { status: Some(Status::Failed), ..Facts::default() });
    let outputs = report.outputs(Some(&Outcome::Failure));
    renderer.outputs(&outputs, &mut out);
    renderer.conclude(&report, &Verdict::new(&report, &Outcome::Failure), &mut out);
    // The pictures outlive the version.
    String::from_utf8(out).unwrap().replace(env!("CARGO_PKG_VERSION"), "1.0.0")
}

/// `UPDATE_GUIDE=1 cargo test guide` draws them anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "whether to draw is no matter of a step's inputs")]
fn the_guide_shows_what_each_platform_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platforms");
    let guide = fs::read_to_string(folder.with_extension("md")).unwrap();
    let events = events();
    for (name, platform) in Platform::NAMES {
        if matches!(platform, Platform::Gitea | Platform::Act) {
            continue; // They get what GitHub gets.
        }
        let picture =
            picture::drawn(*platform, &page::rows(*platform, &output(*platform, &events)));
        let path = folder.join(format!("{name}.svg"));
        if std::env::var_os("UPDATE_GUIDE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &picture).unwrap();
        }
        let drawn = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            drawn == picture,
            "docs/platforms/{name}.svg is old: UPDATE_GUIDE=1 cargo test guide"
        );
        assert!(guide.contains(&format!("(platforms/{name}.svg)")), "the guide shows no {name}");
    }
}

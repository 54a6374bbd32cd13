//! What we have to say about ourselves, on stderr: bugs, and diagnostics if somebody asked for them.

use std::io::{Write, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Env;
use crate::error::ExitCode;

/// Switches them on if the CI runs in its debug mode (`RUNNER_DEBUG=1`, `CI_DEBUG_TRACE=true`,
/// `SYSTEM_DEBUG=true`) or `BUILDPIXEL_DEBUG=true` is set.
pub fn start(env: &Env) {
    let asked_for = ["BUILDPIXEL_DEBUG", "RUNNER_DEBUG", "CI_DEBUG_TRACE", "SYSTEM_DEBUG"];
    if asked_for.iter().any(|variable| env.flag(variable)) {
        // Of our own code only: the libraries below would show the token.
        let ours = Targets::new().with_target("buildpixel_ci", LevelFilter::TRACE);
        let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
        tracing_subscriber::registry().with(layer).with(ours).init();
    }
}

/// A panic ends with the exit code that is documented for a bug, not with that of an abort. Its words
/// are not told: they may quote the wire.
pub fn own_up_to_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
        // Without a stderr there is nobody to tell.
        let _told = writeln!(stderr(), "error: a bug in buildpixel-ci{place}; please report it");
        #[expect(
            clippy::disallowed_methods,
            clippy::exit,
            reason = "nothing can be returned here"
        )]
        std::process::exit(ExitCode::Internal.number().into());
    }));
}

//! Our own diagnostics: on stderr, and only when somebody asked for debugging.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Env;

/// Switches them on if the CI runs in its debug mode (`RUNNER_DEBUG=1`, `CI_DEBUG_TRACE=true`,
/// `SYSTEM_DEBUG=true`) or `BUILDPIXEL_DEBUG=true` is set.
pub fn start(env: &Env) {
    let asked_for = ["BUILDPIXEL_DEBUG", "RUNNER_DEBUG", "CI_DEBUG_TRACE", "SYSTEM_DEBUG"];
    if asked_for.iter().any(|variable| env.flag(variable)) {
        // Of our own code only: the libraries below would show the token.
        let ours = Targets::new().with_target("buildpixel_ci", LevelFilter::TRACE);
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        tracing_subscriber::registry().with(layer).with(ours).init();
    }
}

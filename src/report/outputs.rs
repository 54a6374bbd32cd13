//! The outputs for later steps, and how each is derived from the report.

use std::time::Duration;

use super::build::BuildReport;
use super::outcome::Outcome;
use crate::model::{Owner, Phase, Status};

/// One output, as documented.
pub struct Output {
    /// Name, as GitHub users write it.
    pub name: &'static str,
    /// Its content.
    pub value: &'static str,
    pub(super) read: fn(&BuildReport, Option<&Outcome>) -> String,
}

/// The output that has the build's id, which never changes once it is known.
pub const BUILD_ID: &str = "build-id";

/// The output that is empty before the end. When it has a value, all outputs are final.
pub const RESULT: &str = "result";

/// The name of an output as an environment variable: `BUILDPIXEL_BUILD_ID`.
pub fn variable_name(output: &str) -> String {
    format!("BUILDPIXEL_{}", output.to_ascii_uppercase().replace('-', "_"))
}

/// Every output, in the order of the documentation.
pub const OUTPUTS: &[Output] = &[
    output(BUILD_ID, "Id of the build.", |r, _| text(r.build.as_ref())),
    output("project-id", "Id of the project.", |r, _| text(r.facts.project.as_ref())),
    output("build-setting-id", "Id of the build setting.", |r, _| {
        text(r.facts.build_setting.as_ref())
    }),
    output(
        "status",
        "Last known status: `pending`, `running`, `complete`, `failed`, `superseded`, the API's own word if \
         it is another one, or `unknown`.",
        |r, _| r.status.as_ref().map_or("unknown", Status::as_str).to_owned(),
    ),
    output(
        RESULT,
        "Result of the step: `success`, `failure`, `superseded`, `timeout`, `detached` \
         (`wait: false`), `interrupted`, `error`.",
        |_, outcome| text(outcome.map(Outcome::result)),
    ),
    output("platform", "Platform: `Win64`, `Linux`, …, as the API reported it.", |r, _| {
        text(r.facts.platform.as_ref())
    }),
    output(
        "build-type",
        "Build type: `Development`, `Shipping`, …, as the API reported it.",
        |r, _| text(r.facts.build_type.as_ref()),
    ),
    output("branch", "Branch that was built.", |r, _| text(r.facts.branch.as_ref())),
    output("commit", "Commit that was built.", |r, _| text(r.facts.commit.as_ref())),
    output("ue-version", "Unreal Engine version.", |r, _| text(r.facts.ue_version.as_ref())),
    output("queued-seconds", "How long the build was queued, in seconds.", |r, _| {
        seconds(r.queued())
    }),
    output("duration-seconds", "How long the build ran, in seconds.", |r, _| {
        seconds(r.facts.duration)
    }),
    output("error-count", "Number of distinct errors. A repeated error counts once.", |r, _| {
        r.error_count().to_string()
    }),
    output(
        "warning-count",
        "Number of distinct warnings. A repeated warning counts once.",
        |r, _| r.warnings.to_string(),
    ),
    output(
        "first-error",
        "The root cause in one line: `Source/A.cpp:42: C2065: 'undefined': undeclared identifier`.",
        |r, _| text(r.first_error()),
    ),
    output(
        "failure-class",
        "Likely owner: `code`, `content`, `config`, `toolchain`, `infrastructure`, `quota`, or empty.",
        |r, _| text(r.owner_of_failure().map(Owner::as_str)),
    ),
    output(
        "failed-phase",
        "Phase that failed: `source-sync`, `compile`, `cook`, `stage`, `package`, `upload` or empty.",
        |r, _| text(r.failed_phase().map(Phase::as_str)),
    ),
    output(
        "deploy-status",
        "State of BuildPixel's automatic deployment, as the API reported it, or empty.",
        |r, _| text(r.facts.deploy_status.as_ref()),
    ),
];

impl BuildReport {
    /// All outputs by name, in the order of [`OUTPUTS`]; `result` is empty before the end.
    pub fn outputs(&self, outcome: Option<&Outcome>) -> Vec<(&'static str, String)> {
        OUTPUTS.iter().map(|output| (output.name, (output.read)(self, outcome))).collect()
    }
}

const fn output(
    name: &'static str,
    value: &'static str,
    read: fn(&BuildReport, Option<&Outcome>) -> String,
) -> Output {
    Output { name, value, read }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn seconds(duration: Option<Duration>) -> String {
    text(duration.map(|duration| duration.as_secs()))
}

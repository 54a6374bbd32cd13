//! The real binary: built, and found beside the demo.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");

/// Builds it in the profile that the demo was built in, and returns its path.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let demo = std::env::current_exe()?;
    let directory = demo.parent().context("the demo has no directory")?;
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let status = Command::new(cargo())
        .args(["build", "--quiet", "--package", "buildpixel-ci", "--profile", profile])
        .args(["--manifest-path", MANIFEST])
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "buildpixel-ci does not build");
    let program = directory.join(format!("buildpixel-ci{EXE_SUFFIX}"));
    ensure!(program.is_file(), "{} is missing", program.display());
    Ok(program)
}

#[expect(clippy::disallowed_methods, reason = "cargo tells its children where it is")]
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

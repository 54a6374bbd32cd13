//! `cargo demo`: builds the program and its simulator with cargo's progress in sight, then runs the demo. It has no
//! dependencies, so that it is built at once and the long build is not a silent one.

use std::env::consts::EXE_SUFFIX;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
const PROGRAM: &str = "buildpixel-ci";
const DEMO: &str = "simulator-demo";

fn main() -> ExitCode {
    run().unwrap_or_else(|problem| {
        writeln!(io::stderr(), "error: {problem}").ok();
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode, String> {
    let launcher = std::env::current_exe()
        .map_err(|why| format!("cannot find cargo's target folder: {why}"))?;
    let folder = launcher.parent().ok_or("cannot find cargo's target folder")?;
    let built = |name: &str| folder.join(format!("{name}{EXE_SUFFIX}"));
    if !built(DEMO).is_file() || !built(PROGRAM).is_file() {
        let note =
            "building buildpixel-ci and its simulator: one to three minutes, the first time only";
        writeln!(io::stderr(), "{note}").ok();
    }
    build(folder)?;
    start(Command::new(built(DEMO)).args(std::env::args_os().skip(1)))
}

/// Builds everything in the profile that the launcher was built in.
fn build(folder: &Path) -> Result<(), String> {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(cargo());
    cargo.args(["build", "--manifest-path", MANIFEST, "--profile", profile]).args([
        "--package",
        PROGRAM,
        "--bin",
        PROGRAM,
        "--package",
        "simulator",
        "--bin",
        DEMO,
    ]);
    for name in variables_of_cargo_run() {
        cargo.env_remove(name);
    }
    let status = cargo.status().map_err(|why| format!("cannot run cargo: {why}"))?;
    // Cargo has printed the reason.
    status.success().then_some(()).ok_or_else(|| "the demo could not be built".to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo sets its own path for the programs that it starts"
)]
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the nested cargo gets the environment of the first one"
)]
fn variables_of_cargo_run() -> impl Iterator<Item = std::ffi::OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.to_str().is_some_and(describes_a_package))
}

/// True if `cargo run` sets this variable to describe the package that it runs. Build scripts ask cargo to run them
/// again when such a variable changes, so a nested cargo that inherits them rebuilds what the next one rebuilds again.
fn describes_a_package(name: &str) -> bool {
    const FAMILIES: [&str; 6] = [
        "CARGO_BIN_",
        "CARGO_CFG_",
        "CARGO_CRATE_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
    ];
    const OTHERS: [&str; 2] = ["CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    FAMILIES.iter().any(|family| name.starts_with(family)) || OTHERS.contains(&name)
}

/// Becomes the demo, so that signals reach it alone.
#[cfg(unix)]
fn start(demo: &mut Command) -> Result<ExitCode, String> {
    use std::os::unix::process::CommandExt as _;
    Err(format!("cannot run the demo: {}", demo.exec()))
}

#[cfg(not(unix))]
fn start(demo: &mut Command) -> Result<ExitCode, String> {
    let status = demo.status().map_err(|why| format!("cannot run the demo: {why}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nested_cargo_inherits_no_description_of_the_launcher() {
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_LINKS",
            "CARGO_MANIFEST_PATH",
            "CARGO_PKG_NAME",
            "CARGO_PKG_VERSION_MAJOR",
            "CARGO_BIN_NAME",
            "CARGO_CRATE_NAME",
            "CARGO_CFG_TARGET_OS",
            "CARGO_FEATURE_STD",
            "CARGO_PRIMARY_PACKAGE",
            "OUT_DIR",
        ] {
            assert!(describes_a_package(name), "{name}");
        }
    }

    #[test]
    fn the_nested_cargo_inherits_the_settings_of_the_user() {
        for name in [
            "CARGO",
            "CARGO_BUILD_JOBS",
            "CARGO_HOME",
            "CARGO_INCREMENTAL",
            "CARGO_NET_OFFLINE",
            "CARGO_PROFILE_DEV_DEBUG",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "PATH",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!describes_a_package(name), "{name}");
        }
    }
}

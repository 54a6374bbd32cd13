//! The token, the ids and the paths that every service has.

/// The token that REST and the socket accept unless the scenario has another one.
pub const TOKEN: &str = "bp_simulator_5f2c9a7e41d8";
/// The only project.
pub const PROJECT_ID: &str = "665f1a2b3c4d5e6f70810001";
/// Its only build setting.
pub const SETTING_ID: &str = "665f1a2b3c4d5e6f70820001";
/// The first build; further triggers count up from it.
pub const BUILD_ID: &str = "6820b1c2d3e4f50617280001";

/// The path that triggers the only build setting.
pub fn trigger_path() -> String {
    format!("/projects/{PROJECT_ID}/build-settings/{SETTING_ID}/trigger")
}

/// The path that shows the only build setting.
pub fn setting_path() -> String {
    format!("/projects/{PROJECT_ID}/build-settings/{SETTING_ID}")
}

/// The path that shows a build.
pub fn build_path(build_id: &str) -> String {
    format!("/builds/{build_id}")
}

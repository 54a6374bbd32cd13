//! Plain text, for a pipe and for a CI that is not known.

use super::definition::Ci;
use crate::config::Env;
use crate::text::Style;

pub(super) struct Plain;

impl Ci for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn is_here(&self, env: &Env, _stdout_is_terminal: bool) -> bool {
        env.get("CI").is_some_and(|value| value != "false")
    }

    fn is_fallback(&self) -> bool {
        true
    }

    fn style(&self, _env: &Env, _stdout_is_terminal: bool) -> Style {
        Style::default()
    }
}

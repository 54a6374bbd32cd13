//! The environment, read once at the start and passed on as a value.

use std::collections::BTreeMap;

/// A snapshot of the environment variables. Blank values count as unset.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// Takes the snapshot. Bytes that are not UTF-8 become U+FFFD.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    pub fn read() -> Self {
        std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value))).collect()
    }

    /// The variable's value exactly as set, unless it is blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.trim().is_empty()).then_some(value)
    }

    /// True if the variable is set to `true` or `1`, as CIs do for their flags.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pair = |(name, value): (N, V)| (name.into(), value.into());
        Self(variables.into_iter().map(pair).collect())
    }
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_is_unset() {
        let env = Env::from_iter([("SET", " x "), ("EMPTY", ""), ("BLANK", " \n")]);
        assert_eq!(env.get("SET"), Some(" x "));
        for name in ["EMPTY", "BLANK", "MISSING"] {
            assert_eq!(env.get(name), None, "{name}");
        }
    }

    #[test]
    fn flags_are_true_or_1() {
        let env = Env::from_iter([("A", "true"), ("B", "True"), ("C", "1"), ("D", "false")]);
        assert!(env.flag("A") && env.flag("B") && env.flag("C"));
        assert!(!env.flag("D") && !env.flag("E"));
    }
}

//! Invalid inputs.

use std::fmt;

use super::env::Env;
use super::foreign_token;
use super::variables::lookup;

/// An invalid input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Name of the input.
    pub input: &'static str,
    /// The variable and its value, unless the input is missing.
    pub found: Option<Found>,
    /// The problem, or the accepted values: a sentence fragment.
    pub problem: String,
}

/// A value that was given for an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The environment variable.
    pub variable: String,
    /// Its value; `None` if it is secret.
    pub value: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.input)?;
        if let Some(Found { variable, value }) = &self.found {
            if let Some(value) = value {
                write!(f, " is {value:?}")?;
            }
            write!(f, " (read from {variable})")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl Mistake {
    /// A mistake in a given value, which is shown unless it is secret. A token in the wrong input is still secret, so
    /// a value that contains one is never shown.
    pub fn new(env: &Env, input: &'static str, value: Option<String>, problem: String) -> Self {
        let value = value.filter(|value| !contains_token(env, value));
        let found = lookup(env, input).map(|(variable, _)| Found { variable, value });
        Self { input, found, problem }
    }
}

/// True if the text contains the token of this run, or another one of BuildPixel or a known service.
fn contains_token(env: &Env, text: &str) -> bool {
    /// Tokens begin like this.
    const PREFIX: &str = "bp_";
    let own = lookup(env, "token").map(|(_, token)| token);
    text.contains(PREFIX)
        || own.is_some_and(|token| text.contains(token))
        || foreign_token::is_in(text)
}

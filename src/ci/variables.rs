//! Reading the variables that a CI sets for its jobs.

use crate::checkout::Checkout;
use crate::config::Env;

/// The first of these variables that is set.
pub(super) fn first(env: &Env, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env.get(name)).map(|value| value.trim().to_owned())
}

/// True if the first variable is set and has another value than the second.
pub(super) fn differs(env: &Env, name: &str, from: &str) -> bool {
    env.get(name).is_some_and(|value| Some(value) != env.get(from))
}

/// The checkout whose top the first of these variables names.
pub(super) fn checkout(env: &Env, names: &[&str]) -> Checkout {
    first(env, names).map_or_else(Checkout::none, |top| Checkout::at(top.into()))
}

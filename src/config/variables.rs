//! The environment variables that inputs are read from.

use super::env::Env;
use super::table::INPUTS;

/// Inputs that no other action has. If one of them is given as `INPUT_*`, all `INPUT_*` variables are for this
/// program.
const NOBODY_ELSES: [&str; 6] =
    ["build-setting", "build-id", "queue-timeout", "on-superseded", "source-root", "reports-dir"];

/// The variable of the input and its value: `INPUT_BUILD-ID` (GitHub's spelling), then `INPUT_BUILD_ID`, then
/// `BUILDPIXEL_BUILD_ID`. The first two are skipped if they are another action's.
pub(super) fn lookup<'e>(env: &'e Env, input: &str) -> Option<(String, &'e str)> {
    let [hyphens, underscores, own] = spellings(input);
    let github = takes_github_spelling(env).then_some([hyphens, underscores]);
    github.into_iter().flatten().chain([own]).find_map(|variable| {
        let value = env.get(&variable)?.trim();
        Some((variable, value))
    })
}

/// The variable that would give this input if `INPUT_*` variables were not another action's.
pub(super) fn ignored(env: &Env, input: &str) -> Option<String> {
    let [hyphens, underscores, _] = spellings(input);
    let given = [hyphens, underscores].into_iter().find(|variable| env.get(variable).is_some());
    given.filter(|_| !takes_github_spelling(env))
}

/// True if the `INPUT_*` variables are for this program. An action that calls this program passes on its own
/// `INPUT_TOKEN`, and gives the inputs of this program as `BUILDPIXEL_*`.
pub(super) fn takes_github_spelling(env: &Env) -> bool {
    let is_set = |variable: &str| env.get(variable).is_some();
    let is_ours = |input: &str| {
        let [hyphens, underscores, _] = spellings(input);
        is_set(&hyphens) || is_set(&underscores)
    };
    let is_given_as_own = |input: &str| {
        let [.., own] = spellings(input);
        is_set(&own)
    };
    NOBODY_ELSES.iter().any(|input| is_ours(input))
        || !INPUTS.iter().any(|input| is_given_as_own(input.name))
}

/// Every variable of an input, the first one wins.
pub(super) fn spellings(input: &str) -> [String; 3] {
    let github = input.to_ascii_uppercase();
    let underscored = github.replace('-', "_");
    [format!("INPUT_{github}"), format!("INPUT_{underscored}"), format!("BUILDPIXEL_{underscored}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(variables: &[(&str, &str)]) -> Option<String> {
        let all = [("INPUT_TOKEN", "theirs"), ("INPUT_TIMEOUT", "5")];
        let env = Env::from_iter(all.into_iter().chain(variables.iter().copied()));
        lookup(&env, "token").map(|(_, value)| value.to_owned())
    }

    #[test]
    fn variables_of_an_outer_action_are_ignored() {
        assert_eq!(token(&[("BUILDPIXEL_PROJECT", "p")]), None);
        let own = [("BUILDPIXEL_TOKEN", "ours"), ("BUILDPIXEL_PROJECT", "p")];
        assert_eq!(token(&own).as_deref(), Some("ours"));
        let env = Env::from_iter([("INPUT_TIMEOUT", "5"), ("BUILDPIXEL_WAIT", "true")]);
        assert_eq!(ignored(&env, "timeout").as_deref(), Some("INPUT_TIMEOUT"));
        assert_eq!(ignored(&env, "wait"), None);
        assert_eq!(lookup(&env, "timeout"), None);
    }

    #[test]
    fn the_inputs_that_no_other_action_has_exist() {
        for name in NOBODY_ELSES {
            assert!(INPUTS.iter().any(|input| input.name == name), "{name}");
        }
    }

    #[test]
    fn an_input_that_no_other_action_has_makes_all_of_them_ours() {
        for input in NOBODY_ELSES {
            let [hyphens, underscores, _] = spellings(input);
            for marker in [hyphens, underscores] {
                let given = [("BUILDPIXEL_TOKEN", "t"), (marker.as_str(), "x")];
                assert_eq!(token(&given).as_deref(), Some("theirs"), "{marker}");
                let blank = [("BUILDPIXEL_TOKEN", "t"), (marker.as_str(), " ")];
                assert_eq!(token(&blank).as_deref(), Some("t"), "{marker}");
            }
        }
    }

    #[test]
    fn without_any_input_of_our_own_spelling_all_of_them_are_ours() {
        let foreign = [("BUILDPIXEL_CI_BINARY", "x"), ("BUILDPIXEL_PROJECT_ID", "an output")];
        assert_eq!(token(&foreign).as_deref(), Some("theirs"));
        assert_eq!(token(&[("BUILDPIXEL_CI", " ")]).as_deref(), Some("theirs"));
    }
}

//! Recognises values that a CI or a shell should have replaced.

/// True if the whole value is a placeholder, or a script's word for no value.
pub(super) fn is_placeholder(value: &str) -> bool {
    matches!(value, "null" | "undefined")
        || value.strip_prefix('$').is_some_and(|rest| is_name(rest) || is_in_brackets(rest))
        || between(value, "%", "%").is_some_and(is_name)
        || between(value, "{{", "}}").is_some()
        || between(value, "<<", ">>").is_some()
}

/// `CI_COMMIT_BRANCH`, `env:BRANCH`, `teamcity.build.branch`.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
}

/// `(Build.SourceBranchName)`, `{BRANCH}`, `{{ github.ref }}`, `[[ inputs.branch ]]`: one pair of brackets
/// around all of it.
fn is_in_brackets(text: &str) -> bool {
    let close = match text.chars().next() {
        Some('(') => ')',
        Some('{') => '}',
        Some('[') => ']',
        _ => return false,
    };
    let open = text.chars().next();
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if Some(c) == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + c.len_utf8() == text.len();
            }
        }
    }
    false
}

/// The text between the marks, if they occur nowhere else.
fn between<'v>(value: &'v str, open: &str, close: &str) -> Option<&'v str> {
    let inner = value.strip_prefix(open)?.strip_suffix(close)?;
    (!inner.contains(open) && !inner.contains(close)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_that_were_not_replaced_are_placeholders() {
        for value in [
            "$(Build.SourceBranchName)",
            "$(X)",
            "$()",
            "${BRANCH}",
            "${env.BRANCH_NAME}",
            "${BRANCH:-${OTHER}}",
            "${{ github.head_ref }}",
            "${{github.event.inputs['x']}}",
            "$[[ inputs.branch ]]",
            "$[variables.branch]",
            "%teamcity.build.branch%",
            "%BRANCH%",
            "$CI_COMMIT_BRANCH",
            "$env:BRANCH",
            "{{ branch }}",
            "<< pipeline.git.branch >>",
            "null",
            "undefined",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn values_that_only_contain_such_signs_are_none() {
        for value in [
            "",
            "main",
            "auto",
            "feature/$(x)",
            "$(a)/$(b)",
            "${a}-${b}",
            "$(a",
            "${a)",
            "$",
            "$5",
            "$a b",
            "a$b",
            "100%",
            "%",
            "%%",
            "%a b%",
            "%a%b%",
            "{{a}}{{b}}",
            "{a}",
            "nullable",
            "null/main",
            "undefined-behaviour",
            "//depot/main",
            "$depot/main",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}

//! Decides which revision a trigger asks for, from the inputs and, for `auto`, from the revision that the CI is
//! building.

use crate::ci::CiRevision;
use crate::config::{Env, Mistake, Override, Task};
use crate::service::TriggerOverrides;

/// The overrides of a trigger.
///
/// # Errors
/// A mistake for each `auto` for which the CI has no value.
pub(super) fn resolve(
    task: &Task,
    revision: CiRevision,
    env: &Env,
) -> Result<TriggerOverrides, Vec<Mistake>> {
    let Task::Trigger { overrides, .. } = task else {
        return Ok(TriggerOverrides::default());
    };
    let mut mistakes = Vec::new();
    let mut resolve = |input, given: &Option<Override>, found: Option<String>| match given {
        None => None,
        Some(Override::Value(value)) => Some(value.clone()),
        Some(Override::Auto) => {
            if found.is_none() {
                let problem =
                    format!("this CI does not tell the {input}; give it, or leave it out");
                mistakes.push(Mistake::new(env, input, Some("auto".to_owned()), problem));
            }
            found
        }
    };
    let resolved = TriggerOverrides {
        branch: resolve("branch", &overrides.branch, revision.branch),
        commit: resolve("commit", &overrides.commit, revision.commit),
        changelist: resolve("changelist", &overrides.changelist, revision.changelist),
    };
    if mistakes.is_empty() { Ok(resolved) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RequestedOverrides;
    use crate::model::Id;

    fn resolved(
        branch: Option<Override>,
        commit: Option<Override>,
    ) -> Result<TriggerOverrides, String> {
        let id = Id::new("id0000000000000000000001").unwrap();
        let overrides = RequestedOverrides { branch, commit, changelist: None };
        let task = Task::Trigger { project: id.clone(), build_setting: id, overrides };
        let revision = CiRevision { branch: Some("main".to_owned()), ..CiRevision::default() };
        let env = Env::from_iter([("INPUT_COMMIT", "auto")]);
        let mistakes = |mistakes: Vec<Mistake>| {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        resolve(&task, revision, &env).map_err(mistakes)
    }

    #[test]
    fn auto_is_replaced_by_the_revision_of_the_ci_and_nothing_else_is() {
        let given = Override::Value("topic".to_owned());
        for (branch, expected) in
            [(None, None), (Some(Override::Auto), Some("main")), (Some(given), Some("topic"))]
        {
            let overrides = resolved(branch, None).unwrap();
            assert_eq!(overrides.branch.as_deref(), expected);
            assert_eq!((overrides.commit, overrides.changelist), (None, None));
        }
    }

    #[test]
    fn auto_is_a_mistake_where_the_ci_does_not_tell() {
        let mistake = "`commit` is \"auto\" (read from INPUT_COMMIT): this CI does not tell the commit; give it, \
                       or leave it out";
        assert_eq!(resolved(None, Some(Override::Auto)), Err(mistake.to_owned()));
    }

    #[test]
    fn a_build_that_exists_is_built_from_nothing_else() {
        let attach = Task::Attach(Id::new("id0000000000000000000001").unwrap());
        let resolved = resolve(&attach, CiRevision::default(), &Env::default());
        assert_eq!(resolved, Ok(TriggerOverrides::default()));
    }
}

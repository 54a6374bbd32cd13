//! The inputs as users write them: the raw texts that the environment has for the table of inputs.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::env::Env;
use super::mistake::Mistake;
use super::placeholder::is_placeholder;
use super::secret::Secret;
pub use super::table::{INPUTS, Input};
use super::token;
use super::variables::{lookup, spellings, takes_github_spelling};

/// The inputs as given: trimmed, blanks left out, nothing checked.
#[derive(Debug, Default, Deserialize)]
#[expect(missing_docs, reason = "the table of inputs says what each one means")]
pub struct Inputs {
    pub token: Option<Secret>,
    pub token_file: Option<String>,
    pub project: Option<String>,
    pub build_setting: Option<String>,
    pub branch: Option<String>,
    pub commit: Option<String>,
    pub changelist: Option<String>,
    pub build_id: Option<String>,
    pub wait: Option<String>,
    pub timeout: Option<String>,
    pub queue_timeout: Option<String>,
    pub on_superseded: Option<String>,
    pub log_level: Option<String>,
    pub annotations: Option<String>,
    pub source_root: Option<String>,
    pub summary: Option<String>,
    pub reports_dir: Option<String>,
    pub transport: Option<String>,
    pub api_url: Option<String>,
    pub ca_file: Option<String>,
    pub ci: Option<String>,
}

impl Inputs {
    /// Collects the inputs from the environment: the readable ones, and a mistake for each other
    /// one.
    pub fn read(env: &Env) -> (Self, Vec<Mistake>) {
        read(env)
    }

    /// The same with the token of `token-file`, unless `token` is given. Reads that file.
    pub fn load(env: &Env) -> (Self, Vec<Mistake>) {
        let (mut inputs, mut mistakes) = Self::read(env);
        if let Some(path) = inputs.token_file.as_ref().filter(|_| lookup(env, "token").is_none()) {
            match token::from_file(path) {
                Ok(token) => inputs.token = Some(token),
                Err(problem) => {
                    let path = Some(path.clone());
                    mistakes.push(Mistake::new(env, "token-file", path, problem));
                }
            }
        }
        (inputs, mistakes)
    }
}

/// The problem of a value that a CI or a shell should have replaced.
const PLACEHOLDER: &str =
    "is a placeholder that was not replaced by its value; set it in the CI, or leave the input out";

/// Reads the inputs as the fields of `T`, each of which is optional.
fn read<T: Default + DeserializeOwned>(env: &Env) -> (T, Vec<Mistake>) {
    let given = INPUTS.iter().filter_map(|input| Some((input.name, lookup(env, input.name)?.1)));
    let (placeholders, given): (Vec<_>, Vec<_>) =
        given.partition(|(_, value)| is_placeholder(value));
    let mut mistakes: Vec<_> = placeholders
        .into_iter()
        .map(|(name, value)| Mistake::new(env, name, shown(name, value), PLACEHOLDER.to_owned()))
        .collect();
    let fields = |given: &[(&'static str, &str)]| {
        let field = |(name, value): &(&str, &str)| (name.replace('-', "_"), (*value).to_owned());
        envy::from_iter::<_, T>(given.iter().map(field).collect::<Vec<_>>())
    };
    if let Ok(inputs) = fields(&given) {
        return (inputs, mistakes);
    }
    // The error names no variable and may quote a secret, so each input is tried on its own. The
    // readable inputs are still needed: their secrets must be masked, and their outputs written.
    let mut good = Vec::new();
    for (name, value) in given {
        match fields(&[(name, value)]) {
            Ok(_) => good.push((name, value)),
            Err(error) => mistakes.push(unreadable(env, name, value, &error)),
        }
    }
    match fields(&good) {
        Ok(inputs) => (inputs, mistakes),
        Err(error) => {
            mistakes.extend(good.iter().map(|(name, value)| unreadable(env, name, value, &error)));
            (T::default(), mistakes)
        }
    }
}

fn unreadable(env: &Env, name: &'static str, value: &str, error: &envy::Error) -> Mistake {
    let mut mistake = Mistake::new(env, name, shown(name, value), "cannot be read".to_owned());
    // The error quotes the value.
    if mistake.found.as_ref().is_some_and(|found| found.value.is_some()) {
        mistake.problem += &format!(": {error}");
    }
    mistake
}

fn shown(name: &str, value: &str) -> Option<String> {
    (name != "token").then(|| value.to_owned())
}

/// One warning for all variables of another action that look like inputs.
pub fn ignored(env: &Env) -> Option<String> {
    let names: Vec<_> =
        INPUTS.iter().filter_map(|input| super::variables::ignored(env, input.name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: ignored, because BUILDPIXEL_* inputs are set and no INPUT_* variable is certainly for this \
             program; if these are, give them as BUILDPIXEL_* too",
            names.join(", ")
        )
    })
}

/// One warning for each variable that looks like a misspelt input.
pub fn misspelt(env: &Env) -> Vec<String> {
    let is_foreign = |name: &str| name.starts_with("INPUT_") && !takes_github_spelling(env);
    env.names()
        .filter(|name| !is_foreign(name))
        .filter(|name| !INPUTS.iter().any(|input| spellings(input.name).iter().any(|s| s == name)))
        .filter_map(|name| {
            let (prefix, rest) = ["INPUT_", "BUILDPIXEL_"]
                .into_iter()
                .find_map(|prefix| Some((prefix, name.strip_prefix(prefix)?)))?;
            let input = nearest(&rest.to_ascii_lowercase().replace('_', "-"))?;
            let meant = spellings(input).into_iter().rfind(|s| s.starts_with(prefix))?;
            Some(format!("{name} is not an input; did you mean {meant}?"))
        })
        .collect()
}

/// The input whose name is at most two typing mistakes away (one for names of up to four letters).
fn nearest(name: &str) -> Option<&'static str> {
    INPUTS
        .iter()
        .map(|input| (strsim::osa_distance(name, input.name), input.name))
        .filter(|(distance, input)| *distance <= if input.len() > 4 { 2 } else { 1 })
        .min()
        .map(|(_, input)| input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_github_spelling_wins_over_the_others() {
        let all = [("INPUT_BUILD-ID", "1"), ("INPUT_BUILD_ID", "2"), ("BUILDPIXEL_BUILD_ID", "3")];
        for (skipped, expected) in ["1", "2", "3"].into_iter().enumerate() {
            let env = Env::from_iter(all.into_iter().skip(skipped));
            assert_eq!(Inputs::read(&env).0.build_id.as_deref(), Some(expected));
        }
    }

    #[test]
    fn values_are_trimmed_and_a_blank_one_lets_the_next_spelling_through() {
        let env = Env::from_iter([
            ("INPUT_API-URL", " https://h \n"),
            ("INPUT_PROJECT", "  "),
            ("INPUT_BUILD_ID", "b"),
            ("BUILDPIXEL_PROJECT", "p"),
        ]);
        let (inputs, mistakes) = Inputs::read(&env);
        assert_eq!(mistakes, []);
        assert_eq!(inputs.api_url.as_deref(), Some("https://h"));
        assert_eq!(inputs.project.as_deref(), Some("p"));
        assert_eq!(inputs.wait, None);
    }

    #[test]
    fn every_row_of_the_table_reaches_its_field() {
        let rows = INPUTS
            .iter()
            .map(|input| (spellings(input.name)[0].clone(), format!("<{}>", input.name)));
        let (inputs, mistakes) = Inputs::read(&rows.collect());
        assert_eq!(mistakes, []);
        let shown = format!("{inputs:?}").replace("token: Some(***)", "<token>");
        for input in INPUTS {
            assert!(shown.contains(&format!("<{}>", input.name)), "{} in {shown}", input.name);
        }
        assert!(!shown.contains("None"), "a field without a row: {shown}");
    }

    #[test]
    fn an_unreadable_input_names_its_variable_and_keeps_the_others() {
        /// Like [`Inputs`], but some fields are no texts.
        #[derive(Debug, Default, Deserialize, PartialEq, Eq)]
        struct Strict {
            project: Option<String>,
            token: Option<u32>,
            timeout: Option<u32>,
            branch: Option<u32>,
        }
        let env = Env::from_iter([
            ("INPUT_TOKEN", "hunter2"),
            ("INPUT_BRANCH", "bp_hunter2"),
            ("INPUT_SOURCE-ROOT", "x"),
            ("BUILDPIXEL_TIMEOUT", "soon"),
            ("BUILDPIXEL_PROJECT", "p"),
        ]);
        let (inputs, mistakes) = read::<Strict>(&env);
        assert_eq!(inputs, Strict { project: Some("p".to_owned()), ..Strict::default() });
        let texts: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`token` (read from INPUT_TOKEN): cannot be read",
                "`branch` (read from INPUT_BRANCH): cannot be read",
                "`timeout` is \"soon\" (read from BUILDPIXEL_TIMEOUT): cannot be read: invalid digit \
                 found in string while parsing value 'soon' provided by timeout",
            ]
        );
    }

    #[test]
    fn unreadable_inputs_are_never_taken_for_unset() {
        #[derive(Debug, Default, Deserialize)]
        struct Demanding {
            #[expect(dead_code, reason = "it is missing")]
            absent: String,
        }
        let env = Env::from_iter([("INPUT_PROJECT", "p")]);
        let (_, mistakes) = read::<Demanding>(&env);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert_eq!(mistakes[0].input, "project");
    }

    #[test]
    fn inputs_of_another_action_are_not_misspelt() {
        let theirs =
            [("INPUT_TOKENS", "x"), ("BUILDPIXEL_PROJECT", "p"), ("BUILDPIXEL_WAITS", "x")];
        let expected = "BUILDPIXEL_WAITS is not an input; did you mean BUILDPIXEL_WAIT?";
        assert_eq!(misspelt(&Env::from_iter(theirs)), [expected]);
    }

    #[test]
    fn a_misspelt_input_gets_a_suggestion_and_foreign_names_do_not() {
        let env = Env::from_iter([
            ("INPUT_BUILD-SETING", "x"),
            ("BUILDPIXEL_TOKNE", "x"),
            ("INPUT_TOKEN", "x"),
            ("BUILDPIXEL_PROJECT_ID", "an output of an earlier job"),
            ("BUILDPIXEL_CI_BINARY", "x"),
            ("INPUT_PYTHON-VERSION", "x"),
        ]);
        assert_eq!(
            misspelt(&env),
            [
                "BUILDPIXEL_TOKNE is not an input; did you mean BUILDPIXEL_TOKEN?",
                "INPUT_BUILD-SETING is not an input; did you mean INPUT_BUILD_SETTING?",
            ]
        );
    }
}

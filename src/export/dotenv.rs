//! GitLab's dotenv report, which turns outputs into variables of later jobs. One line that GitLab does
//! not like and it fails the job, so this leaves out what it must.

use crate::report::variable_name;

/// GitLab's limits: the size of the file in bytes (exclusive), and the number of variables.
const MAX_BYTES: usize = 5120;
const MAX_VARIABLES: usize = 20;

/// GitLab expands variables in values. `$$` is a dollar sign; `%NAME%` cannot be escaped, but `%%NAME%%`
/// is left as it is.
fn value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        value.push_str(before);
        let name_ends = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (name, behind) = after.split_at(name_ends.unwrap_or(after.len()));
        let is_name = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
        (value, rest) = match behind.strip_prefix('%') {
            Some(behind) if is_name => (value + "%%" + name + "%%", behind),
            // A pair is taken for one before the second could begin a name.
            Some(behind) if name.is_empty() => (value + "%%", behind),
            _ => (value + "%", after),
        };
    }
    (value + rest).replace('$', "$$")
}

/// An output that the file cannot hold: its name, and the rule.
pub type LeftOut = (String, &'static str);

/// Writes `outputs.env`: `BUILDPIXEL_BUILD_ID=…`. Empty outputs are left out: they are unset
/// variables. The text is empty if there are no variables; then no file may be written.
pub fn render(outputs: &[(&str, String)]) -> (String, Vec<LeftOut>) {
    let mut file = String::new();
    let mut variables = 0;
    let mut left_out = Vec::new();
    for (name, text) in outputs.iter().filter(|(_, text)| !text.is_empty()) {
        let line = format!("{}={}\n", variable_name(name), value(text));
        let problem = if text.contains(['\r', '\n']) {
            Some("it has several lines")
        } else if variables == MAX_VARIABLES {
            Some("there are too many variables")
        } else if file.len() + line.len() >= MAX_BYTES {
            Some("the file would get too large")
        } else {
            None
        };
        match problem {
            Some(problem) => left_out.push(((*name).to_owned(), problem)),
            None => {
                file.push_str(&line);
                variables += 1;
            }
        }
    }
    (file, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value in a later job: GitLab's server expands once, then the runner does.
    fn received(value: &str) -> String {
        let server = regex::Regex::new(
            r"\$\$|%%|\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_]\w*)\}|%([a-zA-Z_]\w*)%",
        );
        let expanded = server.unwrap().replace_all(value, |found: &regex::Captures<'_>| {
            let is_pair = found.iter().skip(1).all(|name| name.is_none());
            if is_pair { found[0].to_owned() } else { "EXPANDED".to_owned() }
        });
        expanded.replace("$$", "$")
    }

    #[test]
    fn no_value_is_expanded_and_only_names_between_percent_signs_look_different() {
        let rows = [
            ("$CI_JOB_TOKEN ${X} $$ $$X 5$", "$CI_JOB_TOKEN ${X} $$ $$X 5$"),
            ("100% of 50%", "100% of 50%"),
            ("%CI_JOB_TOKEN%", "%%CI_JOB_TOKEN%%"),
            ("50%X%Y%Z", "50%%X%%Y%Z"),
            ("%%X%", "%%X%"),
            ("%%%X%", "%%%%X%%"),
            ("%1%X%", "%1%%X%%"),
            ("%$X%", "%$X%"),
        ];
        for (text, expected) in rows {
            assert_eq!(received(&value(text)), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_expanded(text in "[$%{}A_1 ]{0,12}") {
            let received = received(&value(&text));
            proptest::prop_assert!(!received.contains("EXPANDED"), "{text:?} {received:?}");
            proptest::prop_assert_eq!(received.replace('%', ""), text.replace('%', ""));
        }
    }

    #[test]
    fn keys_are_variables_and_dollars_are_doubled() {
        let rows = [
            ("build-id", "42", "BUILDPIXEL_BUILD_ID=42\n"),
            ("x", "$CI_JOB_TOKEN", "BUILDPIXEL_X=$$CI_JOB_TOKEN\n"),
            ("x", "a=b # c", "BUILDPIXEL_X=a=b # c\n"),
            ("x", "", ""),
        ];
        for (name, text, expected) in rows {
            assert_eq!(render(&[(name, text.to_owned())]), (expected.to_owned(), vec![]));
        }
    }

    #[test]
    fn a_value_of_several_lines_is_left_out() {
        let (file, left_out) = render(&[("x", "a\nb".to_owned()), ("y", "1".to_owned())]);
        assert_eq!(file, "BUILDPIXEL_Y=1\n");
        assert_eq!(left_out, [("x".to_owned(), "it has several lines")]);
    }

    #[test]
    fn values_beyond_the_limits_are_left_out_and_the_file_stays_valid() {
        let many: Vec<_> = (0..=MAX_VARIABLES).map(|_| ("x", "1".to_owned())).collect();
        let (file, left_out) = render(&many);
        assert_eq!((file.lines().count(), left_out.len()), (MAX_VARIABLES, 1));

        let fits = MAX_BYTES - 1 - "BUILDPIXEL_X=\n".len();
        assert_eq!(render(&[("x", "x".repeat(fits))]).0.len(), MAX_BYTES - 1);
        let large = [("x", "x".repeat(fits + 1)), ("y", "1".to_owned())];
        assert_eq!(render(&large).0, "BUILDPIXEL_Y=1\n");
    }
}

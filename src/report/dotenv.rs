//! GitLab's dotenv report, which turns outputs into variables of later jobs. One line that GitLab does
//! not like and it fails the job, so this leaves out what it must.

/// GitLab's limits: the size of the file in bytes (exclusive), and the number of variables.
const MAX_BYTES: usize = 5120;
const MAX_VARIABLES: usize = 20;

/// GitLab expands variables in values; `$$` is a dollar sign.
fn value(text: &str) -> String {
    text.replace('$', "$$")
}

/// The name of an output as a variable: `BUILDPIXEL_BUILD_ID`.
pub fn key(output: &str) -> String {
    format!("BUILDPIXEL_{}", output.to_ascii_uppercase().replace('-', "_"))
}

/// An output that the file cannot hold: its name, and the rule.
pub type LeftOut = (String, &'static str);

/// Writes `outputs.env`: `BUILDPIXEL_BUILD_ID=…`. Empty outputs are left out: they are unset
/// variables. The text is empty if there is nothing to say; then no file may be written.
pub fn render(outputs: &[(&str, String)]) -> (String, Vec<LeftOut>) {
    let mut file = String::new();
    let mut variables = 0;
    let mut left_out = Vec::new();
    for (name, text) in outputs.iter().filter(|(_, text)| !text.is_empty()) {
        let line = format!("{}={}\n", key(name), value(text));
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
    fn what_exceeds_the_limits_is_left_out_and_the_file_stays_valid() {
        let many: Vec<_> = (0..=MAX_VARIABLES).map(|_| ("x", "1".to_owned())).collect();
        let (file, left_out) = render(&many);
        assert_eq!((file.lines().count(), left_out.len()), (MAX_VARIABLES, 1));

        let fits = MAX_BYTES - 1 - "BUILDPIXEL_X=\n".len();
        assert_eq!(render(&[("x", "x".repeat(fits))]).0.len(), MAX_BYTES - 1);
        let large = [("x", "x".repeat(fits + 1)), ("y", "1".to_owned())];
        assert_eq!(render(&large).0, "BUILDPIXEL_Y=1\n");
    }
}

//! A person's terminal, with a status line and places that can be clicked on.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::annotation::Annotation;
use super::definition::{Ci, DialectOptions};
use super::dialect::Dialect;
use super::plain_text::{self, put};
use crate::checkout::Top;
use crate::config::Env;
use crate::model::Location;
use crate::text::Style;

pub(super) struct Terminal;

impl Ci for Terminal {
    fn name(&self) -> &'static str {
        "terminal"
    }

    fn is_here(&self, _env: &Env, stdout_is_terminal: bool) -> bool {
        stdout_is_terminal
    }

    fn style(&self, env: &Env, stdout_is_terminal: bool) -> Style {
        let color = stdout_is_terminal && env.get("TERM") != Some("dumb");
        Style { color, ..Style::default() }
    }

    fn dialect(&self, options: &DialectOptions<'_>) -> Box<dyn Dialect> {
        Box::new(Console::new(options))
    }
}

/// Text with a status line and links, as far as the terminal supports them.
struct Console {
    color: bool,
    has_status_line: bool,
    /// The top of the checkout, if its files may be linked to.
    links: Option<Top>,
}

/// The characters of a path that a URL has unescaped.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

impl Console {
    fn new(options: &DialectOptions<'_>) -> Self {
        let DialectOptions { color, env, stdout_is_terminal, checkout, .. } = *options;
        // A console of Windows may show the sequences as text; its Terminal does not.
        let obeys = !cfg!(windows) || env.get("WT_SESSION").is_some() || env.get("TERM").is_some();
        let understands = stdout_is_terminal && obeys && env.get("TERM") != Some("dumb");
        let links = (understands && has_links(env)).then(|| checkout.top());
        Self { color, has_status_line: understands, links }
    }

    /// The place, linked to its file in the checkout.
    fn place(&self, location: &Location) -> String {
        let top = self.links.as_ref().filter(|_| location.in_repository).and_then(Top::path);
        match top {
            Some(top) => {
                let file = top.join(&location.file);
                let path = file.to_string_lossy().replace('\\', "/");
                // Absolute paths on Windows have a prefix that no URL has.
                let path = path.trim_start_matches("//?/").trim_start_matches('/');
                let path = utf8_percent_encode(path, PATH);
                format!("\x1b]8;;file:///{path}\x1b\\{location}\x1b]8;;\x1b\\")
            }
            None => location.to_string(),
        }
    }
}

impl Dialect for Console {
    fn color(&self) -> bool {
        self.color
    }

    fn has_status_line(&self) -> bool {
        self.has_status_line
    }

    fn status_line(&mut self, text: &str, out: &mut Vec<u8>) {
        // Without wrapping a long text ends at the margin, so that there is only one line to clear.
        put(out, &["\r\x1b[K\x1b[?7l", text, "\x1b[?7h"]);
    }

    fn clear_status_line(&mut self, out: &mut Vec<u8>) {
        put(out, &["\r\x1b[K"]);
    }

    fn annotate_as_text(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let place = annotation.location.map(|location| self.place(location));
        plain_text::annotation(annotation, place, self.color, out);
    }
}

/// True if this is one of the terminals that are known to understand links; others may show them raw.
fn has_links(env: &Env) -> bool {
    const PROGRAMS: [&str; 6] = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    const TERMS: [&str; 4] = ["xterm-kitty", "alacritty", "xterm-ghostty", "foot"];
    // The first version of the library behind GNOME's terminals that has no fault with them.
    const VTE: u32 = 5000;
    let is = |name, known: &[&str]| env.get(name).is_some_and(|value| known.contains(&value));
    env.get("WT_SESSION").is_some()
        || env.get("KONSOLE_VERSION").is_some()
        || is("TERM_PROGRAM", &PROGRAMS)
        || is("TERM", &TERMS)
        || env.get("VTE_VERSION").and_then(|version| version.parse().ok()) >= Some(VTE)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::checkout::Checkout;
    use crate::model::Finding;

    const KITTY: (&str, &str) = ("TERM", "xterm-kitty");

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::from_iter(variables.iter().copied())
    }

    fn console(
        color: bool,
        checkout: &Checkout,
        variables: &[(&str, &str)],
        stdout_is_terminal: bool,
    ) -> Console {
        let (env, clock) = (&env(variables), || UNIX_EPOCH);
        Console::new(&DialectOptions { color, env, stdout_is_terminal, checkout, clock })
    }

    fn shown(checkout: &Checkout, variables: &[(&str, &str)], is_terminal: bool) -> String {
        let mut terminal = console(false, checkout, variables, is_terminal);
        let location = Location {
            file: "Source/Böss #1.cpp".to_owned(),
            in_repository: true,
            line: Some(42),
            column: None,
            end_line: None,
        };
        let finding = Finding { location: Some(location), ..Finding::error("m\nn") };
        let mut out = Vec::new();
        terminal.annotate_as_text(&Annotation::from(&finding), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn a_place_links_to_its_file_in_the_checkout_if_the_terminal_understands_links() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a b/.git")).unwrap();
        let mut checkout = Checkout::around(folder.path().join("a b"));
        let plain = "error: Source/Böss #1.cpp:42: m\n  n\n";
        for (variables, is_terminal) in
            [(&[KITTY][..], false), (&[("TERM", "dumb"), ("WT_SESSION", "1")], true), (&[], true)]
        {
            assert_eq!(shown(&checkout, variables, is_terminal), plain, "{variables:?}");
        }
        assert_eq!(shown(&checkout, &[KITTY], true), plain, "it is not known yet");
        checkout.begin().unwrap();
        checkout.walked().await;
        let top = folder.path().canonicalize().unwrap();
        let top = top.to_str().unwrap();
        assert_eq!(
            shown(&checkout, &[KITTY], true),
            format!(
                "error: \x1b]8;;file://{top}/a%20b/Source/B%C3%B6ss%20%231.cpp\x1b\\\
                 Source/Böss #1.cpp:42\x1b]8;;\x1b\\: m\n  n\n"
            )
        );
        assert_eq!(shown(&Checkout::none(), &[KITTY], true), plain);
    }

    #[test]
    fn links_go_to_terminals_that_are_known_to_understand_them() {
        for known in [
            ("WT_SESSION", "x"),
            ("TERM_PROGRAM", "vscode"),
            ("TERM", "foot"),
            ("VTE_VERSION", "7006"),
            ("KONSOLE_VERSION", "220401"),
        ] {
            assert!(has_links(&env(&[known])), "{known:?}");
        }
        for other in [
            ("TERM", "xterm-256color"),
            ("TERM_PROGRAM", "Apple_Terminal"),
            ("VTE_VERSION", "4999"),
            ("VTE_VERSION", "new"),
        ] {
            assert!(!has_links(&env(&[other])), "{other:?}");
        }
    }

    #[test]
    fn only_a_real_terminal_has_a_status_line() {
        let has_status_line = |variables: &[_], is_terminal| {
            console(true, &Checkout::none(), variables, is_terminal).has_status_line()
        };
        assert!(has_status_line(&[("TERM", "xterm")], true));
        assert!(!has_status_line(&[("TERM", "dumb")], true));
        assert!(!has_status_line(&[("TERM", "xterm")], false));
    }
}

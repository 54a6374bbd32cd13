//! A person's terminal: a status line, and places that can be clicked on.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Annotation, Sink, plain, put};
use crate::checkout::{Checkout, Top};
use crate::config::Env;
use crate::model::Location;

/// What the terminal can do.
pub(super) struct Terminal {
    color: bool,
    has_status_line: bool,
    /// The top of the checkout, if its files may be linked to.
    links: Option<Top>,
}

/// What a path has in a URL as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

impl Terminal {
    /// `is_terminal`: whether stdout is one, or merely wanted to look like one.
    pub(super) fn new(color: bool, is_terminal: bool, env: &Env, checkout: &Checkout) -> Self {
        // A console of Windows may show the sequences as they are; its Terminal does not.
        let obeys = !cfg!(windows) || env.get("WT_SESSION").is_some() || env.get("TERM").is_some();
        let understands = is_terminal && obeys && env.get("TERM") != Some("dumb");
        let links = (understands && has_links(env)).then(|| checkout.top());
        Self { color, has_status_line: understands, links }
    }

    /// The place, linked to the file that it is in here.
    fn place(&self, location: &Location) -> String {
        let top = self.links.as_ref().filter(|_| location.in_repository).and_then(Top::path);
        match top {
            Some(top) => {
                let file = top.join(&location.file);
                let path = file.to_string_lossy().replace('\\', "/");
                // Windows' whole paths have a prefix that no URL has.
                let path = path.trim_start_matches("//?/").trim_start_matches('/');
                let path = utf8_percent_encode(path, PATH);
                format!("\x1b]8;;file:///{path}\x1b\\{location}\x1b]8;;\x1b\\")
            }
            None => location.to_string(),
        }
    }
}

impl Sink for Terminal {
    fn color(&self) -> bool {
        self.color
    }

    fn has_status_line(&self) -> bool {
        self.has_status_line
    }

    fn status_line(&mut self, text: &str, out: &mut Vec<u8>) {
        // Without wrapping, what is too long ends at the margin, and there is only one line to clear.
        put(out, &["\r\x1b[K\x1b[?7l", text, "\x1b[?7h"]);
    }

    fn clear_status_line(&mut self, out: &mut Vec<u8>) {
        put(out, &["\r\x1b[K"]);
    }

    fn mention(&mut self, annotation: &Annotation<'_>, out: &mut Vec<u8>) {
        let place = annotation.location.map(|location| self.place(location));
        plain::mention(annotation, place, self.color, out);
    }
}

/// Whether this is one of the terminals that are known to understand links; others may show them raw.
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
    use super::*;
    use crate::model::Finding;

    const KITTY: (&str, &str) = ("TERM", "xterm-kitty");

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::from_iter(variables.iter().copied())
    }

    fn shown(checkout: &Checkout, variables: &[(&str, &str)], is_terminal: bool) -> String {
        let mut terminal = Terminal::new(false, is_terminal, &env(variables), checkout);
        let location = Location {
            file: "Source/Böss #1.cpp".to_owned(),
            in_repository: true,
            line: Some(42),
            column: None,
            end_line: None,
        };
        let finding = Finding { location: Some(location), ..Finding::error("m\nn") };
        let mut out = Vec::new();
        terminal.mention(&Annotation::from(&finding), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn a_place_is_linked_to_the_file_in_the_checkout_where_the_terminal_can() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a b/.git")).unwrap();
        let mut checkout = Checkout::around(folder.path().join("a b"));
        let plain = "error: Source/Böss #1.cpp:42: m\nerror: n\n";
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
                 Source/Böss #1.cpp:42\x1b]8;;\x1b\\: m\nerror: n\n"
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
            Terminal::new(true, is_terminal, &env(variables), &Checkout::none()).has_status_line()
        };
        assert!(has_status_line(&[("TERM", "xterm")], true));
        assert!(!has_status_line(&[("TERM", "dumb")], true));
        assert!(!has_status_line(&[("TERM", "xterm")], false));
    }
}

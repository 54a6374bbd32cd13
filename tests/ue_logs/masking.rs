//! Lines that are changed because something in them has the shape of a secret.

use buildpixel_ci::text::{Cleaner, Style};

use crate::corpus::Corpus;

#[test]
fn no_line_of_a_real_log_is_masked() {
    let Some(corpus) = Corpus::open() else { return };
    let cleaner = Cleaner::new(&[], Style::default());
    let logs = corpus.logs().iter().map(|log| &log.lines);
    let sessions = corpus.sessions().iter().map(|session| &session.lines);
    let stars = |text: &str| text.matches("***").count();
    for line in logs.chain(sessions).flatten() {
        for shown in cleaner.lines(line) {
            assert!(stars(&shown) <= stars(line), "{line}\n{shown}");
        }
    }
}

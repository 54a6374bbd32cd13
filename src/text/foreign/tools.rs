//! Passwords in the short options of certain programs, as `p4 -P` has.

use std::ops::Range;

use super::line::{Line, is_blank, is_quote};

/// How a program takes a password.
#[derive(Clone, Copy)]
pub(super) enum Password {
    /// Behind one of these options.
    Option(&'static [&'static str]),
    /// The same; the option is one letter, and the password may follow it at once.
    Attached(&'static str),
    /// Behind one of these options, as `user:password`.
    User(&'static [&'static str]),
    /// The second word behind the name.
    Second,
}

/// So many bytes of a word are read at once.
const WORD: usize = 256;

/// Masks the password of a command. `arguments` begin behind its name and end at the next command.
pub(super) fn command(line: &mut Line<'_>, arguments: Range<usize>, password: Password) {
    let mut at = arguments.start;
    let mut words = 0;
    let mut is_next = false;
    while at < arguments.end {
        let start = line.run(at, is_blank);
        let end = word_end(line, start, WORD);
        if start >= end {
            return;
        }
        let word = line.part(&(start..end));
        words += 1;
        match password {
            Password::Option(_) | Password::Attached(_) if is_next => {
                return mask(line, start);
            }
            Password::User(_) if is_next => return mask_password(line, start),
            // `+login anonymous +app_update …` has no password.
            Password::Second if words == 2 && !word.starts_with(b"+") => {
                return mask(line, start);
            }
            Password::Second => {}
            Password::Option(names) | Password::User(names) => {
                is_next = names.iter().any(|name| word == name.as_bytes());
            }
            Password::Attached(name) => match word.strip_prefix(name.as_bytes()) {
                Some([]) => is_next = true,
                Some(_) => return mask(line, start + name.len()),
                None => {}
            },
        }
        at = end;
    }
}

/// The word that begins here.
fn mask(line: &mut Line<'_>, start: usize) {
    let end = word_end(line, start, usize::MAX);
    line.mask(unquoted(line, start..end));
}

/// What follows the colon of `user:password`.
fn mask_password(line: &mut Line<'_>, start: usize) {
    let end = word_end(line, start, usize::MAX);
    let word = unquoted(line, start..end);
    if let Some(colon) = line.part(&word).iter().position(|byte| *byte == b':') {
        line.mask(word.start + colon + 1..word.end);
    }
}

/// The end of a word of a command line, which may have quoted parts.
fn word_end(line: &Line<'_>, start: usize, most: usize) -> usize {
    let mut open = None;
    let ends = |byte: &u8| {
        match open {
            Some(quote) if quote == *byte => open = None,
            None if is_quote(*byte) => open = Some(*byte),
            Some(_) | None => {}
        }
        open.is_none() && is_blank(*byte)
    };
    let rest = line.rest(start);
    let rest = rest.get(..most).unwrap_or(rest);
    start + rest.iter().position(ends).unwrap_or(rest.len())
}

fn unquoted(line: &Line<'_>, word: Range<usize>) -> Range<usize> {
    let start = line.run(word.start, is_quote).min(word.end);
    let end = line.run_back(word.end, word.end - start, is_quote);
    start..end
}

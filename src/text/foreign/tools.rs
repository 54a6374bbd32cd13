//! Passwords in the short options of certain programs, as `p4 -P` has.

use std::ops::Range;

use super::line::{Line, is_blank, is_quote};

/// How a program takes a password.
#[derive(Clone, Copy)]
pub(super) enum Password {
    /// Behind one of these options.
    Option(&'static [&'static str]),
    /// The same, but each subcommand has its own options.
    Subcommand(&'static [Subcommand]),
    /// Behind this option, which is one letter. The password may follow it at once.
    Attached(&'static str),
    /// Behind one of these options or `-u` or `-U` of curl, as `user:password`.
    User(&'static [&'static str]),
    /// The second word behind the name.
    Second,
}

/// The name of a subcommand, and its options.
type Subcommand = (&'static str, &'static [&'static str]);

/// `security` of macOS. `-k` and `-P` are no passwords of other subcommands.
pub(super) const SECURITY: &[Subcommand] = &[
    ("import", &["-P"]),
    ("export", &["-P"]),
    ("unlock-keychain", &["-p"]),
    ("create-keychain", &["-p"]),
    ("set-keychain-password", &["-o", "-p"]),
    ("set-key-partition-list", &["-k"]),
    ("add-generic-password", &["-w"]),
    ("add-internet-password", &["-w"]),
];

/// The options of curl that have one letter and no value. Others may follow them in one word.
const CURL_FLAGS: &[u8] = b"#01234:6BGIJLMNOQRSVZafgijklnpqsv";

/// So many bytes of a word are read at once.
const WORD: usize = 256;

/// Masks the passwords of a command. `arguments` begin behind its name and end at the next command.
pub(super) fn command(line: &mut Line<'_>, arguments: Range<usize>, password: Password) {
    let mut at = arguments.start;
    let mut words = 0;
    let mut is_next = false;
    let mut options = match password {
        Password::Option(options) | Password::User(options) => options,
        Password::Subcommand(_) | Password::Attached(_) | Password::Second => &[],
    };
    while at < arguments.end {
        let start = line.run(at, is_blank);
        let end = word_end(line, start, WORD);
        if start >= end {
            return;
        }
        let word = line.part(&(start..end));
        if matches!(word, b"&&" | b"||" | b"|" | b";" | b"&") {
            return;
        }
        words += 1;
        at = end;
        match password {
            Password::Option(_) | Password::Subcommand(_) | Password::Attached(_) if is_next => {
                at = mask(line, start);
                is_next = false;
            }
            Password::User(_) if is_next => {
                at = mask_password(line, start);
                is_next = false;
            }
            // `+login anonymous +app_update …` has no password.
            Password::Second if words == 2 && !word.starts_with(b"+") => {
                mask(line, start);
                return;
            }
            Password::Second => {}
            Password::Subcommand(known) if options.is_empty() && !word.starts_with(b"-") => {
                let found = known.iter().find(|(name, _)| word == name.as_bytes());
                let Some((_, found)) = found else { return };
                options = found;
            }
            Password::Option(_) | Password::Subcommand(_) => is_next = is_one_of(word, options),
            Password::User(_) => match curl_user(word) {
                Some(0) => is_next = true,
                Some(value) => at = mask_password(line, end - value),
                None => is_next = is_one_of(word, options),
            },
            Password::Attached(name) => match word.strip_prefix(name.as_bytes()) {
                Some([]) => is_next = true,
                Some(_) => at = mask(line, start + name.len()),
                None => {}
            },
        }
        if word.ends_with(b";") {
            return;
        }
    }
}

fn is_one_of(word: &[u8], options: &[&str]) -> bool {
    options.iter().any(|option| word == option.as_bytes())
}

/// The length of what follows `-u` or `-U` in a word of curl's options, as `-sSu` or `-uci:x`.
fn curl_user(word: &[u8]) -> Option<usize> {
    let letters = word.strip_prefix(b"-")?;
    let flags = letters.iter().take_while(|letter| CURL_FLAGS.contains(letter)).count();
    match letters.get(flags..)? {
        [b'u' | b'U', value @ ..] => Some(value.len()),
        _ => None,
    }
}

/// Masks the word that begins here, and returns its end.
fn mask(line: &mut Line<'_>, start: usize) -> usize {
    let end = word_end(line, start, usize::MAX);
    line.mask(unquoted(line, start..end));
    end
}

/// The same for what follows the colon of `user:password`.
fn mask_password(line: &mut Line<'_>, start: usize) -> usize {
    let end = word_end(line, start, usize::MAX);
    let word = unquoted(line, start..end);
    if let Some(colon) = line.part(&word).iter().position(|byte| *byte == b':') {
        line.mask(word.start + colon + 1..word.end);
    }
    end
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
